"""Spans of a plan that began before the book: what was used in them before is not known.

A commitment of a year that began in July, in a book that begins in January, is trued up
against half a year of usage. No file of a book says what was used before its start, so the
figure stands and the reader is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tokenbooks.close.computed import Computed
from tokenbooks.facts import Facts
from tokenbooks.periods import TERM, Period
from tokenbooks.problems import Position, Problem, warning
from tokenbooks.rating.term_charges import FEES, ROUNDING


class _Counting(NamedTuple):
    """What counts over a span, and moves figures of the period."""

    contract: str
    name: str
    span: Period
    position: Position


def early_span_warnings(facts: Facts, computed: Computed, period: Period) -> list[Problem]:
    """One for each term or counter that moves figures of a period and began before the book."""
    start = facts.book.start.start
    found: dict[tuple[str, str, Period], _Counting] = {}
    for item in _counting(computed, period):
        begun = facts.book.contracts[item.contract].from_day
        if item.span.start < start and (begun is None or begun < start):
            found.setdefault((item.contract, item.name, item.span), item)
    return [_problem(facts, item) for item in found.values()]


def _counting(computed: Computed, period: Period) -> Iterator[_Counting]:
    charges = computed.rated.charges
    for charge in charges.terms.values():
        counts = charge.kind not in {FEES, ROUNDING}
        if counts and any(at.date() in period for at in charge.steps):
            yield _Counting(charge.contract, charge.kind, charge.span, charge.position)
    for pool in charges.pools.values():
        steps = [entries for at, entries in pool.steps.items() if at.date() in period]
        for entry in (entry for entries in steps[:1] for entry in entries.values()):
            price = entry.price
            name = f"price of {pool.name}"
            yield _Counting(pool.contract, name, pool.key.span, price.position)


def _problem(facts: Facts, item: _Counting) -> Problem:
    since = "the beginning of the contract" if item.span == TERM else f"{item.span.start}"
    return warning(
        "span-before-book",
        f"contract {item.contract}: the {item.name} counts from {since}, but the book begins"
        f" with {facts.book.start}: what was used before is taken for nothing",
        "give the contract its `from` if it began no earlier than the book; else compare the"
        " figure with what the provider says",
        item.position,
    )
