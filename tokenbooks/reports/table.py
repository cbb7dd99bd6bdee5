"""A report as a value: what is shown is also what CSV, JSON and Markdown carry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

Cell = str | int | Decimal | date | datetime | bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key in CSV and JSON, its heading on screen, and how it aligns.

    ``places`` fixes the decimals of amounts on screen; ``number`` columns align right.
    ``total`` asks for the sum in the last line of text and Markdown; ``short`` writes whole
    numbers there as plans do: 1M.
    """

    key: str
    heading: str
    number: bool = False
    places: int | None = None
    total: bool = False
    short: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns, with a title and notes that go with the figures."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
