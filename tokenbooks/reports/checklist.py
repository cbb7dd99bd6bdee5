"""The checklist of a book: questions that finance leaders are asked, answered with evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tokenbooks.reports.table import Cell, Column, Table

YES, NO, PARTLY, NOT_APPLICABLE = "yes", "no", "partly", "not applicable"

#: What parts the statements of the evidence in one cell.
_PARTED = "; "


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of ``YES``, ``NO``, ``PARTLY`` or ``NOT_APPLICABLE``, and what it stands on.

    ``pointer`` is the command or place where the evidence is found.
    """

    question: str
    answer: str
    evidence: tuple[str, ...]
    pointer: str


def checklist_table(answers: Sequence[Answer], title: str) -> Table:
    """One row a question."""
    rows = tuple(
        (number, item.question, item.answer, _PARTED.join(item.evidence), item.pointer)
        for number, item in enumerate(answers, 1)
    )
    columns = (
        Column("number", "No", number=True),
        Column("question", "Question"),
        Column("answer", "Answer"),
        Column("evidence", "Evidence"),
        Column("pointer", "Look at"),
    )
    counted = (f"{sum(item.answer == word for item in answers)} {word}" for word in _ANSWERS)
    return Table("checklist", title, columns, rows, (", ".join(counted),))


_ANSWERS = (YES, PARTLY, NO, NOT_APPLICABLE)


def checklist_on_screen(tables: Sequence[Table], format: str, width: int | None) -> Sequence[Table]:
    """As text each statement has a line of its own, below its question."""
    return [_in_lines(table) for table in tables] if format == "text" else tables


def _in_lines(table: Table) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for number, question, answer, evidence, pointer in table.rows:
        rows.append((number, answer, question))
        rows += [(None, None, f"- {line}") for line in str(evidence).split(_PARTED)]
        rows.append((None, None, f"see {pointer}"))
    columns = (table.columns[0], table.columns[2], Column("question", "Question and evidence"))
    return Table(table.name, table.title, columns, tuple(rows), table.notes)
