"""Azure: the export of costs of two kinds of agreement, its units and its irregular names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports.formats.offering import Downloads, claims
from tests.sources.exports.reading import SOURCE, Read, csv_text, export_file, read_files, read_text

KEPT = ("service", "model", "sku", "batch", "region", "context", "unit", "project", "team")

#: Of an enterprise agreement, 55 columns.
EA = (
    "BillingAccountId,BillingAccountName,BillingPeriodStartDate,BillingPeriodEndDate,"
    "BillingProfileId,BillingProfileName,AccountOwnerId,AccountName,SubscriptionId,"
    "SubscriptionName,Date,Product,PartNumber,MeterId,ServiceFamily,MeterCategory,"
    "MeterSubCategory,MeterRegion,MeterName,Quantity,EffectivePrice,Cost,UnitPrice,"
    "BillingCurrency,ResourceLocation,AvailabilityZone,ConsumedService,ResourceId,ResourceName,"
    "ServiceInfo1,ServiceInfo2,AdditionalInfo,Tags,InvoiceSectionId,InvoiceSection,CostCenter,"
    "UnitOfMeasure,ResourceGroup,ReservationId,ReservationName,ProductOrderId,ProductOrderName,"
    "OfferId,IsAzureCreditEligible,Term,PublisherName,PlanName,ChargeType,Frequency,"
    "PublisherType,PayGPrice,PricingModel,CostAllocationRuleName,benefitId,benefitName"
)
#: Of a customer agreement: most names begin with a small letter.
MCA = (
    "invoiceId,billingAccountId,billingProfileId,invoiceSectionName,costCenter,date,"
    "serviceFamily,consumedService,meterId,meterName,meterCategory,meterSubCategory,meterRegion,"
    "ProductName,SubscriptionId,subscriptionName,resourceGroupName,ResourceId,resourceLocation,"
    "effectivePrice,quantity,unitOfMeasure,chargeType,billingCurrency,pricingCurrency,"
    "costInBillingCurrency,costInPricingCurrency,costInUsd,paygCostInBillingCurrency,"
    "exchangeRatePricingToBilling,additionalInfo,tags,PayGPrice,frequency,pricingModel,unitPrice"
)


def row(meter: str, quantity: str, unit: str, cost: str, **more: str) -> dict[str, str]:
    """A line of 4 September 2026."""
    return {
        "SubscriptionName": "AI",
        "Date": "09/04/2026",
        "MeterCategory": "Foundry Models",
        "MeterSubCategory": "Azure OpenAI",
        "MeterName": meter,
        "Quantity": quantity,
        "Cost": cost,
        "BillingCurrency": "EUR",
        "UnitOfMeasure": unit,
        "ChargeType": "Usage",
        **more,
    }


def as_mca(line: Mapping[str, str]) -> dict[str, str]:
    """The line as a customer agreement spells it: days as 2026-09-04."""
    month, day, year = line["Date"].split("/")
    renamed = {**line, "CostInBillingCurrency": line["Cost"], "Date": f"{year}-{month}-{day}"}
    names = {name.lower(): name for name in MCA.split(",")}
    return {names[name.lower()]: cell for name, cell in renamed.items() if name.lower() in names}


def read_lines(folder: Path, *lines: Mapping[str, str], **options: Any) -> Read:
    text = csv_text(EA, lines)
    return read_text(folder, text, name="actual.csv", kept=options.pop("kept", KEPT), **options)


INPUT = row("gpt-4o-mini-0718-Inp-glbl Tokens", "160.46", "1K", "0.024069")
OUTPUT = row("GPT 5 outpt Glbl 1M Tokens", "0.25", "1M", "2.5")


def test_headers_have_the_documented_widths() -> None:
    assert EA.count(",") + 1 == 55


def test_an_enterprise_agreement(tmp_path: Path) -> None:
    text = "\ufeff" + csv_text(EA, [INPUT, OUTPUT]).replace("\n", "\r\n")
    read = read_text(tmp_path, text, name="actual.csv", kept=KEPT)
    assert read.told == ""
    account = read.account
    assert (account.format, account.used) == ("azure-cost-details", 2)
    assert account.unknown_columns == ()
    # 160.46 x 1,000 and 0.25 x 1,000,000
    assert read.totals() == {"input_tokens": 160460, "output_tokens": 250000}
    assert (account.first_day, account.day_zone) == (date(2026, 9, 4), None)  # days of UTC
    assert (account.stated, account.currency) == (Decimal("2.524069"), "EUR")


def test_a_customer_agreement(tmp_path: Path) -> None:
    lines = [as_mca(INPUT), {**as_mca(OUTPUT), "paygCostInBillingCurrency": "3"}]
    lines[0]["paygCostInBillingCurrency"] = "0.03"
    for kind in ("usage", "statement"):
        read = read_text(tmp_path, csv_text(MCA, lines), name="mca.csv", kept=KEPT, kind=kind)
        assert read.told == ""
        account = read.account
        assert (account.format, account.used, account.unknown_columns) == (
            "azure-cost-details", 2, ()
        )  # fmt: skip
        assert (account.first_day, account.stated) == (date(2026, 9, 4), Decimal("2.524069"))
        if kind == "usage":
            assert read.totals() == {"input_tokens": 160460, "output_tokens": 250000}
        else:
            assert read.stated() == [(Decimal("2.524069"), Decimal("3.03"))]


@pytest.mark.parametrize("written", ["9/4/26", "09/04/2026", "2026-09-04"])
def test_days_in_three_ways(tmp_path: Path, written: str) -> None:
    read = read_lines(tmp_path, {**INPUT, "Date": written})
    assert (read.told, read.account.first_day) == ("", date(2026, 9, 4))


# -- units --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "tokens"),
    [("1", 2), ("1K", 2000), ("1k", 2000), ("10K", 20000), ("100K", 200000), ("1M", 2000000)],
)
def test_a_quantity_is_in_the_unit_of_measure(tmp_path: Path, unit: str, tokens: int) -> None:
    read = read_lines(tmp_path, {**INPUT, "Quantity": "2", "UnitOfMeasure": unit})
    assert (read.told, read.totals()) == ("", {"input_tokens": tokens})


@pytest.mark.parametrize("unit", ["", "1 GB", "1/Month", "1B"])
def test_tokens_in_an_unknown_unit_are_refused(tmp_path: Path, unit: str) -> None:
    read = read_lines(tmp_path, INPUT, {**INPUT, "UnitOfMeasure": unit})
    assert [problem.code for problem in read.problems] == ["unit-unknown"]
    text = csv_text(EA, [{**INPUT, "UnitOfMeasure": "HERE"}]).splitlines()[1]
    assert f"{read.problems[0].position}" == f"actual.csv:3:{text.index('HERE') + 1}"


def test_tokens_are_rounded_to_whole_ones(tmp_path: Path) -> None:
    lines = [{**INPUT, "Quantity": "0.0141"}, {**INPUT, "Quantity": "0.0004999999999"}]
    read = read_lines(tmp_path, *lines)
    assert (read.told, read.totals()) == ("", {"input_tokens": 14})  # 14.1 and 0.4999999999


def test_provisioned_throughput_is_in_hours(tmp_path: Path) -> None:
    unit = row("Provisioned Managed Global Unit", "50", "1 Hour", "50")
    reserved = row("Provisioned Managed Global", "1", "1 Hour", "200", ChargeType="Purchase")
    read = read_lines(tmp_path, unit, reserved)
    assert (read.told, read.totals()) == ("", {"capacity_hours": 50})
    assert read.account.skipped == {"purchase": 1}


def test_other_meters_are_counted_as_written(tmp_path: Path) -> None:
    disk = row("P4 LRS Disk", "0.033336", "1/Month", "0.2", MeterCategory="Storage")
    list_calls = row("List Operations", "0.0004", "10K", "0", MeterCategory="Storage")
    read = read_lines(tmp_path, disk, list_calls)
    assert (read.told, read.totals()) == ("", {"units": Decimal("0.033736")})
    assert read.by("unit", "units") == {"10K": Decimal("0.0004"), "1/Month": Decimal("0.033336")}


# -- names of meters ----------------------------------------------------------------

NAMES: list[tuple[str, str, str | None, dict[str, str]]] = [
    ("gpt-4o-0806-Inp-regnl Tokens", "input_tokens", "gpt-4o-0806", {"region": "regional"}),
    ("gpt-4o-0806-Outp-regnl Tokens", "output_tokens", "gpt-4o-0806", {"region": "regional"}),
    ("gpt 4o 1120 cached Inp glbl Tokens", "cached_input_tokens", "gpt 4o 1120", {}),
    ("GPT 5 Inpt Glbl 1M Tokens", "input_tokens", "GPT 5", {}),
    ("GPT 5 cchd Inpt DZone 1M Tokens", "cached_input_tokens", "GPT 5", {"region": "data-zone"}),
    ("5.4 opt Dz 1M Tokens", "output_tokens", "5.4", {"region": "data-zone"}),
    ("5.3 chat cd inp Gl 1M Tokens", "cached_input_tokens", "5.3 chat", {}),
    ("5.5 LongCo inp Gl 1M Tokens", "input_tokens", "5.5", {"context": "long"}),
    ("5.5 ShortCo opt Gl 1M Tokens", "output_tokens", "5.5", {}),
    ("gpt-5-codex-out-glbl Tokens", "output_tokens", "gpt-5-codex", {}),
    ("gpt 5 pro out glbl Tokens", "output_tokens", "gpt 5 pro", {}),
    ("gpt-5-codex-ccchd-inp-glbl Tokens", "cached_input_tokens", "gpt-5-codex", {}),
    ("codex mini inp cchd glbl Tokens", "cached_input_tokens", "codex mini", {}),
    ("V4 Pro cached glbl Tokens", "cached_input_tokens", None, {}),
    ("o3 mini 0131 input Data Zone Tokens", "input_tokens", "o3 mini 0131",
     {"region": "data-zone"}),
    ("gpt-4o-0806-Batch-Inp-glbl Tokens", "input_tokens", "gpt-4o-0806", {"batch": "true"}),
    ("gpt 4o mini0718 BatchOutp DataZone Tokens", "output_tokens", "gpt 4o mini0718",
     {"batch": "true", "region": "data-zone"}),
    ("gpt-4o-0806-FT-inp-glbl Tokens", "input_tokens", "gpt-4o-0806-FT", {}),
    ("gpt-4o-mini-0718-FT-Trng-glbl Tokens", "training_tokens", None, {}),
    ("gpt 4.1 dev ft training glbl Tokens", "training_tokens", None, {}),
    ("gpt-4o-aud-0603 Inp glbl Tokens", "input_audio_tokens", "gpt-4o-aud-0603", {}),
    ("gpt-4o-aud-0603-txt Inp glbl Tokens", "input_tokens", "gpt-4o-aud-0603", {}),
    ("gpt4o realtime cached audio inp glbl Tokens", "cached_audio_tokens", "gpt4o realtime", {}),
    ("gpt-image-1-inp-cached-img-glbl Tokens", "cached_image_tokens", "gpt-image-1", {}),
    ("gpt-image-1-inp-txt-glbl Tokens", "input_tokens", "gpt-image-1", {}),
    ("gpt-image-1-output-img-glbl Tokens", "output_image_tokens", "gpt-image-1", {}),
    ("Claude Opus Inp glbl Tokens", "input_tokens", "Claude Opus", {}),  # no `aud` of audio
    ("text-embedding-3-large-regional Tokens", "input_tokens", "text-embedding-3-large",
     {"region": "regional"}),
    ("Image-Dall-E-3 HD HighRes-glbl Images", "images", None, {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "meter", "model", "dimensions"), NAMES)
def test_what_the_name_of_a_meter_tells(
    tmp_path: Path, name: str, meter: str, model: str | None, dimensions: dict[str, str]
) -> None:
    read = read_lines(tmp_path, row(name, "3", "1K", "1"))
    assert (read.told, read.totals()) == ("", {meter: 3000})
    assert read.by("model", meter) == {model: 3000}
    assert read.by("sku", meter) == {name: 3000}
    for dimension in ("batch", "region", "context"):
        assert read.by(dimension, meter) == {dimensions.get(dimension): 3000}, dimension


# -- charges, tags, downloads -------------------------------------------------------


def test_what_charges_mean(tmp_path: Path) -> None:
    lines = [
        {**INPUT, "Cost": "10"},
        {**INPUT, "Cost": "-1", "Quantity": "-16", "ChargeType": "Refund"},
        {**INPUT, "Cost": "0.01", "Quantity": "1", "ChargeType": "RoundingAdjustment"},
        {**INPUT, "Cost": "200", "Quantity": "1", "ChargeType": "Purchase"},
        {**INPUT, "Cost": "7", "Quantity": "1", "ChargeType": "UnusedReservation"},
        {**INPUT, "Cost": "2", "Quantity": "1", "ChargeType": "Tax"},
    ]
    stated = read_lines(tmp_path, *lines, kind="statement")
    assert (stated.told, stated.account.used) == ("", 6)
    assert stated.account.amounts == {
        "owed": Decimal("10.01"),  # 10 + 0.01
        "credit": Decimal(-1),
        "purchase": Decimal(200),
        "expired": Decimal(7),
        "tax": Decimal(2),
    }
    assert stated.account.stated == Decimal("9.01")
    usage = read_lines(tmp_path, *lines)
    assert (usage.told, usage.totals()) == ("", {"input_tokens": 160460})
    assert usage.account.skipped == {
        "purchase": 1, "unused commitment": 1, "refund": 1, "rounding adjustment": 1, "tax": 1,
    }  # fmt: skip


def test_tags_lack_their_braces(tmp_path: Path) -> None:
    tags = '"""env"": ""prod"",""team"": ""search, web"""'
    source = replace(SOURCE, tags=(("team", "team"),))
    read = read_lines(tmp_path, {**INPUT, "Tags": tags}, INPUT, source=source)
    assert read.told == ""
    assert read.by("team", "input_tokens") == {"search, web": 160460, None: 160460}


def test_only_the_ai_meters_are_read(tmp_path: Path) -> None:
    disk = row("P4 LRS Disk", "x", "1/Month", "0.2", MeterCategory="Storage")
    source = replace(SOURCE, only=(("service", "foundry models"),))
    read = read_lines(tmp_path, disk, INPUT, source=source)
    assert (read.told, read.account.skipped) == ("", {"not asked for (only:)": 1})


def test_usage_that_is_negative_is_refused(tmp_path: Path) -> None:
    read = read_lines(tmp_path, {**INPUT, "Quantity": "-1"})
    assert [problem.code for problem in read.problems] == ["negative-count"]


def test_a_later_month_to_date_export_replaces_days(tmp_path: Path) -> None:
    next_day = {**INPUT, "Date": "09/05/2026", "Quantity": "1"}
    corrected = {**INPUT, "Quantity": "161"}
    files = {
        "part-0904.csv": csv_text(EA, [INPUT]),
        "part-0905.csv": csv_text(EA, [corrected, next_day]),
    }
    found = Downloads(tmp_path, files)
    assert found.problems == []
    assert [(a.used, a.replaced) for a in found.accounts] == [(0, 1), (2, 0)]
    assert found.read.by("at", "input_tokens") == {
        datetime(2026, 9, 4): 161000,
        datetime(2026, 9, 5): 1000,
    }
    assert found.accounts[1].provisional_from == date(2026, 9, 4)


@pytest.mark.parametrize("text", [csv_text(EA, [INPUT]), csv_text(MCA, [as_mca(INPUT)])])
def test_each_header_is_of_one_format(tmp_path: Path, text: str) -> None:
    assert claims(tmp_path, text) == ["azure-cost-details"]


def test_the_export_of_the_collection(shared: Path) -> None:
    path = shared / "data" / "exports" / "azure_ea_actual_cost.csv"
    read = read_files([export_file(path)], KEPT)
    assert (read.told, read.account.rows_read, read.account.used) == ("", 11, 10)
    assert read.account.skipped == {"purchase": 1}
    # 0.0004 + 0.0047 + 24 + 2 + 1 + 0.0001 + 0.033336 + 2 + 24 + 0.03225806
    assert read.totals() == {"units": Decimal("53.07079406")}
    stated = read_files([export_file(path, "statement")])
    assert stated.told == ""
    # 0.00004 + 0.000011139 + 2.64 + 0.000002 + 0.21268368 + 1.9584 + 0.4838709677419368
    owed = Decimal("5.2950077867419368")
    assert stated.account.amounts == {"owed": owed, "purchase": Decimal("3.25")}
