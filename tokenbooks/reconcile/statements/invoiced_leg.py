"""The leg before the bridge: what the provider invoiced, against its own statement or our usage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

from tokenbooks.documents import Invoice
from tokenbooks.entries.buy.owed import billed_amount, document_id, is_bill, service_days
from tokenbooks.periods import Period
from tokenbooks.rating.charges import Step
from tokenbooks.reconcile.causes import INVOICED, ROUNDING, TAX, TIMING, Cause, Leg, leg


def bills_of(invoices: Iterable[Invoice], contract: str, period: Period) -> list[Invoice]:
    """The invoices and credit notes of a contract whose days all lie in a period."""
    return [
        row
        for row in invoices
        if row.contract == contract
        and is_bill(row)
        and row.first_day is not None
        and row.last_day is not None
        and row.first_day in period
        and row.last_day in period
    ]


def unbilled_usage(
    bills: Sequence[Invoice],
    steps: Mapping[tuple[str, str], Sequence[Step]],
    contract: str,
    period: Period,
) -> Fraction:
    """The list value of a contract's usage on the days of a period that no bill of it names.

    ``steps`` are those of rated usage, by contract and party.
    """
    billed = {(row.party, day) for row in bills for day in service_days(row)}
    return sum(
        (
            step.value
            for (own, party), rated in steps.items()
            if own == contract
            for step in rated
            if step.at.date() in period and (party, step.at.date()) not in billed
        ),
        Fraction(0),
    )


def invoiced_leg(
    bills: Iterable[Invoice],
    second: str,
    view: Leg,
    tax: Fraction,
    rate: Callable[[Invoice], Fraction],
    places: int,
    unbilled: Fraction = Fraction(0),
) -> Leg | None:
    """Net amounts of the bills of a period against a view of it; None where nothing is billed.

    ``second`` is the first view of the leg ``view``, whose amount has ``tax`` inside, and the
    usage of days that are ``unbilled``, all in the book's currency, into which ``rate`` converts
    a bill. A difference of less than what the statement's rounding allows, and the smallest unit
    of each bill, of ``places`` decimals, is rounding.
    """
    rows = list(bills)
    if not rows:
        return None
    invoiced = sum((Fraction(billed_amount(row)) * rate(row) for row in rows), Fraction(0))
    documents = tuple(document_id(row) for row in rows)
    causes = [
        Cause(TAX, -tax, "tax that the invoice does not have in its net amount"),
        Cause(TIMING, -unbilled, "usage of days that no invoice of the month bills"),
    ]
    rest = invoiced - view.first_amount + tax + unbilled
    unit = Fraction(1, 10**places)
    bound = sum((unit * rate(row) for row in rows), Fraction(0)) + view.tolerance
    if abs(rest) < bound:
        words = "the invoice is rounded, and so are the rows of the statement"
        causes.append(Cause(ROUNDING, rest, words, evidence=documents))
    return leg(INVOICED, second, (invoiced, view.first_amount), causes)
