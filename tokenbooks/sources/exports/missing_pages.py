"""Pages that were not saved: an address that reports by bucket gives a few days at a time.

Each page says whether there are more. They may follow in the same file, or stand in another
one, which then begins where this one ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from tokenbooks.problems import Position, Problem, warning
from tokenbooks.sources.exports.normal.normal_form import NormalForm
from tokenbooks.sources.exports.sheets.json_items import JsonItems
from tokenbooks.sources.exports.sheets.json_sheet import JsonSheet
from tokenbooks.sources.exports.sheets.unfoldings.rows import values_of

if TYPE_CHECKING:
    import duckdb

#: The function whose pages say so.
_PAGED = "buckets"


def missing_pages(
    connection: duckdb.DuckDBPyConnection, forms: Mapping[int, NormalForm]
) -> list[Problem]:
    """Warnings ``pages-missing`` about files after whose last page there are more.

    A warning only: the next page may be of a month in which nobody is interested.
    """
    problems = []
    for index, form in forms.items():
        if not _says_more(form):
            continue
        end = _last_end(connection, form)
        others = [other for i, other in forms.items() if i != index and _is_beside(form, other)]
        if end is None or any(_begins_at(connection, other, end) for other in others):
            continue
        message = f"its last page ends {end:%Y-%m-%d %H:%M} UTC and says that there are more"
        help = (
            "save the further pages too (`page=` the `next_page` of each), or ask for more a page"
        )
        problems.append(warning("pages-missing", message, help, Position(form.file.shown)))
    return problems


def _says_more(form: NormalForm) -> bool:
    """Whether the last page of a file is not the last one that there is."""
    if not isinstance(form.sheet, JsonSheet) or form.sheet.function != _PAGED:
        return False
    more = False
    for item in values_of(JsonItems(form.sheet.path)):
        more = isinstance(item.value, dict) and item.value.get("has_more") is True
    return more


def _is_beside(form: NormalForm, other: NormalForm) -> bool:
    place = (form.file.contract, form.file.kind)
    return place == (other.file.contract, other.file.kind) and other.time.bucket is not None


def _last_end(connection: duckdb.DuckDBPyConnection, form: NormalForm) -> datetime | None:
    rows = f"FROM {form.values_of(form.scan)}"
    (end,) = connection.execute(f"SELECT max({form.time.bucket_end}) {rows}").fetchall()[0]
    return end if isinstance(end, datetime) else None


def _begins_at(connection: duckdb.DuckDBPyConnection, form: NormalForm, moment: datetime) -> bool:
    rows = f"FROM {form.values_of(form.scan)} WHERE {form.time.bucket} = ? LIMIT 1"
    return bool(connection.execute(f"SELECT 1 {rows}", [moment]).fetchall())
