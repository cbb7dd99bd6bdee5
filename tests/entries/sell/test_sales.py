"""What a seller sells, delivers, takes back and bills: by month, what each role gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests.books import close, usage, write_book
from tests.entries.sell.test_promotions import BOOK, posted

CREDITS = "date,contract,event,credits,paid,fee,tax,pay,lot,expires,kind,parent,document,used\n"
INVOICES = "date,contract,kind,invoice,period_start,period_end,amount,due\n"
NO_BREAKAGE = "policies:\n  breakage: {method: remote, escheat_pct: 0}\n"

Months = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Told:
    """Facts of a seller, and what November and December come to, debit positive.

    ``credits`` are the cells of rows up to ``used``, ``terms`` are of the contract.
    """

    posted: Months
    credits: tuple[str, ...] = ()
    used: tuple[str, ...] = ("2025-11-20,0",)
    invoices: tuple[str, ...] = ()
    terms: str = ""
    plan: dict[str, object] = field(default_factory=dict)
    policies: str = NO_BREAKAGE


SALE = "2025-11-03,packs,sale,1000,1000,,,,one,,,,S-1,"

CASES: dict[str, Told] = {
    # 1,000 less 29.30 that the processor keeps: revenue is gross of the fee
    "gross of the processor's fee": Told(
        {
            "2025-11": {
                "cash": "970.70",
                "payment_processing_expense": "29.30",
                "deferred_revenue": "-1000.00",
            }
        },
        ("2025-11-03,packs,sale,1000,1000,29.30,,,one,,,,S-1,",),
    ),
    "net of sales tax": Told(
        {
            "2025-11": {
                "cash": "1072.50",
                "sales_tax_payable": "-72.50",
                "deferred_revenue": "-1000.00",
            }
        },
        ("2025-11-03,packs,sale,1000,1000,,72.50,,one,,,,S-1,",),
    ),
    "VAT of a single-purpose voucher is due at the sale": Told(
        {
            "2025-11": {
                "cash": "1190.00",
                "output_vat_payable": "-190.00",
                "deferred_revenue": "-810.00",
                "revenue_usage": "-190.00",
            }
        },
        ("2025-11-03,packs,sale,1000,1000,,190,,one,,,,S-1,",),
        ("2025-11-20,190",),
        terms="tax: {kind: voucher_single}",
    ),
    # of 119.00 used 40.00 + 60.00: VAT 6.39 (6.3866) and 15.97 - 6.39 = 9.58; 19.00 of the
    # rest, 19.00 unused, expire and bear none
    "VAT of a multi-purpose voucher is due on use, not on what expires": Told(
        {
            "2025-11": {
                "cash": "119.00",
                "deferred_revenue": "-79.00",
                "revenue_usage": "-33.61",
                "output_vat_payable": "-6.39",
            },
            "2025-12": {
                "deferred_revenue": "79.00",
                "revenue_usage": "-50.42",
                "output_vat_payable": "-9.58",
                "revenue_breakage": "-19.00",
            },
        },
        ("2025-11-03,packs,sale,119,119,,,,one,2025-12-31,,,S-1,",),
        ("2025-11-20,40", "2025-12-10,60"),
        terms="tax: {kind: voucher_multi, rate: 19}",
    ),
    # 19.00 go back of 119.00, of which 100.00 are used: 100 x 19/119 = 15.97
    "a refund of a multi-purpose voucher bears no VAT": Told(
        {
            "2025-11": {
                "cash": "100.00",
                "revenue_usage": "-84.03",
                "output_vat_payable": "-15.97",
            }
        },
        (
            "2025-11-03,packs,sale,119,119,,,,one,,,,S-1,",
            "2025-11-25,packs,refund,19,19,,,,one,,,,,",
        ),
        ("2025-11-20,100",),
        terms="tax: {kind: voucher_multi, rate: 19}",
    ),
    # 900 for 900 + 100 credits: 0.90 each, so 250 used are 225
    "a bonus shares the price": Told(
        {
            "2025-11": {
                "cash": "900.00",
                "deferred_revenue": "-675.00",
                "revenue_usage": "-225.00",
            }
        },
        (
            "2025-11-03,packs,sale,900,900,,,,one,,,,S-1,",
            "2025-11-03,packs,bonus,100,,,,,two,,,one,,",
        ),
        ("2025-11-20,250",),
    ),
    "credits that are paid back on demand are a refund liability": Told(
        {
            "2025-11": {
                "cash": "1000.00",
                "refund_liability": "-750.00",
                "revenue_usage": "-250.00",
            }
        },
        (SALE,),
        ("2025-11-20,250",),
        terms="refundable: true",
    ),
    # 750 are unused, 700 go back: 50 is kept
    "what a refund keeps is revenue": Told(
        {"2025-11": {"cash": "300.00", "revenue_usage": "-300.00"}},
        (SALE, "2025-11-25,packs,refund,750,700,,,,one,,,,,"),
        ("2025-11-20,250",),
    ),
    # 100 come back of which 30 were used: these are owed; the bank takes 15 on top
    "a chargeback of used credits is a receivable": Told(
        {
            "2025-11": {
                "cash": "-15.00",
                "accounts_receivable": "30.00",
                "payment_processing_expense": "15.00",
                "revenue_usage": "-30.00",
            }
        },
        (
            "2025-11-03,packs,sale,100,100,,,,one,,,,S-1,",
            "2025-11-25,packs,chargeback,70,100,15,,,one,,,,C-1,",
        ),
        ("2025-11-20,30",),
    ),
    "credits for an outage reduce revenue": Told(
        {
            "2025-11": {
                "cash": "1000.00",
                "deferred_revenue": "-775.00",
                "revenue_usage": "-225.00",
            }
        },
        (SALE, "2025-11-25,packs,grant,25,,,,,sla-1,,sla,,,"),
        ("2025-11-20,250",),
    ),
    # 4.00 are left of 6.50 used; 2.50 of the next 50.00 are settled, 47.50 deferred
    "usage past zero is netted at the next sale": Told(
        {
            "2025-11": {
                "cash": "4.00",
                "unbilled_receivable": "2.50",
                "revenue_usage": "-6.50",
            },
            "2025-12": {
                "cash": "50.00",
                "unbilled_receivable": "-2.50",
                "deferred_revenue": "-47.50",
            },
        },
        (
            "2025-11-03,packs,sale,4,4,,,,one,,,,S-1,",
            "2025-12-02,packs,sale,50,50,,,,two,,,,S-2,",
        ),
        ("2025-11-28,6.5",),
    ),
    "usage beyond credits that is billed is overage": Told(
        {
            "2025-11": {
                "cash": "4.00",
                "unbilled_receivable": "2.50",
                "revenue_usage": "-4.00",
                "revenue_overage": "-2.50",
            }
        },
        ("2025-11-03,packs,sale,4,4,,,,one,,,,S-1,",),
        ("2025-11-28,6.5",),
        plan={"overage": "bill"},
    ),
    # 1,000 bought for 1,080 at 1.08; used 250 when the rate is 1.12: still 270
    "deferred revenue stays at the rate of its sale": Told(
        {
            "2025-11": {
                "cash": "1080.00",
                "deferred_revenue": "-810.00",
                "revenue_usage": "-270.00",
            }
        },
        ("2025-11-03,packs,sale,1000,1000,,,,one,,,,S-1,",),
        ("2025-11-20,250",),
        plan={"currency": "EUR"},
    ),
}

#: Without credits: postpaid, billed after the month.
ARREARS: dict[str, Told] = {
    "what is used is a receivable before it is billed, for only time must pass": Told(
        {
            "2025-11": {"unbilled_receivable": "340.00", "revenue_usage": "-340.00"},
            "2025-12": {"accounts_receivable": "340.00", "unbilled_receivable": "-340.00"},
        },
        used=("2025-11-20,340",),
        invoices=("2025-12-01,packs,invoice,I-1,2025-11-01,2025-11-30,340,",),
    ),
    # 100 x 1.00 + 50 x 0.80 = 140 in November; December begins at 1.00 again
    "tiers that begin anew each month earn what they charge": Told(
        {
            "2025-11": {"unbilled_receivable": "140.00", "revenue_usage": "-140.00"},
            "2025-12": {"unbilled_receivable": "60.00", "revenue_usage": "-60.00"},
        },
        used=("2025-11-20,150", "2025-12-10,60"),
        plan={
            "rates": [
                {
                    "prices": {
                        "credits": {
                            "tiers": "graduated",
                            "steps": [{"up_to": 100, "price": 1}, {"price": "0.80"}],
                        }
                    }
                }
            ]
        },
    ),
    # 40 of a disputed bill are given up: less revenue, no loss of a debtor
    "a concession on a disputed bill reduces revenue": Told(
        {
            "2025-11": {"accounts_receivable": "340.00", "revenue_usage": "-340.00"},
            "2025-12": {"accounts_receivable": "-40.00", "revenue_usage": "40.00"},
        },
        used=("2025-11-20,340",),
        invoices=(
            "2025-11-30,packs,invoice,I-1,2025-11-01,2025-11-30,340,",
            "2025-12-10,packs,credit_note,I-1,2025-11-01,2025-11-30,40,",
        ),
    ),
    "money received settles the bill": Told(
        {
            "2025-11": {"accounts_receivable": "340.00", "revenue_usage": "-340.00"},
            "2025-12": {"accounts_receivable": "-340.00", "cash": "340.00"},
        },
        used=("2025-11-20,340",),
        invoices=(
            "2025-11-30,packs,invoice,I-1,2025-11-01,2025-11-30,340,",
            "2025-12-10,packs,receipt,I-1,,,340,",
        ),
    ),
}


def write(folder: Path, told: Told, settle: str = "prepaid") -> Path:
    """The book of some facts."""
    plan = {"plan": "llm", "currency": "USD", "rates": [{"prices": {"credits": 1}}]} | told.plan
    text = BOOK.replace("settle: prepaid", f"settle: {settle}")
    text += (f"    {told.terms}\n" if told.terms else "") + told.policies
    rows = list(told.credits)
    files = {"plans/llm.yaml": yaml.safe_dump(plan), "usage/all.csv": usage(*told.used)}
    if plan["currency"] != "USD":
        header = CREDITS.replace("\n", ",currency,fx_rate\n")
        files["credits.csv"] = header + "".join(f"{row},EUR,1.08\n" for row in rows)
        files["rates.csv"] = "date,from,to,rate,source\n2025-11-20,EUR,USD,1.12,bank\n"
    elif rows:
        files["credits.csv"] = CREDITS + "".join(f"{row}\n" for row in rows)
    if told.invoices:
        files["invoices.csv"] = INVOICES + "".join(f"{row}\n" for row in told.invoices)
    return write_book(folder, files, text)


@pytest.mark.parametrize("name", CASES)
def test_credits_sold(tmp_path: Path, name: str) -> None:
    told = CASES[name]
    assert posted(write(tmp_path, told), *told.posted) == told.posted


@pytest.mark.parametrize("name", ARREARS)
def test_usage_billed_later(tmp_path: Path, name: str) -> None:
    told = ARREARS[name]
    assert posted(write(tmp_path, told, "arrears"), *told.posted) == told.posted


BOTH = """\
book: Lumen
currency: USD
start: 2025-11
journal: ledger
contracts:
  packs: {side: sell, party: Customers, plan: llm, settle: arrears, usage: usage/sold.csv,
          revenue: {gross_net: GROSS_NET}}
  model: {side: buy, party: Vendor, plan: llm, settle: arrears, usage: usage/bought.csv}
