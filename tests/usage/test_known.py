"""Usage known at a close: measures and levels through states and late differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.sources.exports.reading import export_file, read_files, write
from tokenbooks.archive import usage_tables
from tokenbooks.archive.usage_tables import empty_usage_sql, read_usage, state_columns, write_usage
from tokenbooks.periods import Period
from tokenbooks.rating.measures import MANY, QUANTITY, REQUESTS, Measure
from tokenbooks.usage.days import build_days
from tokenbooks.usage.known import combine_usage, contracts_with_late_usage, merged_meters
from tokenbooks.usage.layout import Layout, meter_column

OCTOBER, NOVEMBER = Period.month(2025, 10), Period.month(2025, 11)
SEATS = frozenset({"seats"})
LEAST = Measure(("output_tokens",), QUANTITY, at_least=Decimal(10))
COUNT = Measure(("output_tokens",), REQUESTS)


def close(
    folder: Path,
    period: Period,
    text: str,
    states: Sequence[Path] = (),
    measures: tuple[Measure, ...] = (),
) -> tuple[duckdb.DuckDBPyConnection, Layout]:
    """What a close knows from one file, all read again, and from the states before it."""
    file = export_file(write(folder, text), measures=measures, levels=SEATS)
    read = read_files([file], kept=("customer",))
    assert read.told == ""
    connection, own = read.connection, read.result.layout
    build_days(connection, own, {0: "acme"}, "usage_files", {"acme": SEATS})
    stated = [
        [name[2:] for name in state_columns(connection, state) if name.startswith("m_")]
        for state in states
    ]
    layout = replace(own, meters=merged_meters([own.meters, *stated]), levels=SEATS)
    if states:
        read_usage(connection, layout, states)
    else:
        connection.execute(f"CREATE TEMP TABLE usage_before AS {empty_usage_sql(layout)}")
    combine_usage(connection, layout, own.meters, OCTOBER, period, ["acme"])
    return connection, layout


def booked(folder: Path, name: str, *arguments: Any, **options: Any) -> Path:
    """The state that a close writes."""
    connection, layout = close(folder, *arguments, **options)
    state = folder / name
    state.mkdir()
    write_usage(connection, layout, state)
    return state


def days(connection: duckdb.DuckDBPyConnection, *names: str, table: str = "usage_days") -> Any:
    """Month, customer and the sums of meters, as rating sums them."""
    sums = ", ".join(f"sum({meter_column(name)})" for name in names)
    return connection.execute(
        f'SELECT month("at"), d_customer, {sums} FROM {table} GROUP BY ALL ORDER BY ALL'
    ).fetchall()


@pytest.fixture(params=[100_000, 0], ids=["csv", "parquet"], autouse=True)
def kind_of_state(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small states are CSV, large ones Parquet."""
    monkeypatch.setattr(usage_tables, "MOST_CSV_ROWS", request.param)


TOKENS = "timestamp,customer,output_tokens\n"
FIRST = f"{TOKENS}2025-10-03T10:00:00Z,a,4\n2025-10-03T11:00:00Z,a,25\n"
LATE = f"{FIRST}2025-10-04T11:00:00Z,b,3\n2025-11-01T11:00:00Z,a,2\n"


def test_measures_of_late_rows_are_booked_late(tmp_path: Path) -> None:
    measures = (LEAST, COUNT)
    state = booked(tmp_path, "october", OCTOBER, FIRST, measures=measures)
    connection, layout = close(tmp_path, NOVEMBER, LATE, [state], measures)
    names = ("output_tokens", LEAST.name, COUNT.name)
    assert days(connection, *names, table="usage_late") == [(10, "b", 3, 10, 1)]
    assert days(connection, *names) == [
        (10, "a", 29, 10 + 25, 2),
        (10, "b", 3, 10, 1),
        (11, "a", 2, 10, 1),
    ]
    assert layout.meters == names


