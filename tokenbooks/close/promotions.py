"""The promotions of a book at the end of a period, of single lots and of those in tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tokenbooks.close.computed import Computed
from tokenbooks.entries.sell.promotion import (
    Promotion,
    measured,
    promotions_of_lots,
    promotions_of_parties,
)
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, start_of
from tokenbooks.problems import Problem, warning

if TYPE_CHECKING:
    import duckdb


def find_promotions(
    connection: duckdb.DuckDBPyConnection, facts: Facts, computed: Computed, period: Period
) -> tuple[list[Promotion], list[Problem]]:
    """All promotions with what serving them costs, by contract and day."""
    end = start_of(period.end)
    found = promotions_of_lots(facts, computed.lots.values(), computed.given, computed.tops, end)
    parties = computed.rated.parties
    if computed.parties.units and parties:
        plain = sorted(parties.plain)
        promotions_of_parties(connection, facts, plain, computed.parties.units, end, found)
    ordered = [found[of] for of in sorted(found, key=str)]
    promotions = measured(facts, ordered, period)
    return promotions, list(_unmeasured(facts, promotions))


def _unmeasured(facts: Facts, found: list[Promotion]) -> Iterator[Problem]:
    """Free credits of which nobody has said what serving them costs."""
    for contract in sorted({item.of.contract for item in found if item.share is None}):
        yield warning(
            "promotion-unmeasured",
            f"nobody estimates what the free credits of {contract} cost to serve:"
            " no cost of theirs is told apart",
            "add cost_to_serve to estimates.csv, as a share of the list value",
            facts.book.contracts[contract].position,
        )
