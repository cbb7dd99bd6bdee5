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
from typing import NamedTuple

from tokenbooks.amounts import parse_number, parse_quantity
from tokenbooks.conditions import Conditions, plain_truth
from tokenbooks.names import is_code, is_identifier, is_narration
from tokenbooks.periods import Moment, Period, parse_day, parse_moment, utc_text, zone
from tokenbooks.rating.credit_terms import Length
from tokenbooks.rating.windows import DAYS, MINUTES_A_DAY

#: A price that is still to be filled in, as ``init --from`` writes it.
UNKNOWN_PRICE = "?"

_UNIT = r"[A-Za-z][A-Za-z_-]*"
_PRICE = re.compile(rf"(\S+)(?:\s+(?!per\b)({_UNIT}))?(?:\s+per\s+(\S+))?")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_MONTHS = re.compile(r"(\d{1,3})\s+months?", re.ASCII)
_LENGTH = re.compile(r"(\d{1,4})\s+(month|day)s?", re.ASCII)
_NOT_ZONES = ("posixrules", "localtime", "posix", "right", "Factory")
_CURRENCY = re.compile(r"[A-Z]{3}")


class WrittenPrice(NamedTuple):
    """A price as it is written: an amount in money or in a unit of credits, per a quantity.

    A ``bare`` one names no quantity.
    """

    amount: Decimal
    per: Decimal
    unit: str
    bare: bool


def parse_price(text: str) -> WrittenPrice:
    """Read ``2.50 per 1M``, ``4 credits per 1k`` or a bare amount, which is per 1.

    Raises ValueError.
    """
    match = _PRICE.fullmatch(text.strip())
    if not match:
        raise ValueError(text)
    per = parse_quantity(match[3]) if match[3] else Decimal(1)
    if not per:
        raise ValueError(text)
    return WrittenPrice(parse_number(match[1]), per, match[2] or "", match[3] is None)


def parse_price_or_unknown(text: str) -> WrittenPrice | None:
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


def parse_length(text: str) -> Length:
    """Read ``12 months`` or ``90 days``; raises ValueError."""
    match = _LENGTH.fullmatch(text.strip())
    if not match or not int(match[1]):
        raise ValueError(text)
    count = int(match[1])
    return Length(months=count) if match[2] == "month" else Length(days=count)


def parse_conditions(text: str) -> Conditions:
    """Read ``model: gpt-4o* | o1*; project: research``; raises ValueError."""
    found: dict[str, tuple[str, ...]] = {}
    for part in text.split(";"):
        dimension, _, patterns = part.partition(":")
        names = {plain_truth(name.strip()) for name in patterns.split("|")}
        if not dimension.strip() or "" in names or dimension.strip() in found:
            raise ValueError(text)
        found[dimension.strip()] = tuple(sorted(names))
    return Conditions.of(found)


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


def parse_count(text: str) -> int:
    """Read a whole number that is not negative; raises ValueError."""
    number = parse_whole(text)
    if number < 0:
        raise ValueError(text)
    return number


def parse_amount(text: str) -> Decimal:
    """Read an amount of money that is not negative; raises ValueError."""
    number = parse_number(text)
    if number < 0:
        raise ValueError(text)
    return number


def parse_unit(text: str) -> str:
    """Read the name of a unit of credits, as it can stand in a price; raises ValueError."""
    if not re.fullmatch(_UNIT, text) or text == "per":
        raise ValueError(text)
    return text


def parse_clock(text: str) -> int:
    """Read a time of day such as ``08:30`` as minutes since midnight; raises ValueError."""
    match = _CLOCK.fullmatch(text)
    if not match:
        raise ValueError(text)
    return int(match[1]) * 60 + int(match[2])


def parse_clock_end(text: str) -> int:
    """Read a time of day, or ``24:00``, as minutes since midnight; raises ValueError."""
    return MINUTES_A_DAY if text == "24:00" else parse_clock(text)


