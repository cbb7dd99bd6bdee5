"""Lots that several share, and pooled cost: whose usage draws them, and what it costs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.lots import ACME, TWO, at, draw, draws, left, lot, removal, taken, use, waiting
from tokenbooks.credits.drawing import Use

LAB = ("lab", "")
BOTH = {"team": frozenset({ACME, LAB})}


def test_a_use_of_each_shares_a_pooled_lot_by_list_value() -> None:
    # 30 and 60 want 45: a half each
    uses = [use(5, "30"), use(5, "60", account=LAB)]
    drawing = draw(uses, [lot("a", "45", pool="team")], members=BOTH)
    assert draws(drawing) == [(5, "a", "15")]
    assert draws(drawing, LAB) == [(5, "a", "30")]
    assert waiting(drawing) == [(5, "15")]
    assert waiting(drawing, LAB) == [(5, "30")]


@pytest.mark.parametrize("swapped", [False, True])
def test_the_order_of_the_accounts_does_not_matter(swapped: bool) -> None:
    uses = [use(5, "10", account=LAB), use(5, "20")]
    # 30 want 10: a third of each
    drawing = draw(uses[::-1] if swapped else uses, [lot("a", "10", pool="team")], members=BOTH)
    assert draws(drawing) == [(5, "a", "20/3")]
    assert draws(drawing, LAB) == [(5, "a", "10/3")]


def test_credits_outside_the_pool_are_their_owners_alone() -> None:
    lots = [lot("own", "10", last=9), lot("shared", "10", pool="team")]
    drawing = draw([use(5, "5", account=LAB), use(6, "12")], lots, members=BOTH)
    # the lab draws the shared lot, though another ends first
    assert draws(drawing, LAB) == [(5, "shared", "5")]
    assert draws(drawing) == [(6, "own", "10"), (6, "shared", "2")]


def test_who_is_in_no_pool_draws_no_pooled_credits() -> None:
    alone = ("alone", "")
    uses = [use(5, "5", account=alone), use(5, "5", account=LAB)]
    drawing = draw(uses, [lot("a", "10", pool="team")], members=BOTH)
    assert waiting(drawing, alone) == [(5, "5")]
    assert draws(drawing, LAB) == [(5, "a", "5")]


def test_the_owner_draws_its_pooled_credits_without_usage_of_others() -> None:
    drawing = draw([use(5, "5")], [lot("a", "10", pool="team")])
    assert draws(drawing) == [(5, "a", "5")]


def test_a_pooled_lot_settles_the_oldest_usage_of_all() -> None:
    uses = [use(3, "4", account=LAB), use(2, "4"), use(4, "4")]
    drawing = draw(uses, [lot("a", "6", starts=5, pool="team")], members=BOTH)
    assert draws(drawing) == [(2, "a", "4")]
    assert draws(drawing, LAB) == [(3, "a", "2")]
    assert waiting(drawing, LAB) == [(3, "2")]
    assert waiting(drawing) == [(4, "4")]


def test_what_waits_from_one_instant_is_settled_by_list_value() -> None:
    """Two use at one instant what comes later: no one is first because of a name."""
    uses = [use(2, "20"), use(2, "40", account=LAB)]
    drawing = draw(uses, [lot("a", "30", starts=5, pool="team")], members=BOTH)
    assert draws(drawing) == [(2, "a", "10")]
    assert draws(drawing, LAB) == [(2, "a", "20")]


def test_an_account_takes_back_its_own_draws_only() -> None:
    uses = [use(2, "5"), use(3, "5", account=LAB), use(4, "-7")]
    drawing = draw(uses, [lot("a", "20", pool="team")], members=BOTH)
    assert draws(drawing) == [(2, "a", "5"), (4, "a", "-5")]
    assert draws(drawing, LAB) == [(3, "a", "5")]
    # 2 more were taken back than it had used: owed to it
    assert [str(item.quantity) for item in drawing.accounts[ACME].owed] == ["-2"]


def test_what_is_not_covered_of_one_class_waits_in_its_class() -> None:
    uses = [use(5, "30"), use(5, "10", TWO, account=LAB)]
    drawing = draw(uses, [lot("a", "20", pool="team")], members=BOTH)
    assert [item.parts for item in drawing.accounts[LAB].uncovered] == [{TWO: 5}]


AVERAGE = [lot("a", "100", cost="100.00"), lot("b", "100", starts=10, cost="90.00")]


def cost_of_use(uses: list[Use], lots: list[object]) -> dict[str, Decimal]:
    drawing = draw(uses, lots, "average")
    return {
        name: made.cost_between(made.used_before, drawing.given[name], 2)
        for name, made in drawing.lots.items()
    }


def test_pooled_cost_is_the_average_of_what_is_left() -> None:
    # case C028: 190.00 / 200 x 120 = 114.00
    assert cost_of_use([use(15, "120")], AVERAGE) == {"a": Decimal("0.00"), "b": Decimal("114.00")}
    # 50 at 1.00 before; then (50.00 + 90.00) / 150 x 75 = 70.00
    before = [use(5, "50"), use(15, "75")]
    assert cost_of_use(before, AVERAGE) == {"a": Decimal("50.00"), "b": Decimal("70.00")}


def test_the_older_lot_is_empty_once_its_cost_is_pooled() -> None:
    drawing = draw([use(5, "50"), use(15, "75")], AVERAGE, "average")
    assert taken(drawing) == [("a", "pooled", "50", "50.00")]
    assert left(drawing) == {"a": "0", "b": "75"}
    assert (drawing.lots["b"].moved, drawing.lots["b"].moved_cost) == (50, Decimal("50.00"))


def test_cost_is_pooled_account_by_account_where_credits_are_shared() -> None:
    lots = [
        lot("a", "100", cost="100.00", pool="team"),
        lot("b", "100", starts=10, cost="90.00", pool="team", account=LAB),
    ]
    drawing = draw([use(15, "120", account=LAB)], lots, "average", members=BOTH)
    assert draws(drawing, LAB) == [(15, "a", "100"), (15, "b", "20")]
    assert drawing.taken == []


def test_three_lots_at_average_cost() -> None:
    # (100 + 90) / 200 = 0.95; after 120: 80 at 76.00; with 20 at 24.00: 100 at 100.00
    lots = [*AVERAGE, lot("c", "20", starts=20, cost="24.00")]
    drawing = draw([use(15, "120"), use(21, "10")], lots, "average")
    assert (drawing.lots["c"].quantity, drawing.lots["c"].cost) == (100, Decimal("100.00"))
    assert draws(drawing) == [(15, "b", "120"), (21, "c", "10")]


def test_two_lots_of_one_instant_are_pooled_into_the_later_name() -> None:
    lots = [lot("a", "10", cost="10.00"), lot("b", "10", cost="30.00")]
    drawing = draw([use(2, "5")], lots, "average")
    assert draws(drawing) == [(2, "b", "5")]
    assert drawing.lots["b"].cost == Decimal("40.00")


def test_credits_set_apart_are_not_pooled() -> None:
    refunded = lot("a", "100", cost="100.00", removals=[removal("refund", 20, "30")])
    drawing = draw([use(5, "50")], [refunded, AVERAGE[1]], "average")
    assert taken(drawing) == [("a", "refund", "30", "30.00"), ("a", "pooled", "20", "20.00")]


def test_what_is_taken_back_joins_the_next_average() -> None:
    lots = [*AVERAGE, lot("c", "20", starts=20, cost="24.00")]
    drawing = draw([use(5, "50"), use(12, "-10"), use(21, "1")], lots, "average")
    # b had taken in 50 at 50.00; 10 came back to a; c takes in 10 of a and 150 of b
    assert left(drawing) == {"a": "0", "b": "0", "c": "179"}
    assert drawing.lots["c"].cost == Decimal("24.00") + 10 + 140


def test_a_void_finds_what_was_not_pooled() -> None:
    voided = lot("a", "100", cost="100.00", removals=[removal("void", 12)])
    drawing = draw([use(5, "50")], [voided, AVERAGE[1]], "average")
    assert taken(drawing) == [("a", "pooled", "50", "50.00"), ("a", "void", "0", "0.00")]
    assert at(12) == drawing.taken[1].at
