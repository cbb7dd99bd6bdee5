"""Proposed adjusting entries: what somebody must correct, as an entry and a row to copy.

What is ours to fix between the statement and our usage (a rate, a quantity, usage that is
missing) is proposed as one accrual a contract: reconciling items stay, only errors post
(ACCOUNTING 7; case X001).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, exact_text, money_text, round_half_up
from tokenbooks.close.computed import Computed
from tokenbooks.documents import Adjustment
from tokenbooks.entries.booking import Booking, identity
from tokenbooks.entries.buy.approved_accruals import (
    approved_entries,
    approved_rows,
    approved_to_date,
)
from tokenbooks.entries.buy.pricing import month_of
from tokenbooks.entries.destinations import Destinations, added, default_destination
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Destination
from tokenbooks.entries.service import service_spans
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.reconcile.causes import (
    DUPLICATED,
    METER,
    MISSING_STATED,
    MISSING_USAGE,
    MODEL,
    NO_METER,
    QUANTITY,
    RATE,
    UNRECORDED,
    Cause,
)

#: Where a proposal goes once somebody approved it.
LEDGER, ADJUSTMENTS, CREDITS_FILE = "ledger", "adjustments.csv", "credits.csv"

#: Stands for a party that somebody must fill in: no row with it is accepted.
UNKNOWN_PARTY = "?"

#: The columns of a row of adjustments.csv, in their order.
_COLUMNS = (
    *("date", "contract", "party", "service_period", "amount", "role", "cost_center", "cause"),
    *("document", "memo", "prepared", "approved"),
)

#: Why a row is taken back of which no cause is left.
_NO_LONGER = "what was accrued is rated usage now"

#: Causes that are corrected by accruing more or less than the rated usage.
_ACCRUED = frozenset(
    {
        RATE,
        QUANTITY,
        METER,
        MODEL,
        NO_METER,
        MISSING_USAGE,
        MISSING_STATED,
        DUPLICATED,
        UNRECORDED,
    }
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A correction that somebody may approve: nothing is posted by proposing it.

    ``where`` is the ledger, or the file of the book to which ``row`` is to be added under
    ``header``; ``entry`` is what is posted then. ``cause`` names the causes that it corrects.
    """

    entry: Entry
    cause: str
    contract: str
    period: Period
    words: str
    where: str
    header: str = ""
    row: str = ""


def posting_threshold(facts: Facts, period: Period) -> Fraction:
    """Up to what amount a correction is passed and not proposed (C077)."""
    return Fraction(facts.book.policy("posting_threshold", period.last_day) or 0)


def adjustment_proposals(
    facts: Facts,
    computed: Computed,
    period: Period,
    causes: Mapping[str, Sequence[Cause]],
) -> tuple[Proposal, ...]:
    """What to accrue beyond the rated usage, by contract: one entry and one row each.

    ``causes`` are those between the statement and the usage, in the book's currency; of them
    those count that an accrual corrects, less what was approved already. What comes to the
    ``posting_threshold`` or less is passed, and where an invoice has billed the month, what it
    says is booked already.
    """
    found = []
    for contract, own in causes.items():
        amounts = _amounts(own)
        done = sum((row.amount for row in _approved(facts, contract, period)), Decimal(0))
        amount = round_half_up(
            sum(amounts.values(), Fraction(0)) - Fraction(done),
            currency_places(facts.book.currency),
        )
        is_passed = abs(amount) <= posting_threshold(facts, period)
        if amount and not is_passed and not _is_invoiced(computed, contract, period):
            found.append(_accrual(facts, computed, contract, period, amount, amounts))
    return tuple(found)


def _amounts(causes: Iterable[Cause]) -> dict[str, Fraction]:
    """What the causes that an accrual corrects come to, by name."""
    amounts: dict[str, Fraction] = {}
    for cause in causes:
        if cause.name in _ACCRUED:
            amounts[cause.name] = amounts.get(cause.name, Fraction(0)) + cause.amount
    return {name: amount for name, amount in amounts.items() if amount}


def _approved(facts: Facts, contract: str, period: Period) -> Iterator[Adjustment]:
    """The rows of a month's usage, also those of later days: all that is known now counts."""
    for row in approved_rows(facts, date.max):
        if row.contract == contract and row.service_period == str(period):
            yield row


def _is_invoiced(computed: Computed, contract: str, period: Period) -> bool:
    return any(
        owed.invoiced
        for (own, _, service), owed in computed.owed.items()
        if own == contract and month_of(service) == period
    )


def _accrual(
    facts: Facts,
    computed: Computed,
    contract: str,
    period: Period,
    amount: Decimal,
    amounts: Mapping[str, Fraction],
) -> Proposal:
    places = currency_places(facts.book.currency)
    parts = [f"{name} {exact_text(part, places)}" for name, part in amounts.items()]
    row = Adjustment(
        period.last_day,
        contract,
        str(period),
        amount,
        party=_party(facts, computed, contract, period),
        cause=" and ".join(amounts),
        memo="; ".join(parts) or _NO_LONGER,
    )
    spans = service_spans(facts.book.post_usage, facts.book.start.start)
    shares = _shares(facts, computed, contract, period)
    changes = approved_to_date([row], lambda service: shares, spans, places)
    booking = Booking(replace(facts, adjustments=(row,)), period)
    (entry,) = approved_entries(booking, changes)
    own_id = identity("proposal-adjustment", contract, str(period))
    words = f"accrue {money_text(amount, places)} more than the rated usage"
    if amount < 0:
        words = f"accrue {money_text(-amount, places)} less than the rated usage"
    if facts.book.contracts[contract].settle == "prepaid":
        words += ", until the usage is imported and credits pay for it"
    return Proposal(
        replace(entry, id=own_id, pending=True),
        row.cause,
        contract,
        period,
        words,
        ADJUSTMENTS,
        ",".join(_COLUMNS),
        _line(row, places),
    )


def _party(facts: Facts, computed: Computed, contract: str, period: Period) -> str:
    """The one party that used anything in a month; else somebody must say which it is."""
    if not facts.book.contracts[contract].each:
        return ""
    used = {
        party
        for (own, party), steps in computed.rated.charges.steps.items()
        if own == contract and any(step.at.date() in period for step in steps)
    }
    return min(used) if len(used) == 1 else UNKNOWN_PARTY


def _shares(
    facts: Facts, computed: Computed, contract: str, period: Period
) -> dict[Destination, Fraction]:
    """Where the usage of a month goes, all parties together."""
    rated = computed.rated
    destinations = Destinations(rated.charges, rated.allocations)
    found: dict[Destination, Fraction] = {}
    for account, steps in rated.charges.steps.items():
        for step in steps if account[0] == contract else ():
            if step.at.date() in period:
                own = rated.service_span(step.at.date())
                added(found, destinations.of(step.parts, own))
    return found if any(found.values()) else {default_destination(facts, contract): Fraction(1)}


def _line(row: Adjustment, places: int) -> str:
    cells = {
        "date": str(row.day),
        "contract": row.contract,
        "party": row.party,
        "service_period": row.service_period,
        "amount": money_text(row.amount, places),
        "cause": row.cause,
        "memo": row.memo,
    }
    return ",".join(cells.get(column, "") for column in _COLUMNS)
