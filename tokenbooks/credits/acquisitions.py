"""Lots out of the rows of the credits file and the rules of plans: what was bought or given.

A bonus takes part of its purchase's cost in proportion to credits (policy ``bonus_basis``;
ACCOUNTING 2.2, analogy to ASC 705-20). What comes again by a plan's rule, and a bonus that it
gives by the size of a purchase, need no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, round_half_up, share_out
from tokenbooks.book import Contract
from tokenbooks.credits.bundles import bundled_lots
from tokenbooks.credits.lots import Account, Lot
from tokenbooks.credits.recurring import Occurrence, occurrences
from tokenbooks.documents import CreditEvent
from tokenbooks.facts import Facts
from tokenbooks.names import party_identifier
from tokenbooks.periods import local_time, start_of
from tokenbooks.rating.credit_terms import RecurringGrant
from tokenbooks.usage.layout import QUANTITY_PLACES

#: Events that create a lot by themselves, with the kind that it has unless the row says another.
LOT_EVENTS = {
    "purchase": "paid",
    "opening": "paid",
    "grant": "promo",
    "bonus": "bonus",
    "transfer": "paid",
}


def acquired_lots(
    facts: Facts, contract: Contract, accounts: Iterable[Account], until: date, daily: bool
) -> list[Lot]:
    """The lots of a contract that were bought, given or taken over before ``until``.

    ``daily``: the contract's usage has days only, so that a lot is usable the whole of
    its first and last day, whatever the hour.
    """
    own = [event for event in facts.credits if event.contract == contract.id and event.day < until]
    events = [event for event in own if makes_lot(event)]
    events += list(_bonuses_of_plan(facts, contract, events))
    lots = [lot_of(facts, contract, event, daily) for event in events]
    parties = sorted({party for name, party in accounts if name == contract.id})
    for grant in facts.plan_of(contract).credit_terms.recurring:
        for party in parties:
            lots += _recurring_lots(facts, contract, grant, party, until)
    return _bonus_spread(facts, lots)


def makes_lot(event: CreditEvent) -> bool:
    """Whether a row brings credits by itself; a transfer does that arrives from elsewhere."""
    arrives = event.event != "transfer" or event.to is None
    return event.event in LOT_EVENTS and arrives


def lot_of(facts: Facts, contract: Contract, event: CreditEvent, daily: bool) -> Lot:
    """The lot that a row makes, as the row and the plan have it."""
    zone = facts.zone_of(contract)
    starts = local_time(event.starts or event.day, zone)
    ends, last_day = _end(facts, contract, event, zone)
    if daily:
        starts = datetime(starts.year, starts.month, starts.day)
        ends = day_after(last_day) if last_day else None
    return Lot(
        id=lot_id(event),
        contract=contract.id,
        party=event.party,
        kind=event.kind or LOT_EVENTS.get(event.event, "paid"),
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
        scope=event.scope or contract.scope,
        pool=event.pool,
        rollover=facts.plan_of(contract).credit_terms.rollover,
    )


def lot_id(event: CreditEvent) -> str:
    """The lot that a row creates or names; the readers of the file make it unique."""
    return event.lot or f"{event.contract}-{event.day:%Y-%m-%d}"


def day_after(day: date) -> datetime:
    """The end of a day: the start of the next."""
    return start_of(day) + timedelta(days=1)


def _end(
    facts: Facts, contract: Contract, event: CreditEvent, zone: str
) -> tuple[datetime | None, date | None]:
    """When a lot ends and its last usable day; from the plan's rule where the row has none.

    From an instant the rule counts to the instant, from a day to the end of a day.
    """
    expires = event.expires
    if expires is None:
        length = facts.plan_of(contract).credit_terms.expires
        if length is None:
            return None, None
        if isinstance(event.starts, datetime):
            return until_instant(length.after(local_time(event.starts, zone)))
        last_day = length.after(start_of(event.day)).date()
        return day_after(last_day), last_day
    if isinstance(expires, datetime):
        return until_instant(local_time(expires, zone))
    return day_after(expires), expires


def until_instant(ends: datetime) -> tuple[datetime, date]:
    """An end with the last day on which something of it is left."""
    return ends, (ends - timedelta(microseconds=1)).date()


def _cost(facts: Facts, event: CreditEvent) -> Decimal:
    """What was paid, at its exchange rate, with irrecoverable tax (policy in_cost)."""
    paid = price_paid(event)
    in_cost = facts.book.policy("nonrecoverable_tax", event.day) != "expense"
    if event.tax and tax_kind(facts, event) == "cost" and in_cost:
        paid += event.tax
    if reduces_expense(facts, event):
        paid = event.credits
    exact = Fraction(paid) * Fraction(event.fx_rate or 1)
    return round_half_up(exact, currency_places(facts.book.currency))


def price_paid(event: CreditEvent) -> Decimal:
    """The net price of a row: credits for a purchase or an opening, else nothing."""
    if event.paid is not None:
        return event.paid
    return event.credits if event.event in {"purchase", "opening"} else Decimal(0)


def reduces_expense(facts: Facts, event: CreditEvent) -> bool:
    """Whether credits for an outage are what usage cost too much, or earned too much."""
    is_sla = event.event == "grant" and event.kind == "sla"
    return is_sla and facts.book.values_outages(facts.book.contracts[event.contract], event.day)


def tax_kind(facts: Facts, event: CreditEvent) -> str:
    """How the tax of a row is treated: its own kind, else the contract's."""
    return event.tax_kind or facts.book.contracts[event.contract].tax_kind


