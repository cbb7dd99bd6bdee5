"""Resets of usage: every lot ends, and what its own rule lets roll begins again.

A reset is the end of a period, and periods end at the end of a day. So the instants of a
case become days that follow each other in the same order, and resets lie equally far apart.
A lot with a rule of its own is a recurring grant that comes once.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.conformance.engine import Closed, close_book
from tests.conformance.kinds.instants import instant, ranks
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.lot_books import FIRST_DAY
from tests.conformance.kinds.run import METER
from tests.conformance.story import Story, Use

_DAY = timedelta(days=1)


def of(case: Case) -> list[str]:
    """The resets up to the instant of the balance."""
    until = instant(case["usage"]["as_of"])
    return [at for at in case["plan"].get("resets", ()) if instant(at) <= until]


def listed(case: Case) -> str:
    """What a chain of rolled lots cannot be written with."""
    days = _Days(case)
    for lot in case["plan"]["lots"]:
        if lot.get("recur_days"):
            return "lots that are filled again and roll over as well"
        if days.end_of(lot) and days.rolls(lot) > 1:
            return "a lot that ends after it has rolled twice: rolled lots live equally long"
    return ""


def closed_by_days(case: Case, folder: Path) -> tuple[Closed, dict[str, str]]:
    """The book by days, and the name of each lot that is alive at the end."""
    plan, usage, days = case["plan"], case["usage"], _Days(case)
    until = instant(usage["as_of"])
    places = ranks(plan["lots"])
    story = Story(start=FIRST_DAY, end=days.of(usage["as_of"]))
    story.contract = {"lot_order": ["priority", "id"]}
    grants, names = [], {}
    for lot in plan["lots"]:
        starts, ends = days.start_of(lot), days.end_of(lot)
        if starts > days.of(usage["as_of"]) or (ends is not None and ends <= starts):
            continue
        grants.append(_grant(lot, days, places[lot["id"]]))
        if ends is None:
            names[lot["id"]] = days.last_name(lot)
    if grants:
        story.terms = {"credits": {"recurring": grants}}
    for event in usage["events"]:
        if instant(plan["start"]) <= instant(event["at"]) < until:
            story.uses.append(Use(days.of(event["at"]), METER, Decimal(event["qty"])))
    if Decimal(plan.get("start_overage", "0")):
        story.uses.append(Use(FIRST_DAY, METER, Decimal(plan["start_overage"])))
    if not plan.get("preserve_overage", False):
        story.invoices = [days.invoice(number) for number in range(len(days.resets))]
    return close_book(folder, story), names


def _grant(lot: Case, days: _Days, place: int) -> dict[str, Any]:
    """A lot as a recurring grant that comes once, and rolls at each reset before its end."""
    starts, ends = days.start_of(lot), days.end_of(lot)
    reset = days.first_reset_after(starts)
    rolls = ends is None or ends > reset
    stops = reset if rolls or ends is None else ends
    terms = {"name": lot["id"], "credits": lot.get("start_balance", lot["amount"])}
    terms |= {"every": "9000 days", "from": f"{starts}", "until": f"{starts + _DAY}"}
    terms |= {"priority": place, "expires": f"{(stops - starts).days} days"}
    if rolls:
        rule = {"min": lot.get("rollover_min") or "0", "max": lot.get("rollover_max") or "0"}
        lives = days.apart if ends is None else (ends - reset).days
        again = {"again": "true"} if ends is None else {}
        terms["rollover"] = rule | {"expires": f"{lives} days"} | again
    return terms


class _Days:
    """The days that stand for the instants of a case."""

    def __init__(self, case: Case) -> None:
        plan, usage = case["plan"], case["usage"]
        self.until = instant(usage["as_of"])
        self.begins = instant(plan["start"])
        self.resets = sorted(instant(at) for at in of(case))
        told = [plan["start"], usage["as_of"], *(event["at"] for event in usage["events"])]
        for lot in plan["lots"]:
            told += [lot[k] for k in ("effective", "expires", "voided", "deleted") if lot.get(k)]
        self.instants = sorted({instant(text) for text in told} | set(self.resets))

    @cached_property
    def spans(self) -> list[list[Any]]:
        """The instants from one reset to the next."""
        bounds = [self.begins, *self.resets]
        spans: list[list[Any]] = [[bound] for bound in bounds]
        for at in self.instants:
            number = max(bisect_right(bounds, at) - 1, 0)
            if at > bounds[number]:
                spans[number].append(at)
        return spans

    @property
    def apart(self) -> int:
        """Days from one reset to the next: an instant every second day, and a month's end."""
        return 2 * max(len(span) for span in self.spans) + 33

    def of(self, text: str) -> date:
        """The day of an instant; what was before the beginning is there on the first."""
        at = max(instant(text), self.begins)
        for number, span in enumerate(self.spans):
            if at in span:
                return FIRST_DAY + (number * self.apart + 2 * span.index(at)) * _DAY
        raise AssertionError(text)

    def start_of(self, lot: Case) -> date:
        """The first day of a lot."""
        return self.of(lot["effective"])

    def end_of(self, lot: Case) -> date | None:
        """The day on which a lot has ended or is voided; None while it lives to the end."""
        told = [lot[key] for key in ("expires", "voided", "deleted") if lot.get(key)]
        ends = [self.of(text) for text in told if instant(text) <= self.until]
        return min(ends, default=None)

    def first_reset_after(self, day: date) -> date:
        """The next reset, were they to go on for ever."""
        number = (day - FIRST_DAY).days // self.apart + 1
        return FIRST_DAY + number * self.apart * _DAY

    def rolls(self, lot: Case) -> int:
        """How many resets a lot lives to see, up to its end."""
        starts, ends = self.start_of(lot), self.end_of(lot)
        bounds = [FIRST_DAY + n * self.apart * _DAY for n in range(1, len(self.resets) + 1)]
        return sum(starts < bound and (ends is None or bound < ends) for bound in bounds)

    def last_name(self, lot: Case) -> str:
        """The name of what a lot has become with the last reset."""
        starts = self.start_of(lot)
        name, reset = f"provider-{lot['id']}-{starts}", self.first_reset_after(starts)
        for number in range(self.rolls(lot)):
            name += f"-rollover-{reset + number * self.apart * _DAY}"
        return name

    def invoice(self, number: int) -> Case:
        """What is uncovered at a reset is billed with it, and no later lot settles it."""
        first = FIRST_DAY + number * self.apart * _DAY
        day = first + self.apart * _DAY
        row = {"date": day, "contract": "provider", "kind": "invoice", "amount": "0"}
        row |= {"invoice": f"INV-{number + 1}", "period_start": first, "period_end": day - _DAY}
        return row
