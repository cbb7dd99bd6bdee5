"""Cases whose entries alone tell what happened: the facts behind each shape of an entry.

They are cases of the topics of ``sales`` whose inputs the checks there do not know.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from tests.conformance.seller.story import (
    PACKS,
    Case,
    Row,
    SellerBook,
    days_of,
    expected_by_day,
    opening_of,
)
from tests.conformance.shapes import Expected, entries_of
from tokenbooks.periods import Period

CASH, OWED, UNBILLED = "cash", "accounts_receivable", "unbilled_receivable"
DEFERRED, REFUNDABLE, FEE = "deferred_revenue", "refund_liability", "payment_processing_expense"
SALES_TAX, VAT = "sales_tax_payable", "output_vat_payable"

_DAY = timedelta(days=1)


def held(entry: Expected) -> Decimal:
    """What an entry does to what customers have paid for, debit positive."""
    return entry.net(DEFERRED) + entry.net(REFUNDABLE)


def earned(entry: Expected) -> Decimal:
    """What an entry earns; below zero where revenue is taken back."""
    return -sum((a for role, a in entry.nets.items() if role.startswith("revenue_")), Decimal(0))


def shape_of(entry: Expected) -> str:
    """What happened, as the roles of an entry tell; '' for what is not known here."""
    paid, owed, value = entry.net(CASH), entry.net(OWED), earned(entry)
    if held(entry) < 0:
        return "sla" if value < 0 and not paid else ("sale" if paid > 0 or owed > 0 else "")
    if paid < 0:
        return ("chargeback" if entry.net(FEE) or owed > 0 else "refund") if held(entry) else ""
    if value > 0 and owed >= 0 and not paid:
        return "billed" if owed else "use"
    if owed < 0 and value < 0:
        return "concession"
    if owed < 0 and paid > 0:
        return "receipt"
    return "invoice" if owed > 0 and entry.net(UNBILLED) < 0 else ""


def understood(case: Case) -> str:
    """Why the entries of a case do not tell the facts; empty where they do."""
    known = {"revenue_usage", "revenue_overage", CASH, OWED, UNBILLED, DEFERRED, REFUNDABLE}
    known |= {FEE, SALES_TAX, VAT}
    entries = entries_of(case)
    for entry in entries:
        if not shape_of(entry) or set(entry.nets) - known:
            return f"an entry of {' and '.join(sorted(entry.nets))}"
    if set(case.get("opening_balances", {})) - {DEFERRED, REFUNDABLE, OWED}:
        return "opening balances of another form"
    return "" if entries else "no entries"


def check_by_entries(case: Case, folder: Path) -> None:
    """Write what happened as facts, close, and compare day by day."""
    days, entries = days_of(case), entries_of(case)
    book = SellerBook(days[0].replace(day=1), days[-1])
    roles = {role for entry in entries for role in entry.nets} | {*case.get("opening_balances", {})}
    prepaid = bool(roles & {DEFERRED, REFUNDABLE})
    terms = {"refundable": True} if REFUNDABLE in roles else {}
    if any(entry.net(VAT) and shape_of(entry) == "use" for entry in entries):
        terms["tax"] = {"kind": "voucher_multi", "rate": str(case["inputs"]["vat_pct"])}
    if "revenue_overage" in roles and prepaid:
        book.plans[PACKS] = {"rates": [{"prices": {"credits": "1"}}], "overage": "bill"}
    book.sells(settle="prepaid" if prepaid else "arrears", **terms)
    if opening := -(opening_of(case, DEFERRED) + opening_of(case, REFUNDABLE)):
        book.opens(opening, opening)
    if receivable := opening_of(case, OWED):
        row: Row = {"role": OWED, "contract": PACKS, "amount": receivable, "document": "O-1"}
        book.opening.append(row)
    for number, entry in enumerate(entries, 1):
        _FACTS[shape_of(entry)](book, entry, f"{number}")
    if PACKS not in book.usage:
        book.uses(days[0], 0)
    assert book.close(folder) == expected_by_day(case)


def _sale(book: SellerBook, entry: Expected, number: str) -> None:
    price = -held(entry) - min(entry.net(UNBILLED), Decimal(0))
    tax = -(entry.net(SALES_TAX) + entry.net(VAT))
    cells: Row = {"document": f"S-{number}", "fee": entry.net(FEE) or "", "tax": tax or ""}
    if tax:
        cells["tax_kind"] = "sales" if entry.net(SALES_TAX) else "voucher_single"
    cells["pay"] = "account" if entry.net(OWED) else "cash"
    book.sale(entry.day, price, price, **cells)


def _use(book: SellerBook, entry: Expected, number: str) -> None:
    book.uses(entry.day, earned(entry) - entry.net(VAT))


def _billed(book: SellerBook, entry: Expected, number: str) -> None:
    book.uses(entry.day, earned(entry))
    month = Period.month_of(entry.day)
    days = _days(month.start, entry.day)
    _document(book, entry, f"I-{number}", "invoice", amount=entry.net(OWED), **days)


def _invoice(book: SellerBook, entry: Expected, number: str) -> None:
    used = max((row["date"] for row in book.usage.get(PACKS, ())), default=entry.day)
    month = Period.month_of(used)
    days = _days(month.start, min(month.last_day, entry.day))
    _document(book, entry, f"I-{number}", "invoice", amount=entry.net(OWED), **days)


def _concession(book: SellerBook, entry: Expected, number: str) -> None:
    month = Period.month_of(entry.day)
    days = _days(month.start, month.last_day)
    _document(book, entry, _newest(book), "credit_note", amount=-entry.net(OWED), **days)


def _receipt(book: SellerBook, entry: Expected, number: str) -> None:
    _document(book, entry, _newest(book), "receipt", amount=entry.net(CASH))


def _refund(book: SellerBook, entry: Expected, number: str) -> None:
    row = {"date": entry.day, "contract": PACKS, "event": "refund", "lot": book.credits[0]["lot"]}
    book.credits.append(row | {"credits": held(entry), "paid": -entry.net(CASH)})


def _chargeback(book: SellerBook, entry: Expected, number: str) -> None:
    fee = entry.net(FEE)
    row = {"date": entry.day, "contract": PACKS, "event": "chargeback", "document": f"C-{number}"}
    row |= {"lot": book.credits[0]["lot"], "credits": held(entry), "fee": fee or ""}
    book.credits.append(row | {"paid": -entry.net(CASH) - fee})


def _sla(book: SellerBook, entry: Expected, number: str) -> None:
    row = {"date": entry.day, "contract": PACKS, "event": "grant", "kind": "sla"}
    book.credits.append(row | {"lot": f"sla-{number}", "credits": -held(entry)})


def _document(book: SellerBook, entry: Expected, number: str, kind: str, **cells: object) -> None:
    row: Row = {"date": entry.day, "contract": PACKS, "invoice": number, "kind": kind}
    book.invoices.append(row | cells)


def _days(first: object, last: object) -> Row:
    return {"period_start": first, "period_end": last}


def _newest(book: SellerBook) -> str:
    """The document that the newest receivable stands on."""
    billed = [row["invoice"] for row in book.invoices if row["kind"] == "invoice"]
    sold = [row["document"] for row in book.credits if row.get("document")]
    return str((billed or sold or ["O-1"])[-1])


_FACTS: dict[str, Callable[[SellerBook, Expected, str], None]] = {
    "sale": _sale,
    "use": _use,
    "billed": _billed,
    "invoice": _invoice,
    "concession": _concession,
    "receipt": _receipt,
    "refund": _refund,
    "chargeback": _chargeback,
    "sla": _sla,
}
