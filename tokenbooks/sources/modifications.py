"""Reads ``modifications.yaml``: changes of contracts, with the answers that decide them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from tokenbooks.book import Book
from tokenbooks.documents import AddedCredits, Modification
from tokenbooks.problems import Problem, any_error
from tokenbooks.sources.credits.in_bulk import LargeFile
from tokenbooks.sources.credits.references import KnownLots
from tokenbooks.sources.files import matching_files
from tokenbooks.sources.formats import read_value
from tokenbooks.sources.modification_checks import check_modifications
from tokenbooks.sources.schema_check import check_tree, load_schema
from tokenbooks.sources.sell_side import decimal_of
from tokenbooks.sources.yaml_tree import Node, read_tree


def read_modifications(
    book: Book, directory: Path, lots: KnownLots, large: LargeFile | None = None
) -> tuple[tuple[Modification, ...], list[Problem]]:
    """The changes in the order of the file, those that nobody approved among them.

    ``lots`` are those that rows of credits make, ``large`` has those that are in a table.
    Problems: those of the file and its schema, and those of ``check_modifications``.
    """
    found: list[Modification] = []
    problems: list[Problem] = []
    for path in matching_files(directory, book.modifications_file):
        tree, wrong = read_tree(path)
        wrong += check_tree(tree, load_schema("modifications")) if tree else []
        problems += wrong
        if tree is not None and not any_error(wrong):
            found += [_of_contract(_read(node), lots) for node in tree["modifications"]]
    problems += check_modifications(found, book, lots, large)
    return tuple(found), problems


def _of_contract(item: Modification, lots: KnownLots) -> Modification:
    """The change in the words of its contract.

    A contract with one party has no name for it; of a plan that prices in credits, what is
    added is taken at its list value, as lots hold it.
    """
    contract = lots.book.contracts.get(item.contract)
    plan = lots.plans.get(contract.plan) if contract else None
    if contract and contract.each is None and item.party == contract.party:
        item = replace(item, party="")
    if item.added and plan and plan.credit:
        added = replace(item.added, credits=item.added.credits * plan.credit.worth)
        item = replace(item, added=added)
    return item


def _read(node: Node) -> Modification:
    added = node["added"]
    return Modification(
        id=node["id"].word(),
        day=_day(node["date"]) or date.min,
        contract=node["contract"].word(),
        kind=node["kind"].word(),
        party=node["party"].word(),
        before=_terms(node["before"]),
        after=_terms(node["after"]),
        added=_added(added) if added else None,
        distinct=_answer(node["distinct"]),
        at_ssp=_answer(node["at_ssp"]),
        ssp=decimal_of(node["ssp"]),
        lots=node["lots"].words(),
        expires=_day(node["expires"]),
        refund=decimal_of(node["refund"]),
        past_service_credit=decimal_of(node["past_service_credit"]) or Decimal(0),
        progress=decimal_of(node["progress"]),
        price=decimal_of(node["price"]),
        evidence=node["evidence"].word(),
        prepared=node["prepared"].word(),
        approved=node["approved"].word(),
        approved_on=_day(node["approved_on"]),
        position=node.position,
        digest=hashlib.sha256(_canonical(node).encode()).hexdigest()[:16],
    )


def _added(node: Node) -> AddedCredits:
    return AddedCredits(
        decimal_of(node["credits"]) or Decimal(0),
        decimal_of(node["paid"]) or Decimal(0),
        _day(node["expires"]),
        node["lot"].word(),
    )


def _day(node: Node) -> date | None:
    value = read_value("day", node.word()) if node else None
    return value if isinstance(value, date) else None


def _answer(node: Node) -> bool | None:
    return node.word() == "true" if node else None


def _terms(node: Node) -> dict[str, str]:
    return {name: value.word() for name, value in node.entries.items()}


def _canonical(node: Node) -> str:
    """The content of a node, whatever the order of its keys: what its digest is of."""
    if node.entries:
        inside = sorted(f"{key}={_canonical(value)}" for key, value in node.entries.items())
        return "{" + "\0".join(inside) + "}"
    return "[" + "\0".join(map(_canonical, node.items)) + "]" if node.items else node.text
