"""The used rows of an export with their record numbers, as SQL: from figures down to rows.

The same normal form as in bulk, without the sums. For ``explain`` only: numbering the
rows costs more than summing them.
"""

from __future__ import annotations

from collections.abc import Collection

from tokenbooks.sources.exports.descriptors.descriptor import Descriptor
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.normal.normal_form import NormalForm
from tokenbooks.sources.exports.reader import open_export
from tokenbooks.sources.exports.sheets.sheet import records_at
from tokenbooks.sources.exports.sql_text import quoted, quoted_list
from tokenbooks.usage.layout import USED, Layout, dimension_column, meter_column


def form_of(file: ExportFile, descriptor: Descriptor) -> NormalForm | None:
    """How a file is read; None where its header cannot be read any more."""
    form, _ = open_export(file, [descriptor])
    return form


def used_rows_sql(form: NormalForm, layout: Layout) -> str:
    """The relation of a file's used rows.

    Columns: ``n`` (the record's number, the first after the header is 1), ``"at"``,
    ``bucket`` (NULL for events), a ``d_`` column for each dimension of the layout, and for
    each meter a ``m_`` column that says whether the row has any of it.
    """
    columns = ["n", f'({form.time.step_key})::TIMESTAMP AS "at"']
    columns.append(f"({form.time.bucket or 'NULL'})::TIMESTAMP AS bucket")
    columns += [
        f"({form.dimensions.get(name, 'NULL')})::VARCHAR AS {dimension_column(name)}"
        for name in layout.dimensions
    ]
    columns += [f"({_has(form, name)}) AS {meter_column(name)}" for name in layout.meters]
    rows = form.numbered_scan
    return (
        f"(SELECT {', '.join(columns)} FROM {form.values_of(rows, ('n',))}"
        f" WHERE {form.verdict} = {USED})"
    )


def lines_of(form: NormalForm, numbers: Collection[int]) -> dict[int, int]:
    """The physical lines on which records begin, by the records' numbers."""
    records = records_at(form.sheet, set(numbers))
    return {number: record.line for number, record in records.items()}


def _has(form: NormalForm, meter: str) -> str:
    if form.long is not None:
        named = f"{form.long.meter} = {quoted(meter)}"
        if measured := form.long.measures.get(meter):
            named = f"{form.long.meter} IN {quoted_list(measured)}"
        return f"{named} AND {form.long.quantity} <> 0"
    quantity = form.quantity_of(meter)
    return f"{quantity} <> 0" if quantity else "false"
