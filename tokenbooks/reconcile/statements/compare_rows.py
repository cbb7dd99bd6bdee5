"""The two sides of a comparison as views of rows, by day and with all that they tell.

``usage_rows`` and ``statement_rows`` have a column ``"d_NAME"`` for each dimension that the
side tells, by its common name (``NameTable``), ``meter``, and::

    usage_rows      day DATE, value, quantity HUGEINT, worth DECIMAL, rows BIGINT
    statement_rows  day DATE, meaning VARCHAR, amount HUGEINT, charged DECIMAL,
                    quantity DECIMAL(38,9), bound HUGEINT, margin DECIMAL, rows BIGINT, counts,
                    is_free, provisional BOOLEAN

``counts`` says that a row is about usage. ``usage_told`` has the dimensions of the usage alone:
it costs less to read. Amounts are whole numbers at ``Scales.amount`` decimal places, quantities
of usage at ``QUANTITY_PLACES``. ``bound`` is by how much the source's own rounding may move
an amount. ``worth``, ``charged`` (what is to be paid of ``amount``) and ``margin`` are the same
as decimals: that is what files have, and to make whole numbers of a million takes long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.amounts import round_half_up
from tokenbooks.periods import Period
from tokenbooks.rating.day_values import DayValues
from tokenbooks.reconcile.statements.cells import METER, NEAR
from tokenbooks.usage.accounting import OWED
from tokenbooks.usage.layout import (
    NOT_OWED,
    QUANTITY_PLACES,
    QUANTITY_TYPE,
    USED,
    dimension_column,
    is_derived,
    sql_text,
)

if TYPE_CHECKING:
    import duckdb

#: Decimal places of amounts as files state them.
STATED_PLACES = 18
#: Decimal places of exchange rates here.
RATE_PLACES = 12

#: Meanings of amounts for usage that is owed by nobody.
FREE_MEANINGS = ("included", "granted")

_ABOUT_USAGE = f"{sql_text(OWED)}, 'included'"

_AT, _USED_AT = 's."at"', 'v."at"'

#: A row of a file that tells more than a day is longer than this, in a change of clocks too.
_LONGEST_DAY = "INTERVAL 26 HOUR"


class StatedFile(NamedTuple):
    """A file that a statement stands in.

    ``path`` is as the book knows it. ``tolerance`` is by how much each of its rows may be
    off; from ``provisional_from`` on its days may still change.
    """

    file: int
    path: str
    tolerance: Fraction
    provisional_from: date | None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a contract's statement stands: a table of what was read, and its files there.

    ``dimensions`` are those the table has; ``is_usage`` says that the usage files state what
    they cost themselves, so that the table is ``usage_read``.
    """

    contract: str
    files: tuple[StatedFile, ...]
    dimensions: tuple[str, ...]
    is_usage: bool = False

    @property
    def table(self) -> str:
        """The table of what the files say."""
        return "usage_read" if self.is_usage else "stated_read"

    @property
    def rows(self) -> str:
        """SQL of the rows that count, as s."""
        verdicts = f"{USED}" if self.is_usage else f"{USED}, {NOT_OWED}"
        files = ", ".join(str(item.file) for item in self.files) or "NULL"
        return f"{self.table} s WHERE s.file IN ({files}) AND s.verdict IN ({verdicts})"


class Scales(NamedTuple):
    """Decimal places of the whole numbers of both sides, and how far each is from them."""

    amount: int
    usage_amount: int
    usage_quantity: int

    @classmethod
    def of(cls, values: DayValues) -> Scales:
        """The scale in which both sides are whole."""
        scales = values.scales
        return cls(max(STATED_PLACES, scales.list_value), scales.list_value, scales.quantity)


#: How names of a dimension are told in common, by dimension.
NameTable = Mapping[str, Mapping[str, str]]


def find_source(
    connection: duckdb.DuckDBPyConnection,
    contract: str,
    stated: Sequence[StatedFile],
    usage: Sequence[StatedFile],
) -> Source | None:
    """The statement of a contract: its own files, else usage files that state what is owed."""
    if stated:
        return Source(contract, tuple(stated), _dimensions(connection, "stated_read"))
    source = Source(contract, tuple(usage), _dimensions(connection, "usage_read"), is_usage=True)
    owed = f"SELECT DISTINCT s.file FROM {source.rows} AND s.amount IS NOT NULL"
    rows = connection.execute(f"{owed} AND s.meaning = {sql_text(OWED)} ORDER BY ALL").fetchall()
    stating = {file for (file,) in rows}
    own = tuple(item for item in usage if item.file in stating)
    # usage of which only a part states its cost is no statement of the whole
    return source if own and len(own) == len(usage) else None


