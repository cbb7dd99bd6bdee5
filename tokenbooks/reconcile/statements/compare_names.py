"""What both sides of a comparison call the same: models by their aliases, ids by their names.

A key of cells has the dimensions that both sides tell and of which they share a value. Names
are never guessed: where both tell a dimension and share none, it is left out with a warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tokenbooks.book import Contract
from tokenbooks.facts import Facts
from tokenbooks.periods import Moment, Period
from tokenbooks.problems import Problem, warning
from tokenbooks.rating.plan import Plan
from tokenbooks.reconcile.statements.cells import METER, MODEL
from tokenbooks.reconcile.statements.compare_places import put_cells, put_told_keys
from tokenbooks.reconcile.statements.compare_rows import NameTable, within
from tokenbooks.usage.layout import dimension_column

if TYPE_CHECKING:
    import duckdb

#: What the dimensions of both sides come to in the period.
_TOLD_KEYS = ("usage_keys", "(SELECT * FROM stated_keys WHERE inside)")


@dataclass(frozen=True, slots=True)
class CommonDimensions:
    """The dimensions of keys, and those that one side alone tells or that share no value.

    ``only_usage`` and ``only_statement`` are meters of which the other side has no figures.
    """

    both: tuple[str, ...]
    usage: tuple[str, ...]
    statement: tuple[str, ...]
    notes: tuple[Problem, ...] = ()
    only_usage: frozenset[str] = frozenset()
    only_statement: frozenset[str] = frozenset()


def common_names(facts: Facts, contract: Contract, last_day: date) -> NameTable:
    """The common name of every name that the plan's aliases or the book's ``names`` tell."""
    names = {name: dict(own) for name, own in facts.book.names.items()}
    models = names.get(MODEL, {}) | _aliases(facts.plan_of(contract), last_day)
    return names | ({MODEL: models} if models else {})


def _aliases(plan: Plan, last_day: date) -> dict[str, str]:
    """The model that each alias means: on the last day, else the last that it meant."""
    found: dict[str, str] = {}
    ordered = sorted(plan.aliases, key=lambda alias: str(_day(alias.starts) or date.min))
    for alias in ordered:
        starts = _day(alias.starts)
        if starts is None or starts <= last_day or alias.name not in found:
            found[alias.name] = alias.model
    return found


def _day(moment: Moment | None) -> date | None:
    return None if moment is None else date(moment.year, moment.month, moment.day)


def common_dimensions(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    usage: Sequence[str],
    statement: Sequence[str],
    meters: Sequence[str],
    period: Period,
) -> CommonDimensions:
    """Which dimensions keys have, of those that each side may tell; creates the cells of both.

    ``meters`` are all that usage may have. A statement may tell more from a day on, such as a
    download of the next month that is grouped by line item: what its rows of the period tell
    counts.
    """
    ours = _told(connection, "usage_told", usage, "true")
    theirs = _told(connection, "statement_rows", statement, within("day", period))
    both = [name for name in ours if name in theirs]
    put_told_keys(connection, both, period)
    shared = [name for name in both if _shares(connection, name)]
    apart = [name for name in both if name not in shared]
    notes = [_names_differ(connection, contract, name) for name in apart]
    put_cells(connection, shared, meters, period)
    used = frozenset(_used_meters(connection))
    free = _stated_meters(connection)
    stated = frozenset(free)
    if used & stated:
        shared.insert(1 if MODEL in shared else 0, METER)
    elif stated and used:
        notes.append(_meters_differ(contract, min(used), min(stated)))
    return CommonDimensions(
        tuple(shared),
        tuple(name for name in (METER, *ours) if name not in shared),
        tuple(name for name in ([METER] if stated else []) + theirs if name not in shared),
        tuple(notes),
        used - stated if METER in shared else frozenset(),
        frozenset(m for m in stated - used if not free[m]) if METER in shared else frozenset(),
    )


def key_column(name: str) -> str:
    """The column of a dimension of keys."""
    return METER if name == METER else dimension_column(name)


def _told(
    connection: duckdb.DuckDBPyConnection, side: str, dimensions: Sequence[str], which: str
) -> list[str]:
    """The dimensions of which some rows of a side have any value, the model first."""
    ordered = sorted(dimensions, key=lambda name: name != MODEL)
    if not ordered:
        return []
    any_value = ", ".join(
        f"EXISTS (SELECT 1 FROM {side} WHERE {dimension_column(name)} IS NOT NULL AND {which})"
        for name in ordered
    )
    (row,) = connection.execute(f"SELECT {any_value}").fetchall()
    return [name for name, is_told in zip(ordered, row, strict=True) if is_told]


def _shares(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    column = dimension_column(name)
    sides = [f"SELECT {column} FROM {keys}" for keys in _TOLD_KEYS]
    both = f"SELECT * FROM ({' INTERSECT '.join(sides)}) WHERE {column} IS NOT NULL LIMIT 1"
    return bool(connection.execute(both).fetchall())


def _used_meters(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The meters of usage that has a value."""
    found = connection.execute(
        "SELECT meter FROM cell_meters WHERE number IN"
        " (SELECT DISTINCT place % (SELECT count(*) FROM cell_meters) FROM usage_cells"
        " WHERE value <> 0)"
    ).fetchall()
    return {meter for (meter,) in found}


def _stated_meters(connection: duckdb.DuckDBPyConnection) -> dict[str, bool]:
    """The meters of the statement's usage, each with whether nothing of it is charged."""
    found = connection.execute(
        "SELECT meter, bool_and(is_free) FROM stated_keys"
        " WHERE meter IS NOT NULL AND inside AND counts GROUP BY meter"
    ).fetchall()
    return dict(found)


def _example(connection: duckdb.DuckDBPyConnection, keys: str, name: str) -> str:
    rows = connection.execute(f"SELECT min({dimension_column(name)}) FROM {keys}").fetchall()
    return str(rows[0][0])


def _names_differ(connection: duckdb.DuckDBPyConnection, contract: Contract, name: str) -> Problem:
    ours, theirs = (_example(connection, keys, name) for keys in _TOLD_KEYS)
    help = f"give names in tokenbooks.yaml, such as names: {{{name}: {{{ours}: {theirs}}}}}"
    if name == MODEL:
        help = (
            f"where they are the same model, add an alias to plan {contract.plan}, such as"
            f" aliases: {{{ours}: [{theirs}]}}"
        )
    return _differ(contract, name, ours, theirs, help)


def _meters_differ(contract: Contract, ours: str, theirs: str) -> Problem:
    help = "look whether the statement is about other usage than the files of the contract"
    return _differ(contract, METER, ours, theirs, help)


def _differ(contract: Contract, name: str, ours: str, theirs: str, help: str) -> Problem:
    return warning(
        "names-differ",
        f"{contract.id}: usage and statement share no {name}: {ours} here, {theirs} there;"
        " they are compared without it",
        help,
        contract.position,
    )
