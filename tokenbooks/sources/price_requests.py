"""What a price says of each request: a least quantity, rounding up, and other prices by size."""

from __future__ import annotations

from itertools import pairwise

from tokenbooks.amounts import number_text
from tokenbooks.rating.measures import Threshold
from tokenbooks.rating.plan import RequestTerms, UnitPrice
from tokenbooks.sources.formats import quantity_of
from tokenbooks.sources.plan_reading import PlanReading
from tokenbooks.sources.unit_prices import read_unit_price
from tokenbooks.sources.yaml_tree import Node


def read_request_terms(node: Node, meters: tuple[str, ...], reading: PlanReading) -> RequestTerms:
    """The keys ``at_least``, ``step``, ``when_over`` and ``when_at_least`` of a price.

    Problems: ``quantity-zero``, and ``thresholds-order`` where the sizes of other prices
    do not rise, or are of more than one meter.
    """
    key = "when_at_least" if "when_at_least" in node else "when_over"
    read = [_read_threshold(item, key == "when_at_least", meters, reading) for item in node[key]]
    found = [item for item in read if item is not None]
    for (before, _, _), (threshold, _, place) in pairwise(found):
        if threshold.name != before.name:
            message = f"the sizes are of {before.name} and of {threshold.name}"
            help = "compare the same meter in every entry"
            reading.error("thresholds-order", message, help, place.position)
        elif threshold.size <= before.size:
            message = f"the size {number_text(threshold.size)} is not above the one before it"
            help = "list the entries by rising size"
            reading.error("thresholds-order", message, help, place.position)
    return RequestTerms(
        at_least=reading.placed(node["at_least"], quantity_of(node["at_least"].word())),
        step=reading.size(node, "step") if "step" in node else None,
        thresholds=tuple((threshold, unit) for threshold, unit, _ in found),
    )


def _read_threshold(
    item: Node, inclusive: bool, meters: tuple[str, ...], reading: PlanReading
) -> tuple[Threshold, UnitPrice, Node] | None:
    names = [name for name in item.entries if name != "price"]
    if len(names) > 1:
        message = f"an entry compares {' and '.join(names)}"
        help = "name one meter in an entry: {METER: SIZE, price: PRICE}"
        reading.error("thresholds-order", message, help, item.position)
    unit = read_unit_price(item["price"], reading, meters)
    size = quantity_of(item[names[0]].word()) if names else None
    if names:
        reading.placed(item[names[0]], size)
    return None if size is None else (Threshold(names[0], size, inclusive), unit, item)
