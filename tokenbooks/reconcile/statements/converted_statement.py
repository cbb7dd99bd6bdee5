"""A statement in another currency than the plan's: what the provider's own rate brings.

The statement is converted at the book's rates. Where all prices then differ by one and the
same factor, it is no price that differs, but the rate at which the provider converted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from tokenbooks.amounts import exact_text
from tokenbooks.reconcile.causes import CURRENCY, RATE, Cause
from tokenbooks.reconcile.statements.cells import Cell, Key
from tokenbooks.reconcile.statements.compare import StatementFacts

#: By how much of an amount a factor may miss it: rates are written with few digits.
_SLACK = Fraction(1, 10**5)


def with_rate_of_provider(facts: StatementFacts, causes: Sequence[Cause]) -> list[Cause]:
    """The causes, with price effects that are one factor on all prices as due to currency."""
    if facts.stated_currency == facts.currency:
        return list(causes)
    differing = {(cell.day, cell.key): cell for cell in facts.compared.cells}
    cells = [c for cause in causes if cause.name == RATE and (c := _cell(facts, cause, differing))]
    factor = _factor(cells)
    if factor is None:
        return list(causes)
    words = (
        f"the provider's own rate of {facts.stated_currency}: {exact_text(factor, 6)} where the"
        " rates of the book give 1"
    )
    return [
        # one factor on everything is one cause, whichever models and meters it concerns
        replace(cause, name=CURRENCY, words=words, where=()) if cause.name == RATE else cause
        for cause in causes
    ]


def _cell(
    facts: StatementFacts, cause: Cause, cells: Mapping[tuple[date, Key], Cell]
) -> Cell | None:
    told = dict(cause.where)
    key = tuple(told.get(name, "") for name in facts.compared.dimensions)
    return cells.get((cause.day, key)) if cause.day else None


def _factor(cells: Sequence[Cell]) -> Fraction | None:
    """The factor from our amounts to the statement's, if it is the same in several cells."""
    pairs = [
        (cell, cell.statement.amount, cell.usage.amount)
        for cell in cells
        if cell.statement and cell.usage and cell.usage.amount
    ]
    ours = sum((amount for _, _, amount in pairs), Fraction(0))
    if len(pairs) < 2 or not ours:
        return None
    factor = sum((amount for _, amount, _ in pairs), Fraction(0)) / ours
    is_same = all(
        abs(theirs - factor * own) <= cell.bound + abs(theirs) * _SLACK
        for cell, theirs, own in pairs
    )
    return factor if is_same else None
