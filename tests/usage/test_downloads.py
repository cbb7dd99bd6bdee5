"""The number behind the name of a file that was downloaded again."""

from __future__ import annotations

import pytest

from tokenbooks.usage.downloads import Download, parse_download


@pytest.mark.parametrize(
    ("name", "base", "number"),
    [
        ("usage.csv", "usage", 0),
        ("usage-2.csv", "usage", 2),
        ("usage (1).csv", "usage", 1),
        ("usage (12).CSV", "usage", 12),
        ("exports/nov/usage-3.csv", "usage", 3),
        # the end of a date is no number
        ("completions_usage_2026-08-01_2026-08-31.csv", None, 0),
        ("completions_usage_2026-08-01_2026-08-31-2.csv", None, 2),
        ("completions_usage_2026-08-01_2026-08-31 (1).csv", None, 1),
        ("usage_2026-08.csv", None, 0),
        ("usage_2026-08-2.csv", None, 2),
        ("2026-08.csv", None, 0),
        ("claude_api_cost_2026_08_01_to_2026_08_31.csv", None, 0),
        ("amount-2026-6.csv", "amount-2026-6", 0),
        # neither what a file holds nor how it is packed belongs to its name
        ("usage.csv.gz", "usage", 0),
        ("usage-2.csv.gz", "usage", 2),
        ("usage (1).jsonl.zst", "usage", 1),
        ("usage.csv (1).gz", "usage", 1),
        ("usage-3.json", "usage", 3),
        ("usage-3.parquet", "usage", 3),
        ("usage_2026-08.csv.gz", "usage_2026-08", 0),
        ("usage_data (2).zip/amount.csv", "amount", 0),  # that is the ZIP's number
    ],
)
def test_number_of_a_download(name: str, base: str | None, number: int) -> None:
    download = parse_download(name)
    assert download.number == number
    if base is not None:
        assert download.base == base


@pytest.mark.parametrize(
    ("one", "other", "after"),
    [
        ("usage-2.csv", "usage.csv", True),
        ("usage (1).csv", "usage.csv", True),
        ("usage-10.csv", "usage-9.csv", True),
        ("usage.csv", "usage-2.csv", False),
        ("other-2.csv", "usage.csv", False),  # numbers of other names say nothing
        ("usage-2.csv", "usage (1).csv", False),  # nor do those of another browser
        ("usage.csv", "usage.csv", False),
        ("usage-2.csv.gz", "usage.csv", True),
        ("usage.csv (1).gz", "usage.csv.gz", True),
        # of two downloads of a ZIP the number of the ZIP counts
        ("d (1).zip/amount-2026-6.csv", "d.zip/amount-2026-6.csv", True),
        ("d.zip/amount-2026-6.csv", "d (1).zip/amount-2026-6.csv", False),
        ("d (1).zip/usage-2.csv", "d.zip/usage-2.csv", True),
        ("d (1).zip/cost.csv", "d.zip/amount.csv", False),
        ("e (1).zip/amount.csv", "d.zip/amount.csv", False),
        # within one ZIP, that of its members
        ("d.zip/usage-2.csv", "d.zip/usage.csv", True),
    ],
)
def test_which_download_is_later(one: str, other: str, after: bool) -> None:
    assert parse_download(one).is_after(parse_download(other)) is after


def test_number_is_not_part_of_the_base() -> None:
    assert parse_download("a-2.csv") == Download("a", "dash", 2)
