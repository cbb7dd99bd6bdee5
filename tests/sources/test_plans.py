from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.small_book import PLAN, codes
from tokenbooks.conditions import Conditions
from tokenbooks.problems import Problem
from tokenbooks.rating.credit_terms import Length
from tokenbooks.rating.plan import MeterPrice, Plan, Step, UnitPrice
from tokenbooks.sources.plans import read_plan, read_plans

FULL = """\
plan: full
currency: USD
timezone: America/New_York
source: price page, read 2025-11-03
meters:
  cached_input_tokens: {part_of: input_tokens}
  clips:
defaults: {tier_group: standard}
aliases:
  gpt-4o: [gpt-4o-2024-08-06, {name: gpt-4o-latest, from: 2024-08-15, until: 2025-03-01}]
  gpt-5: {name: x}
rates:
  - for: {model: [gpt-4o, gpt-4*], batch: True}
    from: 2024-08-06
    until: 2025-11-03T12:00:00Z
    prices:
      input_tokens:        2.50 per 1M
      images: 0.040
      requests: 0
      calls: {price: 3 per 1k}
      storage_gb_days: {price: 0.10, free: 1, every: day}
      tokens:
        tiers: graduated
        over: quarter
        of: [output_tokens, reasoning_tokens]
        scope: party
        steps:
          - {up_to: 1M, price: 60 per 1M}
          - {up_to: 5M, price: 50 per 1M, flat: 2}
          - price: 40 per 1M
        flat_on_zero: true
      clips: {tiers: volume, steps: [{up_to: 10.5, price: 1}]}
modifiers:
  - {name: batch, when: {batch: true}, from: 2024-04-15, times: {input_tokens: 0.5, "*": 0}}
credits: {expires: 12 months}
"""


def read(folder: Path, text: str) -> tuple[Plan, list[Problem]]:
    path = folder / "full.yaml"
    path.write_text(text)
    plan, problems = read_plan(path)
    assert plan is not None
    return plan, problems


def price(folder: Path, text: str) -> tuple[tuple[MeterPrice, ...], list[Problem]]:
    plan, problems = read(folder, PLAN.replace("1 per 1M", text))
    return plan.rates[0].prices, problems


@pytest.fixture
def full(tmp_path: Path) -> Plan:
    plan, problems = read(tmp_path, FULL.replace("gpt-5: {name: x}", "gpt-5: gpt-5-2025-08-07"))
    assert problems == []
    return plan


def test_the_plan_and_its_words(full: Plan) -> None:
    assert (full.id, full.currency, full.timezone) == ("full", "USD", "America/New_York")
    assert full.source == "price page, read 2025-11-03"
    assert full.part_of == {"cached_input_tokens": "input_tokens"}
    assert full.defaults == {"tier_group": "standard"}
    assert full.credit_terms.expires == Length(12)


def test_aliases(full: Plan) -> None:
    assert [(a.name, a.model, a.starts, a.until) for a in full.aliases] == [
        ("gpt-4o-2024-08-06", "gpt-4o", None, None),
        ("gpt-4o-latest", "gpt-4o", date(2024, 8, 15), date(2025, 3, 1)),
        ("gpt-5-2025-08-07", "gpt-5", None, None),
    ]


def test_rates(full: Plan) -> None:
    [rate] = full.rates
    assert rate.conditions == Conditions.of({"model": ("gpt-4*", "gpt-4o"), "batch": ("true",)})
    assert rate.starts == date(2024, 8, 6)
    assert rate.until == datetime(2025, 11, 3, 12, tzinfo=UTC)
    assert rate.position.line == 13


