"""The tables and memos that a close of a seller writes beside those of every close."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tokenbooks.amounts import currency_places
from tokenbooks.archive.manifest import file_digest
from tokenbooks.close.close_period import Close
from tokenbooks.close.credit_units import unit_of
from tokenbooks.close.deferred_revenue import deferred_to_date
from tokenbooks.desk.input_documents import documents_of
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.documents import Modification
from tokenbooks.entries.sell.breakage import CohortBreakage
from tokenbooks.entries.sell.modification import Modified
from tokenbooks.facts import Facts
from tokenbooks.reports.actions_memo import actions_memo
from tokenbooks.reports.breakage import breakage_memo, breakage_table
from tokenbooks.reports.csv_text import render_csv
from tokenbooks.reports.deferred import deferred_table
from tokenbooks.reports.modification_memo import modification_memo
from tokenbooks.reports.schedules import schedules_table
from tokenbooks.sources.files import names_file


def seller_texts(book: OpenBook, close: Close) -> dict[str, str]:
    """Path within the close -> text; nothing for a book that sells nothing."""
    facts = book.facts
    if not any(contract.sells for contract in facts.book.contracts.values()):
        return {}
    return {
        **_tables(facts, close),
        **dict(_breakage_memos(facts, close)),
        **dict(_modification_memos(book, close)),
        **dict(_actions_memos(close)),
    }


def _tables(facts: Facts, close: Close) -> dict[str, str]:
    places, sold = currency_places(facts.book.currency), close.computed.sold
    rows = deferred_to_date(facts, close.computed, close.period)
    return {
        "deferred.csv": render_csv(deferred_table(rows, places, close.period)),
        "breakage.csv": render_csv(breakage_table(sold.breakage, places, close.period)),
        "schedules.csv": render_csv(schedules_table(sold.advances, places, close.period)),
    }


def _breakage_memos(facts: Facts, close: Close) -> Iterator[tuple[str, str]]:
    """One memo a contract whose credits have cohorts."""
    currency = facts.book.currency
    by_contract: dict[str, list[CohortBreakage]] = {}
    for item in close.computed.sold.breakage:
        by_contract.setdefault(item.name.contract, []).append(item)
    for contract, found in by_contract.items():
        text = breakage_memo(contract, found, currency_places(currency), close.period, currency)
        yield f"memos/breakage-{contract}.md", text


def _actions_memos(close: Close) -> Iterator[tuple[str, str]]:
    """One memo a contract that sells by the piece."""
    found = close.computed.sold.actions
    for contract in sorted({item.contract for item in found}):
        own = [item for item in found if item.contract == contract]
        yield f"memos/actions-{contract}.md", actions_memo(contract, own, close.period)


def _modification_memos(book: OpenBook, close: Close) -> Iterator[tuple[str, str]]:
    """One memo a modification of the period, or that came late and is booked in it."""
    currency = book.facts.book.currency
    for found in close.computed.sold.modified:
        if found.item.day in close.period or _is_late(found, close):
            unit, files = unit_of(book.facts, found.item.contract), _digests(book, found.item)
            text = modification_memo(found, currency_places(currency), currency, unit, files)
            yield f"memos/modification-{found.item.id}.md", text


def _digests(book: OpenBook, item: Modification) -> dict[str, str]:
    """The digests of the plan of a contract, and of the evidence where it is a file of the book."""
    plan = book.facts.plan_of(book.facts.book.contracts[item.contract])
    names = [f"plans/{Path(plan.position.file).name}"]
    names += [item.evidence] if names_file(item.evidence) else []
    return {name: file_digest(book.folder / name) for name in documents_of(book, names)}


def _is_late(found: Modified, close: Close) -> bool:
    """Whether a close is the first that has a modification of an earlier month."""
    item, before = found.item, close.before
    if any((line.contract, line.unit) == (item.contract, item.id) for line in before.posted):
        return False
    if found.after:
        return not any(lot.id in before.lots for lot in found.after)
    if found.left:
        known = [before.lots[name].refunded for name in found.left if name in before.lots]
        return not any(known)
    # nothing but its approval tells when one became known that moves no money
    if any((line.contract, line.unit) == (item.contract, item.id) for line in close.changes):
        return True
    return item.approved_on is not None and item.approved_on in close.period
