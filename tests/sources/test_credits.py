from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.small_book import BOOK, PLAN, codes, write_book
from tokenbooks.documents import CreditEvent
from tokenbooks.problems import Problem
from tokenbooks.sources.book import read_book
from tokenbooks.sources.credits.reading import read_credits
from tokenbooks.sources.plans import read_plans


def read(
    folder: Path, text: str, book: str = BOOK, plan: str = PLAN
) -> tuple[tuple[CreditEvent, ...], list[Problem]]:
    write_book(folder, book, plan, credits=text)
    found, problems = read_book(folder)
    plans, more = read_plans(folder)
    assert found is not None
    assert problems == more == []
    return read_credits(found, folder, plans)


def rows(*lines: str, columns: str = "") -> str:
    return "\n".join([f"date,contract,event,credits{columns}", *lines, ""])


def test_every_column_is_read(tmp_path: Path) -> None:
    text = rows(
        "2025-10-02,openai,purchase,500,A-1,450.00,EUR,2025-10-03,2026-10-02T12:00:00Z,paid,2,"
        '1.08,81,recoverable,9.5,account,INV-7,"first, of many"',
        columns=",lot,paid,currency,starts,expires,kind,priority,fx_rate,tax,tax_kind,fee,pay,"
        "document,memo",
    )
    [event], problems = read(tmp_path, text)
    assert problems == []
    assert event == CreditEvent(
        day=date(2025, 10, 2),
        contract="openai",
        event="purchase",
        credits=Decimal(500),
        lot="A-1",
        paid=Decimal("450.00"),
        currency="EUR",
        starts=date(2025, 10, 3),
        expires=datetime(2026, 10, 2, 12, tzinfo=UTC),
        kind="paid",
        priority=2,
        fx_rate=Decimal("1.08"),
        tax=Decimal(81),
        tax_kind="recoverable",
        fee=Decimal("9.5"),
        pay="account",
        document="INV-7",
        memo="first, of many",
        position=event.position,
        digest=event.digest,
    )
    assert (event.position.line, len(event.digest)) == (2, 16)


def test_empty_cells_are_none(tmp_path: Path) -> None:
    [event], problems = read(
        tmp_path, rows("2025-10-02,openai,grant,5,,,", columns=",paid,kind,pay")
    )
    assert problems == []
    assert (event.paid, event.kind, event.pay, event.used) == (None, None, None, None)


def test_lots_without_an_id_are_named_by_contract_and_date(tmp_path: Path) -> None:
    text = rows(
        "2025-10-02,openai,purchase,10,",
        "2025-10-02,openai,grant,10,",
        "2025-10-02,openai,purchase,10,openai-2025-10-02-3",
        "2025-10-02,openai,purchase,10,",
        "2025-10-05,openai,bonus,1,openai-2025-10-02",
        "2025-10-05,openai,bonus,1,openai-2025-10-02",
        columns=",lot",
    )
    events, problems = read(tmp_path, text)
    assert [(p.code, p.position.line, p.is_error) for p in problems] == [
        ("lot-unnamed", 3, False),
        ("lot-unnamed", 5, False),
        ("lot-unnamed", 7, False),
    ]
    assert [(event.lot, event.parent) for event in events] == [
        ("openai-2025-10-02", None),
        ("openai-2025-10-02-2", None),
        ("openai-2025-10-02-3", None),
        ("openai-2025-10-02-4", None),
        ("openai-2025-10-02-bonus-2025-10-05", "openai-2025-10-02"),
        ("openai-2025-10-02-bonus-2025-10-05-2", "openai-2025-10-02"),
    ]


@pytest.mark.parametrize(
    ("bonus", "found", "lot"),
    [
        ("2025-10-05,openai,bonus,1,A,", [], "A-bonus-2025-10-05"),
        ("2025-10-05,openai,bonus,1,,A", [], "A-bonus-2025-10-05"),
        ("2025-10-05,openai,bonus,1,B,A", [], "B"),
        ("2025-10-05,openai,bonus,1,A,A", ["lot-duplicate"], "A"),
        ("2025-10-05,openai,bonus,1,B,", ["lot-unknown"], "B-bonus-2025-10-05"),
        ("2025-10-05,openai,bonus,1,,", ["lot-unknown"], None),
        ("2025-10-01,openai,bonus,1,A,", ["lot-before-start"], "A-bonus-2025-10-01"),
        ("2025-10-05,openai,bonus,1,G,", ["lot-unknown"], "G-bonus-2025-10-05"),
    ],
)
def test_a_bonus_belongs_to_a_purchase(
    tmp_path: Path, bonus: str, found: list[str], lot: str | None
) -> None:
    # the bonus may stand before its purchase in the file
    text = rows(
        bonus,
        "2025-10-02,openai,purchase,10,A,",
        "2025-10-02,openai,grant,10,G,",
        columns=",lot,parent",
    )
    events, problems = read(tmp_path, text)
    assert codes(problems) == found
    assert events[0].lot == lot


