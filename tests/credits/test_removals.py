"""What is taken away from lots: set apart from the start, or all that is left at an instant."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.lots import ACME, at, draw, draws, left, lot, removal, taken, use, waiting


def test_usage_never_takes_what_a_removal_takes_later() -> None:
    # 100 bought, 30 go on the evening of the 9th: usage has 70, on the 5th too
    lots = [lot("a", "100", removals=[removal("refund", 10, "30")]), lot("b", "50", starts=6)]
    drawing = draw([use(5, "80")], lots)
    # 70 of a; 10 wait for b, that begins on the 6th
    assert draws(drawing) == [(5, "a", "70"), (5, "b", "10")]
    assert taken(drawing) == [("a", "refund", "30", "30.00")]
    assert left(drawing) == {"a": "0", "b": "40"}
    assert drawing.short == {"a": at(5)}  # the first time that usage needed them


def test_a_lot_is_not_short_where_usage_left_enough() -> None:
    drawing = draw([use(5, "70")], [lot("a", "100", removals=[removal("refund", 10, "30")])])
    assert draws(drawing) == [(5, "a", "70")]
    assert not drawing.short


def test_a_lot_is_not_short_of_what_is_gone() -> None:
    """After the removal the lot is simply empty."""
    drawing = draw([use(10, "80")], [lot("a", "100", removals=[removal("refund", 10, "30")])])
    assert draws(drawing) == [(10, "a", "70")]
    assert not drawing.short


@pytest.mark.parametrize(
    ("late", "drawn"),
    [
        # 1/3 of 100.00 = 33.33, from the top of the lot: 100.00 - 66.67
        ("0", []),
        ("0.5", [(4, "a", "1/2")]),
        ("5", [(4, "a", "2")]),  # more than there is: the refund keeps its third
    ],
)
def test_late_usage_never_moves_the_cents_of_a_refund(
    late: str, drawn: list[tuple[int, str, str]]
) -> None:
    lots = [lot("a", "3", cost="100.00", removals=[removal("refund", 10, "1")])]
    drawing = draw([use(4, late)] if late != "0" else [], lots)
    assert draws(drawing) == drawn
    assert taken(drawing) == [("a", "refund", "1", "33.33")]


def test_removals_stack_from_the_top_and_their_cents_add_up() -> None:
    three = [removal("refund", day, "1") for day in (10, 11, 12)]
    drawing = draw([], [lot("a", "3", cost="100.00", removals=three)])
    # 100.00 - 66.67, 66.67 - 33.33, 33.33 - 0
    assert [item.cost for item in drawing.taken] == [
        Decimal("33.33"),
        Decimal("33.34"),
        Decimal("33.33"),
    ]
    assert left(drawing) == {"a": "0"}


@pytest.mark.parametrize(
    ("voided", "gone", "waits"),
    [
        (6, "60", []),  # at the end of the 5th: after its usage
        (5.5, "60", []),  # at noon, after the usage of the morning
        (5, "100", [(5, "40")]),  # at the first instant of the 5th: before its usage
    ],
)
def test_a_void_takes_all_that_is_left_at_its_instant(
    voided: float, gone: str, waits: list[tuple[int, str]]
) -> None:
    drawing = draw([use(5, "40")], [lot("a", "100", removals=[removal("void", voided)])])
    assert [str(item.quantity) for item in drawing.taken] == [gone]
    assert waiting(drawing) == waits
    assert left(drawing) == {"a": "0"}


def test_a_void_leaves_what_another_removal_takes() -> None:
    both = [removal("void", 6), removal("refund", 10, "30")]
    drawing = draw([use(5, "40")], [lot("a", "100", removals=both)])
    assert taken(drawing) == [("a", "refund", "30", "30.00"), ("a", "void", "30", "30.00")]


def test_of_two_voids_the_second_finds_nothing() -> None:
    both = [removal("void", 6), removal("void", 8)]
    drawing = draw([use(7, "5")], [lot("a", "100", removals=both)])
    assert taken(drawing) == [("a", "void", "100", "100.00"), ("a", "void", "0", "0.00")]
    assert waiting(drawing) == [(7, "5")]


def test_a_void_of_credits_that_have_not_begun_takes_them_all() -> None:
    drawing = draw([use(11, "5")], [lot("a", "100", starts=10, removals=[removal("void", 6)])])
    assert taken(drawing) == [("a", "void", "100", "100.00")]
    assert draws(drawing) == []


def test_a_void_as_credits_begin_takes_them_before_what_waits() -> None:
    lots = [lot("a", "100", starts=10, removals=[removal("void", 10)])]
    drawing = draw([use(9, "5")], lots)
    assert taken(drawing) == [("a", "void", "100", "100.00")]
    assert waiting(drawing) == [(9, "5")]


def test_a_void_on_the_last_instant_of_a_lot_comes_before_its_end() -> None:
    """What was voided is voided, and nothing of it expires or rolls."""
    drawing = draw([use(5, "40")], [lot("a", "100", last=9, removals=[removal("void", 10)])])
    assert taken(drawing) == [("a", "void", "60", "60.00")]
    assert left(drawing) == {"a": "0"}


def test_a_void_on_the_last_day_of_a_period_counts_in_it() -> None:
    lots = [lot("a", "100", removals=[removal("void", 11)])]
    assert left(draw([use(5, "40")], lots, until=11)) == {"a": "0"}
    assert left(draw([use(5, "40")], lots, until=10)) == {"a": "60"}


def test_what_is_taken_back_after_a_void_is_left_again() -> None:
    """The usage of the 5th was less; the void of the 6th took what was left on the 6th."""
    lots = [lot("a", "100", removals=[removal("void", 6)])]
    drawing = draw([use(5, "40"), use(8, "-10"), use(9, "15")], lots)
    assert taken(drawing) == [("a", "void", "60", "60.00")]
    assert draws(drawing) == [(5, "a", "40"), (8, "a", "-10"), (9, "a", "10")]
    assert waiting(drawing) == [(9, "5")]


@pytest.mark.parametrize(
    ("again", "drawn", "waits"),
    [
        # extended before its end: usable throughout
        (None, [(5, "a", "10"), (12, "a", "20"), (15, "a", "30")], []),
        # extended on the 14th only: dead from the 11th on, then it settles what waits
        (14, [(5, "a", "10"), (12, "a", "20"), (15, "a", "30")], []),
    ],
)
def test_an_extended_lot(
    again: int | None, drawn: list[tuple[int, str, str]], waits: list[tuple[int, str]]
) -> None:
    gap = (11, again) if again else None
    drawing = draw(
        [use(5, "10"), use(12, "20"), use(15, "30")], [lot("a", "100", last=20, gap=gap)]
    )
    assert draws(drawing) == drawn
    assert waiting(drawing) == waits
    settled = [item.drawn_at for item in drawing.accounts[ACME].draws]
    assert settled == [at(5), at(again or 12), at(15)]


def test_another_lot_covers_what_is_used_in_the_gap() -> None:
    lots = [lot("a", "100", last=20, gap=(11, 14)), lot("b", "100")]
    drawing = draw([use(10, "1"), use(11, "2"), use(13, "4"), use(14, "8")], lots)
    assert draws(drawing) == [(10, "a", "1"), (11, "b", "2"), (13, "b", "4"), (14, "a", "8")]


def test_what_is_taken_back_in_the_gap_waits_for_its_end() -> None:
    lots = [lot("a", "10", last=20, gap=(11, 14))]
    drawing = draw([use(5, "10"), use(12, "-4"), use(13, "3")], lots)
    assert draws(drawing) == [(5, "a", "10"), (12, "a", "-4"), (13, "a", "3")]
    assert drawing.accounts[ACME].draws[-1].drawn_at == at(14)


def test_an_extension_changes_the_order_from_its_day_on() -> None:
    """On the 5th a ends on the 9th, before b; from the 7th on it ends on the 28th."""
    lots = [lot("a", "100", last=28, extended=[(7, 10)]), lot("b", "100", last=20)]
    drawing = draw([use(5, "10"), use(6, "10"), use(7, "10"), use(8, "-5")], lots)
    assert draws(drawing) == [(5, "a", "10"), (6, "a", "10"), (7, "b", "10"), (8, "b", "-5")]


def test_a_lot_extended_twice() -> None:
    lots = [lot("a", "100", last=28, extended=[(7, 10), (9, 16)]), lot("b", "100", last=20)]
    drawing = draw([use(day, "1") for day in (6, 7, 8, 9)], lots)
    assert [name for _, name, _ in draws(drawing)] == ["a", "a", "a", "b"]


def test_a_lot_that_was_used_up_when_it_was_extended_stays_so() -> None:
    lots = [lot("a", "10", last=28, extended=[(7, 10)]), lot("b", "100", last=20)]
    drawing = draw([use(5, "10"), use(8, "1"), use(9, "-3"), use(10, "5")], lots)
    # 3 come back: of b 1, then of a 2
    assert draws(drawing)[2:] == [(9, "b", "-1"), (9, "a", "-2"), (10, "b", "5")]
