"""The text that hledger and ledger both read: one file for the two of them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tokenbooks.amounts import money_text
from tokenbooks.entries.entry import Entry
from tokenbooks.journals.checks import check_title
from tokenbooks.journals.month import (
    ASSERTIONS_PAYEE,
    AmountColumn,
    Declarations,
    JournalDay,
    JournalMonth,
    assertions_id,
    days_of,
    entry_tags,
    header,
)

_INDENT = "    "


def render_month(month: JournalMonth) -> str:
    """A month file: entries by day, each day's assertions after its entries.

    Raises ValueError for what no ledger program would read as it is meant.
    """
    column = AmountColumn(month)
    blocks = [header(month)]
    for day in days_of(month):
        blocks += [_entry_text(entry, month, column) for entry in day.entries]
        if day.assertions:
            blocks.append(_assertions_text(day, month, column))
    return "\n\n".join(blocks) + "\n"


def render_books(declarations: Declarations) -> str:
    """The top file: declarations, and the months in the order of time."""
    check_title(declarations.title)
    blocks = [
        [f"; {declarations.title}, written by tokenbooks"],
        _commodity_lines(declarations),
        [f"account {account}" for account in declarations.accounts],
        [f"payee {payee}" for payee in declarations.payees],
        [f"tag {tag}" for tag in declarations.tags],
        [f"include {path}" for path in declarations.months],
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def _commodity_lines(declarations: Declarations) -> list[str]:
    """The commodity with its format; hledger and ledger share none without decimals."""
    lines = [f"commodity {declarations.currency}"]
    if declarations.places:
        example = money_text(Decimal(1000), declarations.places)
        lines.append(f"{_INDENT}format {example} {declarations.currency}")
    return lines


def _entry_text(entry: Entry, month: JournalMonth, column: AmountColumn) -> str:
    flag = "!" if entry.pending else "*"
    code = f"({entry.code}) " if entry.code else ""
    lines = [f"{entry.day} {flag} {code}{entry.payee}"]
    if entry.narration:
        lines.append(f"{_INDENT}; {entry.narration}")
    lines += _tag_lines(entry_tags(entry))
    for posting in entry.postings:
        lines.append(f"{_INDENT}{column.line(posting.account, posting.amount)} {month.currency}")
        lines += _tag_lines(posting.tags)
    return "\n".join(lines)


def _tag_lines(tags: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{_INDENT}; {key}: {value}" for key, value in tags]


def _assertions_text(day: JournalDay, month: JournalMonth, column: AmountColumn) -> str:
    """Balances that must hold, on postings of zero in an entry of their own."""
    lines = [f"{day.day} * {ASSERTIONS_PAYEE}"]
    lines += _tag_lines([("entry", assertions_id(month.period, day.day))])
    for assertion in day.assertions:
        zero = column.line(assertion.account, Decimal(0))
        balance = money_text(assertion.balance, month.places)
        lines.append(f"{_INDENT}{zero} {month.currency} = {balance} {month.currency}")
    return "\n".join(lines)
