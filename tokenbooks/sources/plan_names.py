"""Names in a plan that are hardly meant: mistyped meters and dimensions, and unpriced ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tokenbooks.names import STANDARD_DIMENSIONS, STANDARD_METERS, nearest
from tokenbooks.problems import Position, Problem, warning
from tokenbooks.rating.measures import CONTEXT_TOKENS
from tokenbooks.rating.plan import MeterPrice, Plan
from tokenbooks.sources.yaml_tree import Node

#: Names that are shorter are too much alike to tell a slip from a name of one's own.
_SHORTEST_METER, _SHORTEST_DIMENSION = 6, 4
_KNOWN_METERS = (*STANDARD_METERS, CONTEXT_TOKENS)


def check_names(plan: Plan, tree: Node) -> Iterator[Problem]:
    """Names that a plan uses in one place only, and that look like another one.

    Problems, all warnings: ``meter-mistyped`` and ``dimension-mistyped`` (nearly a
    standard one), ``meter-unpriced`` (a fee includes it, a cap limits it or it counts actions,
    and no rate prices it).
    """
    yield from _strange_meters(plan, tree)
    yield from _strange_dimensions(plan, tree)
    yield from _unpriced_meters(plan, tree)


def _strange_meters(plan: Plan, tree: Node) -> Iterator[Problem]:
    looked_at: set[str] = set()
    for meter, place in _meters_with_places(plan, tree):
        near = _mistyped_meter(meter, plan, tree) if meter not in looked_at else None
        looked_at.add(meter)
        if near:
            message = f"'{meter}' is not a standard meter, but looks like '{near}'"
            help = f"write {near}, or name it under meters: if it is one of your own"
            yield warning("meter-mistyped", message, help, place)


def _mistyped_meter(meter: str, plan: Plan, tree: Node) -> str | None:
    own = {*_KNOWN_METERS, *plan.part_of.values(), *tree["meters"].entries}
    if meter in own or len(meter) < _SHORTEST_METER:
        return None
    near = nearest(meter, _KNOWN_METERS)
    return near if near and abs(len(near) - len(meter)) <= 1 else None


def _meters_with_places(plan: Plan, tree: Node) -> Iterator[tuple[str, Position]]:
    """Every meter that the prices, factors and terms of a plan name."""
    for rate in plan.rates:
        for price in rate.prices:
            for meter in sorted({*price.meters, *_compared(price)}):
                yield meter, price.position
    for node in tree["modifiers"]:
        yield from node["times"].key_positions.items()
    yield from _included(tree)


def _compared(price: MeterPrice) -> Iterable[str]:
    thresholds = price.requests.thresholds if price.requests else ()
    return [threshold.name for threshold, _ in thresholds]


def _included(tree: Node) -> Iterator[tuple[str, Position]]:
    for node in tree["fees"]:
        yield from node["includes"].key_positions.items()


def _strange_dimensions(plan: Plan, tree: Node) -> Iterator[Problem]:
    looked_at: set[str] = {*STANDARD_DIMENSIONS, *plan.defaults}
    for dimension, place in _dimensions_with_places(plan, tree):
        near = mistyped_dimension(dimension) if dimension not in looked_at else None
        looked_at.add(dimension)
        if near:
            message = f"'{dimension}' is not a standard dimension, but looks like '{near}'"
            help = f"write {near}, or give it another name if it is one of your own"
            yield warning("dimension-mistyped", message, help, place)


def _dimensions_with_places(plan: Plan, tree: Node) -> Iterator[tuple[str, Position]]:
    for node in tree["rates"]:
        yield from node["for"].key_positions.items()
    for node in tree["modifiers"]:
        yield from node["when"].key_positions.items()
    for node in tree["credits"]["recurring"]:
        yield from node["scope"].key_positions.items()
    for rate in plan.rates:
        for price in rate.prices:
            yield from ((name, price.position) for name in price.scope)


def mistyped_dimension(name: str) -> str | None:
    """The standard dimension that a name is a slip of; None where it is one, or none is near."""
    if len(name) < _SHORTEST_DIMENSION:
        return None
    return next((known for known in STANDARD_DIMENSIONS if _is_slip(name, known)), None)


def _is_slip(name: str, known: str) -> bool:
    """Whether one sign too many, too few or wrong, or two that are swapped, part the names."""
    begin = _alike_from_start(name, known)
    ours, theirs = name[begin:], known[begin:]
    end = _alike_from_start(ours[::-1], theirs[::-1])
    ours, theirs = ours[: len(ours) - end], theirs[: len(theirs) - end]
    return max(len(ours), len(theirs)) == 1 or (len(ours) == 2 and ours == theirs[::-1])


def _alike_from_start(name: str, known: str) -> int:
    """How many signs two names share at the beginning."""
    pairs = enumerate(zip(name, known, strict=False))
    return next((at for at, (ours, theirs) in pairs if ours != theirs), min(len(name), len(known)))


def _unpriced_meters(plan: Plan, tree: Node) -> Iterator[Problem]:
    """Meters of allowances, caps and actions that no price rates, not even one of a whole."""
    priced = {meter for rate in plan.rates for price in rate.prices for meter in price.meters}
    priced |= {part for part in plan.part_of if _is_priced_through(plan, part, priced)}
    named = [(meter, place, "includes") for meter, place in _included(tree)]
    for node in tree["caps"]:
        words = node["of"].words()
        named += [(word, node["of"].position, "limits") for word in words if "*" not in word]
    named += [(*action, "counts actions by") for action in tree["actions"].key_positions.items()]
    for meter, place, does in named:
        if meter not in priced and not _mistyped_meter(meter, plan, tree):
            near = nearest(meter, priced)
            hint = f"did you mean '{near}'? " if near else ""
            help = f"{hint}write a price of {meter} in a rate; free is a price of 0"
            message = f"this {does} {meter}, which no rate prices"
            yield warning("meter-unpriced", message, help, place)


def _is_priced_through(plan: Plan, part: str, priced: set[str]) -> bool:
    chain = [part]
    while (whole := plan.part_of.get(chain[-1])) and whole not in chain:
        chain.append(whole)
    return any(meter in priced for meter in chain)
