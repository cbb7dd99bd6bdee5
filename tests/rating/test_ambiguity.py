"""What is open in a plan before usage shows it: clashes, gaps, prices that end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.rating.plans import per_unit, plan, rate, tiered
from tokenbooks.conditions import Conditions
from tokenbooks.problems import Severity
from tokenbooks.rating.ambiguity import open_questions
from tokenbooks.rating.plan import Alias, MeterPrice, Plan, Rate
from tokenbooks.rating.succession import rulings
from tokenbooks.rating.windows import Window, hours_dimension
from tokenbooks.rating.witnesses import common_name

PRICES = [per_unit("input_tokens", "1"), per_unit("output_tokens", "2")]
IMAGES = [per_unit("images", "0.04")]
JUNE, JULY, AUGUST = date(2025, 6, 1), date(2025, 7, 1), date(2025, 8, 1)


def codes(*rates: Rate, **more: object) -> list[str]:
    problems = open_questions(plan(*rates, **more), "UTC")
    assert all(problem.severity is Severity.WARNING and problem.help for problem in problems)
    return [problem.code for problem in problems]


CLASH = ["rates-ambiguous"]


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ([rate(PRICES, model="a"), rate(PRICES, model="b")], []),
        ([rate(PRICES, model="a"), rate(PRICES, project="lab")], CLASH),
        ([rate(PRICES, model="a"), rate(IMAGES, project="lab")], []),  # no meter in common
        ([rate(PRICES, model="a"), rate(PRICES, model="a", project="lab")], []),  # by rank
        ([rate(PRICES, model="gpt-4o"), rate(PRICES, model="gpt-*")], []),  # exact before glob
        ([rate(PRICES, model="gpt-*"), rate(PRICES, model="*")], CLASH),
        ([rate(PRICES, model="gpt-*"), rate(PRICES, model="*-mini")], CLASH),
        ([rate(PRICES, model="gpt-*"), rate(PRICES, model="claude-*")], []),
        ([rate(PRICES, model="a|b"), rate(PRICES, model="b|c")], CLASH),
        ([rate(PRICES, model="a|b"), rate(PRICES, model="c|d")], []),
        (
            # the third rate decides for usage that meets both others
            [
                rate(PRICES, model="a"),
                rate(PRICES, project="lab"),
                rate(PRICES, model="a", project="lab"),
            ],
            [],
        ),
        (
            # but not for model b
            [
                rate(PRICES, model="a|b"),
                rate(PRICES, project="lab"),
                rate(PRICES, model="a", project="lab"),
            ],
            CLASH,
        ),
        (
            [rate(PRICES, model="a", until=JULY), rate(PRICES, starts=JULY, project="lab")],
            [],  # never at one time
        ),
        (
            [rate(PRICES, model="a", until=AUGUST), rate(PRICES, starts=JULY, project="lab")],
            CLASH,  # in July
        ),
        # a batch is not also fast, but it may be in a region
        ([rate(PRICES, model="a", batch="true"), rate(PRICES, model="a", speed="fast")], []),
        ([rate(PRICES, model="a", batch="true"), rate(PRICES, model="a", region="eu")], CLASH),
    ],
)
def test_two_rates_for_one_usage(rates: list[Rate], expected: list[str]) -> None:
    assert codes(*rates) == expected


def test_a_clash_names_the_usage_and_both_rates() -> None:
    (problem,) = open_questions(plan(rate(PRICES, model="a"), rate(PRICES, project="lab")), "UTC")
    assert "price input_tokens, output_tokens of model a, project lab: 'model: a'" in (
        problem.message
    )


def test_an_alias_may_meet_a_glob_that_its_model_does_not() -> None:
    rates = [rate(PRICES, model="small*"), rate(PRICES, model="*-2025")]
    # small-2025 would meet both in any case
    assert codes(*rates) == CLASH
    apart = [rate(PRICES, model="s-*"), rate(PRICES, model="t-*")]
    assert codes(*apart) == []
    # usage named t-1 is also s-1, so that both hold
    assert codes(*apart, aliases=(Alias("t-1", "s-1"),)) == CLASH


MORNING = Window(tuple(range(7)), 0, 8 * 60, "UTC")
DAYTIME = Window(tuple(range(7)), 8 * 60, 20 * 60, "UTC")
SHANGHAI = Window(tuple(range(7)), 8 * 60, 12 * 60, "Asia/Shanghai")  # 00:00-04:00 UTC
WEEKEND = Window((5, 6), 0, 0, "UTC")
MONDAY = Window((0,), 0, 0, "UTC")


def at_hours(window: Window) -> Rate:
    named = Conditions.of({"model": ("a",), hours_dimension([window]): ("in",)})
    return Rate(named, tuple(PRICES), hours=(window,))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (MORNING, DAYTIME, []),
        (MORNING, SHANGHAI, CLASH),
        (DAYTIME, SHANGHAI, []),
        (WEEKEND, MONDAY, []),
        (WEEKEND, MORNING, CLASH),
    ],
)
def test_rates_for_hours_clash_where_the_hours_meet(
    first: Window, second: Window, expected: list[str]
) -> None:
    assert codes(at_hours(first), at_hours(second)) == expected


GAP = ["rates-gap"]


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ([rate(PRICES, None, JUNE, model="a"), rate(PRICES, JUNE, model="a")], []),
        ([rate(PRICES, None, JUNE, model="a"), rate(PRICES, JULY, model="a")], GAP),
        ([rate(PRICES, None, JUNE, model="a")], []),  # a model that is sold no more
        (
            # any other rate prices June
            [
                rate(PRICES, None, JUNE, model="a"),
                rate(PRICES, JULY, model="a"),
                rate(PRICES, model="*"),
            ],
            [],
        ),
        (
            # what June replaced does not come back in July
            [rate(PRICES, model="a"), rate(PRICES, JUNE, JULY, model="a")],
            GAP,
        ),
        (
            [
                rate(PRICES, model="a"),
                rate(PRICES, JUNE, JULY, model="a"),
                rate(PRICES, JULY, model="a"),
            ],
            [],
        ),
    ],
)
def test_a_time_without_a_rate_between_two_with(rates: list[Rate], expected: list[str]) -> None:
    assert codes(*rates) == expected


def test_a_gap_says_from_when_until_when() -> None:
    between = plan(rate(PRICES, None, JUNE, model="a"), rate(PRICES, JULY, model="a"))
    (problem,) = open_questions(between, "UTC")
    assert problem.message == (
        "from 2025-06-01 until 2025-07-01 nothing prices input_tokens, output_tokens of 'model: a'"
    )


def test_an_until_after_the_next_rate_has_begun() -> None:
    rates = [rate(PRICES, JUNE, AUGUST, model="a"), rate(PRICES, JULY, model="a")]
    (problem,) = open_questions(plan(*rates), "UTC")
    assert problem.code == "rates-overlap"
    assert "is written until 2025-08-01" in problem.message
    assert "takes over on 2025-07-01" in problem.message


def correction(of: Rate, on: date) -> Rate:
    return replace(of, corrects="mistyped", corrected_on=on)


def test_a_correction_takes_the_place_of_what_it_corrects() -> None:
    first = rate(PRICES, JUNE, model="a")
    twice = (first, correction(first, JULY), correction(first, AUGUST))
    assert codes(*twice) == []
    assert [item.rate for item in rulings(plan(*twice), "UTC")] == [twice[2]]


INPUT_ONLY = [per_unit("input_tokens", "1")]
CACHED = [*INPUT_ONLY, per_unit("cached_input_tokens", "0.1")]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (PRICES, PRICES, None),
        (INPUT_ONLY, PRICES, None),
        (PRICES, INPUT_ONLY, "from 2025-06-01 on, 'model: a' has no price for output_tokens:"),
        (CACHED, INPUT_ONLY, "prices cached_input_tokens as input_tokens"),
    ],
)
def test_a_meter_that_the_next_rate_does_not_name(
    before: list[MeterPrice], after: list[MeterPrice], message: str | None
) -> None:
    built = plan(
        rate(before, model="a"),
        rate(after, JUNE, model="a"),
        part_of={"cached_input_tokens": "input_tokens"},
    )
    problems = open_questions(built, "UTC")
    assert [problem.code for problem in problems] == (["meter-dropped"] if message else [])
    assert all((message or "") in problem.message for problem in problems)


def test_a_last_step_that_ends() -> None:
    def tokens(last: str | None) -> Plan:
        price = tiered("graduated", ("1000000", "2", "0"), (last, "1", "0"))
        return plan(rate([price], model="a"))

    assert open_questions(tokens(None), "UTC") == []
    (problem,) = open_questions(tokens("5000000"), "UTC")
    assert problem.code == "steps-bounded"
    assert problem.message.startswith("usage of tokens above 5M has no price")


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        ("a", "a", "a"),
        ("a", "b", None),
        ("gpt-*", "gpt-4o", "gpt-4o"),
        ("gpt-*", "*-mini", "gpt-mini"),
        ("gpt-*-x", "gpt-4*", "gpt-4-x"),
        ("a*b", "a*c", None),
        ("*", "*", "any"),
        ("*a*", "*b*", "ab"),
        ("us.*", "*.v1:0", "us.v1:0"),
    ],
)
def test_a_name_that_two_patterns_match(first: str, second: str, name: str | None) -> None:
    found = common_name(first, second)
    assert found == name or (found is not None and sorted(found) == sorted(name or ""))


def test_a_plan_of_a_thousand_models_is_checked_at_once() -> None:
    rates = [rate(PRICES, model=f"model-{number}") for number in range(1000)]
    assert codes(*rates, rate(PRICES, model="model-*", service="chat")) == []
