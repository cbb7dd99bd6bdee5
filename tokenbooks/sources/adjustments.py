"""Reads ``adjustments.csv``: accruals by judgement, prepared by one person, approved by another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tokenbooks.amounts import currency_places
from tokenbooks.book import Book
from tokenbooks.documents import Adjustment
from tokenbooks.names import DEFAULT_ACCOUNTS, nearest
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.files import matching_files
from tokenbooks.sources.formats import read_value
from tokenbooks.sources.people import check_people
from tokenbooks.sources.references import contract_of, party_of
from tokenbooks.sources.rows import Cells, Columns, Row, read_rows

COLUMNS = Columns(
    required=("date", "contract", "service_period", "amount"),
    optional=(
        *("party", "role", "cost_center", "cause", "document", "memo"),
        *("prepared", "approved"),
    ),
)


def read_adjustments(book: Book, directory: Path) -> tuple[tuple[Adjustment, ...], list[Problem]]:
    """The rows in the order of the files, those that nobody approved among them.

    Problems: those of the files, and ``adjustment-ahead``, ``adjustment-evidence``,
    ``adjustment-single``, ``adjustment-twice``, ``adjustment-zero``, ``before-start``.
    """
    adjustments: list[Adjustment] = []
    problems: list[Problem] = []
    for path in matching_files(directory, book.adjustments_files):
        rows, found = read_rows(path, COLUMNS)
        problems += found
        for row in rows:
            adjustment = _read_adjustment(row, book, problems)
            if adjustment:
                adjustments.append(adjustment)
    problems += _twice(adjustments)
    return tuple(adjustments), problems


def _read_adjustment(row: Row, book: Book, problems: list[Problem]) -> Adjustment | None:
    cells = Cells(row, problems)
    contract = contract_of(row, book, problems)
    filled = cells.need("date", "contract", "service_period", "amount", "prepared")
    day, amount = cells.day("date"), cells.signed("amount")
    service = read_value("month", row["service_period"])
    if row["service_period"] and not isinstance(service, Period):
        message = f"'{row['service_period']}' is not a value of the column 'service_period'"
        help = "write a month such as 2025-09"
        problems.append(error("cell-invalid", message, help, row.at("service_period")))
    problems += _check_role(row, book)
    words = [cells.name(column, "line") or "" for column in ("cause", "memo")]
    people = [cells.name(column, "line") or "" for column in ("prepared", "approved")]
    document = cells.name("document", "document") or ""
    cost_center = cells.name("cost_center") or ""
    if not filled or contract is None or day is None or amount is None:
        return None
    if not isinstance(service, Period):
        return None
    adjustment = Adjustment(
        *(day, contract.id, str(service), amount),
        party=party_of(row, contract, problems),
        role=row["role"],
        cost_center=cost_center,
        cause=words[0],
        document=document,
        memo=words[1],
        prepared=people[0],
        approved=people[1],
        position=row.position,
        digest=row.digest,
    )
    problems += _check(adjustment, row, book)
    return adjustment


def _check_role(row: Row, book: Book) -> Iterator[Problem]:
    """The expense goes where usage may be posted."""
    role = row["role"]
    roles = {*DEFAULT_ACCOUNTS, *book.accounts}
    expenses = sorted(name for name in roles if name.startswith("ai_"))
    if role and role not in {*expenses, "capitalized_software"}:
        near = nearest(role, expenses)
        help = f"did you mean '{near}'?" if near else f"one of: {', '.join(expenses)}"
        message = f"'{role}' is not a role that usage can post to"
        yield error("role-unknown", message, help, row.at("role"))
    if row["cost_center"] and not role:
        message = "a cost center without the role that it belongs to"
        help = "fill in role, such as ai_expense, or leave both empty to share it as the usage is"
        yield error("cell-missing", message, help, row.at("role"))


def _check(adjustment: Adjustment, row: Row, book: Book) -> Iterator[Problem]:
    day, service = adjustment.day, Period.parse(adjustment.service_period)
    if not adjustment.amount:
        message = "an accrual of 0 posts nothing"
        help = "fill in what is owed, negative to take it back, or take the row away"
        yield error("adjustment-zero", message, help, row.at("amount"))
    if -int(adjustment.amount.as_tuple().exponent) > currency_places(book.currency):
        message = f"'{row['amount']}' has more decimals than {book.currency}"
        help = "write it in the book's currency, rounded as it is to be posted"
        yield error("cell-invalid", message, help, row.at("amount"))
    if day < book.start.start:
        message = f"the adjustment of {day} is before the book's start, {book.start.start}"
        help = "enter what was accrued before in opening.csv, role accrued_expenses"
        yield error("before-start", message, help, row.at("date"))
    if service.start > day:
        message = f"on {day} nothing is owed yet for {service}"
        help = "correct the date or the service period: an accrual is of usage that has happened"
        yield error("adjustment-ahead", message, help, row.at("service_period"))
    if not adjustment.document and not adjustment.memo:
        message = "the row does not say why so much is owed"
        help = "fill in memo, or the document that shows it"
        yield error("adjustment-evidence", message, help, row.at("memo"))
    yield from check_people(
        "adjustment-single",
        adjustment.prepared,
        adjustment.approved,
        day,
        book,
        row.at("approved"),
    )


def _twice(adjustments: Sequence[Adjustment]) -> Iterator[Problem]:
    """Two rows that say the same in every cell, so that nobody can tell whether one is meant."""
    seen: dict[str, Position] = {}
    for row in adjustments:
        if row.digest in seen:
            message = f"the same row is already in {seen[row.digest]}"
            help = "take one away; if both are owed, let memo or document tell them apart"
            yield error("adjustment-twice", message, help, row.position)
        seen.setdefault(row.digest, row.position)
