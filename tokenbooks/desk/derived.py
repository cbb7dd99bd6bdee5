"""What plans need of single rows: measures, hours and events; and since when closes hold it.

A rate that begins later needs nothing yet, so that a plan which is continued leaves earlier
closes as they were. A rate that is corrected for closed days may need what no close has
kept of them: then the files of the contract are read again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from tokenbooks.archive.derived import DerivedSince
from tokenbooks.book import Contract
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, local_time, start_of
from tokenbooks.rating.plan import Modifier, Plan, Rate
from tokenbooks.rating.requests import has_events, plan_hours, plan_measures
from tokenbooks.rating.windows import hours_dimension
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.usage.layout import EVENT


def with_needs(
    file: ExportFile, facts: Facts, contract: Contract, end: date | None = None
) -> ExportFile:
    """A file with what the contract's plan needs of its rows, for usage before ``end``."""
    plan = facts.plan_of(contract)
    if end is not None:
        plan = _plan_before(facts.known_by(end).plan_of(contract), file.zone, start_of(end))
    return replace(
        file,
        measures=plan_measures(plan),
        hours=plan_hours(plan),
        events=has_events(plan),
        levels=plan.levels,
    )


def level_meters(facts: Facts) -> frozenset[str]:
    """The meters that are levels in any plan."""
    return frozenset(meter for plan in facts.plans.values() for meter in plan.levels)


def flat_meters(facts: Facts) -> tuple[str, ...]:
    """The meters whose price has a flat amount without any quantity, which every close counts."""
    prices = [p for plan in facts.plans.values() for rate in plan.rates for p in rate.prices]
    return tuple(sorted({name for p in prices if p.flat_on_zero for name in p.meters}))


def derived_since(
    facts: Facts, before: DerivedSince, period: Period, reread: set[str]
) -> dict[str, dict[str, date]]:
    """Since when the states up to a close hold what it derives, by contract and name.

    ``before`` is what the close before it says. Contracts that are ``reread`` have it of all
    days of the book: their late differences bring what earlier closes lack.
    """
    found = {}
    for contract in facts.book.contracts.values():
        known = before.get(contract.id, {})
        names = _names(facts, contract, period.end, start_of(period.end))
        if contract.id in reread:
            known = dict.fromkeys(names, facts.book.start.start)
        if names:
            found[contract.id] = {name: known.get(name, period.start) for name in sorted(names)}
    return found


def lacking_contracts(facts: Facts, before: DerivedSince, period: Period) -> set[str]:
    """Contracts of which earlier closes lack something that prices of closed days need."""
    since = derived_since(facts, before, period, set())
    return {
        contract
        for contract, names in since.items()
        for name, day in names.items()
        if day > facts.book.start.start
        and name in _names(facts, facts.book.contracts[contract], period.end, start_of(day))
    }


def _names(facts: Facts, contract: Contract, known: date, before: datetime) -> set[str]:
    """What rates that begin before an instant derive, corrections known by a day included."""
    plan = facts.known_by(known).plan_of(contract)
    return _derived(_plan_before(plan, facts.zone_of(contract), before))


def _derived(plan: Plan) -> set[str]:
    names = {measure.name for measure in plan_measures(plan)}
    names |= {hours_dimension(windows) for windows in plan_hours(plan)}
    return names | ({EVENT} if has_events(plan) else set())


def _plan_before(plan: Plan, zone: str, before: datetime) -> Plan:
    """A plan without what begins later."""

    def has_begun(item: Rate | Modifier) -> bool:
        return item.starts is None or local_time(item.starts, zone) < before

    return replace(
        plan,
        rates=tuple(rate for rate in plan.rates if has_begun(rate)),
        modifiers=tuple(modifier for modifier in plan.modifiers if has_begun(modifier)),
    )
