"""Credits that a modification reprices: one price for what is left and what is added."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.credits.lots import Lot
from tokenbooks.credits.repricing import Left, reprice
from tokenbooks.documents import CreditEvent


def lot(name: str, quantity: str, cost: str, parent: str | None = None) -> Lot:
    event = CreditEvent(date(2025, 7, 1), "packs", "purchase", Decimal(0))
    return Lot(
        *(name, "packs", "", "paid", Fraction(quantity), Decimal(cost), event.day),
        *(datetime(2025, 7, 1), None, None, None, parent, event),
        modified="change",
    )


#: Left (credits, price) of old lots, added (credits, price) -> price of successors and added.
TABLE = [
    # 6,000 + 2,550 = 8,550 for 90 credits: 95 each
    ([("60", "6000.00")], ("30", "2550.00"), ["5700.00"], "2850.00"),
    # 6,000 + 2,850 = 8,850: 98.33 each, the cents to the largest rest
    ([("60", "6000.00")], ("30", "2850.00"), ["5900.00"], "2950.00"),
    # two old lots of different prices, and free credits more: 300 for 100 credits
    ([("50", "200.00"), ("30", "100.00")], ("20", "0.00"), ["150.00", "90.00"], "60.00"),
    # nothing is left of the second lot: it has no successor
    ([("50", "200.00"), ("0", "0.00")], ("50", "100.00"), ["150.00"], "150.00"),
]


@pytest.mark.parametrize(("left", "added", "successors", "expected"), TABLE)
def test_what_is_left_and_added_is_shared_by_credits(
    left: list[tuple[str, str]], added: tuple[str, str], successors: list[str], expected: str
) -> None:
    olds = {f"old-{n}": Left(Fraction(q), Decimal(c)) for n, (q, c) in enumerate(left)}
    lots = [lot(f"new-{n}", "1", "0", f"old-{n}") for n in range(len(left))]
    found = reprice([*lots, lot("added", *added)], olds, 2)
    costs = {item.id: str(item.cost) for item in found.lots}
    assert [costs[f"new-{n}"] for n, (q, _) in enumerate(left) if q != "0"] == successors
    assert costs["added"] == expected


quantities = st.integers(0, 500)
cents = st.integers(0, 100_000).map(lambda n: Decimal(n) / 100)


@given(
    olds=st.lists(st.tuples(quantities, cents), min_size=1, max_size=4),
    more=st.tuples(st.integers(1, 500), cents),
)
def test_no_cent_and_no_credit_is_gained_or_lost(
    olds: list[tuple[int, Decimal]], more: tuple[int, Decimal]
) -> None:
    left = {
        f"old-{n}": Left(Fraction(quantity), cost if quantity else Decimal(0))
        for n, (quantity, cost) in enumerate(olds)
    }
    lots = [lot(f"new-{n}", "1", "0", f"old-{n}") for n in range(len(olds))]
    added = lot("added", str(more[0]), str(more[1]))
    found = reprice([*lots, added], left, 2)
    costs = sum((item.cost for item in left.values()), more[1])
    assert sum((item.cost for item in found.lots), Decimal(0)) == costs
    assert sum((item.quantity for item in found.lots), Fraction(0)) == more[0] + sum(
        (item.quantity for item in left.values()), Fraction(0)
    )
    # what moved into each lot, and what it was sold for, is what it costs
    for item in found.lots:
        came = sum((m.cost for m in found.moves if m.into == item.id), Decimal(0))
        went = sum((m.cost for m in found.moves if m.origin == item.id), Decimal(0))
        sold = more[1] if item.id == "added" else Decimal(0)
        assert sold + came - went == item.cost
    # and what left the old ones is what they had
    for name, old in left.items():
        assert sum((m.cost for m in found.moves if m.origin == name), Decimal(0)) == old.cost


@given(quantity=st.integers(1, 500), cost=cents)
def test_a_change_at_the_old_price_changes_no_price(quantity: int, cost: Decimal) -> None:
    """Added at what a credit costs already, each credit goes on costing that: nothing moves."""
    left = {"old": Left(Fraction(quantity), cost)}
    found = reprice([lot("new", "1", "0", "old"), lot("added", str(quantity), str(cost))], left, 2)
    assert {item.id: item.cost for item in found.lots} == {"new": cost, "added": cost}
