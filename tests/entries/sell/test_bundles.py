"""One price for several promises, allocated by their stand-alone selling prices."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.books import INVOICES, usage, write_book
from tests.entries.sell.test_promotions import BOOK, ESTIMATES, posted

CREDITS = "date,contract,event,credits,paid,lot,kind,parent,document\n"
SSP = "2025-11-01,{},ssp,{},{},list.pdf,Ada,Grace\n"
TWO = BOOK + BOOK.partition("contracts:\n")[2].replace("packs:", "seats:")


def two_contracts(folder: Path, paid: tuple[str, str], ssp: tuple[str, str]) -> Path:
    rows = "".join(
        f"2025-11-01,{name},sale,100,{price},{name}-1,,,O-1\n"
        for name, price in zip(("packs", "seats"), paid, strict=True)
    )
    alone = "".join(
        SSP.format(name, "O-1", value)
        for name, value in zip(("packs", "seats"), ssp, strict=True)
        if value
    )
    text = TWO.replace("usage: usage/*.csv", "usage: usage/{}.csv")
    text = text.replace("{}", "packs", 1).replace("{}", "seats", 1)
    files = {
        "credits.csv": CREDITS + rows,
        "estimates.csv": ESTIMATES + alone,
        "usage/packs.csv": usage("2025-11-20,100"),
        "usage/seats.csv": usage("2025-12-20,100"),
    }
    return write_book(folder, files, text)


#: What was written, stand-alone prices, revenue of the first contract (all used in November).
#: 1,080 in all: 1,080 x 1,000 / 1,200 = 900; 1,080 x 400 / 1,200 = 360.
SPLITS = (
    (("1080", "0"), ("1000", "200"), "-900.00"),
    (("880", "200"), ("1000", "200"), "-900.00"),
    (("880", "200"), ("400", "800"), "-360.00"),
    (("880", "200"), ("1000", ""), "-880.00"),  # one promise without a price: nothing moves
)


@pytest.mark.parametrize(("paid", "ssp", "revenue"), SPLITS)
def test_a_bundle_is_allocated_by_stand_alone_prices(
    tmp_path: Path, paid: tuple[str, str], ssp: tuple[str, str], revenue: str
) -> None:
    found = posted(two_contracts(tmp_path, paid, ssp), "2025-11", "2025-12")
    first, second = found["2025-11"], found["2025-12"]
    assert first["cash"] == "1080.00"
    assert first["revenue_usage"] == revenue
    assert "bundle_clearing" not in first
    # nothing is lost: what the first did not earn the second does
    assert sum(Decimal(month["revenue_usage"]) for month in (first, second)) == -1080


def test_a_voucher_that_most_use_takes_its_part_of_the_price(tmp_path: Path) -> None:
    # 200 x 80% = 160 beside 1,000: 1,000 x 1,000 / 1,160 = 862.07 is earned, 137.93 is kept
    rows = (
        "2025-11-01,packs,sale,1000,1000,bought,,,\n"
        "2025-11-01,packs,bonus,200,,voucher,bonus,bought,\n"
    )
    files = {
        "credits.csv": CREDITS + rows,
        "estimates.csv": ESTIMATES + SSP.format("packs", "voucher", "0.8"),
        "usage/november.csv": usage("2025-11-20,1000"),
    }
    assert posted(write_book(tmp_path, files, BOOK), "2025-11") == {
        "2025-11": {
            "cash": "1000.00",
            "deferred_revenue": "-137.93",
            "revenue_usage": "-862.07",
        }
    }


def test_an_invoice_in_advance_and_credits_of_one_document_share_its_price(tmp_path: Path) -> None:
    # 1,080 for a month (200 alone) and credits (1,000 alone): 180.00 and 900.00
    rows = "2025-11-01,packs,sale,1000,1080,packs-1,,,O-1\n"
    invoice = "2025-11-01,seats,O-1,invoice,2025-11-01,2025-12-30,0,,cash\n"
    alone = SSP.format("packs", "O-1", "1000") + SSP.format("seats", "O-1", "200")
    text = TWO.replace("usage: usage/*.csv", "usage: usage/packs.csv", 1)
    text = text.replace("    usage: usage/*.csv\n", "    billing: {in: advance}\n")
    text = text.replace("settle: prepaid", "settle: arrears").replace("arrears", "prepaid", 1)
    files = {
        "credits.csv": CREDITS + rows,
        "invoices.csv": INVOICES + invoice,
        "estimates.csv": ESTIMATES + alone,
        "usage/packs.csv": usage("2025-11-20,100"),
    }
    # 30 of 60 days of 180.00 = 90.00; 100 of 1,000 credits = 90.00
    assert posted(write_book(tmp_path, files, text), "2025-11")["2025-11"] == {
        "cash": "1080.00",
        "deferred_revenue": "-900.00",
        "revenue_usage": "-90.00",
        "revenue_subscription": "-90.00",
    }
