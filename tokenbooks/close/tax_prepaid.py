"""When the tax rules deduct what is paid for credits in advance, beside when the books do.

On the cash method the 12-month rule deducts a payment in full where the right it buys does not
outlast the *earlier* of 12 months after its first benefit and the end of the tax year after
the payment (Reg. 1.263(a)-4(f)(1); ACCOUNTING 5.1). What fails it, what never expires, and a
deposit that is paid back on demand are deducted as used. On the accrual method services are
deducted as they are provided, unless all of them are expected within 3.5 months of the payment
(Reg. 1.461-4(d)(6)(ii)): all of a payment or nothing (5.2). Books do not change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tokenbooks.amounts import currency_places
from tokenbooks.close.computed import Computed
from tokenbooks.close.tax_schedule import tax_year
from tokenbooks.credits.lots import Lot
from tokenbooks.entries.service import last_day_of
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, add_months

ZERO = Decimal(0)

CASH_12MONTH, ACCRUAL = "cash_12month", "accrual"
#: The methods of a customer, in the order in which they are shown.
METHODS = (CASH_12MONTH, ACCRUAL)

#: Why a right fails the rule, or that it passes.
PASSES, TWELVE_MONTHS, NEXT_YEAR_END = "passes", "twelve_months", "next_year_end"
INDEFINITE, DEPOSIT = "indefinite", "deposit"

_HALF_A_MONTH = timedelta(days=15)
#: Rules of lines by which the cost of a lot becomes expense.
_SPENT = ("consumption", "expiry", "adjustment")


@dataclass(frozen=True, slots=True)
class TwelveMonths:
    """What the 12-month rule says of a right: its limit, and why it holds or fails."""

    limit: date
    result: str

    @property
    def deducts_at_once(self) -> bool:
        """Whether all of it is deducted when it is paid."""
        return self.result == PASSES


def twelve_months(
    first_benefit: date, expires: date | None, next_year_end: date, *, deposit: bool = False
) -> TwelveMonths:
    """The 12-month rule: both limits bind; a right of exactly 12 months passes.

    ``next_year_end`` is the last day of the tax year after that of the payment.
    """
    in_twelve_months = add_months(first_benefit, 12)
    limit = min(in_twelve_months, next_year_end)
    if deposit:
        return TwelveMonths(limit, DEPOSIT)
    if expires is None:
        return TwelveMonths(limit, INDEFINITE)
    if expires <= limit:
        return TwelveMonths(limit, PASSES)
    return TwelveMonths(limit, NEXT_YEAR_END if next_year_end < in_twelve_months else TWELVE_MONTHS)


def served_soon(paid_on: date, last_service: date | None) -> bool:
    """Whether all services come within 3.5 months of their payment."""
    return last_service is not None and last_service <= add_months(paid_on, 3) + _HALF_A_MONTH


def year_end_after(day: date, year_end: int) -> date:
    """The last day of the tax year after the one in which a day lies."""
    year = tax_year(Period.month_of(day), year_end) + 1
    return Period.month(year, year_end).last_day


@dataclass(frozen=True, slots=True)
class PrepaidLot:
    """A lot that was paid for, and what the rules say of it.

    ``paid_on`` is the day of the payment, None while it is owed. ``spent`` is what the books
    made expense of, by tax year; ``given_back`` what left it otherwise.
    """

    lot: Lot
    paid: Decimal
    paid_on: date | None
    rule: TwelveMonths
    spent: Mapping[int, Decimal]
    given_back: Mapping[int, Decimal]

    @property
    def served_soon(self) -> bool:
        """Whether all of it may be deducted at once on the accrual method too."""
        return self.paid_on is not None and served_soon(self.paid_on, self.lot.last_day)


@dataclass(slots=True)
class DeductedYear:
    """One tax year of what a contract paid for credits: paid, expense, deductions by method."""

    contract: str
    year: int
    paid: Decimal = ZERO
    expense: Decimal = ZERO
    cash_12month: Decimal = ZERO
    accrual: Decimal = ZERO


def prepaid_lots(facts: Facts, computed: Computed, period: Period) -> list[PrepaidLot]:
    """All lots that contracts which buy have paid for, by contract and lot.

    Credits that moved from another lot, or came with it, follow the payment for that one.
    """
    year_end = facts.book.tax.year_end
    spent, back = _movements(facts, computed, year_end)
    paid_days = _paid_days(facts, period)
    found = []
    for lot in sorted(computed.lots.values(), key=lambda lot: (lot.contract, lot.id)):
        cost, of = lot.cost - lot.moved_cost, _paid_with(lot, computed.lots)
        if facts.book.contracts[lot.contract].sells or not (cost or lot.moved_cost):
            continue
        paid_on = _paid_on(facts, of, paid_days)
        next_year_end = year_end_after(paid_on or of.acquired, year_end)
        rule = twelve_months(of.starts.date(), of.last_day, next_year_end)
        found.append(
            PrepaidLot(lot, cost, paid_on, rule, spent.get(lot.id, {}), back.get(lot.id, {}))
        )
    return found


def _paid_with(lot: Lot, lots: Mapping[str, Lot]) -> Lot:
    """The lot whose payment paid for this one."""
    while lot.parent and lot.parent in lots and (lot.moved_cost or lot.event.event == "bonus"):
        lot = lots[lot.parent]
    return lot


def deducted_years(lots: Iterable[PrepaidLot], year_end: int) -> list[DeductedYear]:
    """The deductions of all lots, by contract and tax year."""
    found: dict[tuple[str, int], DeductedYear] = {}

    def year(own: PrepaidLot, number: int) -> DeductedYear:
        key = (own.lot.contract, number)
        return found.setdefault(key, DeductedYear(*key))

    for own in lots:
        at_once = own.rule.deducts_at_once
        if own.paid_on is not None:
            paid_in = year(own, tax_year(Period.month_of(own.paid_on), year_end))
            paid_in.paid += own.paid
            paid_in.cash_12month += own.paid if at_once else ZERO
        for number, amount in own.spent.items():
            item = year(own, number)
            item.expense += amount
            item.accrual += amount
            item.cash_12month += ZERO if at_once else amount
        for number, amount in own.given_back.items():
            item = year(own, number)
            item.paid -= amount
            item.cash_12month -= amount if at_once else ZERO
    return [found[key] for key in sorted(found)]


def _movements(
    facts: Facts, computed: Computed, year_end: int
) -> tuple[dict[str, dict[int, Decimal]], dict[str, dict[int, Decimal]]]:
    """By lot and tax year what the books made expense of, and what went back.

    What was used before the book's start counts as of the month before it.
    """
    spent: dict[str, dict[int, Decimal]] = {}
    back: dict[str, dict[int, Decimal]] = {}
    places = currency_places(facts.book.currency)
    before = tax_year(facts.book.start.previous(), year_end)
    for lot in computed.lots.values():
        if lot.used_before:
            spent[lot.id] = {before: lot.cost_of(lot.used_before, places)}
    for line, amount in computed.of_lots.items():
        if line.role != "prepaid_credits" or line.rule not in {*_SPENT, "refund"}:
            continue
        year = tax_year(Period.month_of(last_day_of(line.service)), year_end)
        own = (spent if line.rule in _SPENT else back).setdefault(line.lot, {})
        own[year] = own.get(year, ZERO) - amount
    return spent, back


def _paid_days(facts: Facts, period: Period) -> dict[tuple[str, str], date]:
    """The first receipt of each document."""
    days: dict[tuple[str, str], date] = {}
    for row in facts.invoices:
        if row.kind == "receipt" and row.day < period.end:
            key = (row.contract, row.invoice)
            days[key] = min(days.get(key, row.day), row.day)
    return days


def _paid_on(facts: Facts, lot: Lot, paid_days: Mapping[tuple[str, str], date]) -> date | None:
    """The day of a payment: of a card that of the charge (Rev. Rul. 78-38), else of the money.

    What a book takes over was paid when it began to be good.
    """
    if lot.event.event == "opening":
        return min(lot.acquired, lot.starts.date())
    pay = lot.event.pay or facts.book.contracts[lot.contract].pay
    if pay != "account":
        return lot.acquired
    return paid_days.get((lot.contract, lot.event.document))
