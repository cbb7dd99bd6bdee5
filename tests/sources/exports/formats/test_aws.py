"""AWS: the cost and usage report in two spellings, its units, its lines that are no usage."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports.formats.offering import claims
from tests.sources.exports.reading import (
    SOURCE,
    Read,
    csv_text,
    export_file,
    read_files,
    read_text,
    write,
)
from tokenbooks.book import Contract, UsageSource
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.exports.descriptors.reading import shipped_descriptors
from tokenbooks.sources.exports.files import find_export_files

KEPT = ("service", "model", "region", "batch", "service_tier", "context", "user", "unit", "team")

CUR_2 = (
    "identity_line_item_id,bill_billing_period_start_date,line_item_usage_start_date,"
    "line_item_usage_end_date,line_item_usage_account_id,line_item_line_item_type,"
    "line_item_product_code,line_item_usage_type,line_item_operation,line_item_usage_amount,"
    "line_item_normalized_usage_amount,pricing_unit,line_item_currency_code,"
    "line_item_unblended_cost,line_item_net_unblended_cost,line_item_iam_principal,product,"
    "reservation_units_per_reservation,tags"
)
OLDER = (
    "identity/LineItemId,bill/BillingPeriodStartDate,lineItem/UsageStartDate,"
    "lineItem/UsageEndDate,lineItem/UsageAccountId,lineItem/LineItemType,lineItem/ProductCode,"
    "lineItem/UsageType,lineItem/Operation,lineItem/UsageAmount,pricing/unit,"
    "lineItem/CurrencyCode,lineItem/UnblendedCost,lineItem/NetUnblendedCost,"
    "product/ProductName,reservation/UnitsPerReservation,resourceTags/user:Team"
)


def row(usage_type: str, amount: str, unit: str, cost: str, **more: str) -> dict[str, str]:
    """A line of 10 to 11 o'clock; cost after a discount of 10 %."""
    return {
        "line_item_usage_start_date": "2026-09-01T10:00:00Z",
        "line_item_usage_end_date": "2026-09-01T11:00:00Z",
        "line_item_usage_account_id": "111122223333",
        "line_item_line_item_type": "Usage",
        "line_item_product_code": "AmazonBedrock",
        "line_item_usage_type": usage_type,
        "line_item_usage_amount": amount,
        "pricing_unit": unit,
        "line_item_currency_code": "USD",
        "line_item_unblended_cost": cost,
        "line_item_net_unblended_cost": f"{Decimal(cost) * 9 / 10}",
        **more,
    }


def spelled(line: Mapping[str, str], header: str) -> dict[str, str]:
    """The cells of a line under the spelling of a header; what that lacks is left out."""
    names = {"".join(c for c in name.lower() if c.isalnum()): name for name in header.split(",")}
    found = {name: names.get(name.replace("_", "")) for name in line}
    return {found[name] or "": cell for name, cell in line.items() if found[name]}


def text_of(*lines: Mapping[str, str], header: str = CUR_2) -> str:
    return csv_text(header, [spelled(line, header) for line in lines])


def read_lines(folder: Path, *lines: Mapping[str, str], **options: Any) -> Read:
    header = options.pop("header", CUR_2)
    kept = options.pop("kept", KEPT)
    text = text_of(*lines, header=header)
    return read_text(folder, text, name="cur.csv", kept=kept, **options)


INPUT = row("USE1-Claude4.6Sonnet-input-tokens", "23", "1K tokens", "0.069")
OUTPUT = row("USE1-Claude4.6Sonnet-output-tokens", "14.266666667", "1K tokens", "0.214")
MILLIONS = row("USE1-MP:USE1_InputTokenCount-Units", "1.5", "1M tokens", "4.95")


# -- units and spellings ------------------------------------------------------------