def days_covered(
    connection: duckdb.DuckDBPyConnection, source: Source, period: Period
) -> tuple[date, date] | None:
    """The first and last day of a period of which a statement tells; None where of none.

    What was bought or granted alone tells nothing of usage.
    """
    rows = connection.execute(
        f'SELECT min(s."at")::DATE, max(s."at")::DATE FROM {source.rows}'
        f" AND s.amount IS NOT NULL AND s.meaning IN ({_ABOUT_USAGE}) AND {within(_AT, period)}"
    ).fetchall()
    first, last = rows[0]
    return None if first is None else (first, last)


def tells_days(connection: duckdb.DuckDBPyConnection, source: Source, period: Period) -> bool:
    """Whether no row of the statement tells more than a day at once."""
    rows = connection.execute(
        f"SELECT 1 FROM {source.rows} AND s.bucket_end - s.bucket > {_LONGEST_DAY}"
        f" AND {within(_AT, window(period))} LIMIT 1"
    ).fetchall()
    return not rows


def window(period: Period) -> Period:
    """A period with the days near it."""
    return Period(period.start - NEAR, period.end + NEAR)


def put_usage_rows(
    connection: duckdb.DuckDBPyConnection,
    values: DayValues,
    contract: str,
    names: NameTable,
    scales: Scales,
    period: Period,
    by_day: bool,
) -> None:
    """Create ``usage_rows`` out of ``day_values``, and ``usage_told``.

    Without days only what lies in the period counts, as one day.
    """
    day, days = _day("v.day", period, by_day)
    columns, joins = _named(values.layout.dimensions, names, "v")
    value = _raised("v.list_value", scales.amount - scales.usage_amount)
    quantity = _raised("v.quantity", QUANTITY_PLACES - scales.usage_quantity)
    worth = decimal_of("v.list_value", scales.usage_amount, scales.amount)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW usage_rows AS SELECT {day} AS day{columns}, v.meter,"
        f" {value} AS value, {quantity} AS quantity, {worth} AS worth, v.rows"
        f" FROM day_values v{joins} WHERE v.contract = {sql_text(contract)} AND {days}"
    )
    told = within(_USED_AT, window(period) if by_day else period)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW usage_told AS SELECT v.party{columns}"
        f" FROM usage_days v{joins} WHERE v.contract = {sql_text(contract)} AND {told}"
    )


def put_statement_rows(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    names: NameTable,
    scales: Scales,
    rates: Mapping[tuple[str, date], Fraction],
    period: Period,
    by_day: bool,
) -> None:
    """Create ``statement_rows``; ``rates`` are those of other currencies than the plan's."""
    _put_files(connection, source.files)
    day, days = _day('s."at"::DATE', period, by_day)
    columns, joins = _named(source.dimensions, names, "s")
    meter, quantity = "s.meter", "s.quantity"
    if source.is_usage:
        meter, quantity = "NULL::VARCHAR", f"NULL::{QUANTITY_TYPE}"
    amount, more = whole_number("s.amount"), scales.amount - STATED_PLACES
    paid = f"s.amount * CAST('1' AS DECIMAL(38,{more}))" if more else "s.amount"
    if rates:
        _put_rates(connection, rates)
        joins += ' LEFT JOIN stated_rates x ON x.currency = s.currency AND x.day = s."at"::DATE'
        whole = f"CAST('{10**RATE_PLACES}' AS HUGEINT)"
        product = f"({amount}) * coalesce(x.rate, {whole})"
        amount = f"(({product}) + sign({product})::HUGEINT * ({whole} // 2)) // {whole}"
        paid = decimal_of(amount, STATED_PLACES, scales.amount)
    listed = ", ".join(map(sql_text, FREE_MEANINGS))
    free = f"s.meaning IN ({listed}) OR (s.amount = 0 AND {quantity} > 0)"
    bound, margin = "s.rows * f.tolerance", f"0::DECIMAL(38,{scales.amount})"
    if any(item.tolerance for item in source.files):
        margin = decimal_of(bound, STATED_PLACES, scales.amount)
    table, counted = source.rows.split(" WHERE ", 1)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW statement_rows AS SELECT {day} AS day{columns},"
        f" {meter} AS meter, s.meaning, {_raised(amount, more)} AS amount, {quantity} AS quantity,"
        f" CASE WHEN {free} THEN 0 ELSE {paid} END AS charged,"
        f" {_raised(bound, more)} AS bound, {margin} AS margin, s.rows,"
        f" coalesce({free}, false) AS is_free,"
        f" s.meaning = {sql_text(OWED)} OR coalesce({free}, false) AS counts,"
        f' coalesce(s."at"::DATE >= f.provisional_from, false) AS provisional'
        f" FROM {table} JOIN stated_files f ON s.file = f.file{joins}"
        f" WHERE {counted} AND s.amount IS NOT NULL AND {days}"
    )


