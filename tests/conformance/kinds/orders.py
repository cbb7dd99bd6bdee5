"""Which lots are drawn first, by the keys of an order: the published rules of peers."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.conformance.engine import close_book
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.lot_books import FIRST_DAY, lot_name, order_listed, ordered_story, use
from tokenbooks.periods import add_months

LOT_KEYS = "id balance priority expires free cost_basis products effective created cursor"


def check_credit_order(case: Case, folder: Path) -> None:
    """Each month uses up what one lot holds: it must be the next of the order."""
    order, lots = case["plan"]["order"], case["plan"]["lots"]
    names = {lot["id"]: lot_name(number, lot, order) for number, lot in enumerate(lots)}
    held = {lot["id"]: Decimal(lot["balance"]) for lot in lots}
    story = ordered_story(order, lots)
    expected = case["expected"]["order"]
    story.uses = [use(add_months(FIRST_DAY, n), held[lot]) for n, lot in enumerate(expected)]
    closed = close_book(folder, story)
    drawn = [row["lot"] for row in closed.lots if Decimal(row["used"])]
    assert drawn == [names[lot] for lot in expected]


def credit_order_listed(case: Case) -> str:
    """Orders that contracts do not have; a lot that holds nothing has no place in one."""
    lots = case["plan"]["lots"]
    if any(not Decimal(lot["balance"]) for lot in lots):
        return "an empty lot is never drawn"
    return order_listed(case["plan"]["order"], lots)


def check_credit_allocation(case: Case, folder: Path) -> None:
    """One draw over several lots: what each has left, and what none covered."""
    order, lots = case["plan"]["order"], case["plan"]["lots"]
    story = ordered_story(order, lots)
    story.uses = [use(FIRST_DAY, case["usage"]["draw"])]
    closed = close_book(folder, story)
    found = {lot["id"]: closed.left(lot_name(n, lot, order)) for n, lot in enumerate(lots)}
    expected = case["expected"]
    assert found == {lot: Decimal(left) for lot, left in expected["remaining"].items()}
    if "uncovered" in expected:
        assert closed.uncovered() == Decimal(expected["uncovered"])


def credit_allocation_listed(case: Case) -> str:
    """Orders that contracts do not have."""
    if Decimal(case["usage"]["draw"]) < 0:
        return "a draw below zero takes back usage, of which the case tells nothing"
    return order_listed(case["plan"]["order"], case["plan"]["lots"])
