"""A small book as text: what a case says happened, in the files that people write."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import yaml

from tokenbooks.amounts import number_text
from tokenbooks.periods import Period, months_between

PARTY = "Provider"
DIMENSIONS = ("model", "project", "service")


@dataclass(frozen=True)
class Use:
    """Usage of one meter on one day; ``project`` carries where the expense must go.

    ``at`` is its instant, where that is told. ``takes_back`` is the number of the earlier use
    of the story, from 1, that a quantity below zero takes back.
    """

    day: date
    meter: str
    quantity: Decimal
    project: str = ""
    times: int = 1
    service: str = ""
    at: datetime | None = None
    takes_back: int = 0


@dataclass
class Story:
    """Facts of one buyer with one provider, from which the files of a book are written."""

    settle: str = "prepaid"
    rates: list[dict[str, Any]] = field(default_factory=lambda: [price("credits", "1")])
    uses: list[Use] = field(default_factory=list)
    credits: list[dict[str, Any]] = field(default_factory=list)
    invoices: list[dict[str, Any]] = field(default_factory=list)
    allocate: list[dict[str, Any]] = field(default_factory=list)
    policies: dict[str, Any] = field(default_factory=dict)
    terms: dict[str, Any] = field(default_factory=dict)
    contract: dict[str, Any] = field(default_factory=dict)
    post_usage: str = "month"
    start: date | None = None
    end: date | None = None
    import_twice: bool = False
    currency: str = "USD"
    exchange_rates: list[dict[str, Any]] = field(default_factory=list)
    #: usage that is reported only after its month was closed, and the month of its booking
    late: list[Use] = field(default_factory=list)
    late_in: str = ""

    def periods(self) -> list[str]:
        """The months to close, from the first fact to the last."""
        days = [use.day for use in self.uses]
        days += [row["date"] for row in self.credits + self.invoices]
        first = self.start or min(days)
        last = max([*days, self.end or first])
        months = months_between(Period.month_of(first), Period.month_of(last))
        return [str(month) for month in months]

    def closes(self) -> list[tuple[str, dict[str, str]]]:
        """The closes in their order, each with the files that came since the one before.

        What is late in its own month finds it closed, and has it closed again.
        """
        late = {"usage/late.csv": usage_text(self.late, first=len(self.uses))} if self.late else {}
        closes: list[tuple[str, dict[str, str]]] = []
        for period in self.periods():
            known = all(str(Period.month_of(use.day)) != period for use in self.late)
            if period != self.late_in or not known:
                closes.append((period, {}))
            if period == self.late_in:
                closes.append((period, late))
        return closes

    def files(self) -> dict[str, str]:
        """Path -> text of each file of the book."""
        plan = plan_text(self.rates, **self.terms)
        files = {"tokenbooks.yaml": self._book(), "plans/provider.yaml": plan}
        if self.credits:
            files["credits.csv"] = csv_text(self.credits)
        if self.invoices:
            files["invoices.csv"] = csv_text(self.invoices)
        if self.exchange_rates:
            files["rates.csv"] = csv_text(self.exchange_rates)
        if self.uses:
            files["usage/usage.csv"] = usage_text(self.uses)
        if self.import_twice:
            files["usage/usage (1).csv"] = reordered(files["usage/usage.csv"])
        return files

    def _book(self) -> str:
        book: dict[str, Any] = {
            "book": "Case",
            "currency": self.currency,
            "start": self.periods()[0],
        }
        book |= {"post_usage": self.post_usage, "contracts": self.contracts()}
        if self.allocate:
            book["allocate"] = self.allocate
        if self.policies:
            book["policies"] = self.policies
        return yaml.safe_dump(book, sort_keys=False)

    def contracts(self) -> dict[str, Any]:
        """The contracts of the book, each as its file has it."""
        contract = {"side": "buy", "party": PARTY, "plan": "provider", "settle": self.settle}
        contract |= self.contract
        if self.uses or self.late:
            meters = sorted({use.meter for use in self.uses} or {"credits"})
            source = {"files": "usage/*.csv", "meters": meters, "dimensions": list(DIMENSIONS)}
            contract["usage"] = [source]
        return {"provider": contract}


def price(meter: str, terms: Any, **conditions: str) -> dict[str, Any]:
    """A rate with one price."""
    rate: dict[str, Any] = {"for": conditions} if conditions else {}
    return rate | {"prices": {meter: terms}}


def plan_text(rates: list[dict[str, Any]], **terms: Any) -> str:
    """A plan in YAML: its rates, and what else it says, such as ``meters`` or ``fees``."""
    plan: dict[str, Any] = {"plan": "provider", "currency": "USD"}
    plan |= {name: value for name, value in terms.items() if value}
    if rates:
        plan["rates"] = rates
    return yaml.safe_dump(plan, sort_keys=False)


def usage_text(uses: list[Use], instants: bool = False, first: int = 0, **dimensions: str) -> str:
    """Usage in the plain format, wide, one row a request, each with its id.

    Only rows with an instant are seen to be single requests. ``first`` is how many rows
    other files have already.
    """
    meters = sorted({use.meter for use in uses})
    instants = instants or any(use.at for use in uses)
    rows: list[dict[str, Any]] = []
    for use in uses:
        for _ in range(use.times):
            row: dict[str, Any] = {"timestamp": _instant(use)} if instants else {"date": use.day}
            row |= {"id": f"row-{first + len(rows) + 1}", "project": use.project}
            row |= {"service": use.service} if use.service else {}
            row |= {"reverses": f"row-{use.takes_back}"} if use.takes_back else {}
            row |= dimensions | dict.fromkeys(meters, "")
            row[use.meter] = number_text(use.quantity)
            rows.append(row)
    return csv_text(rows)


def _instant(use: Use) -> str:
    return instant_text(use.at) if use.at else f"{use.day}T12:00:00Z"


def instant_text(at: datetime) -> str:
    """An instant as files write it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def reordered(text: str) -> str:
    """The same rows as another download might have them: columns and rows turned round."""
    rows = list(csv.DictReader(io.StringIO(text)))
    return csv_text([dict(reversed(row.items())) for row in reversed(rows)])


def csv_text(rows: list[dict[str, Any]]) -> str:
    """Rows as CSV under the union of their columns."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
