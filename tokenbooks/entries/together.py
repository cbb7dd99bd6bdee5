"""Lines of contracts with many parties: all parties together, without party and lot.

The journal of such a contract tells what all of its parties come to in a month; tables tell
each (DESIGN 8). Amounts are those of the single lines, which stay the units of rounding. What
is taken away from a lot, and what documents bill, keeps lines of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal

from tokenbooks.entries.booking import Booking
from tokenbooks.entries.buy.accrual_exchange import ACCRUAL
from tokenbooks.entries.buy.owed import Owed
from tokenbooks.entries.destinations import added
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, add, by_unit
from tokenbooks.entries.service import last_day_of

#: Rules whose lines are of single lots, and the rule under which all lots stand together.
RULES = {
    "opening": "openings",
    "purchase": "purchases",
    "consumption": "consumption",
    "expiry": "expiries",
}


def together(
    posted: Mapping[Line, Decimal],
    contracts: Collection[str],
    documented: Collection[tuple[str, str]],
) -> Posted:
    """The lines with those of many parties summed, by contract and service span.

    ``documented`` are the accounts with documents or opening balances of their own.
    """
    if not contracts:
        return dict(posted)
    lots = {line[:4] for line in posted if line.rule == "opening" and line.lot}
    found: Posted = {}
    for line, amount in posted.items():
        own = (line.contract, line.party) in documented
        is_lot = line.rule in RULES and (line.rule != "opening" or line[:4] in lots)
        if line.contract in contracts and (is_lot or (line.rule == "service" and not own)):
            rule = RULES.get(line.rule, line.rule)
            line = Line(rule, line.contract, "", line.service, line.service, *line[5:8])
        elif line.contract in contracts and not own and line.unit.startswith(ACCRUAL):
            line = line._replace(party="")
        add(found, line, amount)
    return found


def owed_together(
    owed: Iterable[Owed],
    contracts: Collection[str],
    documented: Collection[tuple[str, str]],
) -> dict[tuple[str, str, str], Owed]:
    """What is owed, as its lines stand together."""
    found: dict[tuple[str, str, str], Owed] = {}
    for item in owed:
        own = item.contract not in contracts or (item.contract, item.party) in documented
        key = (item.contract, item.party if own else "", item.service)
        if own:
            found[key] = item
            continue
        whole = found.setdefault(key, Owed(*key))
        added(whole.weights, item.weights)
        whole.open_value += item.open_value
        whole.accrued += item.accrued
        whole.rate = item.rate
    return found


def entries_of_parties(booking: Booking, changes: Mapping[Line, Decimal]) -> Iterator[Entry]:
    """The entries of lots that stand together: one a contract, month and kind.

    Dated the last day of the month, those of the opening the first day of the book.
    """
    for kind, plural, narration, rule in (
        ("opening", "openings", "Opening balance of all parties", "opening-balance"),
        ("purchase", "purchases", "Credits of all parties bought", "prepaid-purchase"),
        ("expiry", "expiries", "Expired credits of all parties written off", "expired-credits"),
    ):
        for unit, amounts in by_unit(changes, plural).items():
            if kind == "expiry" and booking.facts.book.contracts[unit.contract].sells:
                continue
            is_opening = kind == "opening"
            start = booking.facts.book.start.start
            yield booking.entry(
                kind,
                unit.contract,
                unit.unit,
                start if is_opening else last_day_of(unit.service),
                narration,
                amounts,
                rule=rule,
                service="" if is_opening else unit.service,
                late=booking.period.start if is_opening else None,
            )
