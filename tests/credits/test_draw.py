"""Lots and draws: orders, expiry, settlement, and what is conserved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.credits.draw import Drawn, draw_lots
from tokenbooks.credits.lots import Lot
from tokenbooks.credits.order import NAMED_ORDERS, draw_order
from tokenbooks.documents import CreditEvent
from tokenbooks.rating.charges import Part, Step

ONE = Part("allocation", 0)
TWO = Part("allocation", 1)
FIRST = date(2025, 11, 1)


def at(day: int) -> datetime:
    return datetime(2025, 11, 1) + timedelta(days=day - 1)


def lot(
    name: str,
    quantity: str,
    *,
    starts: int = 1,
    last: int | None = None,
    cost: str | None = None,
    priority: int | None = None,
) -> Lot:
    """A lot usable from one day of November to another, both included."""
    event = CreditEvent(FIRST, "openai", "purchase", Decimal(quantity), lot=name)
    return Lot(
        id=name,
        contract="openai",
        party="",
        kind="paid",
        quantity=Fraction(quantity),
        cost=Decimal(quantity if cost is None else cost),
        acquired=at(starts).date(),
        starts=at(starts),
        ends=at(last + 1) if last else None,
        last_day=at(last).date() if last else None,
        priority=priority,
        parent=None,
        event=event,
    )


def step(day: int, value: str, part: Part = ONE) -> Step:
    return Step(at(day), {part: Fraction(value)})


def draws(drawn: Drawn) -> list[tuple[int, str, str]]:
    """Draws as (day of use, lot, quantity)."""
    return [(d.used_at.day, d.lot, str(d.quantity)) for d in drawn.draws]


def draw(steps: Sequence[Step], lots: Sequence[Lot], order: str = "expiry") -> Drawn:
    return draw_lots(steps, lots, lambda _: NAMED_ORDERS[order])


def test_a_step_is_shared_by_the_lots_that_cover_it() -> None:
    drawn = draw([step(2, "10"), step(3, "30")], [lot("a", "15", last=20), lot("b", "100")])
    assert draws(drawn) == [(2, "a", "10"), (3, "a", "5"), (3, "b", "25")]
    assert drawn.given == {"a": 15, "b": 25}


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
    assert draws(draw([step(5, "1")], lots, order)) == [(5, drawn_first, "1")]


def test_priority_comes_before_expiry_and_none_is_last() -> None:
    lots = [lot("soon", "9", last=6), lot("chosen", "9", last=28, priority=1)]
    assert draws(draw([step(5, "1")], lots)) == [(5, "chosen", "1")]


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
    drawn = draw([step(10, "4"), step(11, "4")], [lot("a", "100", last=10)])
    assert draws(drawn) == [(10, "a", "4")]
    assert [(item.used_at.day, item.quantity) for item in drawn.uncovered] == [(11, 4)]


def test_the_next_lot_settles_what_was_uncovered_first() -> None:
    drawn = draw([step(2, "10"), step(6, "5")], [lot("a", "4", last=9), lot("b", "8", starts=5)])
    # day 2: a gives 4, 6 wait; day 5: b settles the 6; day 6: b has 2 left, 3 wait
    assert draws(drawn) == [(2, "a", "4"), (2, "b", "6"), (6, "b", "2")]
    assert [(item.used_at.day, item.quantity) for item in drawn.uncovered] == [(6, 3)]
    assert drawn.draws[1].drawn_at == at(5)


def test_usage_that_an_invoice_bills_is_not_settled_by_a_later_lot() -> None:
    billed = {at(2).date(): date(2025, 11, 4)}
    drawn = draw_lots(
        [step(2, "10")], [lot("b", "8", starts=5)], lambda _: NAMED_ORDERS["expiry"], billed.get
    )
    assert draws(drawn) == []
    assert [item.quantity for item in drawn.uncovered] == [10]


def test_parts_are_shared_by_list_value() -> None:
    mixed = Step(at(2), {ONE: Fraction(6), TWO: Fraction(3)})
    drawn = draw([mixed], [lot("a", "3", last=5), lot("b", "9")])
    assert drawn.draws[0].parts == {ONE: 2, TWO: 1}
    assert drawn.draws[1].parts == {ONE: 4, TWO: 2}


def test_a_negative_step_takes_back_the_last_draws_first() -> None:
    steps = [step(2, "5"), step(3, "5"), step(4, "-7")]
    drawn = draw(steps, [lot("a", "6", last=20), lot("b", "9")])
    # a gave 5 + 1, b 4; 7 come back: 4 of b, then 1 of a (day 3), then 2 of a (day 2)
    assert drawn.given == {"a": 3, "b": 0}
    assert sum(d.quantity for d in drawn.draws) == 3


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
STEPS = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 40)), max_size=12).map(
    lambda pairs: [step(day, str(value)) for day, value in sorted(dict(pairs).items())]
)


@given(STEPS, LOTS)
def test_credits_are_conserved_and_no_lot_gives_outside_its_life(
    steps: list[Step], lots: list[Lot]
) -> None:
    drawn = draw(steps, lots)
    used = sum((s.value for s in steps), Fraction(0))
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
        assert 0 <= own == drawn.given[item.id] <= item.quantity


@given(STEPS, LOTS, st.randoms())
def test_the_order_of_the_lots_rows_does_not_matter(
    steps: list[Step], lots: list[Lot], random: object
) -> None:
    shuffled = list(lots)
    random.shuffle(shuffled)
    assert draws(draw(steps, lots)) == draws(draw(steps, shuffled))


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
