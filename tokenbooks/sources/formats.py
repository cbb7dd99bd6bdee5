"""How single values are written in the book's files: numbers, days, prices, names.

One table for YAML and CSV, so that both refuse the same things with the same remedy.
Each format has a parser that raises ValueError, and the remedy that a person is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tokenbooks.amounts import parse_number, parse_quantity
from tokenbooks.names import is_code, is_identifier, is_narration
from tokenbooks.periods import Moment, Period, parse_day, parse_moment, utc_text, zone
from tokenbooks.rating.plan import UnitPrice

#: A price that is still to be filled in, as ``init --from`` writes it.
UNKNOWN_PRICE = "?"

_PRICE = re.compile(r"(\S+)(?:\s+per\s+(\S+))?")
_MONTHS = re.compile(r"(\d{1,3})\s+months?")
_NOT_ZONES = ("posixrules", "localtime", "posix", "right", "Factory")
_CURRENCY = re.compile(r"[A-Z]{3}")


def parse_price(text: str) -> UnitPrice:
    """Read ``2.50 per 1M`` or a bare amount, which is per 1; raises ValueError."""
    match = _PRICE.fullmatch(text.strip())
    if not match:
        raise ValueError(text)
    per = parse_quantity(match[2]) if match[2] else Decimal(1)
    if not per:
        raise ValueError(text)
    return UnitPrice(parse_number(match[1]), per)


def parse_price_or_unknown(text: str) -> UnitPrice | None:
    """Read a price, or None for a ``?`` that is still to be filled in."""
    return None if text.strip().startswith(UNKNOWN_PRICE) else parse_price(text)


def parse_factor_or_unknown(text: str) -> Decimal | None:
    """Read a factor, or None for a ``?`` that is still to be filled in."""
    return None if text.strip().startswith(UNKNOWN_PRICE) else parse_number(text)


def parse_first_day(text: str) -> date:
    """Read a day, or a month, which stands for its first day; raises ValueError."""
    try:
        return Period.parse(text).start
    except ValueError:
        return parse_day(text)


def parse_months(text: str) -> int:
    """Read ``12 months``; raises ValueError."""
    match = _MONTHS.fullmatch(text.strip())
    if not match or not int(match[1]):
        raise ValueError(text)
    return int(match[1])


def parse_identifier(text: str) -> str:
    """Read the name of a lot, contract, class or cost centre; raises ValueError."""
    if not is_identifier(text):
        raise ValueError(text)
    return text


def parse_document(text: str) -> str:
    """Read the number of a document, which stands in journals; raises ValueError."""
    if not (is_code(text) and is_narration(text)):
        raise ValueError(text)
    return text


def parse_line(text: str) -> str:
    """Read a text of one line, without control characters; raises ValueError."""
    if not text.isprintable():
        raise ValueError(text)
    return text


def parse_currency(text: str) -> str:
    """Read a currency's three capital letters (ISO 4217); raises ValueError."""
    if not _CURRENCY.fullmatch(text):
        raise ValueError(text)
    return text


def parse_zone(text: str) -> str:
    """Read the name of a time zone; raises ValueError for one that is not known.

    Files of the zone database that are no zones of it are not known to DuckDB.
    """
    if text.split("/")[0] in _NOT_ZONES:
        raise ValueError(text)
    try:
        zone(text)
    except (KeyError, OSError) as failure:
        raise ValueError(text) from failure
    return text


def parse_whole(text: str) -> int:
    """Read a whole number; raises ValueError."""
    number = parse_number(text)
    if number != number.to_integral_value():
        raise ValueError(text)
    return int(number)


def moment_text(moment: Moment) -> str:
    """A day or an instant as people write it."""
    return utc_text(moment) if isinstance(moment, datetime) else moment.isoformat()


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write one value: its parser and what to tell who wrote it wrongly."""

    parse: Callable[[str], object]
    help: str


_NUMBER_HELP = "write a plain number such as 1234.50: no thousands separators, no currency sign"
_MOMENT_HELP = "write a day such as 2025-11-30, or an instant such as 2025-11-30T10:00:00Z"

FORMATS: dict[str, Format] = {
    "number": Format(parse_number, _NUMBER_HELP),
    "factor": Format(parse_factor_or_unknown, "write a factor such as 0.5 for half the price"),
    "whole": Format(parse_whole, "write a whole number"),
    "quantity": Format(parse_quantity, "write digits, or 1k, 1M, 1G"),
    "day": Format(parse_day, "write a day such as 2025-11-30"),
    "first-day": Format(parse_first_day, "write a day such as 2025-11-01, or a month as 2025-11"),
    "month": Format(Period.parse, "write a month such as 2025-11"),
    "moment": Format(parse_moment, _MOMENT_HELP),
    "months": Format(parse_months, "write a number of months such as: 12 months"),
    "currency": Format(parse_currency, "write three capital letters such as USD"),
    "timezone": Format(parse_zone, "write a zone's name such as UTC or America/New_York"),
    "identifier": Format(
        parse_identifier, "use letters, digits, `-`, `_` and `.`, starting with a letter or digit"
    ),
    "document": Format(
        parse_document, "write it in one line, without colons, ( ) and [ ], which journals mistake"
    ),
    "line": Format(parse_line, "write it in one line, without tabs and control characters"),
    "price": Format(
        parse_price_or_unknown,
        "write AMOUNT per QUANTITY, such as 2.50 per 1M; a bare amount is per 1",
    ),
}


def read_value(format: str, text: str) -> object | None:
    """The value of a text, or None where it is not written in that format."""
    try:
        return FORMATS[format].parse(text)
    except ValueError:
        return None


def number_of(text: str) -> Decimal | None:
    """The number that a text states, or None."""
    value = read_value("number", text)
    return value if isinstance(value, Decimal) else None


def quantity_of(text: str) -> Decimal | None:
    """The quantity that a text states, or None."""
    value = read_value("quantity", text)
    return value if isinstance(value, Decimal) else None


def first_day_of(text: str) -> date | None:
    """The day that a day or a month states, or None."""
    value = read_value("first-day", text)
    return value if isinstance(value, date) else None


def moment_of(text: str) -> Moment | None:
    """The day or instant that a text states, or None."""
    value = read_value("moment", text)
    return value if isinstance(value, date) else None
