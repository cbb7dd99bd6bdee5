"""Makes a plan from a catalog: for the models in usage files, or for models that are named."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tokenbooks.desk.catalog_plan import catalog_plan_text, catalog_warnings
from tokenbooks.desk.seen_usage import see_usage
from tokenbooks.problems import Position, Problem, any_error, error, warning
from tokenbooks.rating.context_column import LONG, by_context_column
from tokenbooks.sources.catalogs.genai_prices import read_catalog
from tokenbooks.sources.files import shown


@dataclass(frozen=True, slots=True)
class SeenModels:
    """The names of models in usage files, and the meters that count anything there.

    ``has_context`` tells that rows say of themselves that their requests were long.
    """

    names: tuple[str, ...] = ()
    meters: tuple[str, ...] = ()
    has_context: bool = False


def seen_models(
    paths: Sequence[Path], book: Path | None
) -> tuple[SeenModels | None, list[Problem]]:
    """The models in usage files of any recognised format, those of the book included.

    Warning ``usage-without-model``: usage that names no model needs a rate of another kind.
    """
    folder = _folder_of(paths, book)
    usage, problems = see_usage(folder, paths)
    if usage is None:
        return None, problems
    items = [item for contract in usage.contracts for item in contract.items]
    models = [item for item in items if item.dimension == "model"]
    if len(models) < len(items):
        others = ", ".join(
            sorted({item.name or "unnamed" for item in items} - {m.name for m in models})
        )
        message = f"usage that names no model is left out: {others}"
        help = "write a rate for it into the plan by hand"
        problems.append(warning("usage-without-model", message, help))
    names = dict.fromkeys(item.name for item in models)
    meters = dict.fromkeys(meter for item in models for meter in item.meters)
    qualified = {name for contract in usage.contracts for name, _ in contract.qualified}
    return SeenModels(tuple(names), tuple(meters), LONG[0] in qualified), problems


def import_plan(
    plan: str,
    provider: str,
    seen: SeenModels,
    named: Sequence[str],
    day: date,
    context_column: bool = False,
) -> tuple[str | None, list[Problem]]:
    """The text of a plan with the prices of the models seen and named.

    With a ``context_column``, or where one was seen in use, prices that change above 200,000
    tokens are written by it.
    Problems: those of ``read_catalog``; ``catalog-model-unknown``, an error for a model that
    was named and a warning for one seen in usage, which may be another provider's; and
    ``catalog-not-expressed`` where nothing has a price.
    """
    names = tuple(dict.fromkeys([*named, *seen.names]))
    catalog, unknown, problems = read_catalog(provider, names, seen.meters)
    if catalog is None:
        return None, problems
    for name in unknown:
        message = f"the catalog has no model '{name}' of {provider}"
        if name in named:
            help = "correct the name, or write its rate into the plan by hand"
            problems.append(error("catalog-model-unknown", message, help))
        else:
            help = "write its rate by hand; or import it with its own --provider"
            problems.append(warning("catalog-model-unknown", message, help))
    if any_error(problems):
        return None, problems
    if context_column or seen.has_context:
        catalog = by_context_column(catalog)
    problems += catalog_warnings(catalog)
    if not any(model.rates for model in catalog.models):
        message = f"the catalog has no price for any of the models of {provider}"
        help = "write the plan by hand, from the provider's price page"
        problems.append(error("catalog-not-expressed", message, help))
        return None, problems
    return catalog_plan_text(plan, catalog, day), problems


def write_plan(path: Path, text: str, *, force: bool) -> list[Problem]:
    """Write a new plan; ``plan-overwrites`` where the file is there and ``force`` is not set."""
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        message = f"{shown(path)} is already there"
        help = "choose another file, or overwrite it with --force"
        return [error("plan-overwrites", message, help, Position(shown(path)))]
    return []


def _folder_of(paths: Sequence[Path], book: Path | None) -> Path:
    """The book's folder if all files lie in it, since its formats count; else their own."""
    absolute = [Path(os.path.abspath(path)) for path in paths]
    if book is not None and all(p.is_relative_to(os.path.abspath(book)) for p in absolute):
        return book
    common = Path(os.path.commonpath(absolute))
    return common if common.is_dir() else common.parent
