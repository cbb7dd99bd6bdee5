"""Reads the price file of litellm, ``model_prices_and_context_window.json``: a second opinion.

It has the current price of one token or other unit as a JSON number, under keys that are a
base (``input_cost_per_token``) with suffixes: ``_above_200k_tokens`` (the whole request costs
that), ``_batches``, ``_flex``, ``_priority``, ``_above_1hr`` (cache kept for an hour). It has
no dates. Numbers are read as the digits that stand there, never as binary floats.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from tokenbooks.amounts import parse_number
from tokenbooks.conditions import Conditions
from tokenbooks.problems import Position, Problem, error
from tokenbooks.rating.catalog import Catalog, CatalogModel, CatalogRate
from tokenbooks.rating.measures import CONTEXT_TOKENS, Threshold
from tokenbooks.rating.plan import MeterPrice, Rate, RequestTerms, Step, UnitPrice
from tokenbooks.sources.files import read_text, shown

#: Key -> meter, and the quantity for which plans usually name its price.
_METERS = {
    "input_cost_per_token": ("input_tokens", 6),
    "output_cost_per_token": ("output_tokens", 6),
    "cache_read_input_token_cost": ("cached_input_tokens", 6),
    "cache_creation_input_token_cost": ("cache_write_tokens", 6),
    "input_cost_per_audio_token": ("input_audio_tokens", 6),
    "output_cost_per_audio_token": ("output_audio_tokens", 6),
    "cache_read_input_audio_token_cost": ("cached_audio_tokens", 6),
    "cache_read_input_token_cost_per_audio_token": ("cached_audio_tokens", 6),
    "input_cost_per_image_token": ("input_image_tokens", 6),
    "output_cost_per_image_token": ("output_image_tokens", 6),
    "cache_read_input_image_token_cost": ("cached_image_tokens", 6),
    "output_cost_per_reasoning_token": ("reasoning_tokens", 6),
    "input_cost_per_character": ("characters", 6),
    "input_cost_per_second": ("audio_seconds", 0),
    "output_cost_per_image": ("images", 0),
    "ocr_cost_per_page": ("pages", 0),
}

#: Suffix -> the condition that it stands for.
_CONDITIONS = {
    "batches": ("batch", "true"),
    "flex": ("service_tier", "flex"),
    "priority": ("service_tier", "priority"),
}
_ABOVE_AN_HOUR = "above_1hr"
_SUFFIX = re.compile(rf"_(above_(\d+)k_tokens|{_ABOVE_AN_HOUR}|{'|'.join(_CONDITIONS)})$")

#: Providers that litellm calls otherwise than the other catalog.
_PROVIDERS = {
    "aws": "bedrock",
    "fireworks": "fireworks_ai",
    "google": "gemini",
    "moonshotai": "moonshot",
    "together": "together_ai",
    "x-ai": "xai",
}

Context = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Prices:
    """The prices of a meter under some conditions: the base, and above sizes of a request."""

    base: Decimal | None = None
    above: dict[int, Decimal] = field(default_factory=dict)


def read_litellm(
    path: Path, names: Mapping[str, tuple[str, ...]], provider: str | None
) -> tuple[Catalog | None, list[str], list[Problem]]:
    """The current prices of models, each sought by its name and then by its aliases.

    A name is that of several entries where several providers have the model: the one of
    ``provider`` is taken first. Also gives the models that are not in the file.
    Problems: those of reading the file, ``litellm-syntax`` and ``litellm-shape``.
    """
    text, problems = read_text(path)
    if text is None:
        return None, [], problems
    document, problems = _parse(text, shown(path))
    if document is None:
        return None, [], problems
    entries = {key: entry for key, entry in document.items() if isinstance(entry, dict)}
    preferred = _PROVIDERS.get(provider or "", provider or "")
    models, missing = [], []
    for name, aliases in names.items():
        key = _key_of((name, *aliases), entries, preferred)
        if key is None:
            missing.append(name)
            continue
        rates, wrong = _rates(name, key, entries[key], shown(path))
        problems += wrong
        models.append(CatalogModel(name, rates, aliases, title=key))
    digest = sha256(text.encode()).hexdigest()
    name = f"litellm file {shown(path)}"
    return Catalog(name, provider or "", digest, tuple(models)), missing, problems


def _parse(text: str, file: str) -> tuple[dict[str, Any] | None, list[Problem]]:
    help = "take litellm's model_prices_and_context_window.json as it is"
    try:
        document = json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except json.JSONDecodeError as failure:
        place = Position(file, failure.lineno, failure.colno)
        return None, [error("litellm-syntax", f"not JSON: {failure.msg}", help, place)]
    except (ValueError, RecursionError):
        message = "not JSON: a number that is none, or too much nesting"
        return None, [error("litellm-syntax", message, help, Position(file))]
    if not isinstance(document, dict) or not any(isinstance(e, dict) for e in document.values()):
        message = "the file is no mapping of models to their prices"
        return None, [error("litellm-shape", message, help, Position(file))]
    return document, []


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _key_of(names: Iterable[str], entries: Mapping[str, Any], preferred: str) -> str | None:
    """The entry of a model: the preferred provider's, else by its name, else any one's only."""
    for name in names:
        if f"{preferred}/{name}" in entries:
            return f"{preferred}/{name}"
        if name in entries:
            return name
        owned = (key for key in entries if key.endswith(f"/{name}"))
        own = [k for k in owned if k == f"{entries[k].get('litellm_provider')}/{name}"]
        if len(own) == 1:
            return own[0]
    return None


def _rates(
    model: str, key: str, entry: Mapping[str, Any], file: str
) -> tuple[tuple[CatalogRate, ...], list[Problem]]:
    found: dict[Context, dict[tuple[str, int], _Prices]] = {}
    problems: list[Problem] = []
    for name, value in entry.items():
        base, context, above = _split(name)
        if base not in _METERS or value is None:
            continue
        if not _is_price(value):
            message = f"{key}: '{name}' is no price: {value!r:.60}"
            help = "take litellm's file as it is, or correct the price"
            problems.append(error("litellm-shape", message, help, Position(file)))
            continue
        meter, places = _METERS[base]
        hour = ("cache_write_1h_tokens", places) if _ABOVE_AN_HOUR in name else (meter, places)
        prices = found.setdefault(context, {}).setdefault(hour, _Prices())
        if above is None:
            prices.base = Decimal(value)
        else:
            prices.above[above] = Decimal(value)
    rates = tuple(
        CatalogRate(Rate(_conditions(model, context), priced))
        for context, meters in found.items()
        if (priced := tuple(_price(m, p) for m, p in meters.items() if p.base is not None))
    )
    return rates, problems


def _split(key: str) -> tuple[str, Context, int | None]:
    """A key as its base, the conditions of its suffixes, and the size above which it holds."""
    context: list[tuple[str, str]] = []
    above = None
    while suffix := _SUFFIX.search(key):
        key = key[: suffix.start()]
        if suffix[2]:
            above = int(suffix[2]) * 1000
        elif suffix[1] in _CONDITIONS:
            context.append(_CONDITIONS[suffix[1]])
    return key, tuple(sorted(context)), above


def _is_price(value: object) -> bool:
    """Whether a value of the file is a number that a price can be."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    try:
        return parse_number(str(value)) >= 0
    except ValueError:
        return False


def _price(meter: tuple[str, int], prices: _Prices) -> MeterPrice:
    name, places = meter
    assert prices.base is not None
    sizes = tuple(
        (Threshold(CONTEXT_TOKENS, Decimal(size)), _unit(price, places))
        for size, price in sorted(prices.above.items())
    )
    step = Step(None, _unit(prices.base, places))
    if not sizes:
        return MeterPrice(name, (name,), "per_unit", (step,))
    terms = RequestTerms(thresholds=sizes)
    return MeterPrice(name, (name,), "per_unit", (step,), "request", requests=terms)


def _unit(price: Decimal, places: int) -> UnitPrice:
    """A price per one as one per million: the point moves, no digit changes."""
    sign, digits, exponent = price.as_tuple()
    assert isinstance(exponent, int)
    return UnitPrice(Decimal((sign, digits, exponent + places)), Decimal(10**places))


def _conditions(model: str, context: Context) -> Conditions:
    return Conditions.of({"model": (model,), **{name: (value,) for name, value in context}})