def currency_days(
    connection: duckdb.DuckDBPyConnection, source: Source, currency: str, period: Period
) -> list[tuple[str, date]]:
    """The currencies of a statement other than the plan's, each with its days."""
    return connection.execute(
        f'SELECT DISTINCT s.currency, s."at"::DATE AS day FROM {source.rows}'
        f" AND s.amount IS NOT NULL AND s.currency <> ? AND {within(_AT, window(period))}"
        " ORDER BY ALL",
        [currency],
    ).fetchall()


def own_dimensions(dimensions: Sequence[str]) -> tuple[str, ...]:
    """Dimensions that both sides can tell: not those that rating derives from single rows."""
    return tuple(name for name in dimensions if not is_derived(name) and name != METER)


def _dimensions(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[str, ...]:
    columns = connection.execute(f"SELECT * FROM {table} LIMIT 0").description or ()
    return own_dimensions([c[0].removeprefix("d_") for c in columns if c[0].startswith("d_")])


def within(day: str, days: Period) -> str:
    """SQL that a day lies in a period."""
    return f"{day} >= DATE '{days.start}' AND {day} < DATE '{days.end}'"


def _day(day: str, period: Period, by_day: bool) -> tuple[str, str]:
    """The day of a row, and the days that count: with rows of more than a day, the period."""
    if by_day:
        return day, within(day, window(period))
    return f"DATE '{period.start}'", within(day, period)


def _named(dimensions: Sequence[str], names: NameTable, table: str) -> tuple[str, str]:
    """Columns of dimensions by their common names, and the joins that these need."""
    columns, joins = "", ""
    for number, name in enumerate(dimensions):
        own = f"{table}.{dimension_column(name)}"
        if names.get(name):
            other = f"n{number}"
            joins += (
                f" LEFT JOIN common_names {other} ON {other}.dimension = {sql_text(name)}"
                f" AND {other}.name = {own}"
            )
            own = f"coalesce({other}.common, {own})"
        columns += f", {own} AS {dimension_column(name)}"
    return columns, joins


def put_names(connection: duckdb.DuckDBPyConnection, names: NameTable) -> None:
    """The table of common names."""
    rows = [(dim, name, common) for dim, own in names.items() for name, common in own.items()]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    picked = ", ".join(f"unnest(?::VARCHAR[]) AS {n}" for n in ("dimension", "name", "common"))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE common_names AS SELECT {picked}", columns)


def _put_files(connection: duckdb.DuckDBPyConnection, files: Sequence[StatedFile]) -> None:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE stated_files AS SELECT unnest(?::INTEGER[]) AS file,"
        " unnest(?::HUGEINT[]) AS tolerance, unnest(?::DATE[]) AS provisional_from",
        [
            [item.file for item in files],
            [int(item.tolerance * 10**STATED_PLACES) for item in files],
            [item.provisional_from for item in files],
        ],
    )


def _put_rates(
    connection: duckdb.DuckDBPyConnection, rates: Mapping[tuple[str, date], Fraction]
) -> None:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE stated_rates AS SELECT unnest(?::VARCHAR[]) AS currency,"
        " unnest(?::DATE[]) AS day, unnest(?::HUGEINT[]) AS rate",
        [
            [currency for currency, _ in rates],
            [day for _, day in rates],
            [int(round_half_up(rate, RATE_PLACES).scaleb(RATE_PLACES)) for rate in rates.values()],
        ],
    )


def whole_number(column: str) -> str:
    """A decimal as the whole number of its digits: it prints all of its places."""
    return f"CAST(replace({column}::VARCHAR, '.', '') AS HUGEINT)"


def decimal_of(number: str, places: int, of_result: int) -> str:
    """A whole number of units of so many decimal places as a decimal of as many or more."""
    unit = f"CAST('{Decimal(1).scaleb(-places):f}' AS DECIMAL(38,{of_result}))"
    return f"(({number})::DECIMAL(38,0) * {unit})"


def _raised(number: str, places: int) -> str:
    """A whole number at so many more decimal places."""
    return f"({number}) * CAST('{10**places}' AS HUGEINT)" if places else number
