"""Which rate prices a usage: specificity, succession, aliases, and nothing in silence."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from tests.rating.plans import modifier, per_unit, plan, rate
from tokenbooks.rating.matching import Ambiguous, Match, PlanInForce, Unpriced, match
from tokenbooks.rating.plan import Alias, Plan

NOVEMBER = datetime(2025, 11, 10)


def price(of: Plan, meter: str = "input_tokens", at: datetime = NOVEMBER, **values: str) -> object:
    """The unit price found, or the outcome where there is none."""
    outcome = match(PlanInForce(of, "UTC"), values, meter, at)
    return outcome.each if isinstance(outcome, Match) else outcome


def cost(amount: str) -> list:
    return [per_unit("input_tokens", amount)]


MANY = plan(
    rate(cost("1"), model="*"),
    rate(cost("2"), model="gpt-*"),
    rate(cost("3"), model="gpt-4o"),
    rate(cost("4"), model="gpt-4o", service="chat"),
)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"model": "claude"}, 1),
        ({"model": "gpt-5"}, None),  # two globs of one condition: equal rank
        ({"model": "gpt-4o"}, 3),  # exact before glob
        ({"model": "gpt-4o", "service": "chat"}, 4),  # the most conditions
        ({"model": "gpt-4o", "service": "images"}, 3),
    ],
)
def test_the_most_specific_rate_wins(values: dict[str, str], found: int | None) -> None:
    outcome = price(MANY, **values)
    assert isinstance(outcome, Ambiguous) if found is None else outcome == found


CHANGED = plan(
    rate(cost("3"), model="gpt-4o"),
    rate(cost("2"), starts=date(2025, 11, 10), model="gpt-4o"),
    rate(cost("1"), starts=date(2025, 12, 1), until=date(2026, 1, 1), model="gpt-4o"),
)


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (datetime(2025, 11, 9), 3),
        (datetime(2025, 11, 10), 2),  # from is inclusive
        (datetime(2025, 11, 30), 2),
        (datetime(2025, 12, 1), 1),
        (datetime(2025, 12, 31), 1),
        (datetime(2026, 1, 1), "no rate is in force on 2026-01-01"),  # until is exclusive
    ],
)
def test_the_latest_from_rules_until_its_until(at: datetime, found: object) -> None:
    outcome = price(CHANGED, at=at, model="gpt-4o")
    assert (outcome.reason if isinstance(outcome, Unpriced) else outcome) == found


def test_an_instant_in_another_zone_begins_at_local_time() -> None:
    noon_utc = datetime(2025, 11, 10, 12, tzinfo=UTC)
    changing = PlanInForce(plan(rate(cost("1"), starts=noon_utc)), "America/New_York")
    assert changing.cuts() == [datetime(2025, 11, 10, 7)]


def test_an_alias_counts_from_its_date() -> None:
    aliased = plan(
        rate(cost("3"), model="gpt-4o"),
        aliases=(Alias("gpt-4o-latest", "gpt-4o", date(2025, 11, 10)),),
    )
    assert price(aliased, model="gpt-4o-latest") == 3
    assert isinstance(price(aliased, at=datetime(2025, 11, 9), model="gpt-4o-latest"), Unpriced)


BATCH = plan(
    rate([*cost("4"), per_unit("web_searches", "10")], model="gpt-4o"),
    rate(cost("1"), model="gpt-4o-mini", batch="true"),
    modifiers=(modifier("batch", {"input_tokens": "0.5"}, batch="true"),),
)


@pytest.mark.parametrize(
    ("meter", "values", "found"),
    [
        ("input_tokens", {"model": "gpt-4o"}, 4),
        ("input_tokens", {"model": "gpt-4o", "batch": "true"}, 2),  # 4 x 0.5
        # the rate names batch itself: the modifier does not apply to it
        ("input_tokens", {"model": "gpt-4o-mini", "batch": "true"}, 1),
        ("web_searches", {"model": "gpt-4o", "batch": "true"}, "no rate or modifier for"),
        ("input_tokens", {"model": "gpt-4o", "service_tier": "flex"}, "no rate or modifier for"),
        ("input_tokens", {"model": "o9"}, "no rate matches"),
    ],
)
def test_nothing_is_priced_as_standard_in_silence(
    meter: str, values: dict[str, str], found: object
) -> None:
    outcome = price(BATCH, meter, **values)
    if isinstance(found, str):
        assert isinstance(outcome, Unpriced)
        assert outcome.reason.startswith(found)
    else:
        assert outcome == found


def test_a_part_without_a_price_takes_its_parents() -> None:
    parted = plan(
        rate([*cost("4")], model="gpt-4o"),
        part_of={"cached_input_tokens": "input_tokens"},
        modifiers=(modifier("batch", {"input_tokens": "0.5"}, batch="true"),),
    )
    assert price(parted, "cached_input_tokens", model="gpt-4o") == 4
    assert price(parted, "cached_input_tokens", model="gpt-4o", batch="true") == 2


def test_modifiers_multiply() -> None:
    both = plan(
        rate(cost("4"), model="gpt-4o"),
        modifiers=(
            modifier("batch", {"*": "0.5"}, batch="true"),
            modifier("eu", {"*": "1.1"}, region="eu"),
        ),
    )
    found = price(both, model="gpt-4o", batch="true", region="eu")
    assert found == Fraction("2.2")  # 4 x 0.5 x 1.1


def test_informational_meters_are_priced_only_where_a_rate_names_them() -> None:
    assert price(BATCH, "requests", model="gpt-4o") is None
    named = plan(rate([per_unit("requests", "0.01")], model="gpt-4o"))
    assert price(named, "requests", model="gpt-4o") == Fraction(1, 100)


def test_a_default_value_is_neutral() -> None:
    grouped = plan(rate(cost("4"), model="gpt-4o"), defaults={"tier_group": "standard"})
    assert price(grouped, model="gpt-4o", tier_group="standard") == 4
    assert isinstance(price(grouped, model="gpt-4o", tier_group="premium"), Unpriced)
