"""What must hold of every drawing: nothing is lost, nothing is drawn that is not there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from tests.lots import (
    ACME,
    ANYTHING,
    GPT,
    ONE,
    TWO,
    day_before,
    draw,
    left,
    lot,
    removal,
    use,
)
from tokenbooks.credits.drawing import Drawing, Use
from tokenbooks.credits.lots import Account, Lot
from tokenbooks.rating.credit_terms import Length, RolloverTerms

LAB: Account = ("lab", "")
TEAM = {"team": frozenset({ACME, LAB})}
#: What is drawn by the end of November is looked at; nothing later is known.
END = 31.0

# -- books that people could have --------------------------------------------------

DAYS = st.integers(1, 28)
MOMENTS = st.builds(lambda day, hours: day + hours / 24, DAYS, st.sampled_from([0, 6, 12, 18]))
CREDITS = st.integers(1, 60)
CENTS = st.integers(0, 5000).map(lambda cents: Decimal(cents) / 100)
ROLLOVERS = st.builds(
    RolloverTerms,
    share=st.sampled_from([Decimal(100), Decimal(33)]),
    minimum=st.sampled_from([Decimal(0), Decimal(7)]),
    maximum=st.sampled_from([None, Decimal(20)]),
    at_most=st.sampled_from([None, Decimal(25)]),
    expires=st.just(Length(days=4)),
    again=st.booleans(),
)


@st.composite
def lots_of(draw_: st.DrawFn, *, shared: bool) -> list[Lot]:
    """Some lots: with an end or without, refunded, voided, extended, rolling, at any cost."""
    made = []
    for number in range(draw_(st.integers(0, 5))):
        starts = draw_(MOMENTS)
        life = draw_(st.sampled_from([None, 1, 3.25, 10]))
        quantity = draw_(CREDITS)
        item = lot(
            f"lot{draw_(st.integers(0, 99)):02}{number}",
            str(quantity),
            starts=starts,
            ends=None if life is None else starts + life,
            cost=draw_(CENTS),
            priority=draw_(st.sampled_from([None, 1])),
            account=draw_(st.sampled_from([ACME, LAB])) if shared else ACME,
            scope=draw_(st.sampled_from([ANYTHING, GPT])) if shared else ANYTHING,
            pool=draw_(st.sampled_from(["", "team"])) if shared else "",
            rollover=draw_(st.none() | ROLLOVERS) if life else None,
        )
        made.append(_changed(draw_, item, starts, quantity))
    return made


def _changed(draw_: st.DrawFn, item: Lot, starts: float, quantity: int) -> Lot:
    """What becomes of a lot later: part of it goes, the rest goes, it lives longer."""
    gone = draw_(st.lists(st.integers(1, quantity), max_size=2))
    removals = [
        removal("refund", starts + 2, str(size))
        for number, size in enumerate(gone)
        if sum(gone[: number + 1]) <= quantity
    ]
    if draw_(st.booleans()):
        removals.append(removal("void", draw_(st.integers(1, 30))))
    if item.ends is not None and draw_(st.booleans()):
        told = item.ends + timedelta(days=draw_(st.sampled_from([2, -1])))
        dead = (item.ends, told) if told > item.ends else None
        ends = item.ends + timedelta(days=3)
        item = replace(
            item,
            gap=dead,
            extended=((told, item.ends),),
            ends=ends,
            last_day=day_before(ends),
        )
    return replace(item, removals=tuple(removals))


@st.composite
def uses_of(draw_: st.DrawFn, *, shared: bool, negative: bool = True) -> list[Use]:
    """Some usage, at instants that may fall together, some of it taken back."""
    low = -30 if negative else 1
    rows = st.tuples(MOMENTS, st.integers(low, 50), st.sampled_from([ONE, TWO]))
    made = {}
    for moment, value, part in draw_(st.lists(rows, max_size=10)):
        account = draw_(st.sampled_from([ACME, LAB])) if shared else ACME
        scopes = [GPT] if shared and part == TWO else []
        if value:
            found = use(moment, str(value), part, account=account, scopes=scopes)
            made[moment, account, part] = found
    return list(made.values())


class Case(NamedTuple):
    """Usage and lots, of one account or of several that share some."""

    uses: list[Use]
    lots: list[Lot]


def cases(*, negative: bool = True) -> st.SearchStrategy[Case]:
    return st.booleans().flatmap(
        lambda shared: st.builds(
            Case, uses_of(shared=shared, negative=negative), lots_of(shared=shared)
        )
    )


ORDERS = st.sampled_from(["expiry", "fifo", "provider", "average", "scope, expiry"])


def drawn(case: Case, order: str = "expiry", until: float = END) -> Drawing:
    return draw(case.uses, case.lots, order, until=until, members=TEAM)


# -- what is conserved -------------------------------------------------------------


@given(cases(), ORDERS)
def test_what_came_is_what_went_and_what_is_left(case: Case, order: str) -> None:
    """In credits and to the cent of the cost, for every lot, rolled and pooled ones too."""
    drawing = drawn(case, order)
    for name, item in drawing.lots.items():
        takings = [each for each in drawing.taken if each.lot == name]
        gone = sum((each.quantity for each in takings), Fraction(0))
        given_ = drawing.given[name]
        assert given_ + gone + drawing.left(name) == item.quantity
        used_cost = item.cost_of(given_, 2)
        left_cost = item.cost_between(given_, drawing.tops[name], 2)
        assert used_cost + sum(each.cost for each in takings) + left_cost == item.cost


@given(cases(), ORDERS)
def test_what_leaves_one_lot_for_another_arrives_there(case: Case, order: str) -> None:
    drawing = drawn(case, order)
    for name, item in drawing.lots.items():
        arrived = [each for each in drawing.taken if each.into == name]
        assert sum((each.quantity for each in arrived), Fraction(0)) == item.moved
        assert sum((each.cost for each in arrived), Decimal(0)) == item.moved_cost


@given(cases(), ORDERS)
def test_all_usage_is_given_or_owed(case: Case, order: str) -> None:
    drawing = drawn(case, order)
    for account, found in drawing.accounts.items():
        for part in (ONE, TWO):
            used = [u.parts.get(part, Fraction(0)) for u in case.uses if u.account == account]
            covered = [d.parts.get(part, Fraction(0)) for d in (*found.draws, *found.owed)]
            assert sum(used, Fraction(0)) == sum(covered, Fraction(0))


@given(cases(negative=False), ORDERS)
def test_no_lot_gives_what_it_has_not(case: Case, order: str) -> None:
    """Not before its start, from its end on or in its gap, nor what is set apart."""
    drawing = drawn(case, order)
    for account, found in drawing.accounts.items():
        for each in found.draws:
            item = drawing.lots[each.lot]
            assert item.is_usable_at(each.drawn_at)
            assert each.used_at <= each.drawn_at
            assert account == item.account or item.pool
            assert not item.scope or TWO in each.parts  # usage of the second part satisfies it
    for name, item in drawing.lots.items():
        assert 0 <= drawing.given[name] <= drawing.tops[name] <= item.usable


@given(cases())
def test_nothing_waits_while_a_lot_could_give(case: Case) -> None:
    """What is left uncovered found no lot of its own with credits left while it was used."""
    drawing = drawn(case)
    if any(u.quantity < 0 for u in case.uses):
        return  # what is taken back frees credits that no one has asked for since
    for found in drawing.accounts.values():
        for each in found.uncovered:
            for name, item in drawing.lots.items():
                may = each.account == item.account or item.pool
                may = may and (not item.scope or item.scope in each.scopes)
                if may and item.is_usable_at(each.used_at) and not item.removals:
                    assert not drawing.left(name) or any(
                        one.lot == name for one in drawing.taken
                    ), name


# -- what does not matter ----------------------------------------------------------


def outcome(drawing: Drawing) -> tuple[object, ...]:
    """A drawing without the order of equal things."""
    by_account = {
        account: (
            sorted((d.lot, d.used_at, d.drawn_at, sorted(d.parts.items())) for d in found.draws),
            sorted((u.used_at, sorted(u.parts.items())) for u in found.owed),
        )
        for account, found in drawing.accounts.items()
    }
    return by_account, drawing.given, drawing.tops, drawing.lots, drawing.short


@given(cases(), ORDERS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(case: Case, order: str, random: Random) -> None:
    uses, lots = list(case.uses), list(case.lots)
    random.shuffle(uses)
    random.shuffle(lots)
    assert outcome(drawn(Case(uses, lots), order)) == outcome(drawn(case, order))


@given(cases(), ORDERS, st.integers(1, 30))
def test_what_is_drawn_up_to_a_day_stays_as_it_is(case: Case, order: str, day: int) -> None:
    """A later close adds draws, and never changes one that a close has made."""
    early, later = drawn(case, order, until=day), drawn(case, order)
    for account, found in early.accounts.items():
        assert later.accounts[account].draws[: len(found.draws)] == found.draws
    assert set(early.lots) <= set(later.lots)


@given(cases(negative=False), MOMENTS, st.sampled_from([ONE, TWO]), CREDITS, ORDERS)
def test_usage_taken_back_at_once_leaves_no_trace(
    case: Case, moment: float, part: object, value: int, order: str
) -> None:
    """One second later, with nothing between: all lots are as if it had never been."""
    scopes = [GPT] if part == TWO else []
    extra = use(moment + 1 / 24, str(value), part, scopes=scopes)
    back = replace(extra.rest(-extra.quantity), used_at=extra.used_at + timedelta(seconds=1))
    without = drawn(case, order)
    drawing = drawn(Case([*case.uses, extra, back], case.lots), order)
    assert left(drawing) == left(without)
    assert drawing.given == without.given
    owed = sum((u.quantity for found in drawing.accounts.values() for u in found.owed), Fraction(0))
    before = [u.quantity for found in without.accounts.values() for u in found.owed]
    assert owed == sum(before, Fraction(0))


@given(cases(), st.integers(2, 1000))
def test_another_unit_of_credits_gives_the_same_money(case: Case, factor: int) -> None:
    """Twice as many credits at half the worth: the cost of every draw is the same."""
    plain = [replace(item, rollover=None) for item in case.lots]
    larger = [
        replace(
            item,
            quantity=item.quantity * factor,
            removals=tuple(
                replace(r, quantity=r.quantity and r.quantity * factor) for r in item.removals
            ),
        )
        for item in plain
    ]
    uses = [
        Use(u.account, u.used_at, u.quantity * factor, scaled(u, factor), u.scopes)
        for u in case.uses
    ]
    one, other = drawn(Case(case.uses, plain)), drawn(Case(uses, larger))
    assert [each.cost for each in one.taken] == [each.cost for each in other.taken]
    assert {n: q * factor for n, q in one.given.items()} == other.given


def scaled(use_: Use, factor: int) -> dict[object, Fraction]:
    return {part: value * factor for part, value in use_.parts.items()}


# -- large -------------------------------------------------------------------------


def test_a_hundred_thousand_lots_in_any_order() -> None:
    """100,000 lots of 1 credit, a hundred a day; 20 a day are used, first in first out."""
    days, a_day = 1000, 100
    first, plain = datetime(2023, 1, 1), lot("x", "1")
    lots = [
        replace(plain, id=f"{number:06}", starts=first + timedelta(days=number // a_day))
        for number in range(days * a_day)
    ]
    uses = [
        replace(use(1, "20"), used_at=first + timedelta(days=day, hours=8)) for day in range(days)
    ]
    shuffler = Random(1)
    shuffler.shuffle(lots)
    shuffler.shuffle(uses)
    drawing = draw(uses, lots, "fifo")
    used = {name for name, quantity in drawing.given.items() if quantity == 1}
    assert used == {f"{number:06}" for number in range(days * 20)}
    assert sum(drawing.given.values()) == days * 20
    assert drawing.accounts[ACME].uncovered == []
