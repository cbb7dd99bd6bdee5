"""The CSV formats of the benchmark: which column holds what, in the order of real files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.cells import (
    EMPTY,
    Cell,
    count,
    day,
    decimal,
    identifier,
    instant,
    name,
    one_of,
    said,
    sometimes,
    unix_day,
)


@dataclass(frozen=True, slots=True)
class Shape:
    """A file of a format: under which key it stands, its columns, and how it is written.

    ``quoted`` puts every cell in quotes; ``preamble`` are the lines above the header.
    ``options`` tell the bare scan how numbers and days are written, where it must know.
    """

    kind: str
    columns: Mapping[str, Cell]
    quoted: bool = False
    preamble: str = ""
    options: str = ""


#: The salt of keys and what belongs to them.
_OWNER = 1

_MODEL = name("model-2026-", 12)
_PROJECT, _KEY, _USER = (
    name("proj_", 8, _OWNER),
    name("key_", 40, _OWNER),
    name("user-", 20, _OWNER),
)
_UNUSED_TOKENS = {"input_audio_tokens", "input_cached_audio_tokens", "output_audio_tokens"}
_TIMES = {
    "start_time": unix_day(),
    "end_time": unix_day(1),
    "start_time_iso": day("%Y-%m-%dT00:00:00+00:00", 0, "TIMESTAMPTZ"),
    "end_time_iso": day("%Y-%m-%dT00:00:00+00:00", 1, "TIMESTAMPTZ"),
}
_SECOND = instant("%Y-%m-%dT%H:%M:%SZ")
_MILLISECOND = instant("%Y-%m-%dT%H:%M:%S.%gZ")


def _completions(floats: bool) -> dict[str, Cell]:
    def counted(least: int, most: int) -> Cell:
        return count(least, most, floats)

    return {
        **_TIMES,
        "project_id": _PROJECT,
        "num_model_requests": counted(1, 50),
        "user_id": _USER,
        "api_key_id": _KEY,
        "model": _MODEL,
        "batch": one_of("False", "False", "True"),
        "service_tier": one_of("default", "default", "flex"),
        "compute_units": EMPTY,
        "input_tokens": counted(40_000, 400_000),
        "output_tokens": counted(1, 9_000),
        "input_cached_tokens": counted(0, 30_000),
        "input_cache_write_tokens": counted(0, 10_000),
        "input_uncached_tokens": counted(0, 400_000),
        "input_text_tokens": counted(0, 400_000),
        "output_text_tokens": counted(1, 9_000),
        "input_cached_text_tokens": counted(0, 30_000),
        "input_audio_tokens": counted(0, 1),
        "input_cached_audio_tokens": counted(0, 1),
        "output_audio_tokens": counted(0, 1),
        "input_image_tokens": counted(0, 1),
        "input_cached_image_tokens": counted(0, 1),
        "output_image_tokens": counted(0, 1),
    }


def _costs(items: bool) -> dict[str, Cell]:
    items_told = {
        "quantity": count(0, 900_000),
        "quantity_unit": said("tokens"),
        "line_item": one_of("gpt-5.6-luna, output", "gpt-5.6-luna, cached input", "web search"),
    }
    return {
        **_TIMES,
        "amount_value": decimal(4, 9, zeros=27),
        "amount_currency": said("usd"),
        **(items_told if items else dict.fromkeys(items_told, EMPTY)),
        "user_id": _USER,
        "api_key_id": _KEY,
        "project_id": _PROJECT,
        "organization_id": said("org-demo"),
        "project_name": _PROJECT,
        "organization_name": said("Personal"),
        "user_email": EMPTY,
    }


_ANTHROPIC = {
    "usage_date_utc": day(),
    "model_version": name("claude-opus-4-5-2025", 12),
    "api_key": _KEY,
    "workspace": _PROJECT,
    "usage_type": one_of("standard", "standard", "batch"),
    "context_window": one_of("≤ 200k", "≤ 200k", "> 200k"),
}

_OPENROUTER = {
    "created_at": instant("%Y-%m-%d %H:%M:%S.%g"),
    "cost_total": decimal(2, 6),
    "cost_web_search": EMPTY,
    "cost_cache": sometimes(decimal(1, 6, "-"), 2),
    "cost_file_processing": EMPTY,
    "byok_usage_inference": said("0"),
    "tokens_prompt": count(40_000, 200_000),
    "tokens_completion": count(700, 9_000),
    "tokens_reasoning": count(0, 700),
    "tokens_cached": count(0, 30_000),
    "model_permaslug": name("deepseek/deepseek-v4-flash-2026", 12),
    "provider_name": one_of("Relace", "Azure", "Google", "Fireworks"),
    "variant": one_of("standard", "standard", "free"),
    "cancelled": said("false"),
    "streamed": said("true"),
    "user": EMPTY,
    "finish_reason_raw": one_of("stop", "tool_calls"),
    "finish_reason_normalized": one_of("stop", "tool_calls"),
    "generation_time_ms": count(200, 40_000),
    "time_to_first_token_ms": count(100, 20_000),
    "api_key_disabled": said("false"),
    "api_key_name": _KEY,
    "app_name": said("Demo Agent"),
}

_DEEPSEEK_DAYS = {
    "user_id": said("00000000-0000-0000-0000-000000000001"),
    "start_time_iso": day("%Y-%m-%dT00:00:00+08:00", 0, "TIMESTAMPTZ"),
    "end_time_iso": day("%Y-%m-%dT00:00:00+08:00", 1, "TIMESTAMPTZ"),
    "model": name("deepseek-v4-flash-", 12),
}

_GITHUB = {
    "gross_amount": decimal(40, 6),
    "discount_amount": decimal(4, 6),
    "net_amount": decimal(36, 6),
}

SHAPES: dict[str, Shape] = {
    "plain-wide": Shape(
        "usage",
        {
            "timestamp": _SECOND,
            "customer": name("customer-", 40, _OWNER),
            "project": _PROJECT,
            "api_key": _KEY,
            "model": _MODEL,
            "input_tokens": count(20, 20_000),
            "cached_input_tokens": count(0, 30_000),
            "output_tokens": count(1, 4_000),
            "requests": said("1"),
        },
    ),
    "plain-long": Shape(
        "usage",
        {
            "timestamp": _SECOND,
            "customer": name("customer-", 40, _OWNER),
            "model": _MODEL,
            "meter": one_of("input_tokens", "output_tokens", "cached_input_tokens"),
            "quantity": count(1, 20_000),
        },
    ),
    "openai-completions-usage": Shape("usage", _completions(False)),
    "openai-completions-usage, floats": Shape("usage", _completions(True)),
    "openai-costs": Shape("statement", _costs(True)),
    "anthropic-tokens": Shape(
        "usage",
        {
            **_ANTHROPIC,
            "usage_input_tokens_no_cache": count(1, 900_000),
            "usage_input_tokens_cache_write_5m": count(0, 90_000),
            "usage_input_tokens_cache_write_1h": said("0"),
            "usage_input_tokens_cache_read": count(0, 9_000_000),
            "usage_output_tokens": count(1, 90_000),
            "web_search_count": count(0, 9),
            "inference_geo": one_of("global", "not_available", "us"),
            "speed": EMPTY,
        },
    ),
    "anthropic-cost": Shape(
        "statement",
        {
            "usage_date_utc": day(),
            "model": one_of("Claude Haiku 4.5", "Claude Opus 4.8", "Claude 3 Haiku"),
            "workspace": _PROJECT,
            "api_key": _KEY,
            "usage_type": one_of("message", "message", "batch"),
            "context_window": one_of("≤ 200k", "≤ 200k", "> 200k"),
            "token_type": one_of("input_no_cache", "input_cache_read", "output"),
            "cost_usd": decimal(30, 2),
            "list_price_usd": decimal(30, 2),
            "cost_type": said("token"),
            "inference_geo": one_of("global", "not_available", "us"),
            "speed": EMPTY,
        },
    ),
    "openrouter-activity": Shape("usage", {"generation_id": identifier("gen-"), **_OPENROUTER}),
    "openrouter-activity-days": Shape(
        "usage",
        {
            "Date": day("%Y-%m-%d 00:00:00", 0, "TIMESTAMP"),
            "Slug": name("anthropic/claude-", 40),
            "Usage": decimal(90, 6),
            "BYOK Usage": said("0"),
            "Requests": count(1, 2_000),
            "Prompt Tokens": count(1, 400_000),
            "Completion Tokens": count(9_000, 900_000),
            "Reasoning Tokens": count(0, 9_000),
        },
        quoted=True,
    ),
    "deepseek-amount": Shape(
        "usage",
        {
            **_DEEPSEEK_DAYS,
            "api_key_name": _KEY,
            "api_key": said("sk-demo1***********************0001"),
            "type": one_of("input_cache_hit_tokens", "input_cache_miss_tokens", "output_tokens"),
            "price": decimal(1, 8),
            "amount": count(1, 20_000_000),
        },
    ),
    "deepseek-cost": Shape(
        "statement",
        {
            **_DEEPSEEK_DAYS,
            "wallet_type": one_of("Paid", "Paid", "Granted"),
            "cost": decimal(9, 7, zeros=9),
            "currency": said("CNY"),
        },
    ),
    "cursor-usage-events": Shape(
        "usage",
        {
            "Date": _MILLISECOND,
            "Kind": one_of("Included", "On-Demand", "Errored, No Charge"),
            "Model": name("claude-opus-4-7-", 12),
            "Max Mode": one_of("No", "No", "Yes"),
            "Input (w/ Cache Write)": count(0, 900_000),
            "Input (w/o Cache Write)": count(0, 500_000),
            "Cache Read": count(0, 9_000_000),
            "Output Tokens": count(1, 90_000),
            "Total Tokens": count(1, 9_000_000),
            "Cost": decimal(9, 2),
        },
        quoted=True,
    ),
    "github-copilot-usage": Shape(
        "usage",
        {
            "date": day(),
            "username": _USER,
            "product": said("copilot"),
            "sku": one_of("copilot_ai_credit", "coding_agent_ai_credit"),
            "model": one_of("Claude Haiku 4.5", "Auto: Claude Haiku 4.5", "GPT-5"),
            "quantity": decimal(40, 6),
            "unit_type": said("ai-credits"),
            "applied_cost_per_quantity": said("0.01"),
            **_GITHUB,
            "total_monthly_quota": said("1900"),
            "organization": said("demo-org"),
            "repository": EMPTY,
            "cost_center_name": name("Team ", 9),
            "aic_quantity": said("0"),
            "aic_gross_amount": said("0"),
            "input": count(1, 9_000),
            "output": count(1, 9_000),
            "cache_read": count(0, 900_000),
            "cache_write": count(0, 90_000),
        },
    ),
    "github-metered-usage": Shape(
        "statement",
        {
            "date": day(),
            "product": one_of("copilot", "actions"),
            "sku": one_of("copilot_premium_request", "actions_linux"),
            "quantity": count(1, 90),
            "unit_type": one_of("requests", "minutes"),
            "applied_cost_per_quantity": said("0.04"),
            **_GITHUB,
            "username": _USER,
            "organization": said("demo-org"),
            "repository": name("repo-", 90),
            "workflow_path": EMPTY,
            "cost_center_name": EMPTY,
        },
    ),
}