def _bonuses_of_plan(
    facts: Facts, contract: Contract, events: Iterable[CreditEvent]
) -> Iterator[CreditEvent]:
    """Bonuses that the plan gives by the size of a purchase, where no row does."""
    terms = facts.plan_of(contract).credit_terms.bonus
    rows = list(events)
    given = {event.parent or event.lot for event in rows if event.event == "bonus"}
    for event in rows if terms else ():
        reached = [term for term in terms if event.credits >= term.from_credits]
        if event.event != "purchase" or not reached or event.lot in given:
            continue
        best = max(reached, key=lambda term: term.from_credits)
        expires = best.expires.after(start_of(event.day)).date() if best.expires else None
        yield CreditEvent(
            day=event.day,
            contract=contract.id,
            event="bonus",
            credits=event.credits * best.percent / 100,
            party=event.party,
            lot=f"{lot_id(event)}-bonus-{event.day}",
            expires=expires or event.expires,
            starts=event.starts,
            priority=event.priority,
            parent=lot_id(event),
            scope=event.scope,
            pool=event.pool,
            position=best.position,
        )


def _recurring_lots(
    facts: Facts, contract: Contract, grant: RecurringGrant, party: str, until: date
) -> Iterator[Lot]:
    """The lots of a grant that comes again and again, those that have begun before ``until``."""
    own = contract.parties.get(party)
    first = (own.from_day if own else None) or contract.from_day or facts.book.start.start
    last = (own.until_day if own else None) or contract.until_day or until
    prefix = "-".join(filter(None, (contract.id, party_identifier(party), grant.name)))
    for item in occurrences(grant, start_of(first), start_of(min(last, until))):
        yield _recurring_lot(facts, contract, grant, party, item, prefix)


def _recurring_lot(
    facts: Facts,
    contract: Contract,
    grant: RecurringGrant,
    party: str,
    item: Occurrence,
    prefix: str,
) -> Lot:
    name = f"{prefix}-{item.starts:%Y-%m-%d}"
    ends, last_day = until_instant(item.ends)
    event = CreditEvent(
        day=item.starts.date(),
        contract=contract.id,
        event="grant",
        credits=round_half_up(item.credits, QUANTITY_PLACES),
        party=party,
        lot=name,
        kind=grant.kind,
        priority=grant.priority,
        scope=grant.scope,
        position=grant.position,
    )
    return Lot(
        id=name,
        contract=contract.id,
        party=party,
        kind=grant.kind,
        quantity=item.credits,
        cost=Decimal(0),
        acquired=event.day,
        starts=item.starts,
        ends=ends,
        last_day=last_day,
        priority=grant.priority,
        parent=None,
        event=event,
        scope=grant.scope or contract.scope,
        rollover=grant.rollover or facts.plan_of(contract).credit_terms.rollover,
    )


def _alone(facts: Facts, lot: Lot) -> Fraction:
    """What a credit of a lot is worth alone, as a share of its list value; 1 if nobody says."""
    row = facts.estimated("ssp", lot.contract, lot.acquired, (lot.id, lot.kind))
    return row.value if row else Fraction(1)


def _bonus_spread(facts: Facts, lots: list[Lot]) -> list[Lot]:
    """Spread the cost of each purchase over its bonuses, in proportion to credits.

    The policy that rules on the day of the purchase decides whether it is spread. A bonus
    that comes on a later day, or on a lot taken over at the book's start, has no cost: it
    would restate what was used before it came. A credit weighs what it is worth alone
    (estimate ``ssp``): a voucher that four of five customers use weighs 0.8 (P044).
    """
    places = currency_places(facts.book.currency)
    bought = {lot.id: lot.acquired for lot in lots if lot.event.event == "purchase"}
    bonuses: dict[str, list[Lot]] = {}
    for lot in lots:
        if lot.event.event == "bonus" and lot.parent and bought.get(lot.parent) == lot.acquired:
            bonuses.setdefault(lot.parent, []).append(lot)
    costs: dict[str, Decimal] = {}
    bundled = bundled_lots(facts)
    lots = [
        replace(lot, cost=lot.cost - bundled[lot.id].excess) if lot.id in bundled else lot
        for lot in lots
    ]
    for lot in lots:
        family = [lot, *bonuses.get(lot.id, [])]
        basis = facts.book.policy("bonus_basis", lot.acquired)
        if len(family) > 1 and lot.event.event != "bonus" and basis != "zero":
            total = sum((member.cost for member in family), Decimal(0))
            weights = {member.id: member.quantity * _alone(facts, member) for member in family}
            costs.update(share_out(total, weights, places))
    return [replace(lot, cost=costs.get(lot.id, lot.cost)) for lot in lots]
