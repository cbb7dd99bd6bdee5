"""Price cases: one request's counts and a model's prices, rated by the command line.

Counts come inclusive (a parent contains its children) or disjoint. A child without a
price of its own is priced as part of its parent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import Any

from tests.conformance.engine import rate_usage
from tests.conformance.price_rates import KNOWN_TERMS, Names, build_rates
from tests.conformance.story import csv_text, plan_text
from tokenbooks.amounts import number_text, round_half_up
from tokenbooks.rating.measures import CONTEXT_METERS, CONTEXT_TOKENS
from tokenbooks.usage.layout import is_whole

Case = dict[str, Any]

_METERS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cached_input_tokens",
    "cache_write": "cache_write_tokens",
    "cache_write_5m": "cache_write_5m_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
    "input_audio": "input_audio_tokens",
    "output_audio": "output_audio_tokens",
    "input_image": "input_image_tokens",
    "output_image": "output_image_tokens",
    "cache_read_audio": "cached_audio_tokens",
    "cache_read_image": "cached_image_tokens",
    "output_reasoning": "reasoning_tokens",
    "request": "requests",
    "web_search": "web_searches",
    "file_search_call": "file_searches",
    "code_session": "code_sessions",
    "storage_gb_day": "storage_gb_days",
    "audio_second": "audio_seconds",
}
#: Child -> parents that contain it; a child of two is contained in both.
_PARENTS = {
    "cache_read": ("input",),
    "cache_write": ("input",),
    "cache_write_5m": ("cache_write",),
    "cache_write_1h": ("cache_write",),
    "input_audio": ("input",),
    "input_image": ("input",),
    "input_video": ("input",),
    "cache_read_audio": ("cache_read", "input_audio"),
    "cache_read_image": ("cache_read", "input_image"),
    "output_audio": ("output",),
    "output_image": ("output",),
    "output_video": ("output",),
    "output_citation": ("output",),
}


def kind_of(case: Case) -> tuple[str, bool]:
    """Cases are of one kind, apart from prices that depend on more than a plan can say."""
    terms = {name for rates in case["rates"].values() for rate in rates for name in rate}
    other = sorted(terms - KNOWN_TERMS)
    return (", ".join(other), False) if other else ("price", True)


def check(case: Case, folder: Path) -> None:
    """Rate the counts and compare the total, and input and output where they are given."""
    counts = {name: Decimal(count) for name, count in case["usage"].items()}
    counts = counts or {"input": Decimal(0)}
    parts = _parts(counts)
    if case["basis"] == "inclusive":
        counts = disjoint(counts, set(case["rates"]))
    row: dict[str, Any] = {"timestamp": _moment(case), "id": "request", "model": case["model"]}
    row |= case["context"] | {_meter(n): _count(q, parts(n)) for n, q in counts.items()}
    sizes = {name: _size_name(case, name, row, parts(name)) for name in _measures(case)}
    rates = build_rates(case, Names(_meter, sizes.__getitem__, parts))
    # what has no price is only there to be counted; a plan writes that down as a price of 0
    free = {_meter(name): "0" for name in counts if not _is_priced(name, case)}
    for name, size in sizes.items():
        if size not in {CONTEXT_TOKENS, _meter(name)}:  # a total beside its parts
            row[size] = _count(Decimal(case["usage"].get(name, "0")), parts(name))
            free[size] = "0"
    rates += [{"prices": free}] if free else []
    plan = plan_text(rates, meters=_part_of(counts, set(case["rates"])))
    files = {"usage.csv": csv_text(_rows(row, case["context"] if sizes else None))}
    rated = rate_usage(folder, plan, files, sorted(case["context"]))
    assert not rated.errors
    for side, expected in case["expected"].items():
        amount = rated.total if side == "total" else _side(rated.amounts, side)
        if "compare_places" in case:
            amount = round_half_up(amount, case["compare_places"])
        assert amount == Decimal(expected), side


def _rows(row: dict[str, Any], context: Case | None) -> list[dict[str, Any]]:
    """The request; further billed requests stand apart where sizes count, which are of one.

    ``context`` are its dimensions, where sizes count.
    """
    if context is None or Decimal(row.get("requests", "0")) <= 1:
        return [row]
    kept = {"timestamp", "model", *context}
    further = {name: value for name, value in row.items() if name in kept} | {"id": "further"}
    return [row | {"requests": "1"}, further | {"requests": f"{int(row['requests']) - 1}"}]


def _moment(case: Case) -> str:
    at = case["at"] or "2025-11-05"
    return at if "T" in at else f"{at}T00:00:00Z"


def _parts(counts: dict[str, Decimal]) -> Callable[[str], int]:
    """In how many parts a token is counted, because counts of tokens are whole numbers."""
    whole = [count for name, count in counts.items() if is_whole(_meter(name))]
    parts = lcm(*(Fraction(count).denominator for count in whole))
    return lambda name: parts if is_whole(_meter(name)) else 1


def _count(quantity: Decimal, parts: int) -> str:
    return number_text(quantity * parts)


def _is_priced(name: str, case: Case) -> bool:
    """Whether a count has a price, or is part of one that has."""
    if name == "output_reasoning":
        return True
    return bool({name, *_containers(name)} & set(case["rates"]))


def _measures(case: Case) -> set[str]:
    """What the sizes of requests are measured by."""
    rates = [rate for rates in case["rates"].values() for rate in rates]
    return {rate["above"]["measure"] for rate in rates if "above" in rate}


def _size_name(case: Case, measure: str, row: dict[str, Any], parts: int) -> str:
    """The name of a request's size: the context, or the count as it was reported."""
    context = sum(Decimal(row.get(meter, "0")) for meter in CONTEXT_METERS)
    reported = Decimal(case["usage"].get(measure, "0")) * parts
    if measure == "input" and (case["basis"] == "disjoint" or context == reported):
        return CONTEXT_TOKENS
    own = Decimal(row.get(_meter(measure), "0"))
    return _meter(measure) if own == reported else f"reported_{measure}"


