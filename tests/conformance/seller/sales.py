"""Sales, use and money of a seller."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
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

_TAXES = ("output_vat_payable", "sales_tax_payable")


def check_sales_and_use(case: Case, folder: Path) -> None:
    """Credits that are sold for cash, and used: the facts are those that the entries tell."""
    days = days_of(case)
    book = SellerBook(days[0].replace(day=1), days[-1]).sells()
    opening, expected = -opening_of(case, "deferred_revenue"), expected_by_day(case)
    each = (
        Decimal(case["inputs"].get("credits", 0)) / number(case, "paid") if _has_pack(case) else 1
    )
    if opening:
        book.opens(opening, opening)
    for day, nets in expected.items():
        if nets.get("cash", 0) > 0:
            _sell(book, day, nets, each)
        used = -sum((a for role, a in nets.items() if role.startswith("revenue_")), Decimal(0))
        for model, amount in _by_model(case, day) or [("", used)]:
            if amount:
                book.uses(day, amount * each, model=model)
    posted = book.close(folder)
    assert posted == expected


def _has_pack(case: Case) -> bool:
    return {"paid", "credits"} <= set(case["inputs"])


def _sell(book: SellerBook, day: date, nets: dict[str, Decimal], each: Decimal | int) -> None:
    tax = -sum((nets.get(role, Decimal(0)) for role in _TAXES), Decimal(0))
    fee = nets.get("payment_processing_expense", Decimal(0))
    price = nets["cash"] + fee - tax
    cells = {"tax": tax or "", "fee": fee or ""}
    if nets.get("output_vat_payable"):
        cells["tax_kind"] = "voucher_single"
    book.sale(day, price * each, price, **cells)


def _by_model(case: Case, day: date) -> list[tuple[str, Decimal]]:
    return [
        (line["dims"]["model"], Decimal(line["credit"]))
        for line in case["entries"]
        if line["date"] == str(day) and "model" in line.get("dims", {})
    ]


def check_foreign(case: Case, folder: Path) -> None:
    """Credits sold in a foreign currency keep the rate of their sale."""
    days = days_of(case)
    book = SellerBook(days[0].replace(day=1), days[-1]).sells()
    book.plans[PACKS] = {"currency": "EUR", "rates": [{"prices": {"credits": "1"}}]}
    sold = number(case, "eur")
    book.sale(days[0], sold, sold, currency="EUR", fx_rate=case["inputs"]["rate"])
    book.uses(days[1], number(case, "used"))
    assert book.close(folder) == expected_by_day(case)


def check_indirect_tax(case: Case, folder: Path) -> None:
    """VAT of vouchers: at the sale, or on use where the rate is not known before."""
    rate = number(case, "vat_pct")
    days = days_of(case)
    if len(days) == 1:
        check_sales_and_use(case, folder)
        return
    book = SellerBook(days[0].replace(day=1), days[-1])
    book.sells(tax={"kind": "voucher_multi", "rate": str(rate)})
    gross = number(case, "gross")
    book.sale(days[0], gross, gross)
    book.uses(days[1], gross)
    assert book.close(folder) == expected_by_day(case)


def check_overdraft(case: Case, folder: Path) -> None:
    """A customer runs past zero; the next sale settles it."""
    days = days_of(case)
    book = SellerBook(days[0].replace(day=1), days[-1]).sells()
    left = -opening_of(case, "deferred_revenue")
    if left:
        book.opens(left, left)
    book.uses(days[0], number(case, "used"))
    book.sale(days[1], number(case, "purchase"), number(case, "purchase"))
    posted = book.close(folder)
    assert posted == expected_by_day(case)


def check_late(case: Case, folder: Path) -> None:
    """Usage that is found after its month was locked is booked in the open one."""
    (day,) = days_of(case)
    first = (day.replace(day=1).toordinal()) - 10
    used_on = date.fromordinal(first)
    book = SellerBook(used_on.replace(day=1), day, post_usage="month").sells()
    opening = -opening_of(case, "deferred_revenue")
    book.opens(opening, opening)
    book.late[PACKS] = [{"date": used_on, "credits": number(case, "late")}]
    # a source with no file is an error: nothing was used at first
    book.usage[PACKS] = [{"date": used_on, "credits": 0}]
    assert book.close(folder) == {day: expected_by_day(case)[day]}


def check_overage(case: Case, folder: Path) -> None:
    """Usage beyond the balance: a top-up pays it, or it is invoiced."""
    top_up, billed = days_of(case)
    over = number(case, "over")
    book = SellerBook(top_up.replace(day=1), billed).sells("topped").sells("billed")
    book.plans["billed"]["overage"] = "bill"
    book.sale(top_up, number(case, "topup"), number(case, "topup"), contract="topped")
    book.uses(top_up, over, "topped")
    book.uses(billed, over, "billed")
    assert book.close(folder) == expected_by_day(case)


def check_refund(case: Case, folder: Path) -> None:
    """Refunds after breakage, and payments that are disputed after a part was used."""
    days = days_of(case)
    if "fee" in case["inputs"]:
        _check_chargeback(case, folder, days)
        return
    book = SellerBook(days[0].replace(day=1), days[-1]).sells()
    sold, used = number(case, "sold"), number(case, "used")
    book.opens(sold, sold)
    rate = next(b["args"]["rate"] for b in case["verify"] if b["fn"] == "breakage")
    book.estimate("breakage_rate", rate, book.start)
    book.uses(days[0], used)
    row = {"date": days[1], "contract": PACKS, "event": "refund", "credits": sold - used}
    book.credits.append(row | {"paid": sold - used, "lot": "opening"})
    posted = book.close(folder)
    # breakage is recognised at the close, when what was refunded has none left
    total = {
        role: sum(nets.get(role, Decimal(0)) for nets in posted.values()) for role in _roles(posted)
    }
    balances = {role: Decimal(amount) for role, amount in case["expected_balances"].items()}
    opening = {role: Decimal(a) for role, a in case["opening_balances"].items()}
    roles = {*total, *balances, *opening}
    found = {role: opening.get(role, Decimal(0)) + total.get(role, Decimal(0)) for role in roles}
    assert {role: amount for role, amount in found.items() if amount} == balances


def _roles(posted: dict[date, dict[str, Decimal]]) -> set[str]:
    return {role for nets in posted.values() for role in nets}


def _check_chargeback(case: Case, folder: Path, days: list[date]) -> None:
    used, unused = number(case, "used"), number(case, "unused")
    book = SellerBook(days[0].replace(day=1), days[-1]).sells()
    book.opens(used + unused, used + unused, used)
    row = {"date": days[0], "contract": PACKS, "event": "chargeback", "credits": unused}
    row |= {"paid": used + unused, "fee": number(case, "fee"), "lot": "opening", "document": "D-1"}
    book.credits.append(row)
    if len(days) > 1:
        book.invoices.append(
            {
                "date": days[1],
                "contract": PACKS,
                "kind": "write_off",
                "invoice": "D-1",
                "amount": used,
            }
        )
    assert book.close(folder) == expected_by_day(case)


def check_gross_net(case: Case, folder: Path) -> None:
    """An agent's revenue is what is left of the price after the provider's."""
    (day,) = days_of(case)
    agent = bool(on(case, day, "revenue_net_agency"))
    book = SellerBook(day.replace(day=1), day)
    book.sells("resold", "arrears", revenue={"gross_net": "agent" if agent else "principal"})
    book.buys("provider", {"rates": [{"prices": {"credits": "1"}}]})
    book.uses(day, number(case, "sale"), "resold")
    book.uses(day, number(case, "cost"), "provider", model="resold")
    role = "revenue_net_agency" if agent else "cost_of_revenue"
    book.allocate = [{"when": {"model": "resold"}, "role": role}]
    assert as_billed(book.close(folder)) == expected_by_day(case)


def check_cost_of_revenue(case: Case, folder: Path) -> None:
    """Revenue that is invoiced beside the bill for serving it."""
    (day,) = days_of(case)
    book = SellerBook(day.replace(day=1), day).sells("sold", "arrears")
    book.buys("provider", {"rates": [{"prices": {"credits": "1"}}]})
    book.allocate = [{"when": {"model": "serving"}, "role": "cost_of_revenue"}]
    revenue = -on(case, day, "revenue_usage")
    cost = on(case, day, "cost_of_revenue")
    book.uses(day, revenue, "sold")
    book.uses(day, cost, "provider", model="serving")
    assert as_billed(book.close(folder)) == expected_by_day(case)


def check_actions(case: Case, folder: Path) -> None:
    """Only actions that meet the definition: those taken back in time are none."""
    (day,) = days_of(case)
    done, back = int(number(case, "done")), int(number(case, "reversed"))
    book = SellerBook(day.replace(day=1), day).sells("actions", "arrears")
    book.plans["actions"] = {
        "actions": {
            "resolved": {"definition": "answered, and not opened again", "reversal": "7 days"}
        },
        "rates": [{"prices": {"resolved": case["inputs"]["price"]}}],
    }
    rows = [{"date": day, "id": f"a{n}", "reverses": "", "resolved": 1} for n in range(done)]
    rows += [{"date": day, "id": f"r{n}", "reverses": f"a{n}", "resolved": -1} for n in range(back)]
    book.usage["actions"] = rows
    assert as_billed(book.close(folder)) == expected_by_day(case)


TOPICS: dict[str, Callable[[Case, Path], None]] = {
    "deferred.sale": check_sales_and_use,
    "deferred.use": check_sales_and_use,
    "bonus": check_sales_and_use,
    "finetune": check_sales_and_use,
    "metering.price": check_sales_and_use,
    "fx": check_foreign,
    "tax.indirect": check_indirect_tax,
    "overdraft": check_overdraft,
    "late_usage": check_late,
    "overage": check_overage,
    "refund": check_refund,
    "gross_net": check_gross_net,
    "cogs": check_cost_of_revenue,
    "outcome": check_actions,
}