@pytest.mark.parametrize("header", [CUR_2, OLDER], ids=["CUR 2.0", "the older report"])
def test_both_spellings(tmp_path: Path, header: str) -> None:
    read = read_lines(tmp_path, INPUT, OUTPUT, MILLIONS, header=header)
    assert read.told == ""
    account = read.account
    assert (account.format, account.used) == ("aws-cost-and-usage", 3)
    assert account.unknown_columns == ()
    assert account.provisional_from == date(2026, 8, 31)  # the last 2 of its days
    # 23 x 1,000 + 1.5 x 1,000,000, and 14,266.67 to the nearest token
    assert read.totals() == {"input_tokens": 1523000, "output_tokens": 14267}
    assert account.stated == Decimal("4.7097")  # (0.069 + 0.214 + 4.95) x 0.9


@pytest.mark.parametrize(
    ("unit", "tokens"),
    [
        ("1K tokens", 2500),
        ("1K Tokens", 2500),
        ("1000 tokens", 2500),
        ("1M tokens", 2500000),
        ("Units", 2500000),  # of the Marketplace: millions
    ],
)
def test_only_the_unit_says_how_many_tokens_one_is(tmp_path: Path, unit: str, tokens: int) -> None:
    read = read_lines(tmp_path, {**MILLIONS, "line_item_usage_amount": "2.5", "pricing_unit": unit})
    assert (read.told, read.totals()) == ("", {"input_tokens": tokens})


@pytest.mark.parametrize("unit", ["", "tokens (thousands)", "Hrs"])
def test_tokens_in_an_unknown_unit_are_refused(tmp_path: Path, unit: str) -> None:
    read = read_lines(tmp_path, {**INPUT, "pricing_unit": unit})
    assert [problem.code for problem in read.problems] == ["unit-unknown"]
    place = text_of({**INPUT, "pricing_unit": "HERE"}).splitlines()[1].index("HERE") + 1
    assert f"{read.problems[0].position}" == f"cur.csv:2:{place}"
    assert (read.account.used, read.account.rejected) == (0, 1)


def test_what_is_no_token_is_counted_as_written(tmp_path: Path) -> None:
    guard = row("USE1-Guardrail-ContentPolicyUnitsConsumed", "12.5", "1K text units", "0.01")
    hours = row("USE1-Claude4.6Sonnet-ProvisionedThroughput-ModelUnits", "24", "Hrs", "500")
    read = read_lines(tmp_path, guard, hours)
    assert (read.told, read.totals()) == ("", {"units": Decimal("36.5")})
    assert read.by("unit", "units") == {"1K text units": Decimal("12.5"), "Hrs": 24}


def test_amounts_of_more_decimals_are_rounded(tmp_path: Path) -> None:
    read = read_lines(tmp_path, {**INPUT, "line_item_usage_amount": "0.0832500001"})
    assert (read.told, read.totals()) == ("", {"input_tokens": 83})  # 83.2500001


@pytest.mark.parametrize(
    ("amount", "code"),
    [("-1", "negative-count"), ("1,000", "bad-quantity"), ("x", "bad-quantity")],
)
def test_bad_quantities_are_refused(tmp_path: Path, amount: str, code: str) -> None:
    read = read_lines(tmp_path, {**INPUT, "line_item_usage_amount": f'"{amount}"'})
    assert [problem.code for problem in read.problems] == [code]


# -- what a usage type tells --------------------------------------------------------

