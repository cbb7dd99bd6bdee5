"""A format of export files, as its descriptor states it: data, no code per provider.

``descriptors`` reads them from YAML (the keys are documented in
``schemas/format.schema.json``); ``detection`` finds the one that claims a file;
``normal_form`` turns a descriptor and a header into SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tokenbooks.book import UsageSource
from tokenbooks.names import STANDARD_DIMENSIONS, STANDARD_METERS
from tokenbooks.problems import NOWHERE, Position
from tokenbooks.usage.accounting import CREDIT, EMPTY, OWED

#: ``zone`` of a time column whose days are those of the contract's zone.
CONTRACT_ZONE = "contract"
#: ``zone`` of a time column whose days are those that the text itself says.
WRITTEN_ZONE = "written"
#: ``currency`` of amounts that are in the contract's.
CONTRACT_CURRENCY = "contract"

#: Columns of files whose name alone says which days they are of.
FIRST_DAY, LAST_DAY = "first day", "last day"

#: The function that makes rows of JSON where the descriptor names none.
OBJECTS = "objects"

#: What a stated amount means: to pay; taken off what is to pay; computed at list prices;
#: inside a subscription; paid by free credits; credits bought; credits lost; a tax.
LIST, INCLUDED, GRANTED = "list", "included", "granted"
PURCHASE, EXPIRED, TAX = "purchase", "expired", "tax"
MEANINGS = (OWED, CREDIT, LIST, INCLUDED, GRANTED, PURCHASE, EXPIRED, TAX)

#: Meanings of usage that is nobody's expense.
NOT_OWED_MEANINGS = (INCLUDED, GRANTED)


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
class Shape:
    """How a file holds its table.

    ``rows`` names the function that makes rows of JSON ('' for ``objects``, or for other
    files). ``preamble`` is the first cell of the header, where other lines stand before
    it. With ``dated_by_name`` the file's name says its days. ``nothing`` are texts that
    stand for an empty cell. ``loose`` are columns that a table may also spell otherwise:
    without regard to case and to the signs between words. With ``table`` the rows may stand
    in a table as well as in JSON.
    """

    rows: str = ""
    preamble: str = ""
    dated_by_name: bool = False
    nothing: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    table: bool = False


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """Where the time stands and how it is written.

    ``written`` are the ways in which it may be written, the first that fits counts;
    ``zone`` is that of days and of instants without offset ('' refuses those). With
    ``buckets`` a row sums a stretch of time, which ends at ``end``, after the day
    ``last``, or, for days, with the day. ``otherwise`` is the column of the day of rows
    that say none, often one of the preamble.
    """

    column: str
    written: tuple[str, ...]
    buckets: bool
    zone: str = ""
    end: str | None = None
    last: str | None = None
    otherwise: str | None = None

    @property
    def is_days(self) -> bool:
        """Whether no row tells more than its day."""
        return all(form in DAY_FORMS for form in self.written)


#: Ways to write a day, as opposed to an instant.
DAY_FORMS = ("day", "compact_day", "month_day_year", "unix_day")


@dataclass(frozen=True, slots=True)
class RowCondition:
    """Rows whose column has one of the values, or fits one of the globs."""

    column: str
    values: tuple[str, ...] = ()
    like: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SkipRule:
    """Rows that carry nothing, and why; ``under`` one key of the contract only, or both."""

    reason: str
    all_empty: tuple[str, ...] = ()
    condition: RowCondition | None = None
    under: str | None = None


@dataclass(frozen=True, slots=True)
class DimensionColumn:
    """A dimension's column (the first that is there), with spellings mapped or dropped.

    In this order: ``key`` of a JSON object in the cell, the group of ``pattern``, the
    globs of ``like``, ``values``, and ``neutral``, which is absent. A ``constant`` has no
    column. Where the cell, its key or its pattern says nothing, ``others`` are asked in order.
    """

    name: str
    columns: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    neutral: tuple[str, ...] = ()
    key: str | None = None
    pattern: str | None = None
    like: Mapping[str, str] = field(default_factory=dict)
    constant: str | None = None
    others: tuple[DimensionColumn, ...] = ()

    @property
    def named_columns(self) -> set[str]:
        """Its columns, and those of the others."""
        return {*self.columns, *(name for other in self.others for name in other.columns)}


@dataclass(frozen=True, slots=True)
class MeterColumn:
    """A meter's column (the first that is there), or the first of ``keys`` of JSON in it.

    ``plus`` are columns that count more of it (keys, where it has some). ``less`` are
    columns contained in it that have meters of their own, ``less_meters`` such meters;
    ``times`` is how many units one stands for; ``nothing`` are texts that stand for no
    quantity. An informational meter may be ``inside`` another meter.
    """

    name: str
    columns: tuple[str, ...]
    less: tuple[str, ...] = ()
    times: int = 1
    informational: bool = False
    inside: str | None = None
    keys: tuple[str, ...] = ()
    nothing: tuple[str, ...] = ()
    plus: tuple[str, ...] = ()
    less_meters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LongForm:
    """One meter a row: which column names it, which one holds the quantity.

    Rows of a statement tell what their amounts are for by it; such a file may have no
    quantity. ``meter`` are columns, of which the first that is not empty counts. ``meters`` maps
    globs of the text to meters, ``other`` is the meter of what none fits. ``unit`` is the
    column of the unit, and ``units`` says how many one unit stands for; ``other`` is counted
    as written, whatever its unit. With ``rounds`` a count that comes out with decimals is
    rounded to the nearest, and so are decimals beyond those that are kept. ``credits`` are
    the columns of a currency and a quantity: rows in a currency that is no state's are in
    credits.
    """

    meter: tuple[str, ...]
    quantity: tuple[str, ...] = ()
    meters: Mapping[str, str] = field(default_factory=dict)
    other: str | None = None
    unit: tuple[str, ...] = ()
    units: Mapping[str, int] = field(default_factory=dict)
    rounds: bool = False
    informational: tuple[str, ...] = ()
    credits: tuple[str, str] | None = None

    @property
    def named_columns(self) -> set[str]:
        """The columns of the meter, the quantity, its unit, and of credits."""
        return {*self.meter, *self.quantity, *self.unit, *(self.credits or ())}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the amounts of some rows mean: where a condition holds, or the amount is zero.

    ``zero``: nothing is to be paid, while the amount before discount is more.
    ``unbilled``: the condition holds, and nothing is invoiced for the row.
    """

    means: str
    condition: RowCondition | None = None
    zero: bool = False
    unbilled: bool = False


