"""Small models in the real shapes of genai-prices, and its lattice of units."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

from genai_prices.data_units import unit_data
from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    Provider,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)

from tokenbooks.sources.catalogs.model_names import Found, WrittenNames
from tokenbooks.sources.catalogs.units import Lattice, Unit


def lattice() -> Lattice:
    return Lattice(
        Unit(key, raw["price_key"], raw["per"], raw["dimensions"]) for key, raw in unit_data.items()
    )


def prices(**amounts: str | TieredPrices) -> ModelPrice:
    return ModelPrice(**{k: Decimal(v) if isinstance(v, str) else v for k, v in amounts.items()})


def tiers(base: str, *steps: tuple[int, str]) -> TieredPrices:
    return TieredPrices(Decimal(base), [Tier(start, Decimal(price)) for start, price in steps])


def since(day: str) -> StartDateConstraint:
    return StartDateConstraint(date.fromisoformat(day))


def daily(start: str, end: str) -> TimeOfDateConstraint:
    return TimeOfDateConstraint(time.fromisoformat(start), time.fromisoformat(end))


def block(
    price: ModelPrice, constraint: StartDateConstraint | TimeOfDateConstraint | None = None
) -> ConditionalPrice:
    return ConditionalPrice(constraint, prices=price)


def variant(
    when: dict[str, str],
    price: ModelPrice,
    constraint: StartDateConstraint | TimeOfDateConstraint | None = None,
) -> PriceVariant:
    return PriceVariant(when, price, constraint)


def model(*blocks: ConditionalPrice, variants: tuple[PriceVariant, ...] = ()) -> ModelInfo:
    return ModelInfo(
        id="m", match=ClauseEquals("m"), prices=list(blocks), price_variants=list(variants)
    )


def provider(*models: ModelInfo, name: str = "p") -> Provider:
    return Provider(id=name, name=name.title(), api_pattern="", models=list(models))


def found(info: ModelInfo, owner: str = "p", *, is_fallback: bool = False) -> Found:
    return Found(info, owner, is_fallback)


def written(name: str = "m") -> WrittenNames:
    return WrittenNames(name, (), ())
