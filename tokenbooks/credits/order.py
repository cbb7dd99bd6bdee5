"""Draw orders: which lot is drawn first. A fact of the provider's terms (ACCOUNTING 2.3).

An order is a list of keys. ``None`` sorts last in every key. The published orders of other
systems are such lists (PEERS b7).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from fractions import Fraction

from tokenbooks.book import Contract
from tokenbooks.credits.lots import Lot

OrderKey = Callable[[Lot], tuple[object, ...]]

#: Pooled cost: what is left of older lots moves into a lot that begins.
AVERAGE = "average"

#: Named orders (policy ``lot_order``).
NAMED_ORDERS = {
    "expiry": ("priority", "expiry", "free_first", "start", "id"),
    "fifo": ("priority", "start", "id"),
    "provider": ("priority", "id"),
    AVERAGE: ("start", "id"),
}

ORDER_KEYS: dict[str, OrderKey] = {
    "priority": lambda lot: (lot.priority is None, lot.priority or 0),
    "scope": lambda lot: lot.scope.narrowness(),
    "expiry": lambda lot: (lot.ends or datetime.max,),
    "free_first": lambda lot: (not lot.is_free,),
    "cost_basis": lambda lot: (Fraction(lot.cost) / lot.quantity if lot.quantity else 0,),
    "start": lambda lot: (lot.starts,),
    "created": lambda lot: (lot.acquired,),
    "amount_desc": lambda lot: (-lot.quantity,),
    "id": lambda lot: (lot.id,),
}


def draw_order(order: str, free_first: str) -> tuple[str, ...]:
    """The keys of an order: a name or keys joined by commas, with policy ``free_first``.

    ``free_first`` true puts that key right after priority, false drops it, unset leaves
    the order as it is named.
    """
    keys = NAMED_ORDERS.get(order or "expiry") or tuple(key.strip() for key in order.split(","))
    if free_first == "":
        return keys
    rest = tuple(key for key in keys if key != "free_first")
    if free_first == "false":
        return rest
    at = rest.index("priority") + 1 if "priority" in rest else 0
    return (*rest[:at], "free_first", *rest[at:])


def rank_of(lot: Lot, keys: tuple[str, ...]) -> tuple[object, ...]:
    """Where a lot stands in an order; the id breaks every remaining tie."""
    return tuple(part for key in (*keys, "id") for part in ORDER_KEYS[key](lot))


def in_draw_order(lots: list[Lot], keys: tuple[str, ...]) -> list[Lot]:
    """Lots as they are drawn."""
    return sorted(lots, key=lambda lot: rank_of(lot, keys))


def order_on(contract: Contract, day: date, policy: Callable[[str, date], str]) -> tuple[str, ...]:
    """The draw order of a contract on a day: its own, else that of the book's policies."""
    return draw_order(contract.lot_order or policy("lot_order", day), policy("free_first", day))


def pools_cost(contract: Contract, day: date, policy: Callable[[str, date], str]) -> bool:
    """Whether a lot that begins on a day takes in what is left of the older ones."""
    return (contract.lot_order or policy("lot_order", day)) == AVERAGE
