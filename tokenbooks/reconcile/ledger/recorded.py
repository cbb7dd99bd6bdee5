"""Leg 3 of the bridge: the expense of our entries against the company's own ledger.

Of a contract that sells it is the revenue, which stands as a credit in the ledger and as a value
above zero here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.reconcile.causes import BOOKED, RECORDED, Leg, leg
from tokenbooks.reconcile.ledger.recorded_causes import Scope, causes_of
from tokenbooks.reconcile.ledger.recorded_matching import Matching, Pair


def expense_scope(facts: Facts, matching: Matching, period: Period) -> Scope:
    """The expense of usage in a month."""
    return Scope(matching.accounts.costs, period.__contains__, facts.book.currency)


def recorded_legs(facts: Facts, matching: Matching, period: Period) -> dict[str, Leg]:
    """Our expense of a month (B) against that of the ledger (E), by contract.

    '' is what the ledger has on accounts of ours and belongs to no contract.
    """
    scope = expense_scope(facts, matching, period)
    pairs: dict[str, list[Pair]] = {contract: [] for contract in facts.book.contracts}
    for pair in matching.pairs:
        if scope.concerns(pair):
            pairs.setdefault(pair.contract, []).append(pair)
    return {
        contract: _leg(scope, own, matching, -1 if _sells(facts, contract) else 1)
        for contract, own in sorted(pairs.items())
    }


def _leg(scope: Scope, pairs: Sequence[Pair], matching: Matching, sign: int) -> Leg:
    ours = sum(map(scope.of_ours, pairs), Fraction(0))
    theirs = sum(map(scope.of_theirs, pairs), Fraction(0))
    causes = [
        replace(cause, amount=sign * cause.amount)
        for pair in pairs
        for cause in causes_of(pair, scope, matching.documents)
    ]
    return leg(BOOKED, RECORDED, (sign * ours, sign * theirs), causes)


def _sells(facts: Facts, contract: str) -> bool:
    return contract in facts.book.contracts and facts.book.contracts[contract].sells
