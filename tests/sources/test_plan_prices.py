"""Every form of a price, as it is written and as it is read; and mixtures that are refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.small_book import codes
from tokenbooks.problems import Problem
from tokenbooks.rating.measures import Threshold
from tokenbooks.rating.plan import (
    Conversion,
    Credit,
    EventTerms,
    MeterPrice,
    RequestTerms,
    Step,
    UnitPrice,
)
from tokenbooks.sources.plans import read_plan

CREDIT = Credit("credit", Decimal("0.01"))


def read_prices(folder: Path, *texts: str) -> tuple[list[MeterPrice], list[Problem]]:
    """Prices of the meters m0, m1 ..., in a plan of which a credit is worth 0.01."""
    lines = [f"      m{index}: {text}" for index, text in enumerate(texts)]
    head = "plan: p\ncurrency: USD\ncredits: {unit: credit, worth: 0.01}\nrates:\n  - prices:\n"
    path = folder / "p.yaml"
    path.write_text(head + "\n".join(lines) + "\n")
    plan, problems = read_plan(path)
    assert plan is not None
    return list(plan.rates[0].prices), problems


def price(folder: Path, text: str) -> MeterPrice:
    [found], problems = read_prices(folder, text)
    assert [str(problem) for problem in problems] == []
    return found


def unit(amount: str, per: int = 1, credit: Credit | None = None) -> UnitPrice:
    return UnitPrice(Decimal(amount), Decimal(per), credit)


@pytest.mark.parametrize(
    ("text", "expected", "money"),
    [
        ("4 credits", unit("4", credit=CREDIT), "1/25"),
        ("1 credit", unit("1", credit=CREDIT), "1/100"),
        ("4 credit per 1k", unit("4", 1000, CREDIT), "1/25000"),
        ("4 per 1k", unit("4", 1000), "1/250"),
    ],
)
def test_a_price_in_credits(tmp_path: Path, text: str, expected: UnitPrice, money: str) -> None:
    found = price(tmp_path, text)
    assert found.steps == (Step(None, expected),)
    assert str(found.steps[0].price.each) == money


def test_packages(tmp_path: Path) -> None:
    found = price(tmp_path, "{package: 1k, price: 5, free: 100, every: day}")
    assert (found.model, found.over, found.free) == ("package", "day", 100)
    assert found.steps == (Step(None, unit("5", 1000), packages="up"),)
    completed = price(tmp_path, "{package: 1000, price: 4 credits, round: down, over: year}")
    assert (completed.over, completed.free) == ("year", 0)
    assert completed.steps == (Step(None, unit("4", 1000, CREDIT), packages="down"),)
    assert price(tmp_path, "{package: 10, price: 1, over: request}").by_request


def test_a_percentage_is_a_price_per_100(tmp_path: Path) -> None:
    plain = price(tmp_path, "{percent: 2.5, of: amount}")
    assert (plain.model, plain.meters, plain.events) == ("per_unit", ("amount",), None)
    assert plain.steps == (Step(None, unit("2.5", 100)),)
    free = price(tmp_path, "{percent: 2.5, free: 250, every: quarter}")
    assert (free.model, free.over) == ("graduated", "quarter")
    assert free.steps == (Step(Decimal(250), unit("0")), Step(None, unit("2.5", 100)))


def test_a_percentage_with_terms_for_each_event(tmp_path: Path) -> None:
    keys = "percent: 2.5, of: amount, fixed: 0.30, at_least: 0.50, at_most: 20"
    found = price(tmp_path, f"{{{keys}, free: 250, free_events: 3, every: term}}")
    assert (found.model, found.meters, found.over) == ("percentage", ("amount",), "term")
    assert found.steps == (Step(None, unit("2.5", 100)),)
    assert found.events == EventTerms(
        fixed=Decimal("0.30"),
        at_least=Decimal("0.50"),
        at_most=Decimal(20),
        free=Decimal(250),
        free_events=3,
    )
    assert price(tmp_path, "{percent: 1, fixed: 0.2}").events == EventTerms(Decimal("0.2"))


def test_conversion(tmp_path: Path) -> None:
    found = price(tmp_path, "{price: 3, convert: 1k, round: half_up, free: 2, over: month}")
    assert (found.model, found.free) == ("per_unit", 2)
    assert found.conversion == Conversion(Decimal(1000), "half_up")
    assert found.counted
    assert price(tmp_path, "{price: 3, convert: 60}").conversion == Conversion(Decimal(60))
    assert price(tmp_path, "{price: 3, convert: 60, round: up, over: request}").by_request


def test_what_holds_for_each_request(tmp_path: Path) -> None:
    found = price(tmp_path, "{price: 0.006 per 60, at_least: 10, step: 1}")
    assert (found.model, found.over) == ("per_unit", "request")
    assert found.requests == RequestTerms(Decimal(10), Decimal(1))


@pytest.mark.parametrize(("key", "inclusive"), [("when_over", False), ("when_at_least", True)])
def test_another_price_above_a_size(tmp_path: Path, key: str, inclusive: bool) -> None:
    sizes = "[{context_tokens: 128k, price: 4 per 1M}, {context_tokens: 1M, price: 0}]"
    found = price(tmp_path, f"{{price: 2 per 1M, {key}: {sizes}}}")
    assert found.steps == (Step(None, unit("2", 10**6)),)
    assert found.over == "request"
    assert found.requests is not None
    assert found.requests.thresholds == (
        (Threshold("context_tokens", Decimal(128000), inclusive), unit("4", 10**6)),
        (Threshold("context_tokens", Decimal(10**6), inclusive), unit("0")),
    )


def test_steps_of_packages_and_percentages(tmp_path: Path) -> None:
    packages = "[{up_to: 1k, package: 100, price: 1}, {package: 1k, price: 2, round: down}]"
    found = price(tmp_path, f"{{tiers: graduated, steps: {packages}}}")
    assert found.steps == (
        Step(Decimal(1000), unit("1", 100), packages="up"),
        Step(None, unit("2", 1000), packages="down"),
    )
    percents = "[{up_to: 1k, percent: 3, flat: 0.5}, {percent: 2.5}]"
    found = price(tmp_path, f"{{tiers: volume, of: amount, steps: {percents}}}")
    assert found.steps == (
        Step(Decimal(1000), unit("3", 100), Decimal("0.5")),
        Step(None, unit("2.5", 100)),
    )


def test_tiers_of_converted_units_and_within_a_request(tmp_path: Path) -> None:
    steps = "steps: [{up_to: 10, price: 2}, {price: 1}]"
    found = price(tmp_path, f"{{tiers: volume, convert: 1k, round: down, {steps}}}")
    assert found.conversion == Conversion(Decimal(1000), "down")
    assert [step.up_to for step in found.steps] == [10, None]
    assert price(tmp_path, f"{{tiers: graduated, over: request, {steps}}}").by_request


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("party", ("party",)),
        ("contract", ("contract",)),
        ("[project, model]", ("project", "model")),
    ],
)
def test_scopes(tmp_path: Path, scope: str, expected: tuple[str, ...]) -> None:
    assert price(tmp_path, f"{{price: 1, free: 5, scope: {scope}}}").scope == expected
    assert price(tmp_path, "{price: 1, free: 5}").scope == ("party",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("4 credtis", ["credit-unknown"]),
        ("4 creditss", ["credit-unknown"]),
        ("4 USD", ["credit-unknown"]),
        ("4 credits 1k", ["value-invalid"]),
        ("{package: 1000}", ["key-missing"]),
        ("{package: 1000, price: 5 per 1k}", ["price-mixed"]),
        ("{package: 0, price: 5}", ["quantity-zero"]),
        ("{package: -5, price: 5}", ["value-invalid"]),
        ("{package: 10, price: 5, round: half_up}", ["value-invalid"]),
        ("{package: 10, price: 5, round: nearest}", ["value-invalid"]),
        ("{package: 10, price: 5, free: 1, over: request}", ["price-mixed"]),
        ("{package: 10, price: 5, convert: 2}", ["price-mixed"]),
        ("{package: 10, price: 5, every: day, over: day}", ["price-mixed"]),
        ("{percent: -1}", ["price-negative"]),
        ("{percent: 1, price: 1}", ["price-mixed"]),
        ("{percent: 1, fixed: -1}", ["price-negative"]),
        ("{percent: 1, at_least: 5, at_most: 4.99}", ["bounds-order"]),
        ("{percent: 1, at_least: 5, at_most: 5}", []),
        ("{percent: 1, free_events: 1.5}", ["value-invalid"]),
        ("{percent: 1, every: day}", ["price-mixed"]),
        ("{price: 1, convert: 0}", ["quantity-zero"]),
        ("{price: 1, convert: 10, over: day}", ["price-mixed"]),
        ("{price: 1, convert: 10, round: up, over: day}", []),
        ("{price: 1, convert: 10, at_least: 5}", ["price-mixed"]),
        ("{price: 1, round: up}", ["price-mixed"]),
        ("{price: 1, at_most: 5}", ["price-mixed"]),
        ("{price: 1, step: 0}", ["quantity-zero"]),
        ("{price: 1, step: 5, free: 5}", ["price-mixed"]),
        ("{price: 1, step: 5, over: month}", ["price-mixed"]),
        ("{price: 1, step: 5, over: request}", []),
        ("{price: 1, free: 5, every: request}", ["price-mixed"]),
        ("{price: 1, free: 5, every: week}", ["value-invalid"]),
        ("{price: 1, free: 5, scope: project}", ["value-invalid"]),
        ("{price: 1, free: 5, scope: [projetc]}", ["dimension-mistyped"]),
        ("{price: 1, scope: contract}", ["price-mixed"]),
        ("{price: 1, of: [a b]}", ["value-invalid"]),
        ("{price: 1, when_over: [{a: 1k, price: 2}, {a: 1k, price: 3}]}", ["thresholds-order"]),
        ("{price: 1, when_over: [{a: 1k, price: 2}, {b: 2k, price: 3}]}", ["thresholds-order"]),
        ("{price: 1, when_over: [{a: 1k, b: 2k, price: 3}]}", ["thresholds-order"]),
        ("{price: 1, when_over: [{price: 3}]}", ["value-missing"]),
        ("{price: 1, when_over: [{a: 1k}]}", ["value-missing", "key-missing"]),
        ("{price: 1, when_over: [{contxt_tokens: 1k, price: 3}]}", ["meter-mistyped"]),
        ("{tiers: volume, steps: [{up_to: 5, percent: 1}, {price: 1}]}", ["price-mixed"]),
        ("{tiers: volume, steps: [{percent: 1, price: 1}]}", ["price-mixed"]),
        ("{tiers: volume, steps: [{package: 5}]}", ["key-missing"]),
        ("{tiers: volume, steps: [{price: 5, round: up}]}", ["key-alone"]),
        ("{tiers: volume, steps: [{price: 5}], round: up}", ["key-alone"]),
        ("{tiers: volume, steps: [{price: 5}], package: 5}", ["price-mixed"]),
        ("{tiers: volume, steps: [{price: 5}], every: day}", ["price-mixed"]),
    ],
)
def test_mistakes(tmp_path: Path, text: str, found: list[str]) -> None:
    assert codes(read_prices(tmp_path, text)[1]) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2.50", ["per-missing"]),
        ("0.01", ["per-missing"]),
        ("0.009", []),
        ("2.50 per 1", []),
        ("1 credit", ["per-missing"]),
        ("0.5 credits", []),
        ("{price: 2.50, convert: 1M, round: up}", []),
        ("{package: 1M, price: 2.50}", []),
        ("{price: 0, when_over: [{input_tokens: 1k, price: 2}]}", ["per-missing"]),
    ],
)
def test_a_price_of_tokens_that_lacks_its_quantity(
    tmp_path: Path, text: str, found: list[str]
) -> None:
    """A single token costs less than 0.01; a price list means 1M of them."""
    path = tmp_path / "p.yaml"
    path.write_text(
        "plan: p\ncurrency: USD\ncredits: {unit: credit, worth: 0.01}\n"
        f"rates: [{{prices: {{input_tokens: {text}}}}}]\n"
    )
    assert codes(read_plan(path)[1]) == found
