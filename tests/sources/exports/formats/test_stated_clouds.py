"""What the statements of clouds count: meters, quantities, and credits among them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports.formats import test_aws as aws
from tests.sources.exports.formats import test_azure as azure
from tests.sources.exports.formats import test_focus as focus
from tests.sources.exports.formats import test_google as google
from tests.sources.exports.reading import export_file, read_files, read_text


def D(text: str) -> Decimal:  # noqa: N802 - it reads as a literal
    return Decimal(text)


def test_aws_counts_usage_and_takes_off_credits(tmp_path: Path) -> None:
    read = aws.read_lines(
        tmp_path, aws.INPUT, aws.OUTPUT, aws.MILLIONS, *aws.OTHERS, kind="statement", kept=()
    )
    assert read.told == ""
    assert read.counted() == [
        # a credit on input, and the refund of 3,000 tokens: -1.125 - 0.45; a bundle's discount
        ("credit", "input_tokens", None, D("-1.575")),
        ("credit", None, None, D("-0.18")),
        # 23 x 1,000 + 1.5 x 1,000,000 for (0.069 + 4.95) x 0.9
        ("owed", "input_tokens", 1523000, D("4.5171")),
        ("owed", "output_tokens", 14267, D("0.1926")),
        ("owed", None, None, D("2.7")),  # a fee of a reservation
        ("purchase", None, None, D("90")),
        ("tax", None, None, D("0.36")),
    ]
    # 4.5171 + 0.1926 + 2.7 is owed, less 1.755
    assert read.account.stated == D("5.6547")


def test_a_discount_is_no_discounted_usage(tmp_path: Path) -> None:
    kinds = ["DiscountedUsage", "EdpDiscount", "PrivateRateDiscount", "Credit", "Refund"]
    lines = [{**aws.INPUT, "line_item_line_item_type": kind} for kind in kinds]
    read = aws.read_lines(tmp_path, *lines, kind="statement", kept=())
    assert read.counted() == [
        ("credit", "input_tokens", None, D("0.2484")),  # four times 0.069 x 0.9
        ("owed", "input_tokens", 23000, D("0.0621")),
    ]


def test_azure_takes_off_refunds(tmp_path: Path) -> None:
    lines = [
        azure.row("gpt-4o-mini-0718-Inp-glbl Tokens", "14.5", "1K", "0.002175"),
        azure.row("GPT 5 Inpt Glbl 1M Tokens", "2", "1M", "2.5"),
        azure.row("gpt-4o-mini-0718-Inp-glbl Tokens", "0", "1K", "-0.5", ChargeType="Refund"),
        azure.row("Provisioned Managed Global Unit", "24", "1 Hour", "24"),
        azure.row("GRS Write Operations", "3", "10K", "0.15"),
    ]
    read = azure.read_lines(tmp_path, *lines, kind="statement", kept=())
    assert read.told == ""
    assert read.counted() == [
        ("credit", "input_tokens", None, D("-0.5")),
        ("owed", "capacity_hours", 24, D("24")),
        ("owed", "input_tokens", 2014500, D("2.502175")),  # 14.5 x 1,000 + 2 x 1,000,000
        ("owed", "units", 3, D("0.15")),
    ]
    assert read.account.stated == D("26.152175")


def test_google_takes_off_credits_of_every_type(tmp_path: Path) -> None:
    usage = google.line(google.INPUT, "20,122,880", "1.085840")
    taken_off = "".join(
        google.line(google.INPUT, "", amount).replace(",,Usage,", f",{kind},Usage,", 1)
        for kind, amount in (("Promotion", "-0.50"), ("Discount", "-0.25"))
    )
    rows = (
        usage + taken_off + google.last("Tax", "0.19") + google.last("Rounding error", "0.004160")
    )
    text = google.PREAMBLE + google.HEADER + rows + google.last("Total", "0.53")
    read = read_text(tmp_path, text, kind="statement", kept=())
    assert read.told == ""
    assert read.counted() == [
        ("credit", "input_tokens", None, D("-0.75")),
        ("owed", "input_tokens", 20122880, D("1.08584")),
        ("owed", None, None, D("0.00416")),
        ("tax", None, None, D("0.19")),
    ]
    # 1.08584 + 0.00416 - 0.75; with the tax it is the total of the file
    assert read.account.stated == D("0.34")


def test_focus_takes_off_credits(tmp_path: Path) -> None:
    tokens = {"SkuMeter": "Input tokens", "ConsumedQuantity": "7", "ConsumedUnit": "1K tokens"}
    lines = [
        focus.row("tokens", "14", "14", **tokens),
        focus.row("tokens", "-2", "-2", **{**tokens, "ConsumedQuantity": "-1"}),
        focus.row("Voucher", "-5", "-5", "Credit"),
        focus.row("Refund of tokens", "-1", "-1", "Credit", SkuMeter="Input tokens"),
        focus.row("Goodwill", "-0.5", "-0.5", "Adjustment"),
        focus.row("VAT", "1.1", "1.1", "Tax"),
        focus.row("Upfront", "1200", "0", "Purchase"),
        focus.row("Seats", "3", "3", ConsumedQuantity="NULL"),
    ]
    read = focus.read_lines(tmp_path, *lines, kind="statement", kept=())
    assert read.told == ""
    assert read.counted() == [
        ("credit", "input_tokens", None, D("-1")),
        ("credit", None, None, D("-5")),
        ("owed", "input_tokens", 6000, D("12")),  # 7,000 less 1,000 that are taken back
        ("owed", "units", None, D("3")),
        ("owed", None, None, D("-0.5")),
        ("purchase", None, None, 0),
        ("tax", None, None, D("1.1")),
    ]
    assert read.account.stated == D("8.5")  # 12 + 3 - 0.5 - 6


def test_credits_of_a_vendor_are_what_focus_counts(tmp_path: Path) -> None:
    line = focus.row("Q Widget", "0", "1470", ConsumedQuantity="245", ConsumedUnit="Execution",
                     PricingCurrency="Token", PricingCurrencyEffectiveCost="735")  # fmt: skip
    without = {**line, "PricingCurrencyEffectiveCost": "", "EffectiveCost": "30"}
    read = focus.read_lines(tmp_path, line, without, kind="statement", kept=())
    assert read.counted() == [
        ("owed", "credits", 735, 1470),
        ("owed", "credits", None, 30),
    ]


# -- the published samples ----------------------------------------------------------

SAMPLES: list[tuple[str, list[tuple[Any, ...]]]] = [
    (
        "aws_cur2_bedrock.csv",
        [
            ("credit", "input_tokens", None, D("-1.25")),
            # 23, 39.6 and 2 thousand; 0.069 + 0.198 + 0.0099
            ("owed", "input_tokens", 64600, D("0.2769")),
            ("owed", "output_tokens", 53867, D("1.204")),  # 14.267 and 39.6 thousand
            ("tax", None, None, 0),
        ],
    ),
    (
        "gcp_cost_table.csv",
        [
            ("owed", "cached_input_tokens", 20122880, D("1.08584")),
            ("owed", "input_tokens", 46546, D("0.05023")),
            ("owed", None, None, D("0.00393")),
        ],
    ),
    (
        "openai_costs_line_items.csv",
        [
            ("owed", "input_tokens", None, D("0.156047")),  # 0.127440 + 0.028607
            ("owed", "output_tokens", None, D("0.00309")),
            ("owed", "storage_gb_days", None, D("0.000274")),
        ],
    ),
    ("focus_1_2_virtual_currency_a2.csv", [("owed", "credits", 615, 1230)]),  # 245 + 10 + 360
]


@pytest.mark.parametrize(("name", "rows"), SAMPLES, ids=[name for name, _ in SAMPLES])
def test_the_published_samples(shared: Path, name: str, rows: list[tuple[Any, ...]]) -> None:
    read = read_files([export_file(shared / "data" / "exports" / name, "statement")])
    assert (read.told, read.counted()) == ("", rows)
