"""Prices that depend on a running total: day by day, over spans, scopes and changes of price."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.rating.plans import (
    converted,
    events,
    modifier,
    package,
    percentage,
    plan,
    priced,
    rate,
    step,
    tiered,
)
from tests.rating.runs import amount, by_allocation, by_day, run, used
from tokenbooks.rating.models import FreeLeft, event_amount
from tokenbooks.rating.plan import MeterPrice, Plan, UnitPrice

#: Ten at 5, then 3.
GRADUATED = tiered("graduated", ("10", "5", "0"), (None, "3", "0"))
VOLUME = tiered("volume", ("10", "5", "0"), (None, "3", "0"))
FLATS = (("10", "5", "100"), (None, "3", "50"))


def one(price: MeterPrice, **more: object) -> Plan:
    return plan(rate([price]), **more)


def fractions(**amounts: str) -> dict[str, Fraction]:
    return {day: Fraction(amount) for day, amount in amounts.items()}


@pytest.mark.parametrize(
    ("price", "quantities", "days"),
    [
        (GRADUATED, [4, 6, 1], ["20", "30", "3"]),
        (GRADUATED, [4, 10, 1], ["20", "42", "3"]),  # 6 x 5 + 4 x 3
        (VOLUME, [4, 6, 1], ["20", "30", "-17"]),  # 50, and then 11 x 3 = 33
        (VOLUME, [11, 1], ["33", "3"]),
        (tiered("graduated", *FLATS), [4, 6, 1], ["120", "30", "53"]),  # each flat once
        (tiered("volume", *FLATS), [4, 6, 1], ["120", "30", "-67"]),  # 150, then 33 + 50
        (package("10", "7", free="5"), [5, 1, 9, 1], ["0", "7", "0", "7"]),
        (converted("1000", "up", "7"), [1400, 1300], ["14", "7"]),  # 2, then 3 in all
    ],
)
def test_a_day_adds_the_difference(
    price: MeterPrice, quantities: list[int], days: list[str]
) -> None:
    usage = [used(f"2025-11-{n:02}", quantity) for n, quantity in enumerate(quantities, 1)]
    found = by_day(run(one(price), usage))
    assert list(found.values()) == [Fraction(value) for value in days]


@pytest.mark.parametrize(
    ("usage", "flat"),
    [
        ([], None),  # nothing was counted, so that there is no day to charge
        ([("2025-11-03", 0)], "100"),  # a row that says none
        ([("2025-11-03", 0), ("2025-11-04", 0)], "100"),  # once a span
        ([("2025-11-03", 0), ("2025-11-04", 1)], "105"),
        ([("2025-11-03", 0), ("2025-12-04", 0)], "200"),
    ],
)
@pytest.mark.parametrize("model", ["graduated", "volume"])
def test_a_flat_amount_on_zero(model: str, usage: list[tuple[str, int]], flat: str | None) -> None:
    charged = one(tiered(model, *FLATS, flat_on_zero=True))
    assert amount(run(charged, [used(*row) for row in usage])) == Fraction(flat or 0)
    if all(quantity == 0 for _, quantity in usage):
        silent = one(tiered(model, *FLATS))
        assert amount(run(silent, [used(*row) for row in usage])) == 0


USE_OF_A_YEAR = [
    used(day, 8) for day in ("2025-01-31", "2025-02-01", "2025-03-31", "2025-04-01", "2025-12-31")
]


@pytest.mark.parametrize(
    ("over", "whole"),
    [
        ("day", "200"),  # 5 x 40
        ("month", "200"),  # never more than 8 in a month
        ("quarter", "172"),  # 24: 50 + 42, and twice 40
        ("year", "140"),  # 40: 50 + 30 x 3
        ("term", "140"),
    ],
)
def test_counters_begin_anew_in_each_span(over: str, whole: str) -> None:
    assert amount(run(one(replace(GRADUATED, over=over)), USE_OF_A_YEAR)) == Fraction(whole)


@pytest.mark.parametrize(
    ("scope", "whole"),
    [
        (("party",), "62"),  # 14 in all: 50 + 12
        (("project",), "70"),  # 8 of a and 6 of b, each in the first band
        (("project", "team"), "70"),
    ],
)
def test_a_scope_has_its_own_counter(scope: tuple[str, ...], whole: str) -> None:
    usage = [
        used("2025-11-03", 8, scope={"project": "a"}),
        used("2025-11-04", 6, scope={"project": "b"}),
    ]
    assert amount(run(one(replace(GRADUATED, scope=scope)), usage)) == Fraction(whole)


def test_a_new_rate_goes_on_counting() -> None:
    dearer = tiered("graduated", ("10", "8", "0"), (None, "6", "0"))
    changed = plan(rate([GRADUATED]), rate([dearer], date(2025, 11, 10)))
    usage = [used("2025-11-09", 8), used("2025-11-10", 4)]
    # 8 x 5, and of the next four two at 8 and two at 6
    assert by_day(run(changed, usage)) == {"11-09": 40, "11-10": 28}


def test_a_volume_price_rates_each_time_at_its_own_price() -> None:
    dearer = tiered("volume", ("10", "8", "0"), (None, "6", "0"))
    changed = plan(rate([VOLUME]), rate([dearer], date(2025, 11, 10)))
    usage = [used("2025-11-09", 8), used("2025-11-10", 4)]
    # 40; then all in the second band: 8 x 3 + 4 x 6 = 48
    assert by_day(run(changed, usage)) == {"11-09": 40, "11-10": 8}


HALF = modifier("batch", {"tokens": "0.5"}, batch="true")


@pytest.mark.parametrize(
    ("price", "days"),
    [
        # 8 at 5 x 0.5, then 2 at 5 and 2 at 3
        (GRADUATED, {"11-03": 20, "11-04": 16}),
        # 8 at 5 x 0.5, then 8 at 3 x 0.5 and 4 at 3
        (VOLUME, {"11-03": 20, "11-04": 4}),
    ],
)
def test_a_stretch_has_the_factor_of_its_own_usage(price: MeterPrice, days: dict[str, int]) -> None:
    usage = [used("2025-11-03", 8, batch="true"), used("2025-11-04", 4)]
    assert by_day(run(one(price, modifiers=(HALF,)), usage)) == days


def test_one_step_is_one_charge_shared_by_quantity_and_factor() -> None:
    usage = [
        used("2025-11-03", 8, allocation=1, batch="true"),
        used("2025-11-03", 4, allocation=2),
    ]
    found = run(one(GRADUATED, modifiers=(HALF,)), usage)
    # 12 x: 56 at an average factor of 8 / 12; weights 4 and 4
    assert by_day(found) == {"11-03": Fraction(56) * 8 / 12}
    assert by_allocation(found) == {1: Fraction(56) / 3, 2: Fraction(56) / 3}


def test_two_meters_count_together() -> None:
    both = priced(
        "graduated", step("10", "5"), step(None, "3"), meters="input_tokens+output_tokens"
    )
    usage = [used("2025-11-03", {"input_tokens": 8, "output_tokens": 4})]
    assert amount(run(one(both), usage)) == 56


def test_usage_above_a_closed_last_step_is_a_problem() -> None:
    closed = run(one(tiered("graduated", ("10", "5", "0"))), [used("2025-11-03", 11)])
    assert [pool.problem.code for pool in closed.pools.values() if pool.problem] == [
        "usage-above-tiers"
    ]


# -- percentages of events ------------------------------------------------------------------

LAGO = events(fixed="2")
BOUNDED = events(fixed="0.30", at_least="0.50", at_most="20")
RATE = UnitPrice(Decimal("2.5"), Decimal(100))


@pytest.mark.parametrize(
    ("terms", "percent", "charged", "amount"),
    [
        (LAGO, "2.99", "80", "4.392"),  # 2.392 + 2 (PEERS b3)
        (LAGO, "2.99", "0", "0"),  # nothing charged bears no fixed part
        (BOUNDED, "2.5", "0", "0"),
        (BOUNDED, "2.5", "4", "0.5"),  # 0.10 + 0.30, at least 0.50
        (BOUNDED, "2.5", "8", "0.5"),  # 0.20 + 0.30
        (BOUNDED, "2.5", "8.04", "0.501"),
        (BOUNDED, "2.5", "788", "20"),  # 19.70 + 0.30: the fixed part is inside the bounds
        (BOUNDED, "2.5", "788.04", "20"),
        (BOUNDED, "2.5", "5000", "20"),
    ],
)
def test_what_an_event_costs(terms: object, percent: str, charged: str, amount: str) -> None:
    unit = UnitPrice(Decimal(percent), Decimal(100))
    assert event_amount(terms, unit, Fraction(charged)) == Fraction(amount)
    assert event_amount(terms, unit, -Fraction(charged)) == -Fraction(amount)


@pytest.mark.parametrize(
    ("free", "free_events", "quantities", "charged"),
    [
        (None, None, [60, 60], [60, 60]),
        ("100", None, [60, 60, 10], [0, 20, 10]),
        ("100", None, [100, 1], [0, 1]),
        (None, 2, [60, 60, 60], [0, 0, 60]),
        (None, 0, [60], [60]),
        # both limits: whichever runs out first
        ("100", 2, [30, 30, 30], [0, 0, 30]),
        ("100", 2, [80, 80, 80], [0, 60, 80]),
        ("100", 9, [80, 80, 80], [0, 60, 80]),
        # taking back undoes what was charged before what was free
        ("100", None, [80, 50, -30, 30], [0, 30, -30, 30]),
        ("100", None, [80, 50, -50, 50], [0, 30, -30, 30]),
        ("100", None, [80, -80, 90, 20], [0, 0, 0, 10]),
        (None, 1, [60, -60, 60, 60], [0, 0, 0, 60]),
        (None, None, [60, -60], [60, -60]),
    ],
)
def test_the_free_part_of_a_span(
    free: str | None, free_events: int | None, quantities: list[int], charged: list[int]
) -> None:
    left = FreeLeft(None if free is None else Fraction(free), free_events)
    found = []
    for quantity in quantities:
        part, left = left.take(Fraction(quantity))
        found.append(part)
    assert found == charged


def payment(day: str, cents: str, event: str = "") -> object:
    return used(day, {"amount": Decimal(cents)}, event=event)


@pytest.mark.parametrize(
    ("price", "payments", "days"),
    [
        # two events a day are two fixed parts
        (
            percentage("2.5", fixed="0.30"),
            [payment("2025-11-03", "40", "a"), payment("2025-11-03", "40", "b")],
            {"11-03": "2.6"},  # 2 x (1 + 0.30)
        ),
        # the first 50 of a month are free, in the order of the events
        (
            percentage("10", fixed="1", free="50"),
            [
                payment("2025-11-03", "40", "b"),
                payment("2025-11-03", "30", "a"),
                payment("2025-12-01", "30", "c"),
            ],
            {"11-03": "3", "12-01": "0"},  # a is free, of b 20 are charged
        ),
        (
            percentage("10", at_least="2", free_events=1),
            [payment("2025-11-03", "40"), payment("2025-11-04", "10")],
            {"11-03": "0", "11-04": "2"},
        ),
    ],
)
def test_events_of_a_span(price: MeterPrice, payments: list, days: dict[str, str]) -> None:
    assert by_day(run(one(price), payments)) == fractions(**days)


def test_an_event_bears_its_own_factor() -> None:
    half = modifier("cheap", {"amount": "0.5"}, batch="true")
    payments = [
        used("2025-11-03", {"amount": 40}, event="a", batch="true"),
        used("2025-11-03", {"amount": 40}, event="b"),
    ]
    # (4 + 1) x 0.5, and 4 + 1
    found = run(one(percentage("10", fixed="1"), modifiers=(half,)), payments)
    assert amount(found) == Fraction("7.5")
