"""Traces as tables: the life of a lot, and the lots that covered some usage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from tokenbooks.amounts import currency_places, exact_text, money_text, number_text
from tokenbooks.close.coverage import Covered
from tokenbooks.close.lot_life import LotEvent
from tokenbooks.close.lot_states import LotState
from tokenbooks.credits.lots import Lot
from tokenbooks.facts import Facts
from tokenbooks.problems import Position
from tokenbooks.reports.explained_cells import (
    EXACT_PLACES,
    exact_cell,
    facts_table,
    place_cells,
    place_text,
)
from tokenbooks.reports.explained_documents import event_word
from tokenbooks.reports.movements import CREDIT_PLACES, credits_cell, without_unused
from tokenbooks.reports.narrow import Legend, narrowed, noted
from tokenbooks.reports.table import Cell, Column, Table

#: Columns that a screen leaves out where they have nothing to say.
UNUSED = ("contract", "used_on", "last_drawn", "party", "class", "cost_center", "about")
#: How columns of texts become numbers on a narrow terminal.
LEGENDS = {
    "life": (Legend("To", "Where the usage went", ("contract", "party", "class", "cost_center")),),
}
#: Decimals of exact credits and costs on screen.
COST_PLACES = 4


def traced_on_screen(tables: Sequence[Table], format: str, width: int | None) -> list[Table]:
    """Tables as people read them: without columns that are empty, in the terminal's width."""
    if format in ("text", "md"):
        tables = [without_unused(_with_places(table), UNUSED) for table in tables]
    return [noted(table, width, "about") for table in narrowed(tables, width, LEGENDS)]


def _with_places(table: Table) -> Table:
    """The life of a lot with the places of rows among its remarks: few have one."""
    if table.name != "life":
        return table
    rows = []
    for *cells, about, file, line in table.rows:
        place = f"{file}:{line}" if file else None
        rows.append((*cells, ", ".join(str(text) for text in (about, place) if text) or None))
    return replace(table, columns=table.columns[:-2], rows=tuple(rows))


def lot_tables(
    facts: Facts, lot: Lot, state: LotState, events: Sequence[LotEvent], day: date
) -> list[Table]:
    """A lot, and all that happened to it up to a day with the balance after each."""
    return [_lot(facts, lot, state, day), _life(facts, lot, events, day)]


def _lot(facts: Facts, lot: Lot, state: LotState, day: date) -> Table:
    currency = facts.book.currency
    places = currency_places(currency)
    sells = facts.book.contracts[lot.contract].sells
    cost, left = ("price", "deferred") if sells else ("cost", "cost left")
    each = exact_text(Fraction(lot.cost) / lot.quantity) if lot.quantity else None
    about: list[tuple[str, Cell]] = [
        ("lot", lot.id),
        ("contract", lot.contract),
        (facts.book.contracts[lot.contract].each or "party", lot.party),
        ("came", f"{event_word(facts.book, lot.event)} of {lot.acquired}, {lot.kind}"),
        ("row", place_text(lot.event.position)),
        ("from lot", lot.parent),
        ("credits", exact_text(lot.quantity, CREDIT_PLACES)),
        (cost, f"{money_text(lot.cost, places)} {currency}"),
        (f"{cost} of 1", each),
        ("usable from", str(lot.starts)),
        ("last day", lot.last_day or "none"),
        ("only for", str(lot.scope)),
        ("pool", lot.pool),
        ("priority", number_text(lot.priority) if lot.priority is not None else None),
        ("left", exact_text(state.left, CREDIT_PLACES)),
        (left, f"{money_text(state.cost_left, places)} {currency}"),
    ]
    return facts_table("lot", f"Lot {lot.id} at the end of {day}", about)


def _life(facts: Facts, lot: Lot, events: Sequence[LotEvent], day: date) -> Table:
    rows: list[tuple[Cell, ...]] = []
    left = cost_left = Fraction(0)
    sells = facts.book.contracts[lot.contract].sells
    others = {event.account for event in events if event.account} - {lot.account}
    for event in events:
        left += event.credits
        cost_left += event.cost
        contract, party = event.account if event.account and others else (None, None)
        rows.append(
            (
                event.day,
                "sale" if event.what == "purchase" and sells else event.what,
                event.used_on if event.used_on != event.day else None,
                contract,
                party or None,
                (event.to.class_ or None) if event.to else None,
                (event.to.cost_center or None) if event.to else None,
                credits_cell(event.credits),
                credits_cell(left),
                exact_cell(event.cost),
                exact_cell(cost_left),
                event.about or None,
                *place_cells(event.position),
            )
        )
    columns = (
        Column("date", "Date"),
        Column("what", "What"),
        Column("used_on", "Usage of"),
        Column("contract", "Contract"),
        Column("party", "Party"),
        Column("class", "Class"),
        Column("cost_center", "Cost center"),
        Column("credits", "Credits", number=True, places=COST_PLACES),
        Column("left", "Left", number=True, places=COST_PLACES),
        Column("cost", "Cost", number=True, places=COST_PLACES),
        Column("cost_left", "Cost left", number=True, places=COST_PLACES),
        Column("about", "Remark"),
        Column("file", "File"),
        Column("line", "Line", number=True),
    )
    note = "Credits are list value. Costs are exact; the books round them once a period."
    return Table("life", f"What became of {lot.id} by {day}", columns, tuple(rows), (note,))


# -- usage ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Traced:
    """Some usage, and the lots that covered it; notes say why there are none."""

    place: Position
    about: tuple[tuple[str, str], ...]
    covered: tuple[Covered, ...]
    notes: tuple[str, ...] = ()


def charge_tables(facts: Facts, traced: Traced) -> list[Table]:
    """What the usage is, and every lot that covered it."""
    place = place_text(traced.place)
    about = facts_table("charge", f"Usage at {place}", traced.about)
    if not traced.covered:
        return [replace(about, notes=traced.notes)]
    whole = sum((item.value for item in traced.covered), Fraction(0))
    rows = tuple(_covered_row(item, whole) for item in traced.covered)
    columns = (
        Column("lot", "Lot"),
        Column("first_drawn", "Drawn from"),
        Column("last_drawn", "to"),
        Column("share", "Share %", number=True, places=2),
        Column("list_value", "List value", number=True, places=EXACT_PLACES, total=True),
        Column("cost_of_one", "Cost of 1", number=True, places=EXACT_PLACES),
        Column("cost", "Cost", number=True, places=EXACT_PLACES, total=True),
        Column("file", "File"),
        Column("line", "Line", number=True),
    )
    return [about, Table("covered", "Lots that cover it", columns, rows, traced.notes)]


def _covered_row(item: Covered, whole: Fraction) -> tuple[Cell, ...]:
    return (
        item.lot.id if item.lot else "(no lot)",
        item.first,
        item.last if item.last != item.first else None,
        exact_cell(100 * item.value / whole) if whole else None,
        exact_cell(item.value),
        exact_cell(item.cost / item.value),
        exact_cell(item.cost),
        *place_cells(item.lot.event.position if item.lot else None),
    )