def parse_days(text: str) -> tuple[int, ...]:
    """Read ``mon``, or ``mon..fri`` with both ends, as numbers from 0; raises ValueError."""
    first, _, last = text.partition("..")
    ends = (DAYS.index(first), DAYS.index(last) if ".." in text else DAYS.index(first))
    return tuple((ends[0] + n) % 7 for n in range((ends[1] - ends[0]) % 7 + 1))


def parse_pattern(text: str) -> str:
    """Read a regular expression with one group; raises ValueError."""
    try:
        groups = re.compile(text).groups
    except re.error as failure:
        raise ValueError(text) from failure
    if groups != 1:
        raise ValueError(text)
    return text


def parse_scope(text: str) -> str:
    """Read ``party`` or ``contract``; raises ValueError."""
    if text not in {"party", "contract"}:
        raise ValueError(text)
    return text


def moment_text(moment: Moment) -> str:
    """A day or an instant as people write it."""
    return utc_text(moment) if isinstance(moment, datetime) else moment.isoformat()


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write one value: its parser and what to tell who wrote it wrongly."""

    parse: Callable[[str], object]
    help: str


_NUMBER_HELP = "write a plain number such as 1234.50: no thousands separators, no currency sign"
_CLOCK_HELP = 'write a time of day in quotes, such as "08:30" or "17:00"'
_DAYS_HELP = f"write {', '.join(DAYS)}, or a range such as mon..fri"
_CONDITIONS_HELP = "write DIMENSION: NAME | NAME; DIMENSION: NAME, such as model: gpt-4o* | o1*"
_MOMENT_HELP = "write a day such as 2025-11-30, or an instant such as 2025-11-30T10:00:00Z"

FORMATS: dict[str, Format] = {
    "number": Format(parse_number, _NUMBER_HELP),
    "factor": Format(parse_factor_or_unknown, "write a factor such as 0.5 for half the price"),
    "count": Format(parse_count, "write a whole number, 0 or more"),
    "whole": Format(parse_whole, "write a whole number"),
    "amount": Format(parse_amount, "write an amount of 0 or more, such as 25 or 0.50"),
    "quantity": Format(parse_quantity, "write digits, or 1k, 1M, 1G"),
    "day": Format(parse_day, "write a day such as 2025-11-30"),
    "first-day": Format(parse_first_day, "write a day such as 2025-11-01, or a month as 2025-11"),
    "month": Format(Period.parse, "write a month such as 2025-11"),
    "moment": Format(parse_moment, _MOMENT_HELP),
    "months": Format(parse_months, "write a number of months such as: 12 months"),
    "length": Format(parse_length, "write a number of months or days such as: 12 months"),
    "conditions": Format(parse_conditions, _CONDITIONS_HELP),
    "currency": Format(parse_currency, "write three capital letters such as USD"),
    "unit": Format(parse_unit, "write one word of letters, in the singular, such as credit"),
    "clock": Format(parse_clock, _CLOCK_HELP),
    "clock-end": Format(parse_clock_end, f'{_CLOCK_HELP}; "24:00" ends the day'),
    "days": Format(parse_days, _DAYS_HELP),
    "scope": Format(
        parse_scope, "write party, contract, or a list of dimensions such as [customer]"
    ),
    "timezone": Format(parse_zone, "write a zone's name such as UTC or America/New_York"),
    "identifier": Format(
        parse_identifier, "use letters, digits, `-`, `_` and `.`, starting with a letter or digit"
    ),
    "document": Format(
        parse_document, "write it in one line, without colons, ( ) and [ ], which journals mistake"
    ),
    "pattern": Format(
        parse_pattern, "write a regular expression with one group in ( ); (?: ) is no group"
    ),
    "line": Format(parse_line, "write it in one line, without tabs and control characters"),
    "price": Format(
        parse_price_or_unknown,
        "write AMOUNT per QUANTITY, such as 2.50 per 1M (digits, 1k, 1M, 1G); bare is per 1",
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


def length_of(text: str) -> Length | None:
    """The length of time that a text states, or None."""
    value = read_value("length", text)
    return value if isinstance(value, Length) else None


def moment_of(text: str) -> Moment | None:
    """The day or instant that a text states, or None."""
    value = read_value("moment", text)
    return value if isinstance(value, date) else None
