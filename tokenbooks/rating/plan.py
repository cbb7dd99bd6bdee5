"""A plan: an effective-dated price list (DESIGN 4.2), as facts.

``sources.plans`` reads plans from YAML; ``rating.matching`` finds the rate of a
usage; ``rating.models`` turns quantities into amounts; ``rating.terms`` holds what a
plan says of a whole span, such as fees and minimums.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import number_text, quantity_text
from tokenbooks.conditions import Conditions
from tokenbooks.periods import Moment
from tokenbooks.problems import NOWHERE, Position
from tokenbooks.rating.credit_terms import NO_CREDIT_TERMS, CreditTerms, Length
from tokenbooks.rating.measures import Threshold
from tokenbooks.rating.terms import NO_TERMS, Terms
from tokenbooks.rating.windows import Window


@dataclass(frozen=True, slots=True)
class Credit:
    """The unit of a plan that prices in credits: its name, and what one is worth in money."""

    name: str
    worth: Decimal


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """An amount per quantity: ``2.50 per 1M``, or in credits: ``4 credits``."""

    amount: Decimal
    per: Decimal = Decimal(1)
    credit: Credit | None = None

    @property
    def each(self) -> Fraction:
        """The exact price of one unit, in money."""
        return self.money / Fraction(self.per)

    @property
    def money(self) -> Fraction:
        """The exact amount for ``per`` units, in money."""
        worth = Fraction(self.credit.worth) if self.credit else Fraction(1)
        return Fraction(self.amount) * worth

    def __str__(self) -> str:
        amount = number_text(self.amount)
        if self.credit:
            amount += f" {self.credit.name}" + ("" if self.amount == 1 else "s")
        return amount if self.per == 1 else f"{amount} per {quantity_text(self.per)}"


@dataclass(frozen=True, slots=True)
class Step:
    """One band of a tiered price: quantities in ``(previous, up_to]``; None is open.

    ``packages`` tells that the band's quantity is charged in whole packages of the
    price's ``per``: ``up`` counts started ones, ``down`` completed ones.
    """

    up_to: Decimal | None
    price: UnitPrice
    flat: Decimal = Decimal(0)
    packages: str = ""


@dataclass(frozen=True, slots=True)
class Conversion:
    """Unit conversion before pricing: ``divide`` raw units make one, rounded as said.

    ``rounding`` is ``up``, ``down``, ``half_up``, or empty for none.
    """

    divide: Decimal
    rounding: str = ""


@dataclass(frozen=True, slots=True)
class EventTerms:
    """What holds for each event of a percentage price (PEERS b3).

    The first ``free`` of the amount and at most ``free_events`` events of a span are free,
    whichever runs out first; an event's charged part bears the rate, then ``fixed``, then
    the bounds ``at_least`` and ``at_most``. An event that is free bears none of them.
    """

    fixed: Decimal = Decimal(0)
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    free: Decimal | None = None
    free_events: int | None = None


@dataclass(frozen=True, slots=True)
class RequestTerms:
    """What holds for each request, so that one request a row is needed.

    ``at_least`` is the least quantity charged and ``step`` what quantities are rounded up
    to; ``thresholds`` are other prices for the whole request above a size.
    """

    at_least: Decimal | None = None
    step: Decimal | None = None
    thresholds: tuple[tuple[Threshold, UnitPrice], ...] = ()


@dataclass(frozen=True, slots=True)
class MeterPrice:
    """The price of a meter, or of several counted together (``of``).

    ``model`` names the charge model (see ``rating.models``): ``per_unit``, ``graduated``,
    ``volume``, ``package`` or ``percentage``. All but the tiered ones have one open step.
    What depends on a total counts over each span ``over``, whose ``scope`` is ``party``,
    ``contract`` or dimensions. ``free`` units come off before steps and after ``conversion``.
    """

    name: str
    meters: tuple[str, ...]
    model: str
    steps: tuple[Step, ...]
    over: str = "month"
    flat_on_zero: bool = False
    position: Position = NOWHERE
    scope: tuple[str, ...] = ("party",)
    free: Decimal = Decimal(0)
    conversion: Conversion | None = None
    events: EventTerms | None = None
    requests: RequestTerms | None = None

    @property
    def counted(self) -> bool:
        """Whether the amount depends on a running total of a span."""
        plain = self.model == "per_unit" and not self.free and not self.conversion
        return not plain and not self.by_request

    @property
    def by_request(self) -> bool:
        """Whether the amount of each request is its own."""
        return self.over == "request" or self.requests is not None

    def __str__(self) -> str:
        return _price_text(self)


@dataclass(frozen=True, slots=True)
class Rate:
    """One row of a plan: which usage it prices, from when to when, at which prices.

    A correction has ``corrected_on``, the day on which it became known, and ``corrects``,
    what was wrong: it restates the past from ``starts`` on (DESIGN 6). Of rates with one
    beginning the one corrected last is in force.
    """

    conditions: Conditions
    prices: tuple[MeterPrice, ...]
    starts: Moment | None = None
    until: Moment | None = None
    position: Position = NOWHERE
    hours: tuple[Window, ...] = ()
    corrects: str = ""
    corrected_on: date | None = None

    def __str__(self) -> str:
        since = f" from {self.starts.isoformat()}" if self.starts else ""
        corrected = f", corrected on {self.corrected_on}" if self.corrected_on else ""
        return f"{self.conditions or 'any usage'}{since}{corrected}"


@dataclass(frozen=True, slots=True)
class Modifier:
    """A factor on prices where the conditions hold, such as a batch discount."""

    name: str
    when: Conditions
    times: Mapping[str, Decimal]
    starts: Moment | None = None
    until: Moment | None = None
    position: Position = NOWHERE
    hours: tuple[Window, ...] = ()
    corrects: str = ""
    corrected_on: date | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of a model, from ``starts`` (inclusive) until ``until`` (exclusive)."""

    name: str
    model: str
    starts: Moment | None = None
    until: Moment | None = None
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class Action:
    """A meter that counts actions: only those that meet the written definition are sold.

    ``definition`` is a text, or a file of the book. One may be taken back for ``reversal``
    after it; None: never.
    """

    definition: str
    reversal: Length | None = None
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class Plan:
    """A price list. ``part_of`` maps a meter to the meter whose price it falls back on.

    ``levels`` are meters whose quantity holds until the next row instead of adding up.
    ``credit`` is the unit of a plan in credits, ``credit_terms`` what becomes of them.
    ``actions`` are meters that count actions, by their names.
    """

    id: str
    currency: str
    rates: tuple[Rate, ...]
    timezone: str | None = None
    source: str = ""
    part_of: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[Alias, ...] = ()
    modifiers: tuple[Modifier, ...] = ()
    credit: Credit | None = None
    credit_terms: CreditTerms = NO_CREDIT_TERMS
    terms: Terms = NO_TERMS
    levels: frozenset[str] = frozenset()
    actions: Mapping[str, Action] = field(default_factory=dict)
    position: Position = NOWHERE


