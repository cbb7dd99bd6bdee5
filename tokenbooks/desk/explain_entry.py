"""Explaining an entry: from a posting down to charges, plan lines, lots, and rows of files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tokenbooks.close.explanation import EntryExplanation
from tokenbooks.desk.explain_documents import explain_documents
from tokenbooks.desk.explain_sold import explain_by_time, is_earned_by_time
from tokenbooks.desk.explain_usage import Wanted, explain_usage
from tokenbooks.desk.explain_voucher_tax import split_off_tax
from tokenbooks.desk.find_entry import FoundEntry, find_entry
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.entries.buy.purchase import PAID_FROM
from tokenbooks.entries.entry import Entry, Posting
from tokenbooks.entries.posted import Destination
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.book import BOOK_FILE
from tokenbooks.sources.files import shown

USAGE_KINDS = ("consumption", "accrual", "settlement")

#: Roles that usage posts beside its expense.
_BALANCE_ROLES = frozenset(
    [
        *("prepaid_credits", "accrued_expenses", "input_vat_recoverable", "output_vat_payable"),
        *PAID_FROM.values(),
    ]
)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which postings of an entry are asked for; empty means any."""

    account: str = ""
    role: str = ""
    class_: str = ""
    cost_center: str = ""
    lot: str = ""
    number: int | None = None

    def takes(self, posting: Posting, number: int) -> bool:
        """Whether a posting is asked for."""
        tags = dict(posting.tags)
        pairs = (
            (self.account, posting.account),
            (self.role, posting.role),
            (self.class_, tags.get("class", "")),
            (self.cost_center, tags.get("cost-center", "")),
            (self.lot, tags.get("lot", "")),
        )
        wanted = all(not asked or asked == given for asked, given in pairs)
        return wanted and (self.number is None or self.number == number)

    def __str__(self) -> str:
        pairs = (
            ("account", self.account),
            ("role", self.role),
            ("class", self.class_),
            ("cost center", self.cost_center),
            ("lot", self.lot),
        )
        return ", ".join(f"{name} {value}" for name, value in pairs if value)


def explain_entry(
    book: OpenBook, name: str, narrowing: Narrowing, limit: int
) -> tuple[EntryExplanation | None, list[Problem]]:
    """Everything behind an entry, or behind some of its postings.

    ``limit`` is how many charges are told one by one, the largest first; 0 for all.
    Problems: ``entry-unknown``, ``posting-unknown`` (no posting is as narrowed),
    ``explanation-differs`` (the inputs no longer give what was posted).
    """
    found, problems = find_entry(book, name)
    if found is None:
        return None, problems
    postings = [p for n, p in enumerate(found.entry.postings) if narrowing.takes(p, n)]
    if not postings:
        return None, [*problems, _no_posting(book, found.entry, narrowing)]
    return explain_found(book, found, postings, limit), problems


def explain_found(
    book: OpenBook, found: FoundEntry, postings: Iterable[Posting], limit: int
) -> EntryExplanation:
    """Everything behind some postings of an entry."""
    prepared, entry, written = found.prepared, found.entry, found.written
    place = Position(shown(book.folder / written.file), written.line) if written else None
    told = EntryExplanation(prepared.book.facts, prepared.close, entry, tuple(postings), place)
    if is_earned_by_time(told):
        explain_by_time(told, prepared)
    elif entry.kind in USAGE_KINDS:
        explain_usage(told, prepared, _wanted(told), limit)
        split_off_tax(told)
    else:
        explain_documents(told, prepared)
        if _is_new_expense(told):
            explain_usage(told, prepared, _wanted(told), limit)
    return told


def _is_new_expense(told: EntryExplanation) -> bool:
    """Whether an invoice of one service span brings expense of which nothing was accrued."""
    lines = told.reliefs
    return len(lines) == 1 and not lines[0].relieved and lines[0].invoiced > 0


def _wanted(told: EntryExplanation) -> Wanted:
    """The destinations and lots that the chosen postings stand for."""
    if len(told.postings) == len(told.entry.postings):
        return Wanted()
    contract = told.facts.book.contracts[dict(told.entry.tags)["contract"]]
    expenses = [p for p in told.postings if contract.payer_role(p.role) not in _BALANCE_ROLES]
    if expenses:
        return Wanted(destinations=frozenset(_destination(posting) for posting in expenses))
    lots = frozenset(lot for p in told.postings if (lot := dict(p.tags).get("lot")))
    return Wanted(lots=lots or None)


def _destination(posting: Posting) -> Destination:
    tags = dict(posting.tags)
    return Destination(posting.role, tags.get("class", ""), tags.get("cost-center", ""))


def _no_posting(book: OpenBook, entry: Entry, narrowing: Narrowing) -> Problem:
    have = "; ".join(
        " ".join([p.account, *(f"{key} {value}" for key, value in p.tags)]) for p in entry.postings
    )
    message = f"{entry.id} has no posting with {narrowing}"
    return error(
        "posting-unknown", message, f"its postings: {have}", Position(book.place(BOOK_FILE))
    )
