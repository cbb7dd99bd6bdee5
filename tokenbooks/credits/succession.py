"""Lots that a modification reprices, when they begin: what is left of the old ones moves in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from tokenbooks.credits.drawing import Drawing, Taken
from tokenbooks.credits.lots import Lot
from tokenbooks.credits.repricing import (
    MODIFIED,
    Left,
    Move,
    last_of,
    reprice,
    successors,
)


def reprice_begun(drawing: Drawing, begun: list[str], places: int) -> tuple[list[str], list[Lot]]:
    """Give lots that begin, and that a modification reprices, their credits and their price.

    Returns those that begin, and the old lots that were used up: these have no successor, and
    end when it would have.
    """
    own = [drawing.lots[name] for name in begun if drawing.lots[name].modified]
    if not own:
        return begun, []
    gone: dict[str, Lot] = {}
    for change in sorted({lot.modified for lot in own}):
        group = [lot for lot in own if lot.modified == change and lot.id not in drawing.tops]
        repriced = reprice(group, _left_of(drawing, group, places), places)
        for move in repriced.moves:
            _move(drawing, move, drawing.lots[move.into])
        drawing.lots |= {lot.id: lot for lot in repriced.lots}
        begin = {lot.id for lot in repriced.lots}
        gone |= {lot.id: lot for lot in group if lot.id not in begin}
    kept = _used_up(drawing, gone.values())
    drawing.lots |= {lot.id: lot for lot in kept}
    for name in gone:
        del drawing.lots[name], drawing.given[name]
    return [name for name in begun if name not in gone], kept


def _used_up(drawing: Drawing, gone: Iterable[Lot]) -> list[Lot]:
    """The lots of which nothing was left, as they would be without the modification."""
    following = successors(drawing.lots.values())
    found = []
    for lot in gone:
        if older := drawing.lots.get(lot.parent or ""):
            last = last_of(lot, following)
            found.append(replace(older, ends=last.ends, last_day=last.last_day))
    return found


def _left_of(drawing: Drawing, group: Iterable[Lot], places: int) -> dict[str, Left]:
    """What is left of the lots that these succeed; nothing of one that never began."""
    found = {}
    for lot in group:
        if lot.event.event != MODIFIED or lot.parent is None:
            continue
        found[lot.parent] = Left(Fraction(0), Decimal(0))
        if older := drawing.lots.get(lot.parent):
            given, top = drawing.given[older.id], drawing.tops[older.id]
            found[older.id] = Left(top - given, older.cost_between(given, top, places))
    return found


def _move(drawing: Drawing, move: Move, into: Lot) -> None:
    """Credits and their cost go to a lot by a modification."""
    if move.origin in drawing.tops:
        drawing.tops[move.origin] -= move.quantity
    name = f"{move.origin}-{MODIFIED}-{move.into}"
    event = replace(into.event, event=MODIFIED, lot=move.into, parent=move.origin)
    drawing.taken.append(
        Taken(name, move.origin, event, into.starts, move.quantity, move.cost, move.into)
    )
