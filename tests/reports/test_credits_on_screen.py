"""Lots on a terminal that has no room for all movements."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tokenbooks.reports.credits import on_screen
from tokenbooks.reports.table import Column, Table
from tokenbooks.reports.text import render_text

NUMBERS = ("credits", "used", "expired", "refunded", "moved", "adjusted", "left")
COLUMNS = (
    Column("contract", "Contract"),
    Column("lot", "Lot"),
    Column("acquired_on", "Acquired"),
    Column("last_day", "Last day"),
    *(Column(name, name.capitalize(), number=True, places=2) for name in NUMBERS),
)


def lots(*movements: str) -> Table:
    """One lot, with the numbers of ``NUMBERS``."""
    cells = [Decimal(text) for text in movements]
    return Table(
        "lots", "Lots", COLUMNS, (("lab", "january", date(2025, 1, 5), date(2025, 2, 28), *cells),)
    )


def test_rare_movements_share_a_column_where_there_is_no_room() -> None:
    """1000 - 500 - 100 refunded - 200 moved + 5 adjusted: other is 5 - 200 - 100."""
    table = lots("1000", "500", "0", "100", "-200", "5", "205")
    (narrow,) = on_screen([table], "text", 70)
    assert max(map(len, render_text(narrow, 70).splitlines())) <= 70
    told = {column.key: cell for column, cell in zip(narrow.columns, narrow.rows[0], strict=True)}
    assert told["other"] == Decimal(-295)
    assert "refunded" not in told
    assert narrow.notes == ("Other is - refunded + moved + adjusted: --format csv has each.",)


def test_nothing_is_joined_where_there_is_room_or_in_data() -> None:
    table = lots("1000", "500", "0", "100", "-200", "5", "205")
    assert on_screen([table], "text", 200)[0].rows == table.rows
    assert on_screen([table], "csv", 80) == [table]
