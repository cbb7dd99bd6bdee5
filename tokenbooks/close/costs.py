"""What usage cost in the books, over its list value: the ratio that the charges table shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from tokenbooks.close.computed import Computed
from tokenbooks.entries.buy.pricing import month_of
from tokenbooks.periods import Period
from tokenbooks.rating.charges import Part
from tokenbooks.rating.pool_months import CostRatios

_Key = tuple[str, str, str, Part]


def cost_ratios(computed: Computed) -> CostRatios:
    """Cost over list value, by contract, party, service period and part.

    Usage that lots cover costs what the lots cost; usage that is owed costs its list value,
    at the rate of its month where it is priced in a foreign currency.
    """
    rates = service_rates(computed)
    lists: dict[_Key, Fraction] = {}
    costs: dict[_Key, Fraction] = {}
    for (contract, party), drawn in computed.drawn.items():
        for draw in drawn.draws:
            lot = computed.lots[draw.lot]
            each = Fraction(lot.cost) / lot.quantity
            month = str(Period.month_of(draw.used_at.date()))
            for part, value in draw.parts.items():
                key = (contract, party, month, part.whole)
                lists[key] = lists.get(key, Fraction(0)) + value
                costs[key] = costs.get(key, Fraction(0)) + value * each
        for item in drawn.owed:
            month = str(Period.month_of(item.used_at.date()))
            for part, value in item.parts.items():
                key = (contract, party, month, part.whole)
                lists[key] = lists.get(key, Fraction(0)) + value
                rate = rates.get((contract, month), Fraction(1))
                costs[key] = costs.get(key, Fraction(0)) + value * rate
    ratios = {key: costs[key] / lists[key] for key in lists if lists[key]}
    return dict(_owed_whole(computed, rates)) | ratios


def service_rates(computed: Computed) -> dict[tuple[str, str], Fraction]:
    """What foreign usage is worth in the book's currency, by contract and month."""
    return {
        (contract, str(month_of(service))): owed.rate
        for (contract, _, service), owed in computed.owed.items()
        if owed.rate != 1
    }


def _owed_whole(
    computed: Computed, rates: Mapping[tuple[str, str], Fraction]
) -> Iterator[tuple[_Key, Fraction]]:
    """The rate of all parts of foreign usage: lots cover none of it in arrears, nor fees."""
    foreign = {contract for contract, _ in rates}
    for (contract, party), steps in computed.rated.charges.steps.items():
        for step in steps if contract in foreign else ():
            month = str(Period.month_of(step.at.date()))
            rate = rates.get((contract, month))
            if rate is not None:
                yield from (((contract, party, month, part), rate) for part in step.parts)
