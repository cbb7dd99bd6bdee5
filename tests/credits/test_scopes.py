"""Credits that are good for some usage only: which usage draws them, and in which order."""

from __future__ import annotations

import pytest

from tests.lots import (
    ACME,
    GPT,
    GPT_OF_RESEARCH,
    TWO,
    draw,
    draws,
    left,
    lot,
    use,
    waiting,
)

#: By model alone, by model and project, and for anything.
GENERAL = lot("general", "100", last=20)
SCOPED = lot("scoped", "100", last=25, scope=GPT)
NARROW = lot("narrow", "100", last=28, scope=GPT_OF_RESEARCH)


@pytest.mark.parametrize(
    ("scopes", "lots"),
    [
        ([], ["general"]),
        ([GPT], ["scoped", "general"]),
        ([GPT, GPT_OF_RESEARCH], ["narrow", "scoped", "general"]),
    ],
)
def test_the_narrow_scope_first(scopes: list[object], lots: list[str]) -> None:
    order = "priority, scope, expiry, start, id"
    drawing = draw([use(5, "1000", scopes=scopes)], [GENERAL, SCOPED, NARROW], order)
    assert [name for _, name, _ in draws(drawing)] == lots
    assert waiting(drawing) == [(5, str(1000 - 100 * len(lots)))]


def test_without_the_key_scope_what_ends_first_is_drawn_first() -> None:
    """As the provider's order is a fact of its terms, a scope alone changes nothing."""
    drawing = draw([use(5, "150", scopes=[GPT])], [GENERAL, SCOPED])
    assert draws(drawing) == [(5, "general", "100"), (5, "scoped", "50")]


def test_usage_of_a_day_is_told_apart_by_what_it_may_draw() -> None:
    # 60 for gpt-4o draw the scoped lot, 30 of another model the general one
    uses = [use(5, "60", scopes=[GPT]), use(5, "30", TWO)]
    drawing = draw(uses, [lot("general", "100"), lot("scoped", "50", scope=GPT, priority=1)])
    # 50 from the scoped; 10 + 30 from the general
    assert left(drawing) == {"general": "60", "scoped": "0"}
    assert {(d.lot, part) for d in drawing.accounts[ACME].draws for part in d.parts} == {
        ("scoped", uses[0].parts and next(iter(uses[0].parts))),
        ("general", next(iter(uses[0].parts))),
        ("general", TWO),
    }


def test_a_lot_that_both_may_draw_is_shared_by_list_value() -> None:
    uses = [use(5, "60", scopes=[GPT]), use(5, "30", TWO)]
    for in_any_order in (uses, uses[::-1]):
        drawing = draw(in_any_order, [lot("general", "45")])
        assert draws(drawing) == [(5, "general", "30"), (5, "general", "15")]


def test_a_scoped_lot_settles_only_what_it_is_good_for() -> None:
    uses = [use(2, "10", TWO), use(3, "10", scopes=[GPT]), use(4, "10", TWO)]
    drawing = draw(uses, [lot("scoped", "50", starts=6, scope=GPT)])
    assert draws(drawing) == [(3, "scoped", "10")]
    assert waiting(drawing) == [(2, "10"), (4, "10")]


def test_a_general_lot_settles_the_oldest_first_whatever_it_was() -> None:
    uses = [use(2, "10", TWO), use(3, "10", scopes=[GPT])]
    drawing = draw(uses, [lot("general", "15", starts=6)])
    assert draws(drawing) == [(2, "general", "10"), (3, "general", "5")]


def test_what_is_taken_back_returns_to_the_credits_that_paid_for_it() -> None:
    """10 of gpt-4o are credited; that other usage waits changes nothing of it."""
    uses = [use(2, "30", scopes=[GPT]), use(3, "20", TWO), use(4, "-10", scopes=[GPT])]
    drawing = draw(uses, [lot("scoped", "50", scope=GPT)])
    assert left(drawing) == {"scoped": "30"}
    assert waiting(drawing) == [(3, "20")]


def test_what_is_taken_back_beyond_its_own_comes_from_other_usage() -> None:
    uses = [use(2, "30", TWO), use(4, "-10", scopes=[GPT])]
    drawing = draw(uses, [lot("general", "50")])
    assert left(drawing) == {"general": "30"}
