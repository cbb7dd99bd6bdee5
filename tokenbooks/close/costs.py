"""What usage cost in the books, over its list value: the ratio that the charges table shows."""

from __future__ import annotations

from fractions import Fraction

from tokenbooks.close.compute import Computed
from tokenbooks.periods import Period
from tokenbooks.rating.charges import Part
from tokenbooks.rating.pool_months import CostRatios

_Key = tuple[str, str, str, Part]


def cost_ratios(computed: Computed) -> CostRatios:
    """Cost over list value, by contract, party, service period and part.

    Usage that lots cover costs what the lots cost; usage that is owed costs its list value.
    """
    lists: dict[_Key, Fraction] = {}
    costs: dict[_Key, Fraction] = {}
    for (contract, party), drawn in computed.drawn.items():
        for draw in drawn.draws:
            lot = computed.lots[draw.lot]
            each = Fraction(lot.cost) / lot.quantity
            month = str(Period.month_of(draw.used_at.date()))
            for part, value in draw.parts.items():
                key = (contract, party, month, part)
                lists[key] = lists.get(key, Fraction(0)) + value
                costs[key] = costs.get(key, Fraction(0)) + value * each
        for item in drawn.owed:
            month = str(Period.month_of(item.used_at.date()))
            for part, value in item.parts.items():
                key = (contract, party, month, part)
                lists[key] = lists.get(key, Fraction(0)) + value
                costs[key] = costs.get(key, Fraction(0)) + value
    return {key: costs[key] / lists[key] for key in lists if lists[key]}
