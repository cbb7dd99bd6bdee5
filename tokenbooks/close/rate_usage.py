"""Rating the usage of a book: keys, allocations, totals, counters and plan-wide terms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from tokenbooks.close.plain_parties import PlainPartiesOf
from tokenbooks.entries.destinations import earned_roles
from tokenbooks.entries.sell.blended import VOLUME
from tokenbooks.entries.service import service_spans
from tokenbooks.facts import Facts
from tokenbooks.periods import TERM, Period
from tokenbooks.problems import Problem
from tokenbooks.rating.bulk import NO_BULK, BulkPrices, find_bulk_prices, scopes_of_counters
from tokenbooks.rating.bulk_counters import BulkValue, count_in_bulk
from tokenbooks.rating.keys import RatedKey, rate_keys, rating_dimensions, scope_dimensions
from tokenbooks.rating.levels import usage_levels
from tokenbooks.rating.matching import PlanInForce, ambiguity, plans_in_force
from tokenbooks.rating.rate_totals import rate_totals
from tokenbooks.rating.rated import Rated
from tokenbooks.rating.term_facts import Held, TermFacts
from tokenbooks.rating.totals import TotalsBy, put_decided, usage_totals
from tokenbooks.usage.allocation import allocate_keys, allocation_dimensions

if TYPE_CHECKING:
    import duckdb

    from tokenbooks.usage.layout import Layout


def rate_usage(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    layout: Layout,
    before: datetime,
    plain: PlainPartiesOf | None = None,
) -> tuple[Rated, list[Problem]]:
    """Rate and allocate all usage before an instant (table ``usage_days``).

    ``plain`` puts parties that are valued in SQL into tables, and leaves the others.
    """
    book = facts.book
    plans = plans_in_force(facts)
    keys = rate_keys(connection, layout, plans)
    scopes = facts.scopes_by(before.date())
    allocations = allocate_keys(connection, layout, book, scopes, earned_roles(facts))
    named = allocation_dimensions(book, scopes)
    by = TotalsBy(
        rating_dimensions(layout, plans),
        [name for name in layout.dimensions if name in named],
        scope_dimensions(layout, plans),
    )
    parties = plain(connection, facts, layout, keys, by, before.date()) if plain else None
    others = "usage_of_others" if parties and parties.plain else "usage_days"
    put_decided(connection, layout, by, before, others)
    bulk, counted, problems = _count_in_bulk(connection, facts, layout, keys, plans)
    by = by._replace(scope=scopes_of_counters(layout, keys, bulk))
    totals = usage_totals(connection, layout, by.scope)
    spans = service_spans(book.post_usage, book.start.start)
    levels = {contract: ruling.plan.levels for contract, ruling in plans.items()}
    held = _held(connection, facts, before)
    terms = TermFacts(
        plans,
        held,
        allocations.of,
        usage_levels(connection, layout, levels, before),
        _held_by_parties(facts, held),
    )
    charges = rate_totals(totals, keys, layout, spans, terms, bulk, counted)
    problems += [
        ambiguity(plans[keys[number].key.contract].plan, meter, keys[number].key.values, found)
        for (number, meter), found in charges.ambiguous.items()
    ]
    problems += [pool.problem for pool in charges.pools.values() if pool.problem]
    problems += charges.problems
    return Rated(layout, keys, allocations.by_id(), charges, by, spans, bulk, parties), problems


def _count_in_bulk(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    layout: Layout,
    keys: Mapping[int, RatedKey],
    plans: Mapping[str, PlanInForce],
) -> tuple[BulkPrices, list[BulkValue], list[Problem]]:
    """Count in SQL what can be; figures that do not fit there are counted in Python."""
    estimated = {row.contract for row in facts.estimates if row.name == VOLUME}
    counted = {n: item for n, item in keys.items() if item.key.contract not in estimated}
    bulk = find_bulk_prices(counted, plans, layout)
    if not bulk or facts.book.post_usage != "month":
        return NO_BULK, [], []
    billed = {row.contract for row in facts.invoices}
    days = {
        contract.id
        for contract in facts.book.contracts.values()
        if contract.settle == "prepaid" or contract.id in billed
    }
    values, problems = count_in_bulk(connection, layout, bulk, days)
    if values is None:
        return NO_BULK, [], []
    return bulk, values, problems


def _held_by_parties(facts: Facts, held: Mapping[str, Held]) -> dict[str, dict[str, Held]]:
    """The days of each party that a contract's file names, within those of the contract.

    A contract with parties of its own that names none owes nothing beside them.
    """
    found: dict[str, dict[str, Held]] = {}
    for name, own in held.items():
        contract = facts.book.contracts[name]
        if contract.each is not None:
            found[name] = {}
        for party in contract.parties.values():
            starts = max(filter(None, (own.starts, party.from_day)), default=None)
            until = min(filter(None, (own.until, party.until_day)), default=None)
            first = max(own.first, starts or own.first)
            end = min(own.end, until or own.end)
            found.setdefault(name, {})[party.id] = Held(first, end, starts, until)
    return found


def _held(connection: duckdb.DuckDBPyConnection, facts: Facts, before: datetime) -> dict[str, Held]:
    """The days of each contract for which its plan's terms are charged.

    In a book these are all days since its start. Without one (`rate`), they begin with the
    month of the first usage. Where all usage is looked at, however late, they end with the
    month of the last.
    """
    held: dict[str, Held] = {}
    (seen,) = connection.execute('SELECT min("at"), max("at") FROM usage_days').fetchall()
    for contract in facts.book.contracts.values():
        first, end = facts.book.start.start, before.date()
        if not facts.plan_of(contract).terms:
            continue
        if end > TERM.end:
            if seen[0] is None:
                continue
            if not facts.book.start.is_month:
                first = Period.month_of(seen[0].date()).start
            end = Period.month_of(seen[1].date()).end
        starts, until = contract.from_day, contract.until_day
        held[contract.id] = Held(max(first, starts or first), min(end, until or end), starts, until)
    return held
