"""Credits: lots and balances at a date, what expires when, and how long they last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, round_half_up
from tokenbooks.close.credit_balances import BalanceAt, LotAt
from tokenbooks.close.credit_units import unit_of
from tokenbooks.close.outlook import RECENT_DAYS, EndingLot, runs_out
from tokenbooks.credits.lots import Account
from tokenbooks.facts import Facts
from tokenbooks.reports.cells import shown_text
from tokenbooks.reports.columns import display_width
from tokenbooks.reports.explained_cells import without
from tokenbooks.reports.movements import (
    RARE,
    credits_cell,
    has_parties,
    without_unused,
)
from tokenbooks.reports.table import Cell, Column, Table
from tokenbooks.reports.text import render_text

#: Columns that a screen leaves out where they have nothing to say.
UNUSED = (
    *("party", "unit", *RARE),
    *("used_percent", "balance", "rolls_over", "expected_loss", "loss_cost"),
)

#: The unit in which the credits of a row are counted; empty where that is money.
UNIT_COLUMN = Column("unit", "Unit")

#: Columns that a narrow terminal leaves out first.
KNOWN_OTHERWISE = ("used_percent", "days_left", "runway_days", "expected_use")

PERCENT_PLACES = 1


def on_screen(tables: Sequence[Table], format: str, width: int | None) -> list[Table]:
    """Tables as people read them: columns that have nothing to say are left out.

    So is what is known from other columns, where a terminal has no room for it.
    """
    if format not in ("text", "md"):
        return list(tables)
    shown = [without_unused(table, UNUSED) for table in tables]
    return [_in_width(table, width) for table in shown] if width is not None else shown


def _in_width(table: Table, width: int) -> Table:
    for key in KNOWN_OTHERWISE:
        if _fits(table, width):
            return table
        table = without(table, [key])
    return table if _fits(table, width) else _rare_as_one(table)


def _rare_as_one(table: Table) -> Table:
    """The movements that few lots have in one column, where a terminal has no room for each."""
    keys = [column.key for column in table.columns]
    rare = [keys.index(key) for key in RARE if key in keys]
    if len(rare) < 2:
        return table
    columns, rows = list(table.columns), [list(row) for row in table.rows]
    columns[rare[0]] = replace(columns[rare[0]], key="other", heading="Other")
    for row in rows:
        signed = ((-1 if keys[n] == "refunded" else 1, row[n]) for n in rare)
        row[rare[0]] = sum(
            (sign * cell for sign, cell in signed if isinstance(cell, Decimal)), Decimal(0)
        )
    names = " ".join(("- " if keys[n] == "refunded" else "+ ") + keys[n] for n in rare)
    note = f"Other is {names}: --format csv has each."
    joined = replace(
        table,
        columns=tuple(columns),
        rows=tuple(tuple(row) for row in rows),
        notes=(*table.notes, note),
    )
    return without(joined, [keys[n] for n in rare[1:]])


def _fits(table: Table, width: int) -> bool:
    """Whether no line is too long, and no text had to go on in the next line for that."""
    told = render_text(table, width)
    texts = [
        shown_text(row[index], column)
        for row in table.rows
        for index, column in enumerate(table.columns)
        if not column.number
    ]
    is_narrow = max(map(display_width, told.splitlines())) <= width
    return is_narrow and all(text in told for text in texts)


def lots_at(facts: Facts, lots: Sequence[LotAt], day: date, notes: tuple[str, ...] = ()) -> Table:
    """Every lot at the end of a day, with what is left in credits and in cost."""
    places = currency_places(facts.book.currency)
    parties = has_parties(facts)
    sold = {facts.book.contracts[item.account[0]].sells for item in lots}
    columns = (
        *whose_columns(parties),
        Column("lot", "Lot"),
        Column("kind", "Kind"),
        Column("acquired_on", "Acquired"),
        Column("last_day", "Last day"),
        *(
            Column(key, heading, number=True, places=2)
            for key, heading in (
                ("credits", "Credits"),
                ("used", "Used"),
                ("expired", "Expired"),
                ("refunded", "Refunded"),
                ("moved", "Moved"),
                ("adjusted", "Adjusted"),
                ("left", "Left"),
            )
        ),
        # an asset and a liability have no total
        Column("cost_left", "Cost left", number=True, places=places, total=len(sold) < 2),
        Column("used_percent", "Used %", number=True, places=PERCENT_PLACES),
        Column("days_left", "Days", number=True),
    )
    rows = tuple(_lot_row(item, day, parties) for item in lots)
    notes = (*_utilisation(lots, day), *notes)
    if True in sold:
        notes = (*notes, "Of credits sold, cost is what customers paid: what is left is deferred.")
    if any(unit_cell(facts, item.account) for item in lots):
        notes = (*notes, "Credits of lots are list value, also where they have a unit.")
    return Table("lots", f"Lots at the end of {day}", columns, rows, notes)


def _lot_row(item: LotAt, day: date, parties: bool) -> tuple[Cell, ...]:
    state = item.state
    return (
        *whose_cells(item.account, parties),
        item.id,
        item.kind,
        item.acquired,
        item.last_day,
        credits_cell(state.acquired),
        credits_cell(state.used),
        credits_cell(state.expired),
        credits_cell(state.refunded),
        credits_cell(state.moved),
        credits_cell(state.adjusted),
        credits_cell(state.left),
        state.cost_left,
        percent(state.used, state.used + state.expired) if _has_ended(item, day) else None,
        (item.last_day - day).days if item.last_day and state.left else None,
    )


def _has_ended(item: LotAt, day: date) -> bool:
    return item.last_day is not None and item.last_day <= day


def _utilisation(lots: Sequence[LotAt], day: date) -> tuple[str, ...]:
    """How much of the lots that have ended was used before."""
    ended = [item.state for item in lots if _has_ended(item, day)]
    used = sum((state.used for state in ended), Fraction(0))
    share = percent(used, used + sum((state.expired for state in ended), Fraction(0)))
    return () if share is None else (f"Of the lots that have ended, {share}% was used.",)


def balances_at(facts: Facts, balances: Sequence[BalanceAt], day: date) -> Table:
    """Each balance: credits left, their cost, what is owed, how long it lasts, what is lost."""
    places = currency_places(facts.book.currency)
    columns = (
        *whose_columns(has_parties(facts)),
        UNIT_COLUMN,
        Column("left", "Credits left", number=True, places=2),
        Column("cost_left", "Cost left", number=True, places=places, total=True),
        Column("uncovered", "Uncovered", number=True, places=places, total=True),
        Column("balance", "Balance", number=True, places=places),
        Column("per_day", "Used a day", number=True, places=places),
        Column("runway_days", "Runway, days", number=True),
        Column("runs_out", "Runs out"),
        Column("expected_loss", "Will expire", number=True, places=2),
        Column("loss_cost", "At cost", number=True, places=places, total=True),
    )
    rows = tuple(_balance_row(facts, item, day, places) for item in balances)
    since = f"the last {RECENT_DAYS} days, or of fewer where usage began since"
    notes = [f"Used a day is the average of {since}, at list value."]
    if any(unit_cell(facts, item.account) for item in balances):
        notes.append("Credits that have a unit are counted in it; what is uncovered is money.")
    if any(item.balance < 0 for item in balances):
        notes.append(
            "A negative balance is a liability: the next purchase pays it, and until then it is"
            " accrued."
        )
    if any(item.expected_loss for item in balances):
        notes.append("Will expire is what that rate does not use before its lots end.")
    return Table("balances", f"Credit balances at the end of {day}", columns, rows, tuple(notes))


def _balance_row(facts: Facts, item: BalanceAt, day: date, places: int) -> tuple[Cell, ...]:
    account, unit = item.account, unit_of(facts, item.account[0])
    return (
        *whose_cells(account, has_parties(facts)),
        unit_cell(facts, account),
        counted(facts, account, item.left),
        item.cost_left,
        round_half_up(item.uncovered, places),
        # none where nothing is owed: then it is what is left
        round_half_up(unit.count(item.balance), places) if item.owed else None,
        round_half_up(unit.count(item.rate), places),
        int(item.left / item.rate) if item.rate else None,
        runs_out(item.left, item.rate, day),
        None if item.expected_loss is None else counted(facts, account, item.expected_loss),
        item.loss_cost,
    )


def expiring_table(facts: Facts, lots: Sequence[EndingLot], day: date, within: int) -> Table:
    """Lots that end soon: what the recent rate uses of them, and what is lost."""
    places = currency_places(facts.book.currency)
    parties = has_parties(facts)
    rows = tuple(_ending_row(facts, item, day) for item in lots)
    columns = (
        *whose_columns(parties),
        UNIT_COLUMN,
        Column("lot", "Lot"),
        Column("last_day", "Last day"),
        Column("days_left", "Days", number=True),
        Column("left", "Left", number=True, places=2),
        Column("expected_use", "Will be used", number=True, places=2),
        Column("rolls_over", "Rolls over", number=True, places=2),
        Column("expected_loss", "Will expire", number=True, places=2),
        Column("loss_cost", "At cost", number=True, places=places, total=True),
        Column("used_percent", "Used %", number=True, places=PERCENT_PLACES),
    )
    title = f"Lots that end within {within} days of {day}"
    note = f"Expected at the rate of the last {RECENT_DAYS} days; used % is when the lot ends."
    return Table("expiring", title, columns, rows, (note,))


def _ending_row(facts: Facts, item: EndingLot, day: date) -> tuple[Cell, ...]:
    account, expected, utilisation = item.account, item.expected, item.utilisation
    told: tuple[Cell, ...] = (None, None, None, None)
    if expected is not None:
        told = (
            counted(facts, account, expected.used),
            counted(facts, account, expected.moved),
            counted(facts, account, expected.lost),
            expected.lost_cost,
        )
    return (
        *whose_cells(account, has_parties(facts)),
        unit_cell(facts, account),
        item.id,
        item.last_day,
        (item.last_day - day).days,
        counted(facts, account, item.left),
        *told,
        None if utilisation is None else percent(utilisation, Fraction(1)),
    )


def whose_columns(parties: bool) -> list[Column]:
    """Columns of a contract and, where there are any, its party."""
    return [Column("contract", "Contract"), *([Column("party", "Party")] if parties else [])]


def whose_cells(account: Account, parties: bool) -> tuple[Cell, ...]:
    """The cells of a contract and its party."""
    return (account[0], account[1] or None) if parties else (account[0],)


def unit_cell(facts: Facts, account: Account) -> str | None:
    """The unit in which the credits of an account are counted; None where that is money."""
    unit = unit_of(facts, account[0])
    return unit.plural if unit.name else None


def counted(facts: Facts, account: Account, value: Fraction) -> Decimal:
    """A list value in the unit of an account."""
    return credits_cell(unit_of(facts, account[0]).count(value))


def percent(part: Fraction, whole: Fraction) -> Decimal | None:
    """A share of a hundred; None of nothing."""
    return round_half_up(100 * part / whole, PERCENT_PLACES) if whole else None
