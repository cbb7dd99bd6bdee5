"""SQL that sums a file's rows into ``usage_read`` and ``stated_read``: one scan each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tokenbooks.sources.exports.grouping import SINCE, grouped_sql
from tokenbooks.sources.exports.normal.expression import Expression
from tokenbooks.sources.exports.normal.normal_form import Choice, LongRows, NormalForm
from tokenbooks.sources.exports.sql_text import quoted, quoted_list
from tokenbooks.sources.exports.summing import Summing, time_keys
from tokenbooks.usage.layout import (
    AMOUNT_TYPE,
    QUANTITY_TYPE,
    Layout,
    last_value,
    meter_type,
)


@dataclass(frozen=True, slots=True)
class Insert:
    """What a file adds to a table: ``columns`` of the sums that ``source`` comes to."""

    table: str
    columns: str
    source: str

    @property
    def sql(self) -> str:
        """The statement that adds it."""
        return f"INSERT INTO {self.table} SELECT {self.columns} {self.source}"

    def staging(self, name: str) -> str:
        """The statement that keeps the sums in a table of their own."""
        return f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * {self.source}"

    def from_staged(self, name: str) -> str:
        """The statement that adds the sums that were kept."""
        return f"INSERT INTO {self.table} SELECT {self.columns} FROM {name}"


def usage_insert(
    form: NormalForm,
    file: int,
    layout: Layout,
    relation: str,
    replacements: bool = False,
    id: Expression | None = None,
) -> Insert:
    """A file's usage, read from a relation of its raw rows.

    With ``replacements`` the relation has a column ``replaced``. With ``id``, a number of
    each row, the sums have a column with the list of them.
    """
    keys = _dimension_keys(form, layout.dimensions)
    names = {meter: f"q{n}" for n, meter in enumerate(layout.meters)}
    sums = {name: sql for m, name in names.items() if (sql := form.quantity_of(m)) is not None}
    levels = [name for m, name in names.items() if m in form.file.levels and name in sums]
    quantities = [name if name in sums else _nothing(m, layout) for m, name in names.items()]
    quantities += [
        f"{SINCE}{names[m]}" if names[m] in levels else "NULL" for m in layout.level_meters
    ]
    stated = _add_stated(form, keys, sums)
    summing = Summing(form, keys, sums, replacements, levels, id)
    source = grouped_sql(summing, relation)
    return _usage_rows(form, file, layout, keys, quantities, f"rows, {stated}", source)


def long_staging(
    form: NormalForm,
    long: LongRows,
    table: str,
    kept: Sequence[str],
    relation: str,
    replacements: bool = False,
) -> str:
    """The statement that sums rows which name their meter, one row per meter still.

    Which meters there are is known only after this scan.
    """
    keys = {**_dimension_keys(form, kept), "meter": long.meter}
    sums = {"quantity": long.quantity}
    levels = ["level"] if form.file.levels else []
    sums |= {"level": long.level} if levels else {}
    _add_stated(form, keys, sums)
    summing = Summing(form, keys, sums, replacements, levels, choices=long.choices)
    source = grouped_sql(summing, relation)
    return f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * {source}"


def long_insert(form: NormalForm, file: int, layout: Layout, table: str) -> str:
    """The statement that adds rows staged by ``long_staging``, a column per meter."""
    keys = _dimension_keys(form, layout.dimensions)
    quantities = [_long_quantity(form, name, layout) for name in layout.meters]
    quantities += [
        f"max({SINCE}level) FILTER (meter = {quoted(name)})" if name in form.file.levels else "NULL"
        for name in layout.level_meters
    ]
    stated = _NOT_STATED
    if form.amount is not None:
        keys.update(currency=form.amount.currency, meaning=form.amount.meaning)
        stated = f"sum(amount)::{AMOUNT_TYPE}, currency, meaning"
    tail = f"sum(rows), {stated}"
    insert = _usage_rows(form, file, layout, keys, quantities, tail, f"FROM {table}")
    return f"{insert.sql} GROUP BY {', '.join([*time_keys(form), *keys])}"


_NOT_STATED = f"NULL::{AMOUNT_TYPE}, NULL, NULL"


def _add_stated(form: NormalForm, keys: dict[str, Expression], sums: dict[str, str]) -> str:
    """Add the file's own cost to keys and sums; its columns."""
    if form.amount is None:
        return _NOT_STATED
    keys.update(currency=form.amount.currency, meaning=form.amount.meaning)
    sums["amount"] = form.amount.amount
    return f"amount::{AMOUNT_TYPE}, currency, meaning"


