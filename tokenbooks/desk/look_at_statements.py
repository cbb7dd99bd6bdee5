"""Looking at a month's usage and statements together, as the files tell them now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.archive.credit_rows import put_credit_rows
from tokenbooks.close.plain_parties import name_many_parties, put_plain_parties
from tokenbooks.close.rate_usage import rate_usage
from tokenbooks.close.warnings import unpriced_problems
from tokenbooks.desk.close import too_large
from tokenbooks.desk.gather import Gathered, gather_usage
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.desk.rows_of_cells import with_rows_of_files
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, start_of
from tokenbooks.problems import Problem, Severity, any_error
from tokenbooks.rating.day_values import put_day_values, value_of_period
from tokenbooks.rating.rated import Rated
from tokenbooks.reconcile.statements.compare import RatedUsage, StatementFacts, compare_statement
from tokenbooks.reconcile.statements.compare_rows import Source, StatedFile, find_source, window
from tokenbooks.sources.exports.connection import connect
from tokenbooks.usage.accounting import STATEMENT, USAGE, FileAccount

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class StatementsSeen:
    """Usage to some days after a period, rated with all that is known now, and statements.

    ``statements`` is by contract, of those whose statement tells of the period.
    """

    connection: duckdb.DuckDBPyConnection
    gathered: Gathered
    statements: Mapping[str, StatementFacts]


def look_at_statements(
    book: OpenBook,
    period: Period,
    only: Mapping[str, int] | None = None,
    by: Sequence[str] = (),
) -> tuple[StatementsSeen | None, list[Problem]]:
    """Rate usage and read statements of a period and the days near it, and compare them.

    Months that end before the days near the period are taken from the states of their
    closes, as a close does. ``only`` limits the files to those paths, each to its first bytes;
    ``by`` are dimensions by which both sides are to be summed, too.
    Usage without a price is a warning: a close says whether it is an error.
    """
    connection = connect()
    gathered, problems = _gather(connection, book, period, only)
    if gathered is None:
        return None, problems
    rated, found = _rate(connection, book.facts, gathered, period)
    problems += [*found, *_unpriced(book.facts, rated, period)]
    statements, found = compare_gathered(book, connection, rated, gathered, period, only, by)
    problems += found
    if statements is None or any_error(problems):
        return None, problems
    return StatementsSeen(connection, gathered, statements), problems


def compare_gathered(
    book: OpenBook,
    connection: duckdb.DuckDBPyConnection,
    rated: Rated,
    gathered: Gathered,
    period: Period,
    only: Mapping[str, int] | None = None,
    by: Sequence[str] = (),
) -> tuple[dict[str, StatementFacts] | None, list[Problem]]:
    """Each contract's statement beside its usage, by the days of the statement's zone.

    None where figures are so large that they cannot be compared.
    """
    usage = _Rated(connection, rated, gathered, tuple(by))
    return _compared(book, usage, _sources(connection, book, gathered), period, only)


@dataclass(frozen=True, slots=True)
class _Rated:
    """Rated usage in a database, and the files of it."""

    connection: duckdb.DuckDBPyConnection
    rated: Rated
    gathered: Gathered
    by: tuple[str, ...] = ()


def _gather(
    connection: duckdb.DuckDBPyConnection,
    book: OpenBook,
    period: Period,
    only: Mapping[str, int] | None,
) -> tuple[Gathered | None, list[Problem]]:
    """Read all that has days near the period; what lies before it is as it was closed."""
    days = window(period)
    earlier = [month for month in book.months if month.period.end <= days.start]
    first = earlier[-1].period.end if earlier else book.facts.book.start.start
    return gather_usage(connection, book, Period(first, days.end), earlier, only, statements=True)


def _rate(
    connection: duckdb.DuckDBPyConnection, facts: Facts, gathered: Gathered, period: Period
) -> tuple[Rated, list[Problem]]:
    """Rate all usage to date; parties that do not fit the integers of SQL are gone through."""
    import duckdb

    put_credit_rows(connection, facts.credit_rows)
    end = start_of(window(period).end)
    try:
        return rate_usage(connection, facts, gathered.layout, end, put_plain_parties)
    except (OverflowError, duckdb.OutOfRangeException, duckdb.ConversionException):
        return rate_usage(connection, facts, gathered.layout, end, name_many_parties)


def _unpriced(facts: Facts, rated: Rated, period: Period) -> list[Problem]:
    found = [item for item in rated.charges.unpriced if item.first_day < period.end]
    problems = unpriced_problems(facts, found)
    return [replace(problem, severity=Severity.WARNING) for problem in problems]


def _sources(
    connection: duckdb.DuckDBPyConnection, book: OpenBook, gathered: Gathered
) -> dict[str, Source]:
    """Where the statement of each contract stands, of those that have one."""
    found = {}
    for contract in book.facts.book.contracts.values():
        own = [account for account in gathered.accounts if account.contract == contract.id]
        stated, usage = (
            [_stated_file(account, gathered) for account in own if account.kind == kind]
            for kind in (STATEMENT, USAGE)
        )
        if source := find_source(connection, contract.id, stated, usage):
            found[contract.id] = source
    return found


def _stated_file(account: FileAccount, gathered: Gathered) -> StatedFile:
    each = Fraction(account.tolerance) / account.used if account.used else Fraction(0)
    path = gathered.files[account.file].name
    return StatedFile(account.file, path, each, account.provisional_from)


def _compared(
    book: OpenBook,
    rated: _Rated,
    sources: Mapping[str, Source],
    period: Period,
    only: Mapping[str, int] | None,
) -> tuple[dict[str, StatementFacts] | None, list[Problem]]:
    statements: dict[str, StatementFacts] = {}
    problems: list[Problem] = []
    own: dict[str, Source] = {}
    apart: dict[str, str] = {}
    for name, source in sources.items():
        zone = _other_zone(rated.gathered.accounts, source)
        if zone and not rated.gathered.daily.get(name, True):
            apart[name] = zone
        else:
            own[name] = source
    found, wrong = _compare(book, rated, own, period)
    problems += wrong
    if found is None:
        return None, problems
    statements |= found
    for name, zone in apart.items():
        other, wrong = _compare_by_zone(book, name, zone, period, only, rated.by)
        problems += wrong
        if other is None:
            return None, problems
        ours = value_of_period(rated.rated, name, period)
        statements |= {
            contract: _with_cut_off(facts, zone, ours) for contract, facts in other.items()
        }
    return statements, problems


def _compare(
    book: OpenBook, rated: _Rated, sources: Mapping[str, Source], period: Period
) -> tuple[dict[str, StatementFacts] | None, list[Problem]]:
    import duckdb

    problems: list[Problem] = []
    statements: dict[str, StatementFacts] = {}
    if not sources:
        return statements, problems
    try:
        values = put_day_values(rated.connection, rated.rated, window(period), sources)
        usage = RatedUsage(rated.connection, rated.rated, values, rated.by)
        for name, source in sources.items():
            contract = book.facts.book.contracts[name]
            found, wrong = compare_statement(usage, book.facts, contract, source, period)
            problems += wrong
            if found is not None:
                statements[name] = with_rows_of_files(book, rated.gathered, source, found)
    except (OverflowError, duckdb.OutOfRangeException, duckdb.ConversionException):
        return None, [*problems, too_large(rated.rated)]
    return statements, problems


def _other_zone(accounts: Iterable[FileAccount], source: Source) -> str:
    """The zone of a statement's days where it is one other than the contract's."""
    files = {item.file for item in source.files}
    zones = {account.day_zone for account in accounts if account.file in files}
    return next(iter(zones)) or "" if len(zones) == 1 else ""


def _compare_by_zone(
    book: OpenBook,
    name: str,
    zone: str,
    period: Period,
    only: Mapping[str, int] | None,
    by: tuple[str, ...],
) -> tuple[dict[str, StatementFacts] | None, list[Problem]]:
    """A contract's usage rated by the days of another zone, beside its statement."""
    contracts = {name: replace(book.facts.book.contracts[name], timezone=zone)}
    facts = replace(book.facts, book=replace(book.facts.book, contracts=contracts))
    there = replace(book, facts=facts)
    connection = connect()
    whole = Period(book.facts.book.start.start, window(period).end)
    gathered, problems = gather_usage(connection, there, whole, [], only, statements=True)
    if gathered is None:
        return None, problems
    rated, _ = _rate(connection, facts, gathered, period)
    sources = _sources(connection, there, gathered)
    return _compare(there, _Rated(connection, rated, gathered, by), sources, period)


def _with_cut_off(facts: StatementFacts, zone: str, ours: Fraction | None) -> StatementFacts:
    """The facts by the days of a statement's zone, against our total of the period."""
    if ours is None:
        return facts
    cut_off = facts.rated_total - ours
    return replace(facts, rated_total=ours, cut_off=cut_off, zone=zone)
