"""Small books closed for tests of legs 2 and 3: what the desk hands to the core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.books import close
from tokenbooks.close.computed import Computed
from tokenbooks.desk.close import Prepared, prepare_close
from tokenbooks.desk.open_book import open_book
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Posted
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.reconcile.booked.booked import booked_leg
from tokenbooks.reconcile.booked.booked_parties import party_usage
from tokenbooks.reconcile.causes import Leg
from tokenbooks.reconcile.ledger.recorded_matching import all_entries


@dataclass(frozen=True)
class Books:
    """A book whose months up to ``last`` are closed, and the values that the desk gathers."""

    facts: Facts
    computed: Computed
    posted: Mapping[Period, Posted]
    entries: Mapping[Period, tuple[Entry, ...]]
    last: Prepared

    def leg(self, period: str, contract: str = "llm") -> Leg:
        month = Period.parse(period)
        parties = party_usage(self.last.gathered.connection, self.computed, contract, month)
        return booked_leg(
            self.facts,
            self.computed,
            contract,
            month,
            self.posted,
            self.entries.get(month, ()),
            parties,
            self.last.close.period,
        )


def closed_books(folder: Path, first: str, last: str) -> Books:
    """Write the closes of all months before the last, and compute that of the last."""
    posted: dict[Period, Posted] = {}
    entries: dict[Period, tuple[Entry, ...]] = {}
    month, until = Period.parse(first), Period.parse(last)
    while True:
        book, problems = open_book(folder)
        assert book is not None, problems
        prepared, problems = prepare_close(book, month)
        assert prepared is not None, problems
        posted |= {written.period: written.before.posted for written in book.months}
        posted[month] = prepared.close.posted
        entries[month] = all_entries(book.facts, prepared.close)
        if month == until:
            facts = book.facts.known_by(month.end)
            return Books(facts, prepared.close.computed, posted, entries, prepared)
        close(folder, str(month))
        month = month.next()
