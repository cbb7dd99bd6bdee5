"""Cursor's usage events: what columns there are, what is owed, and what a count of requests is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.exports.reading import csv_text, export_file, read_files, read_text, write
from tokenbooks.sources.exports.descriptors.reading import shipped_descriptors
from tokenbooks.sources.exports.reader import open_export

KEPT = ("model", "user", "kind", "max_mode")

TOKENS = "Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,Total Tokens"
WITH_SHARE = f"Date,Model,{TOKENS},Cost,Cost to you"
TEAM = f"Date,User,Kind,Model,Max Mode,{TOKENS},Cost"
COSTS = f"Date,Kind,Model,Max Mode,{TOKENS},Cost"
AGENTS = f"Date,Cloud Agent ID,Automation ID,Kind,Model,Max Mode,{TOKENS},Cost"
REQUESTS = f"Date,Cloud Agent ID,Automation ID,Kind,Model,Max Mode,{TOKENS},Requests"
OLDEST = "Date,User,Kind,Max Mode,Model,Tokens,Cost ($)"


def event(second: int, kind: str, last: str, tokens: Sequence[int | str] = (), **more) -> dict:
    """A row: cache written, input, cache read, output; the total follows."""
    names = TOKENS.split(",")
    counts = [int(count) for count in tokens if count != ""]
    cells = dict(zip(names, map(str, [*tokens, sum(counts)]), strict=False)) if tokens else {}
    row = {"Date": f"2026-05-13T09:33:{second:02}.386Z", "Kind": kind, "Model": "auto", **cells}
    return {**row, "last": last, **more}


EVENTS = [
    event(8, "On-Demand", "$0.25", [1000, 200, 50000, 300], **{"Max Mode": "Yes"}),
    event(7, "Usage-based", "1,234.5", [0, 10, 20, 30], **{"Max Mode": "No"}),
    event(6, "Included", "0.19", [28000, 700, 105000, 21000], **{"Max Mode": "No"}),
    event(5, "Included", "Included", [1, 2, 3, 4]),
    event(4, "Errored, No Charge", "-", [74000, 14, 425000, 2000]),
    event(3, "Aborted, Not Charged", "NaN", [5, 5, 5, 5]),
    event(2, "Free", "Free"),
    event(1, "Included in Pro", "0"),
]


def export(header: str, events: Sequence[Mapping[str, str]] = tuple(EVENTS)) -> str:
    """The events under a header, with what is last in its last column."""
    names = header.split(",")
    rows = [{**row, names[-1]: row["last"]} for row in events]
    lines = [{name: row[name] for name in names if name in row} for row in rows]
    quoted = [{k: f'"{v}"' for k, v in line.items()} for line in lines]
    return csv_text(header, quoted)


@pytest.mark.parametrize("header", [COSTS, TEAM, AGENTS])
@pytest.mark.parametrize(("mark", "end"), [("", "\n"), ("\ufeff", "\r\n")])
def test_only_what_is_on_demand_is_owed(tmp_path: Path, header: str, mark: str, end: str) -> None:
    read = read_text(tmp_path, mark + export(header).replace("\n", end), kept=KEPT)
    assert read.told == ""
    account = read.account
    assert (account.rows_read, account.used, account.skipped) == (8, 2, {"not owed": 6})
    assert account.unknown_columns == ()
    assert read.totals() == {
        "cache_write_tokens": 1000,
        "input_tokens": 210,
        "cached_input_tokens": 50020,
        "output_tokens": 330,
    }
    # 0.25 + 1234.5; what is included would be worth 0.19
    assert account.amounts == {"owed": Decimal("1234.75"), "included": Decimal("0.19")}
    assert (account.stated, account.currency) == (Decimal("1234.75"), "USD")
    assert read.by("kind", "output_tokens") == {"On-Demand": 300, "Usage-based": 30}
    assert read.by("max_mode", "output_tokens") == {None: 30, "true": 300}


def test_what_is_included_is_kept_apart(tmp_path: Path) -> None:
    read = read_text(tmp_path, export(COSTS), kept=KEPT)
    kept = read.connection.execute(
        "SELECT sum(m_output_tokens), sum(m_cached_input_tokens) FROM usage_read WHERE verdict = 4"
    ).fetchall()
    # 21000 + 4 + 2000 + 5, and 105000 + 3 + 425000 + 5
    assert kept == [(23009, 530008)]


def test_a_count_of_requests_in_place_of_costs(tmp_path: Path) -> None:
    events = [
        event(9, "On-Demand", "2", [0, 10, 20, 30]),
        event(8, "On-Demand", "0.6", [0, 10, 20, 30]),
        event(7, "Included", "4", [0, 76000, 487000, 16000]),
        event(6, "Included", "Free"),
        event(5, "Errored, No Charge", "-", [74000, 14, 425000, 2000]),
    ]
    read = read_text(tmp_path, export(REQUESTS, events), kept=KEPT)
    assert read.told == ""
    assert (read.account.used, read.account.skipped) == (2, {"not owed": 3})
    assert read.totals()["subscription_requests"] == Decimal("2.6")
    assert read.totals()["output_tokens"] == 60
    assert read.account.stated is None


def test_a_file_without_costs_is_no_statement(tmp_path: Path) -> None:
    read = read_text(tmp_path, export(REQUESTS, EVENTS[:1]), kind="statement")
    assert "error[usage-file-in-statement]" in read.told
    assert read_text(tmp_path, export(COSTS), kind="statement").told == ""


def test_what_is_ones_own_share_of_the_cost(tmp_path: Path) -> None:
    text = export(
        WITH_SHARE,
        [
            {**event(3, "", "0.04", [0, 10, 20, 30]), "Cost": "0.10"},
            {**event(2, "", "0", [0, 1, 2, 3]), "Cost": "0.30"},
            {**event(1, "", "$0.00", [0, 1, 2, 3]), "Cost": "Included"},
        ],
    )
    read = read_text(tmp_path, text, kept=KEPT)
    assert read.told == ""
    assert (read.account.used, read.account.skipped) == (1, {"not owed": 2})
    assert read.account.stated == Decimal("0.04")
    stated = read_text(tmp_path, text, kind="statement")
    assert stated.stated() == [(Decimal("0.04"), Decimal("0.40"))]


def test_the_oldest_files_tell_tokens_in_one_sum(tmp_path: Path) -> None:
    rows = [
        {**event(2, "Usage-based", "$0.05"), "Tokens": "2,500", "User": "ann@example.org"},
        {**event(1, "Included in Business", "0.40"), "Tokens": "900", "User": "bob@example.org"},
    ]
    read = read_text(tmp_path, export(OLDEST, rows), kept=KEPT)
    assert read.told == ""
    assert read.totals() == {"tokens": 2500}
    assert read.by("user", "tokens") == {"ann@example.org": 2500}
    assert read.account.amounts == {"owed": Decimal("0.05"), "included": Decimal("0.40")}


def test_events_fall_on_the_day_of_the_contract(tmp_path: Path) -> None:
    days = {}
    for zone in ("UTC", "Pacific/Auckland", "Pacific/Honolulu"):
        read = read_text(tmp_path, export(COSTS).replace("T09:", "T12:"), zone=zone)
        days[zone] = [str(at.date()) for at in read.by("at", "output_tokens")]
    # noon of the 13th is midnight in Auckland (UTC+12), and two in the night in Honolulu
    assert days == {
        "UTC": ["2026-05-13"],
        "Pacific/Auckland": ["2026-05-14"],
        "Pacific/Honolulu": ["2026-05-13"],
    }


def test_a_second_download_adds_what_is_new(tmp_path: Path) -> None:
    paths = [
        write(tmp_path, export(COSTS, EVENTS[1:]), "usage-events-2026-05-13.csv"),
        write(tmp_path, export(AGENTS), "usage-events-2026-05-14.csv"),
    ]
    read = read_files([export_file(path) for path in paths], KEPT)
    assert read.told == ""
    assert [(a.used, a.replaced, a.stated) for a in read.result.accounts] == [
        (1, 0, Decimal("1234.5")),
        (1, 7, Decimal("0.25")),
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (('"1000"', '"-1000"'), "2:53: error[negative-count]"),
        (('"1000"', '"1e3"'), "2:53: error[bad-count]"),
        (('"$0.25"', '"€x"'), "2:88: error[bad-amount]"),
        (("09:33:08.386Z", "09:33:08.386"), "2:1: error[time-without-zone]"),
    ],
)
def test_a_bad_row_is_told_with_its_place(
    tmp_path: Path, change: tuple[str, str], problem: str
) -> None:
    read = read_text(tmp_path, export(COSTS).replace(*change), kept=KEPT)
    assert f"usage.csv:{problem}" in read.told
    assert read.told.count("error[") == 1
    assert read.account.rejected == 1


@pytest.mark.parametrize(
    ("header", "kinds"),
    [
        (WITH_SHARE, ["usage", "statement"]),
        (TEAM, ["usage", "statement"]),
        (COSTS, ["usage", "statement"]),
        (AGENTS, ["usage", "statement"]),
        (REQUESTS, ["usage"]),
        (OLDEST, ["usage", "statement"]),
    ],
)
def test_one_format_claims_each_header(tmp_path: Path, header: str, kinds: list[str]) -> None:
    path = write(tmp_path, f"{header}\n")
    for kind in kinds:
        form, problems = open_export(export_file(path, kind), shipped_descriptors())
        assert problems == []
        assert form is not None
        assert (form.descriptor.id, form.unknown_columns) == ("cursor-usage-events", ())


def test_the_sample_of_two_rows(shared: Path) -> None:
    path = shared / "data" / "exports" / "cursor_usage_events_cost.csv"
    read = read_files([export_file(path)], KEPT)
    assert read.told == ""
    # both are included: 0.19 and 0
    assert (read.account.used, read.account.skipped) == (0, {"not owed": 2})
    assert read.account.amounts == {"included": Decimal("0.19")}
    (tokens,) = read.connection.execute(
        "SELECT sum(m_input_tokens) + sum(m_cache_write_tokens) + sum(m_cached_input_tokens)"
        " + sum(m_output_tokens) FROM usage_read"
    ).fetchall()
    # the four are disjoint; Total Tokens says 156290 and 8000, though the parts of the second
    # row, which was made up, come to 1200 + 1000 + 5000 + 2000 = 9200
    assert tokens == (156290 + 9200,)
