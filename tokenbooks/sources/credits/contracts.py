"""What contracts say of credits, checked with the plans: scopes and pools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tokenbooks.book import Contract
from tokenbooks.problems import Problem, error
from tokenbooks.rating.plan import Plan
from tokenbooks.sources.book import BookFile
from tokenbooks.sources.dimensions import check_scope, known_dimensions


def check_contract_credits(file: BookFile, plans: Mapping[str, Plan]) -> Iterator[Problem]:
    """``dimension-unknown`` of a contract's scope, and ``pool-currencies``."""
    known = known_dimensions(file.book, plans)
    for name, contract in file.book.contracts.items():
        place = file.tree["contracts"][name].key_position("scope")
        yield from check_scope(contract.scope, known, place)
    yield from _pools(file, plans)


def _pools(file: BookFile, plans: Mapping[str, Plan]) -> Iterator[Problem]:
    """Those who share a pool draw list value on each other's lots: in one currency."""
    first: dict[str, tuple[str, str]] = {}
    for contract in file.book.contracts.values():
        plan = plans.get(contract.plan)
        if plan is None:
            continue
        for pool in _pools_of(contract):
            other, currency = first.setdefault(pool, (contract.id, plan.currency))
            if currency != plan.currency:
                message = (
                    f"the pool '{pool}' has credits in {plan.currency},"
                    f" those of {other} are in {currency}"
                )
                help = "give the contracts pools of their own, one for each currency"
                yield error("pool-currencies", message, help, contract.position)


def _pools_of(contract: Contract) -> list[str]:
    return sorted({contract.pool, *(p.pool for p in contract.parties.values())} - {""})
