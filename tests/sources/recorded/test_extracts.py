"""A general ledger as CSV: the exports of accounting programs, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.recorded.ledgers import read, told, write_ledger
from tests.sources.small_book import codes

FULL = """\
Acme Inc.,,,,,,,,,
Journal report,,,,,,,,,

Posting Date,Account,Debit,Credit,Currency,Journal No,Description,Vendor,Reference,External ID
11/30/2025,6210 AI research,"1,234.50",,USD,JE-7,"Usage, November",OpenAI,INV-7,usage-openai-2025-11
11/30/2025,2150 Accrued,,"1,234.50",USD,JE-7,"Usage, November",OpenAI,INV-7,usage-openai-2025-11
12/01/2025,6210 AI research,0.00,(12.00),USD,JE-8,Correction,,,
,,,,,,,,,
Total,,"1,234.50","1,222.50",,,,,,
"""
KEYS = """\
  - files: ledger/gl-*.csv
    accounts: ["Expenses:*"]
    columns: {date: Posting Date, account: Account, debit: Debit, credit: Credit,
              currency: Currency, transaction: Journal No, narration: Description,
              payee: Vendor, document: Reference, entry: External ID}
    names: {"6210 AI research": "Expenses:AI:Research"}
    dates: month_day_year
    numbers: "1,234.50\""""


def test_an_extract_with_all_columns(tmp_path: Path) -> None:
    text = FULL.replace("Total,,", ",,")
    postings, problems = read(write_ledger(tmp_path, KEYS, **{"gl-2025_csv": text}))
    assert problems == []
    assert [told(posting) for posting in postings] == [
        ("2025-11-30", "Expenses:AI:Research", "1234.5", "USD"),
        # a credit of (12.00) is negative: -(-12.00)
        ("2025-12-01", "Expenses:AI:Research", "12", "USD"),
    ]
    first = postings[0]
    assert (first.payee, first.narration) == ("OpenAI", "Usage, November")
    assert (first.document, first.entry) == ("INV-7", "usage-openai-2025-11")
    assert (Path(first.position.file).name, first.position.line) == ("gl-2025.csv", 5)
    assert postings[1].position.line == 7


def test_a_total_in_the_column_of_days_is_told(tmp_path: Path) -> None:
    """It may be a posting whose day cannot be read: a person must look."""
    _, problems = read(write_ledger(tmp_path, KEYS, **{"gl-2025_csv": FULL}))
    assert [(p.code, p.position.line, p.message) for p in problems] == [
        ("cell-missing", 9, "the row has no account")
    ]


def test_three_columns_are_enough(tmp_path: Path) -> None:
    """The headings are then the names of what they have; the currency is the book's."""
    text = "Account,Date,Amount\nExpenses:AI,2025-11-30,12.345\nAssets:Bank,2025-11-30,-12.345\n"
    postings, problems = read(write_ledger(tmp_path, "  ledger/gl.csv", gl_csv=text))
    assert problems == []
    assert [told(posting) for posting in postings] == [
        ("2025-11-30", "Expenses:AI", "12.345", "USD"),
        ("2025-11-30", "Assets:Bank", "-12.345", "USD"),
    ]
    # without a number each row is its own transaction
    assert len({posting.transaction for posting in postings}) == 2


def test_rows_of_one_number_and_day_are_one_transaction(tmp_path: Path) -> None:
    """The numbers begin anew in December, and in the next file."""
    head = "date,account,amount,transaction\n"
    november = f"{head}2025-11-30,A,1,1\n2025-11-30,B,-1,1\n2025-12-01,A,1,1\n2025-12-01,C,2,\n"
    files = {"gl-1_csv": november, "gl-2_csv": f"{head}2025-11-30,A,1,1\n"}
    postings, _ = read(write_ledger(tmp_path, "  ledger/gl-*.csv", **files))
    numbers = [posting.transaction for posting in postings]
    assert numbers[0] == numbers[1]
    assert len(set(numbers)) == 4