def disjoint(counts: dict[str, Decimal], priced: set[str]) -> dict[str, Decimal]:
    """Each count without what its children take; inclusion and exclusion for shared ones.

    Children without a price stay inside their parent where they may overlap with others.
    """
    kept = {
        name: count
        for name, count in counts.items()
        if name in priced or name not in _PARENTS or not _overlaps(name, counts, priced)
    }
    own: dict[str, Decimal] = defaultdict(Decimal)
    for name, count in kept.items():
        own[name] += count
        containers = _containers(name)
        nearest = [parent for parent in _PARENTS.get(name, ()) if parent in kept]
        for parent in nearest or containers & set(kept):
            own[parent] -= count
        if len(nearest) == 2:  # contained in both: taken twice from what contains them
            own["input"] += count
    assert all(count >= 0 for count in own.values()), own
    return dict(own)


def _overlaps(name: str, counts: dict[str, Decimal], priced: set[str]) -> bool:
    """Whether a part's siblings and it cannot all be disjoint inside their parent."""
    parent = _PARENTS[name][0]
    siblings = [s for s, above in _PARENTS.items() if parent in above and s in counts]
    return sum(counts[s] for s in siblings) > counts.get(parent, Decimal(0))


def _containers(name: str) -> set[str]:
    above = set(_PARENTS.get(name, ()))
    return above.union(*(_containers(parent) for parent in above)) if above else above


def _part_of(counts: dict[str, Decimal], priced: set[str]) -> dict[str, Any]:
    """``part_of`` of every child; of two parents the one that has a price."""
    chains = {}
    for name in counts:
        parents = _PARENTS.get(name, ())
        if parents:
            parent = next((p for p in parents if p in priced), parents[0])
            chains[_meter(name)] = {"part_of": _meter(parent)}
            if parent not in priced and parent in _PARENTS:
                chains[_meter(parent)] = {"part_of": _meter(_PARENTS[parent][0])}
    return chains


def _side(amounts: dict[str, Decimal], side: str) -> Decimal:
    meters = {_meter(name) for name in [*_PARENTS, side] if side in {name, *_containers(name)}}
    if side == "output":
        meters.add("reasoning_tokens")
    return sum((amount for meter, amount in amounts.items() if meter in meters), Decimal(0))


def _meter(name: str) -> str:
    return _METERS.get(name, name + "s")
