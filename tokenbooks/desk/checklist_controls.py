"""Answers of the checklist about controls: balances, prices, approvals, and the files read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tokenbooks.amounts import currency_places, money_text
from tokenbooks.desk.checklist_customers import deferred, modified
from tokenbooks.desk.checklist_figures import UsageFigures, numbered
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.desk.passed_differences import passed_to_date
from tokenbooks.rating.plan import Rate
from tokenbooks.reconcile.bridge import OPEN
from tokenbooks.reports.checklist import NO, NOT_APPLICABLE, PARTLY, YES, Answer
from tokenbooks.sources.recorded.journals import program_of
from tokenbooks.usage.accounting import FileAccount


def reconciled_balances(book: OpenBook) -> Answer:
    """Whether balances of credits are tied to usage, and what is not explained."""
    facts = book.facts
    prepaid = [c for c in facts.book.contracts.values() if c.settle == "prepaid"]
    differences, reconciled, problems = passed_to_date(book.months)
    unexplained = sum((abs(d.amount) for d in differences if d.status == OPEN), Decimal(0))
    amount = money_text(unexplained, currency_places(facts.book.currency))
    months = numbered(len(book.months), "month")
    compared = numbered(len(reconciled), "month")
    evidence = (
        deferred(book),
        f"{months} written, of which every roll-forward ties to the journal exactly",
        f"{numbered(len(facts.balances), 'displayed balance')} compared with the lots",
        f"{compared} reconciled with the provider, {amount} {facts.book.currency} unexplained",
    )
    if not prepaid:
        answer = NOT_APPLICABLE
    elif not book.months:
        answer = NO
    else:
        whole = len(reconciled) == len(book.months) and not problems
        answer = YES if whole and facts.balances and not unexplained else PARTLY
    return Answer(
        "Is the balance of credits reconciled with their use at month end?",
        answer,
        evidence,
        "tokenbooks reconcile",
    )


def price_changes(book: OpenBook, figures: UsageFigures) -> Answer:
    """Whether prices change by a dated row of a plan, and when the last one did."""
    rates = [rate for plan in book.facts.plans.values() for rate in plan.rates]
    dated = [rate for rate in rates if rate.starts is not None]
    plans = numbered(len(book.facts.plans), "plan")
    evidence = [f"{plans} with {numbered(len(rates), 'rate')}, {len(dated)} of them dated"]
    pointer = "tokenbooks plans list"
    if last := max(dated, key=_start, default=None):
        evidence.append(f"the last change is from {_start(last)} on")
        evidence.append("who made it the book does not say, but its version control may")
        pointer = str(last.position)
    if corrected := [rate for rate in rates if rate.corrects]:
        evidence.append(
            f"{numbered(len(corrected), 'rate')} to correct earlier ones, with the reason"
        )
    if figures.unpriced:
        evidence.append(f"{numbered(figures.unpriced, 'model')} in use without a price")
    answer = YES if rates and not figures.unpriced else PARTLY
    return Answer(
        "Can a price change, or a new model come in, without a programmer?",
        answer if rates else NO,
        tuple(evidence),
        pointer,
    )


def _start(rate: Rate) -> date:
    """The day from which a rate holds."""
    starts = rate.starts or date.min
    return starts.date() if isinstance(starts, datetime) else starts


@dataclass(frozen=True, slots=True)
class Approvals:
    """How many months are written, approved, and approved by one person alone."""

    written: int
    approved: int
    single: int


def approvals(book: OpenBook) -> Approvals:
    """Count the approvals of a book."""
    signed = [month.approval.signature for month in book.months if month.approval]
    return Approvals(len(book.months), len(signed), sum(s.is_of_one for s in signed))


def modifications(book: OpenBook, found: Approvals) -> Answer:
    """Whether what changes figures is documented and approved by a person."""
    by_two = found.approved - found.single
    told, all_approved = modified(book)
    answer = YES if by_two == found.written and all_approved else PARTLY
    months = numbered(found.written, "month")
    return Answer(
        "Is every change that moves figures documented, and approved by a person?",
        answer if found.approved else NO,
        (
            told,
            f"{months} written, {found.approved} approved, {by_two} of them by two people",
        ),
        "close/PERIOD/approval.yaml",
    )


def metering(book: OpenBook, files: Sequence[FileAccount]) -> Answer:
    """Whether every row of every file is accounted for, and can be found again."""
    rejected = sum(account.rejected for account in files)
    statements = sum(account.kind == "statement" for account in files)
    program = program_of(book.facts.book.journal)
    rows = numbered(sum(account.rows_read for account in files), "row")
    months = numbered(len(book.months), "written month")
    evidence = (
        f"{numbered(len(files), 'file')} with {rows}, {statements} of them statements",
        f"{numbered(rejected, 'row')} rejected" if rejected else "no row is rejected",
        f"{months} with digests of all that was read and written",
        f"{program} checks the journal" if program else "no ledger program checks the journal",
    )
    if not files:
        answer = NO
    else:
        whole = not rejected and statements and book.months and program
        answer = YES if whole else PARTLY
    return Answer(
        "Is metering ready for an audit, from a posting down to a row?",
        answer,
        evidence,
        "tokenbooks usage --files",
    )
