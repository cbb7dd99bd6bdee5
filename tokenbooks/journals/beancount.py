"""The text that beancount reads.

Its ``balance`` means the start of a day, so that the balance at the end of a day is
dated the next; ``~ 0`` because beancount otherwise lets a cent pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from tokenbooks.entries.entry import Entry
from tokenbooks.journals.checks import check_title
from tokenbooks.journals.month import (
    AmountColumn,
    Declarations,
    JournalDay,
    JournalMonth,
    days_of,
    entry_tags,
    header,
)

_INDENT = "  "
_DAY = re.compile(r"(19|20)\d{2}-\d{2}-\d{2}")


def render_month(month: JournalMonth) -> str:
    """A month file: entries by day, each day's balances after its entries.

    Raises ValueError for what no ledger program would read as it is meant.
    """
    column = AmountColumn(month)
    blocks = [header(month)]
    for day in days_of(month):
        blocks += [_entry_text(entry, month, column) for entry in day.entries]
        if day.assertions:
            blocks.append(_balances_text(day, month, column))
    return "\n\n".join(blocks) + "\n"


def render_books(declarations: Declarations) -> str:
    """The top file: options, declarations, and the months in the order of time.

    Payees and tags need no declaration here.
    """
    check_title(declarations.title)
    first_day, currency = declarations.first_day, declarations.currency
    width = max(map(len, declarations.accounts), default=0)
    blocks = [
        [f"; {declarations.title}, written by tokenbooks"],
        [
            f'option "title" {_quoted(declarations.title)}',
            f'option "operating_currency" "{currency}"',
        ],
        [f"{first_day} commodity {currency}"],
        [f"{first_day} open {account:<{width}} {currency}" for account in declarations.accounts],
        [f"include {_quoted(path)}" for path in declarations.months],
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def _entry_text(entry: Entry, month: JournalMonth, column: AmountColumn) -> str:
    flag = "!" if entry.pending else "*"
    lines = [f"{entry.day} {flag} {_quoted(entry.payee)} {_quoted(entry.narration)}"]
    lines += _metadata_lines([("code", entry.code)] if entry.code else [], _INDENT)
    lines += _metadata_lines(entry_tags(entry), _INDENT)
    for posting in entry.postings:
        lines.append(f"{_INDENT}{column.line(posting.account, posting.amount)} {month.currency}")
        lines += _metadata_lines(posting.tags, 2 * _INDENT)
    return "\n".join(lines)


def _balances_text(day: JournalDay, month: JournalMonth, column: AmountColumn) -> str:
    following = day.day + timedelta(days=1)
    return "\n".join(
        f"{following} balance {column.line(assertion.account, assertion.balance)}"
        f" ~ 0 {month.currency}"
        for assertion in day.assertions
    )


def _metadata_lines(tags: Iterable[tuple[str, str]], indent: str) -> list[str]:
    return [f"{indent}{key}: {_metadata_value(value)}" for key, value in tags]


def _metadata_value(value: str) -> str:
    """A date as it is, anything else as a string."""
    return value if _is_date(value) else _quoted(value)


def _is_date(value: str) -> bool:
    if not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
