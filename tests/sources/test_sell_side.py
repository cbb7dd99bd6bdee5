"""What only a contract that sells says, and what each side must not."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.seller_book import BOOK
from tests.sources.small_book import PLAN, codes, write_book
from tokenbooks.book import Book, RevenueTerms, TaxYear
from tokenbooks.problems import Problem
from tokenbooks.rating.credit_terms import Length
from tokenbooks.rating.plan import Action
from tokenbooks.sources.book import read_book
from tokenbooks.sources.book_files import read_facts
from tokenbooks.sources.credits import in_bulk


def read(folder: Path, text: str) -> tuple[Book, list[Problem]]:
    book, problems = read_book(write_book(folder, text))
    assert book is not None
    return book, problems


def selling(keys: str) -> str:
    """The book with other keys of its first contract."""
    return BOOK.replace("revenue: {gross_net: principal}", keys, 1)


def test_the_keys_of_a_contract_that_sells(tmp_path: Path) -> None:
    keys = (
        "refundable: true, tax: {kind: voucher_multi, rate: 19.5}, "
        "billing: {in: advance}, "
        "revenue: {gross_net: agent, pattern: time, cohort: [plan, jurisdiction], ssp: {a: 1.50}}"
    )
    book, problems = read(tmp_path, selling(keys))
    contract = book.contracts["packs"]
    assert problems == []
    assert (contract.refundable, contract.tax_kind, contract.tax_rate) == (
        *(True, "voucher_multi"),
        Decimal("19.5"),
    )
    assert contract.in_advance
    assert contract.revenue == RevenueTerms(
        gross_net="agent",
        pattern="time",
        cohort=("plan", "jurisdiction"),
        ssp={"a": Decimal("1.50")},
        position=contract.revenue.position,
    )


def test_what_is_not_said_is_the_usual(tmp_path: Path) -> None:
    book, problems = read(tmp_path, BOOK)
    assert problems == []
    packs, openai = book.contracts["packs"], book.contracts["openai"]
    assert (packs.tax_kind, openai.tax_kind) == ("sales", "cost")
    assert (packs.sells, openai.sells, packs.refundable) == (True, False, False)
    assert not packs.in_advance
    assert packs.revenue.cohort == ("plan", "month", "term")
    assert book.tax == TaxYear("", "", 12, afs=True)


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("pay: cash", ["gross-net-undeclared"]),
        ("revenue: {pattern: time}", ["gross-net-undeclared", "key-missing"]),
        ("revenue: {gross_net: gross}", ["value-invalid"]),
        ("revenue: {gross_net: agent, cohort: [plan, colour]}", ["value-invalid"]),
        ("revenue: {gross_net: agent, ssp: {a: -1}}", ["value-invalid"]),
        ("revenue: {gross_net: agent}, tax: {kind: cost}", ["side-mismatch"]),
        ("revenue: {gross_net: agent}, tax: {kind: sales}", []),
        ("revenue: {gross_net: agent}, tax: {kind: voucher_single}", []),
        ("revenue: {gross_net: agent}, tax: {kind: voucher_multi}", ["key-missing"]),
        ("revenue: {gross_net: agent}, tax: {kind: voucher_multi, rate: -1}", ["value-invalid"]),
        ("revenue: {gross_net: agent}, billing: {in: ahead}", ["value-invalid"]),
        ("revenue: {gross_net: agent}, refundable: maybe", ["value-invalid"]),
    ],
)
def test_contracts_that_sell(tmp_path: Path, keys: str, found: list[str]) -> None:
    assert sorted(codes(read(tmp_path, selling(keys))[1])) == found


@pytest.mark.parametrize(
    "keys",
    [
        "refundable: false",
        "billing: {in: advance}",
        "revenue: {gross_net: principal}",
        "tax: {kind: sales}",
        "tax: {kind: voucher_single}",
    ],
)
def test_what_a_contract_that_buys_must_not_say(tmp_path: Path, keys: str) -> None:
    book = BOOK.replace("party: OpenAI", f"party: OpenAI, {keys}")
    assert codes(read(tmp_path, book)[1]) == ["side-mismatch"]


@pytest.mark.parametrize(
    ("contract", "role"), [("packs", "accounts_receivable"), ("openai", "prepaid_credits")]
)
def test_accounts_are_checked_of_the_roles_that_a_side_has(
    tmp_path: Path, contract: str, role: str
) -> None:
    text = re.sub(rf"({contract}: .*party: )\w+", r"\1Two Words", BOOK)
    _, [problem] = read(tmp_path, text)
    assert problem.code == "account-name"
    assert f"gives {role} the account" in problem.message


def test_a_sellers_accounts_are_shared_with_no_other_role(tmp_path: Path) -> None:
    accounts = (
        "accounts: {deferred_revenue: 'Liabilities:Sold', sales_tax_payable: 'Liabilities:Sold'}\n"
    )
    assert {*codes(read(tmp_path, BOOK + accounts)[1])} == {"account-shared"}


def test_how_the_entity_is_taxed(tmp_path: Path) -> None:
    tax = "tax: {customer_method: accrual, provider_method: cash, year_end: 6, afs: false}\n"
    book, problems = read(tmp_path, BOOK + tax)
    assert (book.tax, problems) == (TaxYear("accrual", "cash", 6, afs=False), [])


@pytest.mark.parametrize("tax", ["{year_end: 13}", "{customer_method: cash}", "{afs: yes}", "{}"])
def test_how_it_is_not(tmp_path: Path, tax: str) -> None:
    assert len(codes(read(tmp_path, f"{BOOK}tax: {tax}\n")[1])) == 1


def test_a_tax_method_is_no_policy_of_the_books(tmp_path: Path) -> None:
    """It is acted on as the key ``tax`` of the book: as a policy it would do nothing."""
    policy = "policies: {tax: {provider_method: cash}}\n"
    assert codes(read(tmp_path, BOOK + policy)[1]) == ["policy-not-available"]


EVENTS = "date,contract,event,credits,paid,tax,tax_kind,fee\n"


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("2025-10-02,packs,sale,100,90,7.20,sales,2.64", []),
        ("2025-10-02,openai,purchase,100,90,7.20,cost,2.64", []),
        ("2025-10-02,packs,purchase,100,90,,,", ["event-side"]),
        ("2025-10-02,openai,sale,100,90,,,", ["event-side"]),
        ("2025-10-02,packs,sale,100,90,7.20,cost,", ["side-mismatch"]),
        ("2025-10-02,openai,purchase,100,90,7.20,sales,", ["side-mismatch"]),
        ("2025-10-02,packs,grant,100,90,,,", ["grant-paid"]),
    ],
)
def test_a_sale_is_what_a_purchase_is_to_the_customer(
    tmp_path: Path, row: str, found: list[str]
) -> None:
    facts, problems = read_facts(write_book(tmp_path, BOOK, credits=f"{EVENTS}{row}\n"))
    assert codes([problem for problem in problems if problem.is_error]) == found
    assert [event.event for event in (facts.credits if facts else ())] == (
        [] if found else ["purchase"]
    )


BOTH = """\
book: Acme
currency: USD
start: 2025-10
contracts:
  packs:
    {side: sell, plan: api, party: S, settle: prepaid, each: customer, revenue: {gross_net: agent}}
  seats: {side: buy, party: Bought, plan: api, settle: prepaid, each: customer}
