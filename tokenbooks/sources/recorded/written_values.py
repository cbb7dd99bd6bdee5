"""Days and amounts as people's ledgers export them, read only in the form that is declared."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial

from tokenbooks.amounts import parse_number

#: Orders of the parts of a day, the default first: the key `dates`.
YEAR_FIRST, DAY_FIRST, MONTH_FIRST = "year_month_day", "day_month_year", "month_day_year"

#: How amounts are written, the default first: the key `numbers` shows one.
PLAIN = "1234.50"

#: Example of an amount -> what separates its thousands ('' none), and its decimals.
_SEPARATORS = {
    PLAIN: ("", "."),
    "1,234.50": (",", "."),
    "1.234,50": (".", ","),
    "1 234,50": (" ", ","),
    "1'234.50": ("'", "."),
    "1234,50": ("", ","),
}

_ORDERS = {YEAR_FIRST: "ymd", DAY_FIRST: "dmy", MONTH_FIRST: "mdy"}
_MIDNIGHT = re.compile(r"[T ]0?0:00(:00(\.0+)?)?$", re.ASCII)
_NUMERIC = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_DAY_WORD = re.compile(r"(\d{1,2})[- ]([A-Za-z]{3,9})[- ](\d{4})", re.ASCII)
_WORD_DAY = re.compile(r"([A-Za-z]{3,9}) (\d{1,2}),? (\d{4})", re.ASCII)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)


def day_reader(order: str) -> Callable[[str], date]:
    """Reads a day of which the parts stand in an order; it raises ValueError.

    Years have four digits. With a word for the month, or at midnight, it is read as well.
    """
    return partial(_read_day, order)


def amount_reader(example: str) -> Callable[[str], Decimal]:
    """Reads amounts written as the example is; it raises ValueError.

    A minus may stand behind, and an amount in parentheses is negative.
    """
    # an example that is a plain number is equal to the plain one, as in 1234.5
    thousands, decimal = _SEPARATORS.get(example, _SEPARATORS[PLAIN])
    digits = rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|\d+" if thousands else r"\d+"
    form = re.compile(rf"[+-]?(?:{digits})?(?:{re.escape(decimal)}\d*)?", re.ASCII)
    return partial(_read_amount, form, thousands, decimal)


def day_help(order: str) -> str:
    """What to write for a day, or to declare."""
    examples = {YEAR_FIRST: "2025-11-30", DAY_FIRST: "30.11.2025", MONTH_FIRST: "11/30/2025"}
    others = ", ".join(name for name in _ORDERS if name != order)
    return f"days here are written as {examples[order]}; else add `dates:` ({others})"


def amount_help(example: str) -> str:
    """What to write for an amount, or to declare."""
    others = " or ".join(f'"{name}"' for name in _SEPARATORS if name != example)
    return f"amounts here are written as {example}; else add `numbers:` with {others}"


def _read_day(order: str, text: str) -> date:
    written = _MIDNIGHT.sub("", text)
    numeric = _NUMERIC.fullmatch(written)
    if numeric:
        parts = dict(zip(_ORDERS[order], numeric.group(1, 3, 4), strict=True))
        if len(parts["y"]) == 4:
            return date(int(parts["y"]), int(parts["m"]), int(parts["d"]))
    elif order == YEAR_FIRST and (compact := _COMPACT.fullmatch(written)):
        return date(int(compact[1]), int(compact[2]), int(compact[3]))
    elif order == DAY_FIRST and (found := _DAY_WORD.fullmatch(written)):
        return date(int(found[3]), _month(found[2]), int(found[1]))
    elif order == MONTH_FIRST and (found := _WORD_DAY.fullmatch(written)):
        return date(int(found[3]), _month(found[1]), int(found[2]))
    raise ValueError(text)


def _month(word: str) -> int:
    """The number of a month by its English name, or the first three letters of it."""
    for number, name in enumerate(_MONTHS, start=1):
        if word.lower() in {name, name[:3]}:
            return number
    raise ValueError(word)


def _read_amount(form: re.Pattern[str], thousands: str, decimal: str, text: str) -> Decimal:
    # spreadsheets write the space between thousands as one that does not break
    written = text.replace("\u00a0", " ").replace("\u202f", " ")
    negative = False
    if written.startswith("(") and written.endswith(")"):
        written, negative = written[1:-1].strip(), True
    elif written.endswith("-"):
        written, negative = written[:-1].strip(), True
    if not form.fullmatch(written) or (negative and written[:1] in {"+", "-"}):
        raise ValueError(text)
    plain = written.replace(thousands, "") if thousands else written
    number = parse_number(plain.replace(decimal, "."))
    return -number if negative else number
