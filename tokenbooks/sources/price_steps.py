"""The steps of a tiered price: bounds that rise, each with a price, percentage or package."""

from __future__ import annotations

from decimal import Decimal

from tokenbooks.amounts import number_text
from tokenbooks.rating.plan import Step, UnitPrice
from tokenbooks.sources.formats import quantity_of
from tokenbooks.sources.plan_reading import PlanReading
from tokenbooks.sources.unit_prices import FREE, read_package_price, read_percent, read_unit_price
from tokenbooks.sources.yaml_tree import LIST, Node

#: How packages may be counted; ``half_up`` is for converted units only.
_PACKAGE_ROUNDINGS = ("up", "down")


def read_steps(node: Node, meters: tuple[str, ...], reading: PlanReading) -> tuple[Step, ...]:
    """The steps under ``steps``.

    Problems: ``steps-order`` (bounds that do not rise, an open step before others),
    ``key-missing``, ``key-alone``, ``price-mixed``, and those of the prices.
    """
    items = node.items if node.kind == LIST else ()
    steps: list[Step] = []
    reached = Decimal(0)
    for item in items:
        bound = quantity_of(item["up_to"].word())
        _check_bound(item, item is items[-1], reached, reading)
        reached = bound if bound is not None else reached
        packages = read_package_rounding(item["round"], reading) if "package" in item else ""
        price = _read_step_price(item, meters, reading)
        steps.append(Step(bound, price, reading.amount(item["flat"]), packages))
    _check_kinds(items, reading)
    return tuple(steps)


def read_package_rounding(node: Node, reading: PlanReading) -> str:
    """``up`` for packages that are started, the default, or ``down`` for completed ones."""
    word = node.word("up")
    if word == "half_up":
        message = "'half_up' is not how packages are counted"
        help = "write up for started packages, or down for completed ones"
        reading.error("value-invalid", message, help, node.position)
    return word if word in _PACKAGE_ROUNDINGS else "up"


def _read_step_price(item: Node, meters: tuple[str, ...], reading: PlanReading) -> UnitPrice:
    if "round" in item and "package" not in item:
        reading.key_alone(item, "round", "package")
    if "percent" in item:
        for key in ("price", "package"):
            if key in item:
                message = f"'{key}' does not go with a percentage"
                help = "keep one of the two"
                reading.error("price-mixed", message, help, item.key_position(key))
        return read_percent(item["percent"], reading)
    if "price" not in item:
        message = "the key 'price' is missing in the step"
        help = "write {up_to, price}, {up_to, percent}, or {up_to, package, price}"
        reading.error("key-missing", message, help, item.position)
        return FREE
    if "package" in item:
        return read_package_price(item["price"], reading.size(item, "package"), reading)
    return read_unit_price(item["price"], reading, meters)


def _check_kinds(items: tuple[Node, ...], reading: PlanReading) -> None:
    """All steps are percentages, or none is."""
    kinds = ["percent" in item for item in items]
    for item, kind in zip(items, kinds, strict=True):
        if kind != kinds[0]:
            message = "some steps are percentages, and others are prices"
            help = "write percent in every step, or in none"
            reading.error("price-mixed", message, help, item.position)
            return


def _check_bound(item: Node, last: bool, reached: Decimal, reading: PlanReading) -> None:
    bound = quantity_of(item["up_to"].word())
    if "up_to" not in item and not last:
        message = "a step without up_to takes everything, but others follow it"
        help = "add up_to: QUANTITY, or move the step to the end"
        reading.error("steps-order", message, help, item.position)
    if bound is not None and bound <= reached:
        message = f"the step ends at {number_text(bound)}, not above {number_text(reached)}"
        help = "list the steps by rising up_to, each above the one before"
        reading.error("steps-order", message, help, item["up_to"].position)
