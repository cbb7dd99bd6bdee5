from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.small_book import BOOK, codes, write_book
from tokenbooks.book import Book, PolicyValue
from tokenbooks.conditions import Conditions
from tokenbooks.periods import Period
from tokenbooks.problems import Problem
from tokenbooks.sources.book import read_book
from tokenbooks.sources.formats import parse_zone

FULL = """\
book: Northwind Labs
currency: EUR
start: 2025-10
timezone: Europe/Berlin
journal: beancount
post: [accrual, purchases]
post_usage: week
contracts:
  openai:
    side: buy
    party: OpenAI
    plan: openai-api
    settle: prepaid
    pay: card
    from: 2025-10
    until: 2026-10-15
    timezone: UTC
    tax: {kind: reverse_charge}
    usage:
      - usage/openai/*
      - {files: usage/plain.csv, format: plain, scope: {project: lab},
         meters: [clips], dimensions: [floor]}
    statement: statements/*.csv
  anthropic:
    side: buy
    party: Anthropic
    plan: anthropic-api
    settle: arrears
names:
  project: {proj_8hT2: Research}
keep: [model, project]
allocate:
  - when: {project: [lab, "lab-*"], batch: true}
    class: rd
    cost_center: research
    from: 2025-10
    until: 2026-01
  - when: {api_key: shared}
    split: [{share: 60.5, class: cogs}, {share: 39.5, class: demos, cost_center: 4200}]
  - when: {service: store}
    role: ai_storage_expense
    class: rd
  - class: capitalized
accounts:
  prepaid_credits: "Assets:Prepaid:AI:{party}"
  ai_expense_demos: Expenses:AI:Demos
policies:
  accrual_method: auto_reverse
  lot_order: [priority, expiry, id]
  free_first:
    - {value: false, from: 2026-01, by: A. Controller, why: memo 7}
    - value: true
  breakage: {denominator: expected_redemption}
"""


def read(folder: Path, text: str) -> tuple[Book, list[Problem]]:
    book, problems = read_book(write_book(folder, text))
    assert book is not None
    return book, problems


@pytest.fixture
def full(tmp_path: Path) -> Book:
    book, problems = read(tmp_path, FULL)
    assert problems == []
    return book


def test_the_entity_and_its_choices(full: Book) -> None:
    assert (full.name, full.currency, full.start) == (
        "Northwind Labs",
        "EUR",
        Period.month(2025, 10),
    )
    assert (full.timezone, full.journal, full.post_usage) == ("Europe/Berlin", "beancount", "week")
    assert full.post == ("purchases", "accrual")
    assert full.keep == ("model", "project")
    assert full.names == {"project": {"proj_8hT2": "Research"}}


def test_what_a_small_book_leaves_out_has_defaults(tmp_path: Path) -> None:
    book, problems = read(tmp_path, BOOK)
    assert problems == []
    assert (book.timezone, book.journal, book.post_usage) == ("UTC", "ledger", "month")
    assert book.post == ("purchases", "invoices", "consumption", "accrual", "expiry")
    assert book.keep == ("model", "project", "api_key", "customer")
    files = (book.credits_files, book.invoices_files, book.opening_file, book.balances_files)
    assert files == ("credits.csv", "invoices.csv", "opening.csv", "balances.csv")
    assert (book.contracts["openai"].pay, book.contracts["anthropic"].pay) == ("card", "cash")


def test_contracts(full: Book) -> None:
    openai = full.contracts["openai"]
    assert (openai.from_day, openai.until_day) == (date(2025, 10, 1), date(2026, 10, 15))
    assert (openai.timezone, openai.tax_kind, openai.settle) == ("UTC", "reverse_charge", "prepaid")
    plain = openai.usage[1]
    assert [source.files for source in openai.usage] == ["usage/openai/*", "usage/plain.csv"]
    assert (plain.format, plain.scope) == ("plain", (("project", "lab"),))
    assert (plain.meters, plain.dimensions) == (("clips",), ("floor",))
    assert [source.files for source in openai.statement] == ["statements/*.csv"]
    assert (openai.position.line, plain.position.line) == (9, 21)


def test_allocation(full: Book) -> None:
    first, split, storage, rest = full.allocate
    assert first.when == Conditions.of({"project": ("lab", "lab-*"), "batch": ("true",)})
    assert (first.from_day, first.until_day) == (date(2025, 10, 1), date(2026, 1, 1))
    assert [(s.share, s.role, s.class_, s.cost_center) for s in first.shares] == [
        (Decimal(100), "ai_expense_rd", "rd", "research")
    ]
    assert [(s.share, s.role, s.class_, s.cost_center) for s in split.shares] == [
        (Decimal("60.5"), "ai_expense_cogs", "cogs", ""),
        (Decimal("39.5"), "ai_expense_demos", "demos", "4200"),
    ]
    assert (storage.shares[0].role, storage.shares[0].class_) == ("ai_storage_expense", "rd")
    assert (rest.when, rest.shares[0].role) == (Conditions(), "capitalized_software")


def test_policies(full: Book) -> None:
    assert full.policies == {
        "accrual_method": (PolicyValue("auto_reverse"),),
        "lot_order": (PolicyValue("priority,expiry,id"),),
        "free_first": (
            PolicyValue("true"),
            PolicyValue("false", date(2026, 1, 1), "A. Controller", "memo 7"),
        ),
        "breakage.denominator": (PolicyValue("expected_redemption"),),
    }
    assert full.policy("free_first", date(2025, 12, 31)) == "true"
    assert full.policy("free_first", date(2026, 1, 1)) == "false"


