"""Google Cloud: the reports page, and the billing export of BigQuery."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports.formats.offering import claims
from tests.sources.exports.formats.test_google import INPUT, KEPT, OUTPUT
from tests.sources.exports.reading import SOURCE, export_file, read_files, read_text, write
from tokenbooks.book import UsageSource
from tokenbooks.periods import Period
from tokenbooks.sources.exports.connection import connect

# -- the reports page ---------------------------------------------------------------

REPORT = (
    "Service description,Service ID,SKU description,SKU ID,Usage amount,Usage unit,Cost ($),"
    "Savings programs ($),Other savings ($),Unrounded subtotal ($),Subtotal ($)\n"
    f'Gemini API,SVC-1,{INPUT},SKU-1,"2,000,000",count,3.00,0.00,-0.50,2.500400,2.50\n'
    f'Gemini API,SVC-1,{OUTPUT},SKU-2,"100,000",count,1.00,0.00,0.00,1.000000,1.00\n'
    ",,,,,,,,Subtotal,3.500400,3.50\n"
    ",,,,,,,,Tax,0.665076,0.67\n"
    ",,,,,,,,Filtered total,4.165476,4.17\n"
)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Acme_Reports, 2026-08-01 — 2026-08-31.csv", date(2026, 8, 1)),
        ("report_2026-08-10_2026-08-20.csv", date(2026, 8, 10)),
        ("gcp_2026-08.csv", date(2026, 8, 1)),
    ],
)
def test_a_report_takes_its_days_from_its_name(tmp_path: Path, name: str, first: date) -> None:
    for kind in ("usage", "statement"):
        read = read_text(tmp_path, REPORT, kind=kind, name=name, kept=KEPT, currency="TWD")
        assert read.told == ""
        account = read.account
        assert (account.format, account.used) == ("google-reports", 2)
        assert account.skipped == {"summary row": 3}
        assert account.first_day == first
        # 2.5004 + 1: after savings; the currency is the contract's
        assert (account.stated, account.currency) == (Decimal("3.5004"), "TWD")


def test_a_report_without_days_in_its_name_has_those_that_the_book_says(tmp_path: Path) -> None:
    read = read_text(tmp_path, REPORT, name="report.csv")
    assert [problem.code for problem in read.problems] == ["days-unknown"]
    august = UsageSource("usage/*", period=Period.month(2026, 8))
    read = read_text(tmp_path, REPORT, name="report.csv", source=august)
    assert read.told == ""
    assert (read.account.first_day, read.account.used) == (date(2026, 8, 1), 2)


def test_a_report_must_come_to_its_subtotal(tmp_path: Path) -> None:
    text = REPORT.replace("1.000000", "1.100000")
    read = read_text(tmp_path, text, kind="statement", name="gcp_2026-08.csv", currency="USD")
    assert "error[total-differs]: its rows come to 3.6004, its total row says 3.5004" in read.told


def test_a_report_by_day_has_its_days_in_a_column(tmp_path: Path) -> None:
    text = (
        "Date,Service description,Service ID,SKU description,SKU ID,Usage amount,Usage unit,"
        "List cost ($),Negotiated savings ($),Savings programmes ($),Other savings ($),"
        "Unrounded subtotal ($),Subtotal ($)\n"
        f'2026-08-02,Gemini API,SVC-1,{INPUT},SKU-1,"1,000",count,1,0,0,0,0.750000,0.75\n'
        f'2026-08-03,Gemini API,SVC-1,{INPUT},SKU-1,"2,000",count,1,0,0,0,1.500000,1.50\n'
        ",,,,,,,,,,Subtotal,2.250000,2.25\n"
    )
    read = read_text(tmp_path, text, name="days.csv", kept=KEPT)
    assert (read.told, read.account.skipped) == ("", {"summary row": 1})
    assert read.by("at", "input_tokens") == {
        datetime(2026, 8, 2): 1000,
        datetime(2026, 8, 3): 2000,
    }


# -- the export of BigQuery ---------------------------------------------------------


def export_row(sku: str, amount: Any, cost: Any, credits: list[Any], **more: Any) -> dict[str, Any]:
    return {
        "billing_account_id": "0B0B0B-1C1C1C-2D2D2D",
        "service": {"id": "SVC-1", "description": "Vertex AI"},
        "sku": {"id": f"ID {sku[:9]}", "description": sku},
        "usage_start_time": "2026-09-01 06:00:00 UTC",
        "usage_end_time": "2026-09-01 07:00:00 UTC",
        "project": {"id": "chat-prod", "name": "Chat"},
        "labels": [{"key": "team", "value": "search"}, {"key": "env", "value": "prod"}],
        "location": {"region": "us-east5", "location": "us-east5"},
        "cost": cost,
        "currency": "EUR",
        "usage": {"amount": amount, "unit": "count", "amount_in_pricing_units": 1.5},
        "credits": credits,
        "invoice": {"month": "202609"},
        "cost_type": "regular",
        **more,
    }


def export_rows() -> list[dict[str, Any]]:
    discount = {"name": "Committed use", "amount": -0.25, "type": "DISCOUNT"}
    promotion = {"name": "Trial", "amount": -2e-07, "type": "PROMOTION"}
    tax = export_row(INPUT, 0, 0.19, [], cost_type="tax")
    return [
        export_row("Claude Opus 5 Input Tokens", 2000000, 10.0, [discount, promotion]),
        export_row("Claude Opus 5 Output Tokens", 150000, 1.2345678901234567e-05, []),
        tax,
    ]


def test_the_export_in_json_lines(tmp_path: Path) -> None:
    text = "".join(f"{json.dumps(row)}\n" for row in export_rows())
    source = replace(SOURCE, tags=(("team", "team"),))
    read = read_text(tmp_path, text, name="billing.json", kept=KEPT, source=source)
    assert read.told == ""
    account = read.account
    assert (account.format, account.used) == ("google-billing-export", 2)
    assert (account.skipped, account.unknown_columns) == ({"tax": 1}, ())
    assert read.totals() == {"input_tokens": 2000000, "output_tokens": 150000}
    assert read.by("model", "input_tokens") == {"Claude Opus 5": 2000000}
    assert read.by("team", "input_tokens") == {"search": 2000000}
    assert read.by("region", "input_tokens") == {"us-east5": 2000000}
    assert (account.currency, account.provisional) == ("EUR", 2)


def test_what_the_export_states_is_after_credits(tmp_path: Path) -> None:
    text = "".join(f"{json.dumps(row)}\n" for row in export_rows())
    read = read_text(tmp_path, text, name="billing.json", kind="statement")
    assert read.told == ""
    # 10 - 0.25 - 0.0000002, and the binary number 0.0000123456789012345670 to 18 places
    assert read.account.amounts == {
        "owed": Decimal("9.7499998") + Decimal("0.000012345678901235"),
        "tax": Decimal("0.19"),
    }


def test_a_credit_that_is_no_number_is_refused(tmp_path: Path) -> None:
    row = export_row(INPUT, 1, 1.0, [{"name": "Trial", "amount": "none"}])
    read = read_text(tmp_path, json.dumps(row), name="billing.json", kind="statement")
    assert [problem.code for problem in read.problems] == ["bad-amount"]


def test_the_export_in_parquet_says_the_same(tmp_path: Path) -> None:
    source = write(tmp_path, "".join(f"{json.dumps(r)}\n" for r in export_rows()), "rows.json")
    path = tmp_path / "billing.parquet"
    columns = (
        "STRUCT(id VARCHAR, description VARCHAR)",
        "STRUCT(amount DOUBLE, unit VARCHAR, amount_in_pricing_units DOUBLE)",
        "STRUCT(key VARCHAR, value VARCHAR)[]",
        "STRUCT(name VARCHAR, amount DOUBLE, type VARCHAR)[]",
    )
    connect().execute(
        f"COPY (SELECT service::{columns[0]} AS service, sku::{columns[0]} AS sku,"
        " usage_start_time::TIMESTAMPTZ AS usage_start_time,"
        " usage_end_time::TIMESTAMPTZ AS usage_end_time,"
        f" project::STRUCT(id VARCHAR, name VARCHAR) AS project, labels::{columns[2]} AS labels,"
        " location::STRUCT(region VARCHAR, location VARCHAR) AS location, cost::DOUBLE AS cost,"
        f" currency::VARCHAR AS currency, usage::{columns[1]} AS usage,"
        f" credits::{columns[3]} AS credits, cost_type::VARCHAR AS cost_type"
        f" FROM read_json('{source}', columns = {{service: 'JSON', sku: 'JSON',"
        " usage_start_time: 'VARCHAR', usage_end_time: 'VARCHAR', project: 'JSON',"
        " labels: 'JSON', location: 'JSON', cost: 'DOUBLE', currency: 'VARCHAR',"
        f" usage: 'JSON', credits: 'JSON', cost_type: 'VARCHAR'}})) TO '{path}'"
    )
    tagged = replace(SOURCE, tags=(("team", "team"),))
    read = read_files([export_file(path, source=tagged)], KEPT)
    assert (read.told, read.account.skipped) == ("", {"tax": 1})
    assert read.totals() == {"input_tokens": 2000000, "output_tokens": 150000}
    assert read.by("team", "output_tokens") == {"search": 150000}
    stated = read_files([export_file(path, "statement")])
    assert stated.account.amounts["owed"] == Decimal("9.749999800000000000") + Decimal(
        "0.000012345678901235"
    )


# -- one format each, and the real file ---------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "format"),
    [
        (REPORT, "gcp_2026-08.csv", "google-reports"),
        (json.dumps(export_rows()), "billing.json", "google-billing-export"),
    ],
)
def test_each_file_is_of_one_format(tmp_path: Path, text: str, name: str, format: str) -> None:
    assert claims(tmp_path, text, name) == [format]


def test_the_report_of_the_collection(shared: Path, tmp_path: Path) -> None:
    text = (shared / "data" / "exports" / "gcp_reports_by_sku.csv").read_bytes()
    read = read_text(tmp_path, text, name="gcp_2026-08.csv", currency="TWD")
    assert (read.told, read.account.used) == ("", 2)
    assert read.totals() == {"input_tokens": 103131, "output_tokens": 34356}
    assert read.account.stated == Decimal("2.4513")  # 1.6338 + 0.8175
