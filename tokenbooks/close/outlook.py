"""What becomes of the credits left if usage goes on at its recent rate.

The lots are drawn on by the same rules as before, with the recent usage of each account
spread evenly over the days to come; grants that come again by a plan's rule come too. It is
a forecast: no figure of the books comes from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from tokenbooks.amounts import currency_places
from tokenbooks.close.computed import Computed
from tokenbooks.close.draw_usage import draw_rules, pool_members, sharing_accounts
from tokenbooks.conditions import Conditions
from tokenbooks.credits.changes import build_lots
from tokenbooks.credits.draw import draw_lots
from tokenbooks.credits.drawing import Drawing, Use
from tokenbooks.credits.lots import Account, Lot, Removal
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, start_of
from tokenbooks.problems import NOWHERE, Position
from tokenbooks.rating.charges import ALLOCATION, Part

#: Days over which the recent rate of use is taken, and the fewest where usage began since.
RECENT_DAYS, FEWEST_DAYS = 30, 7
#: How far a forecast goes: lots that end later are not told of.
FARTHEST_DAYS = 1100

NOTHING = Fraction(0)
_DAY = timedelta(days=1)

#: List value used a day, by what credits the usage may draw.
Rates = Mapping[frozenset[Conditions], Fraction]


@dataclass(frozen=True, slots=True)
class Expected:
    """What becomes of the rest of a lot until it ends: list value, and the cost of the loss."""

    used: Fraction = NOTHING
    moved: Fraction = NOTHING
    lost: Fraction = NOTHING
    lost_cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Outlook:
    """The recent rate of each account, and what is expected of lots that end."""

    rates: Mapping[Account, Fraction]
    lots: Mapping[str, Expected]


def look_ahead(facts: Facts, computed: Computed, daily: Mapping[str, bool], day: date) -> Outlook:
    """The outlook at the end of a day, from usage and facts up to then."""
    rates = {account: recent_rates(computed, account, day) for account in computed.drawn}
    expected: dict[str, Expected] = {}
    lots = [lot for lot in computed.lots.values() if _is_open(computed, lot, day)]
    members = pool_members(facts, computed.drawn)
    for accounts, own in sharing_accounts(computed.drawn, lots, members):
        ends = [lot.ends for lot in own if lot.ends and _left(computed, lot)]
        if not ends:
            continue
        end = min(max(ends), start_of(day) + FARTHEST_DAYS * _DAY)
        period = Period(day + _DAY, max(day + 2 * _DAY, end.date() + _DAY))
        coming = _grants_to_come(facts, computed, accounts, period, daily)
        uses = _uses({account: rates[account] for account in accounts}, [*own, *coming], period)
        rules = draw_rules(facts, {account: {} for account in accounts}, period)
        rules = replace(rules, members=members)
        begun = [_as_it_stands(computed, lot) for lot in own]
        drawing = draw_lots(uses, [*begun, *coming], rules)
        for lot in own:
            if lot.ends is not None and lot.ends <= start_of(period.end):
                places = currency_places(facts.book.currency)
                expected[lot.id] = _expected(computed, drawing, lot, places)
    totals = {account: sum(own.values(), NOTHING) for account, own in rates.items()}
    return Outlook(totals, expected)


def recent_rates(computed: Computed, account: Account, day: date) -> Rates:
    """List value used a day, averaged over the recent days, or fewer where usage began since.

    Fees do not count: credits never pay them.
    """
    drawn = computed.drawn[account]
    uses = [(draw.used_at.date(), draw.parts) for draw in drawn.draws]
    uses += [(item.used_at.date(), item.parts) for item in drawn.owed]
    begun = min((used_on for used_on, _ in uses), default=day)
    first = max(day - (RECENT_DAYS - 1) * _DAY, min(begun, day - (FEWEST_DAYS - 1) * _DAY))
    found: dict[frozenset[Conditions], Fraction] = {}
    for used_on, parts in uses:
        if first <= used_on <= day:
            for part, value in parts.items():
                scopes = _scopes_of(computed, part)
                found[scopes] = found.get(scopes, NOTHING) + value
    days = (day - first).days + 1
    return {scopes: value / days for scopes, value in found.items() if value > 0}


def _scopes_of(computed: Computed, part: Part) -> frozenset[Conditions]:
    """The scopes of credits that usage satisfies; what is not told apart has none."""
    allocation = part.id if part.kind == ALLOCATION else part.within
    if allocation < 0:
        return frozenset()
    return computed.rated.allocations[allocation].scopes


def _is_open(computed: Computed, lot: Lot, day: date) -> bool:
    return lot.ends is None or lot.ends > start_of(day + _DAY)


def _left(computed: Computed, lot: Lot) -> Fraction:
    return computed.tops[lot.id] - computed.given[lot.id]


def _as_it_stands(computed: Computed, lot: Lot) -> Lot:
    """A lot with its use so far as used before, and what was taken away gone from its top.

    What repriced it did so when it began.
    """
    gone = lot.quantity - computed.tops[lot.id]
    removal = Removal(lot.id, lot.event, lot.starts, gone)
    removals = (removal,) if gone else ()
    return replace(lot, used_before=computed.given[lot.id], removals=removals, modified="")


def _grants_to_come(
    facts: Facts,
    computed: Computed,
    accounts: Sequence[Account],
    period: Period,
    daily: Mapping[str, bool],
) -> list[Lot]:
    """The lots that plans will give again by themselves."""
    contracts = {contract for contract, _ in accounts}
    if not any(facts.plan_of(facts.book.contracts[c]).credit_terms.recurring for c in contracts):
        return []
    # later rows do not count: only what needs none
    lots = build_lots(replace(facts, credits=()), accounts, period.end, daily)
    return [lot for lot in lots.values() if lot.account in accounts and lot.id not in computed.lots]


def _uses(rates: Mapping[Account, Rates], lots: Iterable[Lot], period: Period) -> Iterator[Use]:
    """The usage to come, one a stretch in which no lot begins or ends."""
    first, end = start_of(period.start), start_of(period.end)
    cuts = {first, end}
    for lot in lots:
        cuts |= {at for at in (lot.starts, lot.ends, *(lot.gap or ())) if at and first < at < end}
    # lots that roll over end at times that are not known yet
    cuts |= {start_of(day) for day in period.days() if day.day == 1}
    stretches = sorted(cuts)
    for at, until in pairwise(stretches):
        days = Fraction((until - at) // timedelta(microseconds=1), 86_400_000_000)
        for account, own in rates.items():
            for scopes, rate in own.items():
                yield Use(account, at, rate * days, {}, scopes)


def _expected(computed: Computed, drawing: Drawing, lot: Lot, places: int) -> Expected:
    used = drawing.given[lot.id]
    moved = sum(
        (taken.quantity for taken in drawing.taken if taken.lot == lot.id and taken.into), NOTHING
    )
    top = drawing.tops[lot.id]
    return Expected(
        used - computed.given[lot.id],
        moved,
        top - used,
        lot.cost_between(used, top, places),
    )


@dataclass(frozen=True, slots=True)
class EndingLot:
    """A lot that ends soon with credits left, and what is expected of them, if it is told."""

    account: Account
    id: str
    last_day: date
    left: Fraction
    used_before: Fraction
    expected: Expected | None
    position: Position = NOWHERE

    @property
    def utilisation(self) -> Fraction | None:
        """The share of its credits that will have been used when it ends."""
        if self.expected is None:
            return None
        used = self.used_before + self.expected.used
        return used / (used + self.expected.lost) if used else NOTHING


def ending_lots(computed: Computed, outlook: Outlook, day: date, within: int) -> list[EndingLot]:
    """The lots with credits left whose last day is one of the next so many, the first first."""
    found = [
        EndingLot(
            lot.account,
            lot.id,
            lot.last_day,
            _left(computed, lot),
            computed.given[lot.id],
            outlook.lots.get(lot.id),
            lot.event.position,
        )
        for lot in computed.lots.values()
        if lot.last_day and day < lot.last_day <= day + within * _DAY and _left(computed, lot)
    ]
    return sorted(found, key=lambda item: (item.last_day, item.account, item.id))


def runs_out(balance: Fraction, rate: Fraction, day: date) -> date | None:
    """The day on which credits run out; None where they never do, or are out already."""
    if balance <= 0 or not rate:
        return None
    days = int(balance / rate)
    return day + days * _DAY if days < (date.max - day).days else None
