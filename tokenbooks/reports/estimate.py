"""An estimate of tokens and cost as a table, marked as what it is."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import exact_text
from tokenbooks.rating.token_estimate import Band, EstimateLine
from tokenbooks.reports.table import Cell, Column, Table

#: What every estimate says of itself.
NEVER_POSTED = "an estimate, never posted"

_BOUNDS = ("low", "middle", "high")


def estimate_table(
    lines: Sequence[EstimateLine], notes: Sequence[str], title: str, currency: str
) -> Table:
    """Tokens and cost of each line and of all, at least, about and at most; costs are exact."""
    rows = [_row(line.what, line.tokens, line.costs, line.basis) for line in lines]
    tokens = sum((line.tokens for line in lines), Band.exactly(0))
    costs = [
        sum(amounts, Fraction(0)) for amounts in zip(*(line.costs for line in lines), strict=True)
    ]
    rows.append(_row("total", tokens, costs, None))
    columns = (
        Column("what", "What"),
        *(Column(f"tokens_{bound}", f"Tokens {bound}", number=True) for bound in _BOUNDS),
        *(Column(f"cost_{bound}", f"{currency} {bound}", number=True) for bound in _BOUNDS),
        Column("basis", "Basis"),
    )
    return Table("estimate", title, columns, tuple(rows), (f"{NEVER_POSTED}.".capitalize(), *notes))


def _row(what: str, tokens: Band, costs: Sequence[Fraction], basis: str | None) -> tuple[Cell, ...]:
    return (what, *tokens, *(Decimal(exact_text(cost)) for cost in costs), basis)
