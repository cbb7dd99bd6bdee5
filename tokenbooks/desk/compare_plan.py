"""Compares a plan with a catalog, or with a price file of litellm."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tokenbooks.desk.rate_text import can_be_written, rate_line
from tokenbooks.periods import start_of
from tokenbooks.problems import Problem, error
from tokenbooks.rating.catalog import Catalog
from tokenbooks.rating.context_column import by_context_column, has_context_column
from tokenbooks.rating.plan import Plan, Rate
from tokenbooks.rating.price_difference import (
    NEW,
    PriceDifference,
    plan_models,
    price_differences,
    rates_to_write,
)
from tokenbooks.sources.catalogs.genai_prices import read_catalog
from tokenbooks.sources.catalogs.litellm import read_litellm

_PROVIDER = re.compile(r"\bprovider ([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class WrittenRate:
    """A rate for a plan as one line of YAML, and what it does: append or correct."""

    does: str
    model: str
    starts: date | None
    yaml: str
    note: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A plan compared with a catalog. ``missing`` are models that the catalog does not know.

    ``at`` is the day whose prices were compared, None where all times were.
    """

    plan: str
    catalog: str
    differences: tuple[PriceDifference, ...]
    missing: tuple[str, ...]
    rates: tuple[WrittenRate, ...] = ()
    at: date | None = None


def against_catalog(
    plan: Plan, provider: str | None, day: date
) -> tuple[Comparison | None, list[Problem]]:
    """Compare all prices of a plan with those of the catalog, at all times.

    Problems: those of ``read_catalog``, and ``catalog-provider-unnamed`` where neither the
    caller nor the plan says whose prices they are.
    """
    chosen = provider or _provider_of(plan)
    if chosen is None:
        message = f"the plan '{plan.id}' does not say which provider of the catalog it is of"
        help = "name it with --provider, such as --provider openai"
        return None, [error("catalog-provider-unnamed", message, help, plan.position)]
    models = plan_models(plan)
    names = [name for model, aliases in models.items() for name in (model, *aliases)]
    catalog, unknown, problems = read_catalog(chosen, names)
    if catalog is None:
        return None, problems
    known = set(names) - set(unknown)
    missing = [m for m, aliases in models.items() if not known & {m, *aliases}]
    differences = price_differences(plan, _as_written(catalog, plan))
    corrects = f"{catalog.name} of {day} states another price"
    rates = [
        _written(item, rate, kept)
        for item, rate, kept in rates_to_write(differences, corrects, day)
    ]
    return (
        Comparison(plan.id, catalog.name, tuple(differences), tuple(missing), tuple(rates)),
        problems,
    )


def against_litellm(
    plan: Plan, path: Path, provider: str | None, day: date
) -> tuple[Comparison | None, list[Problem]]:
    """Compare the prices of a plan on one day with the current ones of a litellm file."""
    chosen = provider or _provider_of(plan)
    catalog, missing, problems = read_litellm(path, plan_models(plan), chosen)
    if catalog is None:
        return None, problems
    differences = price_differences(plan, _as_written(catalog, plan), start_of(day))
    return (
        Comparison(plan.id, catalog.name, tuple(differences), tuple(missing), at=day),
        problems,
    )


def _as_written(catalog: Catalog, plan: Plan) -> Catalog:
    """The catalog in the plan's own way of telling long requests."""
    return by_context_column(catalog) if has_context_column(plan) else catalog


def _provider_of(plan: Plan) -> str | None:
    """The provider that an imported plan names in its ``source``."""
    named = _PROVIDER.search(plan.source)
    return named[1] if named else None


def _written(item: PriceDifference, rate: Rate, kept: Sequence[object]) -> WrittenRate:
    fit = tuple(price for price in rate.prices if can_be_written(price))
    left = [price.name for price in rate.prices if price not in fit]
    note = f"copy the price of {', '.join(left)} from the rate before" if left else ""
    written = Rate(
        rate.conditions,
        fit,
        rate.starts,
        rate.until,
        hours=rate.hours,
        corrects=rate.corrects,
        corrected_on=rate.corrected_on,
    )
    does = "append" if item.kind == NEW else "correct"
    starts = item.starts.date() if item.starts else None
    return WrittenRate(does, item.model, starts, rate_line(written), note)
