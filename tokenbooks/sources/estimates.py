"""Reads ``estimates.csv``: figures that people estimate, each with its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from tokenbooks.amounts import parse_number
from tokenbooks.book import Book
from tokenbooks.documents import Estimate
from tokenbooks.names import nearest
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.files import matching_files
from tokenbooks.sources.people import check_people
from tokenbooks.sources.references import contract_of
from tokenbooks.sources.rows import Cells, Columns, Row, read_rows

COLUMNS = Columns(
    required=("date", "contract", "name", "value"),
    optional=("cohort", "evidence", "prepared", "approved", "memo"),
)

#: Names of estimates that are shares of 1, and those that are quantities or prices.
SHARES = ("breakage_rate", "escheat_share", "cost_to_serve", "loss_rate", "net_price")
AMOUNTS = ("expected_volume", "ssp")
NAMES = (*SHARES, *AMOUNTS)

#: Estimates on which revenue stands: without evidence it is constrained (ASC 606-10-32-11).
_NEED_EVIDENCE = ("breakage_rate", "expected_volume", "net_price")


def read_estimates(book: Book, directory: Path) -> tuple[tuple[Estimate, ...], list[Problem]]:
    """The rows in the order of the files, those that nobody approved among them.

    A value is a number, a percentage or a fraction: ``0.08``, ``8%``, ``50/60``. Problems: those
    of the files, and ``estimate-evidence``, ``estimate-range``, ``estimate-single``,
    ``estimate-twice``.
    """
    estimates: list[Estimate] = []
    problems: list[Problem] = []
    for path in matching_files(directory, book.estimates_files):
        rows, found = read_rows(path, COLUMNS)
        problems += found
        for row in rows:
            estimate = _read_estimate(row, book, problems)
            if estimate:
                estimates.append(estimate)
    problems += _twice(estimates)
    return tuple(estimates), problems


def _read_estimate(row: Row, book: Book, problems: list[Problem]) -> Estimate | None:
    cells = Cells(row, problems)
    contract = contract_of(row, book, problems)
    filled = cells.need("date", "contract", "name", "value", "prepared")
    day, name = cells.day("date"), _name_of(row, problems)
    value = _value_of(row, problems)
    people = [cells.name(column, "line") or "" for column in ("prepared", "approved")]
    words = [cells.name(column, "line") or "" for column in ("cohort", "evidence", "memo")]
    if not filled or contract is None or day is None or not name or value is None:
        return None
    estimate = Estimate(
        *(day, contract.id, name, value, words[0], words[1], people[0], people[1], words[2]),
        position=row.position,
        digest=row.digest,
    )
    problems += _check(estimate, row)
    place = row.at("approved")
    problems += check_people("estimate-single", people[0], people[1], day, book, place)
    return estimate


def _name_of(row: Row, problems: list[Problem]) -> str:
    name = row["name"].lower()
    if name in NAMES or not name:
        return name
    near = nearest(name, NAMES)
    help = f"did you mean '{near}'?" if near else f"one of: {', '.join(NAMES)}"
    message = f"'{row['name']}' is nothing that is estimated"
    problems.append(error("cell-invalid", message, help, row.at("name")))
    return ""


def _value_of(row: Row, problems: list[Problem]) -> Fraction | None:
    """A value as it is written; None where it is empty or unreadable."""
    text = row["value"]
    if not text:
        return None
    try:
        if text.endswith("%"):
            return Fraction(parse_number(text[:-1].strip())) / 100
        above, line, below = text.partition("/")
        value = Fraction(parse_number(above.strip()))
        return value / Fraction(parse_number(below.strip())) if line else value
    except (ValueError, ZeroDivisionError):
        message = f"'{text}' is not a value of the column 'value'"
        help = "write a number, a percentage or a fraction, such as 0.08, 8% or 50/60"
        problems.append(error("cell-invalid", message, help, row.at("value")))
        return None


def _check(estimate: Estimate, row: Row) -> Iterator[Problem]:
    most = 1 if estimate.name in SHARES else None
    if estimate.value < 0 or (most is not None and estimate.value > most):
        message = f"{estimate.name} is {row['value']}"
        help = "write 0 or more" if most is None else "write a share of the whole, from 0 to 100%"
        yield error("estimate-range", message, help, row.at("value"))
    if estimate.name in _NEED_EVIDENCE and not estimate.evidence:
        message = f"the row does not say what {estimate.name} is estimated from"
        help = "fill in evidence: the study, the report or the contract that shows it"
        yield error("estimate-evidence", message, help, row.at("evidence"))


def _twice(estimates: Sequence[Estimate]) -> Iterator[Problem]:
    """Two rows of one day that estimate the same: nobody can tell which rules."""
    seen: dict[tuple[object, ...], Position] = {}
    for row in estimates:
        key = (row.day, row.contract, row.name, row.cohort, bool(row.approved))
        if key in seen:
            message = f"{row.name} is estimated for this day in {seen[key]} already"
            help = "take one of the two rows away, or correct its date or cohort"
            yield error("estimate-twice", message, help, row.position)
        seen.setdefault(key, row.position)
