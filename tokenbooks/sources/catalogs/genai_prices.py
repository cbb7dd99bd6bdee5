"""Reads the catalog of the package ``genai-prices``: the prices of a provider's models.

The package is an optional extra, imported only here. Its bundled data are read, never its
live feed, so that one version always says the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbooks.names import STANDARD_METERS, nearest
from tokenbooks.problems import Problem, error
from tokenbooks.rating.catalog import Catalog, CatalogModel
from tokenbooks.sources.catalogs.model_names import Found, find_model, written_names
from tokenbooks.sources.catalogs.model_rates import defaults_of, model_rates
from tokenbooks.sources.catalogs.units import Lattice, Unit

if TYPE_CHECKING:
    from genai_prices.types import Provider

#: The versions whose data this module understands.
SUPPORTED = "0.2."

EXTRA = "tokenbooks[catalog]"


def read_catalog(
    provider: str, names: Sequence[str], seen: Iterable[str] = ()
) -> tuple[Catalog | None, list[str], list[Problem]]:
    """The prices of the models that go by these names, and the names that it does not know.

    ``seen`` are meters of usage whose place among the others is to be told as well. Problems:
    ``catalog-missing`` (the package is not installed, or in a version that is not
    understood), ``catalog-provider-unknown``.
    """
    version = _installed_version()
    if not version.startswith(SUPPORTED):
        return None, [], [_missing(version)]
    providers = _providers()
    chosen = next((item for item in providers if item.id == provider), None)
    if chosen is None:
        return None, [], [_unknown_provider(provider, [item.id for item in providers])]
    lattice = _lattice()
    found = [(name, find_model(chosen, name, providers)) for name in names]
    models = _models(chosen, found, lattice)
    unknown = [name for name, model in found if model is None]
    priced = {p.name for m in models for item in m.rates for p in item.rate.prices}
    part_of = lattice.part_of(priced, seen)
    catalog = Catalog(
        name=f"genai-prices {version}",
        provider=chosen.id,
        digest=_digest(),
        models=models,
        part_of=part_of,
        meters=tuple(sorted(priced - set(part_of) - set(STANDARD_METERS))),
        defaults=defaults_of(model.info for _, model in found if model),
    )
    return catalog, unknown, []


def _models(
    provider: Provider, found: Sequence[tuple[str, Found | None]], lattice: Lattice
) -> tuple[CatalogModel, ...]:
    """One model for all the names that lead to it, in the order of the catalog's ids."""
    names: dict[int, list[str]] = {}
    by_identity: dict[int, Found] = {}
    for name, model in found:
        if model is not None:
            names.setdefault(id(model.info), []).append(name)
            by_identity[id(model.info)] = model
    ordered = sorted(by_identity.values(), key=lambda model: model.info.id)
    return tuple(_model(provider, model, names[id(model.info)], lattice) for model in ordered)


def _model(provider: Provider, found: Found, seen: Sequence[str], lattice: Lattice) -> CatalogModel:
    written = written_names(provider, found, seen)
    rates, remarks = model_rates(found, written, lattice)
    return CatalogModel(
        id=written.id,
        rates=rates,
        aliases=written.aliases,
        title=found.info.name or found.info.id,
        comment=found.info.price_comments or "",
        remarks=remarks,
    )


def _installed_version() -> str:
    """The version of the package, or nothing where it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("genai-prices")
    except PackageNotFoundError:
        return ""


def _providers() -> Sequence[Provider]:
    from genai_prices.data import providers

    return providers


def _lattice() -> Lattice:
    from genai_prices.data_units import unit_data

    return Lattice(
        Unit(key, str(raw["price_key"]), int(raw["per"]), raw["dimensions"])
        for key, raw in unit_data.items()
    )


def _digest() -> str:
    """The digest of the files that hold the catalog's data."""
    from genai_prices import data, data_units

    files = [Path(str(module.__file__)) for module in (data, data_units)]
    content = [file.read_bytes() for file in files]
    return sha256(b"".join(content)).hexdigest()


def _missing(version: str) -> Problem:
    if version:
        message = f"genai-prices {version} is installed, but only {SUPPORTED}x is understood"
    else:
        message = "the catalog needs the package genai-prices, which is not installed"
    return error("catalog-missing", message, f"pip install '{EXTRA}'")


def _unknown_provider(provider: str, known: Sequence[str]) -> Problem:
    near = nearest(provider, known)
    hint = f"did you mean '{near}'? " if near else ""
    message = f"the catalog has no provider '{provider}'"
    return error("catalog-provider-unknown", message, f"{hint}known: {', '.join(known)}")
