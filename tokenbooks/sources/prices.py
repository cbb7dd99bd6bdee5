"""The prices of a rate: per unit, with a free allowance, or in tiers."""

from __future__ import annotations

from decimal import Decimal

from tokenbooks.amounts import number_text
from tokenbooks.problems import Problem, error
from tokenbooks.rating.plan import MeterPrice, Step, UnitPrice
from tokenbooks.sources.formats import UNKNOWN_PRICE, number_of, quantity_of, read_value
from tokenbooks.sources.yaml_tree import LIST, MAPPING, NOTHING, SCALAR, Node

_FREE = UnitPrice(Decimal(0))


def read_price(meter: str, node: Node, problems: list[Problem]) -> MeterPrice | None:
    """The price of a meter; None where it is not written in a way that can be priced."""
    if node.kind == SCALAR:
        unit = read_unit_price(node, problems)
        return MeterPrice(meter, (meter,), "per_unit", (Step(None, unit),), position=node.position)
    if node.kind != MAPPING:
        return None
    meters = node["of"].words() or (meter,)
    _check_keys(node, problems)
    if "tiers" in node or "steps" in node:
        steps = _read_steps(node, problems)
        model = node["tiers"].word("graduated")
        over = node["over"].word("month")
    else:
        steps, over = _read_allowance(node, problems), node["every"].word("month")
        model = "graduated" if len(steps) > 1 else "per_unit"
    zero = node["flat_on_zero"].word().lower() == "true"
    return MeterPrice(meter, meters, model, steps, over, zero, node.position)


def read_unit_price(node: Node, problems: list[Problem]) -> UnitPrice:
    """A price ``AMOUNT per QUANTITY``; a price to be filled in, or below zero, is a problem."""
    if node.word().strip().startswith(UNKNOWN_PRICE):
        message = f"the price '{node.word().strip()}' is still to be filled in"
        help = "fill in the price; write 0 for free"
        problems.append(error("price-missing", message, help, node.position))
        return _FREE
    price = read_value("price", node.word())
    if not isinstance(price, UnitPrice):
        return _FREE
    if price.amount < 0:
        message = f"the price {price} is below zero"
        help = "write the price without a sign; a discount is a modifier"
        problems.append(error("price-negative", message, help, node.position))
    return price


def _check_keys(node: Node, problems: list[Problem]) -> None:
    """A price is either a price with free units, or tiers with steps: never a mixture."""
    tiered = "tiers" in node or "steps" in node
    strangers = ("price", "free", "every") if tiered else ("over", "flat_on_zero", "scope")
    missing = [key for key in (("tiers", "steps") if tiered else ("price",)) if key not in node]
    planned = {"package", "percent", "when_over", "when_at_least"} & set(node.entries)
    if missing and not planned:
        message = f"the key '{missing[0]}' is missing in the price"
        help = "write {price, free, every}, or {tiers, over, of, steps}"
        problems.append(error("key-missing", message, help, node.position))
    for key in strangers:
        if key in node:
            message = f"'{key}' does not go with {'tiers' if tiered else 'a price without tiers'}"
            help = "write {price, free, every}, or {tiers, over, of, steps}"
            problems.append(error("price-mixed", message, help, node.key_position(key)))
    if not tiered and "every" in node and "free" not in node:
        message = "'every' says when free units come again, but there is no 'free'"
        help = "add free: QUANTITY, or take 'every' away"
        problems.append(error("price-mixed", message, help, node.key_position("every")))


def _read_allowance(node: Node, problems: list[Problem]) -> tuple[Step, ...]:
    """Free units are a first band at price zero."""
    rest = Step(None, read_unit_price(node["price"], problems))
    free = quantity_of(node["free"].word())
    return (Step(free, _FREE), rest) if free else (rest,)


def _read_steps(node: Node, problems: list[Problem]) -> tuple[Step, ...]:
    items = node["steps"].items if node["steps"].kind == LIST else ()
    steps = []
    reached = Decimal(0)
    for item in items:
        bound = quantity_of(item["up_to"].word())
        _check_bound(item, item is items[-1], reached, problems)
        reached = bound if bound is not None else reached
        flat = _read_flat(item["flat"], problems)
        steps.append(Step(bound, read_unit_price(item["price"], problems), flat))
    return tuple(steps)


def _check_bound(item: Node, last: bool, reached: Decimal, problems: list[Problem]) -> None:
    bound = quantity_of(item["up_to"].word())
    if "up_to" not in item and not last:
        message = "a step without up_to takes everything, but others follow it"
        help = "add up_to: QUANTITY, or move the step to the end"
        problems.append(error("steps-order", message, help, item.position))
    if bound is not None and bound <= reached:
        message = f"the step ends at {number_text(bound)}, not above {number_text(reached)}"
        help = "list the steps by rising up_to, each above the one before"
        problems.append(error("steps-order", message, help, item["up_to"].position))


def _read_flat(node: Node, problems: list[Problem]) -> Decimal:
    flat = number_of(node.word()) if node is not NOTHING else None
    if flat is not None and flat < 0:
        message = f"the flat amount {number_text(flat)} is below zero"
        help = "write the amount without a sign"
        problems.append(error("price-negative", message, help, node.position))
    return flat or Decimal(0)
