"""Explaining exchange differences: the document or the usage that is owed, and the rates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from tokenbooks.close.explanation import EntryExplanation
from tokenbooks.credits.acquisitions import lot_id
from tokenbooks.desk.close import Prepared
from tokenbooks.desk.find_entry import related_entries
from tokenbooks.documents import CreditEvent, ExchangeRate, Invoice, OpeningBalance
from tokenbooks.entries.booking import identity
from tokenbooks.entries.buy.accrual_exchange import ACCRUAL
from tokenbooks.entries.buy.owed import document_id
from tokenbooks.entries.buy.payable_exchange import PAYABLE
from tokenbooks.entries.posted import Unit, by_unit
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, parse_day


def explain_exchange(told: EntryExplanation, prepared: Prepared, contract: str, plain: str) -> None:
    """Fill in the rows of the document, or the entries of the accrual, and the rates used."""
    unit = next(unit for unit in _units(prepared) if _name(unit) == plain)
    facts, owed = told.facts, unit.unit
    currency = facts.plan_of(facts.book.contracts[contract]).currency
    if owed.startswith(PAYABLE):
        rows = list(_rows(facts, contract, owed.removeprefix(PAYABLE)))
        told.documents += tuple(rows)
        currency = next((row.currency for row in rows if row.currency), currency)
    else:
        service = owed.removeprefix(ACCRUAL)
        told.related += tuple(
            related_entries(
                prepared.book, prepared, contract, service=service, kinds=("accrual", "exchange")
            )
        )
        told.related = tuple(item for item in told.related if item.id != told.entry.id)
    told.documents += tuple(_rates(facts, currency, parse_day(unit.service)))


def _units(prepared: Prepared) -> list[Unit]:
    return list(by_unit(prepared.close.changes, "exchange"))


def _name(unit: Unit) -> str:
    return identity("exchange", unit.contract, f"{unit.unit}-{unit.service}")


def _rows(
    facts: Facts, contract: str, number: str
) -> Iterator[OpeningBalance | CreditEvent | Invoice]:
    """The rows of a document: what it was bought or billed by, and what settled it."""
    for balance in facts.opening:
        if (balance.contract, balance.document) == (contract, number):
            yield balance
    for event in facts.credits:
        if event.contract == contract and number in {event.document, lot_id(event)}:
            yield event
    for row in facts.invoices:
        if row.contract == contract and number in {row.invoice, document_id(row)}:
            yield row


def _rates(facts: Facts, currency: str, day: date) -> list[ExchangeRate]:
    """The row that ruled on a day, and the one at the end of the month before."""
    pair = {currency, facts.book.currency}
    rows = sorted(
        (row for row in facts.rates if {row.currency, row.into} == pair),
        key=lambda row: (row.day, row.into == facts.book.currency),
    )
    before = Period.month_of(day).start - timedelta(days=1)
    found = [[row for row in rows if row.day <= until][-1:] for until in (before, day)]
    return list(dict.fromkeys(found[0] + found[1]))
