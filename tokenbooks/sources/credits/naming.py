"""The ids of lots: stated, or built from what makes them.

A lot without a name of its own is ``<contract>-<date>``, with its party in between where
the contract has ``each``. What comes from another lot is called after it:
``<lot>-bonus-<date>``, ``<lot>-adjust-<date>``, ``<lot>-rollover-<date>`` and
``<lot>-transfer-<date>``. A second one of that name gets ``-2``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tokenbooks.documents import CreditEvent
from tokenbooks.names import as_identifier
from tokenbooks.problems import Position, Problem, error, warning
from tokenbooks.sources.credits.events import makes_lot, names_own_lot

#: Lots that have no name of their own but for the lot that they come from.
_ALWAYS_BUILT = ("adjust", "transfer")


def name_lots(events: Sequence[CreditEvent]) -> tuple[list[CreditEvent], list[Problem]]:
    """The events; those that make a lot with its id, and with the lot that it comes from.

    Problems: ``lot-duplicate``, and the warning ``lot-unnamed`` (lots without a name that
    only their order in the file tells apart).
    """
    namer = _Namer(events)
    for event in events:
        if event.lot and makes_lot(event) and names_own_lot(event):
            namer.take(event.lot, event)
    return [namer.named(event) for event in events], namer.problems


def lot_stem(contract: str, party: str) -> str:
    """What the built ids of an account's lots begin with."""
    return f"{contract}-{as_identifier(party)}" if party else contract


class _Namer:
    def __init__(self, events: Sequence[CreditEvent]) -> None:
        self.problems: list[Problem] = []
        # stated ids come first, so that a built one never takes one of them
        self.taken: dict[str, Position] = {}
        self.unnamed: dict[str, Position] = {}

    def named(self, event: CreditEvent) -> CreditEvent:
        """The event with the ids of the lot that it makes and of the one that it comes from."""
        if not makes_lot(event):
            return event
        if event.lot and names_own_lot(event):
            return event
        parent = event.parent or event.lot
        if not parent and event.event in {"bonus", "rollover"}:
            return event
        stem = f"{parent}-{event.event}" if parent else lot_stem(event.contract, event.party)
        return replace(event, lot=self._built(f"{stem}-{event.day}", event), parent=parent)

    def take(self, lot: str, event: CreditEvent) -> None:
        """Keep a stated id; report one that stands in two rows."""
        if lot in self.taken:
            message = f"the lot '{lot}' is already in {self.taken[lot]}"
            help = "give one of them another lot, or leave the column empty"
            self.problems.append(error("lot-duplicate", message, help, event.position))
        self.taken.setdefault(lot, event.position)

    def _built(self, stem: str, event: CreditEvent) -> str:
        name, count = stem, 1
        while name in self.taken:
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
        if event.event in _ALWAYS_BUILT:
            help = "add further rows of that lot and day below these, or make one row of them"
        self.problems.append(warning("lot-unnamed", message, help, event.position))
