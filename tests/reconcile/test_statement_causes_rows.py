"""Finer rows behind cells of a statement, the October facts, words, sums over days, and size."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import pytest

from tests.reconcile.test_statement_causes import (
    NOTHING,
    OCTOBER,
    assert_complete,
    compared,
    day_of,
    told,
)
from tokenbooks.reconcile.causes import (
    DUPLICATED,
    MISSING_STATED,
    MISSING_USAGE,
    NO_METER,
    RATE,
    ROUNDING,
    TIMING,
    UNEXPLAINED,
    Cause,
)
from tokenbooks.reconcile.statements.cells import Cell, Compared, KnownPrice, Piece, Side
from tokenbooks.reconcile.statements.statement_causes import statement_causes
from tokenbooks.reconcile.summarised_causes import summarised


def by_day(
    usage: Mapping[int, Sequence[tuple[str, str]]], statement: Mapping[int, str]
) -> Compared:
    """A statement by day alone, beside usage of which the rows are known by model."""
    cells, pieces = [], {}
    for number in {**usage, **statement}:
        day = day_of(str(number))
        rows = usage.get(number, ())
        pieces[day, ()] = tuple(
            Piece((("model", model),), Fraction(amount), None) for model, amount in rows
        )
        ours = Side(sum((Fraction(amount) for _, amount in rows), NOTHING)) if rows else None
        theirs = Side(Fraction(statement[number])) if number in statement else None
        cells.append(Cell(day, (), ours, theirs))
    return Compared("c", OCTOBER, (), tuple(cells), usage_pieces=pieces)


#: 38,072 x 1.25/M + 8,192 x 0.125/M + 60,000 x 10/M
DATED_06 = "0.648614"
#: 53,440 x 2.5/M + 5,760 x 1.25/M + 10,646 x 10/M
GPT_4O = "0.24726"
#: 5,783 x 1.25/M + 16,000 x 10/M
REST_OF_06 = "0.16722875"


def test_the_october_facts() -> None:
    """FORMATS.md 1.2: 07, 10 and 11 agree; the cost of 05 holds a row that the usage dates 06."""
    usage = {
        5: [("gpt-4o", GPT_4O)],
        6: [("gpt-5", DATED_06), ("gpt-5", REST_OF_06)],
        7: [("gpt-5-mini", "0.569788")],
        10: [("gpt-5", "0.3409")],
        11: [("gpt-5", "0.072054")],
    }
    statement = {5: "0.895874", 7: "0.569788", 8: "0.5455665", 10: "0.3409", 11: "0.072054"}
    facts = by_day(usage, statement)
    causes = statement_causes(facts)
    assert told(causes) == [
        "5 timing 0.648614",
        "6 missing in statement -0.16722875",
        "6 timing -0.648614",
        "8 missing usage 0.5455665",
    ]
    assert [cause.words for cause in causes if cause.name == TIMING] == [
        "gpt-5: the usage has it 1 day later",
        "gpt-5: the statement has it 1 day earlier",
    ]
    assert_complete(facts, causes)


def test_the_october_facts_where_rows_are_told_by_meter() -> None:
    """The row of 38,072 x 1.25/M + 8,192 x 0.125/M + 60,000 x 10/M is three pieces of one place."""
    facts = by_day({5: [("gpt-4o", GPT_4O)], 6: [("gpt-5", "0.81584275")]}, {5: "0.895874"})
    rows = [
        ("12", "input", "0.04759"),
        ("12", "cached", "0.001024"),
        ("12", "output", "0.6"),
        ("13", "input", "0.00722875"),
        ("13", "output", "0.16"),
    ]
    pieces = tuple(
        Piece((("model", "gpt-5"), ("meter", meter), ("row", row)), Fraction(amount), None)
        for row, meter, amount in rows
    )
    facts = replace(facts, usage_pieces={(day_of("6"), ()): pieces})
    causes = statement_causes(facts)
    assert told(causes) == [
        "5 timing 0.648614",
        "6 missing in statement -0.16722875",
        "6 timing -0.648614",
    ]
    assert_complete(facts, causes)


@pytest.mark.parametrize(
    ("usage", "statement", "expected"),
    [
        pytest.param(
            {5: [("x", "3"), ("y", "4.5")]},
            {5: "4.5"},
            [(MISSING_STATED, "-3", "only the usage has x")],
            id="one row that the statement lacks",
        ),
        pytest.param(
            {5: [("x", "3"), ("x", "1.25"), ("y", "7")]},
            {5: "7"},
            [(MISSING_STATED, "-17/4", "only the usage has x")],
            id="all rows of a model: 3 + 1.25",
        ),
        pytest.param(
            {5: [("x", "3"), ("x", "3"), ("y", "7")]},
            {5: "10"},
            [(DUPLICATED, "-3", "the usage has x twice")],
            id="a row that the usage has twice",
        ),
        pytest.param(
            {5: [("x", "3"), ("x", "3"), ("x", "3"), ("y", "7")]},
            {5: "10"},
            [(DUPLICATED, "-6", "the usage has x 3 times")],
            id="a row that the usage has three times",
        ),
        pytest.param(
            {5: [("x", "3"), ("x", "3"), ("y", "7"), ("y", "7"), ("z", "1")]},
            {5: "11"},
            [(DUPLICATED, "-10", "the usage has 2 rows more than once")],
            id="two rows that the usage has twice",
        ),
        pytest.param(
            {5: [("x", "3"), ("y", "7")]},
            {5: "12"},
            [(UNEXPLAINED, "2", "the statement says no quantities: rate or quantity differs;")],
            id="no row is as much",
        ),
    ],
)
def test_rows_behind_a_cell(
    usage: dict[int, list[tuple[str, str]]],
    statement: dict[int, str],
    expected: list[tuple[str, str, str]],
) -> None:
    facts = by_day(usage, statement)
    causes = statement_causes(facts)
    assert [(cause.name, str(cause.amount)) for cause in causes] == [one[:2] for one in expected]
    assert all(
        cause.words.startswith(words) for cause, (_, _, words) in zip(causes, expected, strict=True)
    )
    assert_complete(facts, causes)


def test_a_row_of_the_next_month_that_the_statement_has_in_this_one() -> None:
    facts = by_day({31: [("x", "5")], 32: [("x", "3"), ("y", "4")]}, {31: "8", 32: "4"})
    causes = statement_causes(facts)
    assert told(causes) == ["31 timing 3"]
    assert causes[0].words == "the usage has it 1 day later, in another period"
    assert_complete(facts, causes)


def test_a_meter_that_only_the_statement_has_inside_days() -> None:
    row = Piece((("meter", "web_search"),), Fraction(4), None)
    facts = replace(
        by_day({5: [("x", "3")]}, {5: "7"}),
        statement_pieces={(day_of("5"), ()): (row,)},
        only_statement=frozenset({"web_search"}),
    )
    causes = statement_causes(facts)
    assert [(cause.name, cause.amount) for cause in causes] == [(NO_METER, 4)]
    assert causes[0].words == "web_search: only the statement has figures of it"


# -- words and sums over days -----------------------------------------------------------


def test_words_say_which_price_is_which() -> None:
    million = Fraction(1, 10**6)
    prices = {("a", "input"): (KnownPrice(3 * million, "from 2025-10-14"),)}
    usage = compared("5 a input 1000000 1.25", "5 a input 1000000 3")
    other = compared("5 a input 10 20", "5 a input 10 25")
    words = [statement_causes(facts)[0].words for facts in (replace(usage, prices=prices), other)]
    assert words == [
        "charged 3 per 1M (from 2025-10-14), ours is 1.25 per 1M",
        "charged 2.5 each, ours is 2 each",
    ]


def test_causes_are_joined_over_days() -> None:
    facts = compared(
        "5 a input 10 20; 6 a input 30 60; 9 a input 50 100; 9 b input 1 7",
        "5 a input - 30; 6 a input - 90; 9 a input - 150",
    )
    joined = summarised(statement_causes(facts))
    assert told(joined) == ["all a input rate 90", "9 b input missing in statement -7"]
    assert joined[0].words.endswith("(from 2025-10-14), ours is 2 each (2025-10-05 to 2025-10-09)")
    assert [cause.rows for cause in joined] == [3, 1]


def test_joining_keeps_every_amount_and_place() -> None:
    causes = [
        Cause(ROUNDING, Fraction(1), "w", evidence=("a.csv:1", "b.csv:1")),
        Cause(RATE, Fraction(2), "w", day_of("5"), evidence=("x",)),
        Cause(ROUNDING, Fraction(4), "w", evidence=("a.csv:1", "c.csv:1"), rows=5),
        Cause(MISSING_USAGE, Fraction(8), "w", day_of("5"), rows=2),
        Cause(MISSING_USAGE, Fraction(16), "w", day_of("5")),
    ]
    joined = summarised(causes)
    assert [(cause.name, cause.amount, cause.rows) for cause in joined] == [
        (ROUNDING, 5, 6),
        (RATE, 2, 1),
        (MISSING_USAGE, 24, 3),
    ]
    assert joined[0].evidence == ("a.csv:1", "b.csv:1", "c.csv:1")
    assert joined[1] is causes[1]
    assert joined[2].words == "w (2025-10-05)"


# -- size -------------------------------------------------------------------------------


def test_many_cells_take_seconds() -> None:
    """6,000 cells, each dropped, doubled or dearer: pairs of all would be millions."""
    cells = []
    for number in range(2_000):
        key = (f"m{number % 7}", f"k{number}")
        for day in ("5", "6", "7"):
            amount = Fraction(number * 3 + int(day), 7)
            theirs = [None, Side(2 * amount), Side(amount * Fraction(13, 10))][number % 3]
            cells.append(Cell(day_of(day), key, Side(amount, Fraction(number + 1)), theirs))
    facts = Compared("c", OCTOBER, ("model", "key"), tuple(cells))
    began = time.process_time()
    causes = statement_causes(facts)
    assert time.process_time() - began < 15  # less than one second
    assert_names(causes, {MISSING_STATED: 2_001, DUPLICATED: 2_001, RATE: 1_998})


def assert_names(causes: Sequence[Cause], expected: dict[str, int]) -> None:
    counts: dict[str, int] = {}
    for cause in causes:
        counts[cause.name] = counts.get(cause.name, 0) + 1
    assert counts == expected
