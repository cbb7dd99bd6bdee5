"""Automatic reloads: what the rule of a plan buys at a balance, and a forecast of it.

Receipts post; the rule only tells what they should be (ACCOUNTING 2.5). Amounts are list
value.
"""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from tokenbooks.rating.credit_terms import ReloadTerms

NOTHING = Fraction(0)


def reload_due(
    terms: ReloadTerms,
    balance: Fraction,
    pending: Fraction = NOTHING,
    bought_this_month: Fraction = NOTHING,
) -> Fraction:
    """What the rule buys when it looks at a balance once; 0 where it does not fire.

    ``pending`` is bought but not yet in the balance, and counts as if it were. A month that
    has reached its most buys nothing more: whole additions of ``add`` as far as they fit,
    or the part of the gap to ``up_to`` that is left, if that is a purchase of its own size.
    """
    expected = balance + pending
    if not _fires(terms, expected):
        return NOTHING
    if terms.up_to is not None:
        gap = Fraction(terms.up_to) - expected
        wanted = max(gap, Fraction(terms.at_least)) if gap > 0 else NOTHING
    else:
        wanted = _add(terms) * (_additions(terms, expected) if terms.packs else 1)
    return _that_fits_the_month(terms, wanted, bought_this_month)


def bought_in_a_day(
    terms: ReloadTerms, lowest: Fraction, bought_this_month: Fraction = NOTHING
) -> Fraction:
    """What the rule buys in a day whose usage alone brings the balance to ``lowest``.

    It fires as often as it must: a rule that adds once at a time fires again while the
    balance is still low. How often does not depend on the hours of the usage, which daily
    data do not tell: the last addition came at a balance that was low without it. (Packs
    that fire strictly below the threshold may need one less.)
    """
    if terms.up_to is not None:
        return reload_due(terms, lowest, NOTHING, bought_this_month)
    if not _fires(terms, lowest):
        return NOTHING
    wanted = _add(terms) * _additions(terms, lowest)
    return _that_fits_the_month(terms, wanted, bought_this_month)


def most_in_a_day(
    terms: ReloadTerms, lowest: Fraction, bought_this_month: Fraction = NOTHING
) -> Fraction:
    """The most that the rule can buy in such a day, whatever the hours of its usage.

    It is more than ``bought_in_a_day`` only where ``at_least`` carries the balance over
    ``up_to``, so that usage in small steps calls for another purchase.
    """
    bought = bought_in_a_day(terms, lowest, bought_this_month)
    if not bought or terms.up_to is None:
        return bought
    in_steps = Fraction(terms.at) + Fraction(terms.at_least) - lowest
    return max(bought, _that_fits_the_month(terms, in_steps, bought_this_month))


def next_reloads(
    terms: ReloadTerms, balance: Fraction, rate_per_day: Fraction, first: date, until: date
) -> list[tuple[date, Fraction]]:
    """The purchases that the rule will make from a day on, with what each day buys.

    ``balance`` is that at the start of the first day; ``until`` is exclusive. Each day uses
    the same, all at once.
    """
    found = []
    bought = NOTHING
    for number in range((until - first).days):
        day = first + timedelta(days=number)
        if day.day == 1:
            bought = NOTHING
        balance -= rate_per_day
        due = bought_in_a_day(terms, balance, bought)
        if due:
            found.append((day, due))
            balance, bought = balance + due, bought + due
    return found


def has_size_of_reload(terms: ReloadTerms, credits: Fraction) -> bool:
    """Whether a purchase could be the rule's: no other purchase says anything about it.

    That is ``add``, in packs a multiple of it; or at least the gap between the threshold
    and ``up_to``.
    """
    if credits <= 0:
        return False
    if terms.up_to is not None:
        return credits >= max(terms.up_to - terms.at, terms.at_least)
    return credits % _add(terms) == 0 if terms.packs else credits == _add(terms)


def possible_reloads(terms: ReloadTerms, balance: Fraction) -> tuple[Fraction, ...]:
    """What the rule may have bought at or after a balance that the books know: to look for."""
    sizes = {bought_in_a_day(terms, balance)}
    if terms.up_to is None:
        sizes.add(_add(terms))
    return tuple(sorted(sizes - {NOTHING}))


def _add(terms: ReloadTerms) -> Fraction:
    return Fraction(terms.add or 0)


def _fires(terms: ReloadTerms, balance: Fraction) -> bool:
    return balance < terms.at or (balance == terms.at and not terms.below)


def _additions(terms: ReloadTerms, balance: Fraction) -> int:
    """How many additions it takes until the rule is content.

    Packs go on until the balance is strictly above the threshold (PEERS b10); else until
    the rule would not fire again.
    """
    short = Fraction(terms.at) - balance
    if terms.below and not terms.packs:
        return -(-short // _add(terms))
    return short // _add(terms) + 1


def _that_fits_the_month(terms: ReloadTerms, wanted: Fraction, bought: Fraction) -> Fraction:
    if terms.at_most is None:
        return wanted
    room = max(Fraction(terms.at_most) - bought, NOTHING)
    if wanted <= room:
        return wanted
    if terms.up_to is None:
        return room // _add(terms) * _add(terms)
    return room if room >= terms.at_least else NOTHING
