"""Imported plans against the package itself: random requests, rated by both, to the last digit.

Every request is drawn with its model, instant, context and quantities. The package counts
inclusively (its input holds what was cached), so it gets sums where the file has parts.
`make soak` draws many more, of all providers.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Inexact, localcontext
from fractions import Fraction
from pathlib import Path

from genai_prices import Usage, calc_price
from genai_prices.data import providers
from genai_prices.data_units import unit_data
from genai_prices.types import ModelInfo, Provider
from hypothesis import settings

from tokenbooks.desk.import_plan import SeenModels, import_plan
from tokenbooks.desk.rate_files import rate_files
from tokenbooks.sources.catalogs.timeline import blocks_of, own_prices
from tokenbooks.sources.catalogs.units import STANDARD
from tokenbooks.sources.plans import read_plan

#: Those with dated prices, sizes, hours, conditions, and units other than tokens.
CHOSEN = ("anthropic", "deepseek", "google", "groq", "mistral", "openai", "perplexity", "x-ai")
IS_SOAK = settings().max_examples > 1000
ASKED = tuple(p.id for p in providers) if IS_SOAK else CHOSEN
REQUESTS = 350 if IS_SOAK else 40

FIRST_DAY = date(2024, 6, 1)
DAYS = 1000
DIMENSIONS = ("model", "batch", "service_tier", "speed", "route", "search_type")
CACHE = (
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
)
#: Around the sizes at which prices change, so that both sides of each are met.
SIZES = (0, 1, 7, 31_999, 99_000, 127_999, 199_999, 200_000, 200_001, 256_000, 272_001, 600_000)
SECONDS = (0, 4, 9, 27, 900, 3_600)
#: The package divides to 28 digits: a 3600th of some prices has more.
LAST_DIGIT = Fraction(1, 10**26)


@dataclass(frozen=True)
class Request:
    """A request: the quantities of units beside each other, and when the package has a price."""

    at: datetime
    model: str
    context: Mapping[str, str]
    parts: Mapping[str, int]
    is_priced: bool


def test_requests_cost_what_the_package_says(tmp_path: Path) -> None:
    compared = unpriced = 0
    for asked in (p for p in providers if p.id in ASKED):
        drawn = list(requests(asked, random.Random(asked.id)))
        values = rated(asked.id, drawn, tmp_path / asked.id)
        for request in drawn:
            value = values.get(request.at.date(), Fraction(0))
            if request.is_priced:
                price, is_exact = charged(asked.id, request)
                near = price if is_exact else (1 - LAST_DIGIT) * price
                assert near <= value <= 2 * price - near, f"{asked.id}: {request}"
                compared += 1
            else:
                assert value == 0, f"standard in silence: {asked.id}: {request}"
                unpriced += 1
    assert compared >= 0.6 * (compared + unpriced)
    assert unpriced
    assert compared + unpriced >= 300


# -- drawing ------------------------------------------------------------------------


def requests(asked: Provider, draw: random.Random) -> Iterator[Request]:
    """Requests on days of their own, so that each can be found again."""
    models = [m for m in asked.models if asked.find_model(m.id) is m and has_prices(m)]
    for day in draw.sample(range(DAYS), REQUESTS) if models else ():
        info = draw.choice(models)
        variants = info.price_variants or ()
        contexts = [dict(v.when) for v in variants if own_prices(v)]
        context = draw.choice([{}, *contexts])
        start = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
        at = start + timedelta(days=day, minutes=draw.randrange(24 * 60))
        active = [
            v
            for v in variants
            if v.when.items() <= context.items()
            and (v.constraint is None or v.constraint.active(at))
        ]
        units = priced_units(info, at, context)
        parts = {unit: draw.choice(SECONDS if "seconds" in unit else SIZES) for unit in units}
        if draw.random() < 0.5:  # the size of the request is then that of its input
            parts |= dict.fromkeys(parts.keys() & {*CACHE}, 0)
        if "input_tokens" in parts:
            parts |= {unit: draw.choice((0, 0, 1, 7)) for unit in CACHE if unit not in parts}
        yield Request(at, info.id, context, parts, bool(active) or not context)


def has_prices(info: ModelInfo) -> bool:
    return all(own_prices(block) for block in blocks_of(info))


def priced_units(info: ModelInfo, at: datetime, context: Mapping[str, str]) -> list[str]:
    """The units with a price; seconds of input are the same seconds, a request is one."""
    keys = vars(info.get_prices(at, context))
    units = [unit for unit, raw in unit_data.items() if keys.get(raw["price_key"]) is not None]
    return [unit for unit in units if unit not in {"input_audio_seconds", "requests"}]


# -- rating -------------------------------------------------------------------------


def charged(provider: str, request: Request) -> tuple[Fraction, bool]:
    """What the package says, of inclusive counts, and whether it cut no digit off."""
    dimensions = {unit: unit_data[unit]["dimensions"].items() for unit in unit_data}
    whole = {
        unit: sum(n for part, n in request.parts.items() if dimensions[unit] <= dimensions[part])
        for unit in request.parts
    }
    if "audio_seconds" in whole:
        whole["input_audio_seconds"] = whole["audio_seconds"]
    with localcontext() as context:
        context.clear_flags()
        price = calc_price(
            Usage(**whole),
            request.model,
            provider_id=provider,
            genai_request_timestamp=request.at,
            price_context=request.context,
        )
        return Fraction(price.total_price), not context.flags[Inexact]


def rated(provider: str, drawn: list[Request], folder: Path) -> dict[date, Fraction]:
    """The list value of every day, by a plan imported for the requests' models."""
    folder.mkdir()
    if not drawn:
        return {}
    usage, plan = folder / "usage.csv", folder / "plan.yaml"
    write_usage(usage, drawn)
    names = tuple(dict.fromkeys(request.model for request in drawn))
    text, problems = import_plan("plan", provider, SeenModels(names), (), date(2026, 11, 21))
    assert not [problem for problem in problems if problem.is_error]
    plan.write_text(text or "")
    read, problems = read_plan(plan)
    assert not [str(problem) for problem in problems]
    assert read is not None
    looked, _ = rate_files(read, [usage], None, ("route", "search_type"))
    assert looked is not None
    charges = looked.computed.rated.charges
    return {step.at.date(): step.value for steps in charges.steps.values() for step in steps}


def write_usage(path: Path, drawn: list[Request]) -> None:
    """One request a row: quantities beside each other, except reasoning, inside the output."""
    meters = list(dict.fromkeys(STANDARD.get(u, u) for r in drawn for u in r.parts))
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, ["timestamp", *DIMENSIONS, *meters, "requests"])
        rows.writeheader()
        for request in drawn:
            counts = {STANDARD.get(unit, unit): n for unit, n in request.parts.items()}
            if "reasoning_tokens" in counts:
                counts["output_tokens"] += counts["reasoning_tokens"]
            named = dict(request.context)
            if named.pop("processing", None):
                named["batch"] = "true"
            at = request.at.strftime("%Y-%m-%dT%H:%M:%SZ")
            row = {"timestamp": at, "model": request.model, "requests": 1}
            rows.writerow({**row, **named, **counts})
