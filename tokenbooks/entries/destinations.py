"""Destinations: the class and cost centre of each part of a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from tokenbooks.book import Contract
from tokenbooks.entries.posted import Destination
from tokenbooks.facts import Facts
from tokenbooks.rating.charges import FEE, TERM, Charges, Part, shared
from tokenbooks.rating.plan import Plan
from tokenbooks.rating.term_charges import FEES, MINIMUM, OVERAGE, SHORTFALL
from tokenbooks.usage.allocation import REVENUE, SINGLE_EXPENSE, UNALLOCATED, Allocation

#: Revenue of usage that comes on top of what a fee or a commitment includes.
BEYOND = "revenue_overage"

#: Kind of a plan's term -> the role of revenue that a seller earns by it.
_EARNED_AS = {
    FEES: "revenue_subscription",
    OVERAGE: BEYOND,
    SHORTFALL: "revenue_shortfall",
    MINIMUM: "revenue_shortfall",
}


class Destinations:
    """Resolves parts of a value to destinations, over all contracts of a run."""

    def __init__(self, charges: Charges, allocations: Mapping[int, Allocation]) -> None:
        self._charges = charges
        self._shares = {
            item.id: [
                (Destination(s.role, s.class_, s.cost_center), Fraction(s.share) / 100)
                for s in item.shares
            ]
            for item in allocations.values()
        }

    def of(
        self, parts: Mapping[Part, Fraction], service: str, *, beyond: bool = False
    ) -> dict[Destination, Fraction]:
        """The parts of a value in a service span, by destination.

        A pool is shared over its keys by quantity x modifier factor in that span. Of a seller
        fees and other terms earn roles of their own, and so does usage ``beyond`` its credits.
        """
        result: dict[Destination, Fraction] = {}
        for part, value in parts.items():
            earned = self.earned(part, beyond=beyond)
            for allocation, weight in self._allocations(part, service):
                for destination, share in self._shares[allocation]:
                    to = in_role(destination, earned)
                    result[to] = result.get(to, Fraction(0)) + value * weight * share
        return result

    def earned(self, part: Part, *, beyond: bool = False) -> str:
        """The role of revenue that a term of a plan earns; '' for usage that credits pay."""
        if beyond:
            return BEYOND
        if part.kind not in {FEE, TERM}:
            return ""
        return _EARNED_AS.get(self._charges.terms[part.id].kind, "")

    def _allocations(self, part: Part, service: str) -> Iterable[tuple[int, Fraction]]:
        return shared(self._charges.weights(part, service))


def in_role(destination: Destination, earned: str) -> Destination:
    """A destination of a seller's usage in another role of revenue; others stay."""
    if earned and destination.role in {REVENUE, BEYOND}:
        return destination._replace(role=earned)
    return destination


def default_destination(facts: Facts, contract: str) -> Destination:
    """Where a contract's expense, or revenue, goes for which nothing is rated."""
    own = facts.book.contracts[contract]
    if own.sells:
        return Destination(revenue_role(own, facts.plan_of(own)), "", "")
    share = UNALLOCATED if facts.book.allocate else SINGLE_EXPENSE
    return Destination(share.role, share.class_, share.cost_center)


def earned_roles(facts: Facts) -> dict[str, str]:
    """The role of revenue of the usage of each contract that sells."""
    return {
        contract.id: revenue_role(contract, facts.plan_of(contract))
        for contract in facts.book.contracts.values()
        if contract.sells
    }


def revenue_role(contract: Contract, plan: Plan) -> str:
    """The revenue that usage of a contract is: an agent earns the net of it only.

    Where a fee includes units, what is charged beside it is overage (ACCOUNTING 6.3, P032).
    """
    if contract.revenue.gross_net == "agent":
        return "revenue_net_agency"
    includes = any(fee.allowance.includes for fee in plan.terms.fees)
    return BEYOND if includes else REVENUE


def added(
    sums: dict[Destination, Fraction], more: Mapping[Destination, Fraction]
) -> dict[Destination, Fraction]:
    """Add values by destination to sums, in place."""
    for destination, value in more.items():
        sums[destination] = sums.get(destination, Fraction(0)) + value
    return sums
