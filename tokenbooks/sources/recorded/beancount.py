"""Journals as beancount's own loader reads and books them; a package that may be missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tokenbooks.documents import RecordedPosting
from tokenbooks.problems import Position, Problem, error, merged
from tokenbooks.sources.files import shown
from tokenbooks.sources.recorded.balances import by_account
from tokenbooks.sources.recorded.comments import Tags, gathered, value_of
from tokenbooks.sources.recorded.refusals import refused
from tokenbooks.sources.recorded.wanted import WantedAccounts

#: How many complaints about one journal are told.
_TOLD = 5

_NO_TAGS = frozenset({"filename", "lineno"})


def has_beancount() -> bool:
    """Whether the package is installed."""
    return find_spec("beancount") is not None


def beancount_missing(path: Path) -> Problem:
    """The problem of a journal of beancount without the package."""
    message = "beancount journals are read by the package beancount, which is not installed"
    help = "pip install 'tokenbooks[beancount]', or export the ledger as CSV"
    return error("beancount-missing", message, help, Position(shown(path)))


def beancount_postings(
    path: Path, wanted: WantedAccounts
) -> tuple[list[RecordedPosting], list[Problem]]:
    """The postings of a journal that count, as bean-check would accept them."""
    entries, problems = _entries(path)
    return [
        posting
        for number, entry in enumerate(entries)
        for posting in _postings(entry, number, wanted)
    ], problems


def beancount_balances(path: Path, until: date) -> tuple[dict[str, Decimal] | None, list[Problem]]:
    """Balances that are not zero, by account, before a day."""
    entries, problems = _entries(path)
    if problems:
        return None, problems
    booked = [posting for entry in entries if entry.date < until for posting in entry.postings]
    return by_account((p.account, p.units.currency, p.units.number) for p in booked), []


def _entries(path: Path) -> tuple[list[Any], list[Problem]]:
    from beancount import loader
    from beancount.core.data import Transaction

    # the public function keeps a pickle beside the journal, and trusts one that is there
    load = loader._uncached_load_file
    entries, errors, _ = load(str(path.absolute()), None, None, None)  # type: ignore[no-untyped-call]  # it has no types
    if errors:
        return [], merged([_refusal(failure, path) for failure in errors], _TOLD)
    return [entry for entry in entries if isinstance(entry, Transaction)], []


def _refusal(failure: Any, path: Path) -> Problem:
    """What the loader says; of what stands in no file, such as a plugin, at the journal."""
    place = _position(failure.source)
    position = Position(shown(path)) if failure.source["filename"].startswith("<") else place
    return refused("beancount", failure.message.partition("Traceback")[0], position)


def _postings(entry: Any, number: int, wanted: WantedAccounts) -> Iterator[RecordedPosting]:
    of_entry = _tags(entry.meta)
    for posting in entry.postings:
        account = wanted.ours(posting.account)
        if account is None:
            continue
        tags = gathered(_tags(posting.meta or {}), of_entry)
        yield RecordedPosting(
            day=entry.date,
            account=account,
            amount=posting.units.number,
            currency=posting.units.currency,
            transaction=number,
            payee=entry.payee or "",
            narration=entry.narration or "",
            document=value_of(tags, "code") or value_of(tags, "document"),
            entry=value_of(tags, "entry"),
            tags=tags,
            position=_position(posting.meta or entry.meta),
        )


def _tags(meta: Mapping[str, Any]) -> Tags:
    """The metadata that a person wrote, as text."""
    written = {key: value for key, value in meta.items() if key not in _NO_TAGS}
    return tuple((k, str(v)) for k, v in written.items() if v is not None and k[:2] != "__")


def _position(meta: Mapping[str, Any]) -> Position:
    return Position(shown(Path(meta["filename"])), meta["lineno"])
