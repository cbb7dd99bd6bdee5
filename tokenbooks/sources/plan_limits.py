"""What prices by request cannot do together with the rest of a plan.

Such a price is a sum over requests. What must come off a request before it is priced (a
part with a price of its own, units that a fee includes) is known of each meter's sum only,
so that it can be taken off a price per unit, and not off a tier or a least quantity.
"""

from __future__ import annotations

from collections.abc import Iterator

from tokenbooks.problems import Problem, error
from tokenbooks.rating.plan import MeterPrice, Plan
from tokenbooks.rating.requests import INSIDE


def check_limits(plan: Plan) -> Iterator[Problem]:
    """``price-mixed``: prices by request whose quantity another term of the plan reduces."""
    prices = [price for rate in plan.rates for price in rate.prices]
    priced = {meter for price in prices for meter in price.meters}
    included = {meter for fee in plan.terms.fees for meter in fee.allowance.includes}
    for price in prices:
        if not price.by_request:
            continue
        yield from _parts_taken_out(price, priced)
        if len(price.meters) > 1 and included.intersection(price.meters):
            meter = min(included.intersection(price.meters))
            message = f"a fee includes {meter}, which '{price.name}' prices with others by request"
            help = f"price {meter} by itself, or count the tiers over a span such as month"
            yield error("price-mixed", message, help, price.position)


def _parts_taken_out(price: MeterPrice, priced: set[str]) -> Iterator[Problem]:
    """A part with its own price comes off its whole, which must be priced per unit."""
    terms = price.requests
    per_unit = terms is not None and terms.at_least is None and terms.step is None
    for part, whole in INSIDE.items():
        if whole in price.meters and part in priced and not (per_unit and len(price.meters) == 1):
            message = f"{part} stand in {whole} and have a price of their own"
            help = f"take the price of {part} away, or price {whole} per unit"
            yield error("price-mixed", message, help, price.position)
