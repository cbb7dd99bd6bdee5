"""What is in usage files before there is a book: models, meters, projects and keys.

Nothing is priced here. ``begin_book`` writes a book from it, with the prices to fill in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbooks.book import UsageSource
from tokenbooks.desk.offered_files import Offered, offered_files
from tokenbooks.names import PRICED_DIMENSIONS
from tokenbooks.problems import Problem, Severity, any_error
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.exports.files import content_file
from tokenbooks.sources.exports.reader import ReadResult, read_exports
from tokenbooks.usage.days import build_days
from tokenbooks.usage.layout import Layout, dimension_column, meter_column
from tokenbooks.usage.overlap import resolve_overlaps

if TYPE_CHECKING:
    import duckdb

#: What a rate is for where usage says it, the first of these that it says.
RATED_BY = ("model", "service", "operation")

#: By what usage can be allocated to cost centres, in the order of proposals.
ALLOCATED_BY = ("project", "workspace", "api_key", "team", "customer", "feature")

#: So many values of a dimension are proposed for allocation, those with the most tokens.
_PROPOSED_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class SeenItem:
    """Something that needs a rate: its name in one dimension, and its billed meters.

    ``dimension`` is '' where usage says neither a model, a service nor an operation.
    """

    dimension: str
    name: str
    meters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeenContract:
    """The usage of one provider.

    ``usage`` and ``statement`` are globs from the book's folder on. ``qualified`` has the
    values of dimensions that always count for the price, such as ``batch: true``;
    ``allocation`` has values with their tokens, the most first.
    """

    id: str
    party: str
    usage: tuple[str, ...]
    statement: tuple[str, ...]
    items: tuple[SeenItem, ...]
    qualified: tuple[tuple[str, str], ...]
    allocation: Mapping[str, tuple[tuple[str, int], ...]]


@dataclass(frozen=True, slots=True)
class SeenUsage:
    """The usage of all providers, and the first day of it; None if there is no usage."""

    contracts: tuple[SeenContract, ...]
    first_day: date | None


def see_usage(folder: Path, paths: Sequence[Path]) -> tuple[SeenUsage | None, list[Problem]]:
    """Read usage files that lie in a folder; None where one of them cannot be read.

    Downloads that overlap in ways that a book must settle are warnings here: the book
    that could settle them is not written yet.
    """
    offered, problems = offered_files(folder, paths)
    if any_error(problems):
        return None, problems
    files = [
        content_file(content, group.id, UsageSource(""), "usage", "UTC")
        for group in offered.groups
        for content in group.usage
    ]
    connection = connect()
    read = read_exports(connection, files, _kept(), offered.descriptors)
    problems += read.problems
    if any_error(problems):
        return None, problems
    accounts, found = resolve_overlaps(connection, read.layout, read.accounts)
    problems += [replace(problem, severity=Severity.WARNING) for problem in found]
    build_days(connection, read.layout, {account.file: account.contract for account in accounts})
    days = [account.first_day for account in accounts if account.first_day is not None]
    contracts = tuple(_seen(connection, read, group) for group in offered.groups)
    return SeenUsage(contracts, min(days, default=None)), problems


def _kept() -> tuple[str, ...]:
    return tuple(dict.fromkeys([*RATED_BY, *PRICED_DIMENSIONS, *ALLOCATED_BY]))


def _seen(connection: duckdb.DuckDBPyConnection, read: ReadResult, group: Offered) -> SeenContract:
    layout = read.layout
    billed = [name for name in layout.meters if name not in read.informational]
    return SeenContract(
        id=group.id,
        party=group.party,
        usage=group.usage_globs,
        statement=group.statement_globs,
        items=_items(connection, layout, billed, group.id),
        qualified=tuple(
            (name, value)
            for name in PRICED_DIMENSIONS
            for value, _ in _values(connection, name, "0", group.id)
        ),
        allocation={
            name: found
            for name in ALLOCATED_BY
            if (found := _values(connection, name, _tokens(billed), group.id))
        },
    )


def _items(
    connection: duckdb.DuckDBPyConnection, layout: Layout, billed: Sequence[str], contract: str
) -> tuple[SeenItem, ...]:
    """Models with the meters that they have any quantity of, by name."""
    dimension = "CASE " + "".join(
        f"WHEN {dimension_column(name)} IS NOT NULL THEN '{name}' " for name in RATED_BY
    )
    name = ", ".join(dimension_column(name) for name in RATED_BY)
    used = "".join(f", bool_or({meter_column(meter)} <> 0)" for meter in billed)
    rows = connection.execute(
        f"SELECT {dimension} ELSE '' END AS dimension, coalesce({name}, '') AS name{used}"
        " FROM usage_days WHERE contract = ? GROUP BY 1, 2 ORDER BY 1, 2",
        [contract],
    ).fetchall()
    items = []
    for dimension, name, *flags in rows:
        meters = tuple(meter for meter, flag in zip(billed, flags, strict=True) if flag)
        if meters:
            items.append(SeenItem(dimension, name, meters))
    return tuple(items)


def _tokens(billed: Iterable[str]) -> str:
    return " + ".join(meter_column(name) for name in billed if name.endswith("_tokens")) or "0"


def _values(
    connection: duckdb.DuckDBPyConnection, dimension: str, weight: str, contract: str
) -> tuple[tuple[str, int], ...]:
    """The values of a dimension with their weight, the heaviest first."""
    column = dimension_column(dimension)
    return tuple(
        connection.execute(
            f"SELECT {column}, sum({weight})::BIGINT AS weight FROM usage_days"
            f" WHERE contract = ? AND {column} IS NOT NULL"
            f" GROUP BY {column} ORDER BY weight DESC, {column} LIMIT {_PROPOSED_AT_MOST}",
            [contract],
        ).fetchall()
    )
