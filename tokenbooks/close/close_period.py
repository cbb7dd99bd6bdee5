"""Close a period: the difference between what should be posted and what was, as entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from tokenbooks.amounts import currency_places
from tokenbooks.book import ENTRY_KINDS, Book
from tokenbooks.close.computed import Computed, KnownSpans
from tokenbooks.close.lot_states import LotState, lot_states
from tokenbooks.close.plain_parties import documented_accounts
from tokenbooks.close.rollforwards import RollForwards
from tokenbooks.close.seller_entries import seller_entries
from tokenbooks.documents import Invoice
from tokenbooks.entries.booking import Booking, booked_units
from tokenbooks.entries.buy.adjustment import adjustment_entries
from tokenbooks.entries.buy.approved_accruals import approved_entries
from tokenbooks.entries.buy.exchange_entries import exchange_entries
from tokenbooks.entries.buy.expiry import expiry_entries
from tokenbooks.entries.buy.owed import document_id, is_bill
from tokenbooks.entries.buy.payment import payment_entries
from tokenbooks.entries.buy.purchase import opening_entries, purchase_entries
from tokenbooks.entries.buy.refund import refund_entries
from tokenbooks.entries.buy.settlement import SettledOn, settlement_days
from tokenbooks.entries.buy.transfer import transfer_entries
from tokenbooks.entries.buy.usage import usage_entries
from tokenbooks.entries.entry import KIND_ORDER, Assertion, Entry
from tokenbooks.entries.mirror import booked
from tokenbooks.entries.posted import Line, Posted, difference
from tokenbooks.entries.service import ServiceSpan, service_spans
from tokenbooks.entries.together import entries_of_parties, together
from tokenbooks.facts import Facts
from tokenbooks.names import OWNED_ROLES
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, error

#: Kind of entry -> the kind of the book's `post` list that lets tokenbooks post it.
POSTED_AS = {
    "opening": "purchases",
    "purchase": "purchases",
    "sale": "purchases",
    "transfer": "purchases",
    "refund": "purchases",
    "rollover": "purchases",
    "adjustment": "expiry",
    "invoice": "invoices",
    "receipt": "invoices",
    "consumption": "consumption",
    "settlement": "consumption",
    "earned": "consumption",
    "accrual": "accrual",
    "approved": "accrual",
    "reversal": "accrual",
    "expiry": "expiry",
    "breakage": "expiry",
    "estimate": "accrual",
    "promotion": "accrual",
    "allowance": "accrual",
    "write-off": "invoices",
    "recovery": "invoices",
    "modified": "purchases",
    "exchange": "invoices",
}

#: Kinds of `post` that move each owned role; without one of them nothing is asserted.
MOVED_BY = {
    "prepaid_credits": {"purchases", "consumption", "expiry"},
    "accrued_expenses": {"invoices", "accrual", "consumption"},
}


@dataclass(frozen=True, slots=True)
class Before:
    """What earlier closes posted and knew."""

    posted: Posted = field(default_factory=dict)
    known: KnownSpans = field(default_factory=dict)
    lots: Mapping[str, LotState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Close:
    """The close of a period, before anything is written."""

    period: Period
    computed: Computed
    before: Before
    changes: Posted
    entries: tuple[Entry, ...]
    assertions: tuple[Assertion, ...]
    lots: Mapping[str, LotState]
    problems: tuple[Problem, ...] = ()

    @property
    def posted(self) -> Posted:
        """What is posted to date once this close is."""
        return self.computed.posted


def close_period(facts: Facts, period: Period, computed: Computed, before: Before) -> Close:
    """Build the entries of a period from what should be posted by its end."""
    many = computed.rated.parties.contracts if computed.rated.parties else ()
    documented = documented_accounts(facts, period.end)
    before = replace(before, posted=together(before.posted, many, documented))
    changes = difference(computed.posted, before.posted)
    booking = Booking(facts, period, booked_units(before.posted))
    documents = [row for row in facts.invoices if row.day < period.end]
    spans = service_spans(facts.book.post_usage, facts.book.start.start)
    entries = [
        *opening_entries(booking, changes),
        *purchase_entries(booking, changes, computed.lots),
        *transfer_entries(booking, changes, computed.taken, computed.lots),
        *refund_entries(booking, changes, computed.taken),
        *adjustment_entries(booking, changes, computed.taken),
        *payment_entries(booking, changes, documents),
        *usage_entries(
            booking,
            changes,
            before.posted,
            computed.owed,
            new_bills(facts, period, before.posted),
            _settled_on(computed, spans, period),
            facts.book.policy("accrual_method", period.last_day) or "relieve",
        ),
        *approved_entries(booking, changes),
        *expiry_entries(booking, changes, computed.lots),
        *entries_of_parties(booking, changes),
        *exchange_entries(booking, changes),
        *seller_entries(booking, changes, computed),
    ]
    allowed = set(facts.book.post)
    posted = [e for e in entries if POSTED_AS[e.kind] in allowed and e.postings]
    assertions = tuple(_assertions(facts, period, computed.posted, before.posted))
    lots = lot_states(computed, period)
    rolled = RollForwards(period, computed, lots, before.lots, before.posted, assertions)
    return Close(
        period=period,
        computed=computed,
        before=before,
        changes=changes,
        entries=tuple(sorted(posted, key=_entry_order)),
        assertions=assertions,
        lots=lots,
        problems=(*_unbooked(facts, entries, changes), *rolled.problems(facts)),
    )


def _settled_on(computed: Computed, spans: ServiceSpan, period: Period) -> SettledOn:
    """The last day on which a later lot settled usage, of parties in tables too."""
    days = dict(computed.parties.settled)
    for key, day in settlement_days(computed.drawn, spans, period).items():
        days[key] = max(day, days.get(key, day))
    return days


def _unbooked(facts: Facts, entries: Sequence[Entry], changes: Posted) -> Iterator[Problem]:
    """Whether the entries post exactly what must be posted, account by account."""
    wanted: dict[str, Decimal] = {}
    for line, amount in changes.items():
        own = booked(facts.book, line, amount)
        wanted[own.account] = wanted.get(own.account, Decimal(0)) + own.amount
    for entry in entries:
        if sum((posting.amount for posting in entry.postings), Decimal(0)):
            yield _fault(f"entry {entry.id} does not balance")
        for posting in entry.postings:
            wanted[posting.account] = wanted.get(posting.account, Decimal(0)) - posting.amount
    for account, rest in sorted(wanted.items()):
        if rest:
            yield _fault(f"{rest} of {account} is in no entry")


def _fault(what: str) -> Problem:
    return error(
        "entries-differ",
        f"the entries are not what must be posted: {what}",
        "this is a fault of tokenbooks; please report it with the rows that lead to it",
    )


def _entry_order(entry: Entry) -> tuple[date, int, str]:
    return entry.day, KIND_ORDER.index(entry.kind), entry.id


def new_bills(facts: Facts, period: Period, before: Posted) -> list[Invoice]:
    """The invoices and credit notes up to a period's end that no earlier close booked."""
    booked = {(line.contract, line.unit) for line in before if line.rule == "payable"}
    return [
        row
        for row in facts.invoices
        if row.day < period.end and is_bill(row) and (row.contract, document_id(row)) not in booked
    ]


def owned_balances(
    book: Book, posted: Mapping[Line, Decimal], before: Iterable[Line] = ()
) -> dict[str, Decimal]:
    """The balances of the accounts that the subledger owns, where the book posts all of them.

    Those of lines that were posted ``before`` too, even if nothing of them is left.
    """
    left_out = set(ENTRY_KINDS) - set(book.post)
    balances: dict[str, Decimal] = {}
    for line in {*before, *posted}:
        if line.role in OWNED_ROLES and not MOVED_BY[line.role] & left_out:
            own = booked(book, line, posted.get(line, Decimal(0)))
            balances[own.account] = balances.get(own.account, Decimal(0)) + own.amount
    return balances


def _assertions(facts: Facts, period: Period, posted: Posted, before: Posted) -> list[Assertion]:
    """Month-end balances of the accounts that the subledger owns, those that fell to zero too."""
    balances = owned_balances(facts.book, posted, before)
    zero = Decimal(0).scaleb(-currency_places(facts.book.currency))
    return [
        Assertion(period.last_day, account, balance + zero)
        for account, balance in sorted(balances.items())
    ]
