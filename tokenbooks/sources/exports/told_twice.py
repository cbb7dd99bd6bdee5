"""Files of two formats that tell the same usage: a day of it would count twice.

Some providers offer the same usage one by one and summed by day. The descriptors say which
formats these are (``same_usage:``); a contract can have one of them for a day. Sources of
different scope, or with ``only:``, are about different usage: the book says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING

from tokenbooks.problems import Position, Problem, error, warning
from tokenbooks.sources.exports.normal.normal_form import NormalForm
from tokenbooks.usage.accounting import STATEMENT
from tokenbooks.usage.layout import NOT_OWED, USED

if TYPE_CHECKING:
    from datetime import date

    import duckdb


def told_twice(
    connection: duckdb.DuckDBPyConnection, forms: Mapping[int, NormalForm]
) -> list[Problem]:
    """The problems ``overlap-formats`` of files that were read.

    A warning where the only day of both is the last of one and the first of the other, and
    one of them has the days of another zone than the contract: a part of the day only.
    """
    pairs = [
        (one, other)
        for one, other in combinations(sorted(forms), 2)
        if _tells_the_same(forms[one], forms[other])
    ]
    days: dict[int, list[date]] = {}
    problems = []
    for one, other in pairs:
        for index in (one, other):
            if index not in days:
                days[index] = _days_of(connection, index, forms[index])
        common = sorted(set(days[one]).intersection(days[other]))
        if not common:
            continue
        seam = len(common) == 1 and (
            days[one][-1] == days[other][0] != days[one][0]
            or days[other][-1] == days[one][0] != days[other][0]
        )
        zones = any(form.time.day_zone != form.file.zone for form in (forms[one], forms[other]))
        problems.append(_told(forms[one], forms[other], common, seam and zones))
    return problems


def _tells_the_same(one: NormalForm, other: NormalForm) -> bool:
    first, second = one.file, other.file
    if (first.contract, first.kind) != (second.contract, second.kind):
        return False
    apart = first.source.scope != second.source.scope or first.source.only or second.source.only
    formats = one.descriptor, other.descriptor
    named = formats[1].id in formats[0].same_usage or formats[0].id in formats[1].same_usage
    return named and not apart


def _days_of(connection: duckdb.DuckDBPyConnection, index: int, form: NormalForm) -> list[date]:
    table = "stated_read" if form.file.kind == STATEMENT else "usage_read"
    rows = connection.execute(
        f'SELECT DISTINCT "at"::DATE AS day FROM {table} WHERE file = ?'
        f" AND verdict IN ({USED}, {NOT_OWED}) ORDER BY day",
        [index],
    ).fetchall()
    return [day for (day,) in rows]


def _told(one: NormalForm, other: NormalForm, common: list[date], in_part: bool) -> Problem:
    shown, more = one.file.shown, len(common) - 1
    what = f"{common[0]}" + (f" and of {more} more days" if more > 1 else "")
    what += " and of 1 more day" if more == 1 else ""
    formats = f"{other.descriptor.id} and {one.descriptor.id} are two ways to tell it"
    message = f"it tells the usage of {what} that {shown} tells too: {formats}"
    place = Position(other.file.shown)
    if in_part:
        help = "their days are of different zones: hours of that day may count twice, or be lacking"
        return warning("overlap-formats", message, help, place)
    help = "keep one of the two: every day would count twice"
    return error("overlap-formats", message, help, place)