def _price_text(price: MeterPrice) -> str:
    """A price in one line, such as ``graduated: 60 per 1M up to 1M; then 50 per 1M``."""
    text = _model_text(price)
    if price.conversion:
        rounded = f" rounded {price.conversion.rounding}" if price.conversion.rounding else ""
        text += f", in units of {quantity_text(price.conversion.divide)}{rounded}"
    if price.free:
        text += f", {quantity_text(price.free)} free"
    return text + _event_text(price) + _request_text(price)


def _model_text(price: MeterPrice) -> str:
    if price.model in {"graduated", "volume"}:
        return f"{price.model}: {'; '.join(_step_text(step, price) for step in price.steps)}"
    (step,) = price.steps
    if price.model == "percentage":
        return _percent_text(step.price, price)
    if price.model == "package":
        counted = "completed" if step.packages == "down" else "started"
        return f"{_amount(step.price)} per {counted} {quantity_text(step.price.per)}"
    return str(step.price)


def _step_text(step: Step, price: MeterPrice) -> str:
    unit = _percent_text(step.price, price) if price.events is not None else str(step.price)
    counted = {"up": " (started)", "down": " (completed)"}.get(step.packages, "")
    return f"{unit}{counted} up to {quantity_text(step.up_to)}" if step.up_to else f"then {unit}"


def _percent_text(unit: UnitPrice, price: MeterPrice) -> str:
    return f"{number_text(unit.amount * 100 / unit.per)}% of {' + '.join(price.meters)}"


def _event_text(price: MeterPrice) -> str:
    terms = price.events
    if terms is None:
        return ""
    text = f" + {number_text(terms.fixed)}" if terms.fixed else ""
    text += f", at least {number_text(terms.at_least)}" if terms.at_least is not None else ""
    text += f", at most {number_text(terms.at_most)}" if terms.at_most is not None else ""
    text += f", first {number_text(terms.free)} free" if terms.free is not None else ""
    return text + (f", {terms.free_events} free events" if terms.free_events is not None else "")


def _request_text(price: MeterPrice) -> str:
    terms = price.requests
    each = " each request" if price.by_request and price.over == "request" else ""
    if terms is None:
        return each
    text = f", at least {number_text(terms.at_least)}" if terms.at_least is not None else ""
    text += f", in steps of {number_text(terms.step)}" if terms.step is not None else ""
    return text + each + "".join(f"; {unit} if {when}" for when, unit in terms.thresholds)


def _amount(unit: UnitPrice) -> str:
    return str(UnitPrice(unit.amount, credit=unit.credit))
