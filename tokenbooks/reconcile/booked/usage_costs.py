"""Which postings are the cost of usage: the second view of leg 2, and what leg 3 looks for.

Usage is expensed to the roles that an allocation may name: all those of AI services, images,
storage and fine-tuning, and whatever the book's rules and adjustments name themselves, such
as software that is capitalised. Not among them is what credits lose without use, what paying
costs, tax that stands alone, and exchange differences.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tokenbooks.entries.posted import Line
from tokenbooks.entries.service import last_day_of
from tokenbooks.facts import Facts
from tokenbooks.names import DEFAULT_ACCOUNTS
from tokenbooks.periods import Period

#: How the roles begin that usage goes to where a book says nothing else.
_USAGE = "ai_"

#: What usage and the terms of plans earn, of contracts that sell.
EARNED = {
    *("revenue_usage", "revenue_overage", "revenue_subscription", "revenue_shortfall"),
    "revenue_net_agency",
}

#: What was posted, by rule and by the month of the usage.
CostsBy = dict[tuple[str, Period], Decimal]


def cost_roles(facts: Facts) -> frozenset[str]:
    """The roles that the cost of usage goes to."""
    named = {share.role for rule in facts.book.allocate for share in rule.shares}
    named |= {row.role for row in facts.adjustments if row.role}
    usual = {role for role in DEFAULT_ACCOUNTS if role.startswith(_USAGE)}
    sells = any(contract.sells for contract in facts.book.contracts.values())
    return frozenset(usual | named | (EARNED if sells else set()))


def cost_accounts(facts: Facts) -> dict[str, frozenset[str]]:
    """The accounts that the cost of usage goes to, each with the contracts that use it."""
    return accounts_of(facts, cost_roles(facts))


def accounts_of(facts: Facts, roles: frozenset[str]) -> dict[str, frozenset[str]]:
    """The accounts of some roles, each with the contracts that use it."""
    found: dict[str, set[str]] = {}
    for contract in facts.book.contracts.values():
        for role in roles:
            found.setdefault(facts.book.account(role, contract), set()).add(contract.id)
    return {account: frozenset(contracts) for account, contracts in found.items()}


def costs_by(facts: Facts, contract: str, posted: Mapping[Line, Decimal]) -> CostsBy:
    """What of some lines is the cost of a contract's usage."""
    roles = cost_roles(facts)
    found: CostsBy = {}
    for line, amount in posted.items():
        # what has no service span is an estimate, and no usage of any month
        if line.contract == contract and line.role in roles and line.service:
            key = (line.rule, Period.month_of(last_day_of(line.service)))
            found[key] = found.get(key, Decimal(0)) + amount
    return found
