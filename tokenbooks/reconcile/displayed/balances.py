"""Ties a provider's displayed balance to our lots, and explains every cent between them.

The simplest explanation wins: rounding, an overdraft shown as zero, then one cause of a
definite amount, a part of a day's usage, and at last two causes together. What a cause
leaves under a unit of the last place that is shown is rounding. What nothing explains is
said to be unexplained; it is never spread.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import number_text
from tokenbooks.reconcile.displayed.balance_causes import (
    ROUNDING,
    UNEXPLAINED,
    BalanceCause,
    Candidate,
    overdraft_as_zero,
    part_of_usage,
    possible_causes,
)
from tokenbooks.reconcile.displayed.balance_facts import AccountDay


@dataclass(frozen=True, slots=True)
class BalanceTie:
    """A displayed balance beside ours, and the causes of the difference.

    ``difference`` is displayed - ours, the exact sum of the causes.
    """

    displayed: Decimal
    ours: Fraction
    difference: Fraction
    causes: tuple[BalanceCause, ...]

    @property
    def unexplained(self) -> Fraction:
        """What no cause explains."""
        unexplained = (cause.amount for cause in self.causes if cause.name == UNEXPLAINED)
        return sum(unexplained, Fraction(0))


def places_shown(balances: Iterable[Decimal], at_least: int) -> int:
    """The decimal places in which a provider shows balances: the most of any of them.

    ``at_least`` are those of the currency: a spreadsheet drops the last zeros of 12.30.
    """
    shown = (-int(balance.as_tuple().exponent) for balance in balances)
    return max(at_least, *shown, 0)


def tie_balance(displayed: Decimal, account: AccountDay, places: int) -> BalanceTie:
    """Compare a displayed balance with ours at the end of the day.

    ``places`` are the decimal places in which the provider shows it.
    """
    difference = Fraction(displayed) - account.balance
    unit = Fraction(1, 10**places)
    causes = tuple(_causes(displayed, account, difference, unit))
    rest = difference - sum((cause.amount for cause in causes), Fraction(0))
    if rest:
        causes = (*causes, _rounding(rest, places) if abs(rest) < unit else _unexplained(rest))
    return BalanceTie(displayed, account.balance, difference, causes)


def _causes(
    displayed: Decimal, account: AccountDay, difference: Fraction, unit: Fraction
) -> Iterable[BalanceCause]:
    """The causes that come nearest to a difference, without rounding; none where none does."""
    if abs(difference) < unit:
        return ()
    if not displayed and account.balance < 0:
        return (overdraft_as_zero(account),)
    possible = possible_causes(account)
    singles = ((candidate,) for candidate in possible)
    explained = (
        _nearest(singles, difference, unit)
        or _with_part_of_usage([()], account, difference)
        or _nearest(_pairs(possible, difference, unit), difference, unit)
        or _with_part_of_usage(((candidate,) for candidate in possible), account, difference)
    )
    return (candidate.cause for candidate in explained)


def _nearest(
    explanations: Iterable[Sequence[Candidate]], difference: Fraction, unit: Fraction
) -> Sequence[Candidate]:
    """The explanation that leaves the least, the first of equal ones; under a unit, or none."""
    found: Sequence[Candidate] = ()
    least = unit
    for explanation in explanations:
        rest = abs(difference - _total(explanation))
        if rest < least:
            found, least = explanation, rest
        if not least:
            break
    return found


def _pairs(
    possible: Sequence[Candidate], difference: Fraction, unit: Fraction
) -> Iterator[tuple[Candidate, Candidate]]:
    """Two causes that come within a unit of a difference, in the order of the first."""
    ranked = sorted(range(len(possible)), key=lambda number: possible[number].cause.amount)
    amounts = [possible[number].cause.amount for number in ranked]
    for number, one in enumerate(possible):
        wanted = difference - one.cause.amount
        first, end = bisect_right(amounts, wanted - unit), bisect_left(amounts, wanted + unit)
        for other in sorted(ranked[first:end]):
            if other > number and not one.rests_on & possible[other].rests_on:
                yield one, possible[other]


def _with_part_of_usage(
    explanations: Iterable[Sequence[Candidate]], account: AccountDay, difference: Fraction
) -> Sequence[Candidate]:
    """The first explanation that leaves a part of a day's usage, with that part."""
    for explanation in explanations:
        part = part_of_usage(account, difference - _total(explanation))
        if part and not any(part.rests_on & candidate.rests_on for candidate in explanation):
            return (*explanation, part)
    return ()


def _total(explanation: Sequence[Candidate]) -> Fraction:
    return sum((candidate.cause.amount for candidate in explanation), Fraction(0))


def _rounding(rest: Fraction, places: int) -> BalanceCause:
    unit = number_text(Decimal(1).scaleb(-places))
    return BalanceCause(ROUNDING, rest, f"it is shown in units of {unit}")


def _unexplained(rest: Fraction) -> BalanceCause:
    return BalanceCause(UNEXPLAINED, rest, "nothing that the books know explains it")
