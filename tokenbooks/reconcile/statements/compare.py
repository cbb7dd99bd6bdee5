"""What a provider's statement says beside usage as we rate it, for one contract and period.

The statement's amounts are told apart by what they mean: what usage costs is compared with
our usage cell by cell (``Compared``), the rest (tax, credits, ...) is summed by its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.book import Contract
from tokenbooks.entries.exchange import Exchange
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, warning
from tokenbooks.rating.day_values import DayValues, terms_of_period, value_of_period
from tokenbooks.rating.rated import Rated
from tokenbooks.reconcile.statements.cells import METER, MODEL, Compared, KnownPrice
from tokenbooks.reconcile.statements.compare_cells import (
    CHARGE,
    DIFFERS,
    Found,
    agreed,
    differing_cells,
    put_compared,
    totals,
)
from tokenbooks.reconcile.statements.compare_groups import GroupTotals, group_totals
from tokenbooks.reconcile.statements.compare_names import (
    CommonDimensions,
    common_dimensions,
    common_names,
)
from tokenbooks.reconcile.statements.compare_pieces import (
    MOST_CELLS_WITH_PIECES,
    Pieces,
    statement_pieces,
    usage_pieces,
)
from tokenbooks.reconcile.statements.compare_places import Places
from tokenbooks.reconcile.statements.compare_rows import (
    Scales,
    Source,
    currency_days,
    days_covered,
    own_dimensions,
    put_names,
    put_statement_rows,
    put_usage_rows,
    tells_days,
)
from tokenbooks.reconcile.statements.plan_prices import plan_prices
from tokenbooks.usage.accounting import OWED

if TYPE_CHECKING:
    import duckdb

#: Meanings beside ``owed`` of amounts that are part of what a statement says is to be paid.
ALSO_OWED = ("tax", "credit")


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """The two totals of a contract in a period, and all that their difference consists of.

    Exactly::

        stated_total - rated_total
          = sum(cell.difference for cells of the period)   (compared.cells, day in period)
          + compared.agreed.rounding                       (cells that agree within rounding)
          + sum of by_meaning of ALSO_OWED                  (what is owed beside usage)
          - sum(terms)                                      (what we rate and no cell has)
          + cut_off

    All amounts are in ``currency``, the plan's; the statement's own are in
    ``stated_currency``, converted day by day where that is another.

    ``stated_total`` is all that the statement says is to be paid for days of the period: what
    usage costs, tax, and credits. ``rated_total`` is the list value of the period's usage and
    the terms of the plan (fees, discounts, minimums), by the contract's own days.
    ``by_meaning`` sums the statement's other amounts by meaning and day of the period; of
    them only ``ALSO_OWED`` are part of the total (purchase, included, granted, expired are
    not). ``terms`` sums the plan's terms by their kind: the cause of each is its negative,
    unless the statement shows it. ``cut_off`` is what the period's usage comes to by the days
    of the statement's zone (``zone``, '' where it is the contract's), less by ours.
    ``tolerance`` is by how much the source's own rounding may move the total. ``covers`` are
    the first and last day of which the statement tells, ``files`` where it stands in the book.
    ``notes`` are warnings, such as names that both sides spell in their own way. ``groups`` are
    both sides summed by what somebody asked for.
    """

    contract: str
    compared: Compared
    stated_total: Fraction
    rated_total: Fraction
    currency: str
    stated_currency: str
    by_meaning: Mapping[str, Mapping[date, Fraction]] = field(default_factory=dict)
    terms: Mapping[str, Fraction] = field(default_factory=dict)
    cut_off: Fraction = Fraction(0)
    zone: str = ""
    tolerance: Fraction = Fraction(0)
    covers: tuple[date, date] | None = None
    files: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()
    groups: tuple[GroupTotals, ...] = ()


class RatedUsage(NamedTuple):
    """Usage of a book as we rate it, in DuckDB, with the values of its days.

    ``by`` are the dimensions by which somebody wants both sides summed, too.
    """

    connection: duckdb.DuckDBPyConnection
    rated: Rated
    values: DayValues
    by: tuple[str, ...] = ()


def compare_statement(
    usage: RatedUsage, facts: Facts, contract: Contract, source: Source, period: Period
) -> tuple[StatementFacts | None, list[Problem]]:
    """Compare a contract's usage with its statement; None where it tells nothing of the period.

    Problems: those of exchange rates that are missing. Raises a ``duckdb.Error`` where
    figures do not fit a HUGEINT.
    """
    connection = usage.connection
    covers = days_covered(connection, source, period)
    if covers is None:
        return None, []
    exchange = Exchange(facts)
    comparing = _Comparing(usage, facts, contract, source, period)
    rates, notes = comparing.rates(exchange)
    common = comparing.put_tables(rates)
    compared = comparing.compared(common)
    return (
        replace(
            comparing.told(compared),
            stated_currency=comparing.stated_currency(),
            covers=covers,
            notes=(*notes, *common.notes, *comparing.summed_notes(compared)),
            groups=comparing.groups(),
        ),
        exchange.problems,
    )


@dataclass(frozen=True, slots=True)
class _Comparing:
    """The comparison of one contract's usage and statement in a period."""

    usage: RatedUsage
    facts: Facts
    contract: Contract
    source: Source
    period: Period

    @property
    def currency(self) -> str:
        return self.facts.plan_of(self.contract).currency

    @property
    def scales(self) -> Scales:
        return Scales.of(self.usage.values)

    def stated_currency(self) -> str:
        """The currency of the statement's amounts in the period."""
        foreign = currency_days(self.usage.connection, self.source, self.currency, self.period)
        return foreign[0][0] if foreign else self.currency

    def rates(self, exchange: Exchange) -> tuple[dict[tuple[str, date], Fraction], list[Problem]]:
        """What one unit of the statement's currency is worth in the plan's, by day."""
        connection, position = self.usage.connection, self.contract.position
        found, needed = {}, f"the statement of {self.contract.id}"
        for currency, day in currency_days(connection, self.source, self.currency, self.period):
            into_book = exchange.rate(currency, day, needed, position)
            found[currency, day] = into_book / exchange.rate(self.currency, day, needed, position)
        currencies = sorted({currency for currency, _ in found})
        notes = [
            warning(
                "statement-converted",
                f"{self.contract.id}: the statement is in {currency}, the plan in"
                f" {self.currency}: its amounts are converted by the rates of their days",
                "what differs by a constant part may be the provider's own rate",
                position,
            )
            for currency in currencies
        ]
        return found, notes

    def put_tables(self, rates: Mapping[tuple[str, date], Fraction]) -> CommonDimensions:
        """Create the tables of both sides and of their cells."""
        connection, period = self.usage.connection, self.period
        names = common_names(self.facts, self.contract, period.last_day)
        by_day = tells_days(connection, self.source, period)
        put_names(connection, names)
        put_usage_rows(
            connection, self.usage.values, self.contract.id, names, self.scales, period, by_day
        )
        put_statement_rows(connection, self.source, names, self.scales, rates, period, by_day)
        dimensions = own_dimensions(self.usage.values.layout.dimensions)
        common = common_dimensions(
            connection,
            self.contract,
            dimensions,
            self.source.dimensions,
            self.usage.values.meters,
            period,
        )
        put_compared(connection, Places.of(connection, common.both, period), period)
        return common

    def compared(self, common: CommonDimensions) -> Compared:
        """The cells that differ, with what stands behind them."""
        connection = self.usage.connection
        places = Places.of(connection, common.both, self.period)
        found = differing_cells(connection, places, self.scales, self.period)
        of_usage, of_statement = self._pieces(common, found)
        return Compared(
            self.contract.id,
            self.period,
            found.dimensions,
            found.cells,
            agreed(connection, self.scales),
            of_usage,
            of_statement,
            self._prices(found),
            common.only_usage,
            common.only_statement,
        )

    def _pieces(self, common: CommonDimensions, found: Found) -> tuple[Pieces, Pieces]:
        if not found.cells or found.summed or len(found.cells) > MOST_CELLS_WITH_PIECES:
            return {}, {}
        connection, both = self.usage.connection, common.both
        own = usage_pieces(connection, both, common.usage, self.scales)
        stated = statement_pieces(connection, both, common.statement, self.scales)
        if CHARGE not in found.dimensions:
            return own, stated
        return _of_charged(own), _of_charged(stated)

    def _prices(self, found: Found) -> Mapping[tuple[str, str], tuple[KnownPrice, ...]]:
        """The plan's prices for the models and meters of cells that differ."""
        if METER not in found.dimensions:
            return {}
        model = found.dimensions.index(MODEL) if MODEL in found.dimensions else None
        meter = found.dimensions.index(METER)
        pairs = {("" if model is None else c.key[model], c.key[meter]) for c in found.cells}
        return plan_prices(self.facts.plan_of(self.contract), pairs)

    def told(self, compared: Compared) -> StatementFacts:
        """The totals of the period, and what belongs to no cell."""
        connection, rated, period = self.usage.connection, self.usage.rated, self.period
        stated, valued = totals(connection, self.scales)
        by_meaning = self._by_meaning()
        also = sum(
            (sum(by_meaning.get(name, {}).values(), Fraction(0)) for name in ALSO_OWED), Fraction(0)
        )
        terms = terms_of_period(rated, self.contract.id, period)
        in_table = valued + sum(terms.values(), Fraction(0))
        exact = value_of_period(rated, self.contract.id, period)
        total = in_table if exact is None else exact
        # values that are no finite decimals are rounded in the tables
        rounding = compared.agreed.rounding + in_table - total
        return StatementFacts(
            self.contract.id,
            replace(compared, agreed=compared.agreed._replace(rounding=rounding)),
            stated + also,
            total,
            self.currency,
            self.currency,
            by_meaning,
            terms,
            tolerance=self._tolerance(),
            files=tuple(item.path for item in self.source.files),
        )

    def groups(self) -> tuple[GroupTotals, ...]:
        """Both sides summed by the dimensions that somebody asked for; none without any."""
        if not self.usage.by:
            return ()
        return group_totals(self.usage.connection, self.scales, self.usage.by, self.period)

    def _by_meaning(self) -> dict[str, dict[date, Fraction]]:
        """The statement's amounts of the period that are not of charged usage."""
        rows = self.usage.connection.execute(
            "SELECT meaning, day, sum(amount)::HUGEINT::VARCHAR FROM statement_rows"
            " WHERE meaning <> ? AND day >= ? AND day < ? GROUP BY ALL"
            " HAVING sum(amount) <> 0 ORDER BY ALL",
            [OWED, self.period.start, self.period.end],
        ).fetchall()
        found: dict[str, dict[date, Fraction]] = {}
        for meaning, day, amount in rows:
            found.setdefault(meaning, {})[day] = Fraction(int(amount), 10**self.scales.amount)
        return found

    def _tolerance(self) -> Fraction:
        """By how much the source's rounding may move the total of the period."""
        if not any(item.tolerance for item in self.source.files):
            return Fraction(0)
        rows = self.usage.connection.execute(
            "SELECT coalesce(sum(bound), 0)::HUGEINT::VARCHAR FROM statement_rows"
            " WHERE day >= ? AND day < ?",
            [self.period.start, self.period.end],
        ).fetchall()
        return Fraction(int(rows[0][0]), 10**self.scales.amount)

    def summed_notes(self, compared: Compared) -> list[Problem]:
        """That so many cells differ that they were summed."""
        if DIFFERS not in compared.dimensions:
            return []
        by = ", ".join(compared.dimensions[:-1]) or "the way in which they differ"
        return [
            warning(
                "many-differences",
                f"{self.contract.id}: too many cells differ to look at each: they are summed"
                f" over the days of {self.period} by {by}",
                "look for one cause of all of them: a price, a unit, or a file that is missing",
                self.contract.position,
            )
        ]


def _of_charged(pieces: Pieces) -> Pieces:
    """Pieces by the keys of cells that tell what is charged from what is free."""
    return {(day, (*key, "")): own for (day, key), own in pieces.items()}
