"""Books of lots: rows of the credits file from the neutral lots of a case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.run import METER
from tests.conformance.story import Story, Use

#: The first day of every book of lots, and the day before it, on which older lots came.
FIRST_DAY = date(2025, 1, 1)
_DAY = timedelta(days=1)

#: What a key of a case's draw order is called in a contract.
ORDER_KEYS = {
    "priority": "priority",
    "expires": "expiry",
    "free_first": "free_first",
    "effective": "start",
    "created": "created",
    "cost_basis": "cost_basis",
    "products": "scope",
    "amount_desc": "amount_desc",
    "cursor": "id",
}
#: Dimensions that a scope may name; the more, the narrower.
_NARROWING = ("service", "project")


def lot_row(event: str, lot: str, credits: Any, day: date = FIRST_DAY, **cells: Any) -> Case:
    """A row of the credits file; cells that are None stay empty."""
    row = {"date": day, "contract": "provider", "event": event, "lot": lot, "credits": credits}
    return row | {name: "" if cell is None else cell for name, cell in cells.items()}


def ordered_story(order: Sequence[str], lots: Sequence[Case]) -> Story:
    """A book with the lots of a case in the order that it names, each called by ``lot_name``.

    The lots are there when the book begins. What a case tells of their times are only
    numbers that sort: they become days before the book, and ends long after it.
    """
    story = Story(start=FIRST_DAY)
    story.contract = {"lot_order": [ORDER_KEYS[key] for key in order]}
    ends = _ranks(lot.get("expires") for lot in lots)
    widths = _ranks(lot.get("products") for lot in lots)
    for number, lot in enumerate(lots):
        empty = not Decimal(lot["balance"])
        row = lot_row(
            "opening",
            lot_name(number, lot, order),
            "1" if empty else lot["balance"],
            _days_before(lot.get("created"), lots, "created"),
            used="1" if empty else None,
            paid=_paid(lot),
            starts=_days_before(lot.get("effective"), lots, "effective"),
            priority=lot.get("priority"),
        )
        if lot.get("expires") is not None:
            row["expires"] = date(2030, 1, 1) + ends[lot["expires"]] * _DAY
        if "products" in order and lot.get("products") is not None:
            row["scope"] = _scope(len(widths) - 1 - widths[lot["products"]])
        story.credits.append(row)
    return story


def lot_name(number: int, lot: Case, order: Sequence[str]) -> str:
    """The id of a lot, which breaks ties: by the case's cursor, else by its place in the case."""
    first = lot.get("cursor", "") if "cursor" in order else ""
    return f"{first}-{number:03}-{lot['id']}".lstrip("-")


def order_listed(order: Iterable[str], lots: Sequence[Case]) -> str:
    """Why lots cannot be put into an order; nothing where they can."""
    unknown = [key for key in order if key not in ORDER_KEYS]
    if unknown:
        return f"no order has the key {unknown[0]}"
    if any(Decimal(lot["balance"]) < 0 for lot in lots):
        return "a lot never holds less than nothing"
    widths = {lot["products"] for lot in lots if lot.get("products") is not None}
    if "products" in order and len(widths) > len(_NARROWING) + 1:
        return "more widths of scopes than there are dimensions"
    paid = [lot for lot in lots if lot.get("free") is False and not Decimal(_basis(lot))]
    return "credits that were paid for cost something" if paid and "free_first" in order else ""


def use(day: date, quantity: Any, service: str = "") -> Use:
    """Usage of so many credits on a day, which every scope of ``ordered_story`` lets draw."""
    return Use(day, METER, Decimal(quantity), "any", service=service or "any")


def _paid(lot: Case) -> Decimal:
    return Decimal(0) if lot.get("free") else Decimal(lot["balance"]) * Decimal(_basis(lot))


def _basis(lot: Case) -> str:
    return "1" if lot.get("cost_basis") is None else str(lot["cost_basis"])


def _scope(conditions: int) -> str:
    return "; ".join(f"{name}: any" for name in _NARROWING[:conditions])


def _days_before(value: Any, lots: Sequence[Case], key: str) -> date:
    """A day before the book that sorts as a value does among those of all lots."""
    ranks = _ranks(lot.get(key) for lot in lots)
    return FIRST_DAY - (len(ranks) + 1 - ranks.get(value, 0)) * _DAY


def _ranks(values: Iterable[Any]) -> dict[Any, int]:
    known = sorted({value for value in values if value is not None}, key=Decimal)
    return {value: number for number, value in enumerate(known)}
