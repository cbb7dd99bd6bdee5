"""Balances of the accounts that the subledger owns, ours against the company's ledger."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tokenbooks.entries.mirror import booked
from tokenbooks.entries.posted import Posted
from tokenbooks.facts import Facts
from tokenbooks.names import OWNED_ROLES
from tokenbooks.periods import Period
from tokenbooks.reconcile.causes import BOOKED, RECORDED, Leg, leg
from tokenbooks.reconcile.ledger.recorded_causes import Scope, causes_of
from tokenbooks.reconcile.ledger.recorded_matching import Matching


@dataclass(frozen=True, slots=True)
class LedgerBalance:
    """An owned account at the end of a month: ours, the ledger's, and why they differ.

    ``role`` is prepaid_credits or accrued_expenses, or what mirrors them of contracts that
    sell; ``contracts`` share the account.
    Balances are debit positive.
    """

    account: str
    role: str
    contracts: tuple[str, ...]
    day: date
    leg: Leg


def ledger_balances(
    facts: Facts, matching: Matching, period: Period, posted: Posted
) -> tuple[LedgerBalance, ...]:
    """Each owned account at the end of a month; ``posted`` is what is posted to date by then.

    The matching needs the entries of all months up to then: what it lacks is unexplained.
    """
    balances = _balances(facts, posted)
    found = []
    for account, contracts in sorted(matching.accounts.owned.items()):
        scope = Scope({account}, lambda day: day < period.end, facts.book.currency)
        theirs = sum(map(scope.of_theirs, matching.pairs), Fraction(0))
        pairs = [pair for pair in matching.pairs if scope.concerns(pair)]
        causes = [cause for pair in pairs for cause in causes_of(pair, scope, matching.documents)]
        role = _role(facts, account, contracts)
        amounts = (Fraction(balances.get(account, Decimal(0))), theirs)
        both = leg(BOOKED, RECORDED, amounts, causes)
        if both.causes or any(amounts):
            found.append(
                LedgerBalance(account, role, tuple(sorted(contracts)), period.last_day, both)
            )
    return tuple(found)


def _balances(facts: Facts, posted: Posted) -> dict[str, Decimal]:
    """What is posted to date on the accounts that the subledger owns."""
    balances: dict[str, Decimal] = {}
    for line, amount in posted.items():
        if line.role in OWNED_ROLES:
            own = booked(facts.book, line, amount)
            balances[own.account] = balances.get(own.account, Decimal(0)) + own.amount
    return balances


def _role(facts: Facts, account: str, contracts: Collection[str]) -> str:
    contract = facts.book.contracts[min(contracts)]
    owned = (role for role in OWNED_ROLES if facts.book.account(role, contract) == account)
    return contract.own_role(next(owned))
