"""Prices that look at each request: sums of measures come to what the requests cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rating.plans import (
    converted,
    package,
    per_unit,
    plan,
    priced,
    rate,
    requests,
    step,
    unit,
)
from tests.rating.runs import amount, run, used
from tokenbooks.rating.measures import Measure, Threshold
from tokenbooks.rating.plan import Conversion, MeterPrice, RequestTerms
from tokenbooks.rating.requests import measured, plan_measures, request_amount, request_lines

Request = Mapping[str, int | Decimal]


def by_size(
    *steps: tuple[int, str], inclusive: bool = False, name: str = "context_tokens"
) -> RequestTerms:
    """Other prices above (or from) a size."""
    return RequestTerms(
        thresholds=tuple((Threshold(name, Decimal(size), inclusive), unit(p)) for size, p in steps)
    )


def each_request(model: str, *steps: object, **more: object) -> MeterPrice:
    return priced(model, *steps, over="request", **more)  # type: ignore[arg-type] - steps as in priced


WHEN_OVER = each_request("per_unit", step(None, "2"), requests=by_size((200, "4"), (500, "6")))
WHEN_AT_LEAST = each_request(
    "per_unit", step(None, "2"), requests=by_size((200, "4"), (500, "6"), inclusive=True)
)
#: Seconds: at least 10, rounded up to whole ones.
SECONDS = each_request("per_unit", step(None, "3"), requests=requests("10", "1"))
#: Steps of 6 after a least quantity of 10, so that the least charged is 12.
STEPS_OF_SIX = each_request("per_unit", step(None, "3"), requests=requests("10", "6"))
BANDS = (step("10", "5", flat="2"), step("20", "3", flat="1"), step(None, "1", flat="0.5"))
GRADUATED = each_request("graduated", *BANDS)
VOLUME = each_request("volume", *BANDS)
THOUSANDS = Conversion(Decimal(1000))
GRADUATED_THOUSANDS = each_request("graduated", *BANDS, conversion=THOUSANDS)
PACKAGES = package("10", "5", over="request")
COMPLETED = package("10", "5", "down", over="request")
ROUNDED = converted("4", "half_up", "7", over="request")
PLAIN = each_request("per_unit", step(None, "2"))


@pytest.mark.parametrize(
    ("price", "request_", "amount"),
    [
        (WHEN_OVER, {"tokens": 0, "input_tokens": 900}, "0"),
        (WHEN_OVER, {"tokens": 7, "input_tokens": 200}, "14"),  # not above 200
        (WHEN_OVER, {"tokens": 7, "input_tokens": 201}, "28"),  # all of it at 4
        (WHEN_OVER, {"tokens": 7, "input_tokens": 500}, "28"),
        (WHEN_OVER, {"tokens": 7, "input_tokens": 501}, "42"),
        # the size is that of input, cached and cache-write tokens together
        (WHEN_OVER, {"tokens": 7, "input_tokens": 100, "cached_input_tokens": 101}, "28"),
        (WHEN_OVER, {"tokens": 7, "input_tokens": 100, "output_tokens": 101}, "14"),
        (WHEN_AT_LEAST, {"tokens": 7, "input_tokens": 199}, "14"),
        (WHEN_AT_LEAST, {"tokens": 7, "input_tokens": 200}, "28"),
        (WHEN_AT_LEAST, {"tokens": 7, "input_tokens": 499}, "28"),
        (WHEN_AT_LEAST, {"tokens": 7, "input_tokens": 500}, "42"),
        (SECONDS, {"tokens": 0}, "0"),  # nothing is no request of ten seconds
        (SECONDS, {"tokens": Decimal("0.1")}, "30"),
        (SECONDS, {"tokens": 10}, "30"),
        (SECONDS, {"tokens": Decimal("10.1")}, "33"),
        (SECONDS, {"tokens": 11}, "33"),
        (STEPS_OF_SIX, {"tokens": 1}, "36"),  # 10, rounded up to 12
        (STEPS_OF_SIX, {"tokens": 12}, "36"),
        (STEPS_OF_SIX, {"tokens": 13}, "54"),  # 18
        (GRADUATED, {"tokens": 0}, "0"),
        (GRADUATED, {"tokens": 1}, "7"),  # 2 + 5
        (GRADUATED, {"tokens": 10}, "52"),  # 2 + 50
        (GRADUATED, {"tokens": 11}, "56"),  # 52 + 1 + 3
        (GRADUATED, {"tokens": 20}, "83"),  # 52 + 1 + 30
        (GRADUATED, {"tokens": 21}, "84.5"),  # 83 + 0.5 + 1
        (VOLUME, {"tokens": 0}, "0"),
        (VOLUME, {"tokens": 10}, "52"),
        (VOLUME, {"tokens": 11}, "34"),  # 11 x 3 + 1
        (VOLUME, {"tokens": 20}, "61"),
        (VOLUME, {"tokens": 21}, "21.5"),
        (GRADUATED_THOUSANDS, {"tokens": 10_000}, "52"),
        (GRADUATED_THOUSANDS, {"tokens": 11_000}, "56"),
        (PACKAGES, {"tokens": 10}, "5"),
        (PACKAGES, {"tokens": 11}, "10"),
        (COMPLETED, {"tokens": 19}, "5"),
        (COMPLETED, {"tokens": 20}, "10"),
        (ROUNDED, {"tokens": 5}, "7"),  # 1.25
        (ROUNDED, {"tokens": 6}, "14"),  # 1.5
        (PLAIN, {"tokens": 6}, "12"),
    ],
)
def test_what_one_request_costs(price: MeterPrice, request_: Request, amount: str) -> None:
    assert request_amount(price, "tokens", request_) == Fraction(amount)
    taken_back = {meter: -quantity for meter, quantity in request_.items()}
    assert request_amount(price, "tokens", taken_back) == -Fraction(amount)


def test_each_request_is_priced_by_itself() -> None:
    # two requests of 11 are 56 each; one of 22 is 85.5
    assert 2 * request_amount(GRADUATED, "tokens", {"tokens": 11}) == 112
    assert request_amount(GRADUATED, "tokens", {"tokens": 22}) == Fraction("85.5")


# -- against an independent reading of the same prices ------------------------------------


def plainly(price: MeterPrice, request_: Request) -> Fraction:
    """What a request costs, reading the price without any measures."""
    quantity = Fraction(request_.get("tokens", 0))
    if not quantity:
        return Fraction(0)
    if price.requests is not None:
        return _by_terms(price, request_, quantity)
    if price.conversion is not None:
        quantity /= Fraction(price.conversion.divide)
        if price.conversion.rounding:
            counted = math.floor(quantity + Fraction(1, 2))
            return counted * Fraction(price.steps[0].price.amount)
    if price.model == "package":
        size, one = price.steps[0].price.per, Fraction(price.steps[0].price.amount)
        rounded = math.ceil if price.steps[0].packages == "up" else math.floor
        return rounded(quantity / Fraction(size)) * one
    return _by_tiers(price, quantity)


def _by_terms(price: MeterPrice, request_: Request, quantity: Fraction) -> Fraction:
    each = price.steps[0].price.amount
    for threshold, dearer in price.requests.thresholds:
        size = sum(request_.get(meter, 0) for meter in threshold.meters)
        if size > threshold.size or (threshold.inclusive and size == threshold.size):
            each = dearer.amount
    least, steps = price.requests.at_least or 0, price.requests.step
    charged = max(quantity, Fraction(least))
    if steps:
        charged = math.ceil(charged / Fraction(steps)) * Fraction(steps)
    return charged * Fraction(each)


def _by_tiers(price: MeterPrice, quantity: Fraction) -> Fraction:
    cost, lower = Fraction(0), Fraction(0)
    for band in price.steps:
        upper = Fraction(band.up_to) if band.up_to is not None else quantity
        if price.model == "volume" and quantity <= upper:
            return quantity * Fraction(band.price.amount) + Fraction(band.flat)
        if price.model != "volume" and quantity > lower:
            stretch = min(quantity, upper) - lower
            cost += stretch * Fraction(band.price.amount) + Fraction(band.flat)
        lower = upper
    return cost


PRICES = [
    WHEN_OVER,
    WHEN_AT_LEAST,
    SECONDS,
    STEPS_OF_SIX,
    replace(WHEN_OVER, requests=replace(WHEN_OVER.requests, at_least=Decimal(5), step=Decimal(3))),
    replace(WHEN_OVER, requests=by_size((10, "4"), name="tokens")),
    GRADUATED,
    VOLUME,
    GRADUATED_THOUSANDS,
    replace(VOLUME, conversion=THOUSANDS),
    PACKAGES,
    COMPLETED,
    ROUNDED,
    PLAIN,
]

#: Small numbers meet every bound; large ones the sizes and the converted tiers.
QUANTITIES = st.one_of(
    st.integers(0, 25),
    st.integers(0, 25_000),
    st.integers(0, 250).map(lambda tenths: Decimal(tenths) / 10),
)
REQUESTS = st.lists(
    st.fixed_dictionaries(
        {"tokens": QUANTITIES, "input_tokens": st.sampled_from([0, 199, 200, 201, 499, 500, 501])}
    ),
    max_size=8,
)


@pytest.mark.parametrize("price", PRICES, ids=str)
@given(requests_=REQUESTS)
def test_sums_of_measures_price_all_requests(price: MeterPrice, requests_: list[Request]) -> None:
    by_measures = Fraction(0)
    for line in request_lines(price, "tokens"):
        total = sum((measured(line.measure, item) for item in requests_), Fraction(0))
        by_measures += total * line.each
    assert by_measures == sum((plainly(price, item) for item in requests_), Fraction(0))


@pytest.mark.parametrize("price", PRICES, ids=str)
@given(requests_=REQUESTS)
def test_a_run_prices_each_request_by_itself(price: MeterPrice, requests_: list[Request]) -> None:
    # what the price does not name is free here
    rates = rate([price, *(per_unit(m, "0") for m in ("input_tokens", "cached_input_tokens"))])
    usage = [used(f"2025-11-{1 + n % 3:02}", item) for n, item in enumerate(requests_)]
    charges = run(plan(rates), usage)
    assert not charges.unpriced
    assert amount(charges) == sum((plainly(price, item) for item in requests_), Fraction(0))


# -- rows that do not tell single requests, and meters inside others ------------------------


def test_rows_that_sum_many_requests_have_no_price() -> None:
    found = run(plan(rate([WHEN_OVER])), [used("2025-11-03", 5), used("2025-11-03", 70, many=True)])
    assert amount(found) == 10
    (unpriced,) = found.unpriced
    assert (unpriced.meter, unpriced.quantity) == ("tokens", 70)


def test_meters_counted_together_are_one_size() -> None:
    both = each_request(
        "graduated", step("10", "5"), step(None, "1"), meters="input_tokens+output_tokens"
    )
    found = run(plan(rate([both])), [used("2025-11-03", {"input_tokens": 8, "output_tokens": 5})])
    assert amount(found) == 53  # 10 x 5 + 3 x 1


def test_reasoning_with_its_own_price_is_taken_out_of_output() -> None:
    output = each_request(
        "per_unit", step(None, "2"), meters="output_tokens", requests=by_size((200, "4"))
    )
    prices = [output, per_unit("reasoning_tokens", "1"), per_unit("input_tokens", "0")]
    small = {"input_tokens": 200, "output_tokens": 10, "reasoning_tokens": 4}
    large = {"input_tokens": 201, "output_tokens": 10, "reasoning_tokens": 4}
    assert amount(run(plan(rate(prices)), [used("2025-11-03", small)])) == 16  # 6 x 2 + 4
    assert amount(run(plan(rate(prices)), [used("2025-11-03", large)])) == 28  # 6 x 4 + 4


def test_a_part_is_priced_by_the_price_of_its_whole() -> None:
    parted = plan(
        rate([replace(WHEN_OVER, name="input_tokens", meters=("input_tokens",))]),
        part_of={"cached_input_tokens": "input_tokens"},
    )
    usage = [used("2025-11-03", {"input_tokens": 100, "cached_input_tokens": 101})]
    assert amount(run(parted, usage)) == 804  # 201 x 4


def test_a_measure_is_named_by_what_it_takes() -> None:
    names = [measure.name for measure in plan_measures(plan(rate(PRICES)))]
    assert len(set(names)) == len(names)
    assert "tokens quantity if context_tokens > 200 unless context_tokens > 500" in names
    assert "tokens quantity at least 10 step 6" in names
    assert "tokens packages step 4 rounded half_up" in names
    assert "tokens many" in names


def test_a_measure_of_a_request_that_has_none_of_its_meters_is_zero() -> None:
    assert measured(Measure(("tokens",), "quantity", at_least=Decimal(10)), {"images": 3}) == 0
