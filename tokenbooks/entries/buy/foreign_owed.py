"""What is owed for usage that is priced in a foreign currency, in the book's.

Expense and accrual stay at the rate of the service month. An invoice that is dated after
that month relieves the accrual at its own rate: the difference in the foreign amount is the
true-up, at the rate of the service month, and the difference of the two rates is exchange
gain or loss (ACCOUNTING 2.7 and 3.1; case C041). An invoice dated within the service month
bills what was never accrued, and is expensed at its own rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import share_out
from tokenbooks.documents import Invoice, OpeningBalance
from tokenbooks.entries.buy.opening import opening_rate
from tokenbooks.entries.buy.owed import Owed, billed_amount, document_id
from tokenbooks.entries.buy.pricing import Pricing, month_of
from tokenbooks.entries.service import last_day_of
from tokenbooks.periods import Period

#: What an invoice of a later rate costs beyond the rate of the month, by document and span.
RateDifferences = dict[tuple[str, str], Decimal]


@dataclass(slots=True)
class ForeignOwed:
    """What is owed by service span in the book's currency, and what the rates of invoices add."""

    spans: dict[str, Owed] = field(default_factory=dict)
    differences: RateDifferences = field(default_factory=dict)


def in_book_currency(
    priced: Mapping[str, Owed],
    bills: Sequence[Invoice],
    opening: Iterable[OpeningBalance],
    pricing: Pricing,
) -> ForeignOwed:
    """Translate what is owed in the plan's currency.

    ``bills`` and ``opening`` are in their own currencies. Amounts of a month are rounded
    cumulatively over its spans.
    """
    balances = _balances(opening, pricing)
    result = ForeignOwed()
    for service, owed in priced.items():
        rate = _service_rate(owed, pricing)
        result.spans[service] = Owed(
            owed.contract,
            owed.party,
            service,
            owed.weights,
            owed.open_value * rate,
            owed.billed_value * rate,
            opening=balances.get(service, Decimal(0)),
            known=owed.known,
            rate=rate,
        )
    for bill in bills:
        _translate_bill(bill, priced, result, pricing)
    accrued = {name: owed.accrued - owed.opening_left for name, owed in priced.items()}
    amounts = at_month_rates(accrued, pricing)
    for service, span in result.spans.items():
        span.opening_left = span.opening if priced[service].opening_left else Decimal(0)
        span.accrued = span.opening_left + amounts.get(service, Decimal(0))
    return result


def _balances(opening: Iterable[OpeningBalance], pricing: Pricing) -> dict[str, Decimal]:
    """Opening accruals by service span, as they are posted; what is owed is positive."""
    balances: dict[str, Decimal] = {}
    for row in opening:
        rate = opening_rate(row, pricing.start, pricing.exchange)
        amount = pricing.exchange.in_book(row.amount, rate)
        balances[row.service_period] = balances.get(row.service_period, Decimal(0)) - amount
    return balances


def _service_rate(owed: Owed, pricing: Pricing) -> Fraction:
    """The rate of a span's month; it need not be known where nothing was ever accrued."""
    month = month_of(owed.service)
    if owed.accrued or owed.opening or not owed.invoiced:
        return pricing.month_rate(month)
    return pricing.exchange.known(pricing.currency, month.last_day) or Fraction(1)


def at_month_rates(amounts: Mapping[str, Decimal], pricing: Pricing) -> dict[str, Decimal]:
    """Foreign amounts by service span, each at the rate of its month."""
    wanted = {service: amount for service, amount in amounts.items() if amount}
    rates = {service: pricing.month_rate(month_of(service)) for service in wanted}
    return translated(wanted, rates, pricing)


def translated(
    amounts: Mapping[str, Decimal], rates: Mapping[str, Fraction], pricing: Pricing
) -> dict[str, Decimal]:
    """Foreign amounts by service span at rates, rounded cumulatively over each month."""
    so_far: dict[Period, Decimal] = {}
    result: dict[str, Decimal] = {}
    for service in sorted(amounts, key=last_day_of):
        month, rate = month_of(service), rates[service]
        before = so_far.get(month, Decimal(0))
        so_far[month] = before + amounts[service]
        in_book = pricing.exchange.in_book
        result[service] = in_book(so_far[month], rate) - in_book(before, rate)
    return result


def _translate_bill(
    bill: Invoice, priced: Mapping[str, Owed], result: ForeignOwed, pricing: Pricing
) -> None:
    """Share a document's amount over its spans: what goes to expense, and to exchange."""
    document = document_id(bill)
    parts = {
        name: owed.invoiced[document] for name, owed in priced.items() if document in owed.invoiced
    }
    exchange = pricing.exchange
    whole = exchange.in_book(billed_amount(bill), exchange.rate_of(bill))
    weights = {name: Fraction(part) for name, part in parts.items()}
    own = share_out(whole, weights, exchange.places) if weights else {}
    later = {name: part for name, part in parts.items() if is_after(bill, name)}
    expensed = own | {name: Decimal(0) for name in later} | at_month_rates(later, pricing)
    for service, amount in expensed.items():
        result.spans[service].invoiced[document] = amount
        if own[service] != amount:
            result.differences[document, service] = own[service] - amount


def is_after(bill: Invoice, service: str) -> bool:
    """Whether a document is dated after the month of a service span, so that it was accrued."""
    return bill.day > month_of(service).last_day
