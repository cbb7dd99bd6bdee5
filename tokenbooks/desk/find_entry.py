"""Finding an entry: in the written closes, or in the period that would be closed next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tokenbooks.archive.journal_index import WrittenEntry, written_entries
from tokenbooks.archive.month import ClosedMonth
from tokenbooks.close.explanation import RelatedEntry
from tokenbooks.desk.close import Prepared, prepare_close
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.desk.stale import facts_seen, states_up_to
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import difference
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.book import BOOK_FILE
from tokenbooks.sources.files import shown

_NEAREST = 5

#: Tags by which an entry names the one that it goes back to.
_LINKS = ("corrects", "settles", "reverses")


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry, the close that it belongs to, and where its journal has it if it is written."""

    prepared: Prepared
    entry: Entry
    written: WrittenEntry | None = None


def find_entry(book: OpenBook, name: str) -> tuple[FoundEntry | None, list[Problem]]:
    """The entry of that id. Problem: ``entry-unknown``, with the ids that look most like it."""
    known: list[str] = []
    for month in book.months:
        for written in written_entries(month):
            if written.id == name:
                prepared, problems = prepare_again(book, month)
                return _found(prepared, name, written), problems
            known.append(written.id)
    prepared, problems = prepare_next(book)
    found = _found(prepared, name, None)
    if found is not None:
        return found, problems
    if prepared is not None:
        known += [entry.id for entry in prepared.close.entries]
    return None, [*problems, unknown_entry(book, name, known)]


def unknown_entry(book: OpenBook, name: str, known: Iterable[str]) -> Problem:
    """The problem that no entry has an id."""
    near = difflib.get_close_matches(name, list(dict.fromkeys(known)), n=_NEAREST)
    if near:
        help = f"the nearest: {', '.join(near)}"
    else:
        help = "`tokenbooks close -p PERIOD` prints the entries of a period with their ids"
    message = f"there is no entry '{name}' in the written closes or the open period"
    return error("entry-unknown", message, help, Position(book.place(BOOK_FILE)))


def prepare_again(book: OpenBook, month: ClosedMonth) -> tuple[Prepared | None, list[Problem]]:
    """Compute a written close again from the files and rows that it saw.

    Problem: ``explanation-differs`` where that no longer gives what was posted.
    """
    manifest = month.manifest
    seen = replace(book, facts=facts_seen(book.facts, manifest, states_up_to(book, month)))
    only = {record.path: record.size for record in manifest.files}
    prepared, found = prepare_close(
        seen, month.period, allow_unpriced=bool(manifest.unpriced), only=only
    )
    problems = [problem for problem in found if problem.is_error]
    if prepared is None:
        return None, problems
    if difference(prepared.close.posted, month.before.posted):
        message = f"{month.period} is written, but its inputs now give other figures"
        help = f"`tokenbooks check --replay` says which; write {month.period} again if it is right"
        place = Position(book.place(f"close/{month.period}/manifest.json"))
        return None, [*problems, error("explanation-differs", message, help, place)]
    return prepared, problems


def next_period(book: OpenBook) -> Period:
    """The earliest period that is not written."""
    written = {month.period for month in book.months}
    period = book.facts.book.start
    while period in written:
        period = period.next()
    return period


def prepare_next(book: OpenBook) -> tuple[Prepared | None, list[Problem]]:
    """Compute the close of the earliest period that is not written."""
    prepared, problems = prepare_close(book, next_period(book))
    return prepared, [problem for problem in problems if problem.is_error]


def related_entries(
    book: OpenBook,
    prepared: Prepared | None,
    contract: str,
    *,
    service: str = "",
    lot: str = "",
    kinds: Iterable[str] = (),
) -> list[RelatedEntry]:
    """Entries of a service span or a lot, in all written closes and in ``prepared``.

    ``kinds`` limits them; an id begins with its kind.
    """
    allowed = tuple(f"{kind}-" for kind in kinds) or ("",)
    found: list[RelatedEntry] = []
    periods = set()
    for month in book.months:
        periods.add(month.period)
        for entry in written_entries(month):
            spans = entry.tags.get("service-period", "").split(" to ")
            if entry.tags.get("contract") != contract or not entry.id.startswith(allowed):
                continue
            if (service and _within(service, spans)) or (lot and lot in entry.lots):
                place = shown(book.folder / entry.file)
                found.append(
                    RelatedEntry(entry.id, str(month.period), place, entry.line, _link(entry))
                )
    if prepared is not None and prepared.close.period not in periods:
        found += _computed(prepared, contract, service, lot, allowed)
    return found


def _computed(
    prepared: Prepared, contract: str, service: str, lot: str, allowed: tuple[str, ...]
) -> list[RelatedEntry]:
    period = str(prepared.close.period)
    found = []
    for entry in prepared.close.entries:
        tags = dict(entry.tags)
        lots = {value for p in entry.postings for key, value in p.tags if key == "lot"}
        spans = tags.get("service-period", "").split(" to ")
        mine = (service and _within(service, spans)) or (lot and lot in lots)
        if tags.get("contract") == contract and mine and entry.id.startswith(allowed):
            found.append(RelatedEntry(entry.id, period, "", 0, "not written yet"))
    return found


def _within(service: str, spans: list[str]) -> bool:
    return spans[0] <= service <= spans[-1]


def _link(entry: WrittenEntry) -> str:
    links = (f"{key} {entry.tags[key]}" for key in _LINKS if key in entry.tags)
    return next(links, "")


def _found(prepared: Prepared | None, name: str, written: WrittenEntry | None) -> FoundEntry | None:
    if prepared is None:
        return None
    entry = next((entry for entry in prepared.close.entries if entry.id == name), None)
    return FoundEntry(prepared, entry, written) if entry else None
