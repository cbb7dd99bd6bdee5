"""One row of an export, for ``explain``: from a line up.

The same normal form as in bulk, over that row alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tokenbooks.sources.exports.bad_cells import describe_cell
from tokenbooks.sources.exports.descriptors.descriptor import Descriptor
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.normal.normal_form import ROW_NUMBER, NormalForm
from tokenbooks.sources.exports.sheets.sheet import Record
from tokenbooks.sources.exports.sql_text import literal_rows
from tokenbooks.sources.exports.used_rows import form_of
from tokenbooks.usage.layout import REJECTED, SKIPPED

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class ExplainedRow:
    """One row of an export in the words of tokenbooks.

    ``at`` is the start of its step in the contract's zone, None where the time cannot be
    read. ``verdict`` is 0 used, 1 skipped or 2 rejected, and ``reason`` says why it is
    not used; whether another download replaces it, the row alone does not tell.
    ``measures`` are what the plan takes of the row as a single request, by name.
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
    measures: Mapping[str, int | Decimal] = field(default_factory=dict)


def row_at(
    connection: duckdb.DuckDBPyConnection, file: ExportFile, descriptor: Descriptor, line: int
) -> ExplainedRow | None:
    """The row at a physical line; None where no row stands there (the header, a blank)."""
    form = form_of(file, descriptor)
    record = _record_at(form, line) if form else None
    if form is None or record is None or len(record.cells) != len(form.header.columns):
        return None
    names = [*form.dimensions, *form.meters, *form.measures]
    long = form.long
    columns = [
        f"({form.time.step_key})::TIMESTAMP",
        f"({form.time.bucket or 'NULL'})::TIMESTAMP",
        form.verdict,
        form.amount.amount if form.amount else "NULL",
        form.amount.currency.sql if form.amount else "NULL",
        long.meter.sql if long else "NULL",
        long.quantity if long else "NULL",
        *map(str, form.dimensions.values()),
        *form.meters.values(),
        *form.measures.values(),
    ]
    relation = _relation(form, record)
    found = connection.execute(f"SELECT {', '.join(columns)} FROM {form.values_of(relation)}")
    at, bucket, verdict, amount, currency, meter, quantity, *cells = found.fetchall()[0]
    values = dict(zip(names, cells, strict=True))
    meters = {name: values[name] for name in form.meters if values[name]}
    measures = {name: values[name] for name in form.measures if values[name]}
    if meter and quantity and form.long:
        meters[meter] = quantity
        measures = {m: quantity for m, summed in form.long.measures.items() if meter in summed}
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
        measures=measures,
    )


def _relation(form: NormalForm, record: Record) -> str:
    """The relation of one record, shaped like the file's."""
    rows = literal_rows([record.cells], len(record.cells))
    if not form.file.events:
        return rows
    return f"(SELECT *, {record.number}::BIGINT AS {ROW_NUMBER} FROM {rows})"


def _record_at(form: NormalForm, line: int) -> Record | None:
    for record in form.sheet.records():
        if record.last_line >= line:
            return record if record.line <= line else None
    return None


def _reason(
    connection: duckdb.DuckDBPyConnection, form: NormalForm, record: Record, verdict: int
) -> str:
    """Why a row is not used, in words."""
    relation = form.values_of(_relation(form, record))
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
