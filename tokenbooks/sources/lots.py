"""The ids of lots: stated or built from contract and date, and the parents of bonuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tokenbooks.documents import CreditEvent
from tokenbooks.names import nearest
from tokenbooks.problems import Position, Problem, error, warning

#: Events that a bonus can belong to.
BOUGHT = ("purchase", "opening")


def name_lots(events: Sequence[CreditEvent]) -> tuple[list[CreditEvent], list[Problem]]:
    """The events, each with its lot's id, and each bonus with its purchase as parent.

    Problems: ``lot-duplicate``, ``lot-unknown`` (a bonus of no purchase),
    ``lot-before-start`` (a bonus dated before its purchase), and the warning
    ``lot-unnamed`` (lots without a name that only their order in the file tells apart).
    """
    namer = _Namer(events)
    named = [namer.named(event) if event.event != "bonus" else event for event in events]
    bought = {event.lot: event for event in named if event.lot and event.event in BOUGHT}
    named = [namer.bonus(event, bought) if event.event == "bonus" else event for event in named]
    return named, namer.problems


class _Namer:
    def __init__(self, events: Sequence[CreditEvent]) -> None:
        self.problems: list[Problem] = []
        self.taken: dict[str, Position] = {}
        self.unnamed: dict[str, Position] = {}
        # stated ids come first, so that a built one never takes one of them
        self.stated = {event.lot for event in events if event.lot and event.event != "bonus"}

    def named(self, event: CreditEvent) -> CreditEvent:
        """A purchase, grant or opening with its lot's id."""
        if event.lot:
            self._take(event.lot, event)
            return event
        return replace(event, lot=self._built(f"{event.contract}-{event.day}", event))

    def bonus(self, event: CreditEvent, bought: dict[str, CreditEvent]) -> CreditEvent:
        """A bonus with a lot of its own and the purchase it belongs to."""
        purchase = bought.get(event.parent or event.lot or "")
        if purchase is None or purchase.contract != event.contract:
            self._unknown(event, [lot for lot in bought if bought[lot].contract == event.contract])
            return event
        if event.day < purchase.day:
            message = f"the bonus is dated {event.day}, before its purchase of {purchase.day}"
            help = "correct the date, or the purchase that it names"
            self.problems.append(error("lot-before-start", message, help, event.position))
        if event.parent and event.lot:
            self._take(event.lot, event)
            return event
        built = self._built(f"{purchase.lot}-bonus-{event.day}", event)
        return replace(event, lot=built, parent=purchase.lot)

    def _built(self, stem: str, event: CreditEvent) -> str:
        name, count = stem, 1
        while name in self.taken or name in self.stated:
            count += 1
            name = f"{stem}-{count}"
        self.taken[name] = event.position
        if stem in self.unnamed:
            self._unnamed(event, name, self.unnamed[stem])
        self.unnamed.setdefault(stem, event.position)
        return name

    def _unnamed(self, event: CreditEvent, name: str, first: Position) -> None:
        """A row that is written above them later would take the name of the first."""
        message = (
            f"a second lot of {event.contract} on {event.day} has no name, after {first}:"
            f" its place in the file makes it '{name}'"
        )
        help = (
            "give each of them a name in the column lot, before the month is closed; until then"
            " add rows of that day below these"
        )
        self.problems.append(warning("lot-unnamed", message, help, event.position))

    def _take(self, lot: str, event: CreditEvent) -> None:
        if lot in self.taken:
            first = self.taken[lot]
            message = f"the lot '{lot}' is already in {first}"
            help = "give one of them another lot, or leave the column empty"
            self.problems.append(error("lot-duplicate", message, help, event.position))
        self.taken.setdefault(lot, event.position)

    def _unknown(self, event: CreditEvent, lots: list[str]) -> None:
        name = event.parent or event.lot
        if not name:
            message = "the bonus does not say to which purchase it belongs"
            help = "write the purchase's lot in the column lot (or parent); for a gift: event grant"
        else:
            near = nearest(name, lots)
            message = f"the bonus belongs to '{name}', but there is no such purchase"
            hint = f"did you mean '{near}'? " if near else ""
            help = f"{hint}purchases of {event.contract}: {', '.join(sorted(lots)) or 'none'}"
        self.problems.append(error("lot-unknown", message, help, event.position))
