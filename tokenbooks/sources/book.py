"""Reads ``tokenbooks.yaml``: the book with its contracts, rules, accounts and policies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tokenbooks.book import ENTRY_KINDS, Book, TaxYear
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, error, merged, warning
from tokenbooks.sources.accounts import check_accounts, check_roles, read_accounts
from tokenbooks.sources.allocation import read_allocation
from tokenbooks.sources.contracts import read_contracts
from tokenbooks.sources.files import is_outside, links_outside, matching_files, shown
from tokenbooks.sources.formats import read_value
from tokenbooks.sources.plan_names import mistyped_dimension
from tokenbooks.sources.policies import read_policies
from tokenbooks.sources.recorded.keys import read_recorded_sources
from tokenbooks.sources.schema_check import check_tree, load_schema
from tokenbooks.sources.usage_sources import check_inside
from tokenbooks.sources.yaml_tree import Node, read_tree

BOOK_FILE = "tokenbooks.yaml"

#: How many links out of the book are told one by one.
_LINKS_TOLD = 3

#: Keys of the book that name its small files, each ``<key>.csv`` by default.
_SMALL_FILES = (
    *("credits", "invoices", "opening", "balances", "rates", "adjustments"),
    *("estimates", "modifications"),
)

_KEPT = ("model", "project", "api_key", "customer")


@dataclass(frozen=True, slots=True)
class BookFile:
    """The book beside the tree it was read from, for the places of its keys."""

    book: Book
    tree: Node


def read_book(directory: Path) -> tuple[Book | None, list[Problem]]:
    """The book of a folder, as far as it can be read, and every problem found in it.

    None only where the file is missing or is no YAML mapping. With an error among the
    problems the book serves to find further problems, never to compute figures.
    """
    file, problems = read_book_file(directory)
    return (file.book if file else None), problems


def read_book_file(directory: Path) -> tuple[BookFile | None, list[Problem]]:
    """Like ``read_book``, with the tree."""
    path = directory / BOOK_FILE
    if not path.is_file():
        message = f"there is no {BOOK_FILE} here"
        help = "make a book with `tokenbooks init`, or name its folder with --book"
        return None, [error("book-missing", message, help, Position(shown(path)))]
    tree, problems = read_tree(path)
    if tree is None:
        return None, problems
    problems += check_tree(tree, load_schema("tokenbooks"))
    book = _read_book(tree, directory, problems)
    _check_files(directory, tree, problems)
    problems += _links_outside(directory, book, tree)
    return BookFile(book, tree), problems


def _read_book(tree: Node, directory: Path, problems: list[Problem]) -> Book:
    contracts = read_contracts(tree["contracts"], directory, problems)
    accounts = read_accounts(tree["accounts"])
    check_roles(tree["accounts"], tree["allocate"], problems)
    check_accounts(tree["accounts"], tree["contracts"], contracts, problems)
    start = read_value("month", tree["start"].word())
    return Book(
        name=tree["book"].word(),
        currency=tree["currency"].word(),
        start=start if isinstance(start, Period) else Period.month_of(date(2000, 1, 1)),
        timezone=tree["timezone"].word("UTC"),
        journal=tree["journal"].word("ledger"),
        contracts=contracts,
        post=_read_post(tree["post"]),
        post_usage=tree["post_usage"].word("month"),
        allocate=read_allocation(tree["allocate"], accounts, problems),
        accounts=accounts,
        policies=read_policies(tree["policies"], problems),
        names=_read_names(tree["names"]),
        keep=tree["keep"].words() if "keep" in tree else _KEPT,
        redact=_read_redact(tree["redact"], problems),
        credits_files=tree["credits"].word("credits.csv"),
        invoices_files=tree["invoices"].word("invoices.csv"),
        opening_file=tree["opening"].word("opening.csv"),
        balances_files=tree["balances"].word("balances.csv"),
        rates_files=tree["rates"].word("rates.csv"),
        adjustments_files=tree["adjustments"].word("adjustments.csv"),
        estimates_files=tree["estimates"].word("estimates.csv"),
        modifications_file=tree["modifications"].word("modifications.yaml"),
        tax=_read_tax(tree["tax"]),
        recorded=read_recorded_sources(tree["recorded"], problems),
        account_positions={
            role: tree["accounts"].key_position(role) for role in tree["accounts"].entries
        },
        position=tree.position,
    )


def _read_post(node: Node) -> tuple[str, ...]:
    chosen = node.words()
    return tuple(kind for kind in ENTRY_KINDS if kind in chosen) if node else ENTRY_KINDS


def _read_tax(node: Node) -> TaxYear:
    end = node["year_end"].word()
    return TaxYear(
        customer_method=node["customer_method"].word(),
        provider_method=node["provider_method"].word(),
        year_end=int(end) if end.isdecimal() else 12,
        afs=node["afs"].word("true") == "true",
    )


def _read_names(node: Node) -> dict[str, dict[str, str]]:
    return {
        dimension: {key: name.word(key) for key, name in names.entries.items()}
        for dimension, names in node.entries.items()
    }


def _read_redact(node: Node, problems: list[Problem]) -> tuple[str, ...]:
    """Dimensions to hide; one that is mistyped would leave people in sight."""
    for item in node:
        near = mistyped_dimension(item.word())
        if near:
            message = f"'{item.word()}' is not a standard dimension, but looks like '{near}'"
            help = f"write {near}, or give it another name if it is one of your own"
            problems.append(warning("dimension-mistyped", message, help, item.position))
    return node.words()


def _check_files(directory: Path, tree: Node, problems: list[Problem]) -> None:
    """Files that the book names must be there; the default names may be absent.

    One that is there but cannot be taken, a link out of the book or a folder, is not absent.
    """
    for key in _SMALL_FILES:
        pattern = tree[key].word()
        check_inside(tree[key], problems)
        default = directory / (f"{key}.yaml" if key == "modifications" else f"{key}.csv")
        if not pattern and os.path.lexists(default) and not matching_files(directory, default.name):
            message = f"{default.name} is no file of this folder, but a link out of it, or a folder"
            help = "put the file itself into the book's folder"
            problems.append(error("path-outside", message, help, Position(shown(default))))
        if pattern and not is_outside(pattern) and not _is_there(directory, pattern):
            message = f"no file of the book matches '{pattern}'"
            help = f"add the file, correct the name, or take the key '{key}' away"
            problems.append(error("file-missing", message, help, tree[key].position))


def _is_there(directory: Path, pattern: str) -> bool:
    return bool(matching_files(directory, pattern) or links_outside(directory, pattern))


def _links_outside(directory: Path, book: Book, tree: Node) -> list[Problem]:
    """Files that the book names, and that are links out of its folder."""
    patterns = [tree[key].word() for key in _SMALL_FILES]
    patterns += [node["parties"].word() for node in tree["contracts"].entries.values()]
    for contract in book.contracts.values():
        patterns += [source.files for source in (*contract.usage, *contract.statement)]
    patterns += [source.files for source in book.recorded]
    found = [path for name in dict.fromkeys(patterns) for path in links_outside(directory, name)]
    problems = []
    for path in dict.fromkeys([*found, *links_outside(directory, "plans/*.y*ml")]):
        message = f"{path.relative_to(directory).as_posix()} is a link out of the book's folder"
        help = "put the file itself there: a book's figures come from its own folder"
        problems.append(error("path-outside", message, help, Position(shown(path))))
    return merged(problems, keep=_LINKS_TOLD)
