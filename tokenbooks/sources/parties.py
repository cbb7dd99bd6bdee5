"""Reads the file of a contract's parties: readable names, days, and pools."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tokenbooks.book import Party
from tokenbooks.problems import Problem, error
from tokenbooks.sources.files import is_outside, matching_files
from tokenbooks.sources.rows import Cells, Columns, Row, read_rows
from tokenbooks.sources.usage_sources import check_inside
from tokenbooks.sources.yaml_tree import Node

OPTIONAL = ("name", "from", "until", "pool", "jurisdiction")
PLANNED = ("plan", "currency", "timezone")


def read_parties(
    directory: Path, node: Node, each: str | None, problems: list[Problem]
) -> dict[str, Party]:
    """The parties that the files of a contract's key ``parties`` tell of, by their ids.

    Their first column is the dimension ``each``. Problems: those of the files,
    ``key-alone``, ``file-missing``, ``party-duplicate`` and ``dates-order``.
    """
    if not node:
        return {}
    check_inside(node, problems)
    if each is None:
        message = "'parties' says nothing without 'each'"
        help = "write `each:` with the dimension that is the file's first column"
        problems.append(error("key-alone", message, help, node.position))
        return {}
    paths = matching_files(directory, node.word())
    if not paths and not is_outside(node.word()):
        message = f"no file of the book matches '{node.word()}'"
        help = "add the file, correct the name, or take the key 'parties' away"
        problems.append(error("file-missing", message, help, node.position))
    found: dict[str, Party] = {}
    for path in paths:
        rows, wrong = read_rows(path, Columns((each,), (*OPTIONAL, *PLANNED)))
        problems += wrong
        for row in rows:
            problems += _add(row, each, found)
    return found


def _add(row: Row, each: str, found: dict[str, Party]) -> Iterator[Problem]:
    problems: list[Problem] = []
    cells = Cells(row, problems)
    cells.empty(*PLANNED)
    if cells.need(each):
        party = Party(
            id=row[each],
            name=row["name"],
            from_day=cells.day("from"),
            until_day=cells.day("until"),
            pool=cells.name("pool") or "",
            jurisdiction=cells.name("jurisdiction", "line") or "",
            position=row.position,
        )
        problems += _check(party, row, found)
        found.setdefault(party.id, party)
    yield from problems


def _check(party: Party, row: Row, found: dict[str, Party]) -> Iterator[Problem]:
    if party.id in found:
        message = f"'{party.id}' is already in {found[party.id].position}"
        help = "keep one row a party"
        yield error("party-duplicate", message, help, row.position)
    if party.from_day and party.until_day and party.from_day >= party.until_day:
        message = f"the party ends on {party.until_day}, not after its first day {party.from_day}"
        help = "correct `from` or `until`; `until` is the first day after it"
        yield error("dates-order", message, help, row.at("until"))
