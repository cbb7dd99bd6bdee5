"""Looking at profit: the charges of a written close, of both sides of a book."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction

from tokenbooks.archive.charge_sums import ChargeSum, charge_sums, free_usage
from tokenbooks.archive.month import ClosedMonth
from tokenbooks.close.profitability import Charged, Profits, profits, unpaid_quantity
from tokenbooks.close.revenue import PostedMonth, revenue_of
from tokenbooks.desk.locked import write_again
from tokenbooks.desk.look_at_deferred import read_deferred
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.formats import parse_price

#: The columns of charges that profit can be told by.
GROUPS = ("customer", "feature", "model", "contract", "cost_center")


def shown_months(
    book: OpenBook, period: Period | None, count: int = 1
) -> tuple[list[ClosedMonth], list[Problem]]:
    """The last written closes up to a month; an error where that month is not written."""
    months = [month for month in book.months if period is None or month.period <= period]
    if not months or (period is not None and months[-1].period != period):
        wanted = period or book.facts.book.start
        message = f"{wanted} is not written: its charges are not known"
        help = f"run: tokenbooks close -p {wanted} --write"
        place = book.facts.book.position
        return [], [error("period-unwritten", message, help, place)]
    return months[-count:], []


def profits_of(
    book: OpenBook, month: ClosedMonth, by: Sequence[str]
) -> tuple[Profits | None, list[Problem]]:
    """The profit of a written month by columns of its charges."""
    columns = ["party" if name == "customer" else name for name in by]
    try:
        sums = charge_sums(
            connect(), month.folder, [*columns, "price", "modifiers", "party", "customer"]
        )
        free = _free_shares(month, sums)
        factors = _breakage_factors(book, month, sums)
    except unreadable() as reason:
        return None, [unreadable_month(book, month, reason)]
    model_of, contracts = canonical_models(book.facts), book.facts.book.contracts
    rows, explained = [], Fraction(0)
    for row in sums:
        own = contracts.get(row.contract)
        if own is None:
            continue
        named = row._replace(model=model_of(row.model))
        value, unpaid = Fraction(row.cost), Fraction(0)
        if own.sells:
            value *= factors.get(row.contract, 1)
            explained += value
            share = free.get((row.contract, row.names[-2]), Fraction(0))
            each = _included_price(book.facts, row)
            unpaid = unpaid_quantity(row.quantity, row.list_value, each, share)
        names = _names(named, by, own.sells, own.party)
        rows.append(Charged(own.sells, names, named.model, row.meter, row.quantity, value, unpaid))
    return profits(rows, _recognised(book, month) - explained), []


def _included_price(facts: Facts, row: ChargeSum) -> Fraction | None:
    """The price of one of a meter that a fee of the plan includes; None where none is plain."""
    plan = facts.plans.get(facts.book.contracts[row.contract].plan)
    price, modifiers = row.names[-4:-2]
    if plan is None or modifiers or plan.currency != facts.book.currency:
        return None
    if not any(row.meter in fee.allowance.includes for fee in plan.terms.fees):
        return None
    try:
        written = parse_price(price)
    except ValueError:
        return None
    return Fraction(written.amount) / Fraction(written.per)


def _recognised(book: OpenBook, month: ClosedMonth) -> Fraction:
    """The revenue that a written month recognised on contracts that sell."""
    earlier = [own for own in book.months if own.period < month.period]
    before = earlier[-1].before.posted if earlier else {}
    own = book.facts.book
    found = revenue_of(own, PostedMonth(month.period, before, month.before.posted))
    earned = (amount for key, amount in found.items() if own.contracts[key.contract].sells)
    return Fraction(sum(earned, Decimal(0)))


def _names(row: ChargeSum, by: Sequence[str], sells: bool, party: str) -> tuple[str, ...]:
    """The group of a row: a seller's customer is its party, else what its usage says.

    What is bought is told apart only where its own usage says a customer or a feature.
    """
    told = dict(zip(by, row.names, strict=False)) | {"model": row.model}
    customer = row.names[-1]
    if not sells:
        is_told = customer if "customer" in by else told.get("feature", "")
        if not is_told:
            return tuple("" for _ in by)
        return tuple(customer if name == "customer" else told[name] for name in by)
    named = {"customer": told.get("customer") or party, "contract": row.contract}
    return tuple(named.get(name, told[name]) for name in by)


def _breakage_factors(
    book: OpenBook, month: ClosedMonth, sums: Sequence[ChargeSum]
) -> dict[str, Fraction]:
    """By what factor breakage of a month raises the revenue of each contract's usage.

    It is nobody's in particular: it is shared by what customers use.
    """
    earlier = [own for own in book.months if own.period < month.period]
    before = read_deferred(earlier[-1]) if earlier else {}
    gained: dict[str, Decimal] = {}
    for key, row in read_deferred(month).items():
        then = before.get(key)
        own = row.breakage - (then.breakage if then else Decimal(0))
        gained[row.contract] = gained.get(row.contract, Decimal(0)) + own
    used: dict[str, Decimal] = {}
    for item in sums:
        used[item.contract] = used.get(item.contract, Decimal(0)) + item.cost
    return {
        name: 1 + Fraction(own) / Fraction(used[name])
        for name, own in gained.items()
        if used.get(name)
    }


def _free_shares(month: ClosedMonth, sums: Sequence[ChargeSum]) -> dict[tuple[str, str], Fraction]:
    """What share of each party's usage of a month free credits paid, by list value."""
    used = free_usage(connect(), month.folder)
    whole: dict[tuple[str, str], Fraction] = {}
    for row in sums:
        key = (row.contract, row.names[-2])
        if key in used:
            whole[key] = whole.get(key, Fraction(0)) + Fraction(row.list_value)
    return {
        key: min(Fraction(used[key]) / total, Fraction(1)) for key, total in whole.items() if total
    }


def canonical_models(facts: Facts) -> Callable[[str], str]:
    """The one name of a model that the plans of the book know under several."""
    known: dict[str, str] = {}
    for plan in facts.plans.values():
        for alias in plan.aliases:
            known[alias.name] = alias.model
    return lambda model: known.get(model, model)


def unreadable() -> tuple[type[Exception], ...]:
    """What is raised where the tables of a written close are not as they were written."""
    import duckdb

    return (OSError, ValueError, ArithmeticError, KeyError, duckdb.Error)


def unreadable_month(book: OpenBook, month: ClosedMonth, reason: Exception) -> Problem:
    """That the tables of a written close are not as they were written."""
    return error(
        "output-changed",
        f"the files of {month.period} cannot be read as they were written: {reason}",
        write_again(book, month),
        Position(book.place(f"close/{month.period}")),
    )
