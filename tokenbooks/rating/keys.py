"""Rating keys: which prices every distinct usage has, decided once a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenbooks.rating.matching import (
    Match,
    Outcome,
    PlanInForce,
    decisive_dimensions,
    match_meters,
)
from tokenbooks.rating.measures import is_measure
from tokenbooks.rating.plan import Plan
from tokenbooks.rating.requests import INSIDE, has_events
from tokenbooks.usage.keys import Key, distinct_keys, put_keys
from tokenbooks.usage.layout import EVENT

if TYPE_CHECKING:
    import duckdb

    from tokenbooks.usage.layout import Layout


@dataclass(frozen=True, slots=True)
class RatedKey:
    """A distinct usage with the price of each meter: a match, why there is none, or None."""

    id: int
    key: Key
    outcomes: Mapping[str, Outcome]

    def taken_out(self, meter: str) -> str | None:
        """The priced part that is taken out of a meter, such as reasoning of output."""
        part = next((part for part, whole in INSIDE.items() if whole == meter), None)
        return part if part and isinstance(self.outcomes.get(part), Match) else None


def rate_keys(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    plans: Mapping[str, PlanInForce],
) -> dict[int, RatedKey]:
    """Decide the prices of every distinct usage of the contracts.

    Creates the table ``rating_keys`` (see ``usage.keys``). ``plans`` is by contract.
    """
    dimensions = rating_dimensions(layout, plans)
    cuts = {contract: plan.cuts() for contract, plan in plans.items()}
    meters = [name for name in layout.meters if not is_measure(name)]
    rated: dict[int, RatedKey] = {}
    for key in distinct_keys(connection, dimensions, cuts):
        ruling = plans[key.contract]
        own = [name for name in meters if name not in ruling.plan.levels]
        outcomes = match_meters(ruling, key.values, own, key.at)
        rated[len(rated)] = RatedKey(len(rated), key, outcomes)
    decided = [(item.key, item.id) for item in rated.values()]
    put_keys(connection, "rating_keys", dimensions, decided)
    return rated


def rating_dimensions(layout: Layout, plans: Mapping[str, PlanInForce]) -> list[str]:
    """The kept dimensions on which a price of any of the plans can depend."""
    decisive = {name for ruling in plans.values() for name in decisive_dimensions(ruling.plan)}
    return [name for name in layout.dimensions if name in decisive]


def scope_dimensions(layout: Layout, plans: Mapping[str, PlanInForce]) -> list[str]:
    """The kept dimensions by which counters of any of the plans are kept apart."""
    found = {name for ruling in plans.values() for name in plan_scopes(ruling.plan)}
    return [name for name in layout.dimensions if name in found]


def plan_scopes(plan: Plan) -> set[str]:
    """The dimensions by which the counters of a plan are kept apart."""
    prices = [price for rate in plan.rates for price in rate.prices]
    named = {name for price in prices for name in price.scope} - {"party", "contract"}
    return named | ({EVENT} if has_events(plan) else set())
