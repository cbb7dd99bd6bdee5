"""Credit losses of a period: what is open, what is written off, and what is kept for losses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tokenbooks.close.allowances import Kept, find_allowances, kept_for, unestimated
from tokenbooks.close.receivables import Receivable, receivable_ledger
from tokenbooks.close.written_off import find_write_offs
from tokenbooks.credits.drawing import Taken
from tokenbooks.credits.lots import Lot
from tokenbooks.entries.exchange import Exchange
from tokenbooks.entries.posted import Line, Posted
from tokenbooks.entries.sell.allowance import allowance_to_date
from tokenbooks.entries.sell.write_off import Recovered, WrittenOff, write_offs_to_date
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.problems import Problem


@dataclass(frozen=True, slots=True)
class CreditLosses:
    """What is open at the end of a period, what is kept for its loss, and what was lost.

    ``lines`` are those of write-offs, recoveries and allowances, in the seller's roles.
    """

    open: tuple[Receivable, ...] = ()
    kept: tuple[Kept, ...] = ()
    written: tuple[WrittenOff, ...] = ()
    recovered: tuple[Recovered, ...] = ()
    lines: Posted = field(default_factory=dict)


def credit_losses(
    facts: Facts,
    of_lots: Mapping[Line, Decimal],
    lots: Mapping[str, Lot],
    taken: Iterable[Taken],
    posted: Mapping[Line, Decimal],
    exchange: Exchange,
    period: Period,
) -> tuple[CreditLosses, list[Problem]]:
    """The credit losses to date; ``posted`` are all other lines, in the payer's view."""
    ledger = receivable_ledger(facts, posted, of_lots, lots, taken)
    written, recovered, problems = find_write_offs(facts, ledger, exchange, period)
    raised, written = find_allowances(facts, ledger, written, period)
    found = tuple(ledger.open_at(period.last_day))
    kept = tuple(kept_for(facts, found, period.last_day))
    lines = write_offs_to_date(written, recovered) | allowance_to_date(raised, written)
    problems += unestimated(facts, kept, period)
    return CreditLosses(found, kept, written, recovered, lines), problems
