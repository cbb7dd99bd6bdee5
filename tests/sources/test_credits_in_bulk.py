"""Large files of credits give what the same rows give that are read one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.books import PLAN, write_book
from tokenbooks.archive.credit_rows import put_credit_rows
from tokenbooks.credits.credit_rows import events_of_others
from tokenbooks.documents import CreditEvent
from tokenbooks.periods import parse_day
from tokenbooks.problems import NOWHERE
from tokenbooks.sources.book_files import read_facts
from tokenbooks.sources.credits import in_bulk as credits_in_bulk
from tokenbooks.sources.exports.connection import connect

BOOK = """\
book: Tests
currency: USD
start: 2025-10
timezone: UTC
contracts:
  llm: {side: buy, party: LLM, plan: llm, settle: prepaid, each: user, usage: usage/*.csv}
"""
HEADER = (
    "date,contract,party,event,credits,lot,paid,used,starts,expires,kind,priority,parent,pay,memo"
)

#: Rows that go into the table, as cells after date, contract, party, event, credits and lot.
USUAL = (
    "2025-10-01,llm,acme,purchase,10,one,,,,,,,,,",
    "2025-10-01,llm,acme,grant,2.50,two,,,2025-10-03,2025-11-30,promo,1,,,thank you",
    "2025-09-15,llm,globex,opening,30,three,27.5,12.000000001,,2026-01-31,paid,,,,",
    '"2025-10-02","llm","umbrella inc","purchase","7","four","6.99","","","","","","","card",""',
)


@pytest.fixture(autouse=True)
def every_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credits_in_bulk, "LARGE_FILE", 0)


def read(folder: Path, rows: list[str]) -> tuple[list[CreditEvent], int, list[str]]:
    """All events by line, how many of them were in a table, and the problems."""
    write_book(
        folder, {"credits.csv": "\n".join([HEADER, *rows]) + "\n", "plans/llm.yaml": PLAN}, BOOK
    )
    facts, problems = read_facts(folder)
    texts = [str(problem) for problem in problems]
    if facts is None:
        return [], 0, texts
    with connect() as connection:
        put_credit_rows(connection, facts.credit_rows)
        table = events_of_others(connection, facts, parse_day("2200-01-01"), apart=False)
    events = sorted([*facts.credits, *table], key=lambda event: event.position)
    return [replace(event, position=NOWHERE) for event in events], len(table), texts


def one_by_one(folder: Path, rows: list[str]) -> tuple[list[CreditEvent], list[str]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credits_in_bulk, "LARGE_FILE", 10**9)
        events, in_table, problems = read(folder, rows)
    assert not in_table
    return events, problems


def test_usual_rows_go_into_the_table_as_they_are(tmp_path: Path) -> None:
    events, in_table, problems = read(tmp_path, list(USUAL))
    assert (len(events), in_table, problems) == (4, 4, [])
    assert events == one_by_one(tmp_path, list(USUAL))[0]


@pytest.mark.parametrize(
    ("row", "in_table"),
    [
        # another event, and with it all rows of its party: here those of acme
        ("2025-11-02,llm,acme,refund,1,one,1,,,,,,,,", 2),
        ("2025-10-02,llm,acme,bonus,1,,,,,,,,one,,", 2),
        # no lot of its own: its name is built
        ("2025-10-02,llm,acme,purchase,1,,,,,,,,,,", 2),
        # an instant, a text with a comma
        ("2025-10-02,llm,initech,purchase,1,six,,,2025-10-02T10:00:00Z,,,,,,", 4),
        ('2025-10-02,llm,initech,purchase,1,six,,,,,,,,,"a, b"', 4),
        # a blank line, and blanks around cells
        ("", 4),
        (" 2025-10-02 , llm , initech , purchase , 1 , six ,,,,,,,,,", 4),
        # a name as others are built
        ("2025-10-02,llm,initech,purchase,1,llm-initech-2025-10-02,,,,,,,,,", 4),
    ],
)
def test_other_rows_are_read_one_by_one(tmp_path: Path, row: str, in_table: int) -> None:
    rows = [USUAL[0], row, *USUAL[1:]]
    events, found, problems = read(tmp_path, rows)
    assert (events, problems) == one_by_one(tmp_path, rows)
    assert found == in_table


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("2025-10-02,llm,initech,purchase,1,one,,,,,,,,,", "lot-duplicate"),
        ("2025-10-32,llm,initech,purchase,1,six,,,,,,,,,", "cell-invalid"),
        ("2025-02-30,llm,initech,purchase,1,six,,,,,,,,,", "cell-invalid"),
        ("2025-09-02,llm,initech,purchase,1,six,,,,,,,,,", "before-start"),
        ("2025-10-02,llm,initech,purchase,0.00,six,,,,,,,,,", "credits-zero"),
        ("2025-10-02,llm,initech,purchase,1 000,six,,,,,,,,,", "cell-invalid"),
        ("2025-10-02,llm,initech,purchase,-1,six,,,,,,,,,", "cell-negative"),
        ("2025-10-02,llm,initech,grant,1,six,1,,,,,,,,", "grant-paid"),
        ("2025-10-02,llm,initech,purchase,1,six,,,,2025-10-01,,,,,", "expires-before-start"),
        ("2025-10-02,llm,initech,purchase,1,six,,,2025-10-01,,,,,,", "lot-before-start"),
        ("2025-09-02,llm,initech,opening,1,six,,2,,,,,,,", "used-above-credits"),
        ("2025-10-02,llm,,purchase,1,six,,,,,,,,,", "cell-missing"),
        ("2025-10-02,lmm,initech,purchase,1,six,,,,,,,,,", "contract-unknown"),
        ("2025-10-02,llm,initech,purchase,1,six,,,,,,,,", "csv-fields"),
        ('2025-10-02,llm,initech,purchase,1,six,,,,,,,,,"open', "csv-syntax"),
    ],
)
def test_problems_are_told_as_ever(tmp_path: Path, row: str, code: str) -> None:
    rows = [*USUAL[:2], row, *USUAL[2:]]
    _, _, problems = read(tmp_path, rows)
    assert problems == one_by_one(tmp_path, rows)[1]
    assert any(f"[{code}]" in problem for problem in problems)


def test_a_text_over_two_lines_is_no_row(tmp_path: Path) -> None:
    rows = ['2025-10-02,llm,initech,purchase,1,six,,,,,,,,,"see', f'{USUAL[0]}"', *USUAL[1:]]
    events, in_table, problems = read(tmp_path, rows)
    assert not in_table
    assert (events, problems) == one_by_one(tmp_path, rows)


CELLS = {
    "date": ["2025-10-01", "2025-10-09", "2025-9-1", "2025-09-30"],
    "party": ["acme", "globex", "", "Ünal", "a b"],
    "event": ["purchase", "grant", "opening", "Purchase", "void", "sale"],
    "credits": ["1", "0.5", "12.1234567891", "1e3", "0", "01", "+1"],
    "lot": ["one", "two", "three", "", "-x"],
    "paid": ["", "", "3", ".5"],
    "expires": ["", "2025-10-05", "2026-02-29"],
    "memo": ["", "plain", '"quoted"', '"with ""quotes"""', " blank "],
}


@st.composite
def rows_of(draw: st.DrawFn) -> str:
    cell = {name: draw(st.sampled_from(values)) for name, values in CELLS.items()}
    head = f"{cell['date']},llm,{cell['party']},{cell['event']},{cell['credits']},{cell['lot']}"
    return f"{head},{cell['paid']},,,{cell['expires']},,,,,{cell['memo']}"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(rows_of(), min_size=1, max_size=5))
def test_any_rows_are_the_same_both_ways(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("book")
    events, _, problems = read(folder, rows)
    assert (events, problems) == one_by_one(folder, rows)
