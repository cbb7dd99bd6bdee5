"""What usage that is owed is booked at, against its list value: part of leg 2.

Usage of days that no invoice bills is accrued at its list value, rounded once a month; what
an invoice bills costs what the invoice says (ACCOUNTING 3.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, exact_text, round_half_up
from tokenbooks.close.computed import Computed
from tokenbooks.documents import Invoice
from tokenbooks.entries.buy.foreign_owed import is_after
from tokenbooks.entries.buy.owed import Owed, billed_amount, billed_tax, document_id, is_bill
from tokenbooks.entries.buy.pricing import month_of
from tokenbooks.entries.exchange import Exchange
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.reconcile.causes import CURRENCY, INVOICE, ROUNDING, TAX, Cause

_NOTHING = Fraction(0)


def document_causes(
    facts: Facts, computed: Computed, contract: str, period: Period
) -> Iterator[Cause]:
    """Why what is owed for the usage of a month is booked at another amount."""
    accounts: dict[str, list[Owed]] = {}
    for (own, party, service), owed in computed.owed.items():
        if own == contract and month_of(service) == period:
            accounts.setdefault(party, []).append(owed)
    for party, spans in sorted(accounts.items()):
        bills = [
            row
            for row in facts.invoices
            if (row.contract, row.party) == (contract, party) and is_bill(row)
        ]
        yield from _Account(facts, contract, spans, bills).causes()


class _Account:
    """What a party of a contract owes for the usage of one month."""

    def __init__(
        self, facts: Facts, contract: str, spans: Sequence[Owed], bills: Sequence[Invoice]
    ) -> None:
        self._contract = facts.book.contracts[contract]
        self._currency = facts.plan_of(self._contract).currency
        self._exchange = Exchange(facts)
        self._spans = spans
        self._bills = bills
        self._is_foreign = self._currency != facts.book.currency

    def causes(self) -> Iterator[Cause]:
        """Documents, tax and exchange in them, and rounding: together all of the difference."""
        open_value = sum((span.open_value for span in self._spans), _NOTHING)
        accrued = sum((span.accrued - _held_left(span) for span in self._spans), Decimal(0))
        rounded = self._rounded(open_value)
        yield Cause(ROUNDING, open_value - Fraction(rounded), "what is accrued is rounded")
        net: dict[str, Fraction] = {}
        for bill in self._bills:
            document = document_id(bill)
            invoiced = Fraction(self._invoiced(document))
            tax = invoiced * _tax_share(bill) if self._contract.tax_kind == "cost" else _NOTHING
            moved = (invoiced - tax) * self._share_of_rate(bill)
            words = "tax that cannot be recovered is part of the cost"
            yield Cause(TAX, -tax, words, evidence=(document,))
            words = "it is booked at the rate of its day, usage at that of the month's end"
            yield Cause(CURRENCY, -moved, words, evidence=(document,))
            if bill.kind == "credit_note":
                words = "the credit note takes it off"
                yield Cause(INVOICE, moved + tax - invoiced, words, evidence=(document,))
            elif invoiced:
                net[document] = net.get(document, _NOTHING) + invoiced - tax - moved
        yield from self._of_invoices(net, accrued - rounded)

    def _of_invoices(self, net: dict[str, Fraction], late: Decimal) -> Iterator[Cause]:
        """Usage that is invoiced against its invoices; what came late of it, and openings."""
        value = sum((span.billed_value for span in self._spans), _NOTHING)
        cost = sum(net.values(), _NOTHING)
        words = f"usage of {exact_text(value, 6)} is invoiced at {exact_text(cost, 6)}"
        if late:
            words += f", {late} that came after the invoice is accrued"
        yield Cause(INVOICE, value - cost - Fraction(late), words, evidence=tuple(net))
        relieved = sum((span.held - _held_left(span) for span in self._spans), Decimal(0))
        words = "the invoice relieves what was accrued before the book, or by approval"
        yield Cause(INVOICE, Fraction(relieved), words, evidence=tuple(net))

    def _invoiced(self, document: str) -> Decimal:
        amounts = (span.invoiced.get(document, Decimal(0)) for span in self._spans)
        return sum(amounts, Decimal(0))

    def _rounded(self, open_value: Fraction) -> Decimal:
        """What is accrued for usage of days that nothing bills, in the book's currency."""
        rate = self._rate
        priced = round_half_up(open_value / rate, currency_places(self._currency))
        return self._exchange.in_book(priced, rate)

    @property
    def _rate(self) -> Fraction:
        """The rate of the service month."""
        return self._spans[0].rate

    def _share_of_rate(self, bill: Invoice) -> Fraction:
        """Which share of a document's amount its rate adds over that of the month.

        One that is dated after the month is expensed at the rate of the month.
        """
        if not self._is_foreign or is_after(bill, self._spans[0].service):
            return _NOTHING
        if (bill.currency or self._exchange.currency) == self._currency:
            own = self._exchange.rate_of(bill)
        else:
            own = self._exchange.known(self._currency, bill.day) or self._rate
        return 1 - self._rate / own


def _held_left(span: Owed) -> Decimal:
    """What of opening and approved accruals no document has answered."""
    return span.opening_left + span.approved_left


def _tax_share(bill: Invoice) -> Fraction:
    """Which share of what a document costs is tax."""
    amount, tax = Fraction(billed_amount(bill)), Fraction(billed_tax(bill))
    return tax / (amount + tax) if tax and amount + tax else _NOTHING