"""
MANY = "date,contract,party,event,credits,lot,paid\n"


@pytest.mark.parametrize(
    ("rows", "in_table", "found"),
    [
        (["packs,a,sale", "seats,b,purchase", "packs,c,sale"], 3, []),
        (["packs,a,sale", "packs,b,purchase"], None, ["event-side"]),
        (["seats,a,purchase", "seats,b,sale"], None, ["event-side"]),
        (["packs,a,grant", "seats,b,grant"], 2, []),
    ],
)
def test_many_sales_are_read_as_few_are(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[str],
    in_table: int | None,
    found: list[str],
) -> None:
    monkeypatch.setattr(in_bulk, "LARGE_FILE", 0)
    lines = [f"2025-10-02,{row},1,lot-{number}," for number, row in enumerate(rows)]
    text = MANY + "\n".join(lines) + "\n"
    facts, problems = read_facts(write_book(tmp_path, BOTH, credits=text))
    assert codes([problem for problem in problems if problem.is_error]) == found
    if in_table is not None:
        assert facts is not None
        assert facts.credit_rows is not None
        assert facts.credits == ()


ADVANCE = "revenue: {gross_net: principal}, billing: {in: advance}"
INVOICES = "date,contract,invoice,amount,period_start,period_end,kind\n"
BILL = "2025-10-01,packs,S-1,300,2025-10-01,2025-12-31,invoice"
USED = "2025-10-31,packs,S-2,50,2025-10-01,2025-10-31,invoice"


@pytest.mark.parametrize(
    ("keys", "rows", "found"),
    [
        (ADVANCE, [BILL], []),
        ("revenue: {gross_net: principal}", [BILL], ["invoice-ahead"]),
        # the fee of days to come and the usage of days gone by are billed side by side
        (ADVANCE, [BILL, USED], []),
        (ADVANCE, [USED, USED.replace("S-2", "S-3")], ["invoice-overlap"]),
        (ADVANCE, [BILL, "2025-11-02,packs,S-1,300,,,receipt"], []),
        (ADVANCE, [BILL, "2025-11-02,packs,S-1,40,,,write_off"], []),
        (ADVANCE, [BILL, "2025-11-02,packs,S-1,-40,,,write_off"], ["cell-negative"]),
        (ADVANCE, [BILL, "2025-11-02,packs,S-9,40,,,write_off"], ["receipt-unmatched"]),
        (ADVANCE, [BILL, *["2025-11-02,packs,S-1,40,,,write_off"] * 2], ["invoice-duplicate"]),
        (
            ADVANCE,
            ["2025-11-02,openai,O-1,40,,,write_off"],
            ["receipt-unmatched", "side-mismatch"],
        ),
    ],
)
def test_documents_of_a_seller(
    tmp_path: Path, keys: str, rows: list[str], found: list[str]
) -> None:
    text = INVOICES + "\n".join(rows) + "\n"
    problems = read_facts(write_book(tmp_path, selling(keys), invoices=text))[1]
    assert sorted(codes([problem for problem in problems if problem.is_error])) == found


def test_what_is_billed_ahead_is_told_apart(tmp_path: Path) -> None:
    folder = write_book(tmp_path, selling(ADVANCE), invoices=f"{INVOICES}{BILL}\n{USED}\n")
    facts, _ = read_facts(folder)
    assert facts is not None
    assert [invoice.advance for invoice in facts.invoices] == [True, False]


OPENING = "role,contract,amount,service_period\n"


@pytest.mark.parametrize(
    ("row", "role", "amount"),
    [
        # what customers owe is what payers owe, seen from the other side
        ("accounts_receivable,packs,80.00,", "accounts_payable", "-80.00"),
        ("unbilled_receivable,packs,90.00,2025-09", "accrued_expenses", "-90.00"),
        ("sales_tax_payable,packs,-7.00,", "sales_tax_expense", "7.00"),
        # roles that payers have not are turned round alone
        ("allowance_credit_losses,packs,-5.00,", "allowance_credit_losses", "5.00"),
        ("unclaimed_property_liability,packs,-5.00,", "unclaimed_property_liability", "5.00"),
        # lots carry deferred revenue: the row is for the breakage recognised before
        ("deferred_revenue,packs,-70.00,2025-08", "deferred_revenue", "-70.00"),
        ("accounts_payable,openai,-80.00,", "accounts_payable", "-80.00"),
    ],
)
def test_opening_balances_are_turned_into_the_payers_view(
    tmp_path: Path, row: str, role: str, amount: str
) -> None:
    facts, problems = read_facts(write_book(tmp_path, BOOK, opening=f"{OPENING}{row}\n"))
    assert codes(problems) == []
    assert facts is not None
    [balance] = facts.opening
    assert (balance.role, balance.amount) == (role, Decimal(amount))
    assert balance.service_period == (row.split(",")[3] or "")


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("accounts_receivable,packs,-80.00,", ["opening-sign"]),
        ("unbilled_receivable,packs,-90.00,2025-09", ["opening-sign"]),
        ("unbilled_receivable,packs,90.00,", ["cell-missing"]),
        ("deferred_revenue,packs,70.00,", ["opening-sign"]),
        ("accounts_payable,packs,-80.00,", ["side-mismatch"]),
        ("prepaid_credits,packs,80.00,", ["side-mismatch"]),
        ("deferred_revenue,openai,-70.00,", ["side-mismatch"]),
        ("contract_asset,openai,70.00,", ["side-mismatch"]),
    ],
)
def test_opening_balances_of_the_wrong_side_or_sign(
    tmp_path: Path, row: str, found: list[str]
) -> None:
    folder = write_book(tmp_path, BOOK, opening=f"{OPENING}{row}\n")
    assert codes(read_facts(folder)[1]) == found


@pytest.mark.parametrize(
    ("kind", "found"),
    [("voucher_multi, rate: 19", ["cell-misplaced"]), ("voucher_single", []), ("sales", [])],
)
def test_vat_that_falls_due_on_use_is_not_told_at_the_sale(
    tmp_path: Path, kind: str, found: list[str]
) -> None:
    text = BOOK.replace("prepaid, revenue", f"prepaid, tax: {{kind: {kind}}}, revenue")
    rows = "date,contract,event,credits,paid,tax\n2025-10-02,packs,sale,100,100,19\n"
    assert codes(read_facts(write_book(tmp_path, text, credits=rows))[1]) == found


@pytest.mark.parametrize(("refundable", "found"), [(True, ["opening-prepaid"]), (False, [])])
def test_what_is_paid_back_on_demand_is_opened_lot_by_lot(
    tmp_path: Path, refundable: bool, found: list[str]
) -> None:
    """Elsewhere a refund liability is what is owed for rebates, which no lot carries."""
    text = BOOK.replace(
        "prepaid, revenue", f"prepaid, refundable: {str(refundable).lower()}, revenue"
    )
    folder = write_book(tmp_path, text, opening=f"{OPENING}refund_liability,packs,-70.00,\n")
    assert codes(read_facts(folder)[1]) == found


@pytest.mark.parametrize(
    ("definition", "found"),
    [
        ("docs/resolved.md", []),
        ("answered without a person", []),
        ("resolved", []),
        ("docs/solved.md", ["file-missing"]),
        ("../resolved.md", ["file-missing"]),
    ],
)
def test_the_definition_of_an_action_is_a_text_or_a_file_of_the_book(
    tmp_path: Path, definition: str, found: list[str]
) -> None:
    actions = f"actions: {{input_tokens: {{definition: {definition}, reversal: 7 days}}}}\n"
    folder = write_book(tmp_path, BOOK, PLAN + actions)
    (folder / "docs").mkdir()
    (folder / "docs/resolved.md").write_text("Answered, and not opened again.\n")
    facts, problems = read_facts(folder)
    assert codes([problem for problem in problems if problem.is_error]) == found
    if facts:
        [action] = facts.plans["api"].actions.values()
        assert action == Action(definition, Length(days=7), position=action.position)