def test_a_measure_that_is_new_is_taken_of_closed_days_and_moves_nothing(tmp_path: Path) -> None:
    state = booked(tmp_path, "october", OCTOBER, FIRST, measures=(COUNT,))
    connection, layout = close(tmp_path, NOVEMBER, FIRST, [state], (COUNT, LEAST))
    names = ("output_tokens", LEAST.name, COUNT.name)
    assert days(connection, *names, table="usage_late") == [(10, "a", 0, 35, 0)]
    assert days(connection, *names) == [(10, "a", 29, 35, 2)]
    known = {"acme": {COUNT.name: OCTOBER.start}}
    assert contracts_with_late_usage(connection, layout, known) == set()


def test_requests_that_are_split_otherwise_move_what_was_booked(tmp_path: Path) -> None:
    """The same tokens, in one request instead of two."""
    state = booked(tmp_path, "october", OCTOBER, FIRST, measures=(COUNT,))
    joined = f"{TOKENS}2025-10-03T10:00:00Z,a,29\n"
    connection, layout = close(tmp_path, NOVEMBER, joined, [state], (COUNT,))
    assert contracts_with_late_usage(connection, layout) == set()
    known = {"acme": {COUNT.name: OCTOBER.start}}
    assert contracts_with_late_usage(connection, layout, known) == {"acme"}
    since = {"acme": {COUNT.name: NOVEMBER.start}}
    assert contracts_with_late_usage(connection, layout, since) == set()


def test_states_hold_measures_by_name_though_they_come_to_nothing(tmp_path: Path) -> None:
    many = Measure(("output_tokens",), MANY)
    state = booked(tmp_path, "october", OCTOBER, FIRST, measures=(many, LEAST))
    connection, _ = close(tmp_path, NOVEMBER, FIRST)
    meters = [name[2:] for name in state_columns(connection, state) if name.startswith("m_")]
    assert meters == ["output_tokens", many.name, LEAST.name]


def test_measures_stand_after_meters() -> None:
    merged = merged_meters([["images", LEAST.name], ["pages", COUNT.name, "images"]])
    assert merged == ("images", "pages", LEAST.name, COUNT.name)


LEVELS = "timestamp,customer,seats,credits\n"
OPEN = f"{LEVELS}2025-10-03T10:00:00Z,a,5,1\n2025-10-03T10:00:00Z,b,,1\n"


@pytest.mark.parametrize(
    ("rows", "late", "all_days"),
    [
        ("", [], [(10, "a", 5, 1), (10, "b", None, 1)]),
        # a later row of the same day replaces the level
        (
            "2025-10-03T12:00:00Z,a,3,0\n",
            [(10, "a", -2, 0)],
            [(10, "a", 3, 1), (10, "b", None, 1)],
        ),
        # nobody is not nothing said
        (
            "2025-10-03T12:00:00Z,b,0,0\n",
            [(10, "b", 0, 0)],
            [(10, "a", 5, 1), (10, "b", 0, 1)],
        ),
        ("2025-10-03T12:00:00Z,a,,0\n", [], [(10, "a", 5, 1), (10, "b", None, 1)]),
        (
            "2025-11-03T12:00:00Z,a,,4\n2025-11-03T12:00:00Z,b,0,4\n",
            [],
            [(10, "a", 5, 1), (10, "b", None, 1), (11, "a", None, 4), (11, "b", 0, 4)],
        ),
    ],
)
def test_levels_through_states_and_late_rows(
    tmp_path: Path, rows: str, late: list[Any], all_days: list[Any]
) -> None:
    state = booked(tmp_path, "october", OCTOBER, OPEN)
    connection, _ = close(tmp_path, NOVEMBER, OPEN + rows, [state])
    assert days(connection, "seats", "credits", table="usage_late") == late
    assert days(connection, "seats", "credits") == all_days
    # and again, from both states
    second = booked(tmp_path, "november", NOVEMBER, OPEN + rows, [state])
    december = Period.month(2025, 12)
    connection, _ = close(tmp_path, december, OPEN + rows, [state, second])
    assert days(connection, "seats", "credits", table="usage_late") == []
    assert days(connection, "seats", "credits") == all_days