allocate:
  - {when: {project: resold}, role: ROLE}
"""

#: What a reseller earns of 1,000 for what costs it 850: all, or what is left (606-10-55-38).
RESOLD = {
    ("principal", "cost_of_revenue"): {"revenue_usage": "-1000.00", "cost_of_revenue": "850.00"},
    ("agent", "revenue_net_agency"): {"revenue_net_agency": "-150.00"},
}


@pytest.mark.parametrize(("gross_net", "role"), RESOLD)
def test_an_agent_earns_what_is_left(tmp_path: Path, gross_net: str, role: str) -> None:
    files = {"usage/sold.csv": usage("2025-11-20,1000"), "usage/bought.csv": ""}
    files["usage/bought.csv"] = usage("2025-11-20,850,resold")
    book = BOTH.replace("GROSS_NET", gross_net).replace("ROLE", role)
    found = posted(write_book(tmp_path, files, book), "2025-11")["2025-11"]
    owed = {"unbilled_receivable": "1000.00", "accrued_expenses": "-850.00"}
    assert found == owed | RESOLD[gross_net, role]


def test_revenue_is_told_by_cost_center(tmp_path: Path) -> None:
    allocate = """\
allocate:
  - {when: {project: large}, cost_center: large, class: cogs}
  - {when: {project: small}, cost_center: small, class: cogs}
"""
    told = Told({}, used=("2025-11-20,120,large", "2025-11-20,11,small"), policies=allocate)
    folder = write(tmp_path, told, "arrears")
    rows = [row for row in close(folder, "2025-11") if row["role"] == "revenue_usage"]
    assert {(row["cost_center"], row["credit"], row["class"]) for row in rows} == {
        ("large", "120.00", ""),
        ("small", "11.00", ""),
    }


def test_usage_that_is_told_late_is_booked_in_the_open_month(tmp_path: Path) -> None:
    folder = write(tmp_path, Told({}, (SALE,), ("2025-11-20,100",)))
    posted(folder, "2025-11")
    (folder / "usage/late.csv").write_text(usage("2025-11-25,120"))
    assert posted(folder, "2025-12")["2025-12"] == {
        "deferred_revenue": "120.00",
        "revenue_usage": "-120.00",
    }