TYPES: list[tuple[str, str, str | None, dict[str, str]]] = [
    ("USE1-Claude4.6Opus-input-tokens", "input_tokens", "Claude4.6Opus", {"region": "USE1"}),
    (
        "EUC1-Claude4.6Opus-cache-read-input-token-count",
        "cached_input_tokens",
        "Claude4.6Opus",
        {"region": "EUC1"},
    ),
    (
        "USE1-Claude4.6Opus-cache-write-input-token-count-cross-region-global",
        "cache_write_tokens",
        "Claude4.6Opus",
        {},
    ),
    (
        "USE1-Llama4-Maverick-17B-input-tokens-batch",
        "input_tokens",
        "Llama4-Maverick-17B",
        {"region": "USE1", "batch": "true"},
    ),
    (
        "USE1-GPT-OSS-Safeguard-20B-output-tokens-priority",
        "output_tokens",
        "GPT-OSS-Safeguard-20B",
        {"region": "USE1", "service_tier": "priority"},
    ),
    (
        "USE1-Gemma-3-4B-IT-input-tokens-flex",
        "input_tokens",
        "Gemma-3-4B-IT",
        {"region": "USE1", "service_tier": "flex"},
    ),
    (
        "USE1-Claude4.6Sonnet-input-tokens-long-context",
        "input_tokens",
        "Claude4.6Sonnet",
        {"region": "USE1", "context": ">200k"},
    ),
    (
        "USW2-anthropic.claude-opus-4-8-mantle-input-tokens-global-standard",
        "input_tokens",
        "anthropic.claude-opus-4-8",
        {},
    ),
    ("USE1-MP:USE1_InputTokenCount-Units", "input_tokens", None, {"region": "USE1"}),
    ("USE1-MP:USE1_OutputTokenCount_Global_Batch-Units", "output_tokens", None, {"batch": "true"}),
    (
        "USE1-MP:USE1_CacheReadInputTokenCount-Units",
        "cached_input_tokens",
        None,
        {"region": "USE1"},
    ),
    ("USE1-MP:USE1_CacheWrite1hInputTokenCount_Global-Units", "cache_write_1h_tokens", None, {}),
    (
        "USE1-MP:USE1_input_tokens_long_ctx_global_standard-Units",
        "input_tokens",
        None,
        {"context": ">200k"},
    ),
    ("USE1-MP:USE1_cache_read_tokens_standard-Units", "cached_input_tokens", None, {}),
    ("EU-NovaSonic-speech-input-tokens", "input_audio_tokens", "NovaSonic", {"region": "EU"}),
]


@pytest.mark.parametrize(("usage_type", "meter", "model", "dimensions"), TYPES)
def test_what_a_usage_type_tells(
    tmp_path: Path, usage_type: str, meter: str, model: str | None, dimensions: dict[str, str]
) -> None:
    read = read_lines(tmp_path, row(usage_type, "7", "1K tokens", "1"))
    assert (read.told, read.totals()) == ("", {meter: 7000})
    assert read.by("model", meter) == {model: 7000}
    for name in ("region", "batch", "service_tier", "context"):
        if name != "region" or "region" in dimensions or "global" in usage_type.lower():
            assert read.by(name, meter) == {dimensions.get(name): 7000}, name


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        (
            CUR_2,
            {"product": '"{""product_name"": ""Claude Sonnet 4.6 (Amazon Bedrock Edition)""}"'},
        ),
        (OLDER, {"product_product_name": "Claude Sonnet 4.6 (Amazon Bedrock Edition)"}),
    ],
    ids=["CUR 2.0", "the older report"],
)
def test_models_of_the_marketplace_are_in_the_product(
    tmp_path: Path, header: str, cells: dict[str, str]
) -> None:
    read = read_lines(tmp_path, {**MILLIONS, **cells}, INPUT, header=header)
    assert read.told == ""
    assert read.by("model", "input_tokens") == {
        "Claude Sonnet 4.6": 1500000,
        "Claude4.6Sonnet": 23000,
    }


# -- lines that are no usage, costs, tags -------------------------------------------

OTHERS = [
    row("USE1-MP:USE1_InputTokenCount-Units", "0", "", "-1.25", line_item_line_item_type="Credit"),
    row("USE1-Claude4.6Sonnet-input-tokens", "-3", "1K tokens", "-0.5",
        line_item_line_item_type="Refund"),
    row("", "1", "", "0.40", line_item_line_item_type="Tax"),
    row("USE1-HeavyUsage", "1", "", "100", line_item_line_item_type="Fee"),
    row("USE1-HeavyUsage", "1", "Hrs", "3", line_item_line_item_type="RIFee"),
    row("", "1", "", "-0.2", line_item_line_item_type="BundledDiscount"),
]  # fmt: skip


