"""What should have been posted to date, and the difference to what was.

One rule serves everything, on time or late: each close computes this table with all facts
known by then, and posts the table less what earlier closes posted.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple


class Destination(NamedTuple):
    """Where an expense goes."""

    role: str
    class_: str
    cost_center: str


class Line(NamedTuple):
    """One line of the table: what was posted, for which unit and service span.

    Role and amount are those of the payer, also of a contract that sells (``entries.mirror``).
    ``rule`` is opening, purchase, consumption, expiry, service (accrued and invoiced
    usage), approved (accruals by judgement), payable, receipt, exchange (differences at month
    ends and payments), or exchange-billed (those that an invoice brings). ``unit`` is what is
    rounded as one: the lot, the service span, the document, the row, or the liability that is
    remeasured. ``service`` is the span in which the usage happened; of exchange the day of the
    rate.
    """

    rule: str
    contract: str
    party: str
    unit: str
    service: str
    role: str
    class_: str = ""
    cost_center: str = ""
    lot: str = ""


#: Rules that only sellers have: their lines on deferred revenue are of no single lot.
SELLER_RULES = frozenset(
    {
        *("breakage", "advance", "advance-earned", "estimate", "bundle", "promotion"),
        *("modified", "allowance", "write-off", "recovery"),
    }
)

#: Amounts by line, debit positive, at the places of the book's currency.
Posted = dict[Line, Decimal]


def is_of_lots(line: Line) -> bool:
    """Whether a line moves the cost of lots."""
    return line.role == "prepaid_credits" and line.rule not in SELLER_RULES


def add(posted: Posted, line: Line, amount: Decimal) -> None:
    """Add an amount to a line; lines of zero are kept out."""
    total = posted.get(line, Decimal(0)) + amount
    if total:
        posted[line] = total
    else:
        posted.pop(line, None)


def difference(now: Mapping[Line, Decimal], before: Mapping[Line, Decimal]) -> Posted:
    """What must be posted so that ``before`` becomes ``now``."""
    changes: Posted = {}
    for line in sorted({*now, *before}):
        add(changes, line, now.get(line, Decimal(0)) - before.get(line, Decimal(0)))
    return changes


class Unit(NamedTuple):
    """What is posted together: the lines of one unit of one rule in one service span."""

    contract: str
    party: str
    unit: str
    service: str


def by_unit(changes: Mapping[Line, Decimal], rule: str) -> dict[Unit, Posted]:
    """The lines of a rule, by unit."""
    units: dict[Unit, Posted] = {}
    for line, amount in changes.items():
        if line.rule == rule:
            unit = Unit(line.contract, line.party, line.unit, line.service)
            units.setdefault(unit, {})[line] = amount
    return units


def by_service(changes: Mapping[Line, Decimal], rule: str) -> dict[tuple[str, str], Posted]:
    """The lines of a rule, by contract and service span, all its units together."""
    services: dict[tuple[str, str], Posted] = {}
    for line, amount in changes.items():
        if line.rule == rule:
            services.setdefault((line.contract, line.service), {})[line] = amount
    return services
