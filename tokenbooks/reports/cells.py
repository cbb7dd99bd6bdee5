"""A cell as text, and the totals of a table: what the renderers share."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tokenbooks.amounts import money_text, number_text, quantity_text, round_half_up
from tokenbooks.reports.table import Cell, Column, Table

TOTAL = "Total"


def full_text(cell: Cell, column: Column) -> str:
    """A cell in full, as files carry it: every decimal, ISO dates, nothing for None.

    An amount has at least its column's places, so that 12.5 reads 12.50.
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Decimal | int):
        return _full_number(cell, column.places)
    if isinstance(cell, date):
        return cell.isoformat()
    # names of files may hold bytes that are not text
    return cell.encode("utf-8", "backslashreplace").decode("utf-8")


def shown_text(cell: Cell, column: Column) -> str:
    """A cell as people read it: amounts rounded to the column's places, the rest in full."""
    is_number = isinstance(cell, Decimal | int) and not isinstance(cell, bool)
    if is_number and column.places is not None:
        assert isinstance(cell, Decimal | int)
        return money_text(round_half_up(Decimal(cell), column.places), column.places)
    if is_number and column.short:
        assert isinstance(cell, Decimal | int)
        return quantity_text(Decimal(cell))
    return printable(full_text(cell, column))


def printable(text: str) -> str:
    r"""A text with every sign that does not print spelt out: ``\n``, ``\x1b``.

    So a name that a provider's file brings in can neither break a line nor speak to
    the terminal.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else _spelt(sign) for sign in text)


def totals(table: Table) -> tuple[Cell, ...] | None:
    """The last line of a table whose columns ask for a sum; None where none does.

    The word ``Total`` stands in the first text column.
    """
    if not table.rows or not any(column.total for column in table.columns):
        return None
    texts = [index for index, column in enumerate(table.columns) if not column.number]
    label = texts[0] if texts else None
    return tuple(
        _sum(table, index) if column.total else (TOTAL if index == label else None)
        for index, column in enumerate(table.columns)
    )


def _sum(table: Table, index: int) -> Decimal | int:
    cells = [row[index] for row in table.rows]
    return sum(cell for cell in cells if isinstance(cell, Decimal | int))


def _full_number(number: Decimal | int, places: int | None) -> str:
    text = number_text(number)
    decimals = len(text.partition(".")[2])
    return text if places is None or decimals >= places else money_text(Decimal(number), places)


def _spelt(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")
