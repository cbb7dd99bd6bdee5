"""What is odd about accruals by judgement: not approved, overtaken by usage, taken back too far."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tokenbooks.amounts import currency_places, money_text
from tokenbooks.close.close_period import Close
from tokenbooks.documents import Adjustment
from tokenbooks.entries.booking import booked_units
from tokenbooks.entries.buy.approved_accruals import (
    RULE,
    approved_rows,
    approved_span,
    approved_unit,
)
from tokenbooks.entries.buy.owed import Owed
from tokenbooks.entries.service import service_spans
from tokenbooks.facts import Facts
from tokenbooks.problems import Problem, warning

#: Rules by which usage is posted, and the roles that are not its expense.
_OF_USAGE = ("consumption", "service")
_BALANCES = ("prepaid_credits", "accrued_expenses")


def adjustment_warnings(facts: Facts, close: Close) -> Iterator[Problem]:
    """Warnings at the rows of ``adjustments.csv`` up to the end of a close."""
    for row in facts.adjustments:
        if row.day < close.period.end and not row.approved:
            yield warning(
                "adjustment-unapproved",
                f"nobody approved the accrual of {_money(facts, row.amount)} for"
                f" {row.contract} {row.service_period}: nothing is posted",
                "let another person fill in `approved`, or take the row away",
                row.position,
            )
    for row, span in _last_rows(facts, close):
        late = _came_late(close, row, span)
        if span.approved_left > 0 and late > 0:
            yield warning(
                "adjustment-overtaken",
                f"usage of {row.contract} {row.service_period} came that adds"
                f" {_money(facts, late)}, and {_money(facts, span.approved_left)} of approved"
                " accruals still stand beside it",
                "if it is what was accrued for, add a row with the negative amount",
                row.position,
            )
        if span.approved_left < 0 and span.accrued < 0:
            yield warning(
                "adjustment-exceeds",
                f"approved rows take back {_money(facts, -span.accrued)} more than is accrued for"
                f" {row.contract} {row.service_period}",
                "look whether an invoice has taken it back already; an invoice or a credit note"
                " of the service period answers it",
                row.position,
            )


def _last_rows(facts: Facts, close: Close) -> Iterator[tuple[Adjustment, Owed]]:
    """The last row of each contract, party and service period, with what is owed for it."""
    spans = service_spans(facts.book.post_usage, facts.book.start.start)
    last: dict[tuple[str, str, str], Adjustment] = {}
    for row in approved_rows(facts, close.period.end):
        key = (row.contract, row.party, approved_span(row, spans))
        if key not in last or last[key].day <= row.day:
            last[key] = row
    for key, row in sorted(last.items()):
        if key in close.computed.owed:
            yield row, close.computed.owed[key]


def _came_late(close: Close, row: Adjustment, span: Owed) -> Decimal:
    """What usage adds in this close to the expense of a span for which a row stood before it."""
    unit = (RULE, row.contract, approved_unit(row), span.service)
    if unit not in booked_units(close.before.posted):
        return Decimal(0)
    return sum(
        (
            amount
            for line, amount in close.changes.items()
            if line.rule in _OF_USAGE
            and line.role not in _BALANCES
            and (line.contract, line.party, line.service) == (row.contract, row.party, span.service)
        ),
        Decimal(0),
    )


def _money(facts: Facts, amount: Decimal) -> str:
    currency = facts.book.currency
    return f"{money_text(amount, currency_places(currency))} {currency}"
