"""Levels, such as seats: the last value of a step counts, and an empty cell says nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.exports.reading import export_file, read_files, read_text, write
from tokenbooks.rating.windows import Window, hours_dimension
from tokenbooks.usage.days import build_days
from tokenbooks.usage.layout import EVENT

SEATS = frozenset({"seats"})
WIDE = "timestamp,customer,seats,credits\n"
LONG = "timestamp,customer,meter,quantity\n"


def levels_of(folder: Path, *texts: str, **options: Any) -> list[tuple[Any, ...]]:
    """Day, customer, seats and credits of ``usage_days`` from the given files."""
    files = [
        export_file(write(folder, text, f"{number}.csv"), levels=SEATS, **options)
        for number, text in enumerate(texts)
    ]
    read = read_files(files, kept=("customer",))
    assert read.told == ""
    contracts = dict.fromkeys(range(len(files)), "acme")
    build_days(read.connection, read.result.layout, contracts, levels={"acme": SEATS})
    return read.connection.execute(
        'SELECT day("at"), d_customer, m_seats, m_credits FROM usage_days ORDER BY ALL'
    ).fetchall()


@pytest.mark.parametrize(
    ("rows", "seats"),
    [
        (["03T10:00:00Z,a,5,1", "03T18:00:00Z,a,7,1"], 7),
        (["03T18:00:00Z,a,7,1", "03T10:00:00Z,a,5,1"], 7),  # in whatever order
        (["03T10:00:00Z,a,5,1", "03T18:00:00Z,a,,1"], 5),  # an empty cell says nothing
        (["03T10:00:00Z,a,5,1", "03T18:00:00Z,a,0,1"], 0),  # nobody is left
        (["03T10:00:00Z,a,,1", "03T18:00:00Z,a,,1"], None),
        (["03T10:00:00Z,a,5,1", "03T10:00:00Z,a,7,1"], 7),  # at one instant: the greater
        (["03T10:00:00Z,a,2.5,1", "03T09:00:00Z,a,3,1"], Decimal("2.5")),
    ],
)
def test_the_last_level_of_a_day_counts(
    tmp_path: Path, rows: list[str], seats: Decimal | None
) -> None:
    text = WIDE + "".join(f"2025-11-{row}\n" for row in rows)
    assert levels_of(tmp_path, text) == [(3, "a", seats, 2)]


def test_levels_are_kept_apart_by_day_and_dimension(tmp_path: Path) -> None:
    rows = ["03T10:00:00Z,a,5,1", "03T11:00:00Z,b,9,1", "04T10:00:00Z,a,6,1", "04T11:00:00Z,b,,1"]
    text = WIDE + "".join(f"2025-11-{row}\n" for row in rows)
    assert levels_of(tmp_path, text) == [
        (3, "a", 5, 1),
        (3, "b", 9, 1),
        (4, "a", 6, 1),
        (4, "b", None, 1),
    ]


def test_the_last_of_several_files_counts(tmp_path: Path) -> None:
    first = f"{WIDE}2025-11-03T10:00:00Z,a,5,1\n2025-11-03T16:00:00Z,a,6,1\n"
    second = f"{WIDE}2025-11-03T12:00:00Z,a,9,1\n2025-11-04T12:00:00Z,a,,1\n"
    third = f"{WIDE}2025-11-03T20:00:00Z,a,,1\n"
    assert levels_of(tmp_path, first, second, third) == [(3, "a", 6, 4), (4, "a", None, 1)]


def test_a_file_without_the_column_says_nothing(tmp_path: Path) -> None:
    first = f"{WIDE}2025-11-03T10:00:00Z,a,5,1\n"
    second = "timestamp,customer,credits\n2025-11-03T20:00:00Z,a,1\n2025-11-04T20:00:00Z,a,1\n"
    assert levels_of(tmp_path, first, second) == [(3, "a", 5, 2), (4, "a", None, 1)]


def test_long_rows_state_levels(tmp_path: Path) -> None:
    rows = ["10:00:00Z,a,seats,5", "10:00:00Z,a,credits,1", "12:00:00Z,a,seats,4"]
    rows += ["13:00:00Z,a,seats,", "14:00:00Z,a,credits,1", "14:00:00Z,b,credits,1"]
    text = LONG + "".join(f"2025-11-03T{row}\n" for row in rows)
    assert levels_of(tmp_path, text) == [(3, "a", 4, 2), (3, "b", None, 1)]


def test_seats_add_up_where_no_plan_says_that_they_are_a_level(tmp_path: Path) -> None:
    rows = "2025-11-03T10:00:00Z,a,5,1\n2025-11-03T18:00:00Z,a,7,1\n2025-11-04T18:00:00Z,a,,1\n"
    read = read_text(tmp_path, WIDE + rows)
    assert list(read.by("at", "seats").values()) == [12]


def test_one_plan_may_say_so_and_another_not(tmp_path: Path) -> None:
    text = f"{WIDE}2025-11-03T10:00:00Z,a,5,1\n2025-11-03T18:00:00Z,a,7,1\n"
    files = [
        export_file(write(tmp_path, text, f"{name}.csv"), contract=name, levels=levels)
        for name, levels in [("level", SEATS), ("sum", frozenset())]
    ]
    read = read_files(files, kept=("customer",))
    build_days(read.connection, read.result.layout, {0: "level", 1: "sum"}, levels={"level": SEATS})
    rows = read.connection.execute(
        "SELECT contract, m_seats FROM usage_days ORDER BY contract"
    ).fetchall()
    assert rows == [("level", 7), ("sum", 12)]


@given(st.permutations([(10, 5), (11, None), (12, 8), (12, 6), (14, None)]), st.integers(0, 5))
def test_how_rows_are_split_over_files_tells_nothing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int | None]], split: int
) -> None:
    lines = [f"2025-11-03T{hour}:00:00Z,a,{'' if n is None else n},1\n" for hour, n in rows]
    folder = tmp_path_factory.mktemp("levels")
    texts = [WIDE + "".join(part) for part in (lines[:split], lines[split:]) if part]
    assert levels_of(folder, *texts) == [(3, "a", 8, 5)]


def test_derived_dimensions_do_not_tell_levels_apart(tmp_path: Path) -> None:
    """The last level of the day stands once, though it was said at other hours than the first."""
    early = Window(tuple(range(7)), 0, 12 * 60, "UTC")
    name = hours_dimension([early])
    rows = "2025-11-03T10:00:00Z,a,5,1\n2025-11-03T18:00:00Z,a,7,2\n2025-11-03T19:00:00Z,a,,3\n"
    file = export_file(write(tmp_path, WIDE + rows), levels=SEATS, hours=((early,),), events=True)
    read = read_files([file], kept=("customer", name, EVENT))
    build_days(read.connection, read.result.layout, {0: "acme"}, levels={"acme": SEATS})
    found = read.connection.execute(
        f'SELECT "d_{name}", m_seats, m_credits FROM usage_days ORDER BY d_event'
    ).fetchall()
    assert found == [("in", None, 1), (None, 7, 2), (None, None, 3)]
