"""Says which rows were rejected, where they stand and why: a second pass, on errors only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tokenbooks.problems import Position, Problem, error, warning
from tokenbooks.sources.exports.bad_cells import describe_cell
from tokenbooks.sources.exports.normal.normal_form import Check, NormalForm
from tokenbooks.sources.exports.sheets.sheet import records_at
from tokenbooks.usage.layout import REJECTED, USED

if TYPE_CHECKING:
    import duckdb

#: At most this many problems of one kind are shown for a file; the last stands for more.
SHOWN_AT_MOST = 5


def rejected_rows(connection: duckdb.DuckDBPyConnection, form: NormalForm) -> list[Problem]:
    """The problems of a file's rejected rows, each with line, column and remedy.

    Their codes are those of the checks: ``bad-count``, ``negative-count``,
    ``part-exceeds-whole``, ``bad-quantity``, ``bad-time``, ``time-without-zone``,
    ``meter-unknown``, ``bad-amount``, ``bad-currency``.
    """
    failing: dict[str, list[tuple[int, Check]]] = {}
    counts: dict[str, int] = {}
    for check, count, first in _failing_checks(connection, form):
        failing.setdefault(check.code, []).extend((number, check) for number in first)
        counts[check.code] = counts.get(check.code, 0) + count
    shown = {
        code: sorted(found, key=lambda place: (place[0], place[1].column))[:SHOWN_AT_MOST]
        for code, found in failing.items()
    }
    numbers = {number for found in shown.values() for number, _ in found}
    records = records_at(form.sheet, numbers)
    problems: list[Problem] = []
    for code, found in shown.items():
        told = []
        for number, check in found:
            line, column = form.sheet.place(records[number], check.column)
            message, help = describe_cell(form, check, records[number].cells)
            told.append(error(code, message, help, Position(form.file.shown, line, column)))
        told[-1] = replace(told[-1], count=counts[code] - len(told) + 1)
        problems.extend(told)
    return problems


def _failing_checks(
    connection: duckdb.DuckDBPyConnection, form: NormalForm
) -> list[tuple[Check, int, list[int]]]:
    """Each check that rows fail, how many do, and the numbers of the first of them."""
    rows = form.numbered_scan
    columns = [
        f"count(*) FILTER ({check.bad}), min(n, {SHOWN_AT_MOST}) FILTER ({check.bad})"
        for check in form.checks
    ]
    found = connection.execute(
        f"SELECT {', '.join(columns)} FROM {form.values_of(rows, ('n',))}"
        f" WHERE {form.verdict} = {REJECTED}"
    ).fetchall()[0]
    results = zip(form.checks, found[::2], found[1::2], strict=True)
    return [(check, count, first) for check, count, first in results if count]


def exceeding_rows(
    connection: duckdb.DuckDBPyConnection, form: NormalForm, part: str, whole: str
) -> list[Problem]:
    """Rows whose informational meter is more than the meter that contains it: warnings."""
    rows = form.numbered_scan
    count, first = connection.execute(
        f"SELECT count(*), min(n, {SHOWN_AT_MOST}) FROM {form.values_of(rows, ('n',))}"
        f" WHERE {form.verdict} = {USED} AND {form.meters[part]} > {form.meters[whole]}"
    ).fetchall()[0]
    records = records_at(form.sheet, set(first or ()))
    problems = []
    for number in first or ():
        message = f"{part} is more than {whole}, which contains it"
        help = "correct the row, or see whether the two columns are meant to add up"
        position = Position(form.file.shown, records[number].line)
        problems.append(warning("part-exceeds-whole", message, help, position))
    return [*problems[:-1], replace(problems[-1], count=count - len(problems) + 1)]
