"""Lots that a plan makes without a row: recurring grants, and bonuses by size of purchase.

Rows may name them: a void of this month's free credits, an extension. They are called
``<contract>-<grant>-<first day>``, with the party in between, and ``<purchase>-bonus-<day>``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from tokenbooks.book import Contract
from tokenbooks.credits.recurring import occurrences
from tokenbooks.documents import CreditEvent
from tokenbooks.names import party_identifier
from tokenbooks.periods import Period, start_of
from tokenbooks.rating.credit_terms import BonusTerms, CreditTerms, RecurringGrant
from tokenbooks.sources.formats import read_value

_DATED = re.compile(r"(.+)-(\d{4}-\d{2}-\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class PlanLot:
    """A lot that a plan makes: list value, first day, and local end where the plan says one."""

    quantity: Fraction
    begins: date
    ends: datetime | None = None


def plan_lot(
    name: str,
    contract: Contract,
    party: str,
    terms: CreditTerms,
    start: Period,
    makers: Mapping[str, CreditEvent],
) -> PlanLot | None:
    """The lot of that name that the plan gives a party; None where it gives none.

    ``start`` is the first month of the book, ``makers`` are the rows that make lots.
    """
    dated = _DATED.fullmatch(name)
    day = read_value("day", dated[2]) if dated else None
    if dated is None or not isinstance(day, date):
        return None
    for grant in terms.recurring:
        if dated[1] == "-".join(filter(None, (contract.id, party_identifier(party), grant.name))):
            return _recurring(grant, contract, party, start, day)
    purchase = makers.get(dated[1].removesuffix("-bonus"))
    owner = (contract.id, party)
    if purchase is None or (purchase.contract, purchase.party) != owner or purchase.day != day:
        return None
    return _bonus(terms.bonus, purchase) if dated[1].endswith("-bonus") else None


def _recurring(
    grant: RecurringGrant, contract: Contract, party: str, start: Period, day: date
) -> PlanLot | None:
    own = contract.parties.get(party)
    first = (own.from_day if own else None) or contract.from_day or start.start
    last = (own.until_day if own else None) or contract.until_day or day + timedelta(days=1)
    for item in occurrences(grant, start_of(first), start_of(last)):
        if item.starts.date() == day:
            return PlanLot(item.credits, day, item.ends)
    return None


def _bonus(rules: tuple[BonusTerms, ...], purchase: CreditEvent) -> PlanLot | None:
    reached = [rule for rule in rules if purchase.credits >= rule.from_credits]
    if purchase.event != "purchase" or not reached:
        return None
    best = max(reached, key=lambda rule: rule.from_credits)
    expires = best.expires.after(start_of(purchase.day)) if best.expires else None
    ends = expires + timedelta(days=1) if expires else None
    quantity = Fraction(purchase.credits) * Fraction(best.percent) / 100
    return PlanLot(quantity, purchase.day, ends)
