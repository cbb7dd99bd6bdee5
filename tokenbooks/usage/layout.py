"""The layout of usage tables in DuckDB.

Rows never become Python objects; only keys and totals do. The column ``at`` must be
written ``"at"``, or with its table: ``AT`` is a word of the SQL dialect.

``usage_read``: what the files say, summed per file, bucket, step and dimensions::

    file INTEGER          index into the list of files read
    bucket TIMESTAMP      start of the provider's bucket, UTC; NULL where rows are events
    bucket_end TIMESTAMP  its end, exclusive, UTC; NULL where rows are events
    "at" TIMESTAMP        start of the step (normally the day), local to the contract
    verdict TINYINT       0 used, 1 skipped by rule, 2 rejected, 3 replaced, 4 not owed
    party VARCHAR         '' where the contract has only one
    "d_NAME" VARCHAR      one column per kept dimension; NULL where absent
    "m_NAME"              one column per meter: HUGEINT, or DECIMAL(38,9) with decimals;
                          after the meters one per measure (``rating.measures``)
    "s_NAME" TIMESTAMP    for levels only: since when the level holds, UTC
    rows BIGINT           how many rows of the file stand behind it
    amount DECIMAL(38,18) the file's own cost of them; NULL where the format states none
    currency VARCHAR      of the amount
    meaning VARCHAR       what the amount means: owed, list, included, granted

``stated_read``: what statements say, summed likewise::

    file, bucket, bucket_end, "at", verdict, "d_NAME"..., amount DECIMAL(38,18),
    list_amount DECIMAL(38,18) (NULL where not stated), currency VARCHAR, rows,
    billed DECIMAL(38,18) (what is invoiced; NULL where that is the amount), meaning VARCHAR,
    meter VARCHAR (NULL where the rows do not say what they count),
    quantity DECIMAL(38,9) (of that meter; NULL where not stated)

``usage_days``: what counts, over all files and earlier closes::

    contract VARCHAR, party VARCHAR, "at" TIMESTAMP, "d_NAME"..., "m_NAME"..., rows BIGINT

A meter that is a level (such as seats) does not add up: its column holds the last value of
the step, and NULL where no row says any, in all of these tables. Derived dimensions do not
tell levels apart: in ``usage_days`` one of their rows has the last value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tokenbooks.names import WHOLE_METERS
from tokenbooks.rating.measures import PACKAGES, REQUESTS, is_measure
from tokenbooks.rating.windows import is_hours

#: Decimal places of quantities that are not whole.
QUANTITY_PLACES = 9

#: The dimension that tells single rows apart, for prices that look at each event.
EVENT = "event"

USED, SKIPPED, REJECTED, REPLACED, NOT_OWED = 0, 1, 2, 3, 4

#: SQL type of stated amounts.
AMOUNT_TYPE = "DECIMAL(38,18)"

#: SQL type of quantities that may have decimals.
QUANTITY_TYPE = f"DECIMAL(38,{QUANTITY_PLACES})"


@dataclass(frozen=True, slots=True)
class Layout:
    """Which dimensions are kept and which meters there are, both in column order.

    After the meters stand the measures. ``levels`` are meters that do not add up.
    """

    dimensions: tuple[str, ...]
    meters: tuple[str, ...]
    levels: frozenset[str] = frozenset()

    @property
    def dimension_columns(self) -> tuple[str, ...]:
        """Quoted column names of the dimensions."""
        return tuple(dimension_column(name) for name in self.dimensions)

    @property
    def meter_columns(self) -> tuple[str, ...]:
        """Quoted column names of the meters."""
        return tuple(meter_column(name) for name in self.meters)

    @property
    def level_meters(self) -> tuple[str, ...]:
        """The meters that are levels, in column order."""
        return tuple(name for name in self.meters if name in self.levels)


def is_derived(dimension: str) -> bool:
    """Whether a dimension is derived from a row's time and place, because a plan needs it."""
    return dimension == EVENT or is_hours(dimension)


def dimension_column(name: str) -> str:
    """The quoted column of a dimension."""
    return '"d_' + name.replace('"', '""') + '"'


def meter_column(name: str) -> str:
    """The quoted column of a meter."""
    return '"m_' + name.replace('"', '""') + '"'


def since_column(meter: str) -> str:
    """The quoted column that says since when a level holds."""
    return '"s_' + meter.replace('"', '""') + '"'


def sql_text(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def last_value(column: str, moment: str) -> str:
    """SQL that takes the last value of a level: of values at one moment the greatest.

    Rows without a value do not count, so that the order of rows tells nothing.
    """
    return f"arg_max({column}, ({moment}, {column}))"


def is_whole(meter: str) -> bool:
    """Whether a meter is counted in whole numbers; unknown meters may have decimals.

    A measure tells by its name, so that states can be read back: it is whole where it
    counts, or where its meters are and no term has decimals.
    """
    if not is_measure(meter):
        return meter in WHOLE_METERS
    meters, take, *terms = meter.split(" ")
    if take in {REQUESTS, PACKAGES}:
        return True
    return all(map(is_whole, meters.split("+"))) and not any("." in term for term in terms)


def meter_type(meter: str) -> str:
    """The SQL type that holds sums of a meter exactly."""
    return "HUGEINT" if is_whole(meter) else QUANTITY_TYPE


_READ_HEAD = 'file INTEGER, bucket TIMESTAMP, bucket_end TIMESTAMP, "at" TIMESTAMP, verdict TINYINT'


def usage_read_sql(layout: Layout) -> str:
    """The statement that creates an empty ``usage_read``."""
    since = "".join(f"{since_column(name)} TIMESTAMP, " for name in layout.level_meters)
    head = f"{_READ_HEAD}, party VARCHAR"
    tail = f"rows BIGINT, amount {AMOUNT_TYPE}, currency VARCHAR, meaning VARCHAR"
    return _table("usage_read", head, _keys(layout) + since, tail)


def stated_read_sql(dimensions: Sequence[str]) -> str:
    """The statement that creates an empty ``stated_read``."""
    amounts = f"amount {AMOUNT_TYPE}, list_amount {AMOUNT_TYPE}, currency VARCHAR, rows BIGINT"
    tail = f"{amounts}, billed {AMOUNT_TYPE}, meaning VARCHAR"
    tail += f", meter VARCHAR, quantity {QUANTITY_TYPE}"
    return _table("stated_read", _READ_HEAD, _keys(Layout(tuple(dimensions), ())), tail)


def _table(name: str, head: str, keys: str, tail: str) -> str:
    return f"CREATE OR REPLACE TABLE {name} ({head}, {keys}{tail})"


def _keys(layout: Layout) -> str:
    dimensions = "".join(f"{column} VARCHAR, " for column in layout.dimension_columns)
    meters = "".join(f"{meter_column(name)} {meter_type(name)}, " for name in layout.meters)
    return dimensions + meters
