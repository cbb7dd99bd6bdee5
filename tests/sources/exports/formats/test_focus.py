"""FOCUS: consumption and cash, commitments, credits of a vendor's own, files that break rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
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

KEPT = ("service", "model", "sku", "unit", "region", "project", "team", "provider")

#: Columns of version 1.0; the later versions add some.
V1_0 = (
    "AvailabilityZone,BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,"
    "BillingPeriodEnd,BillingPeriodStart,ChargeCategory,ChargeClass,ChargeDescription,"
    "ChargeFrequency,ChargePeriodEnd,ChargePeriodStart,CommitmentDiscountCategory,"
    "CommitmentDiscountId,CommitmentDiscountName,CommitmentDiscountStatus,CommitmentDiscountType,"
    "ConsumedQuantity,ConsumedUnit,ContractedCost,ContractedUnitPrice,EffectiveCost,"
    "InvoiceIssuerName,ListCost,ListUnitPrice,PricingCategory,PricingQuantity,PricingUnit,"
    "ProviderName,PublisherName,RegionId,RegionName,ResourceId,ResourceName,ResourceType,"
    "ServiceCategory,ServiceName,SkuId,SkuPriceId,SubAccountId,SubAccountName,Tags"
)
V1_1 = f"{V1_0},CapacityReservationId,CommitmentDiscountQuantity,ServiceSubcategory,SkuMeter"
V1_2 = (
    f"{V1_1},BillingAccountType,SubAccountType,InvoiceId,PricingCurrency,"
    "PricingCurrencyContractedUnitPrice,PricingCurrencyEffectiveCost,PricingCurrencyListUnitPrice"
)
V1_3 = (
    V1_2.replace("ProviderName,PublisherName", "ServiceProviderName,HostProviderName")
    + ",AllocatedMethodId,AllocatedResourceId,AllocatedTags,ContractApplied"
)
VERSIONS = pytest.mark.parametrize(
    "header", [V1_0, V1_1, V1_2, V1_3], ids=["1.0", "1.1", "1.2", "1.3"]
)


def row(
    description: str, billed: str, effective: str, category: str = "Usage", **more: str
) -> dict[str, str]:
    """A line of April 2025."""
    return {
        "BilledCost": billed,
        "EffectiveCost": effective,
        "ListCost": effective,
        "BillingCurrency": "USD",
        "ChargeCategory": category,
        "ChargeDescription": description,
        "ChargePeriodStart": "2025-04-01T00:00:00Z",
        "ChargePeriodEnd": "2025-05-01T00:00:00Z",
        "ServiceName": "AI Platform",
        **more,
    }


def month(start: str, end: str) -> dict[str, str]:
    return {"ChargePeriodStart": start, "ChargePeriodEnd": end}


def read_lines(folder: Path, *lines: Mapping[str, str], **options: Any) -> Read:
    header = options.pop("header", V1_2)
    text = csv_text(header, lines)
    return read_text(folder, text, name="focus.csv", kept=options.pop("kept", KEPT), **options)


def totals_of(read: Read) -> tuple[Any, Any]:
    """What all rows of the statements come to: billed, and consumed."""
    ((billed, effective),) = read.connection.execute(
        "SELECT sum(coalesce(billed, amount)), sum(amount) FROM stated_read WHERE verdict = 0"
    ).fetchall()
    return billed, effective


# -- as usage -----------------------------------------------------------------------


@VERSIONS
def test_every_version_is_of_this_format(tmp_path: Path, header: str) -> None:
    used = {"ConsumedQuantity": "4", "ConsumedUnit": "Server Hours", "SkuId": "U-1"}
    line = {**row("Monthly usage charge", "48", "48"), **used, "SubAccountName": "research"}
    named = "ServiceProviderName" if header == V1_3 else "ProviderName"
    line[named] = "Acme"
    assert claims(tmp_path, csv_text(header, [line])) == ["focus"]
    read = read_lines(tmp_path, line, header=header)
    assert (read.told, read.account.unknown_columns) == ("", ())
    assert read.totals() == {"units": 4}
    for dimension, value in (
        ("provider", "Acme"), ("sku", "U-1"), ("unit", "Server Hours"), ("project", "research"),
    ):  # fmt: skip
        assert read.by(dimension, "units") == {value: 4}, dimension
    assert (read.account.provisional, read.account.stated) == (2, Decimal(48))


def test_names_of_columns_may_be_spelt_otherwise(tmp_path: Path) -> None:
    header = V1_0.replace("ChargePeriod", "charge_period_").replace("BilledCost", "billed_cost")
    line = {**row("x", "1", "2"), "ConsumedQuantity": "3"}
    for name in ("ChargePeriodStart", "ChargePeriodEnd"):
        line[name.replace("ChargePeriod", "charge_period_")] = line.pop(name)
    line["billed_cost"] = line.pop("BilledCost")
    read = read_lines(tmp_path, line, header=header)
    assert (read.told, read.totals()) == ("", {"units": 3})


METERS = [
    ({"SkuMeter": "Input tokens"}, "tokens", "input_tokens", 7),
    ({"SkuMeter": "Cache read tokens"}, "1K tokens", "cached_input_tokens", 7000),
    ({"SkuMeter": "Cache write 1h tokens"}, "1K", "cache_write_1h_tokens", 7000),
    ({"SkuMeter": "gpt-4o-0806-Outp-glbl Tokens"}, "1M tokens", "output_tokens", 7000000),
    # what SkuMeter does not say, the description does
    ({"ChargeDescription": "$3 per 1M output tokens"}, "1M tokens", "output_tokens", 7000000),
]


@pytest.mark.parametrize(("cells", "unit", "meter", "quantity"), METERS)
def test_meters_and_units(
    tmp_path: Path, cells: dict[str, str], unit: str, meter: str, quantity: int
) -> None:
    line = {**row("x", "1", "1"), "ConsumedQuantity": "7", "ConsumedUnit": unit, **cells}
    read = read_lines(tmp_path, line)
    assert (read.told, read.totals()) == ("", {meter: quantity})


@pytest.mark.parametrize("unit", ["", "Units", "kilo tokens"])
def test_tokens_in_an_unknown_unit_are_refused(tmp_path: Path, unit: str) -> None:
    cells = {"SkuMeter": "Input tokens", "ConsumedQuantity": "7", "ConsumedUnit": unit}
    read = read_lines(tmp_path, {**row("x", "1", "1"), **cells})
    assert [problem.code for problem in read.problems] == ["unit-unknown"]


def test_models_of_aws_and_azure(tmp_path: Path) -> None:
    header = f"{V1_0},x_UsageType,x_SkuMeterName"
    aws = {"x_UsageType": "USE1-Claude4.6Opus-input-tokens", "ConsumedUnit": "1K tokens"}
    azure = {"x_SkuMeterName": "gpt 4o 1120 cached Inp glbl Tokens", "ConsumedUnit": "1K"}
    lines = [{**row("x", "1", "1"), "ConsumedQuantity": "2", **cells} for cells in (aws, azure)]
    read = read_lines(tmp_path, *lines, header=header)
    assert (read.told, read.account.unknown_columns) == ("", ())
    assert read.by("model", "input_tokens") == {"Claude4.6Opus": 2000}
    assert read.by("model", "cached_input_tokens") == {"gpt 4o 1120": 2000}


def test_only_usage_is_usage(tmp_path: Path) -> None:
    lines = [
        {**row("Monthly usage charge", "0", "48"), "ConsumedQuantity": "4"},
        row("Upfront payment", "1200", "0", "Purchase"),
        row("VAT", "10", "10", "Tax"),
        row("Voucher", "-5", "-5", "Credit"),
        row("Goodwill", "-1", "-1", "Adjustment"),
        row("End of contract unused fee", "0", "972"),
        {**row("Reserved", "0", "9"), "CommitmentDiscountStatus": "Unused"},
    ]
    read = read_lines(tmp_path, *lines)
    assert (read.told, read.totals()) == ("", {"units": 4})
    assert read.account.skipped == {
        "purchase": 1, "tax": 1, "credit": 1, "adjustment": 1, "unused commitment": 2,
    }  # fmt: skip


def test_corrections_may_be_negative(tmp_path: Path) -> None:
    used = {"ConsumedUnit": "Hours", "ConsumedQuantity": "10"}
    correction = {**used, "ConsumedQuantity": "-4", "ChargeClass": "Correction"}
    lines = [{**row("x", "10", "10"), **used}, {**row("x", "-4", "-4"), **correction}]
    read = read_lines(tmp_path, *lines)
    assert (read.told, read.totals()) == ("", {"units": 6})
    # without the mark it is a credit if its cost is negative too, and else a mistake
    unmarked = {**lines[1], "ChargeClass": ""}
    assert read_lines(tmp_path, lines[0], unmarked).totals() == {"units": 6}
    wrong = read_lines(tmp_path, lines[0], {**unmarked, "EffectiveCost": "4"})
    assert [problem.code for problem in wrong.problems] == ["negative-count"]


def test_usage_of_more_than_a_month_in_one_row_is_refused(tmp_path: Path) -> None:
    line = {**row("x", "1", "1"), **month("2025-04-01T00:00:00Z", "2025-06-01T00:00:00Z")}
    assert [p.code for p in read_lines(tmp_path, line).problems] == ["bad-time"]
    assert read_lines(tmp_path, line, kind="statement").told == ""


def test_tags_and_only(tmp_path: Path) -> None:
    tags = '"{""team"": ""search"", ""env"": ""prod""}"'
    line = {**row("x", "1", "1"), "ConsumedQuantity": "1", "Tags": tags}
    other = {**line, "ServiceName": "Storage"}
    source = replace(SOURCE, tags=(("team", "team"),), only=(("service", "AI*"),))
    read = read_lines(tmp_path, line, other, source=source)
    assert read.account.skipped == {"not asked for (only:)": 1}
    assert read.by("team", "units") == {"search": 1}


# -- as statement: consumed and billed ----------------------------------------------

YEAR = month("4/1/25", "4/1/26")
PREPAID = [
    row("Upfront payment for 12 months", "1200", "0", "Purchase", **YEAR),
    row("Monthly usage charge", "0", "48", **month("4/1/25", "5/1/25")),
    row("Monthly usage charge", "0", "120", **month("5/1/25", "6/1/25")),
    row("Monthly unused fee", "0", "52", **month("6/1/25", "7/1/25")),
    row("End of contract unused fee", "0", "980", **YEAR),
]
LATER = [
    row("Monthly usage charge", "48", "48", **month("4/1/25", "5/1/25")),
    row("Monthly usage charge", "120", "120", **month("5/1/25", "6/1/25")),
    row("End of contract unused fee", "1032", "1032", **YEAR),
]


def test_prepaid_credits_over_the_contract(tmp_path: Path) -> None:
    read = read_lines(tmp_path, *PREPAID, kind="statement")
    assert read.told == ""
    assert read.account.amounts == {
        "purchase": 0,
        "owed": Decimal(168),  # 48 + 120 are consumed
        "expired": Decimal(1032),  # 52 + 980 are lost
    }
    assert totals_of(read) == (1200, 1200)


def test_a_commitment_that_is_paid_later_is_owed_when_it_falls_short(tmp_path: Path) -> None:
    read = read_lines(tmp_path, *LATER, kind="statement")
    assert (read.told, read.account.amounts) == ("", {"owed": Decimal(1200)})
    assert totals_of(read) == (1200, 1200)


def test_a_purchase_that_is_not_consumed_row_by_row(tmp_path: Path) -> None:
    line = row("Upfront payment", '"$10,000.00 "', '"$10,000.00 "', "Purchase", **YEAR)
    read = read_lines(tmp_path, line, kind="statement")
    assert (read.told, read.account.amounts) == ("", {"purchase": Decimal(10000)})
    assert totals_of(read) == (10000, 10000)


def test_taxes_and_credits(tmp_path: Path) -> None:
    lines = [
        row("Usage", "100", "100"),
        row("Voucher", "-30", "-30", "Credit"),
        row("VAT", "13.3", "13.3", "Tax"),
        {**row("Of March", "-2", "-2"), "ChargeClass": "Correction"},
    ]
    read = read_lines(tmp_path, *lines, kind="statement")
    taxes_and_credits = {"tax": Decimal("13.3"), "credit": Decimal(-30)}
    assert read.account.amounts == {"owed": Decimal(98), **taxes_and_credits}  # 100 - 2
    assert read.account.stated == Decimal(68)


def test_files_add_up_though_they_tell_of_the_same_days(tmp_path: Path) -> None:
    """Overage that is billed later has the charge period of the first purchase."""
    overage = [row("Overage", "300", "0", "Purchase", **YEAR)]
    for name, lines in (("04.csv", PREPAID), ("10.csv", overage)):
        write(tmp_path, csv_text(V1_2, lines), name)
    files = [export_file(tmp_path / name, "statement") for name in ("04.csv", "10.csv")]
    read = read_files(files, KEPT)
    assert read.told == ""
    assert totals_of(read) == (1500, 1200)


# -- a currency of the vendor's own -------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "meter", "quantity"),
    [("Token", "credits", 735), ("Credits", "credits", 735), ("USD", "units", 245),
     ("EUR", "units", 245), ("", "units", 245)],
)  # fmt: skip
def test_what_is_no_currency_of_a_state_is_credits(
    tmp_path: Path, currency: str, meter: str, quantity: int
) -> None:
    line = {
        **row("Token Consumption - Q Widget", "0.00", "1470.00"),
        "ConsumedQuantity": "245",
        "ConsumedUnit": "Execution",
        "PricingCurrency": currency,
        "PricingCurrencyEffectiveCost": "735",  # 3 for each of 245
    }
    read = read_lines(tmp_path, line)
    assert (read.told, read.totals()) == ("", {meter: quantity})
    assert (read.account.stated, read.account.currency) == (Decimal(1470), "USD")


def test_credits_that_are_no_number_are_refused(tmp_path: Path) -> None:
    cells = {"PricingCurrency": "Token", "PricingCurrencyEffectiveCost": "many"}
    read = read_lines(tmp_path, {**row("x", "0", "1"), **cells})
    assert [problem.code for problem in read.problems] == ["bad-quantity"]


# -- files that break the rules -----------------------------------------------------


def test_marks_line_ends_blanks_and_a_last_line_without_end(tmp_path: Path) -> None:
    text = csv_text(V1_2, [{**line, "EffectiveCost": f"{line['EffectiveCost']}.00 "}
                           for line in PREPAID])  # fmt: skip
    broken = "\ufeff" + text.rstrip("\n").replace("\n", "\r\n")
    read = read_text(tmp_path, broken, kind="statement", name="focus.csv")
    assert (read.told, read.account.used) == ("", 5)
    assert totals_of(read) == (1200, 1200)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2025-04-01T00:00:00Z", "2025-04-02T00:00:00Z"),
        ("2025-04-01 00:00:00", "2025-04-02 00:00:00"),
        ("2025-04-01T02:00:00+02:00", "2025-04-02T02:00:00+02:00"),
        ("4/1/25", "4/2/25"),
        ("04/01/2025", "04/02/2025"),
        ("2025-04-01", "2025-04-02"),
    ],
)
def test_times_in_many_ways_are_those_of_utc(tmp_path: Path, start: str, end: str) -> None:
    line = {**row("x", "1", "1", **month(start, end)), "ConsumedQuantity": "1"}
    read = read_lines(tmp_path, line, zone="America/New_York")
    assert read.told == ""
    assert read.by("at", "units") == {datetime(2025, 4, 1): 1}  # a day keeps its own date
    bucket = read.connection.execute("SELECT bucket, bucket_end FROM usage_read").fetchall()
    assert bucket == [(datetime(2025, 4, 1), datetime(2025, 4, 2))]


def test_null_is_nothing(tmp_path: Path) -> None:
    cells = dict.fromkeys(("RegionId", "ChargeClass", "Tags", "SkuId", "ConsumedUnit"), "NULL")
    line = {**row("x", "1", "1"), "ConsumedQuantity": "NULL", **cells}
    more = {**row("x", "1", "1"), "ConsumedQuantity": "2E+1", "RegionId": "NULL"}
    read = read_lines(tmp_path, line, more)
    assert (read.told, read.totals()) == ("", {"units": 20})
    assert read.by("region", "units") == {None: 20}
    stated = read_lines(tmp_path, {**line, "ListCost": "NULL"}, kind="statement")
    assert (stated.told, stated.stated()) == ("", [(Decimal(1), None)])


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("EffectiveCost", "NULL", "bad-amount"),
        ("EffectiveCost", '"1,00"', "bad-amount"),
        ("BilledCost", "USD 5", "bad-amount"),
        ("BillingCurrency", "Dollar", "bad-currency"),
        ("ChargePeriodStart", "1.4.2025", "bad-time"),
        ("ChargePeriodEnd", "2025-04-01T00:00:00Z", "bad-time"),  # no later than its start
    ],
)
def test_bad_cells_are_refused(tmp_path: Path, column: str, cell: str, code: str) -> None:
    read = read_lines(tmp_path, row("x", "1", "1"), {**row("x", "1", "1"), column: cell},
                      kind="statement")  # fmt: skip
    assert [problem.code for problem in read.problems] == [code]
    assert read.problems[0].position.line == 3
    assert (read.account.used, read.account.rejected) == (1, 1)
