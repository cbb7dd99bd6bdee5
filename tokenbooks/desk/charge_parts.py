"""From a row of charges to the parts of usage that it is: what lots cover is told by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.close.coverage import PartWeight
from tokenbooks.rating.charges import ALLOCATION, FEE, POOL, TERM, Part
from tokenbooks.rating.matching import Match
from tokenbooks.rating.rated import Rated
from tokenbooks.rating.term_charges import FEES
from tokenbooks.usage.layout import Layout, dimension_column, meter_column

if TYPE_CHECKING:
    import duckdb

Charge = Mapping[str, str]


def parts_of_charge(
    connection: duckdb.DuckDBPyConnection, rated: Rated, layout: Layout, charge: Charge
) -> list[PartWeight]:
    """The parts that a row of ``charges`` consists of, with their weights by quantity."""
    terms = list(_terms(rated, charge))
    if terms:
        return terms
    weights: dict[tuple[Part, int], Fraction] = {}
    exact = "AND p.rate = $rate AND p.text = $price AND p.modifiers = $modifiers"
    # a price that was corrected since is another one now
    rows = _usage(connection, layout, charge, exact) or _usage(connection, layout, charge, "")
    for rating, allocation, quantity in rows:
        parts = list(_parts(rated, rating, allocation, charge))
        for part in parts:
            key = (part, allocation)
            weights[key] = weights.get(key, Fraction(0)) + Fraction(quantity) / len(parts)
    found = [
        PartWeight(part, allocation, abs(weight)) for (part, allocation), weight in weights.items()
    ]
    return found or [PartWeight(None, -1)]


def _terms(rated: Rated, charge: Charge) -> Iterator[PartWeight]:
    """The term of a plan that a row is, in its month."""
    for term in rated.charges.terms.values():
        same = (term.contract, term.party, term.kind, term.name, term.text)
        months = {f"{at:%Y-%m}" for at in term.steps}
        named = (charge[name] for name in ("contract", "party", "rate", "meter", "price"))
        if same == tuple(named) and charge["service_period"] in months:
            yield PartWeight(Part(FEE if term.kind == FEES else TERM, term.id), -1)


def _usage(
    connection: duckdb.DuckDBPyConnection, layout: Layout, charge: Charge, exact: str
) -> list[tuple[int, int, str]]:
    """The rating keys and allocations behind a row, with their quantities."""
    dimensions = [name for name in layout.dimensions if name in charge]
    same = "".join(
        f" AND coalesce(k.{dimension_column(name)}, '') = $d{number}"
        for number, name in enumerate(dimensions)
    )
    quantity = "".join(
        f" WHEN '{meter.replace(chr(39), chr(39) * 2)}' THEN k.{meter_column(meter)}::DECIMAL(38,9)"
        for meter in layout.meters
    )
    if not quantity:
        return []
    names = ["contract", "party", "service_period", "meter", "class", "cost_center"]
    names += ["rate", "price", "modifiers"] if exact else []
    given = {name: charge[name] for name in names}
    given |= {f"d{number}": charge[name] for number, name in enumerate(dimensions)}
    return connection.execute(
        "SELECT k.rating, k.allocation, sum(s.share * (CASE p.quantity_of"
        f"{quantity} END))::VARCHAR FROM charge_keys k"
        " JOIN (SELECT DISTINCT rating, party, service_period, allocation, quantity_of, meter,"
        " rate, text, modifiers FROM charge_prices) p ON k.rating = p.rating"
        " AND k.party = p.party AND k.service_period = p.service_period"
        " AND k.allocation = p.allocation JOIN allocation_shares s ON k.allocation = s.allocation"
        " WHERE k.contract = $contract AND k.party = $party"
        " AND k.service_period = $service_period AND p.meter = $meter"
        f" AND coalesce(s.class, '') = $class AND coalesce(s.cost_center, '') = $cost_center"
        f"{same} {exact} GROUP BY ALL HAVING sum(s.share * (CASE p.quantity_of{quantity} END)) <> 0"
        " ORDER BY ALL",
        given,
    ).fetchall()


def _parts(rated: Rated, rating: int, allocation: int, charge: Charge) -> Iterator[Part]:
    """The part in which some usage is: a counter's, or that of its allocation."""
    item = rated.keys[rating]
    prices = {
        id(outcome.price)
        for outcome in item.outcomes.values()
        if isinstance(outcome, Match)
        and outcome.price.counted
        and charge["price"] in ("", str(outcome.price))
    }
    found = [
        Part(POOL, pool.id)
        for pool in rated.charges.pools.values()
        if (pool.contract, pool.party) == (charge["contract"], charge["party"])
        and any(allocation in weights for weights in pool.weights.values())
        and any(id(c.price) in prices for step in pool.steps.values() for c in step.values())
    ]
    yield from found or [Part(ALLOCATION, allocation)]
