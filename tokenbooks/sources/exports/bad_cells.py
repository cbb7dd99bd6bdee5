"""What is wrong with a cell, in words, and the remedy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from tokenbooks.amounts import number_text, parse_number
from tokenbooks.names import nearest
from tokenbooks.sources.exports.normal_form import Check, NormalForm
from tokenbooks.sources.exports.normal_time import has_time
from tokenbooks.sources.exports.records import shortened

_TIME_HELP = {
    "unix_seconds": "write Unix seconds such as 1762128000, not milliseconds",
    "instant": "write an instant with its offset, such as 2025-11-03T10:15:00Z",
    "day": "write a day such as 2025-11-03",
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
        if time.end:
            what += f", or {time.end} is not after it"
        return f"{shown} in {name} is {what}", _TIME_HELP[time.written]
    if check.code == "bad-count" and _COUNT.fullmatch(text):
        help = f"counts go up to {_LARGEST_COUNT}; download the file again"
        return f"{shown} in {name} is too large to be a count", help
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

_HELP = {
    "bad-count": "write digits only, such as 1200: no decimals, exponents or separators",
    "bad-quantity": "write a plain number such as 12.5: no exponents or separators",
    "bad-amount": "write a plain number such as 12.5: no currency signs or separators",
    "bad-currency": "write its three letters, such as usd",
}


def _exceeding(form: NormalForm, check: Check, cells: Sequence[str]) -> tuple[str, str]:
    names = form.header.columns
    parts = [(names[i], _number(cells[i])) for i in check.parts if _number(cells[i])]
    total = sum((number for _, number in parts), Decimal(0))
    sum_text = " + ".join(f"{name} {number_text(number)}" for name, number in parts)
    equals = f" = {number_text(total)}" if len(parts) > 1 else ""
    whole = f"{names[check.column]} {number_text(_number(cells[check.column]))}"
    verb = "are" if len(parts) > 1 else "is"
    message = f"{sum_text}{equals} {verb} more than {whole}, which contains {_them(parts)}"
    help = "a part cannot be larger than its whole: correct the row, or download the file again"
    return message, help


def _them(parts: Sequence[object]) -> str:
    return "them" if len(parts) > 1 else "it"


def _number(text: str) -> Decimal:
    return parse_number(text) if text else Decimal(0)


def _unknown_meter(form: NormalForm, text: str) -> tuple[str, str]:
    known = form.long.meters if form.long else ()
    near = nearest(text, known)
    help = f"did you mean '{near}'?" if near else "name it under `meters:` of the source"
    return (f"'{shortened(text)}' is not a meter" if text else "the meter is empty"), help


def _negative_help(form: NormalForm) -> str:
    identity = form.descriptor.identity
    if identity and identity.reverses:
        return f"a row that takes another one back names its id in the column `{identity.reverses}`"
    return "usage cannot be negative: correct the row, or download the file again"
