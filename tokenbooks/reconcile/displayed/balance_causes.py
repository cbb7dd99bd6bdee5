"""The causes that can make a provider's balance differ from ours, each with its amount.

A cause is worth what it adds to the displayed balance: displayed - ours = the sum of the
causes (ACCOUNTING 7, reconciliation arithmetic). What happened with one lot or with the
usage of one day is explained once: causes that rest on the same are never combined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from tokenbooks.amounts import exact_text
from tokenbooks.reconcile.displayed.balance_facts import AccountDay, LotMove

ROUNDING = "rounding"
OVERDRAFT = "overdraft"
FREE = "free credits"
TIMING = "timing of usage"
NOT_SHOWN = "purchase not shown"
NOT_RECORDED = "purchase not recorded"
MISSING = "purchase missing"
EXPIRED = "expired rest"
TO_COME = "future lots"
UNEXPLAINED = "unexplained"

#: Days before and after, in which a purchase or an expiry is near.
NEAR = timedelta(days=3)

_DAY, _NEXT_DAY = "usage of the day", "usage of the next day"


@dataclass(frozen=True, slots=True)
class BalanceCause:
    """One cause of a difference: what it adds to the displayed balance, and why in words."""

    name: str
    amount: Fraction
    words: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A cause that is possible, with the lots and the days of usage that it rests on."""

    cause: BalanceCause
    rests_on: frozenset[str]


def possible_causes(account: AccountDay) -> list[Candidate]:
    """All causes of a definite amount, in the order in which they are tried."""
    kinds: Sequence[Callable[[AccountDay], Iterator[Candidate]]] = (
        _free_not_shown,
        _timing,
        _purchases,
        _missing_reloads,
        _expired_still_shown,
        _future_shown,
    )
    return [found for kind in kinds for found in kind(account) if found.cause.amount]


def part_of_usage(account: AccountDay, amount: Fraction) -> Candidate | None:
    """The cause that a part of a day's usage, of that amount, is not yet or already shown."""
    if _is_part(amount, account.used):
        words = f"usage of {_amount(amount)} of the day is not in it yet"
        return _candidate(TIMING, amount, words, [_DAY])
    if _is_part(-amount, account.used_after):
        words = f"usage of {_amount(-amount)} of the next day is in it already"
        return _candidate(TIMING, amount, words, [_NEXT_DAY])
    return None


def overdraft_as_zero(account: AccountDay) -> BalanceCause:
    """The cause that what is overdrawn is shown as a balance of zero."""
    words = f"{_amount(-account.balance)} is overdrawn, which is shown as 0"
    return BalanceCause(OVERDRAFT, -account.balance, words)


def _free_not_shown(account: AccountDay) -> Iterator[Candidate]:
    for lots, left in _all_and_each([(lot.lot, lot.left) for lot in account.free]):
        words = f"free credits of {_amount(left)} ({', '.join(lots)}) are not in it"
        yield _candidate(FREE, -left, words, lots)


def _timing(account: AccountDay) -> Iterator[Candidate]:
    words = f"the usage of the day, {_amount(account.used)}, is not in it yet"
    yield _candidate(TIMING, account.used, words, [_DAY])
    words = f"the usage of the next day, {_amount(account.used_after)}, is in it already"
    yield _candidate(TIMING, -account.used_after, words, [_NEXT_DAY])
    near = [move.lot for move in (*account.purchases, *account.expired)]
    words = "it is the balance of the day before"
    moved = account.balance_before - account.balance
    yield _candidate(TIMING, moved, words, [_DAY, *near])


def _purchases(account: AccountDay) -> Iterator[Candidate]:
    """Purchases near the day that the other side does not have yet, the nearest first."""
    for move in sorted(account.purchases, key=lambda move: abs(move.day - account.day)):
        if timedelta(0) <= account.day - move.day <= NEAR:
            words = f"the purchase {_named(move)} is not in it yet"
            yield _candidate(NOT_SHOWN, -move.credits, words, [move.lot])
        elif timedelta(0) < move.day - account.day <= NEAR:
            words = f"the purchase {_named(move)} is in it already"
            yield _candidate(NOT_RECORDED, move.credits, words, [move.lot])


def _missing_reloads(account: AccountDay) -> Iterator[Candidate]:
    for size in account.reloads:
        words = f"an automatic purchase of {_amount(size)} is in it, but no receipt shows it"
        yield _candidate(MISSING, size, words, ["reload"])


def _expired_still_shown(account: AccountDay) -> Iterator[Candidate]:
    near = [move for move in account.expired if timedelta(0) <= account.day - move.day <= NEAR]
    for lots, rest in _all_and_each([(move.lot, move.credits) for move in near]):
        words = f"what expired, {_amount(rest)} ({', '.join(lots)}), is still in it"
        yield _candidate(EXPIRED, rest, words, lots)


def _future_shown(account: AccountDay) -> Iterator[Candidate]:
    for lots, left in _all_and_each([(lot.lot, lot.left) for lot in account.to_come]):
        words = f"credits of {_amount(left)} ({', '.join(lots)}) that have not begun are in it"
        yield _candidate(TO_COME, left, words, lots)


def _all_and_each(lots: Sequence[tuple[str, Fraction]]) -> Iterator[tuple[list[str], Fraction]]:
    """All lots together with the sum of their credits, then each of several alone."""
    if lots:
        yield [lot for lot, _ in lots], sum((amount for _, amount in lots), Fraction(0))
    if len(lots) > 1:
        for lot, amount in lots:
            yield [lot], amount


def _candidate(name: str, amount: Fraction, words: str, rests_on: Sequence[str]) -> Candidate:
    return Candidate(BalanceCause(name, amount, words), frozenset(rests_on))


def _is_part(amount: Fraction, whole: Fraction) -> bool:
    return 0 < amount < whole


def _named(move: LotMove) -> str:
    return f"{move.lot} of {move.day}, {_amount(move.credits)},"


def _amount(amount: Fraction) -> str:
    return exact_text(amount, 6)
