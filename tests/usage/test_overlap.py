"""A later download replaces an earlier one, whole bucket by whole bucket."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.sources.exports.reading import Read, csv_text, export_file, read_files, write
from tokenbooks.book import UsageSource
from tokenbooks.problems import Problem
from tokenbooks.usage.accounting import FileAccount
from tokenbooks.usage.overlap import resolve_overlaps

TOKENS = "usage_date_utc,model_version,api_key,usage_input_tokens_no_cache,usage_output_tokens"
COSTS = "usage_date_utc,model,token_type,cost_usd,api_key"
HOURS = (
    "start_time,end_time,project_id,num_model_requests,model,input_tokens,output_tokens,"
    "input_cached_tokens"
)
NOV_3 = 1762128000
UNFILTERED = UsageSource("usage/*")


def tokens(*days: tuple[int, str, int]) -> str:
    """A tokens export: (day of November, API key, output tokens)."""
    rows = [
        {
            "usage_date_utc": f"2025-11-{day:02}",
            "model_version": "claude",
            "api_key": key,
            "usage_input_tokens_no_cache": "0",
            "usage_output_tokens": f"{count}",
        }
        for day, key, count in days
    ]
    return csv_text(TOKENS, rows)


def costs(*days: tuple[int, str, str]) -> str:
    """A cost export: (day of November, API key, amount)."""
    rows = [
        {
            "usage_date_utc": f"2025-11-{day:02}",
            "model": "Claude",
            "api_key": key,
            "token_type": "output",
            "cost_usd": amount,
        }
        for day, key, amount in days
    ]
    return csv_text(COSTS, rows)


def buckets(*hours: tuple[int, int, int | None], start: int = NOV_3) -> str:
    """A usage export: (first hour, hours, output tokens or None for an empty bucket)."""
    rows = []
    for first, width, count in hours:
        row = {
            "start_time": f"{start + 3600 * first}",
            "end_time": f"{start + 3600 * (first + width)}",
        }
        if count is not None:
            filled = {"model": "gpt-4o", "input_tokens": "0", "output_tokens": f"{count}"}
            row |= {**filled, "num_model_requests": "1", "input_cached_tokens": "0"}
        rows.append(row)
    return csv_text(HOURS, rows)


class Resolved:
    """Files read and their overlaps resolved."""

    def __init__(
        self, folder: Path, files: dict[str, str], kind: str = "usage", **options: Any
    ) -> None:
        sources = options.pop("sources", {})
        opened = [
            export_file(
                write(folder, text, name), kind, source=sources.get(name, UNFILTERED), **options
            )
            for name, text in files.items()
        ]
        self.read: Read = read_files(opened)
        assert self.read.told == ""
        self.accounts: tuple[FileAccount, ...]
        self.problems: list[Problem]
        self.accounts, self.problems = resolve_overlaps(
            self.read.connection, self.read.result.layout, self.read.result.accounts
        )
        assert all(account.is_balanced for account in self.accounts)

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.problems]

    @property
    def output(self) -> int | Decimal:
        return self.read.totals().get("output_tokens", 0)

    @property
    def rows(self) -> list[tuple[str, int, int]]:
        """Name, used and replaced rows of each file."""
        return [(account.shown, account.used, account.replaced) for account in self.accounts]


def test_download_that_reaches_further_replaces_common_days(tmp_path: Path) -> None:
    resolved = Resolved(
        tmp_path,
        {
            # the later one by name comes first: order means nothing
            "b.csv": tokens((2, "k", 20), (3, "k", 31), (4, "k", 40)),
            "a.csv": tokens((1, "k", 10), (2, "k", 20), (3, "k", 30)),
        },
    )
    assert resolved.codes == []
    assert resolved.output == 10 + 20 + 31 + 40
    assert resolved.rows == [("b.csv", 3, 0), ("a.csv", 1, 2)]
    earlier = resolved.accounts[1]
    assert f"{earlier.first_day} {earlier.last_day}" == "2025-11-01 2025-11-01"


def test_files_that_do_not_meet_are_left_alone(tmp_path: Path) -> None:
    resolved = Resolved(tmp_path, {"a.csv": tokens((1, "k", 10)), "b.csv": tokens((2, "k", 20))})
    assert (resolved.codes, resolved.output) == ([], 30)


def test_higher_number_is_later_where_both_reach_as_far(tmp_path: Path) -> None:
    first, again = tokens((1, "k", 10), (2, "k", 20)), tokens((1, "k", 10), (2, "k", 25))
    for name in ("usage-2.csv", "usage (1).csv"):
        resolved = Resolved(tmp_path, {"usage.csv": first, name: again})
        assert (resolved.codes, resolved.output) == ([], 35)
        assert resolved.rows == [("usage.csv", 0, 2), (name, 2, 0)]


def test_equal_buckets_count_once_where_nothing_tells_which_is_later(tmp_path: Path) -> None:
    one = tokens((1, "k", 10), (1, "j", 5), (2, "k", 20))
    other = tokens((2, "k", 20), (1, "j", 5), (1, "k", 10))  # another order of the same rows
    resolved = Resolved(tmp_path, {"x.csv": one, "y.csv": other, "z.csv": one})
    assert (resolved.codes, resolved.output) == ([], 35)
    assert resolved.rows == [("x.csv", 3, 0), ("y.csv", 0, 3), ("z.csv", 0, 3)]


def test_different_buckets_are_an_error_where_nothing_tells_which_is_later(
    tmp_path: Path,
) -> None:
    resolved = Resolved(
        tmp_path,
        {"x.csv": tokens((1, "k", 10), (2, "k", 20)), "y.csv": tokens((1, "k", 11), (2, "k", 20))},
    )
    assert [f"{problem}" for problem in resolved.problems] == [
        (
            "x.csv: error[overlap-ambiguous]: it differs from y.csv in the bucket of 2025-11-01,"
            " and nothing says which of the two is later\n"
            "  help: delete the older download, or add -2 to the name of the newer one (before"
            " .csv)"
        )
    ]


def test_later_download_that_lacks_a_key_is_an_error(tmp_path: Path) -> None:
    resolved = Resolved(
        tmp_path,
        {
            "all.csv": tokens((1, "k", 10), (1, "j", 5), (2, "k", 20)),
            "filtered.csv": tokens((1, "k", 10), (3, "k", 30)),
        },
    )
    assert [f"{problem}" for problem in resolved.problems] == [
        (
            "filtered.csv: error[overlap-shrinks]: the later download lacks, in the bucket of"
            " 2025-11-01, model claude, api_key j that all.csv has\n"
            "  help: if it is filtered, declare so with `scope:` of its source; if not, delete the"
            " file that is wrong"
        )
    ]


def test_declared_scopes_keep_filtered_downloads_apart(tmp_path: Path) -> None:
    scoped = UsageSource("usage/j/*", scope=(("api_key", "j"),))
    resolved = Resolved(
        tmp_path,
        {"k.csv": tokens((1, "k", 10), (2, "k", 20)), "j.csv": tokens((1, "j", 5), (3, "j", 7))},
        sources={"j.csv": scoped},
    )
    assert (resolved.codes, resolved.output) == ([], 42)


def test_other_contracts_are_other_usage(tmp_path: Path) -> None:
    text = tokens((1, "k", 10))
    files = [
        export_file(write(tmp_path, text, f"{name}.csv"), contract=name) for name in ("a", "b")
    ]
    read = read_files(files)
    _, problems = resolve_overlaps(read.connection, read.result.layout, read.result.accounts)
    assert (problems, read.totals()) == ([], {"output_tokens": 20})


def test_three_downloads_replace_each_other_in_turn(tmp_path: Path) -> None:
    resolved = Resolved(
        tmp_path,
        {
            "1.csv": tokens((1, "k", 1), (2, "k", 2)),
            "2.csv": tokens((1, "k", 10), (2, "k", 20), (3, "k", 30)),
            "3.csv": tokens((2, "k", 200), (3, "k", 300), (4, "k", 400)),
        },
    )
    assert (resolved.codes, resolved.output) == ([], 10 + 200 + 300 + 400)
    assert resolved.rows == [("1.csv", 0, 2), ("2.csv", 1, 2), ("3.csv", 3, 0)]


def test_rows_of_a_bucket_are_never_merged(tmp_path: Path) -> None:
    twice = tokens((1, "k", 10), (1, "k", 10))  # two rows that share everything
    resolved = Resolved(tmp_path, {"a.csv": twice, "a-2.csv": tokens((1, "k", 10), (1, "k", 11))})
    assert (resolved.codes, resolved.output) == ([], 21)


def test_empty_bucket_of_the_later_file_contradicts_usage(tmp_path: Path) -> None:
    resolved = Resolved(
        tmp_path,
        {"a.csv": buckets((0, 24, 10)), "b.csv": buckets((0, 24, None), (24, 24, 7))},
    )
    assert resolved.codes == ["overlap-shrinks"]


def test_empty_buckets_do_not_make_a_file_later(tmp_path: Path) -> None:
    resolved = Resolved(
        tmp_path,
        {
            # downloaded on the 4th, although its grid runs on to the 5th
            "a.csv": buckets((0, 24, 10), (24, 24, 4), (48, 24, None)),
            "b.csv": buckets((24, 24, 9), (48, 24, 12)),
        },
    )
    assert (resolved.codes, resolved.output) == ([], 10 + 9 + 12)
    assert resolved.accounts[0].skipped == {"empty bucket": 1}


def test_hours_replace_hours(tmp_path: Path) -> None:
    resolved = Resolved(
        tmp_path,
        {
            "a.csv": buckets((0, 1, 1), (1, 1, 2)),
            "b.csv": buckets((1, 1, 20), (2, 1, 30)),
        },
    )
    assert (resolved.codes, resolved.output) == ([], 51)


def test_days_and_hours_of_one_day_are_an_error(tmp_path: Path) -> None:
    resolved = Resolved(
        tmp_path,
        {"days.csv": buckets((0, 24, 10)), "hours.csv": buckets((1, 1, 3), (25, 1, 7))},
    )
    assert [f"{problem}" for problem in resolved.problems] == [
        (
            "hours.csv: error[overlap-widths]: its buckets of 2025-11-03 are not as long as those"
            " of days.csv, so that neither file can replace the other\n"
            "  help: download both with the same bucket width, or take one of them away"
        )
    ]


def test_ranges_of_days_are_replaced_by_the_same_ranges(tmp_path: Path) -> None:
    # two ranges that begin together; the later download has both, one of them with more
    resolved = Resolved(
        tmp_path,
        {
            "a.csv": buckets((0, 24 * 20, 5), (0, 24 * 25, 6)),
            "a-2.csv": buckets((0, 24 * 20, 7), (0, 24 * 25, 6)),
        },
    )
    assert (resolved.codes, resolved.output) == ([], 13)


def test_ranges_of_days_that_overlap_are_an_error(tmp_path: Path) -> None:
    # 2025-11-04 to 2025-11-22 lies in the other file's 2025-11-03 to 2025-11-22
    resolved = Resolved(
        tmp_path,
        {"a.csv": buckets((24, 24 * 19, 100)), "a-2.csv": buckets((0, 24 * 20, 110))},
    )
    assert [f"{problem}" for problem in resolved.problems] == [
        (
            "a.csv: error[overlap-widths]: its rows from 2025-11-04 to 2025-11-22 overlap others"
            " in a-2.csv, so that neither file can replace the other\n"
            "  help: take the older download away; of two invoices that are both right, give each"
            " a source of its own with another `scope:`"
        )
    ]


def test_days_of_one_month_and_hours_of_another_add_up(tmp_path: Path) -> None:
    resolved = Resolved(
        tmp_path, {"days.csv": buckets((0, 24, 10)), "hours.csv": buckets((24, 1, 3))}
    )
    assert (resolved.codes, resolved.output) == ([], 13)


def test_statements_are_replaced_too(tmp_path: Path) -> None:
    resolved = Resolved(
        tmp_path,
        {
            "a.csv": costs((1, "k", "1.00"), (2, "k", "2.00"), (2, "j", "0.10")),
            "b.csv": costs((2, "k", "2.50"), (2, "j", "0.10"), (3, "k", "3.00")),
        },
        kind="statement",
    )
    assert resolved.codes == []
    assert [account.stated for account in resolved.accounts] == [Decimal("1.00"), Decimal("5.60")]
    assert [account.tolerance for account in resolved.accounts] == [
        Decimal("0.005"),
        Decimal("0.015"),
    ]
    (total,) = resolved.read.stated()
    assert total[0] == Decimal("6.60")


def test_plain_files_add_up(tmp_path: Path) -> None:
    text = "date,images\n2025-11-03,1\n"
    resolved = Resolved(tmp_path, {"a.csv": text, "b.csv": text + "2025-11-04,5\n"})
    assert (resolved.codes, resolved.read.totals()) == ([], {"images": 7})
