"""What is owed for usage: accrued until it is invoiced, per service span.

Rule: a liability arises when the service is received, invoiced or not (ACCOUNTING 3.1;
IAS 37.11(b)). Accrued is the usage of days that no invoice dated so far covers, plus
opening accruals that are not yet invoiced. Payables move by the invoices, and expense is
what balances, so that expense to date = invoiced + accrued - opening accrual.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.amounts import round_half_up, share_out
from tokenbooks.book import Contract
from tokenbooks.documents import Invoice, OpeningBalance
from tokenbooks.entries.buy.purchase import TAX_ROLES, paid_from
from tokenbooks.entries.destinations import Destinations, added
from tokenbooks.entries.exchange import Exchange
from tokenbooks.entries.posted import Destination, Line, Posted, add
from tokenbooks.entries.service import ServiceSpan, last_day_of
from tokenbooks.periods import Period
from tokenbooks.rating.charges import Part


class Usage(NamedTuple):
    """Usage of a day that is not paid from credits; ``beyond`` them, where these had paid it."""

    day: date
    parts: Mapping[Part, Fraction]
    beyond: bool = False

    @property
    def value(self) -> Fraction:
        """The list value."""
        return sum(self.parts.values(), Fraction(0))


class Known(NamedTuple):
    """What an earlier close knew of a service span: rated value of invoiced days, documents."""

    rated: Decimal
    documents: int


@dataclass(slots=True)
class Owed:
    """One service span of a contract and party.

    ``opening_left`` is what of the opening accrual no invoice has billed, ``approved_left`` that
    of accruals by judgement; ``accrued`` has both. ``rate`` is that of
    the service month, where usage is priced in a foreign currency; ``accrued`` is at it, and
    what the accrual is carried at beyond that are lines of exchange (``accrual_exchange``).
    """

    contract: str
    party: str
    service: str
    weights: dict[Destination, Fraction] = field(default_factory=dict)
    open_value: Fraction = Fraction(0)
    billed_value: Fraction = Fraction(0)
    invoiced: dict[str, Decimal] = field(default_factory=dict)
    opening: Decimal = Decimal(0)
    opening_left: Decimal = Decimal(0)
    approved: Decimal = Decimal(0)
    approved_left: Decimal = Decimal(0)
    accrued: Decimal = Decimal(0)
    known: Known | None = None
    rate: Fraction = Fraction(1)

    @property
    def expense(self) -> Decimal:
        """The expense to date beyond what other rules have posted."""
        return sum(self.invoiced.values(), Decimal(0)) + self.accrued - self.held

    @property
    def held(self) -> Decimal:
        """What opening balances and approved accruals have put on the accrual's account."""
        return self.opening + self.approved


def is_bill(invoice: Invoice) -> bool:
    """Whether a row bills usage, rather than paying for it or billing days to come."""
    return invoice.kind in {"invoice", "credit_note"} and not invoice.advance


def document_id(invoice: Invoice) -> str:
    """The unit that a row of the invoices file is posted as.

    Brackets, which no number of a document has, keep an invoice that is numbered as
    ``credit_note-1`` apart from the credit note 1.
    """
    if invoice.kind != "invoice":
        return f"{invoice.kind}-{invoice.invoice}"
    is_odd = invoice.invoice.startswith("credit_note-")
    return f"[{invoice.invoice}]" if is_odd else invoice.invoice


def billed_amount(invoice: Invoice) -> Decimal:
    """The net amount, negative for a credit note."""
    return -abs(invoice.amount) if invoice.kind == "credit_note" else invoice.amount


def billed_tax(invoice: Invoice) -> Decimal:
    """The tax on top, negative for a credit note."""
    return -abs(invoice.tax) if invoice.kind == "credit_note" else invoice.tax


def invoiced_days(invoices: Iterable[Invoice]) -> dict[date, date]:
    """Each day that an invoice bills, with the date of the first that does."""
    days: dict[date, date] = {}
    for invoice in invoices:
        if invoice.kind == "invoice":
            for day in service_days(invoice):
                days[day] = min(days.get(day, invoice.day), invoice.day)
    return days


def owed_to_date(
    contract: str,
    party: str,
    usage: Sequence[Usage],
    bills: Sequence[Invoice],
    opening: Sequence[OpeningBalance],
    known: Mapping[str, Known],
    destinations: Destinations,
    service_span: ServiceSpan,
    places: int,
) -> dict[str, Owed]:
    """What is owed by service span, from all facts up to the end of a period.

    All amounts are in the currency that prices the usage, of ``places`` decimals. ``known``
    is what the previous close knew, by service span. ``bills`` include tax that is part of
    the cost.
    """
    spans: dict[str, Owed] = {}

    def span(service: str) -> Owed:
        return spans.setdefault(service, Owed(contract, party, service))

    billed = invoiced_days(bills)
    values: dict[date, Fraction] = {}
    for item in usage:
        owed = span(service_span(item.day))
        added(owed.weights, destinations.of(item.parts, owed.service, beyond=item.beyond))
        values[item.day] = values.get(item.day, Fraction(0)) + item.value
        if item.day in billed:
            owed.billed_value += item.value
        else:
            owed.open_value += item.value
    for balance in opening:
        span(balance.service_period).opening -= round_half_up(balance.amount, places)
    accruals = {owed.service: owed.opening for owed in spans.values() if owed.opening}
    for bill in bills:
        for service, amount in _spread(bill, values, accruals, service_span, places).items():
            span(service).invoiced[document_id(bill)] = amount
    billed_spans = {service_span(day) for day in billed}
    for owed in spans.values():
        owed.opening_left = Decimal(0) if owed.service in billed_spans else owed.opening
        owed.accrued = owed.opening_left + _late(owed, known, places)
    _accrue_open(spans.values(), places)
    return spans


