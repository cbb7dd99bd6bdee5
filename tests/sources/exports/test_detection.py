"""Formats are recognised by their set of columns; a file has exactly one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.exports.reading import SOURCE, export_file, read_files, read_text
from tests.sources.exports.test_anthropic_tokens import LATEST
from tests.sources.exports.test_openai_usage import HEADER_24, HEADER_26
from tests.sources.exports.test_statements import COST_HEADERS, COSTS_10, COSTS_16, COSTS_17
from tokenbooks.book import Contract, UsageSource
from tokenbooks.periods import Period
from tokenbooks.problems import Position
from tokenbooks.sources.exports.descriptors.detection import mismatches, missing_columns
from tokenbooks.sources.exports.descriptors.reading import shipped_descriptors
from tokenbooks.sources.exports.files import find_export_files
from tokenbooks.sources.exports.sheets.offered import OfferedFile
from tokenbooks.sources.exports.sheets.sheet import Header

HEADERS = [
    (HEADER_24, "openai-completions-usage"),
    (HEADER_26, "openai-completions-usage"),
    (COSTS_10, "openai-costs"),
    (COSTS_16, "openai-costs"),
    (COSTS_17, "openai-costs"),
    ("start_time,end_time,start_time_iso,end_time_iso", "openai-empty-period"),
    (LATEST, "anthropic-tokens"),
    *((header, "anthropic-cost") for header in COST_HEADERS.values()),
    ("timestamp,customer,model,input_tokens", "plain-wide"),
    ("date,images", "plain-wide"),
    ("timestamp,customer,model,meter,quantity", "plain-long"),
    ("date,meter,quantity", "plain-long"),
]


@pytest.mark.parametrize(("header", "format"), HEADERS)
def test_exactly_one_format_claims_each_header(header: str, format: str) -> None:
    columns = Header(tuple(header.split(",")))
    claims = [d.id for d in shipped_descriptors() if not missing_columns(columns, d, SOURCE)]
    assert claims == [format]


def test_every_real_export_is_read_to_its_last_row(shared: Path) -> None:
    # the report by SKU says no day, and neither does its name
    source = UsageSource("usage/*", period=Period.month(2026, 8))
    for path in sorted((shared / "data" / "exports").iterdir()):
        offered = OfferedFile(path, path.name)
        (claim,) = [d for d in shipped_descriptors() if not mismatches(offered, d, SOURCE)]
        for kind in claim.kinds if not claim.is_empty else ("usage",):
            read = read_files([export_file(path, kind=kind, source=source)])
            assert not [problem for problem in read.problems if problem.is_error], path.name
            account = read.account
            assert account.is_balanced, path.name
            assert account.rejected == 0, path.name
            assert account.rows_read > 0, path.name


@pytest.mark.parametrize(
    ("header", "format", "reason"),
    [
        ("a,b", "openai-costs", "lacks start_time, end_time, amount_value"),
        ("start_time,end_time,amount_value", "openai-costs", "amount_currency, currency"),
        ("date,note", "plain-wide", "no column is a standard meter or one that `meters:` names"),
        ("date,images,meter", "plain-wide", "has meter"),
        ("meter,quantity", "plain-long", "has none of timestamp, date"),
        (HEADER_24, "openai-empty-period", "its columns are not exactly start_time, end_time"),
        (
            HEADER_24.replace("end_time,", ""),
            "openai-completions-usage",
            "lacks its time column: start_time, end_time",
        ),
    ],
)
def test_each_format_says_why_it_does_not_claim_a_file(
    header: str, format: str, reason: str
) -> None:
    columns = Header(tuple(header.split(",")))
    (descriptor,) = [d for d in shipped_descriptors() if d.id == format]
    assert reason in "; ".join(missing_columns(columns, descriptor, SOURCE))


def test_meters_of_the_source_count_for_recognition() -> None:
    columns = Header(("date", "tickets_resolved"))
    (plain,) = [d for d in shipped_descriptors() if d.id == "plain-wide"]
    assert missing_columns(columns, plain, UsageSource("*", meters=("tickets_resolved",))) == []


def test_header_that_nobody_knows(tmp_path: Path) -> None:
    assert read_text(tmp_path, "who,what\n1,2\n").told == (
        "usage.csv:1: error[format-unknown]: no format has these columns: who, what\n"
        "  help: `tokenbooks formats detect usage.csv` says what each format misses; describe a"
        " new one under formats/ in the book\n"
    )


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (
            "plain-wyde",
            (
                "tokenbooks.yaml:7:12: error[format-name-unknown]: there is no format"
                " 'plain-wyde'\n  help: did you mean 'plain-wide'?\n"
            ),
        ),
        (
            "anthropic-tokens",
            (
                "usage.csv:1: error[format-mismatch]: the file is not of format anthropic-tokens:"
                " it lacks usage_date_utc, model_version, usage_input_tokens_no_cache,"
                " usage_output_tokens; lacks its time column: usage_date_utc\n"
                "  help: take `format:` away to have the format recognised, or download the file"
                " again\n"
            ),
        ),
    ],
)
def test_format_that_is_named_must_exist_and_fit(tmp_path: Path, named: str, told: str) -> None:
    source = UsageSource("usage/*", format=named, position=Position("tokenbooks.yaml", 7, 12))
    assert read_text(tmp_path, "date,images\n2025-11-03,1\n", source=source).told == told


def test_costs_under_usage_name_the_key_that_is_meant(tmp_path: Path) -> None:
    assert read_text(tmp_path, f"{COSTS_10}\n", name="cost.csv").told == (
        "cost.csv:1: error[cost-file-in-usage]: a cost export (openai-costs) stands under usage\n"
        "  help: name it under `statement:` of the contract; usage needs quantities\n"
    )


def test_usage_under_statement_names_the_key_that_is_meant(tmp_path: Path) -> None:
    assert read_text(tmp_path, f"{HEADER_24}\n", kind="statement").told == (
        "usage.csv:1: error[usage-file-in-statement]: a usage export (openai-completions-usage)"
        " stands under statement\n"
        "  help: name it under `usage:` of the contract; a statement needs amounts\n"
    )


# -- finding the files --------------------------------------------------------------


def contract(*globs: str, statement: str = "") -> Contract:
    places = [UsageSource(glob, position=Position("tokenbooks.yaml", 9, 5)) for glob in globs]
    stated = [UsageSource(statement)] if statement else []
    return Contract(
        "openai", "buy", "OpenAI", "api", "arrears", usage=tuple(places), statement=tuple(stated)
    )


def test_files_are_found_by_source_and_name(tmp_path: Path) -> None:
    for name in ("usage/b.csv", "usage/a.csv", "usage/.DS_Store", "usage/sub/c.csv", "cost/d.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    found, problems = find_export_files(
        tmp_path, contract("usage/*", statement="cost/*.csv"), "Asia/Tokyo"
    )
    assert problems == []
    assert [(file.path.name, file.kind, file.zone) for file in found] == [
        ("a.csv", "usage", "Asia/Tokyo"),
        ("b.csv", "usage", "Asia/Tokyo"),
        ("d.csv", "statement", "Asia/Tokyo"),
    ]


def test_glob_that_matches_nothing_is_told_where_it_stands(tmp_path: Path) -> None:
    found, problems = find_export_files(tmp_path, contract("usage/*"), "UTC")
    assert found == []
    assert [f"{problem}" for problem in problems] == [
        (
            "tokenbooks.yaml:9:5: error[file-missing]: no file matches 'usage/*'\n"
            "  help: lay the downloads there, or correct `usage:` of contract openai"
        )
    ]


def test_glob_that_leads_out_of_the_book_is_refused(tmp_path: Path) -> None:
    _, problems = find_export_files(tmp_path, contract("../*"), "UTC")
    assert [problem.code for problem in problems] == ["path-outside"]


def test_file_that_two_sources_match_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x")
    found, problems = find_export_files(tmp_path, contract("*.csv", "a.*"), "UTC")
    assert [file.path.name for file in found] == ["a.csv"]
    assert [problem.code for problem in problems] == ["file-twice"]
