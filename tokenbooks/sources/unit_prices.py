"""Unit prices: ``2.50 per 1M``, ``4 credits per 1k``, and percentages."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import number_text
from tokenbooks.rating.plan import Credit, UnitPrice
from tokenbooks.sources.formats import UNKNOWN_PRICE, WrittenPrice, read_value
from tokenbooks.sources.plan_reading import PlanReading
from tokenbooks.sources.yaml_tree import Node

FREE = UnitPrice(Decimal(0))

#: No token costs as much: such a price is one per million, without the words.
_DEAR_TOKEN = Fraction(1, 100)


def read_unit_price(node: Node, reading: PlanReading, meters: Iterable[str] = ()) -> UnitPrice:
    """A price ``AMOUNT [CREDIT] [per QUANTITY]``; ``FREE`` where it cannot be read.

    Problems: ``price-missing`` (still to be filled in), ``price-negative``,
    ``credit-unknown`` (not the plan's unit), and the warning ``per-missing`` where one of
    the ``meters`` counts tokens and the price of a single one is not plausible.
    """
    text = node.word().strip()
    if text.startswith(UNKNOWN_PRICE):
        help = "fill in the price; write 0 for free"
        message = f"the price '{text}' is still to be filled in"
        reading.error("price-missing", message, help, node.position)
        return FREE
    written = read_value("price", text)
    if not isinstance(written, WrittenPrice):
        return FREE
    credit = _read_credit(written.unit, node, reading)
    price = UnitPrice(written.amount, written.per, credit)
    if price.amount < 0:
        message = f"the price {price} is below zero"
        help = "write the price without a sign; a discount is a modifier"
        reading.error("price-negative", message, help, node.position)
    _check_per(written, price, meters, node, reading)
    return price


def read_package_price(node: Node, per: Decimal, reading: PlanReading) -> UnitPrice:
    """The price of a package of ``per``; one with a quantity of its own is ``price-mixed``."""
    price = read_unit_price(node, reading)
    if price.per != 1:
        message = f"the price {price} has a quantity of its own beside the package"
        help = f"write only the price of a whole package, such as {number_text(price.amount)}"
        reading.error("price-mixed", message, help, node.position)
    return UnitPrice(price.amount, per, price.credit)


def read_percent(node: Node, reading: PlanReading) -> UnitPrice:
    """A percentage as a unit price: so much per 100."""
    return UnitPrice(reading.amount(node), Decimal(100))


def _read_credit(word: str, node: Node, reading: PlanReading) -> Credit | None:
    known = reading.credit
    if not word or (known and word in {known.name, f"{known.name}s"}):
        return known if word else None
    if known:
        message = f"'{word}' is not the unit of credits of this plan"
        help = f"write {known.name} or {known.name}s, or no word for an amount of money"
    else:
        message = f"the price is in '{word}', but the plan names no unit of credits"
        help = (
            "write only the amount if it is in the plan's currency; to price in credits, add "
            "credits: {unit: credit, worth: 0.01} to the plan"
        )
    reading.error("credit-unknown", message, help, node.position)
    return known


def _check_per(
    written: WrittenPrice, price: UnitPrice, meters: Iterable[str], node: Node, reading: PlanReading
) -> None:
    tokens = [meter for meter in meters if meter.endswith("_tokens")]
    if tokens and written.bare and price.money >= _DEAR_TOKEN:
        message = f"{price} is the price of a single one of {tokens[0]}"
        help = (
            f"write {price} per 1M if it is the price of a million, or {price} per 1 if it is not"
        )
        reading.warn("per-missing", message, help, node.position)
