"""The exports of Anthropic's console, beside what test_anthropic_tokens.py says of tokens."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.exports.formats.offering import Downloads, claims
from tests.sources.exports.reading import Read, csv_text, export_file, read_files, read_text
from tests.sources.exports.test_anthropic_tokens import LATEST, OLD, ROW, WITH_CONTEXT
from tests.sources.exports.test_statements import COST_HEADERS

WITHOUT_WORKSPACE = "usage_date_utc,model,api_key,usage_type,token_type,cost_usd"  # 2024-11
COST_2026 = COST_HEADERS["2026-03"]
TOKENS = {"input_no_cache": "9.22", "input_cache_write_5m": "0.25", "input_cache_write_1h": "0.04"}
TOKENS |= {"input_cache_read": "0.00", "output": "16.50"}


def read_costs(folder: Path, text: str | bytes, **options: object) -> Read:
    return read_text(folder, text, kind="statement", name="cost.csv", **options)


@pytest.mark.parametrize("header", [*COST_HEADERS.values(), WITHOUT_WORKSPACE])
def test_each_header_of_costs_is_claimed_by_one_format(tmp_path: Path, header: str) -> None:
    columns = header.split(",")
    full = {"usage_date_utc": "2025-11-03", "model": "Claude 3 Haiku", "usage_type": "message"}
    full |= {"token_type": "output", "cost_usd": "0.05"}
    rows = [full, full | {"token_type": "input_cache_write", "cost_usd": "0.08"}]  # as in 2024
    text = csv_text(header, [{n: c for n, c in row.items() if n in columns} for row in rows])
    assert claims(tmp_path, text) == ["anthropic-cost"]
    read = read_costs(tmp_path, text)
    assert (read.told, read.account.stated) == ("", Decimal("0.13"))
    assert read.account.unknown_columns == ()


@pytest.mark.parametrize("header", [OLD, WITH_CONTEXT, LATEST])
def test_each_header_of_tokens_is_claimed_by_one_format(tmp_path: Path, header: str) -> None:
    assert claims(tmp_path, csv_text(header, [ROW])) == ["anthropic-tokens"]


def test_columns_may_come_in_any_order(tmp_path: Path) -> None:
    backwards = ",".join(reversed(LATEST.split(",")))
    assert read_text(tmp_path, csv_text(backwards, [ROW])).totals()["output_tokens"] == 1700


def test_token_types_and_keys_are_kept_as_written(tmp_path: Path) -> None:
    row = {
        "usage_date_utc": "2025-11-03",
        "model": "Claude Opus 4.8",
        "workspace": "Default",
        "api_key": "dév-key",
        "usage_type": "message",
        "context_window": "≤ 200k",
        "cost_type": "token",
        "inference_geo": "global",
    }
    rows = [row | {"token_type": kind, "cost_usd": cost} for kind, cost in TOKENS.items()]
    read = read_costs(tmp_path, csv_text(COST_2026, rows))
    assert read.told == ""
    assert {kind: amount for kind, amount, _ in read.stated("token_type")} == {
        kind: Decimal(cost) for kind, cost in TOKENS.items()
    }
    keys = ("workspace", "api_key", "context", "region", "speed", "cost_type")
    assert read.stated(*keys) == [
        ("Default", "dév-key", None, None, None, None, Decimal("26.01"), None)
    ]  # 9.22 + 0.25 + 0.04 + 0.00 + 16.50


@pytest.mark.parametrize(
    ("column", "written", "dimension", "kept"),
    [
        ("context_window", "> 200k", "context", ">200k"),
        ("usage_type", "batch", "batch", "true"),
        ("inference_geo", "us", "region", "us"),
        ("inference_geo", "not_available", "region", None),
        ("speed", "fast", "speed", "fast"),
        ("workspace", "", "workspace", None),
        ("workspace", "Claude Code", "workspace", "Claude Code"),
        ("cost_type", "web_search", "cost_type", "web_search"),  # the spelling is not confirmed
    ],
)
def test_what_has_a_price_of_its_own_is_a_dimension(
    tmp_path: Path, column: str, written: str, dimension: str, kept: str | None
) -> None:
    row = {"usage_date_utc": "2025-11-03", "model": "Claude", "token_type": "output"}
    text = csv_text(COST_2026, [row | {"cost_usd": "1.00", column: written}])
    assert read_costs(tmp_path, text).stated(dimension) == [(kept, Decimal("1.00"), None)]


def test_discounts_show_beside_list_prices(tmp_path: Path) -> None:
    row = {"usage_date_utc": "2025-11-03", "model": "Claude", "token_type": "output"}
    rows = [
        row | {"cost_usd": "8.00", "list_price_usd": "10.00"},
        row | {"cost_usd": "0.80", "list_price_usd": "1.00"},
    ]
    read = read_costs(tmp_path, csv_text(COST_2026, rows))
    assert read.stated() == [(Decimal("8.80"), Decimal("11.00"))]
    assert read.account.amounts == {"owed": Decimal("8.80")}


def test_rows_are_rounded_so_that_their_sum_has_a_tolerance(tmp_path: Path) -> None:
    row = {"usage_date_utc": "2025-11-03", "model": "Claude", "token_type": "output"}
    text = csv_text(COST_2026, [row | {"cost_usd": "0.00"}] * 40)
    account = read_costs(tmp_path, text).account
    assert (account.stated, account.tolerance) == (Decimal(0), Decimal("0.2"))  # 40 x half a cent


@pytest.mark.parametrize(
    ("column", "written", "code", "place"),
    [
        ("cost_usd", "$1.00", "bad-amount", "cost.csv:3:34"),
        ("usage_date_utc", "3.11.2025", "bad-time", "cost.csv:3:1"),
    ],
)
def test_malformed_cells_are_rejected_with_their_place(
    tmp_path: Path, column: str, written: str, code: str, place: str
) -> None:
    row = {"usage_date_utc": "2025-11-03", "model": "Claude", "usage_type": "message"}
    row |= {"token_type": "output", "cost_usd": "1.00"}
    text = csv_text(COST_HEADERS["2024-07"], [row, row | {column: written}])
    read = read_costs(tmp_path, text)
    assert [(problem.code, f"{problem.position}") for problem in read.problems] == [(code, place)]
    assert (read.account.used, read.account.rejected) == (1, 1)


def test_negative_counts_are_rejected(tmp_path: Path) -> None:
    bad = ROW | {"usage_output_tokens": "-1"}
    read = read_text(tmp_path, csv_text(OLD, [ROW, bad]))
    assert [problem.code for problem in read.problems] == ["negative-count"]
    assert f"{read.problems[0].position}".startswith("usage.csv:3:")


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte-order-mark"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_a_spreadsheet_saves_is_read_alike(tmp_path: Path, encoding: str, mark: str) -> None:
    text = csv_text(LATEST, [ROW | {"context_window": "≤ 200k", "api_key": "dév-key"}])
    if encoding == "utf-16":
        text = text.replace(",", "\t")
    written = (("" if encoding == "utf-16" else mark) + text).replace("\n", "\r\n")
    read = read_text(tmp_path, written.encode(encoding))
    assert (read.told, read.totals()["output_tokens"]) == ("", 1700)
    assert read.by("context", "output_tokens") == {None: 1700}
    assert read.by("api_key", "output_tokens") == {"dév-key": 1700}


def test_a_later_download_replaces_whole_days(tmp_path: Path) -> None:
    def costs(*days: tuple[str, str]) -> str:
        row = {"model": "Claude", "token_type": "output"}
        rows = [row | {"usage_date_utc": day, "cost_usd": cost} for day, cost in days]
        return csv_text(COST_2026, rows)

    early = costs(("2025-11-01", "1.00"), ("2025-11-02", "0.20"))
    late = costs(("2025-11-02", "2.00"), ("2025-11-03", "3.00"))
    downloads = Downloads(tmp_path, {"early.csv": early, "late.csv": late}, "statement")
    assert downloads.codes == []
    assert downloads.used_and_replaced == {"early.csv": (1, 1), "late.csv": (2, 0)}
    assert downloads.read.stated() == [(Decimal("6.00"), None)]


def test_the_published_export_of_costs(shared: Path) -> None:
    path = shared / "data" / "exports" / "anthropic_claude_api_cost.csv"
    read = read_files([export_file(path, kind="statement")])
    account = read.account
    assert (read.told, account.unknown_columns) == ("", ())
    assert (account.rows_read, account.used, account.skipped) == (62, 62, {})
    assert (account.stated, account.tolerance) == (Decimal("190.34"), Decimal("0.31"))
