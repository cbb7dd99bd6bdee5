"""The lots of a book by id, and the rows that name one which is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from tokenbooks.book import Book
from tokenbooks.documents import CreditEvent
from tokenbooks.names import nearest
from tokenbooks.periods import local_time
from tokenbooks.problems import Problem, error
from tokenbooks.rating.plan import Plan
from tokenbooks.sources.credits.events import BOUGHT, comes_from_lot, makes_lot
from tokenbooks.sources.credits.plan_lots import PlanLot, plan_lot

#: Whose a lot is: a contract and its party.
Owner = tuple[str, str]

#: How many lots a remedy lists.
_LOTS_TOLD = 8

_ROLLED = re.compile(r".+-rollover-\d{4}-\d{2}-\d{2}", re.ASCII)


class KnownLots:
    """The rows that make lots, by the lot's id; those that a plan makes are known by pattern."""

    def __init__(
        self, events: Sequence[CreditEvent], book: Book, plans: Mapping[str, Plan]
    ) -> None:
        self.book, self.plans = book, plans
        self.makers: dict[str, CreditEvent] = {}
        self._owned: dict[Owner, list[str]] = {}
        for event in events:
            if event.lot and makes_lot(event):
                self.makers.setdefault(event.lot, event)
                self._owned.setdefault(owner_of(event), []).append(event.lot)

    def of(self, owner: Owner) -> list[str]:
        """The ids of an owner's lots that rows make."""
        return self._owned.get(owner, [])

    def maker(self, lot: str | None) -> CreditEvent | None:
        """The row that makes a lot; None where none does."""
        return self.makers.get(lot or "")

    def ancestors(self, lot: str) -> list[str]:
        """The lots that a lot came from, the nearest first; one that came from itself ends it."""
        found: list[str] = []
        maker = self.maker(lot)
        while maker is not None and maker.parent and maker.parent not in found:
            found.append(maker.parent)
            maker = self.maker(maker.parent)
        return found

    def plan_of(self, event: CreditEvent) -> Plan | None:
        """The plan under which a row's lot lives; None where it could not be read."""
        contract = self.book.contracts.get(owner_of(event)[0])
        return self.plans.get(contract.plan) if contract else None

    def zone_of(self, event: CreditEvent) -> str:
        """The zone of the dates of a row's lot."""
        contract = self.book.contracts[event.contract]
        plan = self.plans.get(contract.plan)
        return self.book.zone_of(contract, plan.timezone if plan else None)

    def made_by_plan(self, lot: str, owner: Owner) -> PlanLot | None:
        """A lot that the plan gives an owner without a row."""
        contract = self.book.contracts[owner[0]]
        plan = self.plans.get(contract.plan)
        if plan is None or lot in self.makers:
            return None
        terms, start = plan.credit_terms, self.book.start
        return plan_lot(lot, contract, owner[1], terms, start, self.makers)

    def has(self, lot: str, owner: Owner) -> bool:
        """Whether an owner has a lot; what a plan makes that could not be read may be there."""
        maker = self.makers.get(lot)
        if maker is not None:
            return owner_of(maker) == owner
        plan_is_read = self.book.contracts[owner[0]].plan in self.plans
        return not plan_is_read or self.made_by_plan(lot, owner) is not None


def owner_of(event: CreditEvent) -> Owner:
    """Whose the lot is that a row makes."""
    if event.to is not None and event.to.contract:
        return event.to.contract, event.to.party
    return event.contract, event.party


def named_lot(event: CreditEvent) -> str | None:
    """The lot that a row comes from, takes from or extends; None for a lot out of nothing."""
    if makes_lot(event):
        return event.parent if comes_from_lot(event) else None
    return event.lot


def check_references(events: Sequence[CreditEvent], lots: KnownLots) -> Iterator[Problem]:
    """``lot-unknown``, and ``lot-before-start`` for a row dated before its lot begins."""
    for event in events:
        name = named_lot(event)
        if name is None:
            if event.event == "bonus":
                yield _unnamed_purchase(event)
            continue
        owner = (event.contract, event.party)
        if event.event == "bonus" and not (_is_bought(name, lots) and lots.has(name, owner)):
            yield _unknown(event, name, [lot for lot in lots.of(owner) if _is_bought(lot, lots)])
        elif not lots.has(name, owner):
            yield _unknown(event, name, lots.of(owner))
        elif makes_lot(event) and event.lot in lots.ancestors(event.lot or ""):
            message = f"the lot '{event.lot}' comes from itself"
            help = "correct the column parent: it names an earlier lot"
            yield error("lot-unknown", message, help, event.position)
        elif (begins := _first_day(name, event, lots)) and event.day < begins:
            what = "its purchase" if event.event == "bonus" else f"the lot '{name}'"
            message = f"the {_called(event)} is dated {event.day}, before {what} of {begins}"
            help = "correct the date, or the lot that it names"
            yield error("lot-before-start", message, help, event.position)


def _first_day(name: str, event: CreditEvent, lots: KnownLots) -> date | None:
    """The day on which a lot came; None where it is not known."""
    maker = lots.maker(name)
    if maker is None:
        made = lots.made_by_plan(name, (event.contract, event.party))
        return made.begins if made else None
    if maker.event == "opening" and maker.starts is not None:
        return min(local_time(maker.starts, lots.zone_of(maker)).date(), maker.day)
    return maker.day


def _is_bought(lot: str, lots: KnownLots) -> bool:
    maker = lots.maker(lot)
    return maker is not None and maker.event in BOUGHT


def _called(event: CreditEvent) -> str:
    return {"adjust": "adjustment", "extend": "extension"}.get(event.event, event.event)


def _unnamed_purchase(event: CreditEvent) -> Problem:
    message = "the bonus does not say to which purchase it belongs"
    help = "write the purchase's lot in the column lot (or parent); for a gift: event grant"
    return error("lot-unknown", message, help, event.position)


def _unknown(event: CreditEvent, name: str, lots: Sequence[str]) -> Problem:
    near = nearest(name, lots)
    hint = f"did you mean '{near}'? " if near else ""
    whose = f"{event.contract}, party {event.party}" if event.party else event.contract
    told = [*sorted(lots)[:_LOTS_TOLD], *(["..."] if len(lots) > _LOTS_TOLD else [])]
    listed = ", ".join(told) or "none"
    if event.event == "bonus":
        message = f"the bonus belongs to '{name}', but there is no such purchase"
        help = f"{hint}purchases of {whose}: {listed}"
    elif _ROLLED.fullmatch(name):
        message = f"the {_called(event)} names the lot '{name}', which no row makes"
        help = "write event rollover for it: what only the plan's rule rolls has no row to change"
    else:
        message = f"the {_called(event)} names the lot '{name}', which there is not"
        help = f"{hint}lots of {whose}: {listed}"
    return error("lot-unknown", message, help, event.position)
