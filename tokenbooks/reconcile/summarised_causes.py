"""Causes of many days as one line each: what totals show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from tokenbooks.reconcile.causes import Cause, total


def summarised(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    """Join causes of equal name, where and words over days, in the order of the first of each.

    A joined cause has no day: its words say the first and the last. Evidence is kept once.
    """
    groups: dict[tuple[str, tuple[tuple[str, str], ...], str], list[Cause]] = {}
    for cause in causes:
        groups.setdefault((cause.name, cause.where, cause.words), []).append(cause)
    return tuple(_joined(group) for group in groups.values())


def _joined(group: list[Cause]) -> Cause:
    if len(group) == 1:
        return group[0]
    return replace(
        group[0],
        amount=total(group),
        words=group[0].words + _days([cause.day for cause in group if cause.day]),
        day=None,
        evidence=tuple(dict.fromkeys(place for cause in group for place in cause.evidence)),
        rows=sum(cause.rows for cause in group),
    )


def _days(days: list[date]) -> str:
    if not days:
        return ""
    first, last = min(days), max(days)
    return f" ({first} to {last})" if first != last else f" ({first})"