@pytest.mark.parametrize(
    ("columns", "row", "found"),
    [
        ("", "2025-09-30,openai,grant,5", ["before-start"]),
        ("", "2025-09-30,openai,opening,5", []),
        ("", "2025-10-01,openai,opening,5", []),
        ("", "2025-10-02,openai,opening,5", ["opening-late"]),
        (",used", "2025-09-30,openai,opening,5,5", []),
        (",used", "2025-09-30,openai,opening,5,5.01", ["used-above-credits"]),
        (",used", "2025-10-30,openai,purchase,5,1", ["cell-misplaced"]),
        (",paid", "2025-10-30,openai,purchase,5,0", []),
        (",paid", "2025-10-30,openai,grant,5,0", []),
        (",tax", "2025-10-30,openai,bonus,5,1", ["grant-paid", "lot-unknown"]),
        (",expires", "2025-10-30,openai,grant,5,2025-10-30", []),
        (",expires", "2025-10-30,openai,grant,5,2025-10-29", ["expires-before-start"]),
        (",expires", "2025-10-30,openai,grant,5,2025-10-30T00:00:00Z", ["expires-before-start"]),
        (",starts", "2025-10-30,openai,grant,5,2025-10-29", ["lot-before-start"]),
        (",starts", "2025-10-30,openai,grant,5,2025-10-29T23:00:00-02:00", []),
        (",starts", "2025-10-01,openai,opening,5,2024-10-29", []),
        (",currency", "2025-10-30,openai,purchase,5,USD", []),
        (",currency", "2025-10-30,openai,purchase,5,EUR", ["fx-rate-missing"]),
        (",currency", "2025-10-30,openai,purchase,5,euro", ["cell-invalid"]),
        (",kind", "2025-10-30,openai,purchase,5,commitment", []),
        (",tax_kind", "2025-10-30,openai,purchase,5,sales", ["side-mismatch"]),
        (",lot", "2025-10-30,openai,purchase,5,lot one", ["cell-invalid"]),
        (",priority", "2025-10-30,openai,purchase,5,1.5", ["cell-invalid"]),
        (",pay", "2025-10-30,openai,purchase,5,CARD", []),
        ("", "2025-10-30,anthropic,purchase,5", ["credits-arrears"]),
    ],
)
def test_single_rows(tmp_path: Path, columns: str, row: str, found: list[str]) -> None:
    assert codes(read(tmp_path, rows(row, columns=columns))[1]) == found


def test_a_plan_in_another_currency_needs_what_was_paid(tmp_path: Path) -> None:
    plan = PLAN.replace("USD", "EUR")
    book = BOOK.replace("settle: arrears", "settle: prepaid")
    text = rows(
        "2025-10-27,openai,purchase,5,,,",
        "2025-10-28,openai,purchase,5,5.40,,",
        "2025-10-29,openai,purchase,5,,EUR,1.08",
        "2025-10-30,openai,grant,5,,,",
        columns=",paid,currency,fx_rate",
    )
    [problem] = read(tmp_path, text, book, plan)[1]
    assert (problem.code, problem.position.line) == ("fx-rate-missing", 2)


def test_several_files_are_one(tmp_path: Path) -> None:
    (tmp_path / "credits").mkdir()
    (tmp_path / "credits/2.csv").write_text(rows("2025-11-02,openai,purchase,2"))
    (tmp_path / "credits/1.csv").write_text(rows("2025-11-02,openai,purchase,1"))
    events, problems = read(tmp_path, "", BOOK + "credits: credits/*.csv\n")
    assert codes(problems) == ["lot-unnamed"]
    assert "after" in problems[0].message
    assert "credits/1.csv:2" in problems[0].message
    assert [(event.credits, event.lot) for event in events] == [
        (1, "openai-2025-11-02"),
        (2, "openai-2025-11-02-2"),
    ]
