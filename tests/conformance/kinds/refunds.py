"""Money that comes back for credits: never more than was paid for them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from tests.conformance.engine import close_book, refused
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.lot_books import FIRST_DAY, lot_row
from tests.conformance.shapes import CASH
from tests.conformance.story import Story

_DAY, _CENT = timedelta(days=1), Decimal("0.01")


def check_refund_cap(case: Case, folder: Path) -> None:
    """What is expected comes back; where less was asked for, a cent more is refused."""
    usage, credit = case["usage"], Decimal(case["expected"]["credit"])
    before, asked = Decimal(usage["already_credited"]), Decimal(usage["credit"])
    closed = close_book(folder / "kept", _story(usage["paid"], before, credit))
    assert closed.balances().get(CASH, Decimal(0)) + Decimal(usage["paid"]) == before + credit
    if asked > credit:
        for number, above in enumerate((asked, credit + _CENT)):
            story = _story(usage["paid"], before, above)
            assert refused(folder / f"above-{number}", story) == ["refund-above-paid"]


def refund_cap_listed(case: Case) -> str:
    """Refunds that a book does not have to begin with."""
    usage = case["usage"]
    if not Decimal(usage["paid"]):
        return "nothing was paid, so that there is no purchase"
    if Decimal(usage["already_credited"]) > Decimal(usage["paid"]):
        return "more came back already than was paid"
    return "a refund below zero is refused" if Decimal(usage["credit"]) < 0 else ""


def _story(paid: str, *refunds: Decimal) -> Story:
    """A purchase of many credits and its refunds, each of one credit and some money."""
    row = lot_row("purchase", "lot", "1000", paid=paid)
    story = Story(credits=[row])
    for number, money in enumerate(refunds, 1):
        if money:
            day = FIRST_DAY + number * _DAY
            story.credits.append(lot_row("refund", "lot", "1", day, paid=money))
    return story
