"""What the statements of OpenAI, Anthropic, GitHub and DeepSeek count: meters and quantities."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.exports.reading import Read, csv_text, export_file, read_files, read_text


def D(text: str) -> Decimal:  # noqa: N802 - it reads as a literal
    return Decimal(text)


def read_statement(folder: Path, text: str, name: str = "cost.csv") -> Read:
    read = read_text(folder, text, kind="statement", name=name, kept=())
    assert read.told == ""
    return read


# -- OpenAI -------------------------------------------------------------------------

COSTS = (
    "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,"
    "quantity_unit,line_item,user_id,api_key_id,project_id,organization_id,project_name,"
    "organization_name,user_email,api_source"
)
DAY = {"start_time": "1789344000", "end_time": "1789430400", "amount_currency": "usd"}


def item(line_item: str, quantity: str, amount: str, unit: str = "tokens") -> dict[str, str]:
    return {
        **DAY,
        "line_item": f'"{line_item}"',
        "quantity": quantity,
        "quantity_unit": unit,
        "amount_value": amount,
    }


MINI = "gpt-4o-mini-2024-07-18"
IMAGE = "gpt-image-2-2026-04-21"
AUDIO = "gpt-audio-mini-2025-12-15"
ITEMS = [
    (f"{MINI}, input", MINI, "input_tokens"),
    (f"{MINI}, cached input", MINI, "cached_input_tokens"),
    (f"{MINI}, output", MINI, "output_tokens"),
    ("gpt-5.6-luna, cache writes", "gpt-5.6-luna", "cache_write_tokens"),
    ("ft-gpt-4o-2024-08-06, input", "ft-gpt-4o-2024-08-06", "input_tokens"),
    (f"evals | {MINI}, input", MINI, "input_tokens"),
    (f"{IMAGE} text, input", IMAGE, "input_tokens"),
    (f"{IMAGE} text, cached input", IMAGE, "cached_input_tokens"),
    (f"{IMAGE} image, input", IMAGE, "input_image_tokens"),
    (f"{IMAGE} image, cached input", IMAGE, "cached_image_tokens"),
    (f"{IMAGE} image, output", IMAGE, "output_image_tokens"),
    (f"{AUDIO} audio, input", AUDIO, "input_audio_tokens"),
    (f"{AUDIO} audio, output", AUDIO, "output_audio_tokens"),
    (f"{AUDIO} text, output", AUDIO, "output_tokens"),
    ("gpt-realtime-2.1-mini, audio input", "gpt-realtime-2.1-mini", "input_audio_tokens"),
    ("gpt-realtime-2.1-mini, cached audio input", "gpt-realtime-2.1-mini", "cached_audio_tokens"),
    ("gpt-realtime-2.1-mini, text output", "gpt-realtime-2.1-mini", "output_tokens"),
    # models whose names end like a modality
    ("gpt-4o-audio, input", "gpt-4o-audio", "input_tokens"),
    ("chatgpt-image, output", "chatgpt-image", "output_tokens"),
]


@pytest.mark.parametrize(("line_item", "model", "meter"), ITEMS)
def test_a_line_item_of_openai_tells_model_and_meter(
    tmp_path: Path, line_item: str, model: str, meter: str
) -> None:
    read = read_statement(tmp_path, csv_text(COSTS, [item(line_item, "5515", "0.16545")]))
    assert read.counted("model", "line_item") == [
        (model, line_item, "owed", meter, 5515, D("0.16545"))
    ]
    assert read.account.unknown_columns == ()


@pytest.mark.parametrize(
    ("line_item", "unit", "meter", "quantity"),
    [
        ("web search tool calls", "calls", "web_searches", 12),
        ("file search tool calls", "calls", "file_searches", 12),
        ("code interpreter sessions", "sessions", "code_sessions", 12),
        # 0.000271 is no multiple of 0.0025, the price of a call: it is what is kept
        ("assistants api | file search", "", "storage_gb_days", None),
        ("gpt-4o, input", "kilotokens", "input_tokens", None),  # a unit that nobody knows
        ("gpt-4o, input", "", "input_tokens", None),
        ("gpt-live-1, voice session", "seconds", None, None),
        ("a new tool", "calls", None, None),
    ],
)
def test_tools_of_openai_and_what_is_not_known(
    tmp_path: Path, line_item: str, unit: str, meter: str | None, quantity: int | None
) -> None:
    read = read_statement(tmp_path, csv_text(COSTS, [item(line_item, "12", "0.30", unit)]))
    assert read.counted("line_item") == [(line_item, "owed", meter, quantity, D("0.30"))]


def test_a_grouped_download_of_openai(tmp_path: Path) -> None:
    rows = [
        item("gpt-5.6-luna, output", "19287", "0"),  # complimentary tokens cost nothing
        item("gpt-5.6-luna, output", "7625.0", "0.00915"),
        item("gpt-5.6-luna, cache writes", "4671", "0.00116775"),
        item("gpt-5.6-luna, cached input", "0", "0"),
        {"start_time": "1789430400", "end_time": "1789516800"},
    ]
    read = read_statement(tmp_path, csv_text(COSTS, rows))
    assert read.counted("model") == [
        ("gpt-5.6-luna", "owed", "cache_write_tokens", 4671, D("0.00116775")),
        ("gpt-5.6-luna", "owed", "cached_input_tokens", 0, 0),
        ("gpt-5.6-luna", "owed", "output_tokens", 26912, D("0.00915")),  # 19,287 + 7,625
    ]
    assert read.account.stated == D("0.01031775")


@pytest.mark.parametrize("columns", [",quantity,quantity_unit,line_item", ",line_item", ""])
def test_an_ungrouped_download_of_openai_tells_neither(tmp_path: Path, columns: str) -> None:
    header = f"start_time,end_time,amount_value,amount_currency{columns},project_id"
    row = {**DAY, "amount_value": "0.895874"}
    read = read_statement(tmp_path, csv_text(header, [row]))
    assert read.counted() == [("owed", None, None, D("0.895874"))]


def test_pages_of_openai_have_no_unit(tmp_path: Path) -> None:
    # 30 tokens at 0.15 a million
    text = """{"object": "page", "data": [{"object": "bucket", "start_time": 1781395200,
    "end_time": 1781481600, "results": [{"object": "organization.costs.result",
    "amount": {"value": "0.000004500000000000000000000000000000000", "currency": "usd"},
    "quantity": 30.0, "line_item": "gpt-4o-mini-2024-07-18, input", "project_id": null},
    {"object": "organization.costs.result", "amount": {"value": "0E-6176", "currency": "usd"},
    "quantity": null, "line_item": null, "project_id": null}]}]}"""
    read = read_statement(tmp_path, text, "costs.json")
    assert read.counted("model") == [
        (MINI, "owed", "input_tokens", 30, D("0.0000045")),
        (None, "owed", None, None, 0),
    ]


# -- Anthropic ----------------------------------------------------------------------

ANTHROPIC = "usage_date_utc,model,workspace,api_key,usage_type,token_type,cost_usd,cost_type"
TOKEN_TYPES = [
    ("input_no_cache", "token", "input_tokens"),
    ("input_cache_read", "token", "cached_input_tokens"),
    ("input_cache_write", "token", "cache_write_tokens"),
    ("input_cache_write_5m", "token", "cache_write_5m_tokens"),
    ("input_cache_write_1h", "token", "cache_write_1h_tokens"),
    ("output", "token", "output_tokens"),
    ("", "web_search", "web_searches"),
    ("", "code_execution", "code_sessions"),
    ("", "token", None),
    ("", "", None),
    ("a new one", "token", None),
]


@pytest.mark.parametrize(("token_type", "cost_type", "meter"), TOKEN_TYPES)
def test_what_the_costs_of_anthropic_are_for(
    tmp_path: Path, token_type: str, cost_type: str, meter: str | None
) -> None:
    row = {
        "usage_date_utc": "2026-06-24",
        "model": "Claude Opus 4.8",
        "token_type": token_type,
        "cost_type": cost_type,
        "cost_usd": "9.22",
    }
    read = read_statement(tmp_path, csv_text(ANTHROPIC, [row]))
    assert read.counted("model") == [("Claude Opus 4.8", "owed", meter, None, D("9.22"))]


def test_an_export_of_anthropic_without_types_of_cost(tmp_path: Path) -> None:
    header = "usage_date_utc,model,usage_type,token_type,cost_usd"
    text = f"{header}\n2024-10-28,Claude 3 Haiku,message,input_cache_write,0.08\n"
    read = read_statement(tmp_path, text)
    assert read.counted() == [("owed", "cache_write_tokens", None, D("0.08"))]


@pytest.mark.parametrize(
    ("token_type", "cost_type", "meter"),
    [
        ('"uncached_input_tokens"', '"tokens"', "input_tokens"),
        ('"cache_read_input_tokens"', '"tokens"', "cached_input_tokens"),
        ('"cache_creation.ephemeral_5m_input_tokens"', '"tokens"', "cache_write_5m_tokens"),
        ('"cache_creation.ephemeral_1h_input_tokens"', '"tokens"', "cache_write_1h_tokens"),
        ('"output_tokens"', '"tokens"', "output_tokens"),
        ("null", '"web_search"', "web_searches"),
        ("null", '"code_execution"', "code_sessions"),
        ("null", "null", None),  # not grouped by description
    ],
)
def test_pages_of_anthropic(
    tmp_path: Path, token_type: str, cost_type: str, meter: str | None
) -> None:
    result = '{"amount": "123.78912", "currency": "USD", "model": null, '
    result += f'"token_type": {token_type}, "cost_type": {cost_type}}}'
    text = '{"data": [{"starting_at": "2026-06-24T00:00:00Z", "ending_at": '
    text += f'"2026-06-25T00:00:00Z", "results": [{result}]}}], "has_more": false}}'
    read = read_statement(tmp_path, text, "cost_report.json")
    assert read.counted() == [("owed", meter, None, D("1.2378912"))]  # it was in cents


def test_meters_of_the_published_sample_of_anthropic(shared: Path) -> None:
    path = shared / "data" / "exports" / "anthropic_claude_api_cost.csv"
    read = read_files([export_file(path, "statement")])
    assert [row[1:] for row in read.counted()] == [
        ("cache_write_5m_tokens", None, D("0.53")),
        ("cached_input_tokens", None, D("0.71")),
        ("input_tokens", None, D("56.07")),
        ("output_tokens", None, D("133.03")),
    ]  # 190.34 together


# -- GitHub, DeepSeek ---------------------------------------------------------------

COPILOT = (
    "date,username,product,sku,model,quantity,unit_type,applied_cost_per_quantity,gross_amount,"
    "discount_amount,net_amount,total_monthly_quota,organization,cost_center_name"
)


def copilot(sku: str, quantity: str, gross: str, net: str) -> Mapping[str, str]:
    return {
        "date": "2025-11-03",
        "sku": sku,
        "model": "Claude Sonnet 4",
        "quantity": quantity,
        "gross_amount": gross,
        "net_amount": net,
        "total_monthly_quota": "300",
    }


def test_github_counts_requests_and_credits(tmp_path: Path) -> None:
    rows = [
        copilot("copilot_premium_request", "5", "0.20", "0"),  # inside the quota
        copilot("copilot_premium_request", "3.6", "0.144", "0.144"),
        copilot("copilot_premium_request", "-1", "-0.04", "-0.04"),  # taken back
        copilot("copilot_ai_credit", "21.36", "0.2136", "0.2136"),
    ]
    read = read_statement(tmp_path, csv_text(COPILOT, rows))
    assert read.counted("model") == [
        ("Claude Sonnet 4", "included", "premium_requests", 5, 0),
        ("Claude Sonnet 4", "owed", "credits", D("21.36"), D("0.2136")),
        ("Claude Sonnet 4", "owed", "premium_requests", D("2.6"), D("0.104")),
    ]
    assert read.account.stated == D("0.3176")


def test_the_costs_of_deepseek_are_of_all_meters(tmp_path: Path) -> None:
    text = "user_id,utc_date,model,wallet_type,cost,currency\n"
    text += "u,2026-06-01,deepseek-chat,Paid,2.8196908,CNY\n"
    text += "u,2026-06-01,deepseek-chat,Granted,0.5,CNY\n"
    read = read_statement(tmp_path, text)
    assert read.counted("model") == [
        ("deepseek-chat", "granted", None, None, D("0.5")),
        ("deepseek-chat", "owed", None, None, D("2.8196908")),
    ]
