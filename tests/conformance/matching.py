"""Compares the entries and balances of a close with those that a case expects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Protocol

from tests.conformance.shapes import Expected

#: Not part of a case: the other side of its opening balances.
_OUTSIDE = "opening_equity"


class Posted(Protocol):
    """An entry as the close wrote it: its day, and its net amount per role."""

    day: date
    nets: dict[str, Decimal]


def assert_entries(expected: Sequence[Expected], posted: Sequence[Posted]) -> None:
    """Each expected entry is one entry of that day, or several that belong together.

    The close keeps draws, accruals and settlements apart where a case writes one entry;
    no entry may be left over.
    """
    ours = [entry for entry in posted if entry.nets and _OUTSIDE not in entry.nets]
    days = sorted({e.day for e in ours} | {e.day for e in expected})
    for day in days:
        wanted = [entry.nets for entry in expected if entry.day == day]
        found = [entry.nets for entry in ours if entry.day == day]
        assert _covers(wanted, found), f"{day}: expected {_text(wanted)}, posted {_text(found)}"


def assert_balances(expected: dict[str, str], balances: dict[str, Decimal]) -> None:
    """The balances of all roles, opening ones included, and no others."""
    found = {role: amount for role, amount in balances.items() if amount and role != _OUTSIDE}
    wanted = {role: Decimal(amount) for role, amount in expected.items() if Decimal(amount)}
    assert found == wanted


def _covers(wanted: list[dict[str, Decimal]], found: list[dict[str, Decimal]]) -> bool:
    if not wanted:
        return not found
    first, rest = wanted[0], wanted[1:]
    for size in range(1, len(found) + 1):
        for chosen in combinations(range(len(found)), size):
            if _union([found[n] for n in chosen]) == first:
                left = [nets for n, nets in enumerate(found) if n not in chosen]
                if _covers(rest, left):
                    return True
    return False


def _union(entries: list[dict[str, Decimal]]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = defaultdict(Decimal)
    for nets in entries:
        for role, amount in nets.items():
            total[role] += amount
    return {role: amount for role, amount in total.items() if amount}


def _text(entries: list[dict[str, Decimal]]) -> list[dict[str, str]]:
    return [{role: str(amount) for role, amount in nets.items()} for nets in entries]
