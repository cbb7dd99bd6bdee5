"""The one place where cases meet the package: it closes books and rates usage.

Books are closed by the command line, in this process, and read back from the files of
the closes; usage is rated by the function behind ``tokenbooks rate``.
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conformance.ledger_text import WrittenEntry, read_entries
from tests.conformance.story import PARTY, Story
from tokenbooks.names import DEFAULT_ACCOUNTS

if TYPE_CHECKING:
    from tokenbooks.desk.look import LookedAt
    from tokenbooks.problems import Problem

TODAY = "2035-01-01"
_ROLES = {name.replace("{party}", PARTY): role for role, name in DEFAULT_ACCOUNTS.items()}


@dataclass(frozen=True)
class ClosedEntry:
    """An entry of a close: its day, tags, and net amount per role."""

    day: date
    tags: dict[str, str]
    nets: dict[str, Decimal]
    lots: tuple[str, ...] = ()
    by_lot: dict[str, Decimal] = field(default_factory=dict)


@dataclass
class Closed:
    """What the closes of a book wrote.

    ``known`` entries were closed before the late facts of the story came.
    """

    entries: list[ClosedEntry] = field(default_factory=list)
    postings: list[tuple[str, dict[str, str], Decimal]] = field(default_factory=list)
    lots: list[dict[str, str]] = field(default_factory=list)
    accruals: list[dict[str, str]] = field(default_factory=list)
    problems: str = ""
    known: int = 0

    @property
    def news(self) -> list[ClosedEntry]:
        """The entries, without those that were closed before late facts came."""
        return self.entries[self.known :]

    def balances(self) -> dict[str, Decimal]:
        """The balance of each role after the last close."""
        totals: dict[str, Decimal] = defaultdict(Decimal)
        for entry in self.entries:
            for role, amount in entry.nets.items():
                totals[role] += amount
        return totals

    def by_cost_center(self) -> dict[str, Decimal]:
        """Expense by cost centre, as the postings are tagged."""
        totals: dict[str, Decimal] = defaultdict(Decimal)
        for role, tags, amount in self.postings:
            if role.startswith("ai_"):
                totals[tags.get("cost-center", "")] += amount
        return dict(totals)

    def lot_credits(self, column: str) -> Decimal:
        """Credits of all lots over all periods under a column of the lot roll-forward."""
        return sum((Decimal(row[column] or 0) for row in self.lots), Decimal(0))

    def used(self, lot: str) -> Decimal:
        """Credits of a lot that usage drew, over all periods."""
        return sum((Decimal(row["used"]) for row in self.lots if row["lot"] == lot), Decimal(0))

    def left(self, lot: str) -> Decimal:
        """Credits of a lot that nobody used, whether they have expired since or not."""
        rows = [row for row in self.lots if row["lot"] == lot]
        expired = sum((Decimal(row["expired"]) for row in rows), Decimal(0))
        return (Decimal(rows[-1]["closing"]) if rows else Decimal(0)) + expired

    def uncovered(self, service: str = "") -> Decimal:
        """List value of usage that no lot covered and no invoice billed; of one span or all."""
        closing = {row["service_period"]: Decimal(row["closing"]) for row in self.accruals}
        return sum(v for span, v in closing.items() if service in {"", span}) or Decimal(0)


@dataclass
class Rated:
    """What rating gives: the exact total, its days, meters, errors, quantities without a price."""

    exact: Fraction = Fraction(0)
    by_day: dict[date, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    amounts: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    quantities: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    errors: list[str] = field(default_factory=list)
    unpriced: list[Fraction] = field(default_factory=list)

    @property
    def total(self) -> Fraction:
        """The exact list value of all usage; fails where there were errors."""
        assert not self.errors, self.errors
        return self.exact


def close_book(folder: Path, story: Story) -> Closed:
    """Write the book of a story, close its months, and read the closes back."""
    write_files(folder, story.files())
    closed = Closed()
    written: dict[str, list[WrittenEntry]] = {}
    for period, late in story.closes():
        if late:
            closed.known = sum(len(own) for name, own in written.items() if name != period)
            write_files(folder, late)
        code, _, problems = run(
            "--book", str(folder), "--today", TODAY, "close", "-p", period, "--write"
        )
        assert code == 0, problems
        closed.problems += problems
        written[period] = read_entries(folder / "close" / period / "journal.ledger")
        closed.lots += _rows(folder, period, "lots")
        closed.accruals += _rows(folder, period, "accruals")
    for entry in chain(*written.values()):
        own = ClosedEntry(entry.day, entry.tags, _nets(entry), _lots(entry), _by_lot(entry))
        closed.entries.append(own)
        closed.postings += [
            (_ROLES[account], tags, amount) for account, tags, amount in entry.postings
        ]
    return closed


def refused(folder: Path, story: Story) -> list[str]:
    """The codes of the errors for which the first close of a story is refused."""
    write_files(folder, story.files())
    period, _ = story.closes()[0]
    code, _, problems = run("--book", str(folder), "--today", TODAY, "close", "-p", period)
    codes = re.findall(r"error\[([a-z-]+)\]", problems)
    assert bool(code) == bool(codes), problems
    return codes


def rate_usage(folder: Path, plan: str, files: dict[str, str], keep: Sequence[str] = ()) -> Rated:
    """Rate usage files with a plan, without a book, as ``tokenbooks rate`` does.

    ``keep`` names dimensions that are not standard, as ``--by`` does.
    """
    from tokenbooks.desk.rate_files import rate_files
    from tokenbooks.reports.usage import charges_table
    from tokenbooks.sources.plans import read_plan

    write_files(folder, {"provider.yaml": plan, **files})
    read, problems = read_plan(folder / "provider.yaml")
    assert read is not None, problems
    looked, found = rate_files(read, [folder / name for name in files], None, keep)
    rated = _rated(looked, [*problems, *found])
    if looked is None:
        return rated
    for row in charges_table(looked.connection, looked.scales, ["meter"], read.currency).rows:
        meter, quantity, amount, *_ = row
        rated.quantities[str(meter)] += Decimal(str(quantity))
        rated.amounts[str(meter)] += Decimal(str(amount))
    return rated


def rate_book(folder: Path, story: Story, until: date) -> Rated:
    """What the book of a story has been charged before a day, exactly, fees and all."""
    from tokenbooks.desk.look import look_at_usage
    from tokenbooks.desk.open_book import open_book

    write_files(folder, story.files())
    book, problems = open_book(folder)
    assert book is not None, problems
    looked, found = look_at_usage(book, until)
    return _rated(looked, [*problems, *found])


def _rated(looked: LookedAt | None, problems: list[Problem]) -> Rated:
    rated = Rated(errors=[problem.code for problem in problems if problem.is_error])
    if looked is None:
        return rated
    for party in looked.computed.rated.charges.steps.values():
        for step in party:
            rated.by_day[step.at.date()] += step.value
    rated.exact = sum(rated.by_day.values(), Fraction(0))
    rated.unpriced = [usage.quantity for usage in looked.computed.rated.charges.unpriced]
    return rated


def run(*arguments: str) -> tuple[int, str, str]:
    """Run the command line in this process: exit code, standard output, standard error."""
    from tokenbooks.cli.main import main

    output, problems = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(problems):
        try:
            code = main(list(arguments))
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
    return int(code or 0), output.getvalue(), problems.getvalue()


def write_files(folder: Path, files: dict[str, str]) -> None:
    """Write texts under a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _nets(entry: WrittenEntry) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for account, amount in entry.amounts.items():
        totals[_ROLES[account]] += amount
    return {role: amount for role, amount in totals.items() if amount}


def _rows(folder: Path, period: str, table: str) -> list[dict[str, str]]:
    """The rows of a table of a close, each with the period of the close."""
    with (folder / "close" / period / f"{table}.csv").open(encoding="utf-8") as file:
        return [row | {"period": period} for row in csv.DictReader(file)]


def _by_lot(entry: WrittenEntry) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for _, tags, amount in entry.postings:
        if "lot" in tags:
            totals[tags["lot"]] += amount
    return dict(totals)


def _lots(entry: WrittenEntry) -> tuple[str, ...]:
    return tuple(tags["lot"] for _, tags, _ in entry.postings if "lot" in tags)
