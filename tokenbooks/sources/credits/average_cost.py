"""Pooled cost (``lot_order: average``): lots that end have no place in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tokenbooks.book import Book
from tokenbooks.documents import CreditEvent
from tokenbooks.problems import Position, Problem, error
from tokenbooks.rating.plan import Plan
from tokenbooks.sources.credits.events import makes_lot

AVERAGE = "average"


def check_average(
    events: Sequence[CreditEvent], book: Book, plans: Mapping[str, Plan]
) -> Iterator[Problem]:
    """``average-expires``: credits whose costs are pooled cannot end lot by lot (DESIGN 7)."""
    for contract in book.contracts.values():
        plan = plans.get(contract.plan)
        if contract.lot_order != AVERAGE or plan is None:
            continue
        terms = plan.credit_terms
        for place in [grant.position for grant in terms.recurring[:1]]:
            yield _expires(contract.id, place)
        if terms.expires is not None:
            yield _expires(contract.id, contract.position)
    for event in events:
        order = book.contracts[event.contract].lot_order or book.policy("lot_order", event.day)
        ends = event.expires is not None and (makes_lot(event) or event.event == "extend")
        if order == AVERAGE and ends:
            yield _expires(event.contract, event.position)


def _expires(contract: str, place: Position) -> Problem:
    message = f"the credits of {contract} end, but lot_order: average pools what they cost"
    help = "choose another lot_order, such as expiry, or take the end away"
    return error("average-expires", message, help, place)
