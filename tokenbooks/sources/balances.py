"""Reads ``balances.csv``: the credit balances that the provider displays.

They are evidence: what the lots say is tied to them, and no figure comes from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from tokenbooks.book import Book, Contract
from tokenbooks.documents import DisplayedBalance
from tokenbooks.problems import Position, Problem, error
from tokenbooks.rating.plan import Plan
from tokenbooks.sources.files import matching_files
from tokenbooks.sources.references import contract_of, party_of
from tokenbooks.sources.rows import Cells, Columns, Row, read_rows

COLUMNS = Columns(required=("date", "contract", "balance"), optional=("party", "currency"))


def read_balances(
    book: Book, directory: Path, plans: Mapping[str, Plan]
) -> tuple[tuple[DisplayedBalance, ...], list[Problem]]:
    """The displayed balances, in the order of the files.

    Problems: those of the files, ``balance-duplicate``, ``balance-currency`` and
    ``credits-arrears``.
    """
    balances: list[DisplayedBalance] = []
    problems: list[Problem] = []
    for path in matching_files(directory, book.balances_files):
        rows, found = read_rows(path, COLUMNS)
        problems += found
        for row in rows:
            balance = _read_balance(row, book, plans, problems)
            if balance:
                balances.append(balance)
    problems += _duplicates(balances)
    return tuple(balances), problems


def _read_balance(
    row: Row, book: Book, plans: Mapping[str, Plan], problems: list[Problem]
) -> DisplayedBalance | None:
    cells = Cells(row, problems)
    contract = contract_of(row, book, problems)
    filled = cells.need("date", "contract", "balance")
    day, balance = cells.day("date"), cells.signed("balance")
    currency = cells.name("currency", "currency")
    if not filled or contract is None or day is None or balance is None:
        return None
    plan = plans.get(contract.plan)
    problems += _check(row, contract, plan)
    if plan and plan.credit and currency is None:
        balance *= plan.credit.worth
    return DisplayedBalance(
        day=day,
        contract=contract.id,
        balance=balance,
        party=party_of(row, contract, problems),
        currency=currency,
        position=row.position,
        digest=row.digest,
    )


def _check(row: Row, contract: Contract, plan: Plan | None) -> Iterator[Problem]:
    if contract.settle == "arrears":
        message = f"contract {contract.id} is settled in arrears, so it has no credits"
        help = "write settle: prepaid in the contract, or take the row away"
        yield error("credits-arrears", message, help, row.at("contract"))
    if row["currency"] and plan and row["currency"] != plan.currency:
        unit = f", or leave the cell empty for {plan.credit.name}s" if plan.credit else ""
        message = f"the balance is in {row['currency']}, the plan in {plan.currency}"
        help = f"write the balance in {plan.currency}, as the lots are{unit}"
        yield error("balance-currency", message, help, row.at("currency"))


def _duplicates(balances: list[DisplayedBalance]) -> Iterator[Problem]:
    seen: dict[tuple[object, ...], Position] = {}
    for row in balances:
        key = (row.day, row.contract, row.party)
        if key in seen:
            message = f"the balance of {row.contract} on {row.day} is already in {seen[key]}"
            help = "keep the one at the end of the day"
            yield error("balance-duplicate", message, help, row.position)
        seen.setdefault(key, row.position)
