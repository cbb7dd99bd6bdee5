"""Google Cloud: the cost table, with its preamble, its total and what its SKUs tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports.formats.offering import Downloads, claims
from tests.sources.exports.reading import SOURCE, Read, export_file, read_files, read_text

KEPT = ("service", "project", "model", "sku", "batch", "service_tier", "context", "region", "team")

PREAMBLE = """\
Invoice number,5550001112,
Invoice date,2026-08-31,
Due date,2026-09-30,
Billing ID,1111-2222-3333,
Billing account ID,0B0B0B-1C1C1C-2D2D2D,
Currency,CAD,
Currency exchange rate,1.38,
Total amount due,$5.00,
"""
HEADER = (
    "Billing account name,Billing account ID,Project name,Project ID,Project hierarchy,"
    "Service description,Service ID,SKU description,SKU ID,Consumption model description,"
    "Credit type,Cost type,Usage start date,Usage end date,Usage amount,Usage unit,"
    "Unrounded cost ($),Cost ($)\n"
)
INPUT = "Generate content input token count gemini 3 flash text"
OUTPUT = "Generate content output token count gemini 3 flash text"


def line(
    sku: str,
    amount: str,
    cost: str,
    days: str = "2026-08-01,2026-08-31",
    kind: str = "Usage",
    credit: str = "",
    unit: str = "count",
) -> str:
    head = "Acme,0B0B0B-1C1C1C-2D2D2D,Chat,chat-prod,acme.test,Gemini API,SVC-1"
    return f'{head},{sku},ID {sku[:32]},Default,{credit},{kind},{days},"{amount}",{unit},{cost},0\n'


def last(kind: str, cost: str) -> str:
    return f",,,,,,,,,,,{kind},,,,,{cost},0\n"


#: 4.012345 + 1.5 - 0.5 of a credit - 0.012345 of rounding = 5
TABLE = (
    PREAMBLE
    + HEADER
    + line(INPUT, "1,234,567", "4.012345")
    + line(OUTPUT, "89,000", "1.500000")
    + line(OUTPUT, "89,000", "-0.500000", credit="Promotion")
    + last("Rounding error", "-0.012345")
    + last("Total", "5.000000")
)


def read_table(folder: Path, text: str, kind: str = "usage", **options: Any) -> Read:
    name = "Acme_Cost table, 2026-08-01 — 2026-08-31 (1).csv"
    return read_text(folder, text, kind=kind, name=name, kept=KEPT, **options)


# -- the cost table -----------------------------------------------------------------


def test_the_cost_table_as_usage(tmp_path: Path) -> None:
    read = read_table(tmp_path, TABLE)
    assert read.told == ""
    account = read.account
    assert (account.format, account.rows_read, account.used) == ("google-cost-table", 5, 2)
    assert account.skipped == {"credit": 1, "rounding error": 1, "total of the file": 1}
    assert read.totals() == {"input_tokens": 1234567, "output_tokens": 89000}
    assert read.by("model", "input_tokens") == {"gemini 3 flash": 1234567}
    assert read.by("project", "input_tokens") == {"chat-prod": 1234567}
    assert account.unknown_columns == ()


def test_the_cost_table_as_statement_comes_to_its_total(tmp_path: Path) -> None:
    read = read_table(tmp_path, TABLE, "statement")
    assert read.told == ""
    account = read.account
    assert (account.used, account.skipped) == (4, {"total of the file": 1})
    assert (account.stated, account.currency) == (Decimal(5), "CAD")  # never what "($)" says
    # the rounding error has no day of its own: it takes that of the invoice
    assert (account.first_day, account.last_day) == (date(2026, 8, 1), date(2026, 8, 31))


def test_days_are_those_of_the_pacific_coast(tmp_path: Path) -> None:
    read = read_table(tmp_path, TABLE, "statement")
    assert read.account.day_zone == "America/Los_Angeles"
    buckets = read.connection.execute(
        "SELECT DISTINCT bucket, bucket_end FROM stated_read ORDER BY ALL"
    ).fetchall()
    assert buckets[0] == (datetime(2026, 8, 1, 7), datetime(2026, 9, 1, 7))  # 7 hours behind UTC


@pytest.mark.parametrize("kind", ["usage", "statement"])
def test_a_table_of_which_rows_are_missing_does_not_come_to_its_total(
    tmp_path: Path, kind: str
) -> None:
    text = TABLE.replace(line(OUTPUT, "89,000", "1.500000"), "")
    said = "error[total-differs]: its rows come to 3.5, its total row says 5"
    assert said in read_table(tmp_path, text, kind).told


def test_rows_that_are_not_asked_for_count_for_the_total(tmp_path: Path) -> None:
    source = replace(SOURCE, only=(("model", "other*"),))
    read = read_table(tmp_path, TABLE, "statement", source=source)
    assert (read.told, read.account.used) == ("", 0)


@pytest.mark.parametrize(
    ("header", "column"),
    [("Unrounded cost ($)", "1.085840"), ("Unrounded Cost ($)", "1.085840")],
)
def test_both_spellings_of_the_unrounded_cost(tmp_path: Path, header: str, column: str) -> None:
    text = PREAMBLE + HEADER.replace("Unrounded cost ($)", header) + line(INPUT, "1", column)
    assert claims(tmp_path, text) == ["google-cost-table"]
    assert read_table(tmp_path, text, "statement").account.stated == Decimal("1.08584")


def test_tax_is_no_usage_and_no_expense_of_its_own(tmp_path: Path) -> None:
    rows = line(INPUT, "10", "1.00") + last("Tax", "0.19") + last("Total", "1.19")
    usage = read_table(tmp_path, PREAMBLE + HEADER + rows)
    assert (usage.told, usage.account.skipped["tax"]) == ("", 1)
    stated = read_table(tmp_path, PREAMBLE + HEADER + rows, "statement")
    assert stated.told == ""
    assert stated.account.amounts == {"owed": Decimal(1), "tax": Decimal("0.19")}


def test_a_second_download_of_the_month_replaces_the_first(tmp_path: Path) -> None:
    first, second = PREAMBLE + HEADER, PREAMBLE + HEADER
    first += line(INPUT, "1,000", "1.00", "2026-08-28,2026-08-28")
    second += line(INPUT, "1,500", "1.50", "2026-08-28,2026-08-28")
    second += line(INPUT, "20", "0.02", "2026-08-29,2026-08-29")
    name = "Cost table, 2026-08-01 — 2026-08-31"
    found = Downloads(tmp_path, {f"{name}.csv": first, f"{name} (1).csv": second})
    assert found.problems == []
    assert [(a.used, a.replaced) for a in found.accounts] == [(0, 1), (2, 0)]


@pytest.mark.parametrize(
    ("row", "cell", "told"),
    [
        (line(INPUT, "1,23", "1"), '"1,23"', "error[bad-quantity]: '1,23' in Usage amount is"),
        (line(INPUT, "-5", "1"), '"-5"', "error[negative-count]: -5 in Usage amount is"),
        (line(INPUT, "5", "1", unit="k"), "k,1,", "error[unit-unknown]: 'k' in Usage unit is"),
        (line(INPUT, "5", "n/a"), "n/a", "error[bad-amount]: 'n/a' in Unrounded cost ($) is"),
        (
            line(INPUT, "5", "1", "2026-07-31,2026-08-31"),
            "2026-07-31",
            "error[bad-time]: '2026-07-31' in Usage start date is",
        ),
    ],
)
def test_bad_cells_are_told_where_they_stand(
    tmp_path: Path, row: str, cell: str, told: str
) -> None:
    text = PREAMBLE + HEADER + line(OUTPUT, "1", "1") * 3 + row  # 8 lines, 1, 3, and this one
    read = read_table(tmp_path, text)
    assert f":13:{row.index(cell) + 1}: {told}" in read.told
    assert (read.account.used, read.account.rejected) == (3, 1)


#: What SKUs are called, and the meter, model, batch, tier and context in them.
SKUS: list[tuple[str, str, str | None, dict[str, str]]] = [
    (INPUT, "input_tokens", "gemini 3 flash", {}),
    (f"{INPUT} flex", "input_tokens", "gemini 3 flash", {"service_tier": "flex"}),
    (f"{OUTPUT} batch", "output_tokens", "gemini 3 flash", {"batch": "true"}),
    (
        "Generate content input token count Gemini 2.5 Pro long input text priority",
        "input_tokens",
        "Gemini 2.5 Pro",
        {"context": ">200k", "service_tier": "priority"},
    ),
    (
        "Generate content output token count gemini 2.5 flash short output text non-thinking",
        "output_tokens",
        "gemini 2.5 flash",
        {},
    ),
    (
        "Generate content cached input token count gemini 2.5 pro short input",
        "cached_input_tokens",
        "gemini 2.5 pro",
        {},
    ),
    (  # `image` may be the model's name or what was sent: the model keeps it
        "Generate content input token count gemini 3.7 flash image flex caching",
        "cached_input_tokens",
        "gemini 3.7 flash image",
        {"service_tier": "flex"},
    ),
    (
        "Generate content input token count gemini 2.5 flash input audio",
        "input_audio_tokens",
        "gemini 2.5 flash",
        {},
    ),
    (
        "Generate content cached input token count gemini 2.5 flash input audio",
        "cached_audio_tokens",
        "gemini 2.5 flash",
        {},
    ),
    (
        "Generate content input token count gemini 2.5 flash native audio input text",
        "input_tokens",
        "gemini 2.5 flash native audio",
        {},
    ),
    (
        "GenerateContent image input token count for Gemini 2.0 Flash",
        "input_image_tokens",
        "Gemini 2.0 Flash",
        {},
    ),
    (
        "Generate_content text output token count for gemini 3 flash batch",
        "output_tokens",
        "gemini 3 flash",
        {"batch": "true"},
    ),
    (
        "EmbedContent input token count for gemini-embedding-001",
        "input_tokens",
        "gemini-embedding-001",
        {},
    ),
    (
        "Gemini 2.5 Pro Long Text Input - Predictions",
        "input_tokens",
        "Gemini 2.5 Pro",
        {"context": ">200k"},
    ),
    (
        "Gemini 2.5 Flash GA Thinking Text Output - Predictions",
        "output_tokens",
        "Gemini 2.5 Flash",
        {},
    ),
    ("Claude Opus 5 Cache Read Tokens", "cached_input_tokens", "Claude Opus 5", {}),
    ("Claude Opus 5 Output Tokens", "output_tokens", "Claude Opus 5", {}),
    ("Grounding with Google Search", "web_searches", None, {}),
]


@pytest.mark.parametrize(("sku", "meter", "model", "dimensions"), SKUS)
def test_what_a_sku_tells(
    tmp_path: Path, sku: str, meter: str, model: str | None, dimensions: dict[str, str]
) -> None:
    read = read_table(tmp_path, PREAMBLE + HEADER + line(sku, "7,000", "1"))
    assert read.told == ""
    assert read.totals() == {meter: 7000}
    assert read.by("model", meter) == {model: 7000}
    for name in ("batch", "service_tier", "context"):
        assert read.by(name, meter) == {dimensions.get(name): 7000}, name


def test_a_sku_that_nobody_knows_is_counted_as_written(tmp_path: Path) -> None:
    sku = "Cached content storage token hours gemini 3 flash"
    read = read_table(tmp_path, PREAMBLE + HEADER + line(sku, "1,250.5", "1", unit="hour"))
    assert (read.told, read.totals()) == ("", {"units": Decimal("1250.5")})
    assert read.by("sku", "units") == {f"ID {sku[:32]}": Decimal("1250.5")}


def test_the_header_is_of_one_format(tmp_path: Path) -> None:
    assert claims(tmp_path, TABLE) == ["google-cost-table"]


def test_the_cost_table_of_the_collection_comes_to_its_own_total(shared: Path) -> None:
    path = shared / "data" / "exports" / "gcp_cost_table.csv"
    read = read_files([export_file(path, "statement")])
    assert (read.told, read.account.rows_read, read.account.used) == ("", 4, 3)
    # 1.085840 + 0.050230 + 0.003930 of rounding
    assert (read.account.stated, read.account.currency) == (Decimal("1.14"), "AUD")
    usage = read_files([export_file(path)])
    assert usage.totals() == {"cached_input_tokens": 20122880, "input_tokens": 46546}
