"""Destinations: the class and cost centre of each part of a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from tokenbooks.book import Book
from tokenbooks.entries.posted import Destination
from tokenbooks.rating.charges import Charges, Part, shared
from tokenbooks.usage.allocation import SINGLE_EXPENSE, UNALLOCATED, Allocation


class Destinations:
    """Resolves parts of a value to destinations, over all contracts of a run."""

    def __init__(self, charges: Charges, allocations: Mapping[int, Allocation]) -> None:
        self._charges = charges
        self._shares = {
            item.id: [
                (Destination(s.role, s.class_, s.cost_center), Fraction(s.share) / 100)
                for s in item.shares
            ]
            for item in allocations.values()
        }

    def of(self, parts: Mapping[Part, Fraction], service: str) -> dict[Destination, Fraction]:
        """The parts of a value in a service span, by destination.

        A pool is shared over its keys by quantity x modifier factor in that span.
        """
        result: dict[Destination, Fraction] = {}
        for part, value in parts.items():
            for allocation, weight in self._allocations(part, service):
                for destination, share in self._shares[allocation]:
                    amount = value * weight * share
                    result[destination] = result.get(destination, Fraction(0)) + amount
        return result

    def _allocations(self, part: Part, service: str) -> Iterable[tuple[int, Fraction]]:
        return shared(self._charges.weights(part, service))


def default_destination(book: Book) -> Destination:
    """Where an expense goes for which nothing is rated."""
    share = UNALLOCATED if book.allocate else SINGLE_EXPENSE
    return Destination(share.role, share.class_, share.cost_center)


def added(
    sums: dict[Destination, Fraction], more: Mapping[Destination, Fraction]
) -> dict[Destination, Fraction]:
    """Add values by destination to sums, in place."""
    for destination, value in more.items():
        sums[destination] = sums.get(destination, Fraction(0)) + value
    return sums
