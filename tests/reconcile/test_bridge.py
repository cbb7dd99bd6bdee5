"""The bridge from the provider's statement to the ledger, and how its differences stand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from tokenbooks.periods import Period
from tokenbooks.reconcile.bridge import (
    AGREES,
    CORRECT,
    EXPLAINED,
    OPEN,
    PASSED,
    Bridge,
    Thresholds,
)
from tokenbooks.reconcile.causes import (
    ADJUSTED,
    BOOKED,
    CREDITS,
    METER,
    RATE,
    RECORDED,
    ROUNDING,
    STATEMENT,
    TAX,
    TIMING,
    UNEXPLAINED,
    USAGE,
    Cause,
    leg,
    total,
)

NOVEMBER = Period.month(2025, 11)


def cause(name: str, amount: str) -> Cause:
    return Cause(name, Fraction(amount), "")


def bridge(*causes: Cause, thresholds: Thresholds = Thresholds()) -> Bridge:
    difference = total(causes)
    only = leg(STATEMENT, USAGE, (100 + difference, Fraction(100)), causes)
    return Bridge("llm", NOVEMBER, (only,), thresholds)


def test_the_causes_of_all_legs_are_the_statement_less_the_ledger() -> None:
    legs = (
        leg(STATEMENT, USAGE, (Fraction(110), Fraction(100)), [cause(TIMING, "10")]),
        leg(USAGE, BOOKED, (Fraction(100), Fraction(80)), [cause(CREDITS, "20")]),
        leg(BOOKED, RECORDED, (Fraction(80), Fraction(75)), [cause(ROUNDING, "0.5")]),
    )
    found = Bridge("llm", NOVEMBER, legs)
    assert [found.amount(view) for view in (STATEMENT, USAGE, BOOKED, RECORDED)] == [
        110,
        100,
        80,
        75,
    ]
    # 110 - 75 = 10 + 20 + 0.5 + 4.5 that nothing explains
    assert total(cause for _, cause, _ in found.standings()) == 110 - 75
    assert found.unexplained == Fraction("4.5")


@pytest.mark.parametrize(("first", "second"), [(STATEMENT, USAGE), (BOOKED, RECORDED)])
def test_tax_of_a_provider_is_an_item_and_in_our_own_ledger_a_mistake(
    first: str, second: str
) -> None:
    only = leg(first, second, (Fraction(119), Fraction(100)), [cause(TAX, "19")])
    expected = EXPLAINED if first == STATEMENT else CORRECT
    assert Bridge("llm", NOVEMBER, (only,)).standing == expected


def test_what_causes_leave_is_said_to_be_unexplained() -> None:
    found = leg(STATEMENT, USAGE, (Fraction(10), Fraction(7)), [cause(RATE, "2")])
    assert [(c.name, c.amount) for c in found.causes] == [(RATE, 2), (UNEXPLAINED, 1)]


@pytest.mark.parametrize(
    ("causes", "standing"),
    [
        ([], AGREES),
        ([cause(TIMING, "5")], EXPLAINED),
        ([cause(RATE, "3.10")], PASSED),  # the threshold of 5.00 takes it (C077)
        ([cause(RATE, "3.10"), cause(RATE, "-1.90")], PASSED),  # 3.10 + 1.90 = 5.00
        ([cause(RATE, "3.10"), cause(RATE, "-1.91")], CORRECT),  # signs do not cancel errors
        ([cause(METER, "80"), cause(METER, "-78")], PASSED),  # a pair counts by what it leaves
        ([cause(UNEXPLAINED, "0.50")], PASSED),
        ([cause(UNEXPLAINED, "0.51")], OPEN),
        ([cause(RATE, "9"), cause(UNEXPLAINED, "1")], OPEN),  # the worst one tells
    ],
)
def test_thresholds_decide_how_a_difference_stands(causes: list[Cause], standing: str) -> None:
    thresholds = Thresholds(tolerance=Decimal("0.50"), posting=Decimal("5.00"))
    assert bridge(*causes, thresholds=thresholds).standing == standing


def test_passed_differences_are_summed() -> None:
    thresholds = Thresholds(tolerance=Decimal("0.50"), posting=Decimal("5.00"))
    causes = (cause(RATE, "3.10"), cause(UNEXPLAINED, "-0.20"), cause(TIMING, "7"))
    assert bridge(*causes, thresholds=thresholds).passed == Fraction("2.90")


@pytest.mark.parametrize(
    ("accrued", "standing"),
    [
        ("-19.63", EXPLAINED),  # a person approved a row of 19.63: usage less booked is -19.63
        ("-19.62", EXPLAINED),  # rows are written in cents
        ("-10.00", CORRECT),
    ],
)
def test_what_an_approved_row_accrues_needs_no_more_correction(accrued: str, standing: str) -> None:
    stated = leg(STATEMENT, USAGE, (Fraction("119.63"), Fraction(100)), [cause(RATE, "19.63")])
    rows = [cause(ADJUSTED, accrued)]
    booked = leg(USAGE, BOOKED, (Fraction(100), 100 - Fraction(accrued)), rows)
    assert Bridge("llm", NOVEMBER, (stated, booked)).standing == standing
