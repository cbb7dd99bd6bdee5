"""What is wrong with a cell, in words, and the remedy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from tokenbooks.amounts import number_text, parse_number
from tokenbooks.names import nearest
from tokenbooks.sources.exports.normal.normal_form import Check, NormalForm
from tokenbooks.sources.exports.normal.normal_time import has_time
from tokenbooks.sources.exports.sheets.records import shortened

_TIME_HELP = {
    "unix_seconds": "write Unix seconds such as 1762128000, not milliseconds",
    "instant": "write an instant with its offset, such as 2025-11-03T10:15:00Z",
    "unix_milliseconds": "write Unix milliseconds such as 1762128000000",
    "unix_nanoseconds": "write Unix nanoseconds such as 1762128000000000000",
    "day": "write a day such as 2025-11-03",
    "compact_day": "write a day such as 20251103",
    "month_day_year": "write a day such as 11/3/2025, the month first",
    "unix_day": "write Unix seconds such as 1762128000, not milliseconds",
}


def describe_cell(form: NormalForm, check: Check, cells: Sequence[str]) -> tuple[str, str]:
    """The message and the remedy for a check that a row fails."""
    text = cells[check.column]
    name = form.header.columns[check.column]
    shown = f"'{shortened(text)}'" if text else "an empty cell"
    if check.code == "part-exceeds-whole":
        return _exceeding(form, check, cells)
    if check.code == "meter-unknown":
        return _unknown_meter(form, text)
    if check.code == "negative-count":
        return f"{shortened(text)} in {name} is negative", _negative_help(form)
    if check.code == "time-without-zone":
        help = "write the offset, as in 2025-11-03T10:15:00Z, or use a column `date` with days"
        return f"{shown} in {name} does not say in which time zone it is", help
    if check.code == "bad-time":
        time = next(time for time in form.descriptor.times if has_time(form.header, time))
        what = "not a time between 2000 and 2100"
        if until := time.end or time.last:
            what += f", or {until} is not after it"
            what += " in the same month" if form.reads_usage else ""
        return f"{shown} in {name} is {what}", _TIME_HELP[time.written[0]]
    if check.code == "unit-unknown":
        known = ", ".join(form.descriptor.long.units) if form.descriptor.long else ""
        help = f"the format knows {known}: a copy of it in formats/ can say how many this one is"
        return f"{shown} in {name} is not a unit that the format knows", help
    if check.code == "bad-count" and _COUNT.fullmatch(text):
        help = f"counts go up to {_LARGEST_COUNT}; download the file again"
        return f"{shown} in {name} is too large to be a count", help
    if check.code in ("bad-count", "bad-quantity") and text.startswith(("{", "[")):
        help = "JSON has double quotes around names, and its counts are digits only"
        return f"{shown} in {name} is not a JSON object with {_IN_JSON[check.code]}", help
    return f"{shown} in {name} is {_WHAT[check.code]}", _HELP[check.code]


#: A whole count, which may still be larger than what a column holds.
_COUNT = re.compile(r"-?[0-9]+(\.0*)?")
_LARGEST_COUNT = 2**63 - 1

_WHAT = {
    "bad-count": "not a whole count",
    "bad-quantity": "not a quantity with at most 9 decimals",
    "bad-amount": "not an amount with at most 18 decimals",
    "bad-currency": "not a currency",
}

_IN_JSON = {"bad-count": "whole counts", "bad-quantity": "quantities of at most 9 decimals"}

_HELP = {
    "bad-count": "write digits only, such as 1200: no decimals, exponents or separators",
    "bad-quantity": "write a plain number such as 12.5: no exponents or separators",
    "bad-amount": "write a plain number such as 12.5: no currency signs or separators",
    "bad-currency": "write its three letters, such as usd",
}


def _exceeding(form: NormalForm, check: Check, cells: Sequence[str]) -> tuple[str, str]:
    names = form.header.columns
    help = "a part cannot be larger than its whole: correct the row, or download the file again"
    if not check.parts:
        return f"what {names[check.column]} contains comes to more than it", help
    parts = [(names[i], _number(cells[i])) for i in check.parts if _number(cells[i])]
    total = sum((number for _, number in parts), Decimal(0))
    sum_text = " + ".join(f"{name} {number_text(number)}" for name, number in parts)
    equals = f" = {number_text(total)}" if len(parts) > 1 else ""
    whole = f"{names[check.column]} {number_text(_number(cells[check.column]))}"
    verb = "are" if len(parts) > 1 else "is"
    message = f"{sum_text}{equals} {verb} more than {whole}, which contains {_them(parts)}"
    return message, help


def _them(parts: Sequence[object]) -> str:
    return "them" if len(parts) > 1 else "it"


def _number(text: str) -> Decimal:
    return parse_number(text) if text else Decimal(0)


def _unknown_meter(form: NormalForm, text: str) -> tuple[str, str]:
    known = form.long.meters if form.long else ()
    near = nearest(text, known)
    help = f"did you mean '{near}'?" if near else "name it under `meters:` of the source"
    if form.descriptor.long and form.descriptor.long.meters:
        help = "a copy of the format in formats/ can say which meter it is"
    return (f"'{shortened(text)}' is not a meter" if text else "the meter is empty"), help


def _negative_help(form: NormalForm) -> str:
    identity = form.descriptor.identity
    if identity and identity.reverses:
        return f"a row that takes another one back names its id in the column `{identity.reverses}`"
    return "usage cannot be negative: correct the row, or download the file again"
