"""How much can be taken away from a lot, and how much money can come back for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import exact_text
from tokenbooks.documents import CreditEvent
from tokenbooks.problems import Problem, error
from tokenbooks.sources.credits.events import BOUGHT
from tokenbooks.sources.credits.references import KnownLots, named_lot

_MONEY_BACK = ("refund", "chargeback")
#: Events whose lot has the cost of the lot it comes from.
_KEEPS_COST = ("rollover", "transfer")


def check_removals(events: Sequence[CreditEvent], lots: KnownLots) -> Iterator[Problem]:
    """``removed-above-lot`` and ``refund-above-paid``, row by row in the order of their days.

    Under pooled cost older lots add to a lot, so that its row is not all that it has.
    """
    removed: dict[str, Fraction] = {}
    repaid: dict[str, Fraction] = {}
    for event in sorted(events, key=lambda event: event.day):
        name = named_lot(event)
        held = _held(name, event, lots) if name else None
        if name is None or held is None or not _takes(event):
            continue
        before = removed.get(name, Fraction(0))
        removed[name] = before + abs(Fraction(event.credits))
        if removed[name] > held and not _pools_cost(event, lots):
            yield _above_lot(event, name, held - before, lots)
        if event.event in _MONEY_BACK:
            yield from _money_back(event, name, lots, repaid)


def _takes(event: CreditEvent) -> bool:
    """Whether a row takes a known quantity away from the lot that it names."""
    moves = event.event in {"rollover", "transfer"}
    takes = event.event in {*_MONEY_BACK, "void"} or (event.event == "adjust" and event.credits < 0)
    return bool(event.credits) and (moves or takes)


def _held(name: str, event: CreditEvent, lots: KnownLots) -> Fraction | None:
    """What a lot began with here, less what was used before the book's start."""
    maker = lots.maker(name)
    if maker is not None:
        return Fraction(maker.credits - (maker.used or 0))
    made = lots.made_by_plan(name, (event.contract, event.party))
    return made.quantity if made else None


def _pools_cost(event: CreditEvent, lots: KnownLots) -> bool:
    contract = lots.book.contracts[event.contract]
    order = contract.lot_order or lots.book.policy("lot_order", event.day)
    return order == "average"


def _above_lot(event: CreditEvent, name: str, left: Fraction, lots: KnownLots) -> Problem:
    plan = lots.plan_of(event)
    worth = Fraction(plan.credit.worth) if plan and plan.credit else Fraction(1)
    taken = exact_text(abs(Fraction(event.credits)) / worth)
    rest = exact_text(max(left, Fraction(0)) / worth)
    message = f"{taken} credits are taken away from the lot '{name}', which has {rest}"
    help = "a lot has what it began with, less what was used before the start or taken away before"
    return error("removed-above-lot", message, help, event.position)


def _money_back(
    event: CreditEvent, name: str, lots: KnownLots, repaid: dict[str, Fraction]
) -> Iterator[Problem]:
    """Money that comes back for a lot, and for those that live on in it."""
    root = _root(name, lots)
    maker = lots.maker(root)
    if maker is None or maker.event == "bonus" or maker.currency != event.currency:
        return
    paid, before = _paid(maker, lots), repaid.get(root, Fraction(0))
    share = paid * Fraction(event.credits) / Fraction(maker.credits or 1)
    back = share if event.paid is None else Fraction(event.paid) + _lasting_tax(event, lots)
    repaid[root] = before + back
    if repaid[root] > paid:
        left = exact_text(max(paid - before, Fraction(0)))
        message = (
            f"{exact_text(back)} comes back for the lot '{root}', of whose price {left} is left"
        )
        help = "correct `paid`; more than was paid is income, which is no event of credits"
        yield error("refund-above-paid", message, help, event.position)


def _root(name: str, lots: KnownLots) -> str:
    """The lot that was paid for: rolled and transferred credits keep their cost."""
    for ancestor in (name, *lots.ancestors(name)):
        maker = lots.maker(ancestor)
        if maker is None or maker.event not in _KEEPS_COST or not maker.parent:
            return ancestor
    return name


def _paid(maker: CreditEvent, lots: KnownLots) -> Fraction:
    """What a lot cost in its own currency: its price, and tax that does not come back."""
    price = maker.paid
    if price is None:
        price = maker.credits if maker.event in BOUGHT else Decimal(0)
    return Fraction(price) + _lasting_tax(maker, lots)


def _lasting_tax(event: CreditEvent, lots: KnownLots) -> Fraction:
    """The tax of a row that no tax office pays back."""
    kind = event.tax_kind or lots.book.contracts[event.contract].tax_kind
    return Fraction(event.tax or 0 if kind == "cost" else 0)
