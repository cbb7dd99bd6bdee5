"""Credits that come or go otherwise than by purchase, use and expiry; usage reported late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.conformance.shapes import (
    CARD,
    CASH,
    LOSS,
    PAYABLE,
    PREPAID,
    Expected,
    shape_of,
)
from tests.conformance.story import Story, Use
from tokenbooks.periods import Period

Case = dict[str, Any]

_PAY = {CASH: "cash", CARD: "card", PAYABLE: "account"}
_DAY = timedelta(days=1)


def moved_rows(entries: list[Expected], lots: list[Case]) -> Iterator[Case]:
    """The rows of what is refunded, transferred or granted for an outage."""
    for number, entry in enumerate(entries, 1):
        row = {"date": entry.day, "contract": "provider"}
        match shape_of(entry):
            case "sla":
                granted = {"event": "grant", "lot": f"sla-{number}", "kind": "sla"}
                yield row | granted | {"credits": entry.net(PREPAID)}
            case "refund":
                pay = next(role for role in _PAY if entry.net(role) > 0)
                money: Case = {"paid": entry.net(pay), "pay": _PAY[pay]}
                yield row | {"event": "refund"} | _taken(entry, lots) | money
            case "transfer out":
                yield row | {"event": "transfer", "to": "entity:Affiliate"} | _taken(entry, lots)
            case "transfer in":
                came = {"event": "transfer", "lot": f"transfer-{number}"}
                came |= {"credits": entry.net(PREPAID), "paid": entry.net(PREPAID)}
                yield row | came


def _taken(entry: Expected, lots: list[Case]) -> Case:
    """The credits behind a cost that leaves a lot: the first lot that has as much."""
    cost = -entry.net(PREPAID)
    lot = next(lot for lot in lots if Decimal(lot["paid"] or 0) >= cost)
    quantity = Decimal(lot["credits"]) * cost / Decimal(lot["paid"])
    return {"lot": lot["lot"], "credits": quantity}


def is_late(case: Case) -> bool:
    """Whether a case is of usage that is reported after its month was closed."""
    return bool(case["topic"] == "late_usage")


def late_story(case: Case, entries: list[Expected]) -> Story:
    """A book whose months are closed, some also locked, before more of their usage is told.

    Where a loss was booked before, it is that of a lot which ended in the service period;
    the usage was on the day before its end.
    """
    service = Period.parse(entries[0].service or f"{entries[0].day:%Y-%m}")
    opening = case.get("opening_balances", {})
    day = service.last_day - _DAY
    story = Story(start=service.start, end=entries[-1].day)
    lost = Decimal(opening.get(LOSS, "0"))
    held = Decimal(opening.get(PREPAID, "0"))
    for name, quantity, ends in (("lost", lost, service.last_day), ("held", held, None)):
        if quantity:
            story.credits.append(_opening(story, name, quantity, ends))
    if not story.credits:
        story.settle = "arrears"
    # the file that the first closes know has a row, but no usage
    story.uses = [Use(service.start, "credits", Decimal(0))]
    story.late_in = f"{entries[0].day:%Y-%m}"
    for entry in entries:
        story.late += [Use(day, "credits", line.amount, line.project) for line in entry.expenses]
    return story


def _opening(story: Story, name: str, quantity: Decimal, ends: date | None) -> Case:
    row = {"date": story.start, "contract": "provider", "event": "opening", "lot": name}
    return row | {"credits": quantity, "paid": quantity, "expires": ends or ""}


def late_unknown(case: Case, entries: list[Expected]) -> str:
    """Why a case of late usage is not run; nothing where it is."""
    openings = set(case.get("opening_balances", {})) - {PREPAID, LOSS}
    if openings:
        return f"opening balance of {min(openings)}"
    shapes = {shape_of(entry) for entry in entries}
    if not entries or not shapes <= {"usage", "used after all"}:
        return "late usage that is not one of usage"
    months = {f"{entry.day:%Y-%m}" for entry in entries}
    services = {entry.service for entry in entries}
    return "" if len(months) == len(services) == 1 else "late usage of several months"
