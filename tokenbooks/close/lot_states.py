"""Each lot at the end of a period: what it brought, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from tokenbooks.close.computed import Computed
from tokenbooks.credits.drawing import Taken
from tokenbooks.entries.posted import Posted, is_of_lots
from tokenbooks.periods import Period, start_of


@dataclass(frozen=True, slots=True)
class LotState:
    """A lot at the end of a period, in credits and in cost.

    ``moved`` came from other lots, or went to them where it is negative; ``adjusted`` was
    corrected by the provider.
    """

    acquired: Fraction = Fraction(0)
    used: Fraction = Fraction(0)
    expired: Fraction = Fraction(0)
    refunded: Fraction = Fraction(0)
    moved: Fraction = Fraction(0)
    adjusted: Fraction = Fraction(0)
    cost_acquired: Decimal = Decimal(0)
    cost_used: Decimal = Decimal(0)
    cost_expired: Decimal = Decimal(0)
    cost_refunded: Decimal = Decimal(0)
    cost_moved: Decimal = Decimal(0)
    cost_adjusted: Decimal = Decimal(0)

    @property
    def left(self) -> Fraction:
        """Credits left."""
        gone = self.used + self.expired + self.refunded
        return self.acquired - gone + self.moved + self.adjusted

    @property
    def cost_left(self) -> Decimal:
        """Cost left: the prepaid balance of the lot."""
        gone = self.cost_used + self.cost_expired + self.cost_refunded
        return self.cost_acquired - gone + self.cost_moved + self.cost_adjusted


def lot_states(computed: Computed, period: Period) -> dict[str, LotState]:
    """Each lot at the end of a period."""
    states: dict[str, LotState] = {}
    costs = _lot_costs(computed.of_lots)
    taken = _lot_takings(computed.taken)
    for lot in computed.lots.values():
        ended = lot.ends is not None and lot.ends <= start_of(period.end)
        left = computed.tops[lot.id] - computed.given[lot.id]
        gone, cost = taken.get(lot.id, {}), costs.get(lot.id, {})
        state = LotState(
            acquired=lot.quantity - lot.used_before - lot.moved,
            used=computed.given[lot.id] - lot.used_before,
            expired=left if ended else Fraction(0),
            refunded=gone.get("refund", Fraction(0)),
            moved=lot.moved - gone.get("transfer", Fraction(0)),
            adjusted=-gone.get("adjustment", Fraction(0)),
        )
        states[lot.id] = _with_costs(state, cost)
    return states


#: Event of what was taken from a lot, or rule of a line -> how the roll-forward of lots has it.
_TAKEN_AS = {
    "refund": "refund",
    "chargeback": "refund",
    "transfer": "transfer",
    "rollover": "transfer",
    "pooled": "transfer",
    "modified": "transfer",
    "void": "adjustment",
    "adjust": "adjustment",
}
_LINE_AS = {
    "consumption": "consumption",
    "expiry": "expiry",
    "expiries": "expiry",
    "refund": "refund",
    "transfer": "transfer",
    "rollover": "transfer",
    "adjustment": "adjustment",
}


def _lot_takings(taken: Sequence[Taken]) -> dict[str, dict[str, Fraction]]:
    found: dict[str, dict[str, Fraction]] = {}
    for item in taken:
        own, kind = found.setdefault(item.lot, {}), _TAKEN_AS[item.event.event]
        own[kind] = own.get(kind, Fraction(0)) + item.quantity
    return found


def _lot_costs(posted: Posted) -> dict[str, dict[str, Decimal]]:
    costs: dict[str, dict[str, Decimal]] = {}
    for line, amount in posted.items():
        if is_of_lots(line) and line.lot:
            _add_cost(costs.setdefault(line.lot, {}), line.rule, amount)
    return costs


def states_together(posted: Posted) -> dict[str, LotState]:
    """The cost of all lots of each contract whose parties stand together in the journal."""
    contracts = {line.contract for line in posted if is_of_lots(line) and not line.lot}
    costs: dict[str, dict[str, Decimal]] = {contract: {} for contract in contracts}
    for line, amount in posted.items():
        if is_of_lots(line) and line.contract in contracts:
            _add_cost(costs[line.contract], line.rule, amount)
    return {contract: _with_costs(LotState(), own) for contract, own in sorted(costs.items())}


def _add_cost(costs: dict[str, Decimal], rule: str, amount: Decimal) -> None:
    kind = _LINE_AS.get(rule, "acquired")
    costs[kind] = costs.get(kind, Decimal(0)) + amount


def _with_costs(state: LotState, cost: Mapping[str, Decimal]) -> LotState:
    return replace(
        state,
        cost_acquired=cost.get("acquired", Decimal(0)),
        cost_used=-cost.get("consumption", Decimal(0)),
        cost_expired=-cost.get("expiry", Decimal(0)),
        cost_refunded=-cost.get("refund", Decimal(0)),
        cost_moved=cost.get("transfer", Decimal(0)),
        cost_adjusted=cost.get("adjustment", Decimal(0)),
    )
