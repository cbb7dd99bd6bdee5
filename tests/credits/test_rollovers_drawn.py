"""Rollover by rule as lots end: what lives on, what it costs, and who draws it when."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.lots import ACME, ANYTHING, GPT, at, draw, draws, left, lot, removal, taken, use, waiting
from tokenbooks.credits.drawing import Drawing
from tokenbooks.rating.credit_terms import Length, RolloverTerms

WEEK = Length(days=7)
RULE = RolloverTerms(expires=WEEK)
#: Of the first ten days.
CHILD = "a-rollover-2025-11-11"
GRANDCHILD = f"{CHILD}-rollover-2025-11-18"


def child(drawing: Drawing, name: str = CHILD) -> tuple[str, str, str]:
    """A rolled lot: its credits, those of them that had a cost, and the cost."""
    made = drawing.lots[name]
    return str(made.quantity), str(made.moved), str(made.cost)


@pytest.mark.parametrize(
    ("rule", "rolled"),
    [
        # 100 credits at 50.00, 40 used, 60 left at 30.00
        ({}, ("60", "60", "30.00")),
        ({"share": "50"}, ("30", "30", "15.00")),
        ({"maximum": "45"}, ("45", "45", "22.50")),
        ({"share": "1", "minimum": "10"}, ("10", "10", "5.00")),
        # 60 keep their cost, 30 more cost nothing
        ({"minimum": "90"}, ("90", "60", "30.00")),
        ({"minimum": "90", "maximum": "70"}, ("70", "60", "30.00")),
        ({"at_most": "25"}, ("25", "25", "12.50")),
    ],
)
def test_what_rolls_keeps_its_cost(rule: dict[str, str], rolled: tuple[str, str, str]) -> None:
    terms = replace(RULE, **{name: Decimal(value) for name, value in rule.items()})
    drawing = draw([use(2, "40")], [lot("a", "100", last=10, cost="50.00", rollover=terms)])
    assert child(drawing) == rolled
    # the rest of a is left at its end, and expires
    assert drawing.left("a") == 60 - Fraction(rolled[1])
    made = drawing.lots[CHILD]
    assert (made.starts, made.ends) == (at(11), at(18))
    assert (made.parent, made.kind, made.event.event) == ("a", "paid", "rollover")


@pytest.mark.parametrize("share", ["0", "100"])
def test_where_nothing_rolls_there_is_no_lot(share: str) -> None:
    """Nothing by the rule, or nothing that is left."""
    used = "100" if share == "100" else "40"
    terms = replace(RULE, share=Decimal(share))
    drawing = draw([use(2, used)], [lot("a", "100", last=10, rollover=terms)])
    assert set(drawing.lots) == {"a"}
    assert drawing.taken == []


def test_rolled_credits_are_drawn_and_do_not_roll_again() -> None:
    lots = [lot("a", "100", last=10, rollover=RULE)]
    drawing = draw([use(2, "40"), use(11, "25"), use(18, "5")], lots)
    assert draws(drawing) == [(2, "a", "40"), (11, CHILD, "25")]
    assert waiting(drawing) == [(18, "5")]
    assert left(drawing) == {"a": "0", CHILD: "35"}


def test_a_chain_of_two_where_rolled_credits_roll_again() -> None:
    lots = [lot("a", "100", last=10, cost="33.33", rollover=replace(RULE, again=True))]
    drawing = draw([use(2, "40"), use(11, "25"), use(18, "5")], lots, until=25)
    assert draws(drawing) == [(2, "a", "40"), (11, CHILD, "25"), (18, GRANDCHILD, "5")]
    # 33.33 - 40 % = 13.33, so 20.00 roll; 25 of 60 cost 8.33, so 11.67 roll again
    assert taken(drawing)[:2] == [
        ("a", "rollover", "60", "20.00"),
        (CHILD, "rollover", "35", "11.67"),
    ]
    assert drawing.lots[GRANDCHILD].parent == CHILD


def test_rolled_credits_settle_what_waits_as_other_lots_do() -> None:
    """5 credits of a minimum pay for the overdraft of the 9th on the 11th."""
    terms = replace(RULE, minimum=Decimal(5))
    drawing = draw([use(9, "103")], [lot("a", "100", last=10, rollover=terms)])
    assert draws(drawing) == [(9, "a", "100"), (9, CHILD, "3")]
    assert child(drawing) == ("5", "0", "0.00")
    assert drawing.accounts[ACME].draws[1].drawn_at == at(11)


def test_usage_of_the_last_day_comes_before_the_roll() -> None:
    drawing = draw([use(10.9, "40")], [lot("a", "100", last=10, rollover=RULE)])
    assert child(drawing)[0] == "60"


def test_a_lot_that_ends_as_the_period_does_rolls_in_this_close() -> None:
    lots = [lot("a", "100", last=10, rollover=RULE)]
    drawing = draw([use(2, "40")], lots, until=11)
    assert taken(drawing) == [("a", "rollover", "60", "60.00")]
    assert left(drawing) == {"a": "0", CHILD: "60"}
    assert left(draw([use(2, "40")], lots, until=10)) == {"a": "60"}


def test_a_cap_counts_what_rolled_before_and_is_still_there() -> None:
    # a: 100 - 20 = 80 roll on the 11th; 30 of them used on the 12th; b ends on the 14th: 120 - 50
    terms = replace(RULE, at_most=Decimal(120))
    lots = [
        lot("a", "100", last=10, rollover=terms),
        lot("b", "90", last=14, starts=11, rollover=terms),
    ]
    drawing = draw([use(2, "20"), use(12, "30")], lots, "priority, start, id")
    assert left(drawing)[CHILD] == "50"
    assert child(drawing, "b-rollover-2025-11-15")[0] == "70"
    assert drawing.left("b") == 20


def test_reserved_credits_do_not_roll() -> None:
    lots = [lot("a", "100", last=10, rollover=RULE, removals=[removal("refund", 9, "30")])]
    drawing = draw([use(2, "40")], lots)
    assert taken(drawing) == [("a", "refund", "30", "30.00"), ("a", "rollover", "30", "30.00")]


def test_what_is_voided_on_the_last_day_does_not_roll() -> None:
    lots = [lot("a", "100", last=10, rollover=RULE, removals=[removal("void", 11)])]
    assert taken(draw([use(2, "40")], lots)) == [("a", "void", "60", "60.00")]


def test_a_lot_that_was_dead_in_between_rolls_at_its_new_end_only() -> None:
    lots = [lot("a", "100", last=17, gap=(11, 14), rollover=RULE)]
    drawing = draw([use(2, "40")], lots)
    assert [(item.at, item.quantity) for item in drawing.taken] == [(at(18), 60)]


def test_rolled_credits_keep_scope_pool_and_priority() -> None:
    lots = [lot("a", "100", last=10, priority=3, scope=GPT, pool="team", rollover=RULE)]
    made = draw([], lots).lots[CHILD]
    assert (made.priority, made.scope, made.pool) == (3, GPT, "team")
    assert made.scope != ANYTHING


def test_without_a_length_rolled_credits_live_as_long_as_the_lot_before() -> None:
    made = draw([], [lot("a", "100", last=10, rollover=RolloverTerms())]).lots[CHILD]
    assert (made.starts, made.ends) == (at(11), at(21))


def test_usage_taken_back_after_the_roll_is_left_in_the_old_lot() -> None:
    """What was rolled is what was left then; what comes back later expired."""
    lots = [lot("a", "100", last=10, rollover=RULE)]
    drawing = draw([use(2, "40"), use(12, "-15"), use(13, "70")], lots)
    assert left(drawing) == {"a": "15", CHILD: "0"}
    assert waiting(drawing) == [(13, "10")]
