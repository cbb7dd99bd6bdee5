"""Prices that are hardly meant, and those beside them that are."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.rating.plans import modifier, per_unit, plan, rate, unit
from tokenbooks.problems import Problem
from tokenbooks.rating.measures import Threshold
from tokenbooks.rating.plan import Credit, MeterPrice, Plan, RequestTerms, Step, UnitPrice
from tokenbooks.rating.plausibility import implausible


def told(of: Plan) -> list[Problem]:
    return implausible(of, "UTC")


def codes(of: Plan) -> list[str]:
    return [problem.code for problem in told(of)]


def one_price(meter: str, amount: str, per: str = "1", currency: str = "USD") -> Plan:
    return replace(plan(rate([per_unit(meter, amount, per)], model="m")), currency=currency)


MILLION, THOUSAND = "1000000", "1000"


@pytest.mark.parametrize(
    ("meter", "amount", "per", "currency", "help"),
    [
        # what is said where the price is too high: dividing it by 1000 or 10^6 is plausible
        ("output_tokens", "1000", MILLION, "USD", None),  # the limit itself
        ("output_tokens", "1000.01", MILLION, "USD", "did you mean 1.00001 per 1M?"),
        ("input_tokens", "3", THOUSAND, "USD", "did you mean 3 per 1M?"),  # 3,000 per 1M
        ("input_tokens", "2.50", "1", "USD", "did you mean 2.5 per 1M?"),  # 2,500,000 per 1M
        ("input_tokens", "3200", MILLION, "USD", "did you mean 3.2 per 1M?"),
        ("input_tokens", "2000", "1", "USD", "compare it with the price list"),  # 2,000 after 10^6
        ("output_tokens", "90000", MILLION, "JPY", None),  # about 600 dollars
        ("output_tokens", "100001", MILLION, "JPY", "did you mean 100.001 per 1M?"),
        ("images", "0.04", "1", "USD", None),  # 40,000 per 1M, but of images
        ("characters", "0.015", "1", "USD", None),
        ("tokens", "1", "1", "USD", "did you mean 1 per 1M?"),
    ],
)
def test_a_price_of_tokens_above_all_providers(
    meter: str, amount: str, per: str, currency: str, help: str | None
) -> None:
    problems = told(one_price(meter, amount, per, currency))
    assert [problem.code for problem in problems] == (["price-implausible"] if help else [])
    assert all(problem.help.startswith(help or "") for problem in problems)


def test_a_price_in_credits_counts_at_their_worth() -> None:
    def priced(worth: str) -> Plan:
        each = UnitPrice(Decimal(5), Decimal(1000), Credit("credit", Decimal(worth)))
        price = MeterPrice("input_tokens", ("input_tokens",), "per_unit", (Step(None, each),))
        return plan(rate([price], model="m"))

    # 5 credits per 1k are 5,000 per 1M: at 0.001 each 5 dollars, at 1 each 5,000
    assert codes(priced("0.001")) == []
    assert codes(priced("1")) == ["price-implausible"]


def models(*amounts: str, meter: str = "input_tokens") -> Plan:
    """A plan of models, each with one price per 1M."""
    rates = [
        rate([per_unit(meter, amount, MILLION)], model=f"m{number}")
        for number, amount in enumerate(amounts)
    ]
    return plan(*rates)


@pytest.mark.parametrize(
    ("amounts", "message"),
    [
        (("2", "3", "4", "0.003"), "0.003 per 1M is 1000 times below"),
        (("2", "3", "4", "80"), "80 per 1M is 26 times above"),  # 20 times the dearest other
        (("2", "3", "4", "79"), None),
        (("2", "3", "4", "0.1"), "0.1 per 1M is 30 times below"),  # a 20th of the cheapest other
        (("2", "3", "4", "0.101"), None),
        (("2", "3", "0.003"), None),  # two siblings tell nothing
        (("0.05", "0.15", "0.4", "1.25", "2.5", "15", "150"), None),  # from small to large models
        (("2", "3", "4", "0"), None),  # free is meant
        (("2", "3", "4", "0.003", "0.003"), None),  # two models at one price are neighbours
    ],
)
def test_a_price_far_from_those_of_the_other_models(
    amounts: tuple[str, ...], message: str | None
) -> None:
    problems = told(models(*amounts))
    assert [problem.code for problem in problems] == (["price-out-of-line"] if message else [])
    assert all((message or "") in problem.message for problem in problems)


def test_only_prices_of_tokens_are_compared_with_each_other() -> None:
    assert codes(models("0.01", "0.02", "0.04", "10", meter="images")) == []


def test_an_out_of_line_price_is_proposed_in_the_other_unit() -> None:
    (low,) = told(models("2", "3", "4", "0.003"))
    assert low.help.startswith("did you mean 3 per 1M?")  # 0.003 x 1000


def test_what_is_too_high_is_told_once() -> None:
    assert codes(models("2", "3", "4", "3000")) == ["price-implausible"]


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ({"input_tokens": "2", "cached_input_tokens": "0.2"}, []),
        ({"input_tokens": "2", "cached_input_tokens": "2"}, []),
        ({"input_tokens": "2", "cached_input_tokens": "2.01"}, ["cached-above-input"]),
        ({"input_audio_tokens": "2", "cached_audio_tokens": "3"}, ["cached-above-input"]),
        ({"input_image_tokens": "2", "cached_image_tokens": "3"}, ["cached-above-input"]),
        ({"output_tokens": "2", "input_tokens": "10"}, []),  # dearer input is a model of its own
        ({"cached_input_tokens": "3"}, []),
        ({"cache_write_5m_tokens": "4", "cache_write_1h_tokens": "6"}, []),
        ({"cache_write_5m_tokens": "4", "cache_write_1h_tokens": "4"}, []),
        (
            {"cache_write_5m_tokens": "4", "cache_write_1h_tokens": "3.9"},
            ["long-cache-below-short"],
        ),
        ({"cache_write_tokens": "4", "cache_write_1h_tokens": "3"}, ["long-cache-below-short"]),
    ],
)
def test_prices_beside_each_other(prices: dict[str, str], expected: list[str]) -> None:
    built = [per_unit(meter, amount, MILLION) for meter, amount in prices.items()]
    assert codes(plan(rate(built, model="m"))) == expected


def test_prices_above_a_size_are_compared_with_those_above_it() -> None:
    def with_step(meter: str, amount: str, above: str) -> MeterPrice:
        large = (Threshold("context_tokens", Decimal(200_000)), unit(above, MILLION))
        price = per_unit(meter, amount, MILLION)
        return replace(price, over="request", requests=RequestTerms(thresholds=(large,)))

    # cached 1.5 stands above the small input of 1, and below the large one of 2
    fine = [with_step("input_tokens", "1", "2"), with_step("cached_input_tokens", "0.5", "1.5")]
    assert codes(plan(rate(fine, model="m"))) == []
    dear = [with_step("input_tokens", "1", "2"), with_step("cached_input_tokens", "0.5", "2.5")]
    assert codes(plan(rate(dear, model="m"))) == ["cached-above-input"]


STANDARD = [per_unit("input_tokens", "2", MILLION)]


@pytest.mark.parametrize(
    ("batch", "expected"),
    [("1", []), ("2", []), ("2.1", ["batch-above-standard"])],
)
@pytest.mark.parametrize("standard", ["m", "*"])
def test_a_rate_for_batches(batch: str, expected: list[str], standard: str) -> None:
    rates = [
        rate(STANDARD, model=standard),
        rate([per_unit("input_tokens", batch, MILLION)], model="m", batch="true"),
    ]
    assert codes(plan(*rates)) == expected


def test_a_rate_for_batches_without_one_outside_is_compared_with_nothing() -> None:
    dear = [per_unit("input_tokens", "9", MILLION)]
    assert codes(plan(rate(STANDARD, model="a"), rate(dear, model="b", batch="true"))) == []


def test_a_batch_rate_is_compared_with_modifiers_that_hold_outside_too() -> None:
    fast = modifier("fast", {"*": "2"}, speed="fast")

    def with_batch(amount: str) -> Plan:
        price = [per_unit("input_tokens", amount, MILLION)]
        return plan(
            rate(STANDARD, model="m"),
            rate(price, model="m", speed="fast", batch="true"),
            modifiers=(fast,),
        )

    # outside of a batch, fast usage costs 2 x 2
    assert codes(with_batch("3")) == []
    assert codes(with_batch("5")) == ["batch-above-standard"]


@pytest.mark.parametrize(
    ("factor", "conditions", "expected"),
    [
        ("0.5", {"batch": "true"}, []),
        ("1", {"batch": "true"}, []),
        ("1.1", {"batch": "true"}, ["batch-above-standard"]),
        ("2.5", {"service_tier": "priority"}, []),
        ("10", {"speed": "ultrafast"}, []),
        ("10.5", {"speed": "ultrafast"}, ["factor-implausible"]),
        ("50", {"batch": "true"}, ["factor-implausible"]),  # 50 percent was meant
    ],
)
def test_factors(factor: str, conditions: dict[str, str], expected: list[str]) -> None:
    changed = modifier("change", {"input_tokens": factor}, **conditions)
    assert codes(plan(rate(STANDARD, model="m"), modifiers=(changed,))) == expected
