"""`tokenbooks formats`: which formats there are, which one a file has, and one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tokenbooks.cli.main import main

WIDE = "date,model,input_tokens\n2025-11-01,small,12\n"
COSTS = "start_time,end_time,amount_value,amount_currency\n1762732800,1762819200,1.5,usd\n"

#: A gateway's own log: seconds, who asked, and how much.
GATEWAY = """\
format: gateway-log
title: our gateway's log
kind: usage
recognise: {all: [epoch, who, tokens_in]}
time: {column: epoch, written: unix_seconds, zone: UTC, rows: events}
skip:
  - {reason: health check, column: who, values: [probe]}
dimensions: {user: who}
meters: {input_tokens: tokens_in}
replace: none
"""
LOG = """\
epoch,who,tokens_in,note
1762732800,ana,100,
1762736400,probe,1,
1762740000,tom,250,
1762743600,tom,1.5,
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder without a book."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def book(here: Path) -> Path:
    """A book with a format of its own; for formats nothing else of it is read."""
    (here / "tokenbooks.yaml").write_text("book: Acme\n")
    (here / "formats").mkdir()
    (here / "formats/gateway-log.yaml").write_text(GATEWAY)
    return here


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["formats", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def rows(capsys, *arguments: str) -> dict[str, list[dict]]:
    """The tables that a command prints, whatever its exit code."""
    _, out, _ = run(capsys, *arguments, "--format", "json")
    return {name: table["rows"] for name, table in json.loads(out).items()}


def test_formats_are_listed_without_a_book(here: Path, capsys) -> None:
    listed = {row["format"]: row for row in rows(capsys, "list")["formats"]}
    assert {"openai-completions-usage", "anthropic-tokens", "plain-wide"} <= listed.keys()
    assert listed["openai-costs"]["provider"] == "openai"
    assert listed["openai-costs"]["kind"] == "statement"
    assert "gateway-log" not in listed


def test_the_formats_of_the_book_above_count_too(book: Path, capsys, monkeypatch) -> None:
    (book / "usage").mkdir()
    monkeypatch.chdir(book / "usage")
    listed = {row["format"]: row for row in rows(capsys, "list")["formats"]}
    assert listed["gateway-log"]["title"] == "our gateway's log"


def test_a_format_is_shown_as_its_yaml(book: Path, capsys) -> None:
    code, out, _ = run(capsys, "show", "plain-long")
    assert code == 0
    assert out.startswith("# The plain format, long")
    assert "format: plain-long\n" in out
    assert run(capsys, "show", "gateway-log")[1] == GATEWAY


def test_a_format_that_is_not_there_names_the_nearest(here: Path, capsys) -> None:
    code, out, err = run(capsys, "show", "plain-wid")
    assert (code, out) == (1, "")
    assert "error[format-name-unknown]: there is no format 'plain-wid'" in err
    assert "did you mean 'plain-wide'?" in err


def test_a_file_has_one_format_and_the_others_say_why_not(here: Path, capsys) -> None:
    (here / "a.csv").write_text(WIDE)
    (here / "b.csv").write_text(COSTS)
    assert run(capsys, "detect", "a.csv", "b.csv")[0] == 0
    claims = rows(capsys, "detect", "a.csv", "b.csv")["claims"]
    assert [(c["file"], c["format"]) for c in claims if c["fits"]] == [
        ("a.csv", "plain-wide"),
        ("b.csv", "openai-costs"),
    ]
    why = {(c["file"], c["format"]): c["why_not"] for c in claims}
    assert why["a.csv", "plain-long"] == "lacks meter, quantity"
    assert why["a.csv", "plain-wide"] is None


def test_a_file_of_no_format_exits_1(here: Path, capsys) -> None:
    (here / "a.csv").write_text("when,what\n1,2\n")
    code, out, err = run(capsys, "detect", "a.csv")
    assert code == 1
    assert "plain-wide" in out
    assert "a.csv:1: error[format-unknown]: no format has its columns" in err


def test_a_file_of_two_formats_exits_1(book: Path, capsys) -> None:
    (book / "formats/other.yaml").write_text(GATEWAY.replace("gateway-log", "other"))
    (book / "log.csv").write_text(LOG)
    code, _, err = run(capsys, "detect", "log.csv")
    assert code == 1
    assert (
        "error[format-ambiguous]: the columns fit more than one format: gateway-log, other" in err
    )


def test_a_file_that_cannot_be_opened(here: Path, capsys) -> None:
    code, out, err = run(capsys, "detect", "nothing.csv")
    assert (code, out) == (1, "")
    assert "nothing.csv: error[file-unreadable]" in err


def test_a_descriptor_is_tried_on_a_file(here: Path, capsys) -> None:
    (here / "mine.yaml").write_text(GATEWAY)
    (here / "log.csv").write_text(LOG)
    tables = rows(capsys, "check", "mine.yaml", "log.csv")
    # four rows: two count (100 + 250), one is a health check, 1.5 tokens are none
    (row,) = tables["rows"]
    counts = {name: row[name] for name in ("read", "used", "skipped", "rejected")}
    assert counts == {"read": 4, "used": 2, "skipped": 1, "rejected": 1}
    assert (row["first_day"], row["last_day"]) == ("2025-11-10", "2025-11-10")
    assert tables["sums"] == [{"meter": "input_tokens", "sum": "350"}]
    code, out, err = run(capsys, "check", "mine.yaml", "log.csv")
    assert code == 1
    assert "1 rows skipped: health check" in out
    assert "Columns that the format does not read: note" in out
    assert "Dimensions found: user" in out
    assert "log.csv:5:16: error[bad-count]: '1.5' in tokens_in is not a whole count" in err


def test_a_descriptor_that_reads_all_rows_exits_0(here: Path, capsys) -> None:
    (here / "mine.yaml").write_text(GATEWAY)
    (here / "log.csv").write_text(LOG.replace("1.5", "2"))
    code, _, err = run(capsys, "check", "mine.yaml", "log.csv")
    assert (code, err) == (0, "")


def test_a_descriptor_of_a_statement_sums_the_amounts(here: Path, capsys) -> None:
    (here / "mine.yaml").write_text(
        "format: our-bill\n"
        "title: our bill\n"
        "kind: statement\n"
        "recognise: {all: [day, charged]}\n"
        "time: {column: day, written: day, zone: UTC, rows: buckets}\n"
        "amount: {column: charged, currency: USD}\n"
        "replace: bucket\n"
    )
    (here / "bill.csv").write_text("day,charged\n2025-11-01,1.25\n2025-11-02,2.50\n")
    tables = rows(capsys, "check", "mine.yaml", "bill.csv")
    assert tables["sums"] == [{"meter": "amount USD", "sum": "3.75"}]


def test_a_descriptor_of_the_book_is_tried_where_it_stands(book: Path, capsys) -> None:
    (book / "log.csv").write_text(LOG.replace("1.5", "2"))
    code, _, err = run(capsys, "check", "formats/gateway-log.yaml", "log.csv")
    assert (code, err) == (0, "")


def test_a_descriptor_that_claims_what_another_does_is_told(book: Path, capsys) -> None:
    (book / "mine.yaml").write_text(GATEWAY.replace("gateway-log", "mine"))
    (book / "log.csv").write_text(LOG.replace("1.5", "2"))
    code, _, err = run(capsys, "check", "mine.yaml", "log.csv")
    assert code == 0
    assert "mine.yaml:1:9: warning[format-shared]: the file's columns fit gateway-log too" in err


def test_a_descriptor_with_mistakes_says_where(here: Path, capsys) -> None:
    (here / "mine.yaml").write_text(GATEWAY.replace("kind: usage", "kind: usages"))
    (here / "log.csv").write_text(LOG)
    code, out, err = run(capsys, "check", "mine.yaml", "log.csv")
    assert (code, out) == (1, "")
    assert "mine.yaml:3:7: error[value-invalid]" in err
