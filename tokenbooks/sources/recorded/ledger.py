"""Journals as ledger reads them, told in fields that control characters separate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

from tokenbooks.documents import RecordedPosting
from tokenbooks.problems import Position, Problem
from tokenbooks.sources.files import shown
from tokenbooks.sources.recorded.comments import gathered, payee_and_narration, tags_of, value_of
from tokenbooks.sources.recorded.programs import LEDGER, ask
from tokenbooks.sources.recorded.refusals import refusal, refused
from tokenbooks.sources.recorded.wanted import WantedAccounts

#: What no text of a journal has: the separators of units and of records.
_BETWEEN, _END = "\x1f", "\x1e"

_FIELDS = (
    '%(format_date(date, "%Y-%m-%d"))',
    "%(xact.filename)",
    "%(xact.beg_line)",
    "%(beg_line)",
    "%(account)",
    "%(quantity(scrub(amount)))",
    "%(commodity(scrub(amount)))",
    "%(payee)",
    "%(code)",
    "%(note)",
    "%(xact.note)",
)


def ledger_postings(
    path: Path, wanted: WantedAccounts
) -> tuple[list[RecordedPosting], list[Problem]]:
    """The postings of a journal that count, virtual ones left out."""
    line = _BETWEEN.join(_FIELDS) + _END
    answer = ask(LEDGER, path, "register", "--real", "--empty", "--format", line)
    if answer.refused or answer.stopped:
        return [], refusal(LEDGER, path, answer)
    records = [record.split(_BETWEEN) for record in answer.text.split(_END)[:-1]]
    if any(len(record) != len(_FIELDS) for record in records):
        message = "it has control characters in its texts, so its answer cannot be read"
        return [], [refused(LEDGER, message, Position(shown(path)))]
    return list(_postings(records, wanted)), []


def ledger_balances(path: Path, until: date) -> tuple[dict[str, Decimal] | None, list[Problem]]:
    """Balances that are not zero, by account, before a day."""
    line = f"%(account){_BETWEEN}%(quantity(scrub(display_total))){_END}"
    before = ("--end", until.isoformat())
    answer = ask(LEDGER, path, "balance", *before, "--flat", "--no-total", "--format", line)
    if answer.refused or answer.stopped:
        return None, refusal(LEDGER, path, answer)
    rows = [record.split(_BETWEEN) for record in answer.text.split(_END)[:-1]]
    return {account: Decimal(total) for account, total in rows}, []


def _postings(records: list[list[str]], wanted: WantedAccounts) -> Iterator[RecordedPosting]:
    number, last = -1, ("", "")
    for day, file, line, own_line, name, amount, currency, header, code, notes, note in records:
        if (file, line) != last:
            number, last = number + 1, (file, line)
        account = wanted.ours(name)
        if account is None:
            continue
        payee, narration = payee_and_narration(header, note)
        # of a posting ledger tells its own note, right before that of its entry
        tags = gathered(tags_of(notes.removesuffix(note)), tags_of(note))
        yield RecordedPosting(
            day=date.fromisoformat(day),
            account=account,
            amount=Decimal(amount),
            currency=currency.strip('"'),
            transaction=number,
            payee=payee,
            narration=narration,
            document=code or value_of(tags, "document"),
            entry=value_of(tags, "entry"),
            tags=tags,
            # amounts that ledger itself adds stand in no line of their own
            position=Position(shown(Path(file)), int(own_line) or int(line)),
        )
