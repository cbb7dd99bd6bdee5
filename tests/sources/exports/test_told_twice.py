"""Formats that tell the same usage in two ways: a contract has one of them for a day."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.exports.reading import SOURCE, export_file, read_files, write
from tokenbooks.book import UsageSource
from tokenbooks.sources.exports.descriptors.reading import shipped_descriptors


def generations(*days: str) -> str:
    head = "generation_id,created_at,cost_total,tokens_prompt,tokens_completion,model_permaslug"
    rows = [f"gen-{day},{day} 12:00:00.000,0.01,100,10,acme/small" for day in days]
    return "\n".join([head, *rows, ""])


def by_day(*days: str) -> str:
    head = "Date,Slug,Usage,Requests,Prompt Tokens,Completion Tokens"
    return "\n".join([head, *(f"{day} 00:00:00,acme/small,0.01,1,100,10" for day in days), ""])


def told(folder: Path, first: str, second: str, zone: str = "UTC", **options) -> list[str]:
    """What is said of two files; ``options`` are those of the second one."""
    files = [
        export_file(write(folder, first, "one.csv"), zone=zone),
        export_file(write(folder, second, "two.csv"), zone=zone, **options),
    ]
    return [str(problem).splitlines()[0] for problem in read_files(files).problems]


FIRST, SECOND, THIRD = "2026-01-15", "2026-01-16", "2026-01-17"
WAYS = "openrouter-activity-days and openrouter-activity are two ways to tell it"


@pytest.mark.parametrize(
    ("one", "other", "days"),
    [
        ([FIRST], [FIRST], FIRST),
        ([FIRST, SECOND], [SECOND], SECOND),
        ([FIRST, SECOND], [FIRST, SECOND], f"{FIRST} and of 1 more day"),
        ([FIRST, SECOND, THIRD], [THIRD, FIRST, SECOND], f"{FIRST} and of 2 more days"),
    ],
)
def test_a_day_is_told_in_one_way(
    tmp_path: Path, one: list[str], other: list[str], days: str
) -> None:
    message = f"it tells the usage of {days} that one.csv tells too: {WAYS}"
    expected = f"two.csv: error[overlap-formats]: {message}"
    assert told(tmp_path, generations(*one), by_day(*other)) == [expected]


@pytest.mark.parametrize(
    ("other", "options"),
    [
        ([THIRD], {}),
        # the one may be evidence for the other
        ([FIRST], {"kind": "statement"}),
        ([FIRST], {"contract": "other"}),
        # the book says that these are about different usage
        ([FIRST], {"source": UsageSource("*", scope=(("key", "a"),), position=SOURCE.position)}),
        ([FIRST], {"source": UsageSource("*", only=(("model", "*"),), position=SOURCE.position)}),
    ],
)
def test_what_is_not_the_same_is_read_beside_it(
    tmp_path: Path, other: list[str], options: dict
) -> None:
    assert told(tmp_path, generations(FIRST, SECOND), by_day(*other), **options) == []


def test_where_days_are_of_another_zone_the_day_of_the_change_may_be_in_both(
    tmp_path: Path,
) -> None:
    one, other = generations(FIRST, SECOND), by_day(SECOND, THIRD)
    # 16 January 12:00 UTC is the 16th in New York too; the file by day has days of UTC
    said = told(tmp_path, one, other, "America/New_York")
    message = f"it tells the usage of {SECOND} that one.csv tells too: {WAYS}"
    assert said == [f"two.csv: warning[overlap-formats]: {message}"]
    assert "error" in told(tmp_path, one, by_day(FIRST, SECOND), "America/New_York")[0]


def test_formats_name_formats_that_exist() -> None:
    """To be named by one of the two is enough."""
    known = {descriptor.id: descriptor for descriptor in shipped_descriptors()}
    named = {(d.id, other) for d in known.values() for other in d.same_usage}
    assert ("openrouter-activity", "openrouter-activity-days") in named
    assert {other for _, other in named} <= set(known)
    assert not [first for first, second in named if first == second]
