"""Promotional credits: their cost, at what serving them costs, by three methods."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.books import close, tokenbooks, usage, write_book

BOOK = """\
book: Lumen
currency: USD
start: 2025-11
journal: ledger
contracts:
  packs:
    side: sell
    party: Customers
    plan: llm
    settle: prepaid
    usage: usage/*.csv
    revenue: {gross_net: principal}
"""
CREDITS = "date,contract,event,credits,paid,lot,expires,kind,parent\n"
ESTIMATES = "date,contract,name,cohort,value,evidence,prepared,approved\n"
GRANT = "2025-11-01,packs,grant,500,,trial,2026-02-01,promo,\n"
COST_40 = "2025-11-01,packs,cost_to_serve,,40%,bill.pdf,Ada,Grace\n"


def book(method: str) -> str:
    return BOOK + f"policies:\n  promo_method: {method}\n"


def write(folder: Path, method: str, estimates: str = COST_40) -> Path:
    files = {
        "credits.csv": CREDITS + GRANT,
        "estimates.csv": ESTIMATES + estimates,
        "usage/november.csv": usage("2025-11-20,250"),
    }
    return write_book(folder, files, book(method))


def posted(folder: Path, *periods: str) -> dict[str, dict[str, str]]:
    """What each month posts to each role, debit positive; months that post nothing are out."""
    found: dict[str, dict[str, str]] = {}
    for period in periods:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for row in close(folder, period):
            sums[row["role"]] += Decimal(row["debit"]) - Decimal(row["credit"])
        if any(sums.values()):
            found[period] = {role: str(amount) for role, amount in sums.items() if amount}
    return found


MONTHS = ("2025-11", "2025-12", "2026-01", "2026-02")

# 500 given x 40% = 200 to serve; 250 used x 40% = 100; the rest, 100, lapses on 2026-02-01
METHODS: dict[str, dict[str, dict[str, str]]] = {
    "as_used": {"2025-11": {"marketing_expense": "100.00", "cost_of_revenue": "-100.00"}},
    "immediate": {
        "2025-11": {
            "marketing_expense": "200.00",
            "promo_credit_liability": "-100.00",
            "cost_of_revenue": "-100.00",
        },
        "2026-02": {"promo_credit_liability": "100.00", "marketing_expense": "-100.00"},
    },
    "deferred": {
        "2025-11": {
            "deferred_promo_cost": "100.00",
            "promo_credit_liability": "-100.00",
            "marketing_expense": "100.00",
            "cost_of_revenue": "-100.00",
        },
        "2026-02": {"promo_credit_liability": "100.00", "deferred_promo_cost": "-100.00"},
    },
}


@pytest.mark.parametrize("method", METHODS)
def test_free_credits_cost_what_serving_them_costs(tmp_path: Path, method: str) -> None:
    assert posted(write(tmp_path, method), *MONTHS) == METHODS[method]


def test_a_new_estimate_catches_up(tmp_path: Path) -> None:
    # used 250: 40% in November = 100; from December on 30% = 75, so 25 comes back
    cheaper = COST_40 + "2025-12-15,packs,cost_to_serve,,30%,bill.pdf,Ada,Grace\n"
    folder = write(tmp_path, "as_used", cheaper)
    assert posted(folder, *MONTHS)["2025-12"] == {
        "marketing_expense": "-25.00",
        "cost_of_revenue": "25.00",
    }


def test_without_an_estimate_nothing_is_posted_and_a_warning_says_so(tmp_path: Path) -> None:
    folder = write(tmp_path, "as_used", "")
    ran = tokenbooks(folder, "close", "-p", "2025-11")
    assert "warning[promotion-unmeasured]" in ran.err
    assert posted(folder, "2025-11") == {}


def test_an_estimate_nobody_approved_counts_for_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path, "immediate", COST_40.replace("Grace", ""))
    assert posted(folder, "2025-11") == {}


#: What takes free credits back, against what is left of the liability: (250 left) x 40% = 100.
TAKEN: dict[str, tuple[str, str]] = {
    "void": ("2025-12-05,packs,void,250,,trial,,,\n", "100.00"),
    "extend": ("2025-12-05,packs,extend,,,trial,2026-06-30,,\n", ""),
}


@pytest.mark.parametrize("event", TAKEN)
def test_what_is_taken_back_is_no_longer_owed(tmp_path: Path, event: str) -> None:
    row, back = TAKEN[event]
    folder = write(tmp_path, "immediate")
    path = folder / "credits.csv"
    path.write_text(path.read_text() + row)
    # an extension keeps the liability beyond the first last day; a void releases it in December
    wanted = {"promo_credit_liability": back, "marketing_expense": f"-{back}"}
    found = posted(folder, *MONTHS)
    del found["2025-11"]
    assert found == ({"2025-12": wanted} if back else {})


def test_many_customers_in_tables_come_to_what_single_ones_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tokenbooks.close import plain_parties

    def closed(folder: Path) -> list[dict[str, Any]]:
        header = "date,contract,party,event,credits,lot,expires,kind\n"
        grants = "".join(
            f"2025-11-0{1 + number % 2},packs,c{number},grant,{10 + number},t{number},"
            f"2025-{11 + number % 2}-30,promo\n"
            for number in range(6)
        )
        used = "date,customer,model,credits\n" + "".join(
            f"2025-11-1{number},c{number},m,{2 * number + 1}\n" for number in range(6)
        )
        files = {
            "credits.csv": header + grants,
            "estimates.csv": ESTIMATES + COST_40,
            "usage/u.csv": used,
        }
        text = book("immediate").replace("plan: llm", "plan: llm\n    each: customer")
        write_book(folder, files, text)
        return [row for period in ("2025-11", "2025-12") for row in close(folder, period)]

    one_by_one = closed(tmp_path / "single")
    monkeypatch.setattr(plain_parties, "MANY_PARTIES", 0)
    in_tables = closed(tmp_path / "tables")
    keys = ("entry", "date", "role", "debit", "credit")
    assert [[row[key] for key in keys] for row in in_tables] == [
        [row[key] for key in keys] for row in one_by_one
    ]
    assert any(row["role"] == "promo_credit_liability" for row in in_tables)
