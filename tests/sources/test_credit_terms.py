"""Credits, overage and reload of a plan, as written and as read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.small_book import codes
from tests.sources.test_plan_terms import read
from tokenbooks.conditions import Conditions
from tokenbooks.problems import NOWHERE
from tokenbooks.rating.credit_terms import (
    BILL,
    BonusTerms,
    CreditTerms,
    Length,
    RecurringGrant,
    ReloadTerms,
    RolloverTerms,
)
from tokenbooks.reports.plan_terms import terms_table

FULL = """\
credits:
  expires: 90 days
  rollover: {share: 50, min: 10, max: 500, at_most: 1000, expires: 1 month, again: true}
  bonus: [{percent: 5}, {from: 1000, percent: 10, expires: 3 months}]
  recurring:
    - name: included
      credits: 100
      every: 1 month
      anchor: 2025-01-31
      from: 2025-02
      until: 2026-01-01
      kind: paid
      priority: 1
      scope: {model: "small*", batch: True}
      expires: 2 months
      rollover: {max: 20}
      prorate: day
    - {name: weekly, credits: 5, every: 7 days}
overage: bill
reload: {at: 10, trigger: below, add: 50, packs: true, at_most: 200, within: 3}
"""


def terms(folder: Path, lines: str) -> CreditTerms:
    plan, problems = read(folder, lines)
    assert [str(problem) for problem in problems] == []
    return plan.credit_terms


def test_every_key(tmp_path: Path) -> None:
    found = terms(tmp_path, FULL)
    assert (found.expires, found.overage) == (Length(days=90), BILL)
    assert found.rollover
    assert replace(found.rollover, position=NOWHERE) == RolloverTerms(
        share=Decimal(50),
        minimum=Decimal(10),
        maximum=Decimal(500),
        at_most=Decimal(1000),
        expires=Length(months=1),
        again=True,
    )
    assert [replace(bonus, position=NOWHERE) for bonus in found.bonus] == [
        BonusTerms(Decimal(0), Decimal(5)),
        BonusTerms(Decimal(1000), Decimal(10), Length(months=3)),
    ]
    included, weekly = found.recurring
    assert included == RecurringGrant(
        name="included",
        credits=Decimal(100),
        every=Length(months=1),
        anchor=date(2025, 1, 31),
        starts=date(2025, 2, 1),
        until=date(2026, 1, 1),
        kind="paid",
        priority=1,
        scope=Conditions.of({"model": ("small*",), "batch": ("true",)}),
        expires=Length(months=2),
        rollover=RolloverTerms(maximum=Decimal(20), position=included.rollover.position)
        if included.rollover
        else None,
        prorate="day",
        position=included.position,
    )
    assert replace(weekly, position=NOWHERE) == RecurringGrant("weekly", Decimal(5), Length(days=7))
    assert found.reload
    assert replace(found.reload, position=NOWHERE) == ReloadTerms(
        at=Decimal(10), add=Decimal(50), below=True, packs=True, at_most=Decimal(200), within=3
    )


def test_a_reload_up_to_a_balance(tmp_path: Path) -> None:
    found = terms(tmp_path, "reload: {at: 10, up_to: 100, at_least: 20}\n").reload
    assert found
    assert replace(found, position=NOWHERE) == ReloadTerms(
        at=Decimal(10), up_to=Decimal(100), at_least=Decimal(20)
    )


def test_a_plan_that_says_nothing(tmp_path: Path) -> None:
    assert terms(tmp_path, "") == CreditTerms()


def test_credits_are_taken_at_their_worth(tmp_path: Path) -> None:
    """A credit is worth 0.02: 1000 credits are 20.00 of list value."""
    text = FULL.replace("credits:\n", "credits:\n  unit: credit\n  worth: 0.02\n", 1)
    found = terms(tmp_path, text)
    assert found.rollover
    assert found.reload
    assert (found.rollover.minimum, found.rollover.at_most) == (Decimal("0.2"), Decimal(20))
    assert [bonus.from_credits for bonus in found.bonus] == [0, Decimal(20)]
    assert [grant.credits for grant in found.recurring] == [Decimal(2), Decimal("0.1")]
    assert (found.reload.at, found.reload.add) == (Decimal("0.2"), Decimal(1))


GRANT = "name: a, credits: 5, every: 1 month"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("credits: {rollover: {}}", ["value-missing"]),
        ("credits: {rollover: {share: 100}}", []),
        ("credits: {rollover: {share: 100.5}}", ["percent-range"]),
        ("credits: {rollover: {share: -1}}", ["price-negative"]),
        ("credits: {rollover: {min: 5, max: 5, at_most: 5}}", []),
        ("credits: {rollover: {min: 5, max: 4}}", ["bounds-order"]),
        ("credits: {rollover: {min: 5, at_most: 4}}", ["bounds-order"]),
        ("credits: {rollover: {expires: 1 week}}", ["value-invalid"]),
        ("credits: {rollover: {again: sometimes}}", ["value-invalid"]),
        ("credits: {rollover: {keep: 5}}", ["unknown-key"]),
        ("credits: {bonus: [{from: 5}]}", ["key-missing"]),
        ("credits: {bonus: []}", ["value-missing"]),
        ("credits: {bonus: [{from: 5, percent: 200}]}", []),
        ("credits: {bonus: [{from: 5, percent: 1}, {from: 5, percent: 2}]}", ["bonus-order"]),
        ("credits: {bonus: [{from: 5, percent: 1}, {percent: 2}]}", ["bonus-order"]),
        (f"credits: {{recurring: [{{{GRANT}}}]}}", []),
        ("credits: {recurring: [{name: a, credits: 5}]}", ["key-missing"]),
        ("credits: {recurring: [{name: a b, credits: 5, every: 1 month}]}", ["value-invalid"]),
        ("credits: {recurring: [{name: a, credits: 0, every: 1 month}]}", ["quantity-zero"]),
        ("credits: {recurring: [{name: a, credits: -1, every: 1 month}]}", ["price-negative"]),
        ("credits: {recurring: [{name: a, credits: 5, every: 0 months}]}", ["value-invalid"]),
        ("credits: {recurring: [{name: a, credits: 5, every: month}]}", ["value-invalid"]),
        (f"credits: {{recurring: [{{{GRANT}}}, {{{GRANT}}}]}}", ["recurring-twice"]),
        (f"credits: {{recurring: [{{{GRANT}, from: 2026-02, until: 2026-02}}]}}", ["dates-order"]),
        (
            f"credits: {{recurring: [{{{GRANT}, anchor: 2026-02-02, from: 2026-02}}]}}",
            ["dates-order"],
        ),
        (f"credits: {{recurring: [{{{GRANT}, anchor: 2026-02-02}}]}}", []),
        (f"credits: {{recurring: [{{{GRANT}, anchor: 2026-02}}]}}", ["value-invalid"]),
        (f"credits: {{recurring: [{{{GRANT}, kind: commitment}}]}}", ["value-invalid"]),
        (f"credits: {{recurring: [{{{GRANT}, priority: 1.5}}]}}", ["value-invalid"]),
        (f"credits: {{recurring: [{{{GRANT}, prorate: hour}}]}}", ["value-invalid"]),
        (f"credits: {{recurring: [{{{GRANT}, scope: {{}}}}]}}", ["value-missing"]),
        (f"credits: {{recurring: [{{{GRANT}, scope: {{modle: a}}}}]}}", ["dimension-mistyped"]),
        (f"credits: {{recurring: [{{{GRANT}, rollover: {{share: 101}}}}]}}", ["percent-range"]),
        ("overage: topup", ["value-invalid"]),
        ("overage: top_up", []),
        ("reload: {add: 50}", ["key-missing"]),
        ("reload: {at: 10}", ["reload-amount"]),
        ("reload: {at: 10, add: 50, up_to: 60}", ["reload-amount"]),
        ("reload: {at: 10, up_to: 10}", ["reload-amount"]),
        ("reload: {at: 10, add: 0}", ["quantity-zero"]),
        ("reload: {at: 0, add: 5}", []),
        ("reload: {at: 10, add: 50, at_most: 49}", ["bounds-order"]),
        ("reload: {at: 10, up_to: 50, at_least: 20, at_most: 19}", ["bounds-order"]),
        ("reload: {at: 10, up_to: 50, packs: true}", ["key-alone"]),
        ("reload: {at: 10, add: 50, at_least: 5}", ["key-alone"]),
        ("reload: {at: 10, add: 50, within: -1}", ["value-invalid"]),
        ("reload: {at: 10, add: 50, trigger: above}", ["value-invalid"]),
    ],
)
def test_mistakes(tmp_path: Path, lines: str, found: list[str]) -> None:
    assert codes(read(tmp_path, lines + "\n")[1]) == found


def test_the_terms_in_words(tmp_path: Path) -> None:
    text = FULL.replace("credits:\n", "credits:\n  unit: credit\n  worth: 0.02\n", 1)
    plan, _ = read(tmp_path, text)
    said = [(row[0], row[1], row[2]) for row in terms_table(plan).rows]
    assert said == [
        ("credit", "credit", "worth 0.02 USD"),
        ("credits", None, "expire after 90 days"),
        (
            "rollover",
            None,
            (
                "50% of what is left rolls over, at least 10 credits, at most 500 credits, all"
                " together at most 1000 credits, for 1 month, again and again"
            ),
        ),
        ("bonus", None, "5% on top of a purchase"),
        ("bonus", None, "10% on top of a purchase of 1000 credits or more, for 3 months"),
        (
            "recurring",
            "included",
            (
                "100 credits (paid) every 1 month, counted from 2025-01-31, for batch: true, model:"
                " small*, priority 1, usable for 2 months, prorated by the day; 100% of what is"
                " left rolls over, at most 20 credits, for as long as before, once"
            ),
        ),
        ("recurring", "weekly", "5 credits (promo) every 7 days, usable until the next come"),
        ("overage", None, "usage beyond the credits is invoiced"),
        (
            "reload",
            None,
            (
                "below 10 credits it adds 50 credits, as many times as it takes, at most 200"
                " credits a month; receipts within 3 days"
            ),
        ),
    ]


def test_other_words(tmp_path: Path) -> None:
    plan, _ = read(tmp_path, "overage: stop\nreload: {at: 1, up_to: 9, at_least: 5}\n")
    assert [row[2] for row in terms_table(plan).rows] == [
        "usage stops where the credits end; more should not have happened",
        "at or below 1 it fills up to 9, at least 5; receipts within 1 day",
    ]
