"""The key ``recorded``: which files, which accounts, and what is told of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.recorded.ledgers import read, told, write_ledger
from tests.sources.small_book import BOOK, codes, write_book
from tokenbooks.book import RecordedSource
from tokenbooks.sources.book import read_book
from tokenbooks.sources.recorded.wanted import WantedAccounts

GL = """\
date,account,amount,currency
2025-11-30,6210 AI research,5,USD
2025-11-30,Expenses:AI:Support,7,USD
2025-11-30,Assets:Bank,-12,USD
"""


def sources(folder: Path, recorded: str) -> tuple[tuple[RecordedSource, ...], list[str]]:
    book, problems = read_book(write_book(folder, book=f"{BOOK}recorded:\n{recorded}\n"))
    assert book is not None
    return book.recorded, codes(problems)


def test_all_that_a_source_may_say(tmp_path: Path) -> None:
    text = """\
  - ledger/2025.journal
  - files: ledger/gl-*.csv
    format: csv
    accounts: "Expenses:AI*"
    columns: {date: Posting Date, amount: Net}
    names: {"6210 AI research": "Expenses:AI:Research"}
    currencies: {$: USD}
    dates: day_month_year
    numbers: "1.234,50\""""
    (plain, full), problems = sources(tmp_path, text)
    assert problems == []
    assert (plain.files, plain.accounts, plain.format) == ("ledger/2025.journal", (), None)
    assert full.accounts == ("Expenses:AI*",)
    assert full.format == "csv"
    assert full.columns == {"date": "Posting Date", "amount": "Net"}
    assert full.accounts_map == {"6210 AI research": "Expenses:AI:Research"}
    assert full.currencies == {"$": "USD"}
    assert (full.dates, full.numbers) == ("day_month_year", "1.234,50")
    assert full.position.line == 9


@pytest.mark.parametrize(
    ("recorded", "code"),
    [
        ("  {accounts: [A]}", "key-missing"),
        ('  ""', "value-missing"),
        ("  ../gl.csv", "path-outside"),
        ("  {files: /gl.csv}", "path-outside"),
        ("  {files: gl.csv, colums: {}}", "unknown-key"),
        ("  {files: gl.csv, columns: {acount: A}}", "unknown-key"),
        ("  {files: gl.csv, columns: {amount: A, debit: B}}", "recorded-columns"),
        ("  {files: gl.csv, format: xlsx}", "value-invalid"),
        ("  {files: gl.csv, dates: DD.MM.YYYY}", "value-invalid"),
        ("  {files: gl.csv, numbers: de}", "value-invalid"),
        ("  {files: gl.csv, currencies: {$: dollars}}", "value-invalid"),
    ],
)
def test_what_a_source_may_not_say(tmp_path: Path, recorded: str, code: str) -> None:
    assert sources(tmp_path, recorded)[1] == [code]


def test_accounts_are_renamed_then_chosen(tmp_path: Path) -> None:
    recorded = """\
  files: ledger/gl.csv
  accounts: ["Expenses:AI:*"]
  names: {"6210 AI research": "Expenses:AI:Research"}"""
    postings, problems = read(write_ledger(tmp_path, recorded, gl_csv=GL))
    assert problems == []
    assert [told(posting)[1:3] for posting in postings] == [
        ("Expenses:AI:Research", "5"),
        ("Expenses:AI:Support", "7"),
    ]


def test_a_glob_that_matches_no_account_is_a_warning(tmp_path: Path) -> None:
    recorded = '  {files: ledger/gl.csv, accounts: ["Assets:*", "Expenses:AI:Suport", "Zzz*"]}'
    _, problems = read(write_ledger(tmp_path, recorded, gl_csv=GL))
    assert [(p.code, p.is_error) for p in problems] == [("recorded-account-unmatched", False)] * 2
    assert "did you mean 'Expenses:AI:Support'?" in problems[0].help
    assert "'Zzz*'" in problems[1].message


def test_no_file_is_an_error_only_when_the_ledger_is_read(tmp_path: Path) -> None:
    """Closes do not need the company's ledger, which may come later."""
    postings, [problem] = read(write_ledger(tmp_path, "  ledger/2026-*.csv"))
    assert postings == []
    assert problem.code == "file-missing"
    assert "'ledger/2026-*.csv'" in problem.message
    assert problem.position.line > 1


def test_a_link_out_of_the_book_is_told_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "gl.csv").write_text(GL)
    folder = tmp_path / "book"
    folder.mkdir()
    write_ledger(folder, "  ledger/*.csv")
    (folder / "ledger/gl.csv").symlink_to(tmp_path / "gl.csv")
    book, problems = read_book(folder)
    assert book is not None
    assert codes(problems) == ["path-outside"]


def test_a_currency_that_is_not_the_books_is_kept_and_told_once(tmp_path: Path) -> None:
    text = GL.replace(",USD", ",EUR")
    postings, [problem] = read(write_ledger(tmp_path, "  ledger/gl.csv", gl_csv=text))
    assert [told(posting)[3] for posting in postings] == ["EUR"] * 3
    assert (problem.code, problem.count, problem.is_error) == ("recorded-currency", 3, False)
    assert problem.position.line == 2


@pytest.mark.parametrize(
    "recorded",
    [
        "  [ledger/gl.csv, ledger/*.csv]",
        '  - {files: ledger/gl.csv, accounts: ["Assets*"]}\n  - ledger/gl.csv',
    ],
)
def test_no_posting_counts_twice(tmp_path: Path, recorded: str) -> None:
    _, [problem] = read(write_ledger(tmp_path, recorded, gl_csv=GL))
    assert problem.code == "recorded-file-twice"


def test_two_sources_share_a_file_by_accounts(tmp_path: Path) -> None:
    recorded = """\
  - {files: ledger/gl.csv, accounts: ["Assets*"]}
  - {files: ledger/gl.csv, accounts: ["Expenses*"]}"""
    postings, problems = read(write_ledger(tmp_path, recorded, gl_csv=GL))
    assert problems == []
    assert [told(posting)[1] for posting in postings] == ["Assets:Bank", "Expenses:AI:Support"]


def test_a_program_is_asked_for_the_names_that_the_ledger_has() -> None:
    wanted = WantedAccounts(("Expenses:AI*",), {"6210": "Expenses:AI:R", "1000": "Assets:Bank"})
    assert wanted.in_the_ledger == ("Expenses:AI*", "6210")
    assert WantedAccounts(("*",)).in_the_ledger == ()
    assert WantedAccounts().in_the_ledger == ()
