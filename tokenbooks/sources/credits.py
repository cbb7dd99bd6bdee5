"""Reads ``credits.csv``: purchases, grants, bonuses and opening lots of credits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from tokenbooks.book import Book, Contract
from tokenbooks.documents import CreditEvent
from tokenbooks.problems import Problem, error
from tokenbooks.rating.plan import Plan
from tokenbooks.sources.credit_checks import check_event
from tokenbooks.sources.files import matching_files
from tokenbooks.sources.lots import name_lots
from tokenbooks.sources.references import contract_of
from tokenbooks.sources.rows import Cells, Columns, Row, read_rows

COLUMNS = Columns(
    required=("date", "contract", "event", "credits"),
    optional=(
        *("party", "lot", "paid", "used", "currency", "starts", "expires", "kind", "priority"),
        *("scope", "pool", "parent", "to", "fx_rate", "tax", "tax_kind", "fee", "pay"),
        *("document", "memo"),
    ),
)

EVENTS = ("purchase", "grant", "bonus", "opening")
PLANNED_EVENTS = (
    *("sale", "refund", "chargeback", "transfer", "void", "adjust", "extend", "rollover"),
)
KINDS, PLANNED_KINDS = ("paid", "bonus", "promo", "sla"), ("commitment",)
PAYS = ("cash", "card", "account")
TAX_KINDS = ("cost", "recoverable", "reverse_charge")
PLANNED_TAX_KINDS = ("sales", "voucher_single", "voucher_multi")


def read_credits(
    book: Book, directory: Path, plans: Mapping[str, Plan]
) -> tuple[tuple[CreditEvent, ...], list[Problem]]:
    """The events of credits, in the order of the files.

    Every event comes with the id of its lot: the one it states, else
    ``<contract>-<date>``, for a bonus ``<lot>-bonus-<date>`` with its purchase as
    ``parent``; the second of a day gets ``-2``.
    """
    events: list[CreditEvent] = []
    problems: list[Problem] = []
    for path in matching_files(directory, book.credits_files):
        rows, found = read_rows(path, COLUMNS)
        problems += found
        for row in rows:
            event = _read_event(row, book, plans, problems)
            if event:
                events.append(event)
    named, found = name_lots(events)
    return tuple(named), problems + found


def _read_event(
    row: Row, book: Book, plans: Mapping[str, Plan], problems: list[Problem]
) -> CreditEvent | None:
    cells = Cells(row, problems)
    contract = contract_of(row, book, problems)
    filled = cells.need("date", "contract", "event", "credits")
    event = _facts_of(cells)
    if not filled or contract is None or event is None:
        return None
    plan = plans.get(contract.plan)
    problems += check_event(event, row, book, contract, plan)
    _check_settle(row, contract, problems)
    return _in_money(event, plan)


def _in_money(event: CreditEvent, plan: Plan | None) -> CreditEvent:
    """The event with its credits at their list value, where the plan prices in credits.

    Lots hold list value, which is what usage draws: quantity x worth.
    """
    if plan is None or plan.credit is None:
        return event
    worth = plan.credit.worth
    used = None if event.used is None else event.used * worth
    return replace(event, credits=event.credits * worth, used=used)


def _facts_of(cells: Cells) -> CreditEvent | None:
    row = cells.row
    cells.empty("party", "scope", "pool", "to")
    day, quantity = cells.day("date"), cells.number("credits")
    event = CreditEvent(
        day=day or date.min,
        contract=row["contract"],
        event=cells.word("event", EVENTS, PLANNED_EVENTS),
        credits=quantity or Decimal(0),
        lot=cells.name("lot"),
        paid=cells.number("paid"),
        used=cells.number("used"),
        currency=cells.name("currency", "currency"),
        starts=cells.moment("starts"),
        expires=cells.moment("expires"),
        kind=cells.word("kind", KINDS, PLANNED_KINDS) or None,
        priority=cells.whole("priority"),
        parent=cells.name("parent"),
        fx_rate=cells.number("fx_rate"),
        tax=cells.number("tax"),
        tax_kind=cells.word("tax_kind", TAX_KINDS, PLANNED_TAX_KINDS) or None,
        fee=cells.number("fee"),
        pay=cells.word("pay", PAYS) or None,
        document=cells.name("document", "document") or "",
        memo=row["memo"],
        position=row.position,
        digest=row.digest,
    )
    return event if day and quantity is not None and event.event else None


def _check_settle(row: Row, contract: Contract, problems: list[Problem]) -> None:
    if contract.settle == "arrears":
        message = f"contract {contract.id} is settled in arrears, so it has no credits"
        help = "write settle: prepaid in the contract, or enter the payment in invoices.csv"
        problems.append(error("credits-arrears", message, help, row.at("contract")))
