"""Price cases: one request's counts and a model's prices, rated by the command line.

Counts come inclusive (a parent contains its children) or disjoint. A child without a
price of its own is priced as part of its parent.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.conformance.engine import rate_usage
from tests.conformance.story import csv_text, plan_text
from tokenbooks.amounts import round_half_up
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
_KNOWN_TERMS = {"price", "per", "from", "when"}


def kind_of(case: Case) -> tuple[str, bool]:
    """Cases are of one kind, apart from prices that depend on more than the plan says."""
    terms = {name for rates in case["rates"].values() for rate in rates for name in rate}
    other = sorted(terms - _KNOWN_TERMS)
    if other:
        return ", ".join(other), False
    parts = [name for name, count in case["usage"].items() if Decimal(count) % 1]
    if any(is_whole(_meter(name)) for name in parts):
        return "tokens with decimals", False
    return "price", True


def check(case: Case, folder: Path) -> None:
    """Rate the counts and compare the total, and input and output where they are given."""
    counts = {name: Decimal(count) for name, count in case["usage"].items()}
    if case["basis"] == "inclusive":
        counts = disjoint(counts, set(case["rates"]))
    day = date.fromisoformat((case["at"] or "2025-11-05")[:10])
    row: dict[str, Any] = {"date": day, "model": case["model"]} | case["context"]
    row |= {_meter(name): format(count, "f") for name, count in counts.items()}
    plan = plan_text(_rates(case), _part_of(counts, set(case["rates"])))
    rated = rate_usage(folder, plan, {"usage.csv": csv_text([row])})
    assert not rated.errors
    for side, expected in case["expected"].items():
        amount = rated.total if side == "total" else _side(rated.amounts, side)
        if "compare_places" in case:
            amount = round_half_up(amount, case["compare_places"])
        assert amount == Decimal(expected), side


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


def _rates(case: Case) -> list[dict[str, Any]]:
    """One rate per condition and date from which a price holds."""
    named = {n for rates in case["rates"].values() for r in rates for n in r.get("when", {})}
    base = {name: v for name, v in case["context"].items() if name not in named}
    moments = sorted({r.get("from", "") for rates in case["rates"].values() for r in rates})
    conditions = {
        tuple(sorted(r.get("when", {}).items())) for rs in case["rates"].values() for r in rs
    }
    found = []
    for when in sorted(conditions):
        for moment in moments:
            prices = _in_force(case, when, moment)
            if prices:
                rate: dict[str, Any] = {"for": {"model": case["model"]} | base | dict(when)}
                found.append(rate | ({"from": moment} if moment else {}) | {"prices": prices})
    return found


def _in_force(case: Case, when: tuple[tuple[str, str], ...], moment: str) -> dict[str, str]:
    prices = {}
    for name, rates in case["rates"].items():
        for rate in sorted(rates, key=lambda rate: rate.get("from", "")):
            same = tuple(sorted(rate.get("when", {}).items())) == when
            if same and rate.get("from", "") <= moment:
                prices[_meter(name)] = f"{rate['price']} per {rate['per']}"
    return prices


def _side(amounts: dict[str, Decimal], side: str) -> Decimal:
    meters = {_meter(name) for name in [*_PARENTS, side] if side in {name, *_containers(name)}}
    if side == "output":
        meters.add("reasoning_tokens")
    return sum((amount for meter, amount in amounts.items() if meter in meters), Decimal(0))


def _meter(name: str) -> str:
    return _METERS.get(name, name + "s")