def test_credits_taxes_refunds_and_fees_are_no_usage(tmp_path: Path) -> None:
    read = read_lines(tmp_path, INPUT, *OTHERS)
    assert (read.told, read.totals()) == ("", {"input_tokens": 23000})
    assert read.account.skipped == {
        "tax": 1,
        "credit or refund": 2,
        "fee or purchase": 2,
        "discount": 1,
    }
    assert read.account.is_balanced


def test_credits_taxes_refunds_and_fees_are_amounts(tmp_path: Path) -> None:
    read = read_lines(tmp_path, INPUT, *OTHERS, kind="statement")
    assert (read.told, read.account.used) == ("", 7)
    assert read.account.amounts == {
        "owed": Decimal("2.7621"),  # (0.069 + 3) x 0.9
        "credit": Decimal("-1.755"),  # (1.25 + 0.5 + 0.2) x 0.9
        "tax": Decimal("0.36"),
        "purchase": Decimal(90),
    }
    assert read.account.stated == Decimal("1.0071")


def test_cost_after_discounts_where_there_is_one(tmp_path: Path) -> None:
    without = {**OUTPUT, "line_item_net_unblended_cost": ""}
    read = read_lines(tmp_path, INPUT, without, kind="statement")
    assert read.stated() == [(Decimal("0.2761"), Decimal("0.283"))]  # 0.0621 + 0.214; 0.069 + 0.214
    header = CUR_2.replace("line_item_net_unblended_cost,", "")
    none = read_lines(tmp_path, INPUT, OUTPUT, kind="statement", header=header)
    assert none.account.stated == Decimal("0.283")


def test_only_what_is_asked_for_counts(tmp_path: Path) -> None:
    machine = row("USE1-BoxUsage:m7i.large", "24", "Hrs", "2.4", line_item_product_code="AmazonEC2")
    models = row("USE1-MP:USE1_InputTokenCount-Units", "1", "Units", "3",
                 line_item_product_code="AmazonBedrockFoundationModels")  # fmt: skip
    source = replace(SOURCE, only=(("service", "AmazonBedrock*"),))
    for kind, stated in (("usage", "2.7621"), ("statement", "2.7621")):
        read = read_lines(tmp_path, machine, models, INPUT, kind=kind, source=source)
        assert (read.told, read.account.used) == ("", 2)
        assert read.account.skipped == {"not asked for (only:)": 1}
        assert read.account.stated == Decimal(stated)  # (3 + 0.069) x 0.9


def test_principals_and_their_tags(tmp_path: Path) -> None:
    first = "arn:aws:sts::111122223333:assumed-role/DataRole/i-0abc"
    second = "arn:aws:iam::111122223333:user/ben"
    tags = '"{""iamPrincipal/team"": ""data"", ""app"": ""x""}"'
    lines = [{**INPUT, "line_item_iam_principal": first, "tags": tags}]
    lines.append({**INPUT, "line_item_iam_principal": second})
    source = replace(SOURCE, tags=(("team", "iamPrincipal/team"),))
    read = read_lines(tmp_path, *lines, source=source)
    assert read.by("user", "input_tokens") == {first: 23000, second: 23000}
    assert read.by("team", "input_tokens") == {"data": 23000, None: 23000}


def test_tags_of_the_older_report_are_columns(tmp_path: Path) -> None:
    name = "resourceTags/user:Team"
    text = text_of(INPUT, header=OLDER).rstrip("\n") + "data\n"
    source = replace(SOURCE, dimensions=(name,))
    read = read_text(tmp_path, text, kept=(name,), source=source)
    assert read.by(name, "input_tokens") == {"data": 23000}


# -- parts and containers -----------------------------------------------------------


def test_parts_of_a_delivery_add_up_though_they_share_hours(tmp_path: Path) -> None:
    parts = [
        write(tmp_path, text_of(line), f"cur-{n}.csv") for n, line in enumerate([INPUT, OUTPUT])
    ]
    read = read_files([export_file(path) for path in parts], KEPT)
    assert (read.told, read.totals()) == ("", {"input_tokens": 23000, "output_tokens": 14267})


