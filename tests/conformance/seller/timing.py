"""Fees over time, commitments billed up front, and modifications of contracts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from tests.conformance.seller.story import (
    PACKS,
    Case,
    SellerBook,
    as_billed,
    days_of,
    expected_by_day,
    number,
    on,
    opening_of,
)
from tokenbooks.periods import Period


def check_subscription(case: Case, folder: Path) -> None:
    """A fee that is paid at the beginning of its month, and usage beyond what it includes."""
    first, last = days_of(case)
    over, rate = number(case, "over_m"), case["inputs"]["rate"]
    book = SellerBook(first.replace(day=1), last)
    book.sells("plan", "arrears", billing={"in": "advance"})
    fee = number(case, "fee")
    included = Decimal(5)
    book.plans["plan"] = {
        "fees": [{"name": "base", "price": str(fee), "every": "month", "includes": {"credits": 5}}],
        "rates": [{"prices": {"credits": rate}}],
    }
    book.uses(last, included + over, "plan")
    book.invoices.append(_advance(first, last, fee) | {"pay": "cash"})
    assert as_billed(book.close(folder)) == expected_by_day(case)


def _advance(first: date, last: date, amount: Decimal) -> dict[str, object]:
    row: dict[str, object] = {"date": first, "contract": "plan", "invoice": f"A-{first}"}
    row |= {"kind": "invoice", "amount": amount}
    return row | {"period_start": first, "period_end": last}


def check_commitment(case: Case, folder: Path) -> None:
    """A commitment paid up front is used up like credits; a minimum is charged at its end."""
    days = days_of(case)
    book = SellerBook(days[0].replace(day=1), days[-1])
    if "minimum" in case["inputs"]:
        book.sells("plan", "arrears")
        book.plans["plan"]["minimum"] = {"amount": case["inputs"]["minimum"], "every": "month"}
        book.uses(days[0], number(case, "usage"), "plan")
        assert as_billed(book.close(folder)) == expected_by_day(case)
        return
    book.sells()
    amount, rate = number(case, "commit"), number(case, "rate")
    end = date(days[0].year, 12, 31)
    book.sale(days[0], amount, amount, kind="commitment", expires=end)
    book.uses(days[1], number(case, "used_m") * rate)
    assert book.close(folder) == expected_by_day(case)


def check_modification(case: Case, folder: Path) -> None:
    """Modifications of a contract, each as its recorded answers decide."""
    given = set(case["inputs"])
    if {"old_rate", "new_rate"} <= given:
        _check_added(case, folder)
    elif {"credit_each", "units_m"} <= given:
        _check_past_service(case, folder)
    elif {"old", "new"} <= given:
        _check_upgrade(case, folder)
    else:
        _check_termination(case, folder)


def _check_added(case: Case, folder: Path) -> None:
    days = days_of(case)
    book = SellerBook(days[0].replace(day=1), days[-1]).sells()
    left, added = number(case, "old_left_m"), number(case, "new_m")
    paid = on(case, days[0], "cash")
    book.opens(left, -opening_of(case, "deferred_revenue"))
    apart = "separate" in case["title"]
    book.modifications.append(
        _change(days[0], "added", distinct=True, at_ssp=apart)
        | {"added": {"credits": float(added), "paid": float(paid), "lot": "added"}}
    )
    for day in days[1:]:
        revenue = -on(case, day, "revenue_usage")
        total = -opening_of(case, "deferred_revenue") + paid
        book.uses(day, (left + added) * revenue / total)
    assert book.close(folder) == expected_by_day(case)


def _change(day: date, kind: str, **answers: object) -> dict[str, object]:
    row: dict[str, object] = {"id": "change", "date": str(day), "contract": PACKS, "kind": kind}
    return row | answers | {"evidence": "order.pdf", "prepared": "Ada", "approved": "Grace"}


def _check_past_service(case: Case, folder: Path) -> None:
    (day,) = days_of(case)
    book = SellerBook(day.replace(day=1), day).sells("plan", "arrears")
    amount = opening_of(case, "accounts_receivable")
    book.opening.append(
        {"role": "accounts_receivable", "contract": "plan", "amount": amount, "document": "O-1"}
    )
    granted = number(case, "credit_each") * number(case, "units_m")
    change = _change(day, "price", distinct=True, at_ssp=False, past_service_credit=float(granted))
    book.modifications.append(change | {"contract": "plan"})
    assert book.close(folder) == expected_by_day(case)


def _check_upgrade(case: Case, folder: Path) -> None:
    days = days_of(case)
    first, changed, last = days
    book = SellerBook(first, last).sells("plan", "arrears", billing={"in": "advance"})
    book.plans["plan"]["fees"] = [
        {"name": "base", "price": case["inputs"]["old"], "every": "month"}
    ]
    rows = [_advance(first, last, number(case, "old"))]
    rows.append(_advance(changed, last, on(case, changed, "cash")))
    book.invoices += [row | {"pay": "cash"} for row in rows]
    assert book.close(folder) == expected_by_day(case)


def _check_termination(case: Case, folder: Path) -> None:
    (day,) = days_of(case)
    book = SellerBook(day.replace(day=1), day).sells()
    deferred = number(case, "deferred")
    book.opens(deferred, deferred)
    book.modifications.append(_change(day, "termination", refund=float(number(case, "refund"))))
    assert book.close(folder) == expected_by_day(case)


def check_flat_fee(case: Case, folder: Path) -> None:
    """Flat fees that were billed before, and the bill for serving all of their customers."""
    (day,) = days_of(case)
    users, fee = int(number(case, "users")), number(case, "fee")
    month = Period.month_of(day)
    book = SellerBook(month.start, day).sells("plan", "arrears", billing={"in": "advance"})
    book.plans["plan"]["fees"] = [{"name": "flat", "price": str(fee), "every": "month"}]
    book.buys("provider", {"rates": [{"prices": {"credits": "1"}}]})
    book.allocate = [{"when": {"model": "serving"}, "role": "cost_of_revenue"}]
    book.uses(day, number(case, "compute"), "provider", model="serving")
    first, last = month.start, day
    book.invoices.append(_advance(first, last, users * fee) | {"pay": "cash"})
    row = {"date": day, "contract": "provider", "invoice": "I-1", "kind": "invoice"}
    book.invoices.append(
        row | {"amount": number(case, "compute"), "period_start": first, "period_end": last}
    )
    posted = book.close(folder)
    # the case has the money before; here it comes on the first day
    assert posted.pop(first) == {"cash": users * fee, "deferred_revenue": -users * fee}
    assert posted == expected_by_day(case)


def check_mirror(case: Case, folder: Path) -> None:
    """Both sides of one contract in one book: the asset is the liability."""
    days = days_of(case)
    book = SellerBook(days[0].replace(day=1), days[-1]).sells()
    book.buys("bought", {"rates": [{"prices": {"credits": "1"}}]}, "prepaid")
    paid, used = number(case, "bought"), number(case, "used")
    book.sale(days[0], paid, paid)
    row = {
        "date": days[0],
        "contract": "bought",
        "event": "purchase",
        "credits": paid,
        "lot": "own",
    }
    book.credits.append(row)
    for contract in (PACKS, "bought"):
        book.uses(days[1], used, contract)
    assert book.close(folder) == expected_by_day(case)


def check_disclosure(case: Case, folder: Path) -> None:
    """Revenue of a month that was deferred when it began: by the lots that gave it."""
    day = date(2025, 11, 20)
    before = day.replace(day=1) - timedelta(days=5)
    book = SellerBook(before.replace(day=1), day, post_usage="month").sells()
    for name in ("lot_a", "lot_b"):
        book.sale(before, number(case, name), number(case, name), lot=name)
    new = number(case, "lot_c_new")
    book.sale(day.replace(day=2), new, new, lot="lot_c")
    book.uses(day, number(case, "lot_a") + number(case, "lot_b") + new)
    book.close(folder)
    from tokenbooks.desk.look_at_deferred import deferred_months
    from tokenbooks.desk.open_book import open_book
    from tokenbooks.reports.deferred import from_opening

    opened, _ = open_book(folder)
    assert opened is not None
    months, _ = deferred_months(opened)
    last = months[-1]
    expected = Decimal(case["expected_values"]["from_opening"])
    assert from_opening(last.before, last.now, last.period) == expected
    total = sum(row.earned for row in last.now.values())
    assert total == Decimal(case["expected_values"]["total_usage"])


TOPICS: dict[str, Callable[[Case, Path], None]] = {
    "subscription": check_subscription,
    "commitment": check_commitment,
    "modification": check_modification,
    "mirror": check_mirror,
    "disclosure": check_disclosure,
}
