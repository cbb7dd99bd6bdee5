"""From charges down to the rows of files: how many, in which files, and the first lines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tokenbooks.close.charge_evidence import SELECTED, shown_dimensions
from tokenbooks.close.evidence import ExplainedCharge
from tokenbooks.close.explanation import FileRows, RowsBehind
from tokenbooks.desk.changed_files import path_in_book
from tokenbooks.desk.close import Prepared
from tokenbooks.problems import Position
from tokenbooks.rating.keys import RatedKey
from tokenbooks.rating.matching import Match
from tokenbooks.rating.rated import Rated
from tokenbooks.rating.requests import signed_lines
from tokenbooks.sources.exports.descriptors.descriptor import Descriptor
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.normal.normal_form import NormalForm
from tokenbooks.sources.exports.used_rows import form_of, lines_of, used_rows_sql
from tokenbooks.usage.layout import USED, dimension_column

#: How many first lines of a file are told.
_FIRST_LINES = 3

ChargeKey = tuple[object, ...]


@dataclass(slots=True)
class _FileFound:
    """What one file holds of the selected usage, by record numbers."""

    file: ExportFile
    form: NormalForm
    format: str
    rows: int
    rows_read: int
    first: list[int]
    charges: dict[ChargeKey, tuple[int, int]]


def charge_key(charge: ExplainedCharge) -> ChargeKey:
    """What tells the rows of a charge from those of others."""
    key = charge.key
    cells = tuple(cell for _, cell in key.dimensions)
    return (cells, key.column, key.position, key.modifiers)


def rows_behind(
    prepared: Prepared,
    contract: str,
    charges: Sequence[ExplainedCharge],
    rules: Collection[int],
    *,
    new_files: bool,
) -> tuple[list[RowsBehind], list[FileRows]]:
    """The rows behind the charges of ``selected_usage``, in the files that this close read.

    ``rules`` are the ids of the allocation rules whose usage is meant at all.
    ``new_files`` leaves out the files that earlier closes have read, where there are
    others: late usage comes from a new download.
    """
    allocated = prepared.close.computed.rated.allocations.values()
    ids = ", ".join(str(item.id) for item in allocated if id(item.rule) in rules) or "NULL"
    prepared.gathered.connection.execute(f"DELETE FROM {SELECTED} WHERE allocation NOT IN ({ids})")
    found = _files(prepared, contract, new_files)
    places = [_place(found, charge) for charge in charges]
    numbers: dict[str, set[int]] = {item.file.shown: set(item.first) for item in found}
    for place in places:
        if place[1] is not None:
            numbers[place[1].file.shown].add(place[2])
    lines = {item.file.shown: lines_of(item.form, numbers[item.file.shown]) for item in found}
    behind = [_behind(place, lines) for place in places]
    files = [
        FileRows(
            item.file.shown,
            item.format,
            item.rows,
            item.rows_read,
            tuple(sorted(lines[item.file.shown][n] for n in item.first)),
        )
        for item in found
    ]
    return behind, files


def _place(
    found: Sequence[_FileFound], charge: ExplainedCharge
) -> tuple[int, _FileFound | None, int]:
    """How many rows a charge has, the first file that has any, and the first of them."""
    rows, first, number = 0, None, 0
    for item in found:
        count, least = item.charges.get(charge_key(charge), (0, 0))
        rows += count
        if count and first is None:
            first, number = item, least
    return rows, first, number


def _behind(
    place: tuple[int, _FileFound | None, int], lines: Mapping[str, Mapping[int, int]]
) -> RowsBehind:
    rows, item, number = place
    if item is None:
        return RowsBehind()
    return RowsBehind(rows, Position(item.file.shown, lines[item.file.shown][number]))


def _files(prepared: Prepared, contract: str, new_files: bool) -> list[_FileFound]:
    gathered, book = prepared.gathered, prepared.book
    descriptors = {descriptor.id: descriptor for descriptor in book.descriptors}
    earlier = {record.path for month in prepared.earlier for record in month.manifest.files}
    accounts = [a for a in gathered.accounts if a.contract == contract and a.used]
    files = {account.file: gathered.files[account.file] for account in accounts}
    if new_files and any(path_in_book(book, file) not in earlier for file in files.values()):
        accounts = [a for a in accounts if path_in_book(book, files[a.file]) not in earlier]
    found = []
    for account in accounts:
        item = _search(prepared, account.file, files[account.file], descriptors[account.format])
        if item is not None:
            item.rows_read = account.rows_read
            found.append(item)
    return found


def _search(
    prepared: Prepared, index: int, file: ExportFile, descriptor: Descriptor
) -> _FileFound | None:
    """Join a file's used rows with the selected usage; None where none of them is in it."""
    connection, layout = prepared.gathered.connection, prepared.gathered.layout
    form = form_of(file, descriptor)
    if form is None:
        return None
    same = "".join(f" AND f.{c} IS NOT DISTINCT FROM s.{c}" for c in layout.dimension_columns)
    kept = ", ".join(['"at"', "rating", "allocation", *layout.dimension_columns])
    used = f"SELECT bucket FROM usage_read WHERE file = {index} AND verdict = {USED}"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE found_rows AS SELECT f.*, s.rating FROM"
        f" {used_rows_sql(form, layout)} f JOIN (SELECT DISTINCT {kept} FROM {SELECTED}) s"
        f' ON f."at" = s."at"{same} WHERE f.bucket IS NULL OR f.bucket IN ({used})'
    )
    rows, first = connection.execute(
        f"SELECT count(*), min(n, {_FIRST_LINES}) FROM found_rows"
    ).fetchall()[0]
    if not rows:
        return None
    charges = _by_charge(prepared, connection)
    return _FileFound(file, form, descriptor.id, rows, 0, list(first), charges)


def _by_charge(prepared: Prepared, connection: Any) -> dict[ChargeKey, tuple[int, int]]:
    layout = prepared.gathered.layout
    rated: Rated = prepared.close.computed.rated
    shown = shown_dimensions(layout)
    dimensions = "".join(f", {dimension_column(name)}" for name in shown)
    counts = "".join(f", count(*) FILTER ({c}), min(n) FILTER ({c})" for c in layout.meter_columns)
    rows = connection.execute(
        f"SELECT rating{dimensions}{counts} FROM found_rows GROUP BY ALL"
    ).fetchall()
    width = 1 + len(shown)
    found: dict[ChargeKey, tuple[int, int]] = {}
    for row in rows:
        priced = {
            column: (outcome.price.position, outcome.modifiers)
            for column, outcome in _priced_columns(rated.keys[row[0]])
        }
        for place, column in enumerate(layout.meters):
            count, least = row[width + 2 * place : width + 2 * place + 2]
            if not count or column not in priced:
                continue
            key = (tuple(row[1:width]), column, *priced[column])
            known = found.get(key, (0, least))
            found[key] = (known[0] + count, min(known[1], least))
    return found


def _priced_columns(item: RatedKey) -> Iterator[tuple[str, Match]]:
    """The columns of usage that the prices of a key look at: meters, or measures of requests."""
    for meter, outcome in item.outcomes.items():
        if not isinstance(outcome, Match):
            continue
        if not outcome.price.by_request:
            yield meter, outcome
            continue
        for _, line in signed_lines(outcome.price, meter, item.taken_out(meter)):
            yield line.measure.name, outcome
