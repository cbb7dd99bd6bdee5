"""Draw orders: which lot is drawn first. A fact of the provider's terms (ACCOUNTING 2.3).

An order is a list of keys. ``None`` sorts last in every key.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction

from tokenbooks.credits.lots import Lot

OrderKey = Callable[[Lot], tuple[object, ...]]

#: Named orders (policy ``lot_order``).
NAMED_ORDERS = {
    "expiry": ("priority", "expiry", "free_first", "start", "id"),
    "fifo": ("priority", "start", "id"),
    "provider": ("priority", "id"),
}

ORDER_KEYS: dict[str, OrderKey] = {
    "priority": lambda lot: (lot.priority is None, lot.priority or 0),
    "expiry": lambda lot: (lot.ends is None, lot.ends or lot.starts),
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


def in_draw_order(lots: list[Lot], keys: tuple[str, ...]) -> list[Lot]:
    """Lots as they are drawn; the id breaks every remaining tie."""
    ranked = [ORDER_KEYS[key] for key in (*keys, "id")]
    return sorted(lots, key=lambda lot: tuple(part for key in ranked for part in key(lot)))


def order_on(day: date, policy: Callable[[str, date], str]) -> tuple[str, ...]:
    """The draw order that the book's policies choose on a day."""
    return draw_order(policy("lot_order", day), policy("free_first", day))
