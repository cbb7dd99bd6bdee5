"""A price catalog, as facts: what a public collection of prices says of some models.

Its prices are rates like those of a plan, so that they can be written as one and compared
with one. ``sources.catalogs`` reads catalogs; nothing is ever rated by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tokenbooks.rating.plan import Alias, Modifier, Plan, Rate

#: Kinds of remarks that a reviewer must see: the others are only written beside the price.
NOTICED, LATE_METER, UNDATED_HOURS = "noticed", "late-meter", "undated-hours"
NOT_EXPRESSED, BORROWED = "not-expressed", "borrowed"
STANDARD_TOO, DROPPED, BY_REQUEST = "standard-too", "dropped", "by-request"
WARNED = (NOTICED, LATE_METER, UNDATED_HOURS, NOT_EXPRESSED, BORROWED)


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be known of a price that the price itself does not say."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class CatalogRate:
    """A rate as the catalog states it, with remarks."""

    rate: Rate
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogModel:
    """A model: the name that its rates have, other names of it, and what is known of it."""

    id: str
    rates: tuple[CatalogRate, ...]
    aliases: tuple[str, ...] = ()
    title: str = ""
    comment: str = ""
    remarks: tuple[Remark, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names that are written out."""
        return (self.id, *self.aliases)


@dataclass(frozen=True, slots=True)
class Catalog:
    """Some models of one provider in one version of a catalog.

    ``digest`` is that of the catalog's data. ``part_of`` and ``defaults`` are as in a plan;
    ``meters`` are those that are no standard ones.
    """

    name: str
    provider: str
    digest: str
    models: tuple[CatalogModel, ...]
    part_of: Mapping[str, str] = field(default_factory=dict)
    meters: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    modifiers: tuple[Modifier, ...] = ()
    currency: str = "USD"

    def as_plan(self) -> Plan:
        """The same prices as a plan."""
        return Plan(
            id=self.name,
            currency=self.currency,
            rates=tuple(item.rate for model in self.models for item in model.rates),
            timezone="UTC",
            part_of=self.part_of,
            defaults=self.defaults,
            aliases=tuple(Alias(name, model.id) for model in self.models for name in model.aliases),
            modifiers=self.modifiers,
        )
