"""All files of a book as facts: the one function that the commands start from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tokenbooks.facts import Facts
from tokenbooks.names import nearest
from tokenbooks.problems import Position, Problem, any_error, error, in_order, warning
from tokenbooks.rating.plan import Plan
from tokenbooks.sources.actions import check_definitions
from tokenbooks.sources.adjustments import read_adjustments
from tokenbooks.sources.balances import read_balances
from tokenbooks.sources.book import BOOK_FILE, BookFile, read_book_file
from tokenbooks.sources.credits.contracts import check_contract_credits
from tokenbooks.sources.credits.in_bulk import read_large_file
from tokenbooks.sources.credits.reading import COLUMNS, read_credits
from tokenbooks.sources.credits.references import KnownLots
from tokenbooks.sources.estimates import read_estimates
from tokenbooks.sources.exchange_rates import read_rates
from tokenbooks.sources.files import matching_files, shown
from tokenbooks.sources.invoices import read_invoices
from tokenbooks.sources.modifications import read_modifications
from tokenbooks.sources.opening import read_opening
from tokenbooks.sources.plans import plan_files, read_plans

#: Files of facts that are documented but not read by this version.
UNREAD = ("customers.csv", "assets.yaml")


def find_book(start: Path) -> Path | None:
    """The nearest folder from ``start`` upward that holds a book; None if there is none."""
    folder = start.absolute()
    for candidate in (folder, *folder.parents):
        if (candidate / BOOK_FILE).is_file():
            return candidate
    return None


def read_facts(directory: Path) -> tuple[Facts | None, list[Problem]]:
    """All that a book's own files state, usage apart; every problem of all files, in order.

    None where any problem is an error.
    """
    file, problems = read_book_file(directory)
    if file is None:
        return None, problems
    book = file.book
    plans, found = read_plans(directory)
    problems += found
    problems += _check_plans(file, plans, directory)
    problems += check_contract_credits(file, plans)
    problems += check_definitions(plans.values(), directory)
    large = read_large_file(book, directory, plans, COLUMNS.known)
    events, found = read_credits(book, directory, plans, large)
    problems += found
    opening, found = read_opening(book, directory)
    problems += found
    rates, found = read_rates(book, directory)
    problems += found
    lots = KnownLots(events, book, plans)
    modifications, found = read_modifications(book, directory, lots, large)
    problems += found
    invoices, found = read_invoices(book, directory, events, opening, rates, modifications)
    problems += found
    balances, found = read_balances(book, directory, plans)
    problems += found
    adjustments, found = read_adjustments(book, directory)
    problems += found
    estimates, found = read_estimates(book, directory)
    problems += found
    problems += _unread_files(file, directory)
    ordered = in_order(problems)
    if any_error(ordered):
        return None, ordered
    facts = Facts(book, plans, events, invoices, opening, balances, rates, adjustments)
    facts = replace(facts, estimates=estimates, modifications=modifications)
    return replace(facts, credit_rows=large.rows if large else None), ordered


def _check_plans(file: BookFile, plans: Mapping[str, Plan], directory: Path) -> Iterator[Problem]:
    """The plan of each contract must exist."""
    # a plan whose file could not be read has told its own problem
    known = {*plans, *(path.stem for path in plan_files(directory))}
    for name, contract in file.book.contracts.items():
        place = file.tree["contracts"][name]["plan"].position
        if contract.plan and contract.plan not in known:
            near = nearest(contract.plan, known)
            help = f"did you mean '{near}'?" if near else f"write plans/{contract.plan}.yaml"
            message = f"there is no plan '{contract.plan}'"
            yield error("plan-unknown", message, help, place)


def _unread_files(file: BookFile, directory: Path) -> Iterator[Problem]:
    read = {
        path
        for node in file.tree["contracts"].entries.values()
        for path in matching_files(directory, node["parties"].word())
    }
    for name in UNREAD:
        for path in [path for path in matching_files(directory, name) if path not in read]:
            message = f"{name} is not read"
            help = "name it under a contract, as `parties: customers.csv`"
            if name != "customers.csv":
                help = "it is planned; move it out of the book's folder to silence this"
            yield warning("file-not-read", message, help, Position(shown(path)))
