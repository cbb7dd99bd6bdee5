"""Rows that take away what was used before, or what is not there any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from tokenbooks.close.computed import Computed
from tokenbooks.close.credit_units import unit_of
from tokenbooks.credits.lots import Lot, Removal
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, Severity, error, warning


def removed_above_left(facts: Facts, computed: Computed, closing: Period) -> list[Problem]:
    """Lots from which more was taken away than usage had left by then.

    An error where the row that takes it away is of the period that is being closed: what
    was closed before stands, and late usage may need it.
    """
    problems = []
    for name, needed in sorted(computed.short.items()):
        lot = computed.lots[name]
        removal = _removal_after(lot, needed)
        if removal is None:
            continue
        taken = unit_of(facts, lot.contract).words(removal.quantity or Fraction(0))
        found = error(
            "removed-above-left",
            f"the {removal.event.event} of {removal.event.day} takes"
            f" {taken} from lot {name}, which usage of"
            f" {needed.date()} needed: not so much was left",
            "correct the credits or the date of the row, or look for a purchase or usage"
            " that is wrong; the usage is covered by other lots, or waits for one",
            removal.event.position,
        )
        is_open = removal.event.day in closing
        problems.append(found if is_open else replace(found, severity=Severity.WARNING))
    return problems


def _removal_after(lot: Lot, needed: datetime) -> Removal | None:
    """The first removal that keeps credits from usage of an instant."""
    later = [r for r in lot.removals if r.quantity is not None and r.at > needed]
    return min(later, key=lambda removal: removal.at, default=None)


def empty_voids(computed: Computed, period: Period) -> Iterator[Problem]:
    """Rows of a period that take away all that is left of a lot, where nothing was left."""
    for taken in computed.taken:
        event = taken.event
        if event.event == "void" and not taken.quantity and event.day in period:
            yield warning(
                "void-empty",
                f"the void of {event.day} takes nothing: nothing of lot {taken.lot} was left",
                "take the row away, or correct its lot or date",
                event.position,
            )
