"""Cases of foreign currency: an amount in it, and a rate for each of the entries.

The inputs are the foreign amount under the currency's code (``eur``), and rates in the order
of the entries (``rate_invoice``, ``rate_pay``). Rates that a purchase does not carry itself
stand in rates.csv.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.conformance.shapes import PREPAID, Expected, shape_of
from tests.conformance.story import Story, Use
from tokenbooks.amounts import CURRENCIES
from tokenbooks.periods import Period

Case = dict[str, Any]


def is_understood(case: Case, entries: list[Expected]) -> bool:
    """Whether the inputs are one foreign amount, and a rate for each entry."""
    shapes = {shape_of(entry) for entry in entries}
    known = shapes <= {"purchase", "usage", "invoice", "receipt"}
    return known and len(_currencies(case)) == 1 and len(_rates(case)) == len(entries)


def foreign_story(case: Case, entries: list[Expected]) -> Story:
    """The facts behind a case; a buyer of dollars keeps its books in euro, any other in dollars."""
    [currency] = _currencies(case)
    amount = Decimal(case["inputs"][currency.lower()])
    book = "EUR" if currency == "USD" else "USD"
    story = Story(currency=book, terms={"currency": currency})
    story.start = Period.month_of(entries[0].day).start
    story.settle = "prepaid" if any(entry.net(PREPAID) for entry in entries) else "arrears"
    for entry, rate in zip(entries, _rates(case), strict=True):
        story.exchange_rates.append(
            {"date": entry.day, "from": currency, "to": book, "rate": rate, "source": "case"}
        )
        _add(story, entry, amount, currency, rate)
    return story


def _add(story: Story, entry: Expected, amount: Decimal, currency: str, rate: str) -> None:
    row: dict[str, Any] = {"date": entry.day, "contract": "provider", "currency": currency}
    shape = shape_of(entry)
    if shape == "purchase":
        bought = {"event": "purchase", "credits": amount, "lot": "lot-1", "paid": amount}
        story.credits.append(row | bought | {"fx_rate": rate, "pay": "account", "document": "D-1"})
    elif shape == "usage":
        story.uses.append(Use(entry.day, "credits", amount, entry.expenses[0].project))
    elif shape == "receipt":
        story.invoices.append(row | {"kind": "receipt", "invoice": "D-1", "amount": amount})
    else:
        month = Period.month_of(entry.day - timedelta(days=entry.day.day))
        days = {"period_start": month.start, "period_end": month.last_day}
        story.invoices.append(row | {"kind": "invoice", "invoice": "D-1", "amount": amount} | days)


def _currencies(case: Case) -> list[str]:
    return [name.upper() for name in case["inputs"] if name.upper() in CURRENCIES]


def _rates(case: Case) -> list[str]:
    return [value for name, value in case["inputs"].items() if name.startswith("rate")]
