"""Rating usage files with a plan, without a book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tokenbooks.book import KEPT_BY_DEFAULT, Book, Contract, UsageSource
from tokenbooks.close.compute import compute
from tokenbooks.close.warnings import unpriced_problems
from tokenbooks.desk.close import charge_table
from tokenbooks.desk.derived import with_needs
from tokenbooks.desk.gather import kept_dimensions, moment_cuts
from tokenbooks.desk.look import LookedAt
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, any_error
from tokenbooks.rating.keys import plan_scopes
from tokenbooks.rating.matching import decisive_dimensions
from tokenbooks.rating.plan import Plan
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.exports.descriptors.reading import read_descriptors
from tokenbooks.sources.exports.files import content_file
from tokenbooks.sources.exports.reader import read_exports
from tokenbooks.sources.exports.sheets.contents import all_contents
from tokenbooks.usage.days import build_days
from tokenbooks.usage.layout import is_derived
from tokenbooks.usage.overlap import resolve_overlaps

#: The contract that stands for the files of a run without a book.
CONTRACT = "usage"

#: From before any usage to after it.
_ALWAYS = Period(Period.month(1970, 1).start, Period.month(9000, 1).start)


def rate_files(
    plan: Plan,
    paths: Sequence[Path],
    format: str | None,
    keep: Sequence[str],
    *,
    hold_bad_rows: bool = False,
) -> tuple[LookedAt | None, list[Problem]]:
    """Rate files with a plan: the table ``charges``, and what has no price.

    The path ``-`` is standard input, and a ZIP gives a file for each of its members.
    With ``hold_bad_rows`` bad rows are left out. ``keep`` names further dimensions to keep,
    so that the charges can be grouped by them.
    """
    facts = _facts(plan, keep)
    contract = facts.book.contracts[CONTRACT]
    zone = facts.zone_of(contract)
    named = tuple(dict.fromkeys([*keep, *_named_dimensions(plan)]))
    source = UsageSource("", format, meters=_named_meters(plan), dimensions=named)
    cuts = moment_cuts(facts, contract)
    contents, problems = all_contents(paths)
    exports = [
        content_file(content, CONTRACT, source, "usage", zone, cuts=cuts) for content in contents
    ]
    named_exports = [
        replace(export, name=export.shown, currency=plan.currency, hold=hold_bad_rows)
        for export in exports
    ]
    files = [with_needs(export, facts, contract) for export in named_exports]
    descriptors, found = read_descriptors(None)
    problems += found
    connection = connect()
    read = read_exports(connection, files, kept_dimensions(facts), descriptors)
    problems += read.problems
    if any_error(problems):
        return None, problems
    accounts, found = resolve_overlaps(connection, read.layout, read.accounts)
    problems += found
    if any_error(problems):
        return None, problems
    contracts = {account.file: CONTRACT for account in accounts}
    build_days(connection, read.layout, contracts, levels={CONTRACT: plan.levels})
    connection.execute("CREATE OR REPLACE TEMP VIEW usage_booked AS SELECT * FROM usage_days")
    computed, found = compute(connection, facts, read.layout, {}, _ALWAYS, {})
    problems += found
    problems += unpriced_problems(facts, computed.rated.charges.unpriced)
    scales, found = charge_table(connection, computed)
    problems += found
    if scales is None:
        return None, problems
    return LookedAt(connection, read.layout, scales, computed, contracts), problems


def _named_meters(plan: Plan) -> tuple[str, ...]:
    """The meters that a plan names: without a book, no source names them."""
    prices = [price for rate in plan.rates for price in rate.prices]
    return tuple(sorted({*plan.part_of, *(meter for price in prices for meter in price.meters)}))


def _named_dimensions(plan: Plan) -> list[str]:
    """The dimensions that a plan names, without those that the reader derives itself."""
    return sorted(n for n in decisive_dimensions(plan) | plan_scopes(plan) if not is_derived(n))


def _facts(plan: Plan, keep: Sequence[str]) -> Facts:
    contract = Contract(CONTRACT, "buy", "Usage", plan.id, "arrears")
    book = Book(
        name="Usage",
        currency=plan.currency,
        start=_ALWAYS,
        timezone="UTC",
        journal="ledger",
        contracts={CONTRACT: contract},
        keep=tuple(dict.fromkeys([*KEPT_BY_DEFAULT, *keep])),
    )
    return Facts(book, {plan.id: plan})