@dataclass(frozen=True, slots=True)
class StatedAmount:
    """What the file says a row costs.

    It stands in a column (the first of them that is not empty), or is ``price`` x
    ``quantity``. ``plus`` is the column of a JSON list, and the key of amounts in it which
    are added. ``billed`` is the column of what is invoiced, where that is not what is
    consumed; ``in_total`` that of what adds up to the file's total, where that is not the
    amount; ``tolerance`` by how much a row may be off; ``means`` what the amounts mean
    where no ``meanings`` says otherwise. ``binary``: the source keeps binary numbers, whose
    digits beyond the last place that is kept are rounded.
    """

    columns: tuple[str, ...] = ()
    price: str | None = None
    quantity: str | None = None
    currency: str | None = None
    currency_columns: tuple[str, ...] = ()
    list_column: str | None = None
    billed: str | None = None
    unit: Decimal = Decimal(1)
    tolerance: Decimal = Decimal(0)
    in_total: str | None = None
    nothing: tuple[str, ...] = ()
    means: str = OWED
    meanings: tuple[Meaning, ...] = ()
    binary: bool = False
    plus: tuple[str, str] | None = None

    @property
    def named_columns(self) -> set[str]:
        """The columns of the amounts, their currency, and what tells their meaning."""
        single = [self.price, self.quantity, self.list_column, self.billed, self.in_total]
        single += [self.plus[0]] if self.plus else []
        told = [meaning.condition.column for meaning in self.meanings if meaning.condition]
        named = (*self.columns, *self.currency_columns, *single, *told)
        return {name for name in named if name}


@dataclass(frozen=True, slots=True)
class Tags:
    """The column with the tags that people gave (the first that is there), as JSON.

    ``bare`` lacks its braces; ``pairs`` is a list of objects with ``key`` and ``value``.
    """

    columns: tuple[str, ...]
    bare: bool = False
    pairs: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes two rows the same: the column of an id, or all that they say.

    ``reverses`` is the column that names an id taken back. Of rows with one id that say
    different things the one with the ``most`` in a column counts, where one is named.
    """

    id: str | None = None
    reverses: str | None = None
    most: str | None = None

    @property
    def named_columns(self) -> set[str]:
        """The columns of the ids, and of what decides between rows."""
        return {name for name in (self.id, self.reverses, self.most) if name}


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One format. ``replaces``: a later download replaces an earlier one by buckets.

    ``kinds`` are the keys of a contract under which a file may stand. ``total`` finds the
    rows that state the sum of the others, ``corrections`` those that may be negative.
    ``provisional`` is how many of the newest days may still change. ``same_usage`` are the
    formats that tell the same in another way.
    """

    id: str
    title: str
    kinds: tuple[str, ...]
    recognise: Recognition
    times: tuple[TimeColumn, ...]
    shape: Shape = Shape()
    grouped_numbers: bool = False
    skip: tuple[SkipRule, ...] = ()
    standard_names: bool = False
    dimensions: tuple[DimensionColumn, ...] = ()
    meters: tuple[MeterColumn, ...] = ()
    long: LongForm | None = None
    amount: StatedAmount | None = None
    total: RowCondition | None = None
    corrections: tuple[RowCondition, ...] = ()
    tags: Tags | None = None
    identity: Identity | None = None
    replaces: bool = False
    provisional: int = 0
    same_usage: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    position: Position = NOWHERE

    @property
    def is_empty(self) -> bool:
        """Whether files of the format have no data, whatever they are downloads of."""
        return EMPTY in self.kinds

    @property
    def kind(self) -> str:
        """The kinds in words: ``usage``, ``statement``, ``usage, statement``, ``empty``."""
        return ", ".join(self.kinds)

    def columns(self, source: UsageSource) -> set[str]:
        """Every column that the format, or the source of a file in the book, names."""
        named: set[str | None] = {*source.meters, *source.dimensions}
        named.update(self.recognise.all_of, self.recognise.exactly, *self.recognise.any_of)
        for time in self.times:
            named.update((time.column, time.end, time.last, time.otherwise))
        for dimension in self.dimensions:
            named.update(dimension.named_columns)
        for meter in self.meters:
            named.update((*meter.columns, *meter.less, *(() if meter.keys else meter.plus)))
        rules = [*(rule.condition for rule in self.skip), self.total, *self.corrections]
        named.update(rule.column for rule in rules if rule)
        named.update(*(rule.all_empty for rule in self.skip))
        for part in (self.long, self.amount, self.identity):
            named.update(part.named_columns if part else ())
        named.update(self.tags.columns if self.tags else ())
        named.update((*STANDARD_METERS, *STANDARD_DIMENSIONS) if self.standard_names else ())
        return {name for name in named if name and name not in (FIRST_DAY, LAST_DAY)}
