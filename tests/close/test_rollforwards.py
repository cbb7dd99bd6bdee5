"""Roll-forwards: what moved each lot and accrual, and that nothing is closed that does not tie."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.books import ARREARS, CREDITS, PREPAID, usage, write_book
from tokenbooks.close.close_period import Close
from tokenbooks.close.rollforwards import RollForwards, accrual_movements
from tokenbooks.desk.close import Prepared, prepare_close
from tokenbooks.desk.open_book import open_book
from tokenbooks.entries.entry import Assertion
from tokenbooks.entries.posted import Line
from tokenbooks.periods import Period

OCTOBER = Period.month(2025, 10)


def accrued(rule: str, unit: str = "2025-10", service: str = "2025-10") -> Line:
    """A line of the accrual of October."""
    return Line(rule, "llm", "", unit, service, "accrued_expenses")


# -- movements ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "moved"),
    [
        # newly accrued 100
        ({}, {accrued("service"): "-100"}, "0 100 0 0 100"),
        # an invoice takes all of it: 100 - 100 = 0
        ({accrued("service"): "-100"}, {}, "100 0 100 0 0"),
        # late usage of 7 on top
        ({accrued("service"): "-100"}, {accrued("service"): "-107"}, "100 7 0 0 107"),
        # an opening balance is there before the first close
        ({}, {accrued("opening"): "-40"}, "40 0 0 0 40"),
        # the opening of 40 is invoiced in the first month: 40 - 40
        ({}, {accrued("opening"): "-40", accrued("service"): "40"}, "40 0 40 0 0"),
        # an accrual by judgement, as any other
        ({}, {accrued("approved", "2025-10-ab"): "-5"}, "0 5 0 0 5"),
        # remeasured at the month's end: it is worth 3 more
        (
            {accrued("service"): "-100"},
            {
                accrued("service"): "-100",
                accrued("exchange", "accrual-2025-10", "2025-11-30"): "-3",
            },
            "100 0 0 3 103",
        ),
        # the invoice relieves 100, and takes back the 3 with it: 103 - 103
        (
            {
                accrued("service"): "-100",
                accrued("exchange", "accrual-2025-10", "2025-11-30"): "-3",
            },
            {
                accrued("exchange", "accrual-2025-10", "2025-11-30"): "-3",
                accrued("exchange-billed", "I-1"): "3",
            },
            "103 0 103 0 0",
        ),
    ],
)
def test_what_moved_an_accrual(before: dict[Line, str], now: dict[Line, str], moved: str) -> None:
    amounts = ({line: Decimal(text) for line, text in posted.items()} for posted in (before, now))
    (movement,) = accrual_movements(*amounts).values()
    told = (movement.opening, movement.accrued, movement.relieved, movement.exchange)
    assert " ".join(map(str, (*told, movement.closing))) == moved


def test_what_does_not_move_and_is_nothing_is_left_out() -> None:
    assert accrual_movements({}, {}) == {}


_LINES = st.dictionaries(
    st.sampled_from(
        [
            accrued(rule, unit, service)
            for rule, unit, service in (
                ("service", "2025-10", "2025-10"),
                ("service", "2025-11", "2025-11"),
                ("opening", "accrued_expenses", "2025-10"),
                ("approved", "2025-10-ab", "2025-10"),
                ("exchange", "accrual-2025-10", "2025-11-30"),
                ("exchange-billed", "I-1", "2025-10"),
            )
        ]
    ),
    st.integers(-1000, 1000).map(Decimal),
)


@given(_LINES, _LINES)
def test_every_roll_forward_closes_at_what_is_posted(
    before: dict[Line, Decimal], now: dict[Line, Decimal]
) -> None:
    rolled = accrual_movements(before, now)
    assert sum(m.closing for m in rolled.values()) == -sum(now.values())
    assert all(m.accrued >= 0 for m in rolled.values())


# -- the check at each close --------------------------------------------------------------


def prepared(folder: Path, files: dict[str, str], book: str) -> Prepared:
    """The close of October, computed."""
    opened, problems = open_book(write_book(folder, files, book))
    assert opened is not None
    assert not problems
    found, problems = prepare_close(opened, OCTOBER)
    assert found is not None, problems
    return found


@pytest.fixture
def prepaid(tmp_path: Path) -> Prepared:
    """100 bought and 30 used: 70 are left."""
    files = {
        "usage/a.csv": usage("2025-10-05,30"),
        "credits.csv": CREDITS + "2025-10-01,llm,purchase,100,pack,100,,,,,,,\n",
    }
    return prepared(tmp_path / "prepaid", files, PREPAID)


@pytest.fixture
def arrears(tmp_path: Path) -> Prepared:
    """30 used, nothing invoiced."""
    return prepared(tmp_path / "arrears", {"usage/a.csv": usage("2025-10-05,30")}, ARREARS)


def told(of: Prepared, rolled: RollForwards) -> list[str]:
    """What is wrong with roll-forwards."""
    problems = list(rolled.problems(of.book.facts))
    assert {problem.code for problem in problems} <= {"rollforward-differs"}
    return [problem.message.split(": ", 1)[1] for problem in problems]


def of_close(close: Close) -> RollForwards:
    """The roll-forwards of a close as it checks them itself."""
    return RollForwards(
        close.period, close.computed, close.lots, close.before.lots, {}, close.assertions
    )


def test_a_close_ties(prepaid: Prepared, arrears: Prepared) -> None:
    assert told(prepaid, of_close(prepaid.close)) == []
    assert told(arrears, of_close(arrears.close)) == []


def test_a_lot_that_costs_something_else_than_is_posted_is_told(prepaid: Prepared) -> None:
    rolled = of_close(prepaid.close)
    lot = replace(rolled.lots["pack"], cost_used=Decimal("30.01"))
    assert told(prepaid, replace(rolled, lots={"pack": lot})) == [
        "lot pack rolls to 69.99, but 70.00 is posted",
        "Assets:Prepaid:LLM rolls to 69.99, but 70.00 is posted",
    ]


def test_a_lot_that_loses_a_credit_is_told(prepaid: Prepared) -> None:
    rolled = of_close(prepaid.close)
    lot = replace(rolled.lots["pack"], used=rolled.lots["pack"].used + 1)
    assert told(prepaid, replace(rolled, lots={"pack": lot})) == [
        "lot pack rolls to 69 credits, but has 70"
    ]


def test_an_opening_that_no_close_posted_is_told(prepaid: Prepared) -> None:
    rolled = of_close(prepaid.close)
    assert told(prepaid, replace(rolled, lots_before=rolled.lots)) == [
        "the opening of lot pack rolls to 70.00, but 0 is posted"
    ]


def test_an_accrual_that_is_not_what_is_owed_is_told(arrears: Prepared) -> None:
    rolled = of_close(arrears.close)
    posted = {**rolled.computed.posted, accrued("service"): Decimal("-29.99")}
    computed = replace(rolled.computed, posted=posted)
    assert told(arrears, replace(rolled, computed=computed)) == [
        "the accrual of llm for 2025-10 rolls to 30.00, but 29.99 is posted"
    ]


def test_an_assertion_of_another_balance_is_told(arrears: Prepared) -> None:
    asserted = (Assertion(date(2025, 10, 31), "Liabilities:Accrued:LLM", Decimal("-31.00")),)
    assert told(arrears, replace(of_close(arrears.close), assertions=asserted)) == [
        "Liabilities:Accrued:LLM rolls to -30.00, but -31.00 is posted"
    ]