def test_prices(full: Plan) -> None:
    prices = {price.name: price for price in full.rates[0].prices}
    assert str(prices["input_tokens"]) == "2.5 per 1M"
    assert prices["input_tokens"].steps == (Step(None, UnitPrice(Decimal("2.50"), Decimal(10**6))),)
    assert (str(prices["images"]), str(prices["requests"])) == ("0.04", "0")
    assert (str(prices["calls"]), prices["calls"].model) == ("3 per 1k", "per_unit")
    storage = prices["storage_gb_days"]
    assert (str(storage), storage.over) == ("graduated: 0 up to 1; then 0.1", "day")
    tokens = prices["tokens"]
    assert tokens.meters == ("output_tokens", "reasoning_tokens")
    assert (tokens.model, tokens.over, tokens.flat_on_zero) == ("graduated", "quarter", True)
    assert [step.up_to for step in tokens.steps] == [10**6, 5 * 10**6, None]
    assert [step.flat for step in tokens.steps] == [0, 2, 0]
    assert (prices["clips"].model, prices["clips"].steps[0].up_to) == ("volume", Decimal("10.5"))
    assert prices["clips"].over == "month"


def test_modifiers(full: Plan) -> None:
    [batch] = full.modifiers
    assert (batch.name, batch.starts, batch.until) == ("batch", date(2024, 4, 15), None)
    assert batch.when == Conditions.of({"batch": ("true",)})
    assert batch.times == {"input_tokens": Decimal("0.5"), "*": Decimal(0)}


@pytest.mark.parametrize(
    ("text", "each"),
    [
        ("0.0000025", "1/400000"),
        ("2.50 per 1M", "1/400000"),
        ("2.50 per 1000000", "1/400000"),
        ("2.50   per  1M", "1/400000"),
        ("1 per 3", "1/3"),
        ("5e-2 per 1k", "1/20000"),
    ],
)
def test_a_price_is_exact_however_it_is_written(tmp_path: Path, text: str, each: str) -> None:
    [found], problems = price(tmp_path, text)
    assert problems == []
    assert str(found.steps[0].price.each) == each


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$2.50", ["value-invalid"]),
        ("2.50/1M", ["value-invalid"]),
        ("2.50 per 1m", ["value-invalid"]),
        ("2.50 per 0", ["value-invalid"]),
        ("per 1M", ["value-invalid"]),
        ("[2.50]", ["value-invalid"]),
        ("", ["value-missing"]),
        ("?", ["price-missing"]),
        ("-2.50", ["price-negative"]),
        ("{free: 5M}", ["key-missing"]),
        ("{price: 1 per 1M, free: -5}", ["value-invalid"]),
        ("{price: 1 per 1M, rate: 5}", ["unknown-key"]),
        ("{tiers: graduated}", ["key-missing"]),
        ("{steps: [{price: 1 per 1M}]}", ["key-missing"]),
        ("{tiers: stairs, steps: [{price: 1 per 1M}]}", ["value-invalid"]),
        ("{tiers: volume, steps: []}", ["value-missing"]),
        ("{tiers: volume, steps: [{price: 1 per 1M}], free: 5}", ["price-mixed"]),
        ("{tiers: volume, steps: [{up_to: 0, price: 1 per 1M}]}", ["steps-order"]),
        (
            "{tiers: volume, steps: [{up_to: 1M, price: 1 per 1k}, {up_to: 1000k, price: 0}]}",
            ["steps-order"],
        ),
    ],
)
def test_prices_that_are_refused(tmp_path: Path, text: str, found: list[str]) -> None:
    assert codes(price(tmp_path, text)[1]) == found


@pytest.mark.parametrize("free", ["0", "0.0"])
def test_no_free_units_is_a_plain_price(tmp_path: Path, free: str) -> None:
    [found], problems = price(tmp_path, f"{{price: 1 per 1M, free: {free}}}")
    assert (found.model, problems) == ("per_unit", [])


