"""SQL that sums a file's rows into ``usage_read`` and ``stated_read``: one scan each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tokenbooks.sources.exports.normal.normal_form import LongRows, NormalForm
from tokenbooks.sources.exports.sql_text import quoted, quoted_list
from tokenbooks.usage.layout import (
    AMOUNT_TYPE,
    NOT_OWED,
    REPLACED,
    USED,
    Layout,
    last_value,
    meter_type,
)

#: Column of a relation that says whether another row replaces this one.
REPLACED_COLUMN = "replaced"

#: The columns of a row's time, and of the time of the last level: ``since_`` and its name.
_MOMENT, _SINCE = "moment", "since_"


def usage_insert(
    form: NormalForm, file: int, layout: Layout, relation: str, replacements: bool = False
) -> str:
    """The statement that adds a file's usage, read from a relation of its raw rows.

    With ``replacements`` the relation has a column ``replaced``.
    """
    keys = _dimension_keys(form, layout.dimensions)
    names = {meter: f"q{n}" for n, meter in enumerate(layout.meters)}
    sums = {name: sql for m, name in names.items() if (sql := form.quantity_of(m)) is not None}
    levels = [name for m, name in names.items() if m in form.file.levels and name in sums]
    quantities = [name if name in sums else _nothing(m, layout) for m, name in names.items()]
    quantities += [
        f"{_SINCE}{names[m]}" if names[m] in levels else "NULL" for m in layout.level_meters
    ]
    stated = _add_stated(form, keys, sums)
    grouped = _grouped(form, keys, sums, relation, replacements, levels)
    return _usage_rows(form, file, layout, keys, quantities, f"rows, {stated}", grouped)


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
    grouped = _grouped(form, keys, sums, relation, replacements, levels)
    return f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * {grouped}"


def long_insert(form: NormalForm, file: int, layout: Layout, table: str) -> str:
    """The statement that adds staged rows, a column per meter."""
    keys = _dimension_keys(form, layout.dimensions)
    quantities = [_long_quantity(form, name, layout) for name in layout.meters]
    quantities += [
        f"max({_SINCE}level) FILTER (meter = {quoted(name)})"
        if name in form.file.levels
        else "NULL"
        for name in layout.level_meters
    ]
    stated = _NOT_STATED
    if form.amount is not None:
        keys.update(currency=form.amount.currency, meaning=form.amount.meaning)
        stated = f"sum(amount)::{AMOUNT_TYPE}, currency, meaning"
    tail = f"sum(rows), {stated}"
    insert = _usage_rows(form, file, layout, keys, quantities, tail, f"FROM {table}")
    return f"{insert} GROUP BY {', '.join([*_time_keys(form), *keys])}"


_NOT_STATED = f"NULL::{AMOUNT_TYPE}, NULL, NULL"


def _add_stated(form: NormalForm, keys: dict[str, str], sums: dict[str, str]) -> str:
    """Add the file's own cost to keys and sums; its columns."""
    if form.amount is None:
        return _NOT_STATED
    keys.update(currency=form.amount.currency, meaning=form.amount.meaning)
    sums["amount"] = form.amount.amount
    return f"amount::{AMOUNT_TYPE}, currency, meaning"


def _long_quantity(form: NormalForm, name: str, layout: Layout) -> str:
    kind = meter_type(name)
    if name in form.file.levels:
        return f"{last_value('level', f'{_SINCE}level')} FILTER (meter = {quoted(name)})::{kind}"
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
) -> str:
    """The statement that adds a statement's amounts."""
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
    head = _head(form, file)
    grouped = _grouped(form, keys, sums, relation, replacements)
    listed = f"{columns}, " if columns else ""
    told = f"{amounts}, {currency}, rows, {billed}, {meaning}"
    return f"INSERT INTO stated_read SELECT {head}, {listed}{told} {grouped}"


def _dimension_keys(form: NormalForm, dimensions: Sequence[str]) -> dict[str, str]:
    """What to group by, as name -> SQL: each dimension once, the party's too."""
    keys = {f"k{n}": form.dimensions[d] for n, d in enumerate(dimensions) if d in form.dimensions}
    each = form.file.each
    if each and each in form.dimensions and each not in dimensions:
        keys["party"] = form.dimensions[each]
    return keys


def _usage_rows(
    form: NormalForm,
    file: int,
    layout: Layout,
    keys: Mapping[str, str],
    quantities: Sequence[str],
    rows: str,
    source: str,
) -> str:
    columns = [f"k{n}" if f"k{n}" in keys else "NULL" for n in range(len(layout.dimensions))]
    each = form.file.each
    party = "''"
    if each and each in layout.dimensions and each in form.dimensions:
        party = f"coalesce(k{layout.dimensions.index(each)}, '')"
    elif "party" in keys:
        party = "coalesce(party, '')"
    selected = ", ".join([_head(form, file), party, *columns, *quantities, rows])
    return f"INSERT INTO usage_read SELECT {selected} {source}"


def _head(form: NormalForm, file: int) -> str:
    bucket = "bucket, bucket_end" if form.time.bucket else "NULL, NULL"
    return f"{file}, {bucket}, step::TIMESTAMP, verdict"


def _time_keys(form: NormalForm) -> list[str]:
    return ["step", "verdict", *(["bucket", "bucket_end"] if form.time.bucket else [])]


def _grouped(
    form: NormalForm,
    keys: Mapping[str, str],
    sums: Mapping[str, str],
    relation: str,
    replacements: bool,
    levels: Sequence[str] = (),
) -> str:
    """The sums by step, bucket, verdict and keys, as a ``FROM`` clause.

    Of ``levels``, which are some of ``sums``, it is the last value, and when it was said.
    """
    verdict = form.verdict
    if replacements:
        kept = f"{REPLACED_COLUMN} AND {verdict} IN ({USED}, {NOT_OWED})"
        verdict = f"CASE WHEN {kept} THEN {REPLACED}::TINYINT ELSE {verdict} END"
    columns = [f"{form.time.step_key} AS step", f"{verdict} AS verdict"]
    if form.time.bucket:
        columns += [f"{form.time.bucket} AS bucket", f"{form.time.bucket_end} AS bucket_end"]
    columns += [f"{sql} AS {name}" for name, sql in [*keys.items(), *sums.items()]]
    columns += [f"{form.time.start} AS {_MOMENT}"] if levels else []
    grouping = ", ".join([*_time_keys(form), *keys])
    totals = "".join(
        f", {last_value(name, _MOMENT) if name in levels else f'sum({name})'} AS {name}"
        for name in sums
    )
    totals += "".join(
        f", max({_MOMENT}) FILTER ({name} IS NOT NULL) AS {_SINCE}{name}" for name in levels
    )
    carried = (REPLACED_COLUMN,) if replacements else ()
    rows = f"SELECT {', '.join(columns)} FROM {form.values_of(relation, carried)}"
    return f"FROM (SELECT {grouping}{totals}, count(*) AS rows FROM ({rows}) GROUP BY {grouping})"
