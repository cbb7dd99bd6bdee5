"""A displayed balance tied to our lots: which cause explains which difference."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tokenbooks.amounts import finite_decimal, round_half_up
from tokenbooks.reconcile.displayed.balance_causes import (
    EXPIRED,
    FREE,
    MISSING,
    NOT_RECORDED,
    NOT_SHOWN,
    OVERDRAFT,
    ROUNDING,
    TIMING,
    TO_COME,
    UNEXPLAINED,
    Candidate,
    possible_causes,
)
from tokenbooks.reconcile.displayed.balance_facts import AccountDay, LotLeft, LotMove
from tokenbooks.reconcile.displayed.balances import BalanceTie, places_shown, tie_balance

TODAY = date(2025, 11, 30)


def left(lot: str, quantity: str, *, free: bool = False, begins: int = -20) -> LotLeft:
    starts = datetime(2025, 12, 1) + timedelta(days=begins)
    return LotLeft(lot, Fraction(quantity), free, starts)


def move(lot: str, day: str, quantity: str) -> LotMove:
    return LotMove(lot, date.fromisoformat(day), Fraction(quantity))


#: At the end of 30 November 500 is left: 380 bought and 120 free, after 40 of usage. The
#: purchase of 200 on the 29th is in it; 300 come on 2 December. On the 28th 17 expired,
#: and 75 begin on 1 January. The rule of automatic purchases buys 50.
ACCOUNT = AccountDay(
    day=TODAY,
    balance=Fraction(500),
    balance_before=Fraction(540),
    used=Fraction(40),
    used_after=Fraction(60),
    lots=(
        left("paid", "180"),
        left("nov-29", "200", begins=-2),
        left("trial", "100", free=True),
        left("outage", "20", free=True),
        left("january", "75", begins=31),
        left("gone", "0", free=True),
    ),
    purchases=(
        move("nov-20", "2025-11-20", "180"),
        move("nov-29", "2025-11-29", "200"),
        move("dec-02", "2025-12-02", "300"),
        move("dec-04", "2025-12-04", "555"),
    ),
    expired=(move("old", "2025-11-28", "17"), move("older", "2025-11-20", "23")),
    reloads=(Fraction(50),),
)


def told(tie: BalanceTie) -> list[tuple[str, str]]:
    return [(cause.name, str(cause.amount)) for cause in tie.causes]


@pytest.mark.parametrize(
    ("displayed", "causes"),
    [
        ("500", []),
        ("500.00", []),
        ("500.01", [(TIMING, "1/100")]),
        # credits that nobody paid for
        ("380", [(FREE, "-120")]),
        ("400", [(FREE, "-100")]),
        ("480", [(FREE, "-20")]),
        # usage that is counted later, or earlier
        ("540", [(TIMING, "40")]),
        ("440", [(TIMING, "-60")]),
        ("512.34", [(TIMING, "617/50")]),
        ("487.66", [(TIMING, "-617/50")]),
        # purchases of up to three days before or after
        ("300", [(NOT_SHOWN, "-200")]),
        ("800", [(NOT_RECORDED, "300")]),
        ("1055", [(UNEXPLAINED, "555")]),  # four days after
        ("320", [(FREE, "-120"), (TIMING, "-60")]),  # the purchase of the 20th is too old
        ("550", [(MISSING, "50")]),
        # what expired three days ago; ten are too many, but usage can explain that
        ("517", [(EXPIRED, "17")]),
        ("523", [(TIMING, "23")]),
        ("575", [(TO_COME, "75")]),
        # two together, where no part of a day's usage is as much
        ("397", [(FREE, "-120"), (EXPIRED, "17")]),
        ("375", [(NOT_SHOWN, "-200"), (TO_COME, "75")]),
        ("875", [(NOT_RECORDED, "300"), (TO_COME, "75")]),
        ("567", [(MISSING, "50"), (EXPIRED, "17")]),
        ("312", [(NOT_SHOWN, "-200"), (TIMING, "12")]),
        # three together are not looked for: 300 + 75 + 17
        ("892", [(UNEXPLAINED, "392")]),
        ("2000", [(UNEXPLAINED, "1500")]),
        ("-500", [(UNEXPLAINED, "-1000")]),
    ],
)
def test_what_explains_a_displayed_balance(displayed: str, causes: list[tuple[str, str]]) -> None:
    assert told(tie_balance(Decimal(displayed), ACCOUNT, 2)) == causes


@pytest.mark.parametrize(
    ("ours", "displayed", "places", "causes"),
    [
        # shown to the cent: rounded, or cut off
        ("12.345678", "12.35", 2, [(ROUNDING, "2161/500000")]),
        ("12.345678", "12.34", 2, [(ROUNDING, "-2839/500000")]),
        ("12.345678", "12.36", 2, [(UNEXPLAINED, "7161/500000")]),
        ("12.345678", "12", 0, [(ROUNDING, "-172839/500000")]),
        ("12.345678", "12", 2, [(UNEXPLAINED, "-172839/500000")]),
        # what is overdrawn is shown as nothing
        ("-3.5", "0", 2, [(OVERDRAFT, "7/2")]),
        ("-3.5", "0.00", 2, [(OVERDRAFT, "7/2")]),
        ("-0.004", "0", 2, [(ROUNDING, "1/250")]),
        ("12.34", "12.35", 2, [(UNEXPLAINED, "1/100")]),  # a whole cent is not rounding
        ("-3.5", "-3.5", 2, []),
        ("3.5", "0", 2, [(UNEXPLAINED, "-7/2")]),
    ],
)
def test_rounding_and_overdraft(
    ours: str, displayed: str, places: int, causes: list[tuple[str, str]]
) -> None:
    account = AccountDay(TODAY, Fraction(ours), Fraction(ours))
    assert told(tie_balance(Decimal(displayed), account, places)) == causes


def test_a_cause_and_the_rounding_of_what_is_shown() -> None:
    account = replace(ACCOUNT, balance=Fraction("500.004"), balance_before=Fraction("540.004"))
    tie = tie_balance(Decimal("380.00"), account, 2)
    assert told(tie) == [(FREE, "-120"), (ROUNDING, "-1/250")]


def test_the_balance_of_the_day_before() -> None:
    # 500 was 340 before a purchase of 200, with 40 of usage
    bought = move("nov-30", "2025-11-30", "200")
    account = replace(ACCOUNT, balance_before=Fraction(340), purchases=(bought,))
    assert told(tie_balance(Decimal(340), account, 2)) == [(TIMING, "-160")]


@pytest.mark.parametrize(
    ("days", "shown_late", "shown_early", "expired"),
    [
        (-4, UNEXPLAINED, UNEXPLAINED, UNEXPLAINED),
        (-3, NOT_SHOWN, UNEXPLAINED, EXPIRED),
        (0, NOT_SHOWN, UNEXPLAINED, EXPIRED),
        (1, UNEXPLAINED, NOT_RECORDED, UNEXPLAINED),
        (3, UNEXPLAINED, NOT_RECORDED, UNEXPLAINED),
        (4, UNEXPLAINED, UNEXPLAINED, UNEXPLAINED),
    ],
)
def test_which_days_are_near(days: int, shown_late: str, shown_early: str, expired: str) -> None:
    near = (LotMove("near", TODAY + timedelta(days=days), Fraction(90)),)
    account = AccountDay(TODAY, Fraction(500), Fraction(500))
    bought, ended = replace(account, purchases=near), replace(account, expired=near)
    ties = [
        tie_balance(Decimal(410), bought, 2),
        tie_balance(Decimal(590), bought, 2),
        tie_balance(Decimal(590), ended, 2),
    ]
    assert [tie.causes[0].name for tie in ties] == [shown_late, shown_early, expired]


def test_the_nearest_of_two_equal_purchases() -> None:
    purchases = (move("before", "2025-11-27", "90"), move("today", "2025-11-30", "90"))
    account = replace(ACCOUNT, purchases=purchases)
    (cause,) = tie_balance(Decimal(410), account, 2).causes
    assert cause.words == "the purchase today of 2025-11-30, 90, is not in it yet"


def test_words_name_the_lots() -> None:
    words = [cause.words for cause in tie_balance(Decimal(397), ACCOUNT, 2).causes]
    assert words == [
        "free credits of 120 (trial, outage) are not in it",
        "what expired, 17 (old), is still in it",
    ]


@pytest.mark.parametrize(
    ("balances", "at_least", "places"),
    [
        (["12.30", "12"], 2, 2),
        (["12.345", "12"], 2, 3),
        (["12", "7"], 2, 2),  # zeros may have been dropped
        (["12", "7"], 0, 0),
        ([], 2, 2),
        (["1E+2"], 0, 0),
    ],
)
def test_places_that_are_shown(balances: list[str], at_least: int, places: int) -> None:
    assert places_shown(map(Decimal, balances), at_least) == places


# -- one cause, injected ------------------------------------------------------------

AMOUNTS = st.integers(1, 10**7).map(lambda cents: Fraction(cents, 100))
NEAR_DAYS = st.integers(-3, 3).map(lambda days: TODAY + timedelta(days=days))
PAST_DAYS = st.integers(-3, 0).map(lambda days: TODAY + timedelta(days=days))


@st.composite
def accounts(draw: st.DrawFn) -> AccountDay:
    """An account on a day with something of everything."""

    def lots(prefix: str, free: bool, begins: int, most: int) -> list[LotLeft]:
        quantities = draw(st.lists(AMOUNTS, max_size=most))
        return [
            left(f"{prefix}-{n}", str(q), free=free, begins=begins)
            for n, q in enumerate(quantities)
        ]

    def moves(prefix: str, days: st.SearchStrategy[date]) -> tuple[LotMove, ...]:
        found = draw(st.lists(st.tuples(days, AMOUNTS), max_size=3))
        return tuple(LotMove(f"{prefix}-{n}", day, q) for n, (day, q) in enumerate(found))

    held = [*lots("paid", False, -9, 2), *lots("free", True, -9, 3)]
    balance = sum((lot.left for lot in held), Fraction(0))
    return AccountDay(
        TODAY,
        balance,
        balance + draw(AMOUNTS),
        draw(AMOUNTS),
        draw(AMOUNTS),
        (*held, *lots("soon", False, 5, 3)),
        moves("bought", NEAR_DAYS),
        moves("expired", PAST_DAYS),
        tuple(draw(st.lists(AMOUNTS, max_size=2))),
    )


@given(accounts(), st.data())
def test_the_cause_that_is_injected_is_found(account: AccountDay, data: st.DataObject) -> None:
    possible = possible_causes(account)
    injected = data.draw(st.sampled_from(possible))
    assume(_alone(injected, possible))
    tie = tie_balance(_displayed(account.balance + injected.cause.amount), account, 2)
    assert tie.causes == (injected.cause,)


@given(accounts(), st.data())
def test_two_causes_that_are_injected_are_found(account: AccountDay, data: st.DataObject) -> None:
    possible = possible_causes(account)
    one, other = (data.draw(st.sampled_from(possible)) for _ in range(2))
    assume(not one.rests_on & other.rests_on)
    amount = one.cause.amount + other.cause.amount
    tie = tie_balance(_displayed(account.balance + amount), account, 2)
    # the same two, or something simpler or earlier of the same amount
    assert not tie.unexplained
    assert len(tie.causes) <= 2


@given(accounts(), st.data())
def test_a_part_of_a_days_usage_is_found(account: AccountDay, data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([account.used, -account.used_after]))
    part = whole * data.draw(st.fractions(Fraction(1, 100), Fraction(99, 100), max_denominator=100))
    assume(abs(part) >= Fraction(1, 100))
    assume(all(candidate.cause.amount != part for candidate in possible_causes(account)))
    displayed = _displayed(account.balance + part)
    assume(
        all(
            abs(candidate.cause.amount - (Fraction(displayed) - account.balance))
            >= Fraction(1, 100)
            for candidate in possible_causes(account)
        )
    )
    tie = tie_balance(displayed, account, 2)
    assert [cause.name for cause in tie.causes] == [TIMING]


@given(accounts(), st.decimals(-(10**6), 10**6, places=2), st.integers(0, 4))
def test_causes_always_sum_to_the_difference(
    account: AccountDay, displayed: Decimal, places: int
) -> None:
    tie = tie_balance(displayed, account, places)
    assert sum((cause.amount for cause in tie.causes), Fraction(0)) == tie.difference
    assert tie.difference == Fraction(displayed) - account.balance
    assert len({cause.name for cause in tie.causes} & {UNEXPLAINED, ROUNDING}) <= 1
    assert all(cause.amount and cause.words for cause in tie.causes)


def _alone(injected: Candidate, possible: list[Candidate]) -> bool:
    """Whether no other cause has its amount."""
    amounts = [candidate.cause.amount for candidate in possible]
    return amounts.count(injected.cause.amount) == 1


def _displayed(balance: Fraction) -> Decimal:
    exact = finite_decimal(balance)
    return round_half_up(balance, 2) if exact is None else exact
