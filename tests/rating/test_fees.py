"""Fees: fixed amounts by day, for whole spans, parts of them, and units of a level."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.rating.plans import plan
from tests.rating.runs import CONTRACT, amount, by_day, run, sums
from tokenbooks.periods import Period
from tokenbooks.rating.charges import FEE, Charges
from tokenbooks.rating.levels import Levels
from tokenbooks.rating.terms import Fee, Terms

NOVEMBER, DECEMBER, NEXT_YEAR = date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1)
CONTRACT_ENDS = {"starts": date(2025, 3, 15), "until": date(2025, 11, 21)}


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def charged(fee: Fee, first: date = NOVEMBER, end: date = DECEMBER, **more: object) -> Charges:
    return run(plan(terms=Terms(fees=(fee,))), [], first=first, end=end, **more)


def fee(price: str, every: str = "month", **more: object) -> Fee:
    return Fee("base", Decimal(price), every, **more)


@pytest.mark.parametrize(
    ("starts", "until", "prorate", "whole"),
    [
        (None, None, "", "30"),
        (None, None, "day", "30"),
        # half-open: from the 10th on, to the 20th no more
        ("2025-11-10", "2025-11-20", "day", "10"),
        ("2025-11-10", "2025-11-20", "", "30"),  # the whole fee for a month that is begun
        ("2025-11-16", None, "day", "15"),
        ("2025-11-16", None, "", "30"),
        (None, "2025-11-16", "day", "15"),
        (None, "2025-11-01", "", "0"),
        ("2025-12-01", None, "", "0"),
        ("2025-11-30", None, "day", "1"),
    ],
)
def test_a_month(starts: str | None, until: str | None, prorate: str, whole: str) -> None:
    item = fee("30", prorate=prorate, starts=day(starts), until=day(until))
    assert amount(charged(item)) == Fraction(whole)


@pytest.mark.parametrize(
    ("month", "starts", "until", "whole"),
    [
        ("2025-11-01", "2025-11-16", None, "15"),
        ("2025-01-01", "2025-01-16", None, "15"),  # the 31st adds nothing
        ("2025-01-01", None, "2025-01-31", "29"),
        ("2025-02-01", "2025-02-16", None, "15"),  # the 28th stands for three days
        ("2024-02-01", "2024-02-16", None, "15"),
        ("2025-02-01", None, None, "30"),
        ("2025-03-01", None, "2025-03-16", "15"),
    ],
)
def test_a_part_of_a_month_of_thirty_days(
    month: str, starts: str | None, until: str | None, whole: str
) -> None:
    item = fee("30", prorate="30/360", starts=day(starts), until=day(until))
    held = Period.parse(month[:7])
    assert amount(charged(item, held.start, held.end)) == Fraction(whole)


@pytest.mark.parametrize("prorate", ["", "day"])
def test_a_fee_is_earned_day_by_day(prorate: str) -> None:
    found = by_day(charged(fee("60", prorate=prorate)))
    assert len(found) == 30
    assert set(found.values()) == {2}


def test_a_whole_fee_is_spread_over_the_days_for_which_it_is_due() -> None:
    found = by_day(charged(fee("60", starts=date(2025, 11, 21))))
    assert found == {f"11-{n}": 6 for n in range(21, 31)}


@pytest.mark.parametrize(
    ("first", "end", "whole"),
    [
        ("2025-01-01", "2026-01-01", 365),
        ("2025-11-01", "2025-12-01", 30),
        ("2025-02-01", "2025-03-01", 28),
        ("2025-10-01", "2026-01-01", 92),  # a book that begins inside the year
    ],
)
@pytest.mark.parametrize("prorate", ["", "day"])
def test_a_fee_of_a_year_by_the_day(first: str, end: str, whole: int, prorate: str) -> None:
    found = charged(fee("365", "year", prorate=prorate), day(first), day(end))
    assert amount(found) == whole


def test_the_leap_day_is_one_of_366() -> None:
    found = charged(fee("366", "year"), date(2024, 1, 1), date(2025, 1, 1))
    assert by_day(found)["02-29"] == 1
    assert amount(found, "2024-02-01", "2024-03-01") == 29
    assert amount(found) == 366


@pytest.mark.parametrize(
    ("prorate", "whole"),
    [
        ("day", 365 - 73 - 41),  # held from 15 March until 21 November
        ("", 365),
    ],
)
def test_a_year_that_the_contract_holds_in_part(prorate: str, whole: int) -> None:
    found = charged(
        fee("365", "year", prorate=prorate), date(2025, 3, 15), date(2025, 11, 21), **CONTRACT_ENDS
    )
    assert amount(found) == whole


@pytest.mark.parametrize(
    ("every", "days", "whole"),
    [("day", 30, 60), ("quarter", 30, Fraction(60, 92)), ("month", 30, 2)],
)
def test_spans_of_fees(every: str, days: int, whole: Fraction) -> None:
    found = charged(fee("2", every))
    assert len(by_day(found)) == days
    assert amount(found) == whole


@pytest.mark.parametrize(
    ("prorate", "each"),
    [
        # 251 days from 15 March until 21 November
        ("", Fraction(500, 251)),
        ("day", Fraction(500, 251)),
        ("30/360", Fraction(500, 8 * 30 + 6)),  # eight months of thirty days, and six days
    ],
)
def test_a_fee_of_the_term(prorate: str, each: Fraction) -> None:
    # without an end it cannot be spread, and is due at the beginning
    item = fee("500", "term", prorate=prorate)
    assert by_day(charged(item)) == {"11-01": 500}
    found = charged(item, date(2025, 3, 15), date(2025, 11, 21), **CONTRACT_ENDS)
    assert by_day(found)["04-10"] == each
    assert amount(found) == 500


def test_two_fees_are_two_charges() -> None:
    both = Terms(fees=(fee("30"), Fee("support", Decimal(60))))
    found = run(plan(terms=both), [], first=NOVEMBER, end=DECEMBER)
    assert sums(found) == {"base": 30, "support": 60}
    assert {part.kind for step in found.steps[CONTRACT, ""] for part in step.parts} == {FEE}


# -- units of a level -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seats", "by_days", "whole"),
    [
        ({"2025-11-01": 10}, "300", "300"),
        ({"2025-10-05": 10}, "300", "300"),  # it holds until the next row
        ({"2025-11-01": 10, "2025-11-16": 12}, "330", "360"),  # 2 x 30 x 15 / 30
        ({"2025-11-01": 10, "2025-11-16": 8}, "270", "300"),  # what is given up is due whole
        ({"2025-11-01": 10, "2025-11-11": 8, "2025-11-21": 10}, "280", "300"),
        ({"2025-11-16": 10}, "150", "300"),
        ({"2025-12-01": 10}, "0", "0"),
        ({"2025-11-01": 10, "2025-11-01T": 4}, "120", "120"),  # the last of a day counts
        ({}, "0", "0"),
    ],
)
def test_seats_by_the_day_or_whole(seats: dict[str, int], by_days: str, whole: str) -> None:
    levels = {name.rstrip("T"): level for name, level in seats.items()}
    assert amount(charged(fee("30", per="seats", prorate="day"), seats=levels)) == Fraction(by_days)
    assert amount(charged(fee("30", per="seats"), seats=levels)) == Fraction(whole)


def test_a_seat_that_is_added_is_spread_over_the_days_that_are_left() -> None:
    seats = {"2025-11-01": 1, "2025-11-21": 2}
    found = by_day(charged(fee("30", per="seats"), seats=seats))
    assert found["11-20"] == 1
    assert found["11-21"] == 4  # 30 / 30 + 30 / 10


def test_each_span_counts_its_own_seats() -> None:
    seats = {"2025-11-01": 10, "2025-11-16": 8}
    found = charged(fee("30", per="seats"), end=NEXT_YEAR, seats=seats)
    assert amount(found) == 300 + 240


def test_levels_of_several_holders_add_up() -> None:
    key = ("c", "", "seats")
    rows = [(key, "a", 1, 5), (key, "b", 3, 2), (key, "a", 3, 4), (key, "b", 20, 0)]
    levels = Levels.of(
        (key, holder, date(2025, 11, number), Fraction(level))
        for key, holder, number, level in rows
    )
    found = [levels.on(key, date(2025, 11, number)) for number in (1, 2, 3, 19, 20, 30)]
    assert found == [5, 5, 6, 6, 4, 4]
    assert levels.on(key, date(2025, 10, 31)) == 0
    assert levels.peak(key, Period.month(2025, 11)) == 6
    assert levels.peak(key, Period.month(2025, 12)) == 4
    assert levels.peak(key, Period.month(2025, 10)) == 0
