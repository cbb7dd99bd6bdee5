"""A small book of a seller as text, and what its closes posted day by day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from tests.conformance.engine import TODAY, run, write_files
from tests.conformance.ledger_text import read_entries
from tests.conformance.story import csv_text
from tokenbooks.names import DEFAULT_ACCOUNTS
from tokenbooks.periods import Period, months_between

Case = dict[str, Any]
Nets = dict[str, Decimal]
Row = dict[str, Any]

CUSTOMERS, VENDOR = "Customers", "Vendor"
PACKS = "packs"

_OUTSIDE = "opening_equity"
_ROLES = {
    name.replace("{party}", party): role
    for party in (VENDOR, CUSTOMERS)
    for role, name in DEFAULT_ACCOUNTS.items()
}


@dataclass
class SellerBook:
    """What a seller's files say; ``plans`` and ``usage`` are by contract."""

    start: date
    end: date
    contracts: dict[str, Row] = field(default_factory=dict)
    plans: dict[str, Row] = field(default_factory=dict)
    usage: dict[str, list[Row]] = field(default_factory=dict)
    late: dict[str, list[Row]] = field(default_factory=dict)
    credits: list[Row] = field(default_factory=list)
    invoices: list[Row] = field(default_factory=list)
    opening: list[Row] = field(default_factory=list)
    estimates: list[Row] = field(default_factory=list)
    modifications: list[Row] = field(default_factory=list)
    allocate: list[Row] = field(default_factory=list)
    policies: Row = field(default_factory=dict)
    post_usage: str = "day"

    def sells(self, contract: str = PACKS, settle: str = "prepaid", **terms: Any) -> SellerBook:
        """With a contract that sells, at a price of 1 a credit unless its plan is given."""
        own: Row = {"side": "sell", "party": CUSTOMERS, "plan": contract, "settle": settle}
        own["revenue"] = {"gross_net": "principal"}
        self.contracts[contract] = own | terms
        self.plans.setdefault(contract, {"rates": [{"prices": {"credits": "1"}}]})
        return self

    def buys(self, contract: str, plan: Row, settle: str = "arrears") -> SellerBook:
        """With a contract that buys."""
        own: Row = {"side": "buy", "party": VENDOR, "plan": contract, "settle": settle}
        self.contracts[contract] = own
        self.plans[contract] = plan
        return self

    def sale(self, day: date, credits: Any, paid: Any, **cells: Any) -> Row:
        """A sale of credits."""
        row = {"date": day, "contract": PACKS, "event": "sale", "credits": credits, "paid": paid}
        row |= {"lot": f"lot-{len(self.credits) + 1}"} | cells
        self.credits.append(row)
        return row

    def opens(self, credits: Any, paid: Any, used: Any = "", **cells: Any) -> Row:
        """A lot that the book takes over at its start."""
        before = self.start - timedelta(days=1)
        row = {"date": self.start, "contract": PACKS, "event": "opening", "credits": credits}
        row |= {"paid": paid, "used": used, "starts": before, "lot": "opening"} | cells
        self.credits.append(row)
        return row

    def uses(self, day: date, quantity: Any, contract: str = PACKS, **cells: Any) -> None:
        """Usage of a contract's credits."""
        self.usage.setdefault(contract, []).append({"date": day, "credits": quantity} | cells)

    def estimate(
        self, name: str, value: Any, day: date, contract: str = PACKS, **cells: Any
    ) -> None:
        """An estimate that is prepared and approved."""
        row = {"date": day, "contract": contract, "name": name, "cohort": "", "value": value}
        row |= {"evidence": "study.pdf", "prepared": "Ada", "approved": "Grace"} | cells
        self.estimates.append(row)

    def files(self) -> dict[str, str]:
        """Path -> text of each file of the book."""
        files = {"tokenbooks.yaml": self._book()}
        for name, plan in self.plans.items():
            text = yaml.safe_dump({"plan": name, "currency": "USD"} | plan, sort_keys=False)
            files[f"plans/{name}.yaml"] = text
        files |= {f"usage/{name}.csv": csv_text(rows) for name, rows in self.usage.items()}
        for name in ("credits", "invoices", "opening", "estimates"):
            if rows := getattr(self, name):
                files[f"{name}.csv"] = csv_text(rows)
        if self.modifications:
            text = yaml.safe_dump({"modifications": self.modifications}, sort_keys=False)
            files["modifications.yaml"] = text
        return files

    def _book(self) -> str:
        contracts = {}
        for name, own in self.contracts.items():
            rows = [*self.usage.get(name, ()), *self.late.get(name, ())]
            about = {"date", "model", "customer", "id", "reverses"}
            meters = sorted({key for row in rows for key in row} - about)
            sources = [{"files": f"usage/{name}*.csv", "meters": meters}] if meters else []
            contracts[name] = own | ({"usage": sources} if sources else {})
        book: Row = {"book": "Case", "currency": "USD", "start": str(Period.month_of(self.start))}
        book |= {"post_usage": self.post_usage, "contracts": contracts}
        book |= {"allocate": self.allocate} if self.allocate else {}
        book |= {"policies": self.policies} if self.policies else {}
        return yaml.safe_dump(book, sort_keys=False, default_flow_style=False)

    def close(self, folder: Path) -> dict[date, Nets]:
        """Close all months through the command line; what each day posted, net by role."""
        write_files(folder, self.files())
        months = months_between(Period.month_of(self.start), Period.month_of(self.end))
        for month in months:
            if month == Period.month_of(self.end) and self.late:
                write_files(
                    folder, {f"usage/{n}-late.csv": csv_text(r) for n, r in self.late.items()}
                )
            code, _, problems = run(
                "--book", str(folder), "--today", TODAY, "close", "-p", str(month), "--write"
            )
            assert code == 0, problems
        return posted_by_day(folder)


