"""Approving a month: it is whole, follows from its inputs, and two people stand for it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from tokenbooks.archive.approval import Approval, Signature, approval_text, one_line
from tokenbooks.archive.commit import APPROVED_FILES, approve, needs_recovery
from tokenbooks.archive.manifest import digest_of
from tokenbooks.archive.month import CLOSE_FOLDER, MANIFEST, ClosedMonth
from tokenbooks.desk.changed_files import changed_files
from tokenbooks.desk.close import prepare_close
from tokenbooks.desk.locked import few, moved_lines, reopen_command
from tokenbooks.desk.open_book import OpenBook, unfinished
from tokenbooks.desk.verify import verify_months
from tokenbooks.desk.verify_approvals import allows_single, of_one_person
from tokenbooks.desk.writing import writing
from tokenbooks.entries.posted import difference
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, Severity, any_error, error, warning
from tokenbooks.sources.exports.files import find_export_files


def approve_month(
    book: OpenBook,
    period: Period,
    signature: Signature,
    files: Mapping[str, str] | None = None,
    open_points: Iterable[str] = (),
) -> list[Problem]:
    """Approve a written month, which locks it; nothing is written if any problem is an error.

    ``files`` are texts by name (each begins with ``approved-``) that are written beside the
    approval and belong to it; ``open_points`` are the warnings that stand open, to which those
    of approving are added.
    """
    month, problems = _approvable(book, period)
    if month is None or any_error(problems):
        return problems
    problems += _signatures(book, period, signature)
    problems += _whole(book, month)
    if any_error(problems):
        return problems
    problems += _left_out(book, month)
    if any_error(problems):
        return problems
    warned = [problem.message for problem in problems if problem.severity is Severity.WARNING]
    texts = dict(files or {})
    if strange := [name for name in texts if not name.startswith(APPROVED_FILES)]:
        raise ValueError(f"{strange[0]} does not begin with {APPROVED_FILES}")
    before = _before(book, period)
    approval = Approval(
        _signed(book, period, signature),
        month.digest,
        before.approval.digest if before and before.approval else "",
        {name: digest_of(text.encode()) for name, text in texts.items()},
        tuple(dict.fromkeys(map(one_line, [*open_points, *warned]))),
    )
    return problems + _write(book, month, texts, approval)


def _signed(book: OpenBook, period: Period, signature: Signature) -> Signature:
    """A signature that says whether the book's policy let one person give it."""
    return replace(signature, single=signature.is_of_one and allows_single(book, period))


def _write(
    book: OpenBook, month: ClosedMonth, texts: Mapping[str, str], approval: Approval
) -> list[Problem]:
    place = Position(book.place(f"{CLOSE_FOLDER}/{month.period}"))
    try:
        with writing(book) as hindered:
            if hindered:
                return hindered
            approve(book.folder, month.period, texts, approval_text(approval))
    except (OSError, shutil.Error) as reason:
        if needs_recovery(book.folder):
            return [unfinished(book.folder, reason)]
        return [
            error(
                "cannot-write",
                f"the approval could not be written: {reason.strerror or reason}",
                "make room or the folder writable, and run the command again;"
                " the month is not approved",
                place,
            )
        ]
    return []


def _before(book: OpenBook, period: Period) -> ClosedMonth | None:
    return next((m for m in book.months if m.period == period.previous()), None)


def _approvable(book: OpenBook, period: Period) -> tuple[ClosedMonth | None, list[Problem]]:
    """The month, if it is written and the next to be approved."""
    place = Position(book.place(f"{CLOSE_FOLDER}/{period}"))
    month = next((month for month in book.months if month.period == period), None)
    if month is None:
        message = f"{period} is not written, so it cannot be approved"
        help = f"run: tokenbooks close -p {period} --write"
        return None, [error("approval-unwritten", message, help, place)]
    if month.approval is not None:
        signature = month.approval.signature
        message = f"{period} is approved already, by {signature.approved} on {signature.day}"
        help = f"nothing is left to do; to change the month: {reopen_command(period)}"
        return None, [error("approval-twice", message, help, place)]
    before = _before(book, period)
    if before is not None and before.approval is None:
        message = f"{before.period} is not approved, so {period} cannot be"
        help = f"approve the months in their order: tokenbooks approve -p {before.period}"
        return None, [error("approval-order", message, help, place)]
    return month, []


def _signatures(book: OpenBook, period: Period, signature: Signature) -> Iterator[Problem]:
    """Whether two people sign, or one whom the book's policy lets do both."""
    place = Position(book.place("tokenbooks.yaml"))
    yield from of_one_person(book, period, signature, place)
    if signature.is_of_one and allows_single(book, period):
        yield warning(
            "approval-by-one",
            f"{signature.approved} prepared {period} and approves it, as the policy"
            " `approval: single` allows",
            "have somebody else look at it where you can: it is recorded that one person did both",
            place,
        )


def _whole(book: OpenBook, month: ClosedMonth) -> list[Problem]:
    """What is wrong with the month and those before it."""
    until = [other for other in book.months if other.period <= month.period]
    return verify_months(book, until)


def _left_out(book: OpenBook, month: ClosedMonth) -> list[Problem]:
    """What the month would have if it were written with all that is known now.

    New facts may wait for the open month, and are a warning; files that it was made from and
    that have changed since make it stale.
    """
    prepared, problems = prepare_close(
        book, month.period, allow_unpriced=bool(month.manifest.unpriced)
    )
    if prepared is None:
        return [problem for problem in problems if problem.is_error]
    changes = difference(prepared.close.posted, month.before.posted)
    if not changes:
        return []
    again = f"write it again: tokenbooks close -p {month.period} --write"
    place = Position(book.place(f"{CLOSE_FOLDER}/{month.period}/{MANIFEST}"))
    if changed := _changed_inputs(book, month):
        message = f"{month.period} is written, but files that it was made from are not the same"
        message += f" now: {few(changed)}; that moves {moved_lines(changes)}"
        return [error("close-stale", message, f"restore them, or {again}", place)]
    return [
        warning(
            "approval-leaves-out",
            f"{month.period} leaves out what has come since it was written: {moved_lines(changes)}",
            f"the next month books it; to have it in {month.period}, reopen it and {again}",
            place,
        )
    ]


def _changed_inputs(book: OpenBook, month: ClosedMonth) -> list[str]:
    """The usage files of a month that are gone or changed, other than by more rows."""
    kinds = {record.kind for record in month.manifest.files}
    files = [
        file
        for contract in book.facts.book.contracts.values()
        for file in find_export_files(
            book.folder, contract, book.facts.zone_of(contract), sorted(kinds)
        )[0]
    ]
    recorded = {record.path: record for record in month.manifest.files}
    return [
        f"{change.record.path} {change.what}"
        for change in changed_files(book, files, recorded)
        if not change.has_grown
    ]
