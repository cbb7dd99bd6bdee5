"""The lots and accruals of many plain parties as files: CSV, or Parquet above 100,000 rows.

``party_lots`` and ``party_accruals`` in the folder of a close are roll-forwards for people;
those in its ``state`` are what the next close begins with, as decimals::

    party_lots       contract, party, lot, acquired, used, expired, cost_acquired, cost_used,
                     cost_expired: to date
    party_accruals   contract, party, service DATE, accrued: what is owed at the end
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbooks.archive.usage_tables import MOST_CSV_ROWS
from tokenbooks.close.lot_states import LotState
from tokenbooks.rating.charge_table import decimal_text
from tokenbooks.rating.party_values import PartyUnits

if TYPE_CHECKING:
    import duckdb

LOTS, ACCRUALS = "party_lots", "party_accruals"

_QUANTITIES = ("acquired", "used", "expired")
_COSTS = ("cost_acquired", "cost_used", "cost_expired")
_MOVED = (*_QUANTITIES, *_COSTS)


def read_party_lots(
    connection: duckdb.DuckDBPyConnection, state: Path, lots: Iterable[str]
) -> dict[str, LotState]:
    """The states of some lots as a close left them in its tables; those of others are none."""
    if not (scan := _scan(state, LOTS)):
        return {}
    rows = connection.execute(
        f"SELECT lot, {', '.join(_MOVED)} FROM {scan} WHERE lot IN (SELECT unnest(?::VARCHAR[]))",
        [sorted(lots)],
    ).fetchall()
    return {lot: _state(*cells) for lot, *cells in rows}


def _state(
    acquired: str, used: str, expired: str, cost_acquired: str, cost_used: str, cost_expired: str
) -> LotState:
    return LotState(
        Fraction(acquired),
        Fraction(used),
        Fraction(expired),
        cost_acquired=Decimal(cost_acquired),
        cost_used=Decimal(cost_used),
        cost_expired=Decimal(cost_expired),
    )


def put_states_before(
    connection: duckdb.DuckDBPyConnection,
    state: Path | None,
    lots: Mapping[str, LotState],
    units: PartyUnits,
) -> None:
    """Create ``party_before`` and ``party_owed_before``: what the previous close left.

    ``lots`` are those that it had gone through one by one. Raises ``duckdb.Error`` where a
    table is damaged.
    """
    scan = _scan(state, LOTS) if state else None
    cells: list[list[object]] = [[] for _ in range(len(_MOVED) + 1)]
    for lot, known in lots.items():
        values = [getattr(known, name) * 10**units.value for name in _QUANTITIES]
        values += [Fraction(getattr(known, name)) * 10**units.money for name in _COSTS]
        for column, cell in zip(cells, [lot, *map(int, values)], strict=True):
            column.append(cell)
    types = ["VARCHAR", *["HUGEINT"] * len(_MOVED)]
    names = ["lot", *_MOVED]
    picked = ", ".join(
        f"unnest(?::{kind}[]) AS {name}" for name, kind in zip(names, types, strict=True)
    )
    union = ""
    if scan:
        stored = [f"{_whole(name, units.value)} AS {name}" for name in _QUANTITIES]
        stored += [f"{_whole(name, units.money)} AS {name}" for name in _COSTS]
        union = f" UNION ALL SELECT lot, {', '.join(stored)} FROM {scan}"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE party_before AS SELECT {picked}{union}", cells
    )
    owed = _scan(state, ACCRUALS) if state else None
    source = (
        f"SELECT contract, party, service::DATE AS service, {_whole('accrued', units.money)}"
        f" AS accrued FROM {owed}"
        if owed
        else "SELECT '' AS contract, '' AS party, NULL::DATE AS service, 0::HUGEINT AS accrued"
        " WHERE false"
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE party_owed_before AS {source}")


def write_party_tables(
    connection: duckdb.DuckDBPyConnection, units: PartyUnits, month: Path, state: Path
) -> None:
    """Write the roll-forwards of a close, and what the next one begins with."""
    scales = dict.fromkeys(_QUANTITIES, units.value) | dict.fromkeys(_COSTS, units.money)
    moved = ", ".join(f"{_text(f's.{n}', scales[n])} AS {n}" for n in _MOVED)
    joined = "party_states s JOIN party_lots l ON s.lot = l.lot JOIN party_accounts a"
    joined += " ON s.account = a.account"
    whose = "a.contract, a.party, l.id AS lot"
    _write(connection, f"SELECT {whose}, {moved} FROM {joined}", "1, 2, 3", state / LOTS)
    _write(connection, _lots_sql(units, whose, joined), "1, 2, 3", month / LOTS)
    accrued = _text("accrued", units.money)
    _write(
        connection,
        f"SELECT contract, party, service, {accrued} AS accrued FROM ({_OWED}) WHERE accrued <> 0",
        "1, 2, 3",
        state / ACCRUALS,
    )
    _write(connection, _accruals_sql(units), "1, 2, 3", month / ACCRUALS)


def _lots_sql(units: PartyUnits, whose: str, joined: str) -> str:
    """Each lot over the period, as ``lots.csv`` has those of other parties."""
    shown = []
    for prefix, places in (("", units.value), ("cost_", units.money)):
        names = [f"{prefix}{name}" for name in _QUANTITIES]
        before = " - ".join(f"coalesce(b.{name}, 0)" for name in names)
        now = " - ".join(f"s.{name}" for name in names)
        shown.append(f"{_text(f'({before})', places)} AS {prefix}opening")
        shown += [
            f"{_text(f'(s.{name} - coalesce(b.{name}, 0))', places)} AS {name}" for name in names
        ]
        shown.append(f"{_text(f'({now})', places)} AS {prefix}closing")
    changed = " OR ".join(f"s.{name} <> coalesce(b.{name}, 0)" for name in _MOVED)
    left = "s.acquired - s.used - s.expired <> 0 OR s.cost_acquired - s.cost_used"
    return (
        f"SELECT {whose}, l.kind, l.last_day, {', '.join(shown)} FROM {joined}"
        f" LEFT JOIN party_before b ON l.id = b.lot WHERE {left} - s.cost_expired <> 0"
        f" OR {changed}"
    )


#: What each party owes for each month at the end of the period.
_OWED = (
    "SELECT contract, party, month AS service, sum(amount)::HUGEINT AS accrued FROM party_owed"
    " JOIN party_accounts USING (account) GROUP BY ALL"
)


def _accruals_sql(units: PartyUnits) -> str:
    """The accruals of each party: opening + accrued - relieved = closing."""
    names = ("opening", "accrued", "relieved", "closing")
    shown = ", ".join(f"{_text(name, units.money)} AS {name}" for name in names)
    return (
        f"SELECT contract, party, strftime(service, '%Y-%m') AS service_period, {shown} FROM ("
        "SELECT contract, party, service, opening, greatest(closing - opening, 0) AS accrued,"
        " greatest(opening - closing, 0) AS relieved, closing FROM ("
        "SELECT contract, party, service, coalesce(b.accrued, 0)::HUGEINT AS opening,"
        f" coalesce(o.accrued, 0)::HUGEINT AS closing FROM ({_OWED}) o"
        " FULL JOIN party_owed_before b USING (contract, party, service)))"
        " WHERE opening <> 0 OR closing <> 0"
    )


def _write(connection: duckdb.DuckDBPyConnection, rows: str, order: str, target: Path) -> None:
    ((count,),) = connection.execute(f"SELECT count(*) FROM ({rows})").fetchall()
    suffix, options = ".csv", "FORMAT CSV, HEADER, DELIMITER ','"
    if count > MOST_CSV_ROWS:
        suffix, options = ".parquet", "FORMAT PARQUET, COMPRESSION SNAPPY"
    path = str(target.with_suffix(suffix)).replace("'", "''")
    connection.execute(f"COPY ({rows} ORDER BY {order}) TO '{path}' ({options})")


def _text(column: str, places: int) -> str:
    """A whole number as a plain decimal; most are nothing, which is quick to tell."""
    return f"CASE WHEN {column} = 0 THEN '0' ELSE {decimal_text(column, places)} END"


def _whole(column: str, places: int) -> str:
    """A decimal in text as a whole number of 10^-places, which must hold all of it."""
    wide = f"CAST({column} AS DECIMAL(38,{places}))"
    return f"CAST(replace({wide}::VARCHAR, '.', '') AS HUGEINT)"


def _scan(state: Path, stem: str) -> str | None:
    parquet, table = state / f"{stem}.parquet", state / f"{stem}.csv"
    if parquet.exists():
        return f"read_parquet('{_quoted(parquet)}')"
    if table.exists():
        options = "header=true, all_varchar=true, delim=',', quote='\"', escape='\"'"
        return f"read_csv('{_quoted(table)}', {options})"
    return None


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