SECOND = "  - for: {model: small}\n    from: 2025-11-01\n    prices: {input_tokens: 2 per 1M}\n"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (SECOND, []),
        (SECOND + SECOND, ["rates-tie"]),
        (SECOND + SECOND.replace("2025-11-01", "2025-11-01T00:00:00Z"), ["rates-tie"]),
        (SECOND + SECOND.replace("2025-11-01", "2025-11-01T00:00:00+01:00"), []),
        (SECOND + SECOND.replace("small", "[small, small]"), ["rates-tie"]),
        (SECOND + SECOND.replace("input", "output"), []),
        (SECOND + SECOND.replace("small", "large"), []),
        (SECOND.replace("2025-11-01", "2025-11-01T00:00:00"), ["value-invalid"]),
        (SECOND.replace("2025-11-01", "2025-11-01\n    until: 2025-11-01"), ["dates-order"]),
        ("aliases: {small: [tiny], large: [tiny]}\n", ["alias-twice"]),
        (
            "aliases: {a: [{name: t, until: 2025-03-01}], b: [{name: t, from: 2025-03-01}]}\n",
            [],
        ),
        ("aliases: {small: [tiny], tiny: [mini]}\n", ["alias-is-model"]),
        ("aliases: {large: small}\n", ["alias-is-model"]),
        ("meters: {a: {part_of: a}}\n", ["part-of-circle"]),
        ("meters: {a: {part_of: b}, b: {part_of: c}, c: {part_of: b}}\n", ["part-of-circle"]),
        ("meters: {a: {part_of: b}, b: {part_of: c}}\n", []),
        (SECOND.replace("small}", "small, batch: False}"), ["condition-neutral"]),
        (SECOND.replace("small}", "small, service_tier: [flex, standard]}"), ["condition-neutral"]),
        (SECOND.replace("small}", "small, quality: standard}"), []),
        ("meters: {seats: {kind: level}}\n", []),
        ("meters: {seats: {kind: gauge}}\n", ["value-invalid"]),
        ("modifiers: [{name: b, when: {batch: true}, times: {}}]\n", ["value-missing"]),
        ("modifiers: [{name: b, times: {a: 1}}]\n", ["key-missing"]),
        ("credits: {expires: 1 month}\n", []),
        ("credits: {expires: 30 days}\n", []),
        ("credits: {expires: 30 weeks}\n", ["value-invalid"]),
        ("credits: {expires: 0 days}\n", ["value-invalid"]),
        ("credits: {unit: credit, worth: 0.01}\n", []),
        ("credits: {unit: per, worth: 0.01}\n", ["value-invalid"]),
        ("credits: {rollover: {share: 50}}\n", []),
        ("round_lines: 2\n", []),
        ("round_lines: 2.5\n", ["value-invalid"]),
        ("round_lines: -1\n", ["value-invalid"]),
        ("overage: stop\n", []),
        ("reload: {at: 10}\n", ["reload-amount"]),
        ("actions: {tickets: {definition: x}}\n", ["meter-unpriced"]),
        ("actions: {input_tokens: {definition: x, reversal: 7 days}}\n", []),
        ("actions: {input_tokens: {definition: x, reversal: 7 weeks}}\n", ["value-invalid"]),
        ("actions: {input_tokens: {reversal: 7 days}}\n", ["key-missing"]),
        (SECOND.replace("model: small", "modle: small"), ["dimension-mistyped"]),
        (SECOND.replace("model: small", "office: small"), []),
        ("discount: 10\n", ["unknown-key"]),
    ],
)
def test_parts_that_contradict_each_other(tmp_path: Path, lines: str, found: list[str]) -> None:
    assert codes(read(tmp_path, PLAN + lines)[1]) == found


def test_two_modifiers_alike_would_apply_twice(tmp_path: Path) -> None:
    one = "{name: batch, when: {batch: true}, times: {input_tokens: 0.5}}"
    assert codes(read(tmp_path, f"{PLAN}modifiers: [{one}, {one}]\n")[1]) == ["rates-tie"]


def test_plans_are_known_by_their_id(tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans/api.yaml").write_text(PLAN)
    (tmp_path / "plans/other.yaml").write_text(PLAN.replace("api", "others"))
    (tmp_path / "plans/again.yml").write_text(PLAN)
    (tmp_path / "plans/broken.yaml").write_text("plan: [")
    plans, problems = read_plans(tmp_path)
    assert sorted(plans) == ["api", "others"]
    assert codes(problems) == ["yaml-syntax", "plan-name", "plan-duplicate"]
