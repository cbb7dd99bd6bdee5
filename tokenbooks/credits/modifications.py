"""What modifications of contracts do to lots: add, reprice, lengthen, give back.

How a modification is treated follows from its recorded answers alone (ACCOUNTING 6.5; ASC
606-10-25-10 to 25-13). One that nobody approved does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tokenbooks.credits.lots import Lot, Removal
from tokenbooks.credits.repricing import MODIFIED, first_of
from tokenbooks.documents import CreditEvent, Modification
from tokenbooks.facts import Facts
from tokenbooks.periods import start_of

#: How a modification is treated, with the paragraph that says so.
SEPARATE, PROSPECTIVE, CATCH_UP, TERMINATION = (
    "separate contract",
    "prospective",
    "cumulative catch-up",
    "termination",
)
PARAGRAPHS = {
    SEPARATE: "ASC 606-10-25-12, IFRS 15.20",
    PROSPECTIVE: "ASC 606-10-25-13(a), IFRS 15.21(a)",
    CATCH_UP: "ASC 606-10-25-13(b), IFRS 15.21(b)",
    TERMINATION: "ASC 606-10-25-13(a): no obligation is left",
}


def treatment(modification: Modification) -> str:
    """How a modification is treated: added goods, distinct and at their stand-alone price, are a
    contract of their own; what is distinct else changes the future; the rest catches up.
    """
    if modification.kind == "termination":
        return TERMINATION
    if modification.distinct is False:
        return CATCH_UP
    is_apart = modification.added is not None and modification.at_ssp
    return SEPARATE if is_apart else PROSPECTIVE


def approved_modifications(facts: Facts, end: date) -> list[Modification]:
    """The modifications before a day that somebody approved, in the order of time."""
    found = [item for item in facts.modifications if item.approved and item.day < end]
    return sorted(found, key=lambda item: (item.day, item.id))


def modify_lots(facts: Facts, lots: dict[str, Lot], until: date) -> None:
    """Apply the modifications before ``until`` to lots, in place."""
    for item in approved_modifications(facts, until):
        if facts.book.contracts[item.contract].settle != "prepaid":
            continue
        kind, touched = treatment(item), touched_lots(item, lots)
        if kind == TERMINATION:
            _give_back(item, touched, lots)
        elif item.added is not None and kind == PROSPECTIVE:
            _succeed(item, touched, lots)
            lots |= {lot.id: lot for lot in [_added(facts, item, item.id)]}
        else:
            _lengthen(item, touched, lots)
            if item.added is not None:
                lots |= {lot.id: lot for lot in [_added(facts, item, "")]}


def touched_lots(item: Modification, lots: Mapping[str, Lot]) -> list[Lot]:
    """The lots that a modification touches: those that it names, else all that are alive.

    One that was modified before goes by the name of the first that it succeeds.
    """
    at = start_of(item.day)
    return [
        lot
        for lot in lots.values()
        if lot.account == (item.contract, item.party)
        and lot.starts < at
        and (lot.ends is None or lot.ends > at)
        and (
            not {lot.id, first_of(lot, lots).id}.isdisjoint(item.lots)
            if item.lots
            else not lot.is_free or bool(lot.modified)
        )
    ]


def _succeed(item: Modification, touched: Iterable[Lot], lots: dict[str, Lot]) -> None:
    """The successors of touched lots; what they come to is known when they begin."""
    at = start_of(item.day)
    for lot in touched:
        ends, last_day = lot.ends, lot.last_day
        if item.expires is not None:
            ends, last_day = _day_after(item.expires), item.expires
        event = _event(item, MODIFIED, lot=f"{lot.id}-{item.id}", parent=lot.id)
        lots[f"{lot.id}-{item.id}"] = replace(
            lot,
            id=f"{lot.id}-{item.id}",
            acquired=item.day,
            starts=at,
            ends=ends,
            last_day=last_day,
            parent=lot.id,
            event=event,
            used_before=Fraction(0),
            removals=(),
            moved=Fraction(0),
            moved_cost=Decimal(0),
            gap=None,
            extended=(),
            modified=item.id,
        )
        lots[lot.id] = replace(lot, ends=at, last_day=item.day - timedelta(days=1), rollover=None)


def _added(facts: Facts, item: Modification, modified: str) -> Lot:
    """The lot that a modification adds; ``modified`` where it shares its price with others."""
    assert item.added is not None
    added, contract = item.added, facts.book.contracts[item.contract]
    name = added.lot or item.id
    event = _event(item, "purchase", lot=name, paid=added.paid, credits=added.credits)
    return Lot(
        id=name,
        contract=item.contract,
        party=item.party,
        kind="paid",
        quantity=Fraction(added.credits),
        cost=added.paid,
        acquired=item.day,
        starts=start_of(item.day),
        ends=_day_after(added.expires) if added.expires else None,
        last_day=added.expires,
        priority=None,
        parent=None,
        event=event,
        scope=contract.scope,
        rollover=facts.plan_of(contract).credit_terms.rollover,
        modified=modified,
    )


def _lengthen(item: Modification, touched: Iterable[Lot], lots: dict[str, Lot]) -> None:
    """Lots that live until another day from now on."""
    for lot in touched if item.expires else ():
        assert item.expires is not None
        if lot.ends is None:
            continue
        again = start_of(item.day)
        lots[lot.id] = replace(
            lot,
            ends=_day_after(item.expires),
            last_day=item.expires,
            extended=(*lot.extended, (again, lot.ends)),
        )


def _give_back(item: Modification, touched: Iterable[Lot], lots: dict[str, Lot]) -> None:
    """All that is left of lots goes at the end of the day; money comes back for the first."""
    paid = item.refund or Decimal(0)
    for lot in touched:
        event = _event(item, "refund", lot=lot.id, paid=paid)
        removal = Removal(f"{lot.id}-{item.id}", event, _day_after(item.day), None)
        lots[lot.id] = replace(lot, removals=(*lot.removals, removal), rollover=None)
        paid = Decimal(0)


def _event(
    item: Modification,
    event: str,
    *,
    lot: str,
    parent: str | None = None,
    paid: Decimal | None = None,
    credits: Decimal = Decimal(0),
) -> CreditEvent:
    return CreditEvent(
        day=item.day,
        contract=item.contract,
        event=event,
        credits=credits,
        party=item.party,
        lot=lot,
        parent=parent,
        paid=paid,
        document=item.id,
        position=item.position,
        digest=item.digest,
    )


def _day_after(day: date) -> datetime:
    return start_of(day + timedelta(days=1))
