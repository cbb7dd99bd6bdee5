"""All prices of one unit that a plan knows for a model and meter, whenever and for whomever.

What a statement charges may be the price of another time, tier, or modifier than ours: the
causes of differences name it where it is one that the plan knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from tokenbooks.amounts import quantity_text
from tokenbooks.conditions import Conditions
from tokenbooks.rating.matching import meter_chain
from tokenbooks.rating.plan import MeterPrice, Modifier, Plan, Rate
from tokenbooks.reconcile.statements.cells import MODEL, KnownPrice

#: Of so many pairs of model and meter the prices are told.
MOST_PAIRS = 500


def plan_prices(
    plan: Plan, pairs: Iterable[tuple[str, str]]
) -> Mapping[tuple[str, str], tuple[KnownPrice, ...]]:
    """The prices of pairs of a model (by the plan's own name) and a meter."""
    found = {}
    for pair in sorted(set(pairs))[:MOST_PAIRS]:
        if prices := tuple(dict.fromkeys(_prices(plan, *pair))):
            found[pair] = prices
    return found


def _prices(plan: Plan, model: str, meter: str) -> Iterator[KnownPrice]:
    names = (model, *(alias.name for alias in plan.aliases if alias.model == model))
    chain = meter_chain(plan, meter)
    for rate in plan.rates:
        if not _holds(rate.conditions, names):
            continue
        price = _price_of(rate, chain)
        for each, words in _units(price) if price else ():
            said = ", ".join(
                text for text in (_others(rate.conditions), _time(rate), words) if text
            )
            yield KnownPrice(each, said or "usual")
            for modifier in plan.modifiers:
                if (factor := _factor(modifier, chain, names)) is not None:
                    by = ", ".join(text for text in (modifier.name, said, _time(modifier)) if text)
                    yield KnownPrice(each * factor, by)


def _holds(conditions: Conditions, names: tuple[str, ...]) -> bool:
    """Whether conditions may hold of a model, whatever else they ask for."""
    own = Conditions(tuple(item for item in conditions.patterns if item[0] == MODEL))
    return own.hold({MODEL: names})


def _price_of(rate: Rate, chain: Iterable[str]) -> MeterPrice | None:
    """The price of the first meter of a chain that a rate has any for."""
    return next((p for name in chain for p in rate.prices if name in p.meters), None)


def _units(price: MeterPrice) -> Iterator[tuple[Fraction, str]]:
    for step in price.steps:
        bound = f"up to {quantity_text(step.up_to)}" if step.up_to is not None else ""
        yield step.price.each, bound or ("beyond" if len(price.steps) > 1 else "")
    for threshold, unit in price.requests.thresholds if price.requests else ():
        yield unit.each, f"if {threshold}"


def _factor(modifier: Modifier, chain: list[str], names: tuple[str, ...]) -> Fraction | None:
    if not _holds(modifier.when, names):
        return None
    return next((Fraction(modifier.times[n]) for n in (*chain, "*") if n in modifier.times), None)


def _others(conditions: Conditions) -> str:
    """The conditions beside that on the model."""
    return str(Conditions(tuple(item for item in conditions.patterns if item[0] != MODEL)))


def _time(item: Rate | Modifier) -> str:
    texts = [f"from {item.starts.isoformat()}"] if item.starts else []
    texts += [f"until {item.until.isoformat()}"] if item.until else []
    return " ".join(texts)