def posted_by_day(folder: Path) -> dict[date, Nets]:
    """The net amount of each role on each day of all written journals, openings apart."""
    found: dict[date, Nets] = defaultdict(lambda: defaultdict(Decimal))
    for path in sorted((folder / "close").glob("*/journal.ledger")):
        for entry in read_entries(path):
            nets = [(_ROLES[account], amount) for account, _, amount in entry.postings]
            if _OUTSIDE not in {role for role, _ in nets}:
                for role, amount in nets:
                    found[entry.day][role] += amount
    return {day: kept for day, nets in found.items() if (kept := _without_zeros(nets))}


#: What a case bills at once stands here until its invoice comes.
_UNBILLED = {"unbilled_receivable": "accounts_receivable", "accrued_expenses": "accounts_payable"}


def as_billed(posted: dict[date, Nets]) -> dict[date, Nets]:
    """What was posted, with accruals as the invoices that a case has on the same day.

    So the amount is what the package rated, and not what the case says was invoiced.
    """
    return {
        day: {_UNBILLED.get(role, role): amount for role, amount in nets.items()}
        for day, nets in posted.items()
    }


def expected_by_day(case: Case) -> dict[date, Nets]:
    """The net amount of each role on each day of a case's entries."""
    found: dict[date, Nets] = defaultdict(lambda: defaultdict(Decimal))
    for line in case["entries"]:
        day = date.fromisoformat(line["date"])
        amount = Decimal(line["debit"]) - Decimal(line["credit"])
        found[day][line["account_role"]] += amount
    return {day: kept for day, nets in found.items() if (kept := _without_zeros(nets))}


def _without_zeros(nets: Nets) -> Nets:
    return {role: amount for role, amount in nets.items() if amount}


def days_of(case: Case) -> list[date]:
    """The days of a case's entries, in order."""
    return sorted({date.fromisoformat(line["date"]) for line in case["entries"]})


def on(case: Case, day: date, role: str) -> Decimal:
    """The net amount of a role on a day, debit positive."""
    return expected_by_day(case).get(day, {}).get(role, Decimal(0))


def opening_of(case: Case, role: str) -> Decimal:
    """What a case opens with, debit positive."""
    return Decimal(case.get("opening_balances", {}).get(role, "0"))


def number(case: Case, name: str) -> Decimal:
    """An input of a case."""
    return Decimal(case["inputs"][name])
