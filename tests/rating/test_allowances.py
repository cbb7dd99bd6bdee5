"""Allowances: units that come with a fee, free in the order of time, before all prices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.rating.plans import per_unit, plan, rate, tiered
from tests.rating.runs import Used, amount, by_allocation, by_day, run, used
from tokenbooks.rating.plan import Plan
from tokenbooks.rating.terms import Allowance, Fee, Terms

TOKENS = per_unit("tokens", "1")
NOVEMBER = date(2025, 11, 1)


def including(
    tokens: str = "100",
    rolls: int = 0,
    at_most: str | None = None,
    every: str = "month",
    **more: object,
) -> Plan:
    """A free plan with units; a token above them costs 1."""
    most = Decimal(at_most) if at_most else None
    allowance = Allowance({"tokens": Decimal(tokens)}, rolls, most)
    fee = Fee("base", Decimal(0), every, allowance=allowance, **more)
    return plan(rate([TOKENS]), terms=Terms(fees=(fee,)), levels=frozenset({"seats"}))


def monthly(*quantities: str) -> list[Used]:
    """Usage on the tenth of each month from September on."""
    days = ("2025-09-10", "2025-10-10", "2025-11-10", "2025-12-10")
    return [used(day, quantity) for day, quantity in zip(days, quantities, strict=False)]


@pytest.mark.parametrize(
    ("rolls", "at_most", "quantities", "charged"),
    [
        # what is left lapses
        (0, None, ["100", "101", "250"], ["0", "1", "150"]),
        (0, None, ["30", "150"], ["0", "50"]),
        # it rolls on for one month: 70 of September are left for October only
        (1, None, ["30", "170"], ["0", "0"]),
        (1, None, ["30", "171"], ["0", "1"]),
        (
            1,
            None,
            ["30", "100", "250"],
            ["0", "0", "80"],
        ),  # the oldest first: 70 are left of October
        (1, None, ["30", "0", "250"], ["0", "0", "50"]),  # September's have lapsed
        # for two months
        (2, None, ["30", "0", "270"], ["0", "0", "0"]),
        (2, None, ["30", "0", "271"], ["0", "0", "1"]),
        (2, None, ["30", "100", "271"], ["0", "0", "101"]),  # October used September's 70 first
        (2, None, ["30", "0", "0", "300"], ["0", "0", "0", "0"]),
        (2, None, ["30", "0", "0", "301"], ["0", "0", "0", "1"]),
        # no more than 50 are held over
        (1, "50", ["30", "151"], ["0", "1"]),
        (2, "50", ["30", "0", "151"], ["0", "0", "1"]),
        (1, "100", ["30", "170"], ["0", "0"]),
    ],
)
def test_what_is_free_in_each_month(
    rolls: int, at_most: str | None, quantities: list[str], charged: list[str]
) -> None:
    found = run(
        including(rolls=rolls, at_most=at_most), monthly(*quantities), first=date(2025, 9, 1)
    )
    by_month = [by_day(found)[day] for day in ("09-10", "10-10", "11-10", "12-10")]
    assert by_month[: len(charged)] == [Fraction(amount) for amount in charged]


def test_units_are_used_in_the_order_of_time() -> None:
    usage = [used("2025-11-20", 50), used("2025-11-03", 80), used("2025-12-01", 100)]
    found = by_day(run(including(), usage, first=NOVEMBER))
    assert (found["11-03"], found["11-20"], found["12-01"]) == (0, 30, 0)


def test_units_of_one_day_are_shared_in_proportion() -> None:
    usage = [used("2025-11-03", 120, allocation=1), used("2025-11-03", 80, allocation=2)]
    charges = run(including(), usage, first=NOVEMBER)
    assert {n: value for n, value in by_allocation(charges).items() if value} == {1: 60, 2: 40}


def test_units_come_off_before_tiers() -> None:
    tiers = rate([tiered("graduated", ("10", "5", "0"), (None, "1", "0"))])
    free = Plan("p", "USD", (tiers,), terms=including().terms)
    assert amount(run(free, [used("2025-11-03", 115)], first=NOVEMBER)) == 55  # 10 x 5 + 5


def test_each_meter_has_its_own_units() -> None:
    included = Allowance({"input_tokens": Decimal(10), "output_tokens": Decimal(5)})
    meters = ("input_tokens", "output_tokens", "images")
    both = plan(
        rate([per_unit(meter, "1") for meter in meters]),
        terms=Terms(fees=(Fee("base", Decimal(0), allowance=included),)),
    )
    usage = [used("2025-11-03", {"input_tokens": 11, "output_tokens": 7, "images": 4})]
    assert amount(run(both, usage, first=NOVEMBER)) == 1 + 2 + 4


def test_units_of_two_fees_add_up() -> None:
    fees = (*including().terms.fees, *including("20").terms.fees)
    both = plan(rate([TOKENS]), terms=Terms(fees=fees))
    assert amount(run(both, [used("2025-11-03", 130)], first=NOVEMBER)) == 10


def test_units_of_each_seat() -> None:
    per_seat = including("10", per="seats")
    usage = [used("2025-11-20", 50)]
    seats = {"2025-11-01": 2, "2025-11-10": 3, "2025-11-25": 1}
    assert amount(run(per_seat, usage, first=NOVEMBER, seats=seats)) == 20  # three seats at most


def test_a_seat_that_is_added_brings_no_units_for_the_days_before() -> None:
    usage = [used("2025-10-05", 25), used("2025-11-20", 50)]
    seats = {"2025-10-01": 2, "2025-11-10": 4}
    for every, charged in (
        ("month", {"10-05": 5, "11-20": 10}),
        ("year", {"10-05": 5, "11-20": 30}),
    ):
        found = by_day(run(including("10", every=every, per="seats"), usage, seats=seats))
        assert {day: found[day] for day in charged} == charged


@pytest.mark.parametrize(
    ("day", "charged"),
    [("2025-11-09", 100), ("2025-11-10", 0), ("2025-11-19", 0), ("2025-11-20", 100)],
)
def test_units_come_while_the_fee_is_due(day: str, charged: int) -> None:
    fee = including(starts=date(2025, 11, 10), until=date(2025, 11, 20))
    assert amount(run(fee, [used(day, 100)], first=NOVEMBER)) == charged


@pytest.mark.parametrize(
    ("every", "charged"), [("day", 60), ("month", 160), ("quarter", 260), ("year", 260)]
)
def test_spans_of_units(every: str, charged: int) -> None:
    usage = [used("2025-10-03", 120), used("2025-10-04", 120), used("2025-11-04", 120)]
    assert amount(run(including(every=every), usage)) == charged


@pytest.mark.parametrize(
    ("quantities", "charged"),
    [
        # what is taken back undoes what was charged before what was free
        (["150", "-30"], ["50", "-30"]),
        (["150", "-80"], ["50", "-50"]),
        (["150", "-150"], ["50", "-50"]),
        (["150", "-80", "40"], ["50", "-50", "10"]),  # 30 are free again
        (["80", "-30", "60"], ["0", "0", "10"]),
        (["-30", "150"], ["-30", "50"]),  # of an earlier month: there is nothing to undo
    ],
)
def test_usage_that_is_taken_back(quantities: list[str], charged: list[str]) -> None:
    usage = [used(f"2025-11-{n:02}", quantity) for n, quantity in enumerate(quantities, 1)]
    found = by_day(run(including(), usage, first=NOVEMBER))
    days = [f"11-{n:02}" for n in range(1, len(quantities) + 1)]
    assert [found[day] for day in days] == [Fraction(amount) for amount in charged]
