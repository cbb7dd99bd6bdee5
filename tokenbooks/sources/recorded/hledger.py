"""Journals as hledger reads them: postings from ``print``, balances from ``balance``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tokenbooks.documents import RecordedPosting
from tokenbooks.problems import Position, Problem
from tokenbooks.sources.files import shown
from tokenbooks.sources.recorded.balances import by_account
from tokenbooks.sources.recorded.comments import gathered, payee_and_narration, value_of
from tokenbooks.sources.recorded.programs import HLEDGER, ask
from tokenbooks.sources.recorded.refusals import refusal
from tokenbooks.sources.recorded.wanted import WantedAccounts

_REAL = "RegularPosting"


def hledger_postings(
    path: Path, wanted: WantedAccounts
) -> tuple[list[RecordedPosting], list[Problem]]:
    """The postings of a journal that count, virtual ones left out.

    The place of a posting is that of its entry: hledger tells no other.
    """
    answer = ask(HLEDGER, path, "print", "-O", "json", *_query(wanted.in_the_ledger))
    if answer.refused or answer.stopped:
        return [], refusal(HLEDGER, path, answer)
    return [
        posting
        for number, entry in enumerate(_parsed(answer.text))
        for posting in _postings(entry, number, path, wanted)
    ], []


def hledger_balances(path: Path, until: date) -> tuple[dict[str, Decimal] | None, list[Problem]]:
    """Balances that are not zero, by account, before a day."""
    answer = ask(HLEDGER, path, "balance", "--flat", "-O", "json", "-e", until.isoformat())
    if answer.refused or answer.stopped:
        return None, refusal(HLEDGER, path, answer)
    rows, _ = _parsed(answer.text)
    found = [(name, amount) for name, _, _, amounts in rows for amount in amounts]
    return by_account((name, amount["acommodity"], _number(amount)) for name, amount in found), []


def _parsed(text: str) -> Any:
    # its numbers with a point are approximations: nothing here uses them
    return json.loads(text, parse_float=str)


def _query(globs: tuple[str, ...]) -> list[str]:
    """Patterns that fit at least the accounts of the globs; the exact choice is ours."""
    return ["acct:^" + re.sub(r"[^A-Za-z0-9:*]", ".", glob).replace("*", ".*") for glob in globs]


def _postings(
    entry: dict[str, Any], number: int, path: Path, wanted: WantedAccounts
) -> Iterator[RecordedPosting]:
    payee, narration = payee_and_narration(entry["tdescription"], entry["tcomment"])
    position = _position(entry["tsourcepos"], path)
    of_entry = [(key, value) for key, value in entry["ttags"]]
    for posting in entry["tpostings"]:
        account = wanted.ours(posting["paccount"])
        if account is None or posting["ptype"] != _REAL:
            continue
        tags = gathered(((key, value) for key, value in posting["ptags"]), of_entry)
        for amount in posting["pamount"]:
            yield RecordedPosting(
                day=date.fromisoformat(posting["pdate"] or entry["tdate"]),
                account=account,
                amount=_number(amount),
                currency=amount["acommodity"],
                transaction=number,
                payee=payee,
                narration=narration,
                document=entry["tcode"] or value_of(tags, "document"),
                entry=value_of(tags, "entry"),
                tags=tags,
                position=position,
            )


def _number(amount: dict[str, Any]) -> Decimal:
    """The amount, of which hledger tells at most ten decimals; long ones with an exponent."""
    quantity = amount["aquantity"]
    return Decimal(f"{Decimal(quantity['decimalMantissa']):f}E-{quantity['decimalPlaces']}")


def _position(places: Any, path: Path) -> Position:
    """Where an entry begins; versions before 1.24 tell it in another form, which is not read."""
    if not isinstance(places, list) or not places:
        return Position(shown(path))
    start = places[0]
    return Position(shown(Path(start["sourceName"])), start["sourceLine"], start["sourceColumn"])
