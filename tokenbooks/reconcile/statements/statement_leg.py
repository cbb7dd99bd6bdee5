"""The first leg of the bridge: what the provider's statement says, against usage as we rate it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from tokenbooks.reconcile.causes import (
    CREDITS,
    CUT_OFF,
    STATEMENT,
    TAX,
    TERMS,
    USAGE,
    Cause,
    Leg,
    leg,
)
from tokenbooks.reconcile.statements.compare import StatementFacts
from tokenbooks.reconcile.statements.converted_statement import with_rate_of_provider
from tokenbooks.reconcile.statements.statement_causes import statement_causes

#: What a statement says is owed beside usage, as causes: each with its words.
_ALSO_OWED = {
    "tax": (TAX, "tax on the statement"),
    "credit": (CREDITS, "credits, refunds and discounts that the statement takes off"),
}


def statement_leg(facts: StatementFacts, rate: Fraction) -> Leg:
    """Statement less usage, in the book's currency at one rate of the plan's.

    Every cause of a cell is its own; ``summarised`` joins them over days.
    """
    of_cells = with_rate_of_provider(facts, statement_causes(facts.compared))
    causes = [*of_cells, *_others(facts)]
    converted = [replace(cause, amount=cause.amount * rate) for cause in causes]
    amounts = (facts.stated_total * rate, facts.rated_total * rate)
    return leg(STATEMENT, USAGE, amounts, converted, facts.tolerance * rate)


def _others(facts: StatementFacts) -> Iterator[Cause]:
    """What belongs to no cell: tax, credits, terms of the plan, another zone's days."""
    for meaning, (name, words) in _ALSO_OWED.items():
        for day, amount in sorted(facts.by_meaning.get(meaning, {}).items()):
            yield Cause(name, amount, words, day, evidence=_places(facts.files))
    for kind, amount in sorted(facts.terms.items()):
        yield Cause(TERMS, -amount, f"{kind} of the plan, which no row of the statement shows")
    if facts.cut_off:
        words = f"the statement's days are those of {facts.zone}, ours those of the contract"
        yield Cause(CUT_OFF, facts.cut_off, words)


def _places(files: Sequence[str]) -> tuple[str, ...]:
    """The file of a statement where it is one; several are not told with every cause."""
    return tuple(files) if len(files) == 1 else ()
