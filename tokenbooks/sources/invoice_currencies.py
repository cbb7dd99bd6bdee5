"""What must hold of the currencies of ``invoices.csv``: a rate, and one currency a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tokenbooks.documents import Invoice
from tokenbooks.entries.exchange import Exchange, settled_currency
from tokenbooks.facts import Facts
from tokenbooks.problems import Problem, error


def check_currencies(invoices: Sequence[Invoice], facts: Facts) -> Iterator[Problem]:
    """Problems ``exchange-rate-missing`` and ``receipt-currency``.

    ``facts`` has the purchases, openings and exchange rates beside the invoices.
    """
    exchange = Exchange(facts)
    for row in invoices:
        exchange.rate_of(row)
    yield from exchange.problems
    owed = _currencies(invoices, facts)
    for row in invoices:
        currency = owed.get((row.contract, row.invoice))
        paid = row.currency or facts.book.currency
        if row.kind == "receipt" and currency and currency != paid:
            message = f"the receipt is in {paid}, but {row.invoice} is owed in {currency}"
            help = f"write what was settled in {currency}"
            if currency != facts.book.currency:
                help += f", with currency {currency} and fx_rate: what one {currency} cost that day"
            yield error("receipt-currency", message, help, row.position)


def _currencies(invoices: Sequence[Invoice], facts: Facts) -> dict[tuple[str, str], str]:
    """The currency in which each document is owed; one on a card is owed in the book's."""
    own = facts.book.currency
    owed = {
        (row.contract, row.document): row.currency or own for row in facts.opening if row.document
    }
    for event in facts.credits:
        if event.document and event.event == "purchase" and event.contract in facts.book.contracts:
            owed[event.contract, event.document] = settled_currency(facts, event)
    for row in invoices:
        if row.kind == "invoice":
            on_account = row.pay in {None, "account"}
            owed[row.contract, row.invoice] = (row.currency if on_account else None) or own
    return owed
