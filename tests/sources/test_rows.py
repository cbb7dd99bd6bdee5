from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.small_book import codes
from tokenbooks.problems import Problem
from tokenbooks.sources.rows import Cells, Columns, Row, read_rows

COLUMNS = Columns(("date", "amount"), ("memo", "count"))


def rows_of(folder: Path, text: str) -> tuple[list[Row], list[Problem]]:
    path = folder / "f.csv"
    path.write_bytes(text.encode())
    return read_rows(path, COLUMNS)


def test_columns_are_found_by_name_in_any_order_and_case(tmp_path: Path) -> None:
    [row], problems = rows_of(tmp_path, "\ufeffMemo,Amount,date\r\n x ,5,2025-10-01\r\n,,\r\n\r\n")
    assert problems == []
    assert (row["memo"], row["amount"], row["date"], row["count"]) == ("x", "5", "2025-10-01", "")
    assert (row.at("amount").line, row.at("amount").column) == (2, 5)
    assert (row.at("count").line, row.at("count").column) == (2, 0)


def test_the_digest_is_of_what_is_written_not_of_how(tmp_path: Path) -> None:
    [one], _ = rows_of(tmp_path, "date,amount\n2025-10-01,5\n")
    [same], _ = rows_of(tmp_path, 'memo,amount,date\n,"5", 2025-10-01\n')
    [other], _ = rows_of(tmp_path, "date,amount,memo\n2025-10-01,5,a=\n")
    assert one.digest == same.digest != other.digest
    # sha256 of "amount=5\0date=2025-10-01"
    assert one.digest == "22cc2cde16aed580"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["column-missing"]),
        ("date\n2025-10-01\n", ["column-missing"]),
        ("date,amount,memos\n", ["column-unknown"]),
        ("date,amount,date\n", ["column-duplicate"]),
        ("date,amount\n1\n1,2,3\n", ["csv-fields", "csv-fields"]),
        ('date,amount\n1,"2\n', ["csv-syntax"]),
    ],
)
def test_headers_and_rows_that_do_not_fit(tmp_path: Path, text: str, found: list[str]) -> None:
    assert codes(rows_of(tmp_path, text)[1]) == found


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234.50", Decimal("1234.50")),
        ("0E-6176", Decimal(0)),
        ("1e3", Decimal(1000)),
        ("1,234.50", None),
        ("1.234,50", None),
        ("$5", None),
        ("1_000", None),
        ("NaN", None),
        ("5 USD", None),
        ("١٢", None),  # the digits of another script
        ("1２", None),
    ],
)
def test_numbers_are_plain(tmp_path: Path, text: str, number: Decimal | None) -> None:
    [row], problems = rows_of(tmp_path, f'date,amount\n2025-10-01,"{text}"\n')
    assert Cells(row, problems).number("amount") == number
    assert codes(problems) == ([] if number is not None else ["cell-invalid"])


def test_empty_cells_are_none_and_no_problem(tmp_path: Path) -> None:
    [row], problems = rows_of(tmp_path, "date,amount,memo\n,,x\n")
    cells = Cells(row, problems)
    assert cells.day("date") is cells.number("amount") is cells.whole("count") is None
    assert problems == []
    assert not cells.need("date", "amount")
    assert codes(problems) == ["cell-missing", "cell-missing"]