def _long_quantity(form: NormalForm, name: str, layout: Layout) -> str:
    kind = meter_type(name)
    if name in form.file.levels:
        return f"{last_value('level', f'{SINCE}level')} FILTER (meter = {quoted(name)})::{kind}"
    chosen = f"meter = {quoted(name)}"
    if form.long is not None and (measured := form.long.measures.get(name)):
        chosen = f"meter IN {quoted_list(measured)}"
    return f"coalesce(sum(quantity) FILTER ({chosen}), {_nothing(name, layout)})::{kind}"


def _nothing(meter: str, layout: Layout) -> str:
    """What a column holds where a file has no such meter."""
    return "NULL" if meter in layout.levels else "0"


def stated_insert(
    form: NormalForm,
    file: int,
    dimensions: Sequence[str],
    relation: str,
    replacements: bool = False,
    id: Expression | None = None,
) -> Insert:
    """A statement's amounts, and what they are for; arguments as of ``usage_insert``."""
    keys = _dimension_keys(form, dimensions)
    sums: dict[str, str] = {}
    _add_stated(form, keys, sums)
    if form.amount is not None:
        others = {"list_amount": form.amount.list_amount, "billed": form.amount.billed}
        sums.update({name: sql for name, sql in others.items() if sql})
    columns = ", ".join(f"k{n}" if f"k{n}" in keys else "NULL" for n in range(len(dimensions)))
    amounts = ", ".join(
        f"{name}::{AMOUNT_TYPE}" if name in sums else "NULL" for name in ("amount", "list_amount")
    )
    currency, meaning = ("currency", "meaning") if form.amount else ("NULL", "NULL")
    billed = f"billed::{AMOUNT_TYPE}" if "billed" in sums else "NULL"
    meter, quantity, choices = _add_counted(form, keys, sums)
    head = _head(form, file)
    summing = Summing(form, keys, sums, replacements, id=id, choices=choices)
    source = grouped_sql(summing, relation)
    listed = f"{columns}, " if columns else ""
    told = f"{amounts}, {currency}, rows, {billed}, {meaning}, {meter}, {quantity}"
    return Insert("stated_read", f"{head}, {listed}{told}", source)


def _add_counted(
    form: NormalForm, keys: dict[str, Expression], sums: dict[str, str]
) -> tuple[str, str, Sequence[Choice]]:
    """Add what a statement's rows count to keys and sums; the columns, and choices of the sum.

    Rows that tell their quantity are summed apart from those that do not, and those that cost
    nothing apart from those that are paid: a key may have both.
    """
    counted = form.counted
    if counted is None:
        return "NULL", "NULL", ()
    keys["meter"] = counted.meter
    if counted.rows is None or counted.told is None:
        return "meter", "NULL", ()
    keys["told"], sums["quantity"] = counted.told, counted.rows.quantity
    keys |= {"is_paid": counted.is_paid} if counted.is_paid else {}
    return "meter", f"CASE WHEN told THEN quantity END::{QUANTITY_TYPE}", counted.rows.choices


def _dimension_keys(form: NormalForm, dimensions: Sequence[str]) -> dict[str, Expression]:
    """What to group by, by name: each dimension once, the party's too."""
    keys = {f"k{n}": form.dimensions[d] for n, d in enumerate(dimensions) if d in form.dimensions}
    each = form.file.each
    if each and each in form.dimensions and each not in dimensions:
        keys["party"] = form.dimensions[each]
    return keys


def _usage_rows(
    form: NormalForm,
    file: int,
    layout: Layout,
    keys: Mapping[str, Expression],
    quantities: Sequence[str],
    rows: str,
    source: str,
) -> Insert:
    columns = [f"k{n}" if f"k{n}" in keys else "NULL" for n in range(len(layout.dimensions))]
    each = form.file.each
    party = "''"
    if each and each in layout.dimensions and each in form.dimensions:
        party = f"coalesce(k{layout.dimensions.index(each)}, '')"
    elif "party" in keys:
        party = "coalesce(party, '')"
    selected = ", ".join([_head(form, file), party, *columns, *quantities, rows])
    return Insert("usage_read", selected, source)


def _head(form: NormalForm, file: int) -> str:
    bucket = "bucket, bucket_end" if form.time.bucket else "NULL, NULL"
    return f"{file}, {bucket}, step::TIMESTAMP, verdict"
