"""Signing a month off: it is reconciled as it stands now, and approved with what was found."""

from __future__ import annotations

from tokenbooks.archive.approval import Signature
from tokenbooks.archive.commit import APPROVED_FILES
from tokenbooks.desk.approve import approve_month
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.desk.open_differences import reconcile_warnings
from tokenbooks.desk.reconcile import reconcile
from tokenbooks.desk.reconciliation_texts import reconciliation_texts
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, any_error


def sign_off(book: OpenBook, period: Period, signature: Signature) -> list[Problem]:
    """Approve a written month, with its reconciliation beside the approval.

    What stands open is shown, and recorded in the approval: it is for the approver to judge.
    """
    if period not in {month.period for month in book.months}:
        return approve_month(book, period, signature)
    reconciled, problems = reconcile(book, period)
    if reconciled is None or any_error(problems):
        return problems
    open_points = [*problems, *reconcile_warnings(book, reconciled)]
    texts = reconciliation_texts(
        reconciled.bridges, book.facts.book.currency, period, APPROVED_FILES
    )
    messages = [problem.message for problem in open_points]
    return [*open_points, *approve_month(book, period, signature, texts, messages)]
