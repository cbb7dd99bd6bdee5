"""Causes of differences between two views of the same spending, each with its exact amount.

A cause is worth what it adds to the first view over the second: first - second = the sum of
the causes (ACCOUNTING 7, reconciliation arithmetic). What no cause explains is a cause of its
own, ``UNEXPLAINED``; it is never spread and never left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

# -- what each difference can be due to -------------------------------------------------

TIMING = "timing"  #: another day, inside the period or across its end
CUT_OFF = "cut-off"  #: days of another time zone
PERIOD = "another period"  #: usage of the period that is booked in another one, or the reverse
PROVISIONAL = "newest days"  #: the source says that its newest days may still change
RATE = "rate"  #: price effect: the price differs, at the actual quantity
QUANTITY = "quantity"  #: quantity effect: the quantity differs, at our price
METER = "meter"  #: the same quantity stands under another meter
MODEL = "model"  #: the same quantity stands under another model or key
NO_METER = "meter missing"  #: one view has no figures of a meter at all
MISSING_USAGE = "missing usage"  #: rows that the statement has and the usage lacks
MISSING_STATED = "missing in statement"  #: rows that the usage has and the statement lacks
DUPLICATED = "duplicated"  #: rows that one view has twice
FREE = "free usage"  #: included, granted or complimentary: value, but nothing owed
TERMS = "terms of the plan"  #: fees, discounts, minimums that the other view does not show
TAX = "tax"
CURRENCY = "currency"
CREDITS = "credits applied"  #: what credits cost, or take off, against the list value
INVOICE = "invoice"  #: what was invoiced, against the usage that it bills
ADJUSTED = "approved accrual"  #: what a person accrued beside the rated usage
ROUNDING = "rounding"
UNRECORDED = "unrecorded"  #: an entry of ours that the ledger lacks
LEDGER_ONLY = "only in the ledger"  #: an entry of the ledger that is none of ours
WRONG_ACCOUNT = "wrong account"
WRONG_PERIOD = "wrong period"  #: the entry stands in another period of the ledger
RECORDED_TWICE = "recorded twice"
AMOUNT = "amount"  #: the entry is there with another amount
UNEXPLAINED = "unexplained"

#: Causes of which somebody must correct something; the others are reconciling items.
TO_CORRECT = frozenset(
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
        LEDGER_ONLY,
        WRONG_ACCOUNT,
        WRONG_PERIOD,
        RECORDED_TWICE,
        AMOUNT,
    }
)

# -- the views --------------------------------------------------------------------------

INVOICED = "invoiced"  #: what the provider's invoices of the period bill
STATEMENT = "statement"  #: what the provider says
USAGE = "usage"  #: usage as we rate it, at list value
BOOKED = "booked"  #: the expense of our entries
RECORDED = "recorded"  #: the expense in the company's own ledger


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of a difference: what it adds to the first view over the second, and why.

    ``day`` is the day that it belongs to, None where it has none; ``where`` are values of
    dimensions such as model and meter; ``evidence`` are ids of entries, documents, or places.
    ``rows`` is for how many groups of rows it stands.
    """

    name: str
    amount: Fraction
    words: str
    day: date | None = None
    where: tuple[tuple[str, str], ...] = ()
    evidence: tuple[str, ...] = ()
    rows: int = 1

    @property
    def to_correct(self) -> bool:
        """Whether somebody must correct something."""
        return self.name in TO_CORRECT


@dataclass(frozen=True, slots=True)
class Leg:
    """Two views of the same spending, and the causes that sum to their difference.

    ``tolerance`` is by how much the source itself may be off, such as half a cent a row.
    """

    first: str
    second: str
    first_amount: Fraction
    second_amount: Fraction
    causes: tuple[Cause, ...]
    tolerance: Fraction = Fraction(0)

    @property
    def difference(self) -> Fraction:
        """What the first view has more than the second: the exact sum of the causes."""
        return self.first_amount - self.second_amount

    @property
    def unexplained(self) -> Fraction:
        """What no cause explains."""
        return total(cause for cause in self.causes if cause.name == UNEXPLAINED)


def leg(
    first: str,
    second: str,
    amounts: tuple[Fraction, Fraction],
    causes: Iterable[Cause],
    tolerance: Fraction = Fraction(0),
) -> Leg:
    """A leg whose causes sum to the difference: what they leave is said to be unexplained."""
    found = tuple(cause for cause in causes if cause.amount or cause.rows > 1)
    rest = amounts[0] - amounts[1] - total(found)
    if rest:
        found += (Cause(UNEXPLAINED, rest, "nothing that the book knows explains it"),)
    return Leg(first, second, *amounts, found, tolerance)


def total(causes: Iterable[Cause]) -> Fraction:
    """What causes add up to."""
    return sum((cause.amount for cause in causes), Fraction(0))
