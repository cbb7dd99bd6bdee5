"""Single rows of an export, for ``explain``: from a key to its rows, and from a line up.

The same normal form as in bulk, over the file with its record numbers, or over one row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tokenbooks.sources.exports.bad_cells import describe_cell
from tokenbooks.sources.exports.descriptor import Descriptor
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.header import read_header
from tokenbooks.sources.exports.normal_form import NormalForm
from tokenbooks.sources.exports.normalising import build_normal_form
from tokenbooks.sources.exports.records import Record, read_records, records_at
from tokenbooks.sources.exports.sql_text import literal_rows, quoted
from tokenbooks.usage.layout import REJECTED, SKIPPED, USED

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class ExplainedRow:
    """One row of an export in the words of tokenbooks.

    ``at`` is the start of its step in the contract's zone, None where the time cannot be
    read. ``verdict`` is 0 used, 1 skipped or 2 rejected, and ``reason`` says why it is
    not used; whether another download replaces it, the row alone does not tell.
    """

    line: int
    at: datetime | None
    dimensions: Mapping[str, str]
    meters: Mapping[str, int | Decimal]
    verdict: int
    reason: str = ""
    bucket: datetime | None = None
    amount: Decimal | None = None
    currency: str | None = None


def rows_behind(
    connection: duckdb.DuckDBPyConnection,
    file: ExportFile,
    descriptor: Descriptor,
    where: Mapping[str, str],
    first: date,
    last: date,
    meter: str,
    limit: int,
) -> tuple[list[int], int]:
    """The physical lines of the used rows behind a figure, at most ``limit``, and how many.

    ``where`` are values of dimensions ('' for absent); ``first`` and ``last`` are
    inclusive local days. Rows without quantity of the meter are not behind it. Rows
    that a later download or a repeated id replaces are not told apart here.
    """
    form = _form(file, descriptor)
    if form is None:
        return [], 0
    quantity = _quantity(form, meter)
    if quantity is None:
        return [], 0
    conditions = [f"{form.verdict} = {USED}", f"{quantity} <> 0"]
    conditions.append(f"({form.time.step_key})::DATE BETWEEN DATE '{first}' AND DATE '{last}'")
    for name, value in where.items():
        dimension = form.dimensions.get(name, "NULL")
        conditions.append(f"coalesce({dimension}, '') = {quoted(value)}")
    rows = f"(SELECT *, row_number() OVER () AS n FROM {form.scan})"
    count, numbers = connection.execute(
        f"SELECT count(*), min(n, {max(limit, 1)}) FROM {form.values_of(rows, ('n',))}"
        f" WHERE {' AND '.join(conditions)}"
    ).fetchall()[0]
    records = records_at(file.path, form.header.delimiter, set((numbers or [])[:limit]))
    return sorted(record.line for record in records.values()), count


def row_at(
    connection: duckdb.DuckDBPyConnection, file: ExportFile, descriptor: Descriptor, line: int
) -> ExplainedRow | None:
    """The row at a physical line; None where no row stands there (the header, a blank)."""
    form = _form(file, descriptor)
    record = _record_at(file, form, line) if form else None
    if form is None or record is None or len(record.cells) != len(form.header.columns):
        return None
    names = [*form.dimensions, *form.meters]
    long = form.long
    columns = [
        f"({form.time.step_key})::TIMESTAMP",
        f"({form.time.bucket or 'NULL'})::TIMESTAMP",
        form.verdict,
        form.amount.amount if form.amount else "NULL",
        form.amount.currency if form.amount else "NULL",
        long.meter if long else "NULL",
        long.quantity if long else "NULL",
        *form.dimensions.values(),
        *form.meters.values(),
    ]
    relation = literal_rows([record.cells], len(record.cells))
    found = connection.execute(f"SELECT {', '.join(columns)} FROM {form.values_of(relation)}")
    at, bucket, verdict, amount, currency, meter, quantity, *cells = found.fetchall()[0]
    values = dict(zip(names, cells, strict=True))
    meters = {name: values[name] for name in form.meters if values[name]}
    if meter and quantity:
        meters[meter] = quantity
    return ExplainedRow(
        line=record.line,
        at=at,
        dimensions={name: values[name] for name in form.dimensions if values[name] is not None},
        meters=meters,
        verdict=verdict,
        reason=_reason(connection, form, record, verdict),
        bucket=bucket,
        amount=amount,
        currency=currency,
    )


def _form(file: ExportFile, descriptor: Descriptor) -> NormalForm | None:
    header, _ = read_header(file.path, file.shown)
    return build_normal_form(file, header, descriptor) if header else None


def _quantity(form: NormalForm, meter: str) -> str | None:
    if form.long is None:
        return form.meters.get(meter)
    return f"CASE WHEN {form.long.meter} = {quoted(meter)} THEN {form.long.quantity} ELSE 0 END"


def _record_at(file: ExportFile, form: NormalForm, line: int) -> Record | None:
    for record in read_records(file.path, form.header.delimiter):
        if record.last_line >= line:
            return record if record.line <= line else None
    return None


def _reason(
    connection: duckdb.DuckDBPyConnection, form: NormalForm, record: Record, verdict: int
) -> str:
    """Why a row is not used, in words."""
    relation = form.values_of(literal_rows([record.cells], len(record.cells)))
    if verdict == SKIPPED:
        sql = ", ".join(f"coalesce({condition}, false)" for _, condition in form.skips)
        hits = connection.execute(f"SELECT {sql} FROM {relation}").fetchall()[0]
        return next(reason for (reason, _), hit in zip(form.skips, hits, strict=True) if hit)
    if verdict == REJECTED:
        sql = ", ".join(f"coalesce({check.bad}, false)" for check in form.checks)
        hits = connection.execute(f"SELECT {sql} FROM {relation}").fetchall()[0]
        failing = [check for check, hit in zip(form.checks, hits, strict=True) if hit]
        return "; ".join(describe_cell(form, check, record.cells)[0] for check in failing)
    return ""
