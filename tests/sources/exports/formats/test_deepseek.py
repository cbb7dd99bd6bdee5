"""DeepSeek: a ZIP with amounts and costs, in two generations; the one explains the other."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.exports.reading import Read, export_file, read_files, read_text, write
from tokenbooks.book import Contract, UsageSource
from tokenbooks.sources.exports.descriptors.reading import shipped_descriptors
from tokenbooks.sources.exports.files import find_export_files
from tokenbooks.sources.exports.reader import open_export
from tokenbooks.usage.overlap import resolve_overlaps

KEPT = ("model", "api_key", "price")

AMOUNT_1 = "user_id,utc_date,model,api_key_name,api_key,type,price,amount"
COST_1 = "user_id,utc_date,model,wallet_type,cost,currency"
AMOUNT_2 = "user_id,start_time_iso,end_time_iso,model,api_key_name,api_key,type,price,amount"
COST_2 = "user_id,start_time_iso,end_time_iso,model,wallet_type,cost,currency"

#: 28 August 2026 in China: by night half the price.
DAY = "2026-08-28T00:00:00+08:00,2026-08-29T00:00:00+08:00"
NEXT = "2026-08-29T00:00:00+08:00,2026-08-30T00:00:00+08:00"
AMOUNTS = f"""\
{AMOUNT_2}
u-1,{DAY},chat,研发,sk-1***,input_cache_hit_tokens,0.00000005,4000000
u-1,{DAY},chat,研发,sk-1***,input_cache_hit_tokens,0.0000001,1000000
u-1,{DAY},chat,研发,sk-1***,input_cache_miss_tokens,0.000003,200000
u-1,{DAY},chat,研发,sk-1***,output_tokens,0.000009,50000
u-1,{DAY},chat,研发,sk-1***,request_count,,12
u-1,{NEXT},chat,研发,sk-1***,output_tokens,0.0000045,10000
u-1,{NEXT},chat,研发,sk-1***,request_count,,3
"""
#: 4,000,000 x 0.00000005 = 0.2, 1,000,000 x 0.0000001 = 0.1, 200,000 x 0.000003 = 0.6 and
#: 50,000 x 0.000009 = 0.45 are 1.35; of the next day 10,000 x 0.0000045 = 0.045.
COSTS = f"""\
{COST_2}
u-1,{DAY},chat,Granted,0.3500000000000000,CNY
u-1,{DAY},chat,Paid,1.0000000000000000,CNY
u-1,{NEXT},chat,Paid,0.0450000000000000,CNY
"""


def test_a_row_is_a_type_of_token_at_a_price(tmp_path: Path) -> None:
    read = read_text(tmp_path, AMOUNTS, kept=KEPT, zone="Asia/Shanghai", currency="CNY")
    assert read.told == ""
    account = read.account
    assert (account.format, account.rows_read, account.used) == ("deepseek-amount", 7, 7)
    assert read.totals() == {
        "cached_input_tokens": 5000000,
        "input_tokens": 200000,
        "output_tokens": 60000,
        "requests": 15,
    }
    assert (account.stated, account.currency) == (Decimal("1.395"), "CNY")
    assert read.by("api_key", "output_tokens") == {"研发": 60000}
    # the two rows of a day that only the price tells apart
    assert read.by("price", "cached_input_tokens") == {
        "0.00000005": 4000000,
        "0.0000001": 1000000,
    }
    assert "requests" in read.result.informational


def test_costs_by_wallet(tmp_path: Path) -> None:
    read = read_text(tmp_path, COSTS, kind="statement", kept=KEPT)
    assert read.told == ""
    # what is paid from granted money is nobody's expense: 1 + 0.045
    assert read.account.stated == Decimal("1.045")
    assert read.account.amounts == {"owed": Decimal("1.045"), "granted": Decimal("0.35")}
    assert read.account.currency == "CNY"
    # together they are what the amounts come to
    assert sum(read.account.amounts.values()) == Decimal("1.395")
    assert read.stated("wallet") == [
        ("Granted", Decimal("0.35"), None),
        ("Paid", Decimal("1.045"), None),
    ]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_days_are_those_that_the_file_says(tmp_path: Path, zone: str) -> None:
    read = read_text(tmp_path, AMOUNTS, kept=KEPT, zone=zone)
    days = {str(at.date()): n for at, n in read.by("at", "requests").items()}
    assert days == {"2026-08-28": 12, "2026-08-29": 3}


FIRST_AMOUNTS = f"""\
{AMOUNT_1}
u-1,2026-06-01,chat,a,sk-1***,input_cache_miss_tokens,0.000002,1000
u-1,20260602,chat,a,sk-1***,output_tokens,0.000008,500
"""
FIRST_COSTS = f"""\
{COST_1}
u-1,2026-06-01,chat,Paid,0.002,USD
u-1,20260602,chat,Paid,0.004,USD
"""


def test_the_first_generation_has_days_of_utc_written_in_two_ways(tmp_path: Path) -> None:
    crlf = "\ufeff" + FIRST_AMOUNTS.replace("\n", "\r\n")
    read = read_text(tmp_path, crlf, kept=KEPT, zone="Asia/Shanghai")
    assert read.told == ""
    assert (read.account.format, read.account.used) == ("deepseek-amount", 2)
    assert read.account.day_zone == "UTC"
    assert {str(at.date()): n for at, n in read.by("at", "output_tokens").items()} == {
        "2026-06-02": 500
    }
    # 1,000 x 0.000002 + 500 x 0.000008
    assert read.account.stated == Decimal("0.006")
    costs = read_text(tmp_path, FIRST_COSTS, kind="statement")
    assert (costs.account.format, costs.account.stated) == ("deepseek-cost", Decimal("0.006"))
    assert (costs.account.first_day, costs.account.last_day) == (
        read.account.first_day,
        read.account.last_day,
    )


# -- the ZIP ---------------------------------------------------------------------------------


def zip_of(members: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return out.getvalue()


def test_the_zip_is_read_under_both_keys(tmp_path: Path) -> None:
    name = "usage_data_2026-08-28_2026-08-29.zip"
    members = {"amount-2026-08-28_2026-08-29.csv": AMOUNTS, "cost-2026-08-28.csv": COSTS}
    (tmp_path / name).write_bytes(zip_of(members))
    source = (UsageSource("*.zip"),)
    contract = Contract("ds", "buy", "DS", "p", "prepaid", usage=source, statement=source)
    files, problems = find_export_files(tmp_path, contract, "Asia/Shanghai")
    assert problems == []
    read = read_files([replace(file, currency="CNY") for file in files], KEPT)
    assert read.told == ""
    assert [(a.format, a.kind, a.used) for a in read.result.accounts] == [
        ("deepseek-amount", "usage", 7),
        ("deepseek-cost", "statement", 3),
    ]


# -- overlap ---------------------------------------------------------------------------------


def resolved(folder: Path, *texts: str) -> tuple[list[tuple[int, int]], list[str]]:
    files = [
        export_file(write(folder, text, f"amount-{number}.csv"))
        for number, text in enumerate(texts, 1)
    ]
    read = read_files(files, KEPT)
    assert read.told == ""
    accounts, problems = resolve_overlaps(read.connection, read.result.layout, read.result.accounts)
    return [(a.used, a.replaced) for a in accounts], [str(p).splitlines()[0] for p in problems]


def test_a_later_download_replaces_its_days(tmp_path: Path) -> None:
    first = "".join(AMOUNTS.splitlines(keepends=True)[:6])
    later = AMOUNTS.replace(",50000\n", ",60000\n")
    assert resolved(tmp_path, first, later) == ([(0, 5), (7, 0)], [])


def test_a_day_of_two_zones_would_count_twice(tmp_path: Path) -> None:
    message = "its 2026-08-28 begins at another hour than that of amount-1.csv"
    moscow = AMOUNTS.replace("+08:00", "+03:00")
    _, problems = resolved(tmp_path, AMOUNTS, moscow)
    assert problems == [f"amount-2.csv: error[overlap-widths]: {message}"]


def test_the_days_of_the_two_generations_may_follow_each_other(tmp_path: Path) -> None:
    # the 27th of UTC and the 28th of China share 8 hours, but not their name
    before = FIRST_AMOUNTS.replace("2026-06-01", "2026-08-26").replace("20260602", "20260827")
    assert resolved(tmp_path, before, AMOUNTS) == ([(2, 0), (7, 0)], [])


# -- what is wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("output_tokens,0.000009", "video_tokens,0.000009"), "5:73: error[meter-unknown]"),
        ((",12\n", ",-12\n"), "6:88: error[negative-count]"),
        ((",200000\n", ",200000.5\n"), "4:106: error[bad-count]"),
        (("0.000003,", "3e,"), "4:97: error[bad-amount]"),
        ((DAY, DAY.replace("+08:00", "")), "2:5: error[time-without-zone]"),
    ],
)
def test_a_bad_row_is_told_with_its_place(
    tmp_path: Path, change: tuple[str, str], problem: str
) -> None:
    read = read_text(tmp_path, AMOUNTS.replace(*change, 1), kept=KEPT)
    assert f"usage.csv:{problem}" in read.told
    assert read.account.rejected == 1


def test_costs_in_two_currencies_are_two_statements(tmp_path: Path) -> None:
    read = read_text(tmp_path, COSTS.replace("0.0450000000000000,CNY", "0.1,USD"), kind="statement")
    assert "error[currencies-mixed]" in read.told


# -- which format, and the real pair ---------------------------------------------------------

HEADERS = [
    (AMOUNT_1, "usage", "deepseek-amount"),
    (AMOUNT_2, "usage", "deepseek-amount"),
    (COST_1, "statement", "deepseek-cost"),
    (COST_2, "statement", "deepseek-cost"),
]


@pytest.mark.parametrize(("header", "kind", "format"), HEADERS)
def test_one_format_claims_each_header(tmp_path: Path, header: str, kind: str, format: str) -> None:
    form, problems = open_export(
        export_file(write(tmp_path, f"{header}\n"), kind), shipped_descriptors()
    )
    assert problems == []
    assert form is not None
    assert (form.descriptor.id, form.unknown_columns) == (format, ())


def test_the_real_pair_agrees_to_the_last_place(shared: Path) -> None:
    exports = shared / "data" / "exports"
    amounts: Read = read_files([export_file(exports / "deepseek_amount.csv", currency="CNY")], KEPT)
    costs = read_files([export_file(exports / "deepseek_cost.csv", "statement")])
    assert amounts.told + costs.told == ""
    # 14242048 x 0.00000005 + 126464 x 0.0000001 + 576617 x 0.0000015 + 76863 x 0.000003
    # + 212625 x 0.0000045 + 4735 x 0.000009
    # = 0.7121024 + 0.0126464 + 0.8649255 + 0.230589 + 0.9568125 + 0.042615
    assert amounts.account.stated == costs.account.stated == Decimal("2.8196908")
    assert amounts.account.currency == costs.account.currency == "CNY"
    assert (amounts.account.used, costs.account.used) == (7, 1)
    assert amounts.totals() == {
        "cached_input_tokens": 14242048 + 126464,
        "input_tokens": 576617 + 76863,
        "output_tokens": 212625 + 4735,
        "requests": 302,
    }
