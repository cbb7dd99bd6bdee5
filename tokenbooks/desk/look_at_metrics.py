"""Looking at metrics: what written closes come to, of what is sold and of what is bought."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

from tokenbooks.archive.charge_sums import ChargeSum, charge_columns, charge_sums
from tokenbooks.archive.month import ClosedMonth
from tokenbooks.close.metrics import BoughtMonth, SoldMonth
from tokenbooks.desk.look_at_deferred import read_deferred
from tokenbooks.desk.look_at_profit import profits_of, unreadable, unreadable_month
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.problems import Problem
from tokenbooks.sources.exports.connection import connect

_TOKENS = "_tokens"
#: The columns that charges always have, but for their amounts.
_ALWAYS = ("contract", "party", "service_period", "meter", "class", "cost_center")
_AMOUNTS = {"quantity", "list_value", "cost"}


def spend_columns(months: Iterable[ClosedMonth]) -> list[str]:
    """The columns of the charges of written months that spend can be told by."""
    found = dict.fromkeys(_ALWAYS)
    for month in months:
        # what cannot be read is told where it is summed
        with suppress(OSError, ValueError):
            found |= dict.fromkeys(charge_columns(month.folder))
    return [name for name in found if name not in _AMOUNTS]


def sold_month(book: OpenBook, month: ClosedMonth) -> tuple[SoldMonth | None, list[Problem]]:
    """What was sold in a written month."""
    found, problems = profits_of(book, month, ["customer"])
    if found is None:
        return None, problems
    try:
        own = _charges(book, month, sells=True)
        packs = [row for row in read_deferred(month).values() if row.kind == "credits"]
    except unreadable() as reason:
        return None, [unreadable_month(book, month, reason)]
    active = [profit for profit in found.groups.values() if profit.revenue or profit.cost]
    return (
        SoldMonth(
            *(found.total.revenue, _tokens(own), len(active)),
            *(found.total.cost - found.not_traced, found.not_traced),
            sold=_total(row.sold - row.taken for row in packs),
            used=_total(row.earned for row in packs),
            unused=_total(row.breakage + row.escheated for row in packs),
        ),
        problems,
    )


def bought_month(
    book: OpenBook, month: ClosedMonth, outcome: str
) -> tuple[BoughtMonth | None, list[Problem]]:
    """What was bought in a written month; ``outcome`` is a meter of anything in the book."""
    try:
        own = _charges(book, month, sells=False)
        counted = [*own, *_charges(book, month, sells=True)] if outcome else []
        used, expired = _lots_to_date(book, month)
    except unreadable() as reason:
        return None, [unreadable_month(book, month, reason)]
    outcomes = _total(row.quantity for row in counted if row.meter == outcome)
    spend = _total(row.cost for row in own)
    return BoughtMonth(spend, _tokens(own), outcomes, used, expired), []


def spend_by(
    book: OpenBook, month: ClosedMonth, by: str
) -> tuple[Mapping[str, Fraction] | None, list[Problem]]:
    """What was spent on contracts that buy, by one column of the charges."""
    found: dict[str, Fraction] = {}
    try:
        for row in _charges(book, month, by, sells=False):
            found[row.names[0]] = found.get(row.names[0], Fraction(0)) + Fraction(row.cost)
    except unreadable() as reason:
        return None, [unreadable_month(book, month, reason)]
    return found, []


def _charges(book: OpenBook, month: ClosedMonth, *by: str, sells: bool) -> list[ChargeSum]:
    """The charges of a written month, of one side of the book."""
    contracts = book.facts.book.contracts
    return [
        row
        for row in charge_sums(connect(), month.folder, by)
        if row.contract in contracts and contracts[row.contract].sells == sells
    ]


def _lots_to_date(book: OpenBook, month: ClosedMonth) -> tuple[Fraction, Fraction]:
    """Cost of bought credits that was used, and that expired, to the end of a month."""
    contracts = book.facts.book.contracts
    used, expired = Fraction(0), Fraction(0)
    for own in book.months:
        if own.period > month.period:
            continue
        for name in ("lots.csv", "party_lots.csv"):
            path = own.folder / name
            if name not in own.manifest.outputs:
                continue
            with path.open(encoding="utf-8", newline="") as stream:
                for row in csv.DictReader(stream):
                    if row["contract"] in contracts and not contracts[row["contract"]].sells:
                        used += Fraction(Decimal(row["cost_used"]))
                        expired += Fraction(Decimal(row["cost_expired"]))
    return used, expired


def _tokens(rows: Iterable[ChargeSum]) -> Fraction:
    return _total(row.quantity for row in rows if row.meter.endswith(_TOKENS))


def _total(amounts: Iterable[Decimal]) -> Fraction:
    return Fraction(sum(amounts, Decimal(0)))
