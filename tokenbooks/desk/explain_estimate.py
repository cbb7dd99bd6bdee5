"""Explaining a row of estimates.csv: it makes no entry of its own; these are those it moves."""

from __future__ import annotations

from tokenbooks.archive.journal_index import written_entries
from tokenbooks.close.explanation import RelatedEntry
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.documents import Estimate
from tokenbooks.entries.sell.allowance import RULE as ALLOWANCE
from tokenbooks.entries.sell.breakage import RULE as BREAKAGE
from tokenbooks.entries.sell.estimated import RULE as ESTIMATE
from tokenbooks.entries.sell.promotion import RULE as PROMOTION
from tokenbooks.sources.files import shown

#: What is estimated -> the kind of the entries that depend on it.
_MOVES = {
    "breakage_rate": BREAKAGE,
    "escheat_share": BREAKAGE,
    "cost_to_serve": PROMOTION,
    "loss_rate": ALLOWANCE,
    "expected_volume": ESTIMATE,
    "net_price": ESTIMATE,
    "ssp": "sale",
}


def moved_by(book: OpenBook, row: Estimate) -> list[RelatedEntry]:
    """The written entries of its contract that depend on such an estimate, from its day on."""
    begins = f"{_MOVES[row.name]}-"
    found = []
    for month in book.months:
        for entry in written_entries(month) if month.period.end > row.day else ():
            if entry.tags.get("contract") == row.contract and entry.id.startswith(begins):
                place = shown(book.folder / entry.file)
                found.append(RelatedEntry(entry.id, str(month.period), place, entry.line, ""))
    return found


def note_of_estimate(row: Estimate) -> str:
    """Why the row has no entry of its own."""
    if not row.approved:
        return "Nobody approved the estimate, so that no entry depends on it"
    return "An estimate makes no entry of its own; entries of its contract depend on it"