def test_accounts_by_party(full: Book) -> None:
    openai = full.contracts["openai"]
    assert full.account("prepaid_credits", openai) == "Assets:Prepaid:AI:OpenAI"
    assert full.account("accrued_expenses", openai) == "Liabilities:Accrued:OpenAI"
    assert full.account("ai_expense_demos", openai) == "Expenses:AI:Demos"


@pytest.mark.parametrize(
    "policy",
    [
        "framework: ifrs",
        "lot_order: provider",
        "lot_order: average",
        "lot_order: [scope, id]",
        "sla_credit: reduce_expense",
        "lot_order: [{value: [id], from: 2025-10}]",
        "bonus_basis: zero",
        "nonrecoverable_tax: expense",
        "approval: single",
        "posting_threshold: 0.00",
        "recon_tolerance: 5",
        "materiality: [{value: 100, from: 2025-10}, {value: 250.50, from: 2026-01}]",
        "cutoff_tz: UTC",
        "review_ratio: 3.0",
        "writedown_expected_unused: false",
        "tax: {customer_method: none}",
    ],
)
def test_policies_that_are_acted_on_or_are_defaults(tmp_path: Path, policy: str) -> None:
    assert read(tmp_path, f"{BOOK}policies:\n  {policy}\n")[1] == []


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("lot_order: lifo", "value-invalid"),
        ("lot_order: [newest]", "value-invalid"),
        ("expiry_date_rule: exclusive", "policy-not-available"),
        ("recon_tolerance: -5", "value-invalid"),
        ("materiality: [{value: some}]", "value-invalid"),
        ("recon_tolerance: 5%", "value-invalid"),
        ("cutoff_tz: Asia/Tokyo", "policy-not-available"),
        ("gross_net: agent", "policy-not-available"),
        ("lot_ordering: fifo", "unknown-key"),
        ("breakage: {denominators: issued}", "unknown-key"),
        ("free_first: [{from: 2025-10}]", "key-missing"),
    ],
)
def test_policies_that_are_not(tmp_path: Path, policy: str, code: str) -> None:
    assert codes(read(tmp_path, f"{BOOK}policies:\n  {policy}\n")[1]) == [code]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("post: [purchases, expirey]", ["value-invalid"]),
        ("post: []", []),
        ("keep: model", ["value-invalid"]),
        ("allocate:", []),
        ("accounts:\n", []),
        ("allocate:\n  - {when: {project: a}, class: R&D}", ["value-invalid", "class-unmapped"]),
        ("allocate:\n  - {when: {project: a}, class: rd, cost_center: R D}", ["value-invalid"]),
        ("allocate:\n  - {when: {project: a}, by: tokens}", ["not-available"]),
        ("allocate:\n  - {when: {}, class: rd}", ["value-missing"]),
        ("allocate:\n  - {when: {project: a}, class: rd, role: cash}", ["role-unknown"]),
        ("allocate:\n  - {when: {project: a}, split: []}", ["value-missing"]),
        ("accounts: {ai_expense: Expenses:Künstliche}", ["account-name"]),
        ("accounts: {ai_expenses: Expenses:AI}", ["unknown-key"]),
        ("accounts: {cash: Assets}", ["account-name"]),
        ('accounts: {cash: "Assets:{partei}"}', ["account-name"]),
        ("names: {project: [a]}", ["value-invalid"]),
        ("opening: none.csv", ["file-missing"]),
        ("balances: b.csv", ["file-missing"]),
        ("recorded: [{files: a.journal}]", []),
        ("recorded: {file: a.journal}", ["key-missing", "unknown-key"]),
    ],
)
def test_single_lines(tmp_path: Path, lines: str, found: list[str]) -> None:
    assert sorted(codes(read(tmp_path, f"{BOOK}{lines}\n")[1])) == sorted(found)


@pytest.mark.parametrize(
    ("party", "found"),
    [
        ("Mistral-AI", []),
        ("2Bit", []),
        ("Open AI", ["account-name"]),
        ("openai", ["account-name"]),
        ("'#1 AI'", ["account-name", "payee-name"]),
        ("'A, B'", ["account-name", "payee-name"]),
    ],
)
def test_a_party_is_part_of_account_names_and_a_payee(
    tmp_path: Path, party: str, found: list[str]
) -> None:
    assert sorted(codes(read(tmp_path, BOOK.replace("OpenAI", party))[1])) == found


def test_a_party_with_a_space_is_fine_where_accounts_do_not_use_it(tmp_path: Path) -> None:
    accounts = """\
accounts:
  prepaid_credits: Assets:Prepaid:Open-AI
  accounts_payable: Liabilities:Payable
  accrued_expenses: Liabilities:Accrued
"""
    assert read(tmp_path, BOOK.replace("OpenAI", "Open AI") + accounts)[1] == []


def test_a_missing_party_is_the_contracts_id(tmp_path: Path) -> None:
    book, _ = read(tmp_path, BOOK.replace("party: OpenAI, ", ""))
    assert book.contracts["openai"].party == "openai"


def test_all_mistakes_are_told_in_one_run(tmp_path: Path) -> None:
    text = BOOK.replace("USD", "dollar").replace("card", "cart").replace("arrears", "later")
    problems = read(tmp_path, text + "jurnal: ledger\n")[1]
    assert len(problems) == 4
    assert {problem.position.line for problem in problems} == {2, 5, 6, 7}


@pytest.mark.parametrize("name", ["localtime", "posixrules", "posix/UTC", "right/Europe/Berlin"])
def test_files_beside_the_zones_are_no_zones(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        parse_zone(name)
