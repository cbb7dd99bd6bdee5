"""Lots that burn down, instant by instant: refills, voids, what waits for the next lot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from tests.conformance.engine import Closed, close_book
from tests.conformance.kinds import resets
from tests.conformance.kinds.instants import instant, ranks
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.lot_books import lot_row
from tests.conformance.kinds.run import METER
from tests.conformance.story import Story, Use, instant_text
from tokenbooks.amounts import number_text

LOT_KEYS = "id amount priority effective expires voided deleted start_balance recur_days anchor"
LOT_KEYS += " rollover_max rollover_min"
#: priority, then what ends first, then what came first (PEERS b7).
ORDER = ["priority", "expiry", "start", "id"]


def check_credit_burndown(case: Case, folder: Path) -> None:
    """Balances of lots at an instant, and the usage that none of them covered."""
    expected = case["expected"]
    if resets.of(case):
        closed, names = resets.closed_by_days(case, folder)
    else:
        closed, names = _as_it_was(case, folder)
    balances = {
        lot["id"]: closed.left(names[lot["id"]]) if lot["id"] in names else Decimal(0)
        for lot in case["plan"]["lots"]
    }
    assert balances == {lot: Decimal(left) for lot, left in expected["balances"].items()}
    if "overage" in expected:
        assert closed.uncovered() == Decimal(expected["overage"])
    if "drawn" in expected:
        assert closed.lot_credits("used") == Decimal(expected["drawn"])


def credit_burndown_listed(case: Case) -> str:
    """Balances that begin below zero, and what a reset cannot be written with."""
    lots = case["plan"]["lots"]
    if any(Decimal(lot["amount"]) <= 0 for lot in lots):
        return "a lot holds something when it begins"
    if any(Decimal(event["qty"]) < 0 for event in case["usage"]["events"]):
        return "usage below zero takes back usage, of which the case tells nothing"
    return resets.listed(case) if resets.of(case) else ""


def _as_it_was(case: Case, folder: Path) -> tuple[Closed, dict[str, str]]:
    """The book with the real instants, and the name of each lot that is alive at the end."""
    plan, until = case["plan"], instant(case["usage"]["as_of"])
    begins = instant(plan["start"])
    story = Story(start=begins.date().replace(day=1), end=until.date())
    story.contract = {"lot_order": ORDER, "timezone": "UTC"}
    places = ranks(plan["lots"])
    names, recurring = {}, []
    for lot in plan["lots"]:
        told = _Lot(lot, begins, until, places[lot["id"]])
        if not told.is_there:
            continue
        if told.refills_by_plan:
            recurring.append(told.grant())
        elif told.every:
            story.credits += told.refills()
        else:
            story.credits += told.rows(begins.date().replace(day=1))
        if told.is_alive:
            names[lot["id"]] = told.alive_name()
    if recurring:
        story.terms = {"credits": {"recurring": recurring}}
    events = [(instant(e["at"]), e["qty"]) for e in case["usage"]["events"]]
    events.append((begins, plan.get("start_overage", "0")))
    for at, quantity in events:
        if Decimal(quantity) and begins <= at < until:
            story.uses.append(Use(at.date(), METER, Decimal(quantity), at=at))
    return close_book(folder, story), names


@dataclass
class _Lot:
    """A lot of a case, from the book's beginning to the instant of its balance."""

    told: Case
    begins: datetime
    until: datetime
    rank: int

    @property
    def id(self) -> str:
        return str(self.told["id"])

    @property
    def starts(self) -> datetime:
        return instant(self.told["effective"])

    @property
    def ends(self) -> datetime | None:
        """Its end; a lot that is voided when it begins never was."""
        return instant(self.told["expires"]) if self.told.get("expires") else None

    @property
    def voided(self) -> datetime | None:
        found = [self.told[key] for key in ("voided", "deleted") if self.told.get(key)]
        return min(instant(at) for at in found) if found else None

    @property
    def every(self) -> int:
        """Days after which it is filled again; 0 for a lot that is not."""
        return int(self.told.get("recur_days") or 0)

    @property
    def anchor(self) -> datetime:
        return instant(self.told.get("anchor") or self.told["effective"])

    @property
    def is_there(self) -> bool:
        """Whether the book sees anything of it."""
        first = max(self.starts, self.begins)
        over = self.ends is not None and self.ends <= first
        gone = self.voided is not None and self.voided <= first
        return self.starts <= self.until and not over and not gone

    @property
    def is_alive(self) -> bool:
        """Whether it has a balance at the end."""
        stops = [at for at in (self.ends, self.voided) if at is not None]
        return all(at > self.until for at in stops)

    @property
    def refills_by_plan(self) -> bool:
        """Whether a recurring grant of a plan, which counts days, says the same."""
        if not self.every:
            return False
        moments = [self.starts, self.anchor] + ([self.ends] if self.ends else [])
        whole = all(at.timetz().replace(tzinfo=None) == time() for at in moments)
        whole_spans = self.ends is None or (self.ends - self.anchor).days % self.every == 0
        lives_on = self.ends is not None and self.ends > self.until
        new = self.starts >= self.begins and not self.voided and "start_balance" not in self.told
        return whole and new and (whole_spans or lives_on)

    def grant(self) -> dict[str, Any]:
        """The lot as a recurring grant."""
        anchor = self.anchor
        while anchor > self.starts:
            anchor -= timedelta(days=self.every)
        terms: dict[str, Any] = {"name": self.id, "credits": self.told["amount"]}
        terms |= {"every": f"{self.every} days", "anchor": f"{anchor.date()}"}
        terms |= {"from": f"{self.starts.date()}", "priority": self.rank}
        return terms | ({"until": f"{self.ends.date()}"} if self.ends else {})

    def rows(self, start: date) -> Iterator[Case]:
        """The lot as it came, and the row that voids it."""
        cells: dict[str, Any] = {"priority": self.told.get("priority")}
        cells |= {"expires": instant_text(self.ends) if self.ends else None}
        old = self.starts.date() < start
        held = Decimal(self.told.get("start_balance", self.told["amount"]))
        if old:
            used = number_text(Decimal(self.told["amount"]) - held)
            cells |= {"starts": instant_text(self.starts), "used": used}
            yield lot_row("opening", self.id, self.told["amount"], start, **cells)
        elif held:
            at = max(self.starts, self.begins) if "start_balance" in self.told else self.starts
            yield lot_row("grant", self.id, held, at.date(), starts=instant_text(at), **cells)
        if self.voided and self.voided <= self.until and (old or held):
            at = self.voided
            yield lot_row("void", self.id, "", at.date(), starts=instant_text(at), memo="voided")

    def refills(self) -> Iterator[Case]:
        """A lot for each time that it is filled, where plans do not count so."""
        for number, (first, last) in enumerate(self.spans()):
            name = f"{self.id}-refill-{number}"
            held = self.told["amount"]
            if not number and first <= self.begins:
                held = self.told.get("start_balance", held)
            cells = {"starts": instant_text(first), "expires": instant_text(last)}
            if Decimal(held):
                yield lot_row("grant", name, held, first.date(), priority=self.rank, **cells)

    def spans(self) -> Iterator[tuple[datetime, datetime]]:
        """From one filling to the next, up to the last one before the end of the book."""
        first = max(self.starts, self.begins)
        stops = [at for at in (self.ends, self.voided) if at is not None]
        step = timedelta(days=self.every)
        start = self.anchor - ((self.anchor - first) // step + 1) * step
        for number in count():
            opens, closes = start + number * step, start + (number + 1) * step
            if closes <= first:
                continue
            if opens > self.until or any(opens >= at for at in stops):
                return
            yield max(opens, first), min([closes, *stops])

    def alive_name(self) -> str:
        """The lot of the book that holds its balance at the end."""
        if not self.every:
            return self.id
        spans = list(self.spans())
        if self.refills_by_plan:
            return f"provider-{self.id}-{spans[-1][0].date()}"
        return f"{self.id}-refill-{len(spans) - 1}"
