"""The seller's books are the buyer's, turned round: the same facts, to the cent."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.books import tokenbooks
from tokenbooks.book import Contract
from tokenbooks.names import DEFAULT_ACCOUNTS, PAYER_ROLES, SELLER_ROLES

BOOK = """\
book: Both
currency: USD
start: 2025-10
contracts:
  bought: {side: buy, party: Vendor, plan: llm, settle: prepaid, usage: usage/bought.csv}
  sold: {side: sell, party: Customers, plan: llm, settle: prepaid, usage: usage/sold.csv,
         revenue: {gross_net: principal}}
policies: {breakage: {method: remote, escheat_pct: 0}}
"""
PLAN = "plan: llm\ncurrency: USD\nrates: [{prices: {credits: 1}}]\n"

#: What the buyer's expense is for the seller.
EARNED = {"ai_expense": "revenue_usage", "loss_on_refund": "revenue_usage"}


def contract(**terms: object) -> Contract:
    return Contract("sold", "sell", "Customers", "llm", "prepaid", **terms)  # type: ignore[arg-type]


@pytest.mark.parametrize("refundable", [False, True])
def test_each_role_of_a_payer_has_one_of_the_seller_and_back(refundable: bool) -> None:
    own = contract(refundable=refundable)
    for role in DEFAULT_ACCOUNTS:
        is_of_seller = role in PAYER_ROLES and role not in SELLER_ROLES
        if is_of_seller or role == "refund_liability":
            continue
        assert own.payer_role(own.own_role(role)) == role


def test_credits_that_are_paid_back_on_demand_are_a_refund_liability() -> None:
    assert contract(refundable=True).own_role("prepaid_credits") == "refund_liability"
    assert contract().own_role("prepaid_credits") == "deferred_revenue"


#: Lots of so many credits for so many cents, with days and usage in November and October.
lots = st.lists(
    st.tuples(st.integers(1, 60), st.integers(0, 6_000), st.sampled_from(["", "2025-10-31"])),
    min_size=1,
    max_size=3,
)
uses = st.lists(
    st.tuples(st.sampled_from(["2025-10-20", "2025-11-05"]), st.integers(1, 40)), max_size=4
)


@given(lots=lots, uses=uses)
@settings(max_examples=8, deadline=None)
def test_a_contract_and_its_other_side_mirror_to_the_cent(
    tmp_path_factory: pytest.TempPathFactory,
    lots: list[tuple[int, int, str]],
    uses: list[tuple[str, int]],
) -> None:
    folder = tmp_path_factory.mktemp("both")
    write(folder, lots, uses)
    for period in ("2025-10", "2025-11"):
        ran = tokenbooks(folder, "close", "-p", period, "--write", "-q")
        assert ran.code == 0, ran.err
    found = balances(folder)
    mirrored = {
        contract().own_role(EARNED.get(role, role)): -amount
        for role, amount in found.get("bought", {}).items()
    }
    assert found.get("sold", {}) == mirrored


def write(folder: Path, lots: list[tuple[int, int, str]], uses: list[tuple[str, int]]) -> None:
    rows = ["date,contract,event,credits,paid,lot,expires"]
    for number, (quantity, cents, expires) in enumerate(lots):
        for name, event in (("bought", "purchase"), ("sold", "sale")):
            paid = Decimal(cents) / 100
            rows.append(f"2025-10-01,{name},{event},{quantity},{paid},{name}-{number},{expires}")
    (folder / "usage").mkdir()
    (folder / "plans").mkdir()
    (folder / "tokenbooks.yaml").write_text(BOOK)
    (folder / "plans/llm.yaml").write_text(PLAN)
    (folder / "credits.csv").write_text("\n".join(rows) + "\n")
    told = "".join(f"{day},{quantity}\n" for day, quantity in sorted(uses))
    for name in ("bought", "sold"):
        (folder / f"usage/{name}.csv").write_text(f"date,credits\n2025-10-02,0\n{told}")


def balances(folder: Path) -> dict[str, dict[str, Decimal]]:
    """What each contract has posted, as its own side has it, by role."""
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for period in ("2025-10", "2025-11"):
        ran = tokenbooks(folder, "close", "-p", period, "--format", "csv", "-q")
        for row in csv.DictReader(ran.out.splitlines()):
            if row.get("role") in DEFAULT_ACCOUNTS:
                own = found[row["entry"].split("-")[1]]
                own[row["role"]] += Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0)
    return {name: {r: a for r, a in own.items() if a} for name, own in found.items()}
