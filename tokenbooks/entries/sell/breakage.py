"""Breakage: credits sold that nobody will use, as revenue in proportion to those that are used.

Rule: a seller that expects to be entitled to breakage recognises it in proportion to the
rights that customers exercise; otherwise when exercise becomes remote, here at expiry (ASC
606-10-55-48, IFRS 15.B46; ACCOUNTING 6.2). Over the lots of a cohort that are alive, with P
paid less refunded, U used and the rate b::

    B = min(b P, P - U)          what is expected to stay unused, never more than is unused
    cumulative = B U / (P - B)   or min(b U, P - U) with the denominator ``issued``

The cohort is the unit of rounding, and lots are never reduced by it. What is left of an
expired lot is breakage too (``entries.buy.expiry``, mirrored). What must be handed over to the
state is a liability, never revenue (606-10-55-49).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import round_half_up
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, add
from tokenbooks.entries.sell.breakage_rates import Rate
from tokenbooks.entries.sell.cohorts import Cohort, CohortName
from tokenbooks.facts import Facts
from tokenbooks.periods import Period

#: The rule of its lines, and the kind of its entries.
RULE = "breakage"

#: Methods (policy ``breakage.method``) and denominators (``breakage.denominator``).
PROPORTIONAL, REMOTE, NONE = "proportional", "remote", "none"
REDEMPTION, ISSUED = "expected_redemption", "issued"

#: The service span of what was recognised before the book's start.
BEFORE = "before"


@dataclass(frozen=True, slots=True)
class CohortBreakage:
    """The breakage of a cohort to date.

    ``by_denominator`` is what either denominator gives, ``cumulative`` what is recognised of
    lots alive: of it ``revenue`` is the seller's to keep. ``before`` was recognised before the
    book's start. Of ``cohort.expired`` the ``escheated`` part is owed to the state.
    """

    cohort: Cohort
    method: str
    denominator: str
    rate: Rate
    by_denominator: Mapping[str, Decimal]
    cumulative: Decimal
    revenue: Decimal
    escheat: Fraction
    escheated: Decimal
    before: Decimal = Decimal(0)

    @property
    def name(self) -> CohortName:
        """The cohort's name."""
        return self.cohort.name

    @property
    def kept_deferred(self) -> Decimal:
        """What stays a liability although it has expired (method ``none``)."""
        return self.cohort.expired if self.method == NONE else Decimal(0)

    @property
    def deferred(self) -> Decimal:
        """What is still a contract liability."""
        left = self.cohort.alive_paid - self.cohort.alive_used
        return left - self.revenue + self.kept_deferred


def cumulative_breakage(
    paid: Decimal, used: Decimal, rate: Fraction, denominator: str, places: int
) -> Decimal:
    """What is recognised of lots alive: paid, used and the rate of what stays unused.

    100,000 paid, 60,000 used, 8%: 8,000 x 60/92 = 5,217.39, or 4,800 with ``issued``.
    """
    whole, gone = Fraction(paid), Fraction(used)
    unused = max(whole - gone, Fraction(0))
    if denominator == ISSUED:
        return round_half_up(min(rate * gone, unused), places)
    expected = min(rate * whole, unused)
    if not gone or whole == expected:
        return Decimal(0)
    return round_half_up(expected * gone / (whole - expected), places)


def breakage_of(
    cohort: Cohort,
    method: str,
    denominator: str,
    rate: Rate,
    escheat: Fraction,
    before: Decimal,
    places: int,
) -> CohortBreakage:
    """The breakage of a cohort at the end of a period."""
    value = rate.value if method == PROPORTIONAL else Fraction(0)
    figures = {
        name: cumulative_breakage(cohort.alive_paid, cohort.alive_used, value, name, places)
        for name in (REDEMPTION, ISSUED)
    }
    cumulative = figures[denominator]
    revenue = round_half_up(Fraction(cumulative) * (1 - escheat), places)
    expired = cohort.expired if method != NONE else Decimal(0)
    escheated = round_half_up(Fraction(expired) * escheat, places)
    return CohortBreakage(
        *(cohort, method, denominator, rate, figures, cumulative, revenue, escheat, escheated),
        before=before,
    )


def breakage_to_date(found: Iterable[CohortBreakage]) -> Posted:
    """The lines of all cohorts, in the seller's roles."""
    posted: Posted = {}
    for item in found:
        unit = (RULE, item.name.contract, "", item.name.id)
        opening = (*unit, BEFORE)
        add(posted, Line(*opening, "deferred_revenue"), item.before)
        add(posted, Line(*opening, "opening_equity"), -item.before)
        now = (*unit, "")
        recognised = item.revenue - item.before
        add(posted, Line(*now, "deferred_revenue"), recognised - item.kept_deferred)
        # what expired is revenue of its own rule: of it a part goes to the state, or stays owed
        add(
            posted,
            Line(*now, "revenue_breakage"),
            item.kept_deferred + item.escheated - recognised,
        )
        add(posted, Line(*now, "unclaimed_property_liability"), -item.escheated)
    return posted


def breakage_entries(
    booking: Booking,
    changes: Mapping[Line, Decimal],
    found: Sequence[CohortBreakage],
    many: Iterable[str],
) -> list[Entry]:
    """One entry a cohort, with what expired of it; of many customers one a contract."""
    by_lot = {lot: item for item in found for lot in item.cohort.lots}
    known = {(item.name.contract, item.name.id): item for item in found}
    groups: dict[tuple[str, str], Posted] = {}
    together = set(many)
    openings: dict[tuple[str, str], Posted] = {}
    for line, amount in changes.items():
        contract = booking.facts.book.contracts[line.contract]
        if line.rule == RULE and line.service == BEFORE:
            openings.setdefault((line.contract, line.unit), {})[line] = amount
            continue
        if line.rule not in {RULE, "expiry", "expiries"} or not contract.sells:
            continue
        if line.rule == "expiry" and line.unit not in by_lot:
            continue
        subject = line.unit
        if line.rule != RULE:
            subject = by_lot[line.unit].name.id if line.unit in by_lot else ""
        if line.contract in together:
            subject = ""
        groups.setdefault((line.contract, subject), {})[line] = amount
    entries = [
        _entry(booking, contract, subject, amounts, known.get((contract, subject)))
        for (contract, subject), amounts in sorted(groups.items())
    ]
    return entries + [
        booking.entry(
            "opening",
            contract,
            f"{RULE} {cohort}",
            booking.facts.book.start.start,
            "Opening balance, breakage recognised before",
            amounts,
            rule="opening-balance",
            late=booking.period.start,
        )
        for (contract, cohort), amounts in sorted(openings.items())
    ]


def _entry(
    booking: Booking,
    contract: str,
    subject: str,
    amounts: Posted,
    item: CohortBreakage | None,
) -> Entry:
    period = booking.period
    ended = item.cohort.last_ends if item and item.cohort.is_over else None
    narration = "Breakage" if subject else "Breakage of all customers"
    if any(line.rule != RULE for line in amounts):
        narration += ", with what expired unused"
    return booking.entry(
        RULE,
        contract,
        f"{subject}-{period}" if subject else str(period),
        ended if ended and ended in period else period.last_day,
        narration,
        amounts,
        rule=RULE,
    )


def method_on(facts: Facts, period: Period) -> tuple[str, str]:
    """The method and the denominator that rule at the end of a period."""
    policy = facts.book.policy
    method = policy("breakage.method", period.last_day) or PROPORTIONAL
    return method, policy("breakage.denominator", period.last_day) or REDEMPTION
