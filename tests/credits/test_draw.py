"""Lots and draws: orders, expiry, settlement, and what is conserved."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lots import ACME, ONE, TWO, at, draw, draws, left, lot, use, waiting
from tokenbooks.credits.drawing import Drawn, Use
from tokenbooks.credits.lots import Lot
from tokenbooks.credits.order import draw_order


def test_a_use_is_shared_by_the_lots_that_cover_it() -> None:
    drawing = draw([use(2, "10"), use(3, "30")], [lot("a", "15", last=20), lot("b", "100")])
    assert draws(drawing) == [(2, "a", "10"), (3, "a", "5"), (3, "b", "25")]
    assert drawing.given == {"a": 15, "b": 25}


@pytest.mark.parametrize(
    ("order", "drawn_first"),
    [
        ("expiry", "early"),  # expires first
        ("fifo", "old"),  # began first
        ("provider", "a"),  # lowest priority number, then the id
    ],
)
def test_named_orders(order: str, drawn_first: str) -> None:
    lots = [
        lot("old", "9", starts=1, last=25),
        lot("early", "9", starts=2, last=10),
        lot("a", "9", starts=3, last=28),
    ]
    assert draws(draw([use(5, "1")], lots, order)) == [(5, drawn_first, "1")]


def test_priority_comes_before_expiry_and_none_is_last() -> None:
    lots = [lot("soon", "9", last=6), lot("chosen", "9", last=28, priority=1)]
    assert draws(draw([use(5, "1")], lots)) == [(5, "chosen", "1")]


@pytest.mark.parametrize(
    ("policy", "keys"),
    [
        ("", ("priority", "expiry", "free_first", "start", "id")),
        ("true", ("priority", "free_first", "expiry", "start", "id")),
        ("false", ("priority", "expiry", "start", "id")),
    ],
)
def test_policy_free_first(policy: str, keys: tuple[str, ...]) -> None:
    assert draw_order("expiry", policy) == keys


def test_a_lot_is_usable_the_whole_of_its_last_day_and_not_after() -> None:
    drawing = draw([use(10, "4"), use(11, "4")], [lot("a", "100", last=10)])
    assert draws(drawing) == [(10, "a", "4")]
    assert waiting(drawing) == [(11, "4")]


@pytest.mark.parametrize(
    ("used", "drawn"),
    [
        (10, 10.5),  # waits for it
        (10.5, 10.5),
        (12, 12),
        (12.5, None),
    ],
)
def test_a_lot_with_instants_is_usable_from_its_first_up_to_its_last(
    used: float, drawn: float | None
) -> None:
    """From noon of the 10th up to noon of the 12th, which is no longer in it."""
    drawing = draw([use(used, "4")], [lot("a", "100", starts=10.5, ends=12.5)])
    found = [item.drawn_at for item in drawing.accounts[ACME].draws]
    assert found == ([] if drawn is None else [at(drawn)])


def test_the_next_lot_settles_what_was_uncovered_first() -> None:
    drawing = draw([use(2, "10"), use(6, "5")], [lot("a", "4", last=9), lot("b", "8", starts=5)])
    # day 2: a gives 4, 6 wait; day 5: b settles the 6; day 6: b has 2 left, 3 wait
    assert draws(drawing) == [(2, "a", "4"), (2, "b", "6"), (6, "b", "2")]
    assert waiting(drawing) == [(6, "3")]
    assert drawing.accounts[ACME].draws[1].drawn_at == at(5)


def test_of_two_lots_that_begin_together_the_first_in_order_settles() -> None:
    drawing = draw([use(2, "10")], [lot("a", "8", starts=5), lot("b", "8", starts=5, last=9)])
    assert draws(drawing) == [(2, "b", "8"), (2, "a", "2")]


def test_usage_that_an_invoice_bills_is_not_settled_by_a_later_lot() -> None:
    """The invoice of the 4th bills the 2nd; the lot of the 3rd still pays for it."""
    uses = [use(2, "10")]

    def invoice(account: tuple[str, str], day: date) -> date | None:
        return date(2025, 11, 4) if day == date(2025, 11, 2) else None

    late = draw(uses, [lot("b", "8", starts=5)], billed_on=invoice)
    assert (draws(late), waiting(late)) == ([], [(2, "10")])
    early = draw(uses, [lot("b", "8", starts=3)], billed_on=invoice)
    assert (draws(early), waiting(early)) == ([(2, "b", "8")], [(2, "2")])


def test_usage_that_is_billed_is_covered_by_lots_of_its_own_day() -> None:
    """Overage that is invoiced (``overage: bill``): every day is billed on itself."""
    lots = [lot("a", "6"), lot("b", "8", starts=5)]
    drawing = draw([use(2, "10"), use(5, "3")], lots, billed_on=lambda account, day: day)
    assert draws(drawing) == [(2, "a", "6"), (5, "b", "3")]
    assert waiting(drawing) == [(2, "4")]


def test_parts_are_shared_by_list_value() -> None:
    mixed = Use(ACME, at(2), Fraction(9), {ONE: Fraction(6), TWO: Fraction(3)})
    drawn = draw([mixed], [lot("a", "3", last=5), lot("b", "9")]).accounts[ACME]
    assert drawn.draws[0].parts == {ONE: 2, TWO: 1}
    assert drawn.draws[1].parts == {ONE: 4, TWO: 2}


def test_a_negative_use_takes_back_the_last_draws_first() -> None:
    uses = [use(2, "5"), use(3, "5"), use(4, "-7")]
    drawing = draw(uses, [lot("a", "6", last=20), lot("b", "9")])
    # a gave 5 + 1, b 4; 7 come back: 4 of b, then 1 of a (day 3), then 2 of a (day 2)
    assert drawing.given == {"a": 3, "b": 0}
    assert sum(d.quantity for d in drawing.accounts[ACME].draws) == 3


def test_what_is_taken_back_can_be_drawn_again() -> None:
    uses = [use(2, "6"), use(3, "-4"), use(4, "5")]
    drawing = draw(uses, [lot("a", "6", last=20)])
    assert draws(drawing) == [(2, "a", "6"), (3, "a", "-4"), (4, "a", "4")]
    assert waiting(drawing) == [(4, "1")]


def test_what_is_taken_back_of_a_lot_that_has_ended_is_left_there() -> None:
    """It was not used after all, so it expired; the loss is that much more (DESIGN 7)."""
    uses = [use(2, "6"), use(8, "-4"), use(9, "5")]
    drawing = draw(uses, [lot("a", "10", last=7)])
    assert draws(drawing) == [(2, "a", "6"), (8, "a", "-4")]
    assert left(drawing) == {"a": "8"}
    assert waiting(drawing) == [(9, "5")]


def test_a_late_row_before_an_expiry_draws_what_had_expired() -> None:
    """Case C101: 400 were left at the end, 25 of them had been used the day before."""
    known = [use(2, "100")]
    lots = [lot("a", "500", last=7)]
    assert left(draw(known, lots)) == {"a": "400"}
    assert left(draw([*known, use(6, "25")], lots)) == {"a": "375"}


def test_a_lot_that_starts_after_the_end_settles_nothing_yet() -> None:
    """At the end of October nothing of November is known: no lot, no use, no draw."""
    lots = [lot("a", "4"), lot("b", "9", starts=11)]
    drawing = draw([use(2, "10"), use(11, "1")], lots, until=11)
    assert draws(drawing) == [(2, "a", "4")]
    assert waiting(drawing) == [(2, "6")]
    assert left(drawing) == {"a": "0", "b": "9"}


LOTS = st.lists(
    st.builds(
        lambda n, quantity, starts, length: lot(
            f"lot{n}", str(quantity), starts=starts, last=starts + length
        ),
        st.integers(0, 10**6),
        st.integers(1, 50),
        st.integers(1, 25),
        st.integers(0, 10),
    ),
    max_size=6,
    unique_by=lambda item: item.id,
)
USES = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 40)), max_size=12).map(
    lambda pairs: [use(day, str(value)) for day, value in sorted(dict(pairs).items())]
)


@given(USES, LOTS)
def test_credits_are_conserved_and_no_lot_gives_outside_its_life(
    uses: list[Use], lots: list[Lot]
) -> None:
    drawing = draw(uses, lots)
    drawn = drawing.accounts.get(ACME, Drawn())
    used = sum((u.quantity for u in uses), Fraction(0))
    given_total = sum((d.quantity for d in drawn.draws), Fraction(0))
    assert used == given_total + sum((u.quantity for u in drawn.uncovered), Fraction(0))
    by_id = {item.id: item for item in lots}
    for each in drawn.draws:
        source = by_id[each.lot]
        assert source.starts <= each.drawn_at
        assert source.ends is None or each.drawn_at < source.ends
        assert sum(each.parts.values()) == each.quantity
    for item in lots:
        own = sum((d.quantity for d in drawn.draws if d.lot == item.id), Fraction(0))
        assert 0 <= own == drawing.given[item.id] <= item.quantity


@given(st.integers(1, 10**6), st.lists(st.integers(1, 10**5), min_size=1, max_size=9))
def test_a_lot_ends_at_exactly_zero(cents: int, parts: list[int]) -> None:
    whole = sum(parts)
    item = lot("a", str(whole), cost=str(Decimal(cents) / 100))
    drawn, posted = Fraction(0), Decimal(0)
    for part in parts:
        before = item.cost_of(drawn, 2)
        drawn += part
        posted += item.cost_of(drawn, 2) - before
    assert posted == item.cost
