"""What rows of the credits file do to lots that are there: take away, move, lengthen.

Lots never change. What takes away is a removal of a lot, what adds is a lot of its own that
names its parent, and a lot that is extended has a new end. Refunds, transfers and whatever
else names its quantity is set apart from the beginning: usage that arrives late can never
take what the provider has taken back already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, round_half_up
from tokenbooks.book import Contract
from tokenbooks.credits.acquisitions import (
    acquired_lots,
    day_after,
    lot_id,
    makes_lot,
    until_instant,
)
from tokenbooks.credits.lots import Account, Lot, Removal
from tokenbooks.credits.modifications import modify_lots
from tokenbooks.documents import CreditEvent
from tokenbooks.facts import Facts
from tokenbooks.periods import local_time, start_of


def build_lots(
    facts: Facts, accounts: Iterable[Account], until: date, daily: Mapping[str, bool]
) -> dict[str, Lot]:
    """The lots of all prepaid contracts, from events before ``until``, by id.

    ``accounts`` are those that have usage; ``daily`` tells which contracts have days only.
    """
    named = {(row.contract, row.party) for row in facts.credits if row.day < until}
    known = sorted({*accounts, *named})
    lots: dict[str, Lot] = {}
    for contract in facts.book.contracts.values():
        if contract.settle == "prepaid":
            own = known if contract.each else [*known, (contract.id, "")]
            is_daily = daily.get(contract.id, True)
            for lot in acquired_lots(facts, contract, own, until, is_daily):
                lots[lot.id] = lot
    changes = _Changes(facts, lots, daily)
    rows = [event for event in facts.credits if event.day < until and not makes_lot(event)]
    for event in sorted(rows, key=lambda event: (event.day, event.event != "extend")):
        changes.apply(event)
    modify_lots(facts, lots, until)
    return lots


class _Changes:
    """Applies rows to lots, in the order of their days."""

    def __init__(self, facts: Facts, lots: dict[str, Lot], daily: Mapping[str, bool]) -> None:
        self.facts = facts
        self.lots = lots
        self.daily = daily
        self.places = currency_places(facts.book.currency)

    def apply(self, event: CreditEvent) -> None:
        """What a row does; one that names no lot is told by the reader of the file."""
        lot = self.lots.get(event.parent or lot_id(event))
        if lot is None:
            return
        if event.event == "extend":
            self._extend(lot, event)
        elif event.event == "adjust" and event.credits > 0:
            self._add(lot, event)
        elif event.event == "rollover":
            self._roll(lot, event)
        elif event.event == "transfer" and event.to is not None and event.to.contract:
            self._transfer(lot, event)
        else:
            quantity = abs(Fraction(event.credits)) or None
            self._remove(lot, event, self._from(lot, event), quantity)

    def _local(self, lot: Lot) -> str:
        return self.facts.zone_of(self.facts.book.contracts[lot.contract])

    def _from(self, lot: Lot, event: CreditEvent) -> datetime:
        """When credits are gone: at an instant, else after the usage of the day."""
        if isinstance(event.starts, datetime) and not self.daily.get(lot.contract, True):
            return local_time(event.starts, self._local(lot))
        return day_after(event.day)

    def _remove(
        self, lot: Lot, event: CreditEvent, at: datetime, quantity: Fraction | None, into: str = ""
    ) -> None:
        removal = Removal(self._name(lot, event), event, at, quantity, into)
        self.lots[lot.id] = replace(lot, removals=(*lot.removals, removal))

    def _name(self, lot: Lot, event: CreditEvent) -> str:
        """What tells a removal of a lot apart from its others: its kind and its day."""
        name = f"{lot.id}-{event.event}-{event.day}"
        same = sum(r.id == name or r.id.startswith(f"{name}-") for r in lot.removals)
        return f"{name}-{same + 1}" if same else name

    def _extend(self, lot: Lot, event: CreditEvent) -> None:
        """A new end; between the old one and the day of the row the lot was dead."""
        if event.expires is None or lot.ends is None:
            return
        zone = self._local(lot)
        if isinstance(event.expires, datetime) and not self.daily.get(lot.contract, True):
            ends, last_day = until_instant(local_time(event.expires, zone))
        else:
            last_day = local_time(event.expires, zone).date()
            ends = day_after(last_day)
        again = local_time(event.starts or event.day, zone)
        gap = (lot.ends, again) if again > lot.ends else lot.gap
        extended = (*lot.extended, (again, lot.ends))
        self.lots[lot.id] = replace(lot, ends=ends, last_day=last_day, gap=gap, extended=extended)

    def _add(self, lot: Lot, event: CreditEvent) -> None:
        """What an adjustment adds is a lot beside the one that it corrects."""
        paid = Fraction(event.paid or 0) * Fraction(event.fx_rate or 1)
        child = _child_of(lot, event, max(start_of(event.day), lot.starts))
        cost = round_half_up(paid, self.places)
        self.lots[child.id] = replace(child, quantity=Fraction(event.credits), cost=cost)

    def _roll(self, lot: Lot, event: CreditEvent) -> None:
        """What the provider says that it rolled: the plan's own rule is not asked."""
        kept = min(Fraction(event.credits), lot.usable)
        cost = self._cost_from_top(lot, kept)
        contract = self.facts.book.contracts[lot.contract]
        starts = local_time(event.starts or event.day, self._local(lot))
        ends, last_day = _end_of_rolled(self.facts, contract, event, starts)
        child = replace(
            _child_of(lot, event, starts),
            quantity=Fraction(event.credits),
            cost=cost,
            moved=kept,
            moved_cost=cost,
            ends=ends,
            last_day=last_day,
            rollover=None,
        )
        self.lots[child.id] = child
        at = lot.ends or day_after(event.day)
        self._remove(replace(lot, rollover=None), event, at, kept, child.id)

    def _transfer(self, lot: Lot, event: CreditEvent) -> None:
        """Credits that go to another contract or party, with their cost."""
        assert event.to is not None
        quantity, at = Fraction(event.credits), self._from(lot, event)
        cost = self._cost_from_top(lot, quantity)
        target = self.facts.book.contracts[event.to.contract]
        # gone after the day's usage here, there for the day's usage there: set apart for both
        starts = start_of(event.day) if at == day_after(event.day) else at
        child = replace(
            _child_of(lot, event, max(starts, lot.starts)),
            contract=target.id,
            party=event.to.party,
            pool="",
            scope=lot.scope or target.scope,
            rollover=self.facts.plan_of(target).credit_terms.rollover,
            quantity=quantity,
            cost=cost,
            moved=quantity,
            moved_cost=cost,
        )
        self.lots[child.id] = child
        self._remove(lot, event, at, quantity, child.id)

    def _cost_from_top(self, lot: Lot, quantity: Fraction) -> Decimal:
        return lot.cost_between(lot.usable - quantity, lot.usable, self.places)


def _child_of(lot: Lot, event: CreditEvent, starts: datetime) -> Lot:
    """A lot that came from another, with its end, its place in the order and its scope."""
    own = event.lot if event.parent and event.lot else None
    return replace(
        lot,
        id=own or f"{lot.id}-{event.event}-{event.day}",
        kind=event.kind or lot.kind,
        acquired=event.day,
        starts=starts,
        parent=lot.id,
        event=event,
        used_before=Fraction(0),
        removals=(),
        gap=None,
        extended=(),
        moved=Fraction(0),
        moved_cost=Decimal(0),
    )


def _end_of_rolled(
    facts: Facts, contract: Contract, event: CreditEvent, starts: datetime
) -> tuple[datetime | None, date | None]:
    """The end that a row states of rolled credits, else that of the plan's rule."""
    terms = facts.plan_of(contract).credit_terms.rollover
    if event.expires is not None:
        last_day = local_time(event.expires, facts.zone_of(contract)).date()
        return day_after(last_day), last_day
    if terms and terms.expires:
        return until_instant(terms.expires.after(starts))
    return None, None
