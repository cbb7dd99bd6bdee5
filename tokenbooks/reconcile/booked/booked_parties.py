"""The usage of parties that are in tables, summed for the bridge."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.close.computed import Computed
from tokenbooks.periods import Period

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class PartyUsage:
    """Usage of a contract's parties in tables: list value, what lots gave of it, their cost.

    ``cost`` is the exact cost of what lots gave, in the book's currency.
    """

    value: Fraction = Fraction(0)
    drawn: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)


NO_PARTIES = PartyUsage()


def party_usage(
    connection: duckdb.DuckDBPyConnection, computed: Computed, contract: str, period: Period
) -> PartyUsage:
    """What the parties in tables come to; the connection is the one that computed."""
    units = computed.parties.units
    if units is None:
        return NO_PARTIES
    rows = connection.execute(
        "SELECT l.lot IS NOT NULL, l.cost, l.quantity, sum(d.value)::HUGEINT FROM party_draws d"
        " JOIN party_accounts a ON d.account = a.account LEFT JOIN party_lots l ON d.lot = l.lot"
        " WHERE a.contract = ? AND d.service >= ? AND d.service < ? GROUP BY ALL ORDER BY ALL",
        [contract, period.start, period.end],
    ).fetchall()
    value = drawn = cost = Fraction(0)
    for is_drawn, cost_of_lot, quantity, used in rows:
        value += units.quantity(used)
        if is_drawn:
            drawn += units.quantity(used)
            cost += Fraction(units.amount(cost_of_lot)) * used / quantity
    return PartyUsage(value, drawn, cost)
