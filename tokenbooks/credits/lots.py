"""Lots: credits that came together, built from the rows of the credits file.

List value and cost are never mixed up: ``quantity`` is what the provider deducts from,
``cost`` is what was paid for it, in the book's currency and rounded once, so that a lot
ends at exactly zero. A bonus takes part of its purchase's cost in proportion to credits
(policy ``bonus_basis``; ACCOUNTING 2.2, analogy to ASC 705-20).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, round_half_up, share_out
from tokenbooks.book import Contract
from tokenbooks.documents import CreditEvent
from tokenbooks.facts import Facts
from tokenbooks.periods import add_months, local_time

#: Events that create a lot, with the kind that it has unless the row says another.
LOT_EVENTS = {"purchase": "paid", "opening": "paid", "grant": "promo", "bonus": "bonus"}


@dataclass(frozen=True, slots=True)
class Lot:
    """Credits of one origin.

    ``quantity`` in list value; ``used_before`` of it was used before the book's start.
    ``cost`` in the book's currency. Usable from ``starts`` (inclusive) to ``ends``
    (exclusive), local to the contract; ``last_day`` is the last usable day.
    """

    id: str
    contract: str
    party: str
    kind: str
    quantity: Fraction
    cost: Decimal
    acquired: date
    starts: datetime
    ends: datetime | None
    last_day: date | None
    priority: int | None
    parent: str | None
    event: CreditEvent
    used_before: Fraction = Fraction(0)

    @property
    def is_free(self) -> bool:
        """Whether nothing was paid for it, so that no entry is ever made for it."""
        return not self.cost

    def cost_of(self, drawn: Fraction, places: int) -> Decimal:
        """The rounded cost of everything drawn up to a quantity."""
        return round_half_up(Fraction(self.cost) * drawn / self.quantity, places)


def lot_id(event: CreditEvent) -> str:
    """The lot that a row creates or names; the readers of the file make it unique."""
    return event.lot or f"{event.contract}-{event.day:%Y-%m-%d}"


def build_lots(facts: Facts, contract: Contract, until: date, daily: bool) -> list[Lot]:
    """The lots of a contract from events before ``until``.

    ``daily``: the contract's usage has days only, so that a lot is usable the whole of
    its first and last day, whatever the hour.
    """
    events = [
        event
        for event in facts.credits
        if event.contract == contract.id and event.event in LOT_EVENTS and event.day < until
    ]
    lots = [_lot(facts, contract, event, daily) for event in events]
    return _bonus_spread(facts, lots)


def _lot(facts: Facts, contract: Contract, event: CreditEvent, daily: bool) -> Lot:
    zone = facts.zone_of(contract)
    starts = local_time(event.starts or event.day, zone)
    ends, last_day = _end(facts, contract, event, zone)
    if daily:
        starts = datetime(starts.year, starts.month, starts.day)
        ends = _after(last_day) if last_day else None
    return Lot(
        id=lot_id(event),
        contract=contract.id,
        party=event.party,
        kind=event.kind or LOT_EVENTS[event.event],
        quantity=Fraction(event.credits),
        cost=_cost(facts, event),
        acquired=event.day,
        starts=starts,
        ends=ends,
        last_day=last_day,
        priority=event.priority,
        parent=event.parent or (event.lot if event.event == "bonus" else None),
        event=event,
        used_before=Fraction(event.used or 0),
    )


def _end(
    facts: Facts, contract: Contract, event: CreditEvent, zone: str
) -> tuple[datetime | None, date | None]:
    """When a lot ends and its last usable day; from the plan's rule where the row has none."""
    expires = event.expires
    if expires is None:
        months = facts.plan_of(contract).credits_expire_months
        if months is None:
            return None, None
        last_day = add_months(event.day, months)
        return _after(last_day), last_day
    if isinstance(expires, datetime):
        ends = local_time(expires, zone)
        return ends, (ends - timedelta(microseconds=1)).date()
    return _after(expires), expires


def _after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day) + timedelta(days=1)


def _cost(facts: Facts, event: CreditEvent) -> Decimal:
    """What was paid, at its exchange rate, with irrecoverable tax (policy in_cost)."""
    paid = price_paid(event)
    in_cost = facts.book.policy("nonrecoverable_tax", event.day) != "expense"
    if event.tax and tax_kind(facts, event) == "cost" and in_cost:
        paid += event.tax
    exact = Fraction(paid) * Fraction(event.fx_rate or 1)
    return round_half_up(exact, currency_places(facts.book.currency))


def price_paid(event: CreditEvent) -> Decimal:
    """The net price of a row: credits for a purchase or an opening, else nothing."""
    if event.paid is not None:
        return event.paid
    return event.credits if event.event in {"purchase", "opening"} else Decimal(0)


def tax_kind(facts: Facts, event: CreditEvent) -> str:
    """How the tax of a row is treated: its own kind, else the contract's."""
    return event.tax_kind or facts.book.contracts[event.contract].tax_kind


def _bonus_spread(facts: Facts, lots: list[Lot]) -> list[Lot]:
    """Spread the cost of each purchase over its bonuses, in proportion to credits.

    The policy that rules on the day of the purchase decides whether it is spread. A bonus
    that comes on a later day, or on a lot taken over at the book's start, has no cost: it
    would restate what was used before it came.
    """
    places = currency_places(facts.book.currency)
    bought = {lot.id: lot.acquired for lot in lots if lot.event.event == "purchase"}
    bonuses: dict[str, list[Lot]] = {}
    for lot in lots:
        if lot.event.event == "bonus" and lot.parent and bought.get(lot.parent) == lot.acquired:
            bonuses.setdefault(lot.parent, []).append(lot)
    costs: dict[str, Decimal] = {}
    for lot in lots:
        family = [lot, *bonuses.get(lot.id, [])]
        basis = facts.book.policy("bonus_basis", lot.acquired)
        if len(family) > 1 and lot.event.event != "bonus" and basis != "zero":
            total = sum((member.cost for member in family), Decimal(0))
            weights = {member.id: member.quantity for member in family}
            costs.update(share_out(total, weights, places))
    return [replace(lot, cost=costs.get(lot.id, lot.cost)) for lot in lots]
