"""Corrections restate the past; hours make a rate more specific; counters have a scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.rating.plans import modifier, per_unit, plan, rate
from tokenbooks.conditions import Conditions
from tokenbooks.periods import Moment
from tokenbooks.rating.matching import Ambiguous, Match, PlanInForce, Unpriced, match
from tokenbooks.rating.plan import MeterPrice, Modifier, Plan, Rate
from tokenbooks.rating.windows import INSIDE, UNKNOWN, Window, hours_dimension

OCTOBER, NOVEMBER, DECEMBER = date(2025, 10, 1), date(2025, 11, 1), date(2025, 12, 1)


def price(of: Plan, at: datetime, meter: str = "input_tokens", **values: str) -> object:
    """The unit price found, or why there is none."""
    outcome = match(PlanInForce(of, "UTC"), values, meter, at)
    if isinstance(outcome, Match):
        return outcome.each
    return outcome.reason if isinstance(outcome, Unpriced) else outcome


def cost(amount: str) -> list[MeterPrice]:
    return [per_unit("input_tokens", amount)]


def corrected(
    prices: Sequence[MeterPrice],
    on: str,
    starts: Moment | None = OCTOBER,
    until: Moment | None = None,
) -> Rate:
    """A correction of the rate of model m that became known on a day."""
    wrong = rate(list(prices), starts, until, model="m")
    return replace(wrong, corrects="misread", corrected_on=date.fromisoformat(on))


ORIGINAL = rate([*cost("5"), per_unit("output_tokens", "20")], OCTOBER, model="m")
FIRST, SECOND = corrected(cost("4"), "2025-11-20"), corrected(cost("3"), "2025-12-05")


@pytest.mark.parametrize(
    "rates", [(ORIGINAL, FIRST, SECOND), (SECOND, FIRST, ORIGINAL), (FIRST, ORIGINAL, SECOND)]
)
def test_the_last_correction_rules_from_the_beginning(rates: tuple[Rate, ...]) -> None:
    assert price(plan(*rates), datetime(2025, 10, 1), model="m") == 3
    assert price(plan(*rates), datetime(2025, 12, 31), model="m") == 3


def test_what_is_not_known_yet_is_left_out() -> None:
    # the facts of a close leave out what became known later
    assert price(plan(ORIGINAL, FIRST), datetime(2025, 10, 1), model="m") == 4
    assert price(plan(ORIGINAL), datetime(2025, 10, 1), model="m") == 5


def test_a_correction_replaces_the_whole_row() -> None:
    missing = price(plan(ORIGINAL, FIRST), datetime(2025, 10, 1), "output_tokens", model="m")
    assert missing == "the rate that matches has no price for this meter"


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (datetime(2025, 10, 31), 3),  # corrected
        (datetime(2025, 11, 1), 2),  # a change of the price is no part of the correction
    ],
)
def test_a_later_rate_rules_from_its_own_time(at: datetime, found: object) -> None:
    changed = plan(ORIGINAL, rate(cost("2"), NOVEMBER, model="m"), SECOND)
    assert price(changed, at, model="m") == found


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (datetime(2025, 10, 31), 5),
        (datetime(2025, 11, 1), 4),  # it was wrong from November on only
    ],
)
def test_a_correction_of_a_later_time_leaves_the_time_before(at: datetime, found: object) -> None:
    later = corrected(cost("4"), "2025-12-10", starts=NOVEMBER)
    assert price(plan(ORIGINAL, later), at, model="m") == found


def test_a_correction_that_ends_does_not_bring_the_wrong_rate_back() -> None:
    ended = corrected(cost("4"), "2025-12-10", until=NOVEMBER)
    assert price(plan(ORIGINAL, ended), datetime(2025, 10, 31), model="m") == 4
    missing = price(plan(ORIGINAL, ended), datetime(2025, 11, 1), model="m")
    assert missing == "no rate is in force on 2025-11-01"


# -- modifiers ----------------------------------------------------------------------------


def batch(factor: str, on: str | None = None, until: date | None = None) -> Modifier:
    return replace(
        modifier("batch", {"input_tokens": factor}, batch="true"),
        starts=OCTOBER,
        until=until,
        corrected_on=date.fromisoformat(on) if on else None,
    )


BASE = rate(cost("10"), model="m")


@pytest.mark.parametrize(
    ("modifiers", "found"),
    [
        ((batch("0.6"),), 6),
        ((batch("0.6"), batch("0.5", "2025-11-20")), 5),  # not 10 x 0.6 x 0.5
        ((batch("0.4", "2025-12-05"), batch("0.6"), batch("0.5", "2025-11-20")), 4),
    ],
)
def test_a_corrected_modifier_replaces_the_one_it_corrects(
    modifiers: tuple[Modifier, ...], found: int
) -> None:
    discounted = plan(BASE, modifiers=modifiers)
    assert price(discounted, datetime(2025, 11, 1), model="m", batch="true") == found


def test_a_corrected_modifier_that_ends_does_not_bring_the_wrong_one_back() -> None:
    ended = plan(BASE, modifiers=(batch("0.6"), batch("0.5", "2025-11-20", until=DECEMBER)))
    assert price(ended, datetime(2025, 11, 30), model="m", batch="true") == 5
    missing = price(ended, datetime(2025, 12, 1), model="m", batch="true")
    assert missing == "no rate or modifier for input_tokens names batch 'true'"


# -- hours --------------------------------------------------------------------------------

NIGHT = Window(tuple(range(7)), 22 * 60, 6 * 60, "UTC")
HOURS = hours_dimension([NIGHT])


def nightly(prices: list[MeterPrice], **conditions: str) -> Rate:
    named = {name: (value,) for name, value in conditions.items()}
    return Rate(Conditions.of({**named, HOURS: (INSIDE,)}), tuple(prices), hours=(NIGHT,))


def nightly_half(meter: str = "*") -> Modifier:
    when = Conditions.of({HOURS: (INSIDE,)})
    return Modifier("night", when, {meter: Decimal("0.5")}, hours=(NIGHT,))


BY_NIGHT = plan(
    rate([*cost("4"), per_unit("images", "9")], model="m"), nightly(cost("1"), model="m")
)
AT = datetime(2025, 11, 10)


@pytest.mark.parametrize(
    ("meter", "hours", "found"),
    [
        ("input_tokens", {}, 4),
        ("input_tokens", {HOURS: INSIDE}, 1),  # one condition more
        (
            "input_tokens",
            {HOURS: UNKNOWN},
            "the price of input_tokens depends on the hour, which the usage lacks",
        ),
        # the nightly rate has no price for images: the hour does not matter
        ("images", {}, 9),
        ("images", {HOURS: INSIDE}, 9),
        ("images", {HOURS: UNKNOWN}, 9),
    ],
)
def test_a_rate_for_hours(meter: str, hours: dict[str, str], found: object) -> None:
    assert price(BY_NIGHT, AT, meter, model="m", **hours) == found


def test_hours_of_other_models_do_not_matter() -> None:
    assert (
        price(plan(*BY_NIGHT.rates, rate(cost("7"), model="n")), AT, model="n", **{HOURS: UNKNOWN})
        == 7
    )


def test_hours_that_are_over_do_not_matter() -> None:
    ended = replace(BY_NIGHT.rates[1], until=NOVEMBER)
    assert price(plan(BY_NIGHT.rates[0], ended), AT, model="m", **{HOURS: UNKNOWN}) == 4


def test_hours_and_another_condition_are_of_one_rank() -> None:
    both = plan(nightly(cost("1"), model="m"), rate(cost("2"), model="m", service="chat"))
    found = price(both, AT, model="m", service="chat", **{HOURS: INSIDE})
    assert isinstance(found, Ambiguous)


@pytest.mark.parametrize(
    ("hours", "found"),
    [
        ({}, 4),
        ({HOURS: INSIDE}, 2),
        (
            {HOURS: UNKNOWN},
            "the price of input_tokens depends on the hour, which the usage lacks",
        ),
    ],
)
def test_a_modifier_for_hours(hours: dict[str, str], found: object) -> None:
    discounted = plan(rate(cost("4"), model="m"), modifiers=(nightly_half(),))
    assert price(discounted, AT, model="m", **hours) == found


def test_a_modifier_for_hours_of_another_meter_does_not_matter() -> None:
    discounted = plan(rate(cost("4"), model="m"), modifiers=(nightly_half("images"),))
    assert price(discounted, AT, model="m", **{HOURS: UNKNOWN}) == 4
