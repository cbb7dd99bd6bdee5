"""What providers say they charge: OpenAI's and Anthropic's cost exports."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.exports.reading import Read, csv_text, export_file, read_files, read_text

COSTS_10 = (
    "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,"
    "project_id,organization_id,organization_name"
)
COSTS_16 = (
    "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,"
    "quantity_unit,line_item,user_id,api_key_id,project_id,organization_id,project_name,"
    "organization_name,user_email"
)
COSTS_17 = f"{COSTS_16},api_source"
ALL_COSTS = pytest.mark.parametrize(
    "header", [COSTS_10, COSTS_16, COSTS_17], ids=["10 columns", "16 columns", "17 columns"]
)
DAY = {"start_time": "1762128000", "end_time": "1762214400"}


def read_costs(folder: Path, text: str | bytes) -> Read:
    return read_text(folder, text, kind="statement", name="cost.csv")


# -- OpenAI -------------------------------------------------------------------------


@ALL_COSTS
def test_ungrouped_costs_are_a_row_a_day(tmp_path: Path, header: str) -> None:
    spent = {**DAY, "amount_value": "0.8958740000000000", "amount_currency": "usd"}
    spent["organization_name"] = "Personal"
    next_day = {"start_time": "1762214400", "end_time": "1762300800"}
    read = read_costs(tmp_path, csv_text(header, [spent, next_day]))
    assert read.told == ""
    assert (read.account.stated, read.account.currency) == (Decimal("0.895874"), "USD")
    assert read.account.skipped == {"empty bucket": 1}
    assert read.account.unknown_columns == ()


@ALL_COSTS
def test_grouped_costs_keep_the_line_item_as_written(tmp_path: Path, header: str) -> None:
    rows = [
        {**DAY, "amount_value": "0.01", "line_item": '"gpt-4o, input"', "project_id": "a"},
        {**DAY, "amount_value": "0.02", "line_item": '"gpt-4o, output"', "project_id": "a"},
        {**DAY, "amount_value": "0.04", "line_item": '"gpt-4o, output"', "project_id": "b"},
        {**DAY, "amount_value": "0", "line_item": "web search tool calls", "project_id": "a"},
    ]
    read = read_costs(tmp_path, csv_text(header, [{**r, "amount_currency": "usd"} for r in rows]))
    assert read.stated("line_item") == [
        ("gpt-4o, input", Decimal("0.01"), None),
        ("gpt-4o, output", Decimal("0.06"), None),
        ("web search tool calls", Decimal(0), None),
    ]
    assert read.stated("project")[1][1] == Decimal("0.04")


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("0.003400000000000000000000000000000000", "0.0034"),  # 36 places, as OpenAI writes
        ("0.00000450000000000000000000000000000000", "0.0000045"),
        ("0E-6176", "0"),
        ("0", "0"),
        ("-0.50", "-0.5"),
        ("1.5e-05", "0.000015"),
        ("12E3", "12000"),
        ("0.000000000000000001", "0.000000000000000001"),  # the 18th place still counts
        ("12345678901234567890.123456789012345678", "12345678901234567890.123456789012345678"),
    ],
)
def test_amounts_are_read_exactly(tmp_path: Path, written: str, amount: str) -> None:
    row = {**DAY, "amount_value": written, "amount_currency": "usd"}
    read = read_costs(tmp_path, csv_text(COSTS_10, [row]))
    assert read.told == ""
    assert read.account.stated == Decimal(amount)


@pytest.mark.parametrize(
    "written",
    ["", "$5", "1_000", "0x10", "nan", "inf", "1,000", "0.0000000000000000001", "1e-19", "1e40"],
)
def test_amounts_that_cannot_be_kept_exactly_are_refused(tmp_path: Path, written: str) -> None:
    row = {**DAY, "amount_value": f'"{written}"', "amount_currency": "usd"}
    read = read_costs(tmp_path, csv_text(COSTS_10, [row]))
    assert [problem.code for problem in read.problems] == ["bad-amount"]
    assert f"{read.problems[0].position}" == "cost.csv:2:25"
    assert read.account.rejected == 1


def test_an_amount_without_currency_is_refused(tmp_path: Path) -> None:
    read = read_costs(tmp_path, csv_text(COSTS_10, [{**DAY, "amount_value": "5"}]))
    assert read.told == (
        "cost.csv:2:27: error[bad-currency]: an empty cell in amount_currency is not a currency\n"
        "  help: write its three letters, such as usd\n"
    )


def test_two_currencies_in_a_file_are_no_total(tmp_path: Path) -> None:
    rows = [{**DAY, "amount_value": "5", "amount_currency": unit} for unit in ("usd", "eur")]
    read = read_costs(tmp_path, csv_text(COSTS_10, rows))
    assert "error[currencies-mixed]: the amounts are in more than one currency: EUR, USD" in (
        read.told
    )


def test_notebook_header_of_the_costs_is_read_too(tmp_path: Path) -> None:
    header = "start_time,end_time,amount_value,currency,line_item,project_id"
    row = {**DAY, "amount_value": "0.5", "currency": "usd", "line_item": '"gpt-4o, input"'}
    assert read_costs(tmp_path, csv_text(header, [row])).account.stated == Decimal("0.5")


def test_empty_period_fits_under_usage_and_under_statement(tmp_path: Path) -> None:
    text = (
        "start_time,end_time,start_time_iso,end_time_iso\n"
        "1762128000,1762214400,2025-11-03T00:00:00+00:00,2025-11-04T00:00:00+00:00\n"
        "1762214400,1762300800,2025-11-04T00:00:00+00:00,2025-11-05T00:00:00+00:00\n"
    )
    for kind in ("usage", "statement"):
        read = read_text(tmp_path, text, kind=kind)
        account = read.account
        assert (account.format, account.kind) == ("openai-empty-period", "empty")
        assert (account.rows_read, account.used, account.skipped) == (2, 0, {"empty bucket": 2})
        assert (account.is_balanced, read.told, account.stated) == (True, "", None)


# -- Anthropic ----------------------------------------------------------------------

COST_HEADERS = {
    "2024-03": "usage_date_utc,model,api_key,usage_type,token_type,cost_usd",
    "2024-07": "usage_date_utc,model,usage_type,token_type,cost_usd",
    "2024-08": "usage_date_utc,model,workspace,api_key,usage_type,token_type,cost_usd",
    "2025-12": (
        "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,"
        "cost_type"
    ),
    "2026-03": (
        "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,"
        "list_price_usd,cost_type,inference_geo,speed"
    ),
    "2026-08": (
        "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,"
        "list_price_usd,cost_type,inference_geo,speed,api_key_id,api_key_status"
    ),
}


@pytest.mark.parametrize("when", COST_HEADERS)
def test_every_header_of_the_cost_export(tmp_path: Path, when: str) -> None:
    header = COST_HEADERS[when]
    full = {
        "usage_date_utc": "2025-11-03",
        "model": "Claude Haiku 4.5",
        "workspace": "Default",
        "api_key": "dév-key",
        "usage_type": "message",
        "context_window": "≤ 200k",
        "token_type": "output",
        "cost_usd": "1.25",
        "list_price_usd": "1.50",
        "cost_type": "token",
        "inference_geo": "not_available",
        "api_key_id": "apikey_1",
        "api_key_status": "active",
    }
    row = {name: cell for name, cell in full.items() if name in header.split(",")}
    batch = {**row, "usage_type": "batch", "token_type": "input_no_cache", "cost_usd": "0.75"}
    read = read_costs(tmp_path, csv_text(header, [row, batch]))
    assert read.told == ""
    account = read.account
    assert (account.stated, account.currency) == (Decimal("2.00"), "USD")
    assert account.tolerance == Decimal("0.010")  # half a cent for each of 2 rows
    listed = Decimal("1.50") if "list_price_usd" in row else None
    assert read.stated("model", "batch", "context", "region", "token_type") == [
        ("Claude Haiku 4.5", "true", None, None, "input_no_cache", Decimal("0.75"), listed),
        ("Claude Haiku 4.5", None, None, None, "output", Decimal("1.25"), listed),
    ]


def test_the_published_sample_comes_to_its_total(shared: Path) -> None:
    path = shared / "data" / "exports" / "anthropic_claude_api_cost.csv"
    read = read_files([export_file(path, kind="statement")])
    assert read.told == ""
    assert (read.account.rows_read, read.account.used) == (62, 62)
    assert read.account.stated == Decimal("190.34")


def test_the_notebook_sample_of_line_items_is_read(shared: Path) -> None:
    path = shared / "data" / "exports" / "openai_costs_line_items.csv"
    read = read_files([export_file(path, kind="statement")])
    assert (read.told, read.account.used) == ("", 5)


def test_amounts_whose_sum_is_too_large_are_an_error(tmp_path: Path) -> None:
    """Twice the largest amount of 20 digits before the point: more than 38 in all."""
    items = ('"gpt-4o, input"', '"gpt-4o, output"')
    spent = {**DAY, "amount_value": "9" * 20, "amount_currency": "usd"}
    read = read_costs(tmp_path, csv_text(COSTS_16, [spent | {"line_item": i} for i in items]))
    assert "cost.csv: error[figures-too-large]: its amounts are so large" in read.told
