"""Instants of cases, and the place of lots by the times that a case gives them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.conformance.kinds.kind import Case


def instant(text: str) -> datetime:
    """An instant, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def ranks(lots: list[Case]) -> dict[str, int]:
    """The place of each lot by its own priority and end, which its successors do not have."""

    def key(lot: Case) -> tuple[Any, ...]:
        ends = lot.get("expires")
        own = instant(ends) if ends else datetime.max.replace(tzinfo=UTC)
        priority = lot.get("priority")
        return (priority is None, int(priority or 0), own, instant(lot["effective"]), lot["id"])

    return {lot["id"]: number for number, lot in enumerate(sorted(lots, key=key), 1)}
