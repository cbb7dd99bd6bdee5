"""Revenue of months, told apart by what it is of (ASC 606-10-50-5, IFRS 15.114)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from tokenbooks.book import Book
from tokenbooks.entries.posted import Line, difference
from tokenbooks.entries.service import last_day_of
from tokenbooks.periods import Period

_REVENUE = "revenue_"


class RevenueKey(NamedTuple):
    """What some revenue is of; ``late`` tells that it was earned by service of an earlier month.

    ``kind`` is the role without its beginning: usage, subscription, overage, shortfall, breakage,
    net_agency.
    """

    contract: str
    kind: str
    cost_center: str
    jurisdiction: str
    late: bool


class PostedMonth(NamedTuple):
    """A month with what was posted to date before it and at its end."""

    period: Period
    before: Mapping[Line, Decimal]
    now: Mapping[Line, Decimal]


def revenue_of(book: Book, month: PostedMonth) -> dict[RevenueKey, Decimal]:
    """The revenue of a month; credits of revenue are positive."""
    found: dict[RevenueKey, Decimal] = {}
    for line, amount in difference(month.now, month.before).items():
        contract = book.contracts.get(line.contract)
        role = contract.own_role(line.role) if contract else line.role
        if contract is None or not role.startswith(_REVENUE):
            continue
        party = contract.parties.get(line.party)
        key = RevenueKey(
            line.contract,
            role.removeprefix(_REVENUE),
            line.cost_center,
            party.jurisdiction if party else "",
            _is_late(line, month.period),
        )
        own = amount if contract.sells else -amount
        found[key] = found.get(key, Decimal(0)) + own
    return {key: amount for key, amount in found.items() if amount}


def _is_late(line: Line, period: Period) -> bool:
    """Whether a line is of the service of an earlier month."""
    try:
        return bool(line.service) and last_day_of(line.service) < period.start
    except ValueError:
        return False


def revenue_by(
    months: Iterable[tuple[Period, Mapping[RevenueKey, Decimal]]], by: tuple[str, ...]
) -> dict[tuple[str, ...], dict[Period, Decimal]]:
    """Revenue of months under the chosen parts of its key."""
    found: dict[tuple[str, ...], dict[Period, Decimal]] = {}
    for period, sums in months:
        for key, amount in sums.items():
            name = tuple(str(getattr(key, part)) for part in by)
            own = found.setdefault(name, {})
            own[period] = own.get(period, Decimal(0)) + amount
    return found
