"""Credits that are repriced together: what is left of old lots, and what is added to them.

Rule: a modification whose remaining goods are distinct is the end of the old contract and a
new one (ASC 606-10-25-13(a); ACCOUNTING 6.5): what is not yet earned and what is added are one
price for all credits that are left and added. Each lot that is touched has a successor with
its place, its end and its part of that price; nothing of it is gained or lost.

60 left that cost 6,000 and 30 added for 2,550: 8,550 / 90 = 95 each; 5,700 and 2,850.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.amounts import share_out
from tokenbooks.credits.lots import Lot

#: The event of what moves from a lot to its successor.
MODIFIED = "modified"


def first_of(lot: Lot, lots: Mapping[str, Lot]) -> Lot:
    """The lot whose credits a lot has by modifications alone: itself where there was none."""
    while lot.event.event == MODIFIED and (older := lots.get(lot.parent or "")):
        lot = older
    return lot


def successors(lots: Iterable[Lot]) -> dict[str, Lot]:
    """The lot that each modified lot lives on in, by the id of the old one."""
    return {lot.parent: lot for lot in lots if lot.event.event == MODIFIED and lot.parent}


def last_of(lot: Lot, following: Mapping[str, Lot]) -> Lot:
    """The lot in which the credits of a lot live on at last; ``following`` are ``successors``."""
    while lot.id in following:
        lot = following[lot.id]
    return lot


class Left(NamedTuple):
    """What is left of an old lot: credits, and their cost."""

    quantity: Fraction
    cost: Decimal


class Move(NamedTuple):
    """Credits and cost that go from one lot into another."""

    origin: str
    into: str
    quantity: Fraction
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Repriced:
    """Successors and added lots with their quantities and costs, and what moved into them."""

    lots: tuple[Lot, ...]
    moves: tuple[Move, ...]


def reprice(lots: Sequence[Lot], left: Mapping[str, Left], places: int) -> Repriced:
    """Give successors (lots with a parent in ``left``) and added lots one price a credit.

    A successor of nothing is left out.
    """
    own = {lot.id: left.get(lot.parent or "") for lot in lots}
    quantities = {
        lot.id: old.quantity if (old := own[lot.id]) else lot.quantity
        for lot in lots
        if not own[lot.id] or own[lot.id].quantity  # type: ignore[union-attr]
    }
    brought = {lot.id: old.cost if (old := own[lot.id]) else lot.cost for lot in lots}
    if not any(quantities.values()):
        return Repriced((), ())
    total = sum(brought.values(), Decimal(0))
    costs: Mapping[str, Decimal] = share_out(total, quantities, places)
    moves = [
        Move(lot.parent or "", lot.id, old.quantity, min(old.cost, costs[lot.id]))
        for lot in lots
        if (old := own[lot.id]) and old.quantity
    ]
    origins = {lot.id: (lot.parent or "") if own[lot.id] else lot.id for lot in lots}
    moves += _levelled(brought, costs, origins)
    found = [
        _repriced(lot, quantities[lot.id], costs[lot.id], own[lot.id])
        for lot in lots
        if lot.id in quantities
    ]
    return Repriced(tuple(found), tuple(moves))


def _levelled(
    brought: Mapping[str, Decimal], costs: Mapping[str, Decimal], origins: Mapping[str, str]
) -> list[Move]:
    """What lots that bring more than their part give to those that bring less."""
    givers = [(name, b - costs.get(name, Decimal(0))) for name, b in sorted(brought.items())]
    givers = [(name, more) for name, more in givers if more > 0]
    moves = []
    for name in sorted(costs):
        lacks = costs[name] - brought[name]
        while lacks > 0:
            giver, more = givers.pop()
            part = min(lacks, more)
            moves.append(Move(origins[giver], name, Fraction(0), part))
            lacks -= part
            if more > part:
                givers.append((giver, more - part))
    return moves


def _repriced(lot: Lot, quantity: Fraction, cost: Decimal, old: Left | None) -> Lot:
    """A lot with its new price; what an added one was sold for stays what it was sold for."""
    moved, paid = (quantity, Decimal(0)) if old else (Fraction(0), lot.cost)
    return replace(lot, quantity=quantity, cost=cost, moved=moved, moved_cost=cost - paid)