@pytest.mark.parametrize(
    ("declared", "day", "amount", "expected"),
    [
        ("", "2025-11-30", "1234.50", "1234.50"),
        ("", "2025/11/30", "-1e2", None),
        ("", "20251130", "1234.50-", "-1234.50"),
        ("", "2025-11-30 00:00:00", "(0.5)", "-0.5"),
        ("dates: day_month_year", "30.11.2025", "+7", "7"),
        ("dates: day_month_year", "30-Nov-2025", "7.", "7"),
        ("dates: day_month_year", "30 November 2025", ".5", "0.5"),
        ("dates: month_day_year", "11/30/2025", "7", "7"),
        ("dates: month_day_year", "'Nov 30, 2025'", "7", "7"),
        ("numbers: '1,234.50'", "2025-11-30", "'1,234,567.89'", "1234567.89"),
        ("numbers: '1.234,50'", "2025-11-30", "'1.234,50'", "1234.50"),
        ("numbers: '1 234,50'", "2025-11-30", "'1\u00a0234,50'", "1234.50"),
        ("numbers: '1234,50'", "2025-11-30", "'-1234,50'", "-1234.50"),
        ("""numbers: "1'234.50\"""", "2025-11-30", "1’234.50", None),
        ("numbers: '1,234.50'", "2025-11-30", "'12,34.50'", None),
        ("numbers: '1,234.50'", "2025-11-30", "'1.234,50'", None),
        ("", "2025-11-30", "'1,234.50'", None),
        ("", "2025-11-30", "$5.00", None),
        ("", "2025-11-30", "-(5.00)", None),
        ("", "2025-11-30", "(-5.00)", None),
        ("", "2025-11-30", "NaN", None),
        ("", "2025-11-30", ".", None),
        ("", "30.11.2025", "7", None),
        ("", "2025-11/30", "7", None),
        ("", "2025-11-31", "7", None),
        ("", "2025-11-30 14:00:00", "7", None),
        ("dates: day_month_year", "11/30/2025", "7", None),
        ("dates: day_month_year", "30/11/25", "7", None),
        ("dates: day_month_year", "30-Nom-2025", "7", None),
    ],
)
def test_days_and_amounts_are_read_as_declared(
    tmp_path: Path, declared: str, day: str, amount: str, expected: str | None
) -> None:
    """Nothing is guessed: what is not written as declared is told."""
    row = f"{day},{amount},Expenses:AI\n".replace("'", '"')
    text = f"date,amount,account\n{row}"
    recorded = "  files: ledger/gl.csv" + (f"\n  {declared}" if declared else "")
    postings, problems = read(write_ledger(tmp_path, recorded, gl_csv=text))
    if expected is None:
        assert codes(problems) == ["cell-invalid"]
        assert "declare" in problems[0].help or "else add" in problems[0].help
        return
    assert problems == []
    assert [str(posting.amount) for posting in postings] == [expected]
    assert [posting.day.isoformat() for posting in postings] == ["2025-11-30"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_that_of_the_header(tmp_path: Path, delimiter: str) -> None:
    text = "Date,Account,Debit,Credit\n2025-11-30,Expenses:AI,7,-\n".replace(",", delimiter)
    postings, problems = read(write_ledger(tmp_path, "  ledger/gl.csv", gl_csv=text))
    assert problems == []
    assert [told(posting)[2] for posting in postings] == ["7"]


def test_sides_go_before_an_amount_that_may_have_no_sign(tmp_path: Path) -> None:
    text = "Date,Account,Amount,Debit,Credit\n2025-11-30,Expenses:AI,7,,7\n"
    postings, _ = read(write_ledger(tmp_path, "  ledger/gl.csv", gl_csv=text))
    assert [told(posting)[2] for posting in postings] == ["-7"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_of_any_ending_are_counted(tmp_path: Path, ending: str) -> None:
    """A quoted cell over two lines, a mark of the encoding: the last row stands in line 4."""
    text = '\ufeffdate,account,amount,narration\n2025-11-30,A,1,"two\nlines"\n2025-11-30,B,x,\n'
    folder = write_ledger(tmp_path, "  ledger/gl.csv", gl_csv="")
    (folder / "ledger/gl.csv").write_bytes(text.replace("\n", ending).encode())
    [posting], [problem] = read(folder)
    assert posting.narration == "two lines"
    assert (problem.position.line, problem.position.column) == (4, 14)


@pytest.mark.parametrize(
    ("text", "code", "place", "said"),
    [
        ("date,acount,amount\n", "column-missing", (1, 1), "did you mean acount?"),
        ("", "column-missing", (1, 1), "the header has no column date, account, amount"),
        ("date,account,debit\n", "column-missing", (1, 1), "no column amount"),
        ("date,account,amount,Amount\n", "column-duplicate", (1, 1), "'amount' stands"),
        ("date,account,amount\n2025-11-30,A\n", "csv-fields", (2, 1), "2 cells, the header 3"),
        ("date,account,amount\n2025-11-30,A,1,2\n", "csv-fields", (2, 1), "4 cells"),
        ("date,account,amount\n2025-11-30,A,\n", "cell-missing", (2, 1), "has no amount"),
        ("date,account,amount\n,A,1\n", "cell-missing", (2, 1), "has no date"),
        ('date,account,amount\n"2025-11-30"x,A,1\n', "csv-syntax", (2, 1), "expected after"),
        ('date,account,amount\n2025-11-30,A,"1\n', "csv-syntax", (2, 1), "end of data"),
        ('date,account,amount\n2025-11-30,"A, B",1.0.0\n', "cell-invalid", (2, 19), "'1.0.0'"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, text: str, code: str, place: tuple[int, int], said: str
) -> None:
    postings, problems = read(write_ledger(tmp_path, "  ledger/gl.csv", gl_csv=text))
    assert postings == []
    assert codes(problems) == [code]
    assert (problems[0].position.line, problems[0].position.column) == place
    assert said in f"{problems[0].message} {problems[0].help}"


def test_a_heading_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    recorded = "  {files: ledger/gl.csv, columns: {date: Postng Date, amount: Net}}"
    text = "Posting Date,Account,Net\n2025-11-30,A,1\n"
    [problem] = read(write_ledger(tmp_path, recorded, gl_csv=text))[1]
    assert problem.code == "column-missing"
    assert problem.message == "the header has no column 'Postng Date' (for date)"
    assert problem.help.startswith("did you mean posting date? ")


def test_many_mistakes_of_a_kind_are_a_few(tmp_path: Path) -> None:
    rows = "30.11.2025,A,1\n" * 500 + "2025-11-30,A,x\n"
    folder = write_ledger(tmp_path, "  ledger/gl.csv", gl_csv=f"date,account,amount\n{rows}")
    problems = read(folder)[1]
    assert [(p.position.line, p.count) for p in problems] == [(2, 1), (3, 1), (4, 498), (502, 1)]


def test_a_long_extract_is_not_read_row_by_row_again(tmp_path: Path) -> None:
    """Larger than what people write by hand: 8 MB."""
    row = f"2025-11-30,Expenses:AI,0.01,{'x' * 400}\n"
    text = "date,account,amount,narration\n" + row * 20_000
    postings, problems = read(write_ledger(tmp_path, "  ledger/gl.csv", gl_csv=text))
    assert problems == []
    assert str(sum(posting.amount for posting in postings)) == "200.00"
