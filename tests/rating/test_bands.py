"""The band that a total has reached, at, below and above every bound, and what is left of it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from tokenbooks.rating.bands import Band, reached_band, reached_free_part
from tokenbooks.rating.plan import Conversion, EventTerms, MeterPrice, Step, UnitPrice

TEN, FIVE = UnitPrice(Decimal(10)), UnitPrice(Decimal(5))


def tiers(model: str, *steps: Step, **more: object) -> MeterPrice:
    return MeterPrice("images", ("images",), model, steps, **more)  # type: ignore[arg-type] - keys as in MeterPrice


GRADUATED = tiers("graduated", Step(Decimal(100), TEN), Step(None, FIVE))
VOLUME = tiers("volume", Step(Decimal(100), TEN, flat=Decimal(3)), Step(None, FIVE))
FREE_FIRST = tiers("graduated", Step(Decimal(100), UnitPrice(Decimal(0))), Step(None, FIVE))
CLOSED = tiers("graduated", Step(Decimal(100), TEN))


@pytest.mark.parametrize(
    ("price", "total", "band"),
    [
        # a bound belongs to the lower band: at 100 nothing is left of it
        (GRADUATED, 0, Band("10 up to 100", Fraction(100), "5")),
        (GRADUATED, 99, Band("10 up to 100", Fraction(1), "5")),
        (GRADUATED, 100, Band("10 up to 100", Fraction(0), "5")),
        (GRADUATED, 101, Band("5 above 100")),
        (GRADUATED, -99, Band("10 up to 100", Fraction(1), "5")),
        # the next price of a volume price is that of everything
        (VOLUME, 60, Band("10 + 3 up to 100", Fraction(40), "5 for all")),
        (FREE_FIRST, 30, Band("free up to 100", Fraction(70), "5")),
        (CLOSED, 100, Band("10 up to 100", Fraction(0), "no price")),
        (CLOSED, 101, Band("above the last step")),
    ],
)
def test_tiers(price: MeterPrice, total: int, band: Band) -> None:
    assert reached_band(price, Fraction(total)) == band


def package(rounding: str, free: int = 0) -> MeterPrice:
    """5 for each 10."""
    step = Step(None, UnitPrice(Decimal(5), Decimal(10)), packages=rounding)
    return MeterPrice("calls", ("calls",), "package", (step,), free=Decimal(free))


@pytest.mark.parametrize(
    ("price", "total", "band"),
    [
        # the third of 10 is started by the 21st, and full with the 30th
        (package("up"), 0, Band("0 started of 10", Fraction(0), "5 for the next")),
        (package("up"), 20, Band("2 started of 10", Fraction(0), "5 for the next")),
        (package("up"), 21, Band("3 started of 10", Fraction(9), "5 for the next")),
        (package("up"), 30, Band("3 started of 10", Fraction(0), "5 for the next")),
        # the third of 10 is completed by the 30th
        (package("down"), 20, Band("2 completed of 10", Fraction(10), "5 for the next")),
        (package("down"), 29, Band("2 completed of 10", Fraction(1), "5 for the next")),
        (package("down"), 30, Band("3 completed of 10", Fraction(10), "5 for the next")),
        # the first 10 are free
        (package("up", 10), 4, Band("free up to 10", Fraction(6), "5 per started 10")),
        (package("up", 10), 10, Band("free up to 10", Fraction(0), "5 per started 10")),
        (package("up", 10), 13, Band("1 started of 10", Fraction(7), "5 for the next")),
    ],
)
def test_packages(price: MeterPrice, total: int, band: Band) -> None:
    assert reached_band(price, Fraction(total)) == band


def converted(rounding: str, free: int = 0) -> MeterPrice:
    """5 for each 60 seconds."""
    conversion = Conversion(Decimal(60), rounding)
    steps = (Step(None, FIVE),)
    return MeterPrice("s", ("s",), "per_unit", steps, free=Decimal(free), conversion=conversion)


@pytest.mark.parametrize(
    ("price", "total", "left"),
    [
        # the second minute is counted from 61 on, in halves from 90, in full from 120
        (converted("up"), 60, 0),
        (converted("up"), 61, 59),
        (converted("half_up"), 89, 1),
        (converted("half_up"), 90, 60),
        (converted("down"), 119, 1),
        (converted("down"), 120, 60),
        # two free minutes end after 120, 149 and 179 seconds
        (converted("up", 2), 100, 20),
        (converted("half_up", 2), 100, 50),
        (converted("down", 2), 100, 80),
        (converted("", 2), 100, 20),
    ],
)
def test_conversion_is_told_in_what_is_counted(price: MeterPrice, total: int, left: int) -> None:
    band = reached_band(price, Fraction(total))
    assert band is not None
    assert band.left == left


def test_a_price_per_unit_has_no_bands() -> None:
    assert reached_band(converted(""), Fraction(100)) is None


def by_event(free: int | None, events: int | None) -> MeterPrice:
    """2% of an amount."""
    terms = EventTerms(free=None if free is None else Decimal(free), free_events=events)
    unit = UnitPrice(Decimal(2), Decimal(100))
    return MeterPrice("a", ("a",), "percentage", (Step(None, unit),), events=terms)


@pytest.mark.parametrize(
    ("price", "events", "band"),
    [
        (by_event(250, None), [100, 30], Band("free, 120 left", Fraction(120), "2% of a")),
        (by_event(250, None), [100, 150], Band("2% of a")),
        (by_event(None, 3), [100, 30], Band("free, 1 events left", Fraction(1), "2% of a")),
        (by_event(None, 3), [1, 1, 1], Band("2% of a")),
        # whichever runs out first
        (by_event(250, 3), [9], Band("free, 241 left, 2 events left", Fraction(241), "2% of a")),
        (by_event(250, 1), [9], Band("2% of a")),
        (by_event(None, None), [9], None),
    ],
)
def test_the_free_part_of_a_price_by_event(
    price: MeterPrice, events: list[int], band: Band | None
) -> None:
    assert reached_free_part(price, map(Fraction, events)) == band