def test_the_same_part_twice_is_an_error(tmp_path: Path) -> None:
    parts = [write(tmp_path, text_of(INPUT), f"cur-{n}.csv") for n in (1, 2)]
    read = read_files([export_file(path) for path in parts], KEPT)
    assert [problem.code for problem in read.problems] == ["file-twice"]


def test_gzip(tmp_path: Path) -> None:
    (tmp_path / "usage").mkdir()
    packed = gzip.compress(text_of(INPUT, OUTPUT).encode())
    write(tmp_path / "usage", packed, "cur-00001.csv.gz")
    contract = Contract("aws", "buy", "AWS", "bedrock", "arrears", usage=(UsageSource("usage/*"),))
    files, problems = find_export_files(tmp_path, contract, "UTC")
    assert problems == []
    read = read_files(files, KEPT, shipped_descriptors())
    assert (read.told, read.account.used) == ("", 2)
    assert read.totals() == {"input_tokens": 23000, "output_tokens": 14267}


def test_parquet_with_binary_numbers_and_maps(tmp_path: Path) -> None:
    path = tmp_path / "cur.parquet"
    connect().execute(
        "COPY (SELECT TIMESTAMP '2026-09-01 10:00:00' AS line_item_usage_start_date,"
        " TIMESTAMP '2026-09-01 11:00:00' AS line_item_usage_end_date,"
        " 'Usage' AS line_item_line_item_type, 'AmazonBedrock' AS line_item_product_code,"
        " 'USE1-MP:USE1_InputTokenCount-Units' AS line_item_usage_type,"
        " 0.0123456789::DOUBLE AS line_item_usage_amount, '1M tokens' AS pricing_unit,"
        " 'USD' AS line_item_currency_code,"
        " 1.2345678901234567e-05::DOUBLE AS line_item_unblended_cost,"
        " NULL::DOUBLE AS line_item_net_unblended_cost,"
        " map {'product_name': 'Claude Opus 5 (Amazon Bedrock Edition)'} AS product,"
        f" map {{'user_team': 'data'}} AS resource_tags) TO '{path}'"
    )
    source = replace(SOURCE, tags=(("team", "user_team"),))
    read = read_files([export_file(path, source=source)], KEPT)
    assert (read.told, read.totals()) == ("", {"input_tokens": 12346})  # 12,345.6789
    assert read.by("model", "input_tokens") == {"Claude Opus 5": 12346}
    assert read.by("team", "input_tokens") == {"data": 12346}
    assert read.account.stated == Decimal("0.000012345678901235")


def test_an_export_of_chosen_columns_may_lack_the_end(tmp_path: Path) -> None:
    read = read_lines(tmp_path, INPUT, header=CUR_2.replace("line_item_usage_end_date,", ""))
    assert (read.told, read.totals()) == ("", {"input_tokens": 23000})


@pytest.mark.parametrize("header", [CUR_2, OLDER])
def test_each_header_is_of_one_format(tmp_path: Path, header: str) -> None:
    assert claims(tmp_path, text_of(INPUT, header=header)) == ["aws-cost-and-usage"]


def test_the_report_of_the_collection(shared: Path) -> None:
    path = shared / "data" / "exports" / "aws_cur2_bedrock.csv"
    read = read_files([export_file(path)], KEPT)
    assert (read.told, read.account.rows_read, read.account.used) == ("", 7, 5)
    # 23,000 + 39,600 + 2 x 1,000 (the file says 1K); 14,266.666667 + 39,600
    assert read.totals() == {"input_tokens": 64600, "output_tokens": 53867}
    stated = read_files([export_file(path, "statement")])
    # 0.069 + 0.214 + 0.198 + 0.990 + 0.0099 - 1.25
    assert (stated.told, stated.account.stated) == ("", Decimal("0.2309"))
