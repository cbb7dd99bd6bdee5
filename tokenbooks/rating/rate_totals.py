"""Rating totals: quantity x price, prices that depend on running totals, and plan terms.

Values are summed as integers over one denominator a run, so that the sum is exact and quick.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.periods import Period
from tokenbooks.rating.allowances import (
    AllowanceUse,
    FreeShares,
    free_shares,
    meters_with_allowance,
)
from tokenbooks.rating.bulk import NO_BULK, BulkPrices
from tokenbooks.rating.charges import (
    ALLOCATION,
    FEE,
    POOL,
    TERM,
    Average,
    AverageKey,
    Charges,
    Part,
    ServiceSpanOf,
    Step,
    shared,
)
from tokenbooks.rating.invoice_lines import Lines
from tokenbooks.rating.key_prices import UNTOLD, KeyPrices, MeterPriceOf, key_prices
from tokenbooks.rating.keys import RatedKey
from tokenbooks.rating.plan_terms import PlanTerms
from tokenbooks.rating.pools import Pool, Pools
from tokenbooks.rating.term_charges import FEES
from tokenbooks.rating.term_facts import TermFacts
from tokenbooks.rating.unrated import Unrated

if TYPE_CHECKING:
    from tokenbooks.rating.bulk_counters import BulkValue
    from tokenbooks.rating.totals import Total
    from tokenbooks.usage.layout import Layout

_Account = tuple[str, str]


def rate_totals(
    totals: Iterable[Total],
    keys: Mapping[int, RatedKey],
    layout: Layout,
    service_span: ServiceSpanOf,
    terms: TermFacts | None = None,
    bulk: BulkPrices = NO_BULK,
    counted: Iterable[BulkValue] = (),
) -> Charges:
    """Rate totals.

    ``service_span`` names the span in which a day is posted (the month by default);
    ``terms`` are the facts on which plan-wide terms depend, None where there are none;
    ``counted`` is what the prices that are counted in ``bulk`` add.
    """
    rating = _Rating(keys, layout, service_span, terms or TermFacts(), bulk)
    rating.count(totals)
    rating.add(counted)
    return rating.charges()


class _Row(NamedTuple):
    """A total with the prices of its key and the share of it that is free, by meter."""

    total: Total
    prices: KeyPrices
    free: Mapping[str, Fraction]

    def billed(self, price: MeterPriceOf) -> int | Fraction:
        """The quantity of a meter, without a part that has its own price."""
        quantity = _exact(self.total, price.column)
        return quantity - _exact(self.total, price.part) if price.part is not None else quantity


class _Rating:
    """One run: counts totals, and then what depends on all of them."""

    def __init__(
        self,
        keys: Mapping[int, RatedKey],
        layout: Layout,
        service_span: ServiceSpanOf,
        terms: TermFacts,
        bulk: BulkPrices,
    ) -> None:
        self.layout = layout
        self.terms = terms
        self.service_span = service_span
        self.allowed = meters_with_allowance(terms.plans)
        self.prices = key_prices(keys.values(), layout, self.allowed, bulk)
        self.lined = {c for c, plan in terms.plans.items() if plan.plan.terms.needs_lines}
        self.denominator = _denominator(self.prices.values())
        self.linear = {
            id_: [(n, int(each * self.denominator)) for n, each in prices.linear.items()]
            for id_, prices in self.prices.items()
        }
        self.values: dict[_Account, dict[datetime, dict[Part, int | Fraction]]] = {}
        self.pools = Pools(service_span)
        self.lines = Lines()
        self.unrated = Unrated()
        self.averages: dict[AverageKey, Average] = {}
        self.free: FreeShares = {}
        self.uses: list[AllowanceUse] = []

    # usage

    def count(self, totals: Iterable[Total]) -> None:
        """Count totals, in time order within each party."""
        if not self.allowed:
            for total in totals:
                self._count(_Row(total, self.prices[total.rating], {}))
            return
        rows = [_Row(total, self.prices[total.rating], {}) for total in totals]
        self.free, self.uses = free_shares(
            ((row.total, row.prices.meters, row.billed) for row in rows), self.terms
        )
        for row in rows:
            total = row.total
            own = self.free.get((total.contract, total.party, total.at), {})
            self._count(row._replace(free=own))

    def _count(self, row: _Row) -> None:
        total = row.total
        value: int | Fraction = 0
        for column, each in self.linear[total.rating]:
            quantity = total.quantities[column]
            value += (quantity if isinstance(quantity, int) else Fraction(quantity)) * each
        for price in row.prices.special:
            value += self._special(row, price) * self.denominator
        account = (total.contract, total.party)
        at = self.values.setdefault(account, {}).setdefault(total.at, {})
        part = Part(ALLOCATION, total.allocation)
        at[part] = at.get(part, 0) + value
        if total.contract in self.lined:
            self._line(row)

    def _special(self, row: _Row, price: MeterPriceOf) -> Fraction:
        """What only this meter adds to the linear sum; pools and problems are noted."""
        quantity, item = row.billed(price), row.prices.item
        if price.failed is not None:
            if quantity:
                self.unrated.fail(item, row.total, price.meter, price.failed, Fraction(quantity))
            return Fraction(0)
        if price.many is not None and (many := _exact(row.total, price.many)):
            self.unrated.fail(item, row.total, price.meter, UNTOLD, Fraction(many))
        if price.part is not None and quantity < 0 <= _exact(row.total, price.column):
            self.unrated.exceed(item, row.total, price.meter, Fraction(-quantity))
        free = row.free.get(price.meter, Fraction(0))
        if price.counted is not None:
            if quantity or price.counted.price.flat_on_zero:
                self.pools.count(row.total, price.counted, quantity, free)
            return Fraction(0)
        if price.meter not in self.allowed.get(row.total.contract, ()):
            return Fraction(0)
        whole = self._linear_value(row, price)
        month = str(Period.month_of(row.total.at.date()))
        key = (item.id, row.total.party, month, price.meter)
        known = self.averages.get(key, Average())
        self.averages[key] = known.plus(whole * (1 - free), Fraction(quantity), whole)
        return whole * (1 - free)

    def _linear_value(self, row: _Row, price: MeterPriceOf) -> Fraction:
        return sum((_exact(row.total, n) * each for n, each in price.linear), Fraction(0))

    def _line(self, row: _Row) -> None:
        for price in row.prices.meters:
            if price.match is not None and price.linear:
                free = row.free.get(price.meter, Fraction(0))
                value = self._linear_value(row, price) * (1 - free)
                self.lines.add(row.total, price.match, price.meter, value)

    def add(self, counted: Iterable[BulkValue]) -> None:
        """Add what counters in SQL came to."""
        for item in counted:
            account = (item.contract, item.party)
            at = self.values.setdefault(account, {}).setdefault(item.at, {})
            part = Part(ALLOCATION, item.allocation)
            at[part] = at.get(part, 0) + item.value * self.denominator

    # the whole

    def charges(self) -> Charges:
        """What depends on all totals: pools, then the terms of the plans."""
        steps = {
            account: {
                at: Step(at, {p: Fraction(v) / self.denominator for p, v in parts.items()})
                for at, parts in sorted(times.items())
            }
            for account, times in self.values.items()
        }
        for pool, at, value in self.pools.values():
            account = (pool.contract, pool.party)
            steps[account][at].parts[Part(POOL, pool.id)] = value
            if pool.contract in self.lined:
                self.lines.add_pool(pool, at, value)
        pools = self.pools.finished()
        terms = PlanTerms(self.terms, self.lines, self.service_span)
        for account in sorted({*steps, *self.terms.accounts()}):
            own = steps.setdefault(account, {})
            if not self.terms.has_terms(account[0]):
                continue
            usage = [(step, self._allocated(step, pools)) for step in own.values()]
            for charge in terms.charge(account, usage):
                kind = FEE if charge.kind == FEES else TERM
                for at, value in charge.steps.items():
                    own.setdefault(at, Step(at)).parts[Part(kind, charge.id)] = value
        in_order = {
            account: [own[at] for at in sorted(own)] for account, own in steps.items() if own
        }
        return Charges(
            in_order,
            pools,
            tuple(self.unrated.unpriced.values()),
            self.unrated.ambiguous,
            terms.found,
            self.averages,
            tuple(self.unrated.exceeding_problems()),
            self.free,
            tuple(self.uses),
            tuple(terms.counts),
        )

    def _allocated(self, step: Step, pools: Mapping[int, Pool]) -> dict[int, Fraction]:
        """The value of a step by allocation."""
        service = self.service_span(step.at.date())
        found: dict[int, Fraction] = {}
        for part, value in step.parts.items():
            weights = (
                {part.id: Fraction(1)}
                if part.kind == ALLOCATION
                else pools[part.id].weights.get(service, {})
            )
            for allocation, share in shared(weights):
                found[allocation] = found.get(allocation, Fraction(0)) + value * share
        return found


def _exact(total: Total, column: int) -> int | Fraction:
    quantity = total.quantities[column]
    return quantity if isinstance(quantity, int) else Fraction(quantity)


def _denominator(prices: Iterable[KeyPrices]) -> int:
    denominator = 1
    for item in prices:
        for each in item.linear.values():
            denominator = lcm(denominator, each.denominator)
    return denominator
