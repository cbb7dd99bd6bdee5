"""Contracts with parties of their own: the file about them, and the cells that name one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.small_book import BOOK, codes, write_book
from tokenbooks.book import Book, Party
from tokenbooks.conditions import Conditions
from tokenbooks.problems import NOWHERE, Problem
from tokenbooks.sources.book_files import read_facts

EACH = BOOK.replace("pay: card", "pay: card, each: customer, parties: customers.csv")


def read(folder: Path, book: str, **files: str) -> tuple[Book | None, list[Problem]]:
    facts, problems = read_facts(write_book(folder, book, **files))
    return facts.book if facts else None, problems


def test_the_file_of_parties(tmp_path: Path) -> None:
    text = (
        "customer,name,from,until,pool,jurisdiction\n"
        "a,Acme Corp.,2025-10-15,2026-01-01,group,US-CA\nb,,,,,\n"
    )
    book, problems = read(tmp_path, EACH, customers=text)
    assert (problems, book is None) == ([], False)
    assert book
    contract = book.contracts["openai"]
    assert contract.each == "customer"
    assert contract.parties == {
        "a": Party(
            "a",
            "Acme Corp.",
            date(2025, 10, 15),
            date(2026, 1, 1),
            "group",
            "US-CA",
            contract.parties["a"].position,
        ),
        "b": Party("b", position=contract.parties["b"].position),
    }
    assert contract.parties["b"].position != NOWHERE


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("customer\na\n", []),
        ("client,name\na,A\n", ["column-unknown", "column-missing"]),
        ("customer,name\na,A\na,B\n", ["party-duplicate"]),
        ("customer,name\n,A\n", ["cell-missing"]),
        ("customer,from,until\na,2026-01-01,2026-01-01\n", ["dates-order"]),
        ("customer,from\na,2026-01\n", ["cell-invalid"]),
        ("customer,pool\na,of all\n", ["cell-invalid"]),
        ("customer,currency\na,EUR\n", ["not-available"]),
        ("customer,plan\na,\n", []),
        ("customer,size\na,5\n", ["column-unknown"]),
    ],
)
def test_mistakes_in_it(tmp_path: Path, text: str, found: list[str]) -> None:
    assert sorted(codes(read(tmp_path, EACH, customers=text)[1])) == sorted(found)


@pytest.mark.parametrize(
    ("contract", "found"),
    [
        ("each: customer", ["file-not-read"]),
        ("each: custmer", ["dimension-mistyped", "file-not-read"]),
        ("parties: customers.csv", ["key-alone"]),
        ("each: customer, parties: clients.csv", ["file-missing", "file-not-read"]),
        ("each: customer, parties: ../customers.csv", ["path-outside", "file-not-read"]),
        ("each: customer, parties: 'cust*.csv'", []),
    ],
)
def test_keys_of_a_contract(tmp_path: Path, contract: str, found: list[str]) -> None:
    book = BOOK.replace("pay: card", f"pay: card, {contract}")
    problems = read(tmp_path, book, customers="customer\na\n")[1]
    assert sorted(codes(problems)) == sorted(found)


def test_scope_pool_and_order_of_a_contract(tmp_path: Path) -> None:
    keys = 'scope: {model: ["b*", a]}, pool: group, lot_order: [scope, expiry]'
    book, problems = read(tmp_path, BOOK.replace("pay: card", f"pay: card, {keys}"))
    assert problems == []
    assert book
    contract = book.contracts["openai"]
    assert contract.scope == Conditions.of({"model": ("a", "b*")})
    assert (contract.pool, contract.lot_order) == ("group", "scope,expiry")


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("lot_order: average", []),
        ("lot_order: lifo", ["value-invalid"]),
        ("lot_order: [average]", ["value-invalid"]),
        ("lot_order: []", ["value-missing"]),
        ("scope: {office: a}", ["dimension-unknown"]),
        ("scope: {office: a}, each: office", []),
        ("scope: gpt-4o", ["value-invalid"]),
        ("pool: a b", ["value-invalid"]),
    ],
)
def test_mistakes_in_them(tmp_path: Path, keys: str, found: list[str]) -> None:
    assert codes(read(tmp_path, BOOK.replace("pay: card", f"pay: card, {keys}"))[1]) == found


@pytest.mark.parametrize("key", ["pool: group", "scope: {model: a}", "lot_order: fifo"])
def test_a_contract_in_arrears_has_no_credits(tmp_path: Path, key: str) -> None:
    book = BOOK.replace("settle: arrears", f"settle: arrears, {key}")
    assert codes(read(tmp_path, book)[1]) == ["credits-arrears"]


@pytest.mark.parametrize(
    ("row", "found", "party"),
    [
        ("accounts_payable,openai,-5,a", [], "a"),
        ("accounts_payable,openai,-5,", ["cell-missing"], None),
        ("accounts_payable,anthropic,-5,", [], ""),
        ("accounts_payable,anthropic,-5,Anthropic", [], ""),
        ("accounts_payable,anthropic,-5,a", ["party-unneeded"], None),
    ],
)
def test_the_party_of_an_opening(
    tmp_path: Path, row: str, found: list[str], party: str | None
) -> None:
    book = BOOK.replace("pay: card", "pay: card, each: customer")
    write_book(tmp_path, book, opening=f"role,contract,amount,party\n{row}\n")
    facts, problems = read_facts(tmp_path)
    assert codes(problems) == found
    assert [opening.party for opening in (facts.opening if facts else ())] == (
        [] if party is None else [party]
    )
