"""Journals through the programs they are written for: postings, and balances."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from tokenbooks.documents import RecordedPosting
from tokenbooks.problems import Problem
from tokenbooks.sources.recorded.beancount import (
    beancount_balances,
    beancount_missing,
    beancount_postings,
    has_beancount,
)
from tokenbooks.sources.recorded.hledger import hledger_balances, hledger_postings
from tokenbooks.sources.recorded.ledger import ledger_balances, ledger_postings
from tokenbooks.sources.recorded.programs import HLEDGER, LEDGER, is_installed, program_missing
from tokenbooks.sources.recorded.wanted import WantedAccounts

BEANCOUNT = "beancount"

#: The programs that read a journal, by the name of its format, the first choice first.
#: One text serves hledger and ledger, until it is written for one of them.
EITHER = (HLEDGER, LEDGER)

_POSTINGS = {
    HLEDGER: hledger_postings,
    LEDGER: ledger_postings,
    BEANCOUNT: beancount_postings,
}
_BALANCES = {
    HLEDGER: hledger_balances,
    LEDGER: ledger_balances,
    BEANCOUNT: beancount_balances,
}


def postings_of(
    path: Path, programs: tuple[str, ...], wanted: WantedAccounts
) -> tuple[list[RecordedPosting], list[Problem]]:
    """The postings of a journal that count, as the first installed program reads it.

    Transactions are numbered from 0. Problems: ``recorded-program-missing``,
    ``beancount-missing``, ``journal-refused``, ``recorded-program-slow``.
    """
    program = _first_installed(programs)
    if program is None and BEANCOUNT in programs:
        return [], [beancount_missing(path)]
    if program is None:
        return [], [program_missing(path, *programs)]
    return _POSTINGS[program](path, wanted)


def read_journal(
    path: Path, format: str
) -> tuple[tuple[RecordedPosting, ...] | None, list[Problem]]:
    """All postings of a journal of ours as a real program reads it, includes included.

    ``format`` is ``ledger`` (the text of hledger and ledger) or ``beancount``. None, with
    no problem, where no program for it is installed; None where the program refuses it.
    """
    program = _first_installed(_programs_of(format))
    if program is None:
        return None, []
    postings, problems = _POSTINGS[program](path, WantedAccounts())
    return (None if problems else tuple(postings)), problems


def journal_balances(
    path: Path, format: str, until: date
) -> tuple[dict[str, Decimal] | None, list[Problem]]:
    """The balances that are not zero, by account, as a real program computes them.

    Of a journal in one currency, such as ours; before the day ``until``. None as in
    ``read_journal``.
    """
    program = _first_installed(_programs_of(format))
    return (None, []) if program is None else _BALANCES[program](path, until)


def program_of(format: str) -> str | None:
    """The installed program that reads journals of a format; None where there is none."""
    return _first_installed(_programs_of(format))


def _programs_of(format: str) -> tuple[str, ...]:
    return (BEANCOUNT,) if format == BEANCOUNT else EITHER


def _first_installed(programs: tuple[str, ...]) -> str | None:
    return next((name for name in programs if _is_there(name)), None)


def _is_there(name: str) -> bool:
    return has_beancount() if name == BEANCOUNT else is_installed(name)
