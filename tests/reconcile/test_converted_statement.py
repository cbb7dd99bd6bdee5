"""A statement in another currency: what the provider's own rate of exchange brings."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from tokenbooks.periods import Period
from tokenbooks.reconcile.causes import CURRENCY, RATE
from tokenbooks.reconcile.statements.cells import Cell, Compared, Side
from tokenbooks.reconcile.statements.compare import StatementFacts
from tokenbooks.reconcile.statements.statement_leg import statement_leg

OCTOBER = Period.month(2025, 10)


def cell(day: int, model: str, quantity: int, ours: str, theirs: str) -> Cell:
    return Cell(
        date(2025, 10, day),
        (model,),
        Side(Fraction(ours), Fraction(quantity)),
        Side(Fraction(theirs), Fraction(quantity)),
    )


def names(cells: list[Cell], stated_currency: str) -> set[str]:
    compared = Compared("llm", OCTOBER, ("model",), tuple(cells))
    ours = sum((c.usage.amount for c in cells if c.usage), Fraction(0))
    theirs = sum((c.statement.amount for c in cells if c.statement), Fraction(0))
    facts = StatementFacts("llm", compared, theirs, ours, "USD", stated_currency)
    found = statement_leg(facts, Fraction(1))
    assert sum(c.amount for c in found.causes) == theirs - ours
    return {cause.name for cause in found.causes}


@pytest.mark.parametrize(
    ("cells", "stated_currency", "expected"),
    [
        # 10 x 1.02 and 30 x 1.02: one factor on all prices is a rate of exchange
        ([cell(3, "a", 5, "10", "10.2"), cell(4, "b", 7, "30", "30.6")], "EUR", {CURRENCY}),
        # 1.02 and 1.05: two factors are two prices
        ([cell(3, "a", 5, "10", "10.2"), cell(4, "b", 7, "30", "31.5")], "EUR", {RATE}),
        # nothing was converted: it is the price
        ([cell(3, "a", 5, "10", "10.2"), cell(4, "b", 7, "30", "30.6")], "USD", {RATE}),
        # one cell alone proves no common factor
        ([cell(3, "a", 5, "10", "10.2")], "EUR", {RATE}),
    ],
)
def test_one_factor_on_all_prices_is_the_rate_of_the_provider(
    cells: list[Cell], stated_currency: str, expected: set[str]
) -> None:
    assert names(cells, stated_currency) == expected
