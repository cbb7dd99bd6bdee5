"""The balances that a close asserts, and the entries that lead from one month's to the next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from tokenbooks.amounts import currency_places
from tokenbooks.close.close_period import Close
from tokenbooks.entries.entry import Assertion
from tokenbooks.facts import Facts
from tokenbooks.problems import Position
from tokenbooks.reports.explained_cells import facts_table, place_text, plain_columns
from tokenbooks.reports.table import Cell, Column, Table


def assertions_tables(
    facts: Facts, close: Close, name: str, day: date, place: Position | None
) -> list[Table]:
    """What is asserted at the end of a day, and the postings of the period that moved it.

    ``place`` is where a written journal has it. Empty where nothing is asserted.
    """
    asserted = [assertion for assertion in close.assertions if assertion.day == day]
    if not asserted:
        return []
    pairs: list[tuple[str, Cell]] = [
        ("entry", name),
        ("date", day),
        ("journal", place_text(place) or f"{close.period} is not written yet"),
    ]
    about = facts_table("entry", "Balances that the ledger program checks", pairs)
    moves = _moves(close, asserted)
    places = currency_places(facts.book.currency)
    tables = [about, _balances(close, asserted, moves, places), _moves_table(moves, places)]
    return [table for table in tables if table.rows]


#: A posting to an account whose balance is asserted: the account, its entry, day and amount.
_Move = tuple[str, str, date, Decimal]


def _moves(close: Close, asserted: Iterable[Assertion]) -> list[_Move]:
    return [
        (assertion.account, entry.id, entry.day, posting.amount)
        for assertion in asserted
        for entry in close.entries
        if entry.day <= assertion.day
        for posting in entry.postings
        if posting.account == assertion.account
    ]


def _balances(
    close: Close, asserted: Iterable[Assertion], moves: Iterable[_Move], places: int
) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for assertion in asserted:
        own = [amount for account, _, _, amount in moves if account == assertion.account]
        change = sum(own, Decimal(0))
        before = assertion.balance - change
        rows.append((assertion.account, before, change, assertion.balance))
    columns = (
        *plain_columns(("account", "Account")),
        Column("before", f"Before {close.period}", number=True, places=places),
        Column("change", "Change", number=True, places=places),
        Column("balance", "Balance", number=True, places=places),
    )
    note = "Debit balances are positive, credit balances negative."
    return Table("balances", "Balances", columns, tuple(rows), (note,))


def _moves_table(moves: Iterable[_Move], places: int) -> Table:
    columns = (
        *plain_columns(("account", "Account"), ("entry", "Entry"), ("date", "Date")),
        Column("amount", "Amount", number=True, places=places),
    )
    return Table("postings", "Postings of the period to these accounts", columns, tuple(moves))
