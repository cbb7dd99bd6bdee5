"""When the tax rules count what customers pay in advance, beside when the books do.

Income tax is no second ledger: books stay on the accrual basis, and a schedule shows what the
tax return takes instead (ACCOUNTING 5.4). Of a taxpayer on the accrual method who defers, an
advance payment is income of the year of receipt as far as the books have it as revenue by the
end of that year, and *all the rest* in the next year, whatever is still unused (IRC 451(c)(1)(B),
Reg. 1.451-8; T011). Full inclusion takes all on receipt, and so does the cash method, which
has no deferral (T012, T013).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.amounts import currency_places, round_half_up
from tokenbooks.close.deferred_revenue import OTHER, ZERO, Deferred
from tokenbooks.facts import Facts
from tokenbooks.periods import Period

DEFERRAL, FULL, CASH = "451c_deferral", "full_inclusion", "cash"
#: The methods of a seller, in the order in which they are shown.
METHODS = (DEFERRAL, FULL, CASH)


class MonthEnd(NamedTuple):
    """What was deferred under each name by the end of a month, to date."""

    period: Period
    rows: Sequence[Deferred]


class Standing(NamedTuple):
    """Advance payments to date: money received less what went back, and revenue in the books."""

    paid: Decimal = ZERO
    earned: Decimal = ZERO


_NOTHING = Standing()


@dataclass(slots=True)
class Received:
    """What a contract was paid in advance in one tax year, and what became of it.

    ``ends`` is how it stands at the end of each tax year, ``before`` how it stood when the
    book began.
    """

    contract: str
    year: int
    ends: dict[int, Standing] = field(default_factory=dict)
    before: Standing = _NOTHING


@dataclass(frozen=True, slots=True)
class TaxedYear:
    """One tax year of the advance payments that a contract received in one tax year.

    ``received`` is net of what went back in the year; ``earned`` the revenue in the books, None
    for a year to come. ``included`` is the income of the year by method.
    """

    contract: str
    received_in: int
    year: int
    received: Decimal
    earned: Decimal | None
    included: Mapping[str, Decimal]


def tax_year(month: Period, year_end: int) -> int:
    """The tax year of a month, named by the calendar year in which it ends."""
    return month.start.year + (month.start.month > year_end)


def included(method: str, received_in: int, year: int, standing: Standing) -> Decimal:
    """What of an advance payment is income by the end of a tax year, under a method.

    100,000 received in 2024 of which 30,000 is earned in it, deferred: 30,000 by the end of
    2024, 100,000 by the end of 2025.
    """
    if year < received_in:
        return ZERO
    is_deferred = method == DEFERRAL and year == received_in
    return standing.earned if is_deferred else standing.paid


def received_in_advance(facts: Facts, months: Iterable[MonthEnd]) -> list[Received]:
    """The advance payments of all contracts that sell, by the tax year of their receipt.

    What estimates defer is left out: nobody paid it in advance.
    """
    year_end = facts.book.tax.year_end
    found: dict[tuple[str, int], Received] = {}
    for month in months:
        sums: dict[tuple[str, int], Standing] = {}
        for row in month.rows:
            if row.kind == OTHER or not row.sold_in:
                continue
            key = (row.contract, tax_year(Period.parse(row.sold_in), year_end))
            so_far = sums.get(key, _NOTHING)
            paid = row.sold - row.taken + row.other
            earned = row.earned + row.breakage
            sums[key] = Standing(so_far.paid + paid, so_far.earned + earned)
        for key, standing in sums.items():
            own = found.setdefault(key, Received(*key))
            own.ends[tax_year(month.period, year_end)] = standing
    for key, standing in _before_the_start(facts).items():
        if key in found:
            found[key].before = standing
    return [found[key] for key in sorted(found)]


def _before_the_start(facts: Facts) -> dict[tuple[str, int], Standing]:
    """What was sold, and used, before the tax year in which the book begins."""
    year_end, start = facts.book.tax.year_end, facts.book.start
    places = currency_places(facts.book.currency)
    sums: dict[tuple[str, int], Standing] = {}
    for event in facts.credits:
        contract = facts.book.contracts.get(event.contract)
        if contract is None or not contract.sells or event.event != "opening" or not event.credits:
            continue
        day = event.starts or start.previous().last_day
        year = tax_year(Period.month(day.year, day.month), year_end)
        if year < tax_year(start, year_end):
            paid = Fraction(event.paid or 0) * Fraction(event.fx_rate or 1)
            used = paid * Fraction(event.used or 0) / Fraction(event.credits)
            so_far = sums.get((contract.id, year), _NOTHING)
            sums[contract.id, year] = Standing(
                so_far.paid + round_half_up(paid, places),
                so_far.earned + round_half_up(used, places),
            )
    return sums


def taxed_years(found: Iterable[Received]) -> list[TaxedYear]:
    """The tax years of all advance payments, and the next one as far as it is known already.

    Whatever is not included in the year of receipt is income of the year after it.
    """
    result: list[TaxedYear] = []
    for own in found:
        then, before = min(own.ends) - 1, own.before
        last = max(own.ends)
        for year in (*sorted(own.ends), last + 1):
            now = own.ends.get(year, before)
            item = TaxedYear(
                *(own.contract, own.year, year, now.paid - before.paid),
                now.earned - before.earned if year <= last else None,
                {
                    method: included(method, own.year, year, now)
                    - included(method, own.year, then, before)
                    for method in METHODS
                },
            )
            if item.received or item.earned or any(item.included.values()):
                result.append(item)
            then, before = year, now
    return result