def service_lines(spans: Iterable[Owed], default: Destination, places: int) -> Posted:
    """The lines of expense and accrued liability to date."""
    posted: Posted = {}
    for owed in spans:
        unit = ("service", owed.contract, owed.party, owed.service, owed.service)
        weights = owed.weights if any(owed.weights.values()) else {default: Fraction(1)}
        for destination, amount in share_out(owed.expense, weights, places).items():
            add(posted, Line(*unit, *destination), amount)
        add(posted, Line(*unit, "accrued_expenses"), owed.held - owed.accrued)
    return posted


def payable_lines(invoices: Iterable[Invoice], contract: Contract, exchange: Exchange) -> Posted:
    """The lines of payables and of tax, by document, at the rate of its day."""
    posted: Posted = {}
    for invoice in filter(is_bill, invoices):
        month = str(Period.month_of(invoice.day))
        unit = ("payable", invoice.contract, invoice.party, document_id(invoice), month)
        rate = exchange.rate_of(invoice)
        amount = exchange.in_book(billed_amount(invoice), rate)
        tax = exchange.in_book(billed_tax(invoice), rate)
        owed_to = paid_from(contract, invoice.pay or "account")
        # kept where it is nothing: a document of 0 is booked too, and relieves an accrual
        posted[Line(*unit, owed_to)] = -amount
        if tax and contract.tax_kind != "cost":
            add(posted, Line(*unit, TAX_ROLES[contract.tax_kind]), tax)
            other = "output_vat_payable" if contract.tax_kind == "reverse_charge" else owed_to
            add(posted, Line(*unit, other), -tax)
    return posted


def _accrue_open(spans: Iterable[Owed], places: int) -> None:
    """Accrue usage that is not invoiced: rounded cumulatively over the spans of each month.

    The unit of rounding is the month, so that posting by week or day ends at the same cent.
    """
    so_far: dict[Period, Fraction] = {}
    for owed in sorted(spans, key=lambda owed: last_day_of(owed.service)):
        month = Period.month_of(last_day_of(owed.service))
        before = so_far.get(month, Fraction(0))
        so_far[month] = before + owed.open_value
        owed.accrued += round_half_up(so_far[month], places) - round_half_up(before, places)


def _late(owed: Owed, known: Mapping[str, Known], places: int) -> Decimal:
    """Usage that came after the close that booked its invoice, until the next document.

    At most what is rated beyond the invoice: the rest is a variance, not a liability.
    """
    rated = round_half_up(owed.billed_value, places)
    documents = len(owed.invoiced)
    before = known.get(owed.service)
    if not documents or before is None or before.documents != documents:
        owed.known = Known(rated, documents)
        return Decimal(0)
    owed.known = before
    invoiced = sum(owed.invoiced.values(), Decimal(0))
    return max(Decimal(0), min(rated - before.rated, rated - invoiced))


def _spread(
    bill: Invoice,
    values: Mapping[date, Fraction],
    accruals: Mapping[str, Decimal],
    service_span: ServiceSpan,
    places: int,
) -> dict[str, Decimal]:
    """An invoice over service spans by the rated value of its days, else by days.

    Days before the book's start have their part of the opening accrual as value.
    """
    days = service_days(bill)
    by_value: dict[str, Fraction] = {}
    by_days: dict[str, Fraction] = {}
    for day in days:
        service = service_span(day)
        value = values.get(day, Fraction(0))
        if accrual := accruals.get(service):
            value += Fraction(accrual) / len(Period.month_of(day).days())
        by_value[service] = by_value.get(service, Fraction(0)) + value
        by_days[service] = by_days.get(service, Fraction(0)) + 1
    weights = by_value if any(by_value.values()) else by_days
    amount = round_half_up(billed_amount(bill), places)
    shares = share_out(amount, weights, places)
    return {service: shares[service] for service in sorted(shares, key=last_day_of)}


def service_days(invoice: Invoice) -> list[date]:
    """The days that a document bills, both ends included."""
    if invoice.first_day is None or invoice.last_day is None:
        return []
    whole = Period(invoice.first_day, invoice.last_day)
    return [*whole.days(), invoice.last_day]
