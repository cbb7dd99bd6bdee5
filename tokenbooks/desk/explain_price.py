"""The prices of a row of an export: what each meter costs, as it was booked and as known since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.amounts import exact_text
from tokenbooks.close.computed import Computed
from tokenbooks.close.counter_values import bulk_averages, bulk_key, pool_average
from tokenbooks.close.evidence import ServiceUsage
from tokenbooks.close.explanation import Correction, MeterRating, RowExplanation
from tokenbooks.entries.service import service_spans
from tokenbooks.periods import span_of
from tokenbooks.rating.key_prices import UNTOLD
from tokenbooks.rating.matching import Ambiguous, Match, Outcome, PlanInForce, Unpriced, match
from tokenbooks.rating.models import event_amount
from tokenbooks.rating.plan import Modifier, Rate
from tokenbooks.rating.pools import PoolKey, scope_of
from tokenbooks.rating.requests import INSIDE, RequestLine, many, signed_lines
from tokenbooks.sources.exports.rows import ExplainedRow

if TYPE_CHECKING:
    import duckdb

_NONE = Fraction(0)


@dataclass(frozen=True, slots=True)
class BookedWith:
    """What was computed with a row among the usage: its tables, and until when it knew prices.

    Corrections of prices that became known at ``known_by`` or later were booked after it.
    """

    connection: duckdb.DuckDBPyConnection
    computed: Computed
    known_by: date


def price_row(told: RowExplanation, row: ExplainedRow, booked: BookedWith) -> None:
    """Fill in the price of each meter of a row."""
    told.meters = tuple(_RowPricing(told, row, booked).ratings())


class _RowPricing:
    """Prices one row."""

    def __init__(self, told: RowExplanation, row: ExplainedRow, booked: BookedWith) -> None:
        assert row.at is not None
        self.told = told
        self.row = row
        self.booked = booked
        self.at = row.at
        facts = told.facts
        contract = facts.book.contracts[told.contract]
        zone = facts.zone_of(contract)
        known = facts.known_by(booked.known_by).plan_of(contract)
        self.plan = PlanInForce(known, zone)
        self.outcomes = self._outcomes(self.plan)
        self.later = self._outcomes(PlanInForce(facts.plan_of(contract), zone))
        each = contract.each
        self.party = told.dimensions.get(each, "") if each else ""
        self.joined: dict[int, str] = {}

    def _outcomes(self, plan: PlanInForce) -> dict[str, Outcome]:
        return {m: match(plan, self.row.dimensions, m, self.at) for m in self.row.meters}

    def ratings(self) -> Iterator[MeterRating]:
        """Each meter with its price, or why it has none."""
        for meter, counted in self.row.meters.items():
            taken = self._taken_out(meter)
            quantity = Fraction(counted) - (Fraction(self.row.meters[taken]) if taken else 0)
            rating = MeterRating(meter, quantity, None)
            outcome = self.outcomes[meter]
            if isinstance(outcome, Match):
                rating = self._priced(rating, outcome)
                yield replace(rating, corrected=self._correction(meter, outcome))
            elif isinstance(outcome, Unpriced):
                yield replace(rating, reason=f"unpriced: {outcome.reason}")
            elif isinstance(outcome, Ambiguous):
                yield replace(rating, reason="two rates of equal rank match")
            else:
                yield replace(rating, reason="not priced")

    def _taken_out(self, meter: str) -> str | None:
        part = next((part for part, whole in INSIDE.items() if whole == meter), None)
        return part if part and isinstance(self.outcomes.get(part), Match) else None

    def _priced(self, rating: MeterRating, outcome: Match) -> MeterRating:
        plan = self.plan.plan
        model = self.row.dimensions.get("model", "")
        aliases = (
            alias
            for alias in plan.aliases
            if model and alias.name == model and self.plan.in_force(alias, self.at)
        )
        rating = replace(
            rating,
            price=outcome.price,
            alias=next(aliases, None),
            modifiers=tuple(m for m in plan.modifiers if m.name in outcome.modifiers),
            factor=outcome.factor,
        )
        if outcome.price.by_request:
            return self._by_request(rating, outcome)
        if outcome.price.counted:
            return self._counted(rating, outcome)
        free = self._free(rating.meter)
        value = rating.quantity * outcome.each * (1 - free)
        return replace(rating, value=value, free=rating.quantity * free)

    def _free(self, meter: str) -> Fraction:
        """The share of a meter that an allowance covers in the row's step."""
        where = (self.told.contract, self.party, self.at)
        return self.booked.computed.rated.charges.free.get(where, {}).get(meter, _NONE)

    # a price by request

    def _by_request(self, rating: MeterRating, outcome: Match) -> MeterRating:
        price, meter = outcome.price, rating.meter
        lines = list(signed_lines(price, meter, self._taken_out(meter)))
        if self.row.measures.get(many(lines[0][1].measure.meters).name):
            return MeterRating(meter, rating.quantity, None, f"unpriced: {UNTOLD.reason}")
        if meter in price.meters and self.joined.setdefault(id(price), meter) != meter:
            return replace(rating, lines=(f"priced together with {self.joined[id(price)]}",))
        free = self._free(meter)
        value, texts = _NONE, []
        for sign, line in lines:
            quantity = sign * Fraction(self.row.measures.get(line.measure.name, 0))
            if quantity:
                value += quantity * line.each
                texts.append(_line_text(line, quantity))
        charged = value * outcome.factor * (1 - free)
        return replace(rating, value=charged, lines=tuple(texts), free=rating.quantity * free)

    # a price over a running total

    def _counted(self, rating: MeterRating, outcome: Match) -> MeterRating:
        terms = outcome.price.events
        if terms is not None and terms.free is None and terms.free_events is None:
            unit = outcome.price.steps[0].price
            free = self._free(rating.meter)
            amount = event_amount(terms, unit, rating.quantity * (1 - free)) * outcome.factor
            text = f"{exact_text(rating.quantity)} at {outcome.price} = {exact_text(amount)}"
            return replace(rating, value=amount, lines=(text,), free=rating.quantity * free)
        average = self._average(outcome)
        return replace(rating, value=rating.quantity * outcome.factor * average)

    def _average(self, outcome: Match) -> Fraction:
        """The average price of a unit of the row's counter in its service period."""
        told, rated = self.told, self.booked.computed.rated
        book, price = told.facts.book, outcome.price
        service = service_spans(book.post_usage, book.start.start)(self.at.date())
        usage = ServiceUsage(told.contract, service, book.post_usage)
        span = span_of(self.at.date(), price.over)
        values = {name: told.dimensions.get(name) for name in rated.layout.dimensions}
        scope = scope_of(price, values)
        if (number := rated.bulk.number(price)) is not None:
            averages = bulk_averages(self.booked.connection, rated, usage)
            return averages.get(bulk_key(number, self.party, scope, span), _NONE)
        identity = PoolKey(
            told.contract, self.party, outcome.rate.conditions, price.name, span, scope
        )
        pools = (pool for pool in rated.charges.pools.values() if pool.key == identity)
        return next((pool_average(pool, usage) for pool in pools), _NONE)

    # what is known since

    def _correction(self, meter: str, outcome: Match) -> Correction | None:
        """The price that replaces the one at which the row was booked, if it was corrected."""
        later = self.later[meter]
        if not isinstance(later, Match) or later == outcome:
            return None
        named = {*later.modifiers, *outcome.modifiers}
        plan = self.told.facts.plan_of(self.told.facts.book.contracts[self.told.contract])
        items: list[Rate | Modifier] = [later.rate]
        items += [item for item in plan.modifiers if item.name in named]
        for item in items:
            on = item.corrected_on
            if on is not None and on >= self.booked.known_by:
                factor = later.factor if later.factor != outcome.factor else None
                return Correction(later.price, factor, on, item.corrects, item.position)
        return None


def _line_text(line: RequestLine, quantity: Fraction) -> str:
    measure = line.measure
    unit = measure.take if measure.is_count else "+".join(measure.meters)
    return f"{exact_text(quantity)} {unit} x {line} = {exact_text(quantity * line.each)}"
