"""A format of export files, as its descriptor states it: data, no code per provider.

``descriptors`` reads them from YAML (the keys are documented in
``schemas/format.schema.json``); ``detection`` finds the one that claims a file;
``normal_form`` turns a descriptor and a header into SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tokenbooks.problems import NOWHERE, Position

USAGE, STATEMENT, EMPTY = "usage", "statement", "empty"

#: ``zone`` of a time column whose days are those of the contract's zone.
CONTRACT_ZONE = "contract"


@dataclass(frozen=True, slots=True)
class Recognition:
    """Which sets of column names make a file one of the format.

    ``any_of`` is a list of lists; of each one at least one column must be there.
    """

    all_of: tuple[str, ...] = ()
    any_of: tuple[tuple[str, ...], ...] = ()
    none_of: tuple[str, ...] = ()
    exactly: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """Where the time stands and how it is written.

    ``written`` is ``unix_seconds``, ``instant`` or ``day``; ``zone`` is that of days and
    of instants without offset ('' refuses those). With ``buckets`` a row sums a stretch
    of time, which ends at ``end`` or, for days, with the day.
    """

    column: str
    written: str
    buckets: bool
    zone: str = ""
    end: str | None = None


@dataclass(frozen=True, slots=True)
class SkipRule:
    """Rows that carry nothing, and why: all columns empty, or one with such a value."""

    reason: str
    all_empty: tuple[str, ...] = ()
    column: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DimensionColumn:
    """A dimension's column (the first that is there), with spellings mapped or dropped."""

    name: str
    columns: tuple[str, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    neutral: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MeterColumn:
    """A meter's column (the first that is there).

    ``less`` are columns contained in it that have meters of their own; ``times`` is how
    many units one stands for. An informational meter may be ``inside`` another meter.
    """

    name: str
    columns: tuple[str, ...]
    less: tuple[str, ...] = ()
    times: int = 1
    informational: bool = False
    inside: str | None = None


@dataclass(frozen=True, slots=True)
class LongForm:
    """One quantity a row: which column names the meter, which one holds the quantity."""

    meter: str
    quantity: str


@dataclass(frozen=True, slots=True)
class StatedAmount:
    """What the counterparty charges. ``tolerance`` is by how much a row may be off."""

    columns: tuple[str, ...]
    currency: str | None = None
    currency_columns: tuple[str, ...] = ()
    list_column: str | None = None
    unit: Decimal = Decimal(1)
    tolerance: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Identity:
    """The column whose value names a row, and the one that names an id taken back."""

    id: str
    reverses: str | None = None


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One format. ``replaces``: a later download replaces an earlier one by buckets."""

    id: str
    title: str
    kind: str
    recognise: Recognition
    times: tuple[TimeColumn, ...]
    skip: tuple[SkipRule, ...] = ()
    standard_names: bool = False
    dimensions: tuple[DimensionColumn, ...] = ()
    meters: tuple[MeterColumn, ...] = ()
    long: LongForm | None = None
    amount: StatedAmount | None = None
    identity: Identity | None = None
    replaces: bool = False
    ignore: tuple[str, ...] = ()
    position: Position = NOWHERE
