"""Lots, uses and draws as tests write them: days of November 2025, quantities as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tokenbooks.conditions import Conditions
from tokenbooks.credits.draw import draw_lots
from tokenbooks.credits.drawing import Drawing, DrawRules, Use
from tokenbooks.credits.lots import Account, Lot, Removal
from tokenbooks.credits.order import NAMED_ORDERS
from tokenbooks.documents import CreditEvent
from tokenbooks.rating.charges import Part
from tokenbooks.rating.credit_terms import RolloverTerms

ACME: Account = ("openai", "")
ONE, TWO = Part("allocation", 0), Part("allocation", 1)
#: What a lot is good for, and what usage satisfies.
GPT = Conditions.of({"model": ("gpt-4o*",)})
GPT_OF_RESEARCH = Conditions.of({"model": ("gpt-4o*",), "project": ("research",)})
ANYTHING = Conditions()


def at(day: float) -> datetime:
    """The start of a day of November; 2.5 is noon of the 2nd."""
    return datetime(2025, 11, 1) + timedelta(hours=round((day - 1) * 24))


def day_before(moment: datetime) -> date:
    """The last day of which something lies before an instant."""
    return (moment - timedelta(microseconds=1)).date()


def lot(
    name: str,
    quantity: str | Fraction,
    *,
    starts: float = 1,
    last: int | None = None,
    ends: float | None = None,
    cost: str | Decimal | None = None,
    priority: int | None = None,
    account: Account = ACME,
    event: str = "purchase",
    acquired: int | None = None,
    used_before: str = "0",
    scope: Conditions = ANYTHING,
    pool: str = "",
    removals: Sequence[Removal] = (),
    rollover: RolloverTerms | None = None,
    gap: tuple[float, float] | None = None,
    extended: Sequence[tuple[float, float]] = (),
) -> Lot:
    """A lot usable from ``starts`` to its ``last`` day, included, or up to ``ends``, excluded.

    One credit costs 1.00 unless ``cost`` says what the lot cost.
    """
    end = at(last + 1) if last is not None else None if ends is None else at(ends)
    row = CreditEvent(date(2025, 11, 1), account[0], event, Decimal(1), lot=name)
    return Lot(
        id=name,
        contract=account[0],
        party=account[1],
        kind="paid",
        quantity=Fraction(quantity),
        cost=Decimal(str(quantity) if cost is None else cost),
        acquired=at(starts if acquired is None else acquired).date(),
        starts=at(starts),
        ends=end,
        last_day=day_before(end) if end else None,
        priority=priority,
        parent=None,
        event=row,
        used_before=Fraction(used_before),
        scope=scope,
        pool=pool,
        removals=tuple(removals),
        rollover=rollover,
        gap=(at(gap[0]), at(gap[1])) if gap else None,
        extended=tuple((at(told), at(before)) for told, before in extended),
    )


def removal(
    event: str, day: float, quantity: str | Fraction | None = None, into: str = ""
) -> Removal:
    """Credits that go at an instant; without a quantity all that is left."""
    row = CreditEvent(at(day).date(), "openai", event, Decimal(1))
    size = None if quantity is None else Fraction(quantity)
    return Removal(f"{event}-{day}-{quantity}", row, at(day), size, into)


def use(
    day: float,
    value: str | Fraction,
    part: Part = ONE,
    *,
    account: Account = ACME,
    scopes: Iterable[Conditions] = (),
) -> Use:
    """Usage of one part; ``scopes`` are those conditions of lots that it satisfies."""
    quantity = Fraction(value)
    return Use(account, at(day), quantity, {part: quantity}, frozenset(scopes))


def draw(
    uses: Iterable[Use],
    lots: Sequence[Lot],
    order: str = "expiry",
    *,
    until: float | None = None,
    billed_on: Callable[[Account, date], date | None] = lambda account, day: None,
    members: Mapping[str, frozenset[Account]] | None = None,
) -> Drawing:
    """Draw lots in a named order; at average cost where that is the order."""
    rules = DrawRules(
        lambda moment: NAMED_ORDERS.get(order) or tuple(order.split(", ")),
        billed_on,
        lambda moment: order == "average",
        members or {},
        until=datetime.max if until is None else at(until),
    )
    return draw_lots(uses, lots, rules, {item.account for item in lots})


def draws(drawing: Drawing, account: Account = ACME) -> list[tuple[int, str, str]]:
    """The draws of an account as (day of use, lot, quantity)."""
    return [(d.used_at.day, d.lot, str(d.quantity)) for d in drawing.accounts[account].draws]


def waiting(drawing: Drawing, account: Account = ACME) -> list[tuple[int, str]]:
    """What no lot covered, as (day of use, quantity)."""
    return [(u.used_at.day, str(u.quantity)) for u in drawing.accounts[account].uncovered]


def left(drawing: Drawing) -> dict[str, str]:
    """What is neither used nor taken away of each lot."""
    return {name: str(drawing.left(name)) for name in sorted(drawing.lots)}


def taken(drawing: Drawing) -> list[tuple[str, str, str, str]]:
    """What was taken away: (lot, event, quantity, cost)."""
    return [(t.lot, t.event.event, str(t.quantity), str(t.cost)) for t in drawing.taken]
