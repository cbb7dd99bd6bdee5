"""Leg 3 of the bridge: the expense of our entries against the company's own ledger."""

from __future__ import annotations

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
        contract: leg(
            BOOKED,
            RECORDED,
            (
                sum(map(scope.of_ours, own), Fraction(0)),
                sum(map(scope.of_theirs, own), Fraction(0)),
            ),
            [cause for pair in own for cause in causes_of(pair, scope, matching.documents)],
        )
        for contract, own in sorted(pairs.items())
    }
