"""Consumption of prepaid credits: Dr expense by class, Cr prepaid, at the lot's cost.

Rule: a prepayment becomes expense as the service is received, at what the credits cost
(ACCOUNTING 2.3; ASC 340-10, IAS 38.70). The lot is the unit of rounding: its cumulative
cost is rounded at the end of each service span, so that it ends at exactly zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from tokenbooks.amounts import share_out
from tokenbooks.credits.drawing import Draw
from tokenbooks.credits.lots import Lot
from tokenbooks.entries.destinations import Destinations, added
from tokenbooks.entries.posted import Destination, Line, Posted, add
from tokenbooks.entries.service import ServiceSpan, last_day_of


def consumption_to_date(
    lots: Iterable[Lot],
    draws: Iterable[Draw],
    destinations: Destinations,
    service_span: ServiceSpan,
    places: int,
) -> Posted:
    """What should be posted for all draws so far, by lot and service span."""
    drawn = _by_lot_and_service(draws, destinations, service_span)
    posted: Posted = {}
    for lot in lots:
        given = lot.used_before
        for service in sorted(drawn.get(lot.id, {}), key=last_day_of):
            quantity, weights = drawn[lot.id][service]
            amount = lot.cost_of(given + quantity, places) - lot.cost_of(given, places)
            given += quantity
            for destination, part in share_out(amount, weights, places).items():
                line = Line("consumption", lot.contract, lot.party, lot.id, service, *destination)
                add(posted, line, part)
            prepaid = Line(
                "consumption",
                lot.contract,
                lot.party,
                lot.id,
                service,
                "prepaid_credits",
                lot=lot.id,
            )
            add(posted, prepaid, -amount)
    return posted


def _by_lot_and_service(
    draws: Iterable[Draw], destinations: Destinations, service_span: ServiceSpan
) -> Mapping[str, Mapping[str, tuple[Fraction, dict[Destination, Fraction]]]]:
    drawn: dict[str, dict[str, tuple[Fraction, dict[Destination, Fraction]]]] = {}
    for draw in draws:
        service = service_span(draw.used_at.date())
        services = drawn.setdefault(draw.lot, {})
        quantity, weights = services.get(service, (Fraction(0), {}))
        added(weights, destinations.of(draw.parts, service))
        services[service] = (quantity + draw.quantity, weights)
    return drawn
