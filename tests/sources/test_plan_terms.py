"""Fees, allowances, commitments, minimums, caps and discounts, as written and as read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.small_book import PLAN, codes
from tokenbooks.problems import Problem
from tokenbooks.rating.plan import Credit, Plan
from tokenbooks.rating.terms import Allowance, Commitment, Fee, Terms
from tokenbooks.sources.plans import read_plan

FULL = """\
meters: {seats: {kind: level}}
fees:
  - name: base
    price: 200
    prorate: day
    includes: {input_tokens: 5M}
    unused: {rolls: 1 month, at_most: 10M}
    from: 2025-01
    until: 2026-01-15
  - {name: seat, price: 30, per: seats, every: quarter, includes: {input_tokens: 1k}, unused: lapse}
  - {name: setup, price: 500, every: term}
commitment: {amount: 120000, from: 2025-01-01, shortfall: forfeit, overage: 1.2}
minimum: {amount: 10000, every: quarter, prorate: day}
caps: [{amount: 500}, {of: [input_tokens, "output_*"], amount: 50, every: day}]
discounts: [{percent: 10, over: 10000}, {percent: 5, every: year, applies: all}]
credits: {unit: credit, worth: 0.01}
round_lines: 4
"""


def read(folder: Path, lines: str, plan: str = PLAN) -> tuple[Plan, list[Problem]]:
    path = folder / "api.yaml"
    path.write_text(plan + lines)
    found, problems = read_plan(path)
    assert found is not None
    return found, problems


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    found, problems = read(tmp_path, FULL)
    assert [str(problem) for problem in problems] == []
    return found


def test_levels_and_credits(plan: Plan) -> None:
    assert plan.levels == {"seats"}
    assert plan.credit == Credit("credit", Decimal("0.01"))
    assert plan.credit_terms.expires is None


def test_fees(plan: Plan) -> None:
    base, seat, setup = plan.terms.fees
    assert base.position.line == 8
    assert base == Fee(
        name="base",
        price=Decimal(200),
        every="month",
        prorate="day",
        allowance=Allowance({"input_tokens": Decimal(5 * 10**6)}, 1, Decimal(10**7)),
        starts=date(2025, 1, 1),
        until=date(2026, 1, 15),
        position=base.position,
    )
    assert (seat.per, seat.every, seat.prorate) == ("seats", "quarter", "")
    assert seat.allowance == Allowance({"input_tokens": Decimal(1000)})
    assert (setup.every, setup.allowance) == ("term", Allowance())


def test_commitment_and_minimum(plan: Plan) -> None:
    commitment, minimum = plan.terms.commitment, plan.terms.minimum
    assert commitment == Commitment(
        amount=Decimal(120000),
        every="year",
        starts=date(2025, 1, 1),
        shortfall="forfeit",
        overage=Decimal("1.2"),
        position=commitment.position if commitment else None,
    )
    assert minimum
    assert (minimum.amount, minimum.every, minimum.prorate) == (10000, "quarter", "day")


def test_caps_discounts_and_rounding(plan: Plan) -> None:
    assert [(cap.of, cap.amount, cap.every) for cap in plan.terms.caps] == [
        (("*",), 500, "month"),
        (("input_tokens", "output_*"), 50, "day"),
    ]
    discounts = [(d.percent, d.over, d.every, d.applies) for d in plan.terms.discounts]
    assert discounts == [(10, 10000, "month", "above"), (5, 0, "year", "all")]
    assert plan.terms.round_lines == 4


def test_a_plan_without_terms_has_none(tmp_path: Path) -> None:
    assert read(tmp_path, "")[0].terms == Terms()


def test_a_subscription_needs_no_rates(tmp_path: Path) -> None:
    head = "plan: api\ncurrency: USD\n"
    plan, problems = read(tmp_path, "fees: [{name: base, price: 20}]\n", head)
    assert (plan.rates, problems) == ((), [])
    assert codes(read(tmp_path, "", head)[1]) == ["key-missing"]


@pytest.mark.parametrize(
    ("every", "rolls", "spans"),
    [("month", "3 months", 3), ("quarter", "6 months", 2), ("year", "12 months", 1)],
)
def test_rolling_on_is_counted_in_spans(tmp_path: Path, every: str, rolls: str, spans: int) -> None:
    keys = f"name: b, price: 1, every: {every}, includes: {{input_tokens: 1}}"
    plan, problems = read(tmp_path, f"fees: [{{{keys}, unused: {{rolls: {rolls}}}}}]\n")
    assert (plan.terms.fees[0].allowance.rolls, problems) == (spans, [])


INCLUDED = "name: base, price: 1, includes: {input_tokens: 1M}"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("fees: [{name: base}]", ["key-missing"]),
        ("fees: [{name: base, price: -1}]", ["price-negative"]),
        ("fees: [{name: base, price: 20 per 1}]", ["value-invalid"]),
        ("fees: [{name: base, price: 1, every: request}]", ["value-invalid"]),
        ("fees: [{name: base, price: 1, per: seats}]", ["fee-level"]),
        ("fees: [{name: base, price: 1, unused: lapse}]", ["key-alone"]),
        ("fees: [{name: base, price: 1, includes: {}}]", ["value-missing"]),
        ("fees: [{name: base, price: 1, includes: {pages: 10}}]", ["meter-unpriced"]),
        ("fees: [{name: base, price: 1, includes: {output_token: 10}}]", ["meter-mistyped"]),
        (f"fees: [{{{INCLUDED}, unused: keep}}]", ["value-invalid"]),
        (f"fees: [{{{INCLUDED}, unused: {{at_most: 2M}}}}]", ["key-missing"]),
        (f"fees: [{{{INCLUDED}, every: year, unused: {{rolls: 6 months}}}}]", ["rolls-span"]),
        (f"fees: [{{{INCLUDED}, every: term, unused: {{rolls: 6 months}}}}]", ["rolls-span"]),
        ("fees: [{name: a, price: 1}, {name: a, price: 2}]", ["fee-twice"]),
        ("fees: [{name: a, price: 1, until: 2026-01}, {name: a, price: 2, from: 2026-01}]", []),
        ("fees: [{name: a, price: 1, from: 2026-01, until: 2026-01}]", ["dates-order"]),
        ("commitment: {every: year}", ["key-missing"]),
        ("commitment: {amount: -1}", ["price-negative"]),
        ("commitment: {amount: 1, overage: -1}", ["factor-negative"]),
        ("commitment: {amount: 1, shortfall: waive}", ["value-invalid"]),
        ("commitment: {amount: 1, from: 2026-02-01, until: 2026-01-01}", ["dates-order"]),
        ("minimum: {amount: 1, prorate: month}", ["value-invalid"]),
        ("minimum: 10000", ["value-invalid"]),
        ("caps: {amount: 1}", ["value-invalid"]),
        ("caps: [{amount: 1, of: [images]}]", ["meter-unpriced"]),
        ('caps: [{amount: 1, of: ["images*"]}]', []),
        ("discounts: [{percent: 101}]", ["percent-range"]),
        ("discounts: [{percent: 100}]", []),
        ("discounts: [{percent: 10, over: -1}]", ["price-negative"]),
        ("discounts: [{percent: 10, applies: once}]", ["value-invalid"]),
        ("credits: {unit: credit}", ["key-alone"]),
        ("credits: {worth: 0.01}", ["key-alone"]),
        ("credits: {unit: credit, worth: 0}", ["quantity-zero"]),
        ("credits: {unit: credit, worth: -1}", ["price-negative"]),
    ],
)
def test_mistakes(tmp_path: Path, lines: str, found: list[str]) -> None:
    assert codes(read(tmp_path, lines + "\n")[1]) == found
