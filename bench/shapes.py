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
    json_object,
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
#: The salt of a product and what belongs to it.
_SKU = 2

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

_USAGE_TYPES = (
    "USE1-Claude4.6Sonnet-input-tokens",
    "USE1-Claude4.6Sonnet-output-tokens",
    "USE1-Claude4.6Sonnet-cache-read-input-token-count",
    "USE1-MP:USE1_InputTokenCount_Global-Units",
    "USW2-Claude4.6Opus-output-tokens-batch",
    "EUC1-Claude4.6Haiku-input-tokens-cross-region-global",
)
_AZURE_METERS = (
    "gpt-4o-0806-Inp-glbl Tokens",
    "gpt-4o-0806-Outp-glbl Tokens",
    "gpt 4o 1120 cached Inp glbl Tokens",
    "GPT 5 Inpt Glbl 1M Tokens",
    "5.4 opt Dz 1M Tokens",
    "gpt-4o-mini-0718-Inp-regnl Tokens",
)
_GOOGLE_SKUS = (
    "Generate content input token count gemini 3.7 flash text",
    "Generate content output token count gemini 3.7 flash text",
    "Generate content input token count gemini 3.7 flash image flex caching",
    "Generate content input token count gemini 2.5 pro short input text batch",
)
_FOCUS_ITEMS = (
    "Input tokens of the large model",
    "Output tokens of the large model",
    "Cached input tokens of the large model",
    "Input tokens of the small model",
)

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
            "cost_center_name": name("Team ", 5, _OWNER),
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
            "product": one_of("copilot", "actions", salt=_SKU),
            "sku": one_of("copilot_premium_request", "actions_linux", salt=_SKU),
            "quantity": count(1, 90),
            "unit_type": one_of("requests", "minutes", salt=_SKU),
            "applied_cost_per_quantity": said("0.04"),
            **_GITHUB,
            "username": _USER,
            "organization": said("demo-org"),
            "repository": name("repo-", 40, _OWNER),
            "workflow_path": EMPTY,
            "cost_center_name": EMPTY,
        },
    ),
    "aws-cost-and-usage": Shape(
        "usage",
        {
            "identity_line_item_id": identifier("line-"),
            "line_item_usage_start_date": instant("%Y-%m-%dT%H:00:00Z"),
            "line_item_usage_end_date": instant("%Y-%m-%dT%H:00:00Z", 3_600),
            "line_item_usage_account_id": name("1234567890", 8, _OWNER),
            "line_item_line_item_type": one_of("Usage", "Usage", "Tax"),
            "line_item_product_code": said("AmazonBedrock"),
            "line_item_usage_type": one_of(*_USAGE_TYPES),
            "line_item_operation": said("InvokeModelInference"),
            "line_item_usage_amount": decimal(40, 9),
            "pricing_unit": said("1K tokens"),
            "line_item_currency_code": said("USD"),
            "line_item_unblended_cost": decimal(3, 9),
            "line_item_net_unblended_cost": decimal(3, 9),
            "line_item_iam_principal": name("arn:aws:iam::123456789012:user/", 20, _OWNER),
            "line_item_line_item_description": said("$0.003 per 1K input tokens"),
            "tags": EMPTY,
            **{f"product_column_{n}": said("a text that nobody reads") for n in range(20)},
        },
    ),
    "azure-cost-details": Shape(
        "usage",
        {
            **{f"Account{n}": said("Demo Enrollment") for n in range(8)},
            "SubscriptionId": name("subscription-", 8, _OWNER),
            "SubscriptionName": name("Subscription ", 8, _OWNER),
            "Date": day("%m/%d/%Y"),
            "Product": said("Azure OpenAI - Global - US East 2"),
            "MeterId": said("aaaef613-418a-4a5f-af72-d224d7dee2c6"),
            "MeterCategory": said("Foundry Models"),
            "MeterSubCategory": said("Azure OpenAI"),
            "MeterName": one_of(*_AZURE_METERS),
            "Quantity": decimal(400, 6),
            "EffectivePrice": decimal(1, 6),
            "Cost": decimal(9, 9),
            "UnitPrice": decimal(1, 6),
            "BillingCurrency": said("USD"),
            "ResourceLocation": said("EastUS2"),
            "ResourceName": name("resource-", 20, _OWNER),
            "AdditionalInfo": json_object(Deployments=count(1, 9)),
            "Tags": said('"org": "demo"'),
            "UnitOfMeasure": said("1K"),
            "ResourceGroup": name("group-", 8, _OWNER),
            "ChargeType": said("Usage"),
            **{f"Further{n}": said("nobody reads it") for n in range(20)},
        },
        options=", dateformat = '%m/%d/%Y'",
    ),
    "google-cost-table": Shape(
        "usage",
        {
            "Billing account name": said("Demo Billing"),
            "Billing account ID": said("0A0A0A-0B0B0B-0C0C0C"),
            "Project name": _PROJECT,
            "Project ID": _PROJECT,
            "Project hierarchy": said("example.com"),
            "Service description": said("Gemini API"),
            "Service ID": said("SVC-DEMO"),
            "SKU description": one_of(*_GOOGLE_SKUS, salt=_SKU),
            "SKU ID": name("SKU-", len(_GOOGLE_SKUS), _SKU),
            "Consumption model description": said("Default"),
            "Credit type": EMPTY,
            "Cost type": said("Usage"),
            "Usage start date": day(),
            "Usage end date": day(),
            "Usage amount": count(1_000, 9_000_000, commas=True),
            "Usage unit": said("count"),
            "Unrounded cost ($)": decimal(9, 6),
            "Cost ($)": decimal(9, 2),
        },
        preamble="Invoice number,1234567890,\nInvoice date,2025-10-31,\nCurrency,USD,\n",
        options=", thousands = ','",
    ),
    "focus": Shape(
        "usage",
        {
            "BilledCost": decimal(3, 9),
            "BillingAccountId": said("1234567890123"),
            "BillingCurrency": said("USD"),
            "BillingPeriodEnd": said("2025-11-01T00:00:00Z"),
            "BillingPeriodStart": said("2025-10-01T00:00:00Z"),
            "ChargeCategory": said("Usage"),
            "ChargeClass": EMPTY,
            "ChargeDescription": one_of(*_FOCUS_ITEMS, salt=_SKU),
            "ChargeFrequency": said("Usage-Based"),
            "ChargePeriodEnd": instant("%Y-%m-%dT%H:00:00Z", 3_600),
            "ChargePeriodStart": instant("%Y-%m-%dT%H:00:00Z"),
            "ConsumedQuantity": count(1, 900_000),
            "ConsumedUnit": said("tokens"),
            "ContractedCost": decimal(3, 9),
            "EffectiveCost": decimal(3, 9),
            "InvoiceIssuerName": said("Example, Inc."),
            "ListCost": decimal(3, 9),
            "PricingQuantity": count(1, 900),
            "PricingUnit": said("1K tokens"),
            "ProviderName": said("Example"),
            "PublisherName": said("Example"),
            "RegionId": one_of("us-west-2", "eu-west-1"),
            "ResourceId": name("arn:demo:deployment/", 40, _OWNER),
            "ServiceCategory": said("AI and Machine Learning"),
            "ServiceName": said("Models"),
            "SkuId": name("SKU-", len(_FOCUS_ITEMS), _SKU),
            "SubAccountId": name("account-", 8, _OWNER),
            "SubAccountName": name("Account ", 8, _OWNER),
            "Tags": json_object(team=count(1, 9)),
        },
    ),
    "litellm-daily": Shape(
        "usage",
        {
            "id": identifier(""),
            "user_id": _USER,
            "date": day(),
            "api_key": name("a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", 40, _OWNER),
            "model": _MODEL,
            "model_group": said("default"),
            "custom_llm_provider": one_of("openai", "anthropic"),
            "prompt_tokens": count(60_000, 900_000),
            "completion_tokens": count(1, 90_000),
            "cache_read_input_tokens": count(0, 50_000),
            "cache_creation_input_tokens": count(0, 9_000),
            "spend": decimal(9, 9),
            "api_requests": count(1, 900),
            "successful_requests": count(1, 900),
            "failed_requests": said("0"),
        },
    ),
    "litellm-requests": Shape(
        "usage",
        {
            "request_id": identifier("chatcmpl-"),
            "call_type": said("acompletion"),
            "api_key": name("a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", 40, _OWNER),
            "spend": decimal(1, 9),
            "total_tokens": count(1, 9_000),
            "prompt_tokens": count(6_000, 9_000),
            "completion_tokens": count(1, 900),
            "startTime": instant("%Y-%m-%d %H:%M:%S.%g"),
            "endTime": instant("%Y-%m-%d %H:%M:%S.%g", 9),
            "model": _MODEL,
            "custom_llm_provider": said("openai"),
            "user": _USER,
            "metadata": json_object(unread=count(0, 9), retries=count(0, 3)),
            "cache_hit": said("False"),
            "team_id": name("team-", 5, _OWNER),
            "end_user": name("customer-", 40, _OWNER),
            "status": said("success"),
        },
    ),
    "langfuse-observations": Shape(
        "usage",
        {
            "id": identifier("observation-"),
            "trace_id": identifier("trace-"),
            "project_id": _PROJECT,
            "environment": said("production"),
            "type": said("GENERATION"),
            "start_time": instant("%Y-%m-%d %H:%M:%S.%f"),
            "end_time": instant("%Y-%m-%d %H:%M:%S.%f", 9),
            "name": one_of("answer", "summary"),
            "provided_model_name": _MODEL,
            "usage_details": json_object(
                input=count(1, 9_000), output=count(1, 900), total=count(9_900, 9_901)
            ),
            "cost_details": json_object(total=decimal(1, 6)),
            "total_cost": decimal(1, 9),
            "latency": decimal(9, 3),
        },
    ),
}
