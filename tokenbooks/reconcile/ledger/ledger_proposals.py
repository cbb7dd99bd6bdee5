"""Proposed entries for the company's own ledger, so that it has a month as our entries do.

What is missing is our entry as it is. What stands there, but not as it should, is corrected by
the difference of the two: to the right account, to the right amount. What stands there twice
is reversed; what is in another month is taken out there and entered here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, money_text, round_half_up
from tokenbooks.book import Contract
from tokenbooks.entries.booking import identity
from tokenbooks.entries.entry import Entry, Posting
from tokenbooks.facts import Facts
from tokenbooks.names import DEFAULT_ACCOUNTS
from tokenbooks.periods import Period
from tokenbooks.reconcile.causes import (
    LEDGER_ONLY,
    RECORDED_TWICE,
    UNRECORDED,
    WRONG_PERIOD,
)
from tokenbooks.reconcile.ledger.proposals import CREDITS_FILE, LEDGER, Proposal, posting_threshold
from tokenbooks.reconcile.ledger.recorded_causes import Scope, reason
from tokenbooks.reconcile.ledger.recorded_items import PROPOSAL, Theirs
from tokenbooks.reconcile.ledger.recorded_matching import CARRIED, REVERSED, SUM, Matching, Pair

_CREDITS_HEADER = "date,contract,event,credits,paid,document"

#: How the narrations of proposals begin; what they correct follows.
_PROPOSED = "Proposed correction"

Amounts = dict[str, Decimal]


def ledger_proposals(facts: Facts, matching: Matching, period: Period) -> tuple[Proposal, ...]:
    """What to enter into the company's ledger so that it has the month as our entries do.

    A purchase that only the ledger has is a row for credits.csv. What comes to the
    ``posting_threshold`` or less is passed, and so is what belongs to no contract.
    """
    accounts = {*matching.accounts.costs, *matching.accounts.owned}
    scope = Scope(accounts, period.__contains__, facts.book.currency)
    found = _Corrections(facts, matching, period, scope)
    # what an entry corrects is told as its expense has it
    pairs = sorted(matching.pairs, key=lambda pair: not _is_cost(pair, matching))
    proposals = [
        proposal
        for pair in pairs
        if pair.contract and scope.concerns(pair) and found.is_large(pair)
        for proposal in found.of(pair)
    ]
    first: dict[str, Proposal] = {}
    for proposal in proposals:
        first.setdefault(proposal.entry.id, proposal)
    return tuple(first.values())


def _is_cost(pair: Pair, matching: Matching) -> bool:
    return any(item.account in matching.accounts.costs for item in pair.ours)


class _Corrections:
    """The corrections of one month."""

    def __init__(self, facts: Facts, matching: Matching, period: Period, scope: Scope) -> None:
        self._facts = facts
        self._matching = matching
        self._period = period
        self._scope = scope
        self._least = posting_threshold(facts, period)
        self._places = currency_places(facts.book.currency)
        self._of_entry: dict[str, list[Pair]] = {}
        self._entry_of: dict[int, Entry] = {}
        for pair in matching.pairs:
            for item in pair.ours:
                self._of_entry.setdefault(item.id, []).append(pair)
            for other in pair.theirs if pair.ours else ():
                self._entry_of[other.number] = pair.ours[0].entry

    def is_large(self, pair: Pair) -> bool:
        """Whether a pair differs by more than the threshold on an account in a month."""
        amounts: dict[tuple[str, Period], Fraction] = {}
        for item in pair.ours:
            key = (item.account, Period.month_of(item.day))
            amounts[key] = amounts.get(key, Fraction(0)) + item.value
        for other in pair.theirs:
            key = (other.account, Period.month_of(other.day))
            amounts[key] = amounts.get(key, Fraction(0)) - other.amount
        return any(abs(amount) > self._least for amount in amounts.values())

    def of(self, pair: Pair) -> Iterator[Proposal]:
        """What corrects a pair."""
        name, words = reason(pair, self._scope, self._matching.documents)
        if name == WRONG_PERIOD:
            yield from self._moved(pair, words)
        elif name == RECORDED_TWICE or pair.bought is not None:
            yield from self._reversed(pair, name, words)
        elif name == LEDGER_ONLY and pair.how != REVERSED:
            yield from self._bought(pair, words)
        elif name == UNRECORDED and self._is_missing(pair.ours[0].entry):
            yield self._proposal(replace(pair.ours[0].entry, pending=True), name, pair, words)
        elif pair.ours and pair.how not in {SUM, CARRIED}:
            yield from self._difference(pair, name, words)

    def _is_missing(self, entry: Entry) -> bool:
        """Whether nothing of an entry is in the ledger."""
        return not any(pair.theirs for pair in self._of_entry[entry.id])

    def _moved(self, pair: Pair, words: str) -> Iterator[Proposal]:
        """Taken out of the month in which the ledger has it, and entered in its own."""
        entry, theirs = pair.ours[0].entry, pair.theirs[0]
        amounts = _amounts(entry)
        for kind, day, sign in (("out", theirs.day, -1), ("in", entry.day, 1)):
            own = {account: sign * amount for account, amount in amounts.items()}
            yield self._entry(f"period-{kind}", pair, entry.id, day, own, WRONG_PERIOD, words)

    def _reversed(self, pair: Pair, name: str, words: str) -> Iterator[Proposal]:
        """The reversal of an entry of the ledger, where all of it is known."""
        theirs = pair.theirs[0]
        amounts = self._their_amounts(theirs)
        if sum(amounts.values(), Decimal(0)) and pair.twin is not None:
            repeated = self._entry_of.get(pair.twin.number)
            amounts = _amounts(repeated) if repeated else amounts
        if not sum(amounts.values(), Decimal(0)):
            own = {account: -amount for account, amount in amounts.items()}
            subject = f"{theirs.day}-{theirs.number}"
            yield self._entry("reversal", pair, subject, theirs.day, own, name, words)

    def _difference(self, pair: Pair, name: str, words: str) -> Iterator[Proposal]:
        """What an entry of ours has more than the ledger, on the accounts that are compared.

        What is left goes to the account that balances our own entry.
        """
        entry = pair.ours[0].entry
        amounts: Amounts = {}
        for own in self._of_entry[entry.id]:
            for item in own.ours:
                _plus(amounts, item.account, item.amount)
            for other in own.theirs:
                _plus(amounts, other.account, -self._rounded(other.amount))
        rest = sum(amounts.values(), Decimal(0))
        if rest:
            _plus(amounts, self._balancing(entry, -rest), -rest)
        day = entry.day if entry.day in self._period else self._period.last_day
        amounts = {account: amount for account, amount in amounts.items() if amount}
        if amounts:
            yield self._entry("difference", pair, entry.id, day, amounts, name, words)

    def _balancing(self, entry: Entry, wanted: Decimal) -> str:
        """The account of an entry that is compared with nothing; else its largest one.

        A posting of just the amount that is wanted comes first, such as tax that was expensed.
        """
        others = [p for p in entry.postings if p.account not in self._matching.accounts]
        return max(
            others or entry.postings, key=lambda p: (p.amount == wanted, abs(p.amount))
        ).account

    def _bought(self, pair: Pair, words: str) -> Iterator[Proposal]:
        """A purchase of credits that the ledger has on the prepaid account, and we lack."""
        theirs = pair.theirs[0]
        contract = self._facts.book.contracts[pair.contract]
        is_prepaid = theirs.account == self._facts.book.account("prepaid_credits", contract)
        own_currency = self._facts.plan_of(contract).currency == self._facts.book.currency
        if not is_prepaid or theirs.amount <= 0 or not own_currency:
            return
        amount = self._rounded(theirs.amount)
        amounts = self._their_amounts(theirs)
        if sum(amounts.values(), Decimal(0)):
            other = self._facts.book.account("cash", contract)
            amounts = {theirs.account: amount, other: -amount}
        text = money_text(amount, self._places)
        row = f"{theirs.day},{contract.id},purchase,{text},{text},{theirs.document}"
        subject = f"{theirs.day}-{theirs.number}"
        told = f"{words}: if it is a purchase of credits, credits.csv lacks it"
        proposal = self._entry("purchase", pair, subject, theirs.day, amounts, LEDGER_ONLY, told)
        yield replace(proposal, where=CREDITS_FILE, header=_CREDITS_HEADER, row=row)

    # -- entries ------------------------------------------------------------------------

    def _rounded(self, amount: Fraction) -> Decimal:
        return round_half_up(amount, self._places)

    def _their_amounts(self, theirs: Theirs) -> Amounts:
        """What an entry of the ledger posts, by account, as far as it is known."""
        amounts: Amounts = {}
        for posting in theirs.transaction:
            if posting.currency == self._facts.book.currency:
                _plus(amounts, posting.account, posting.amount)
        return {account: amount for account, amount in amounts.items() if amount}

    def _entry(
        self,
        kind: str,
        pair: Pair,
        subject: str,
        day: date,
        amounts: Mapping[str, Decimal],
        name: str,
        words: str,
    ) -> Proposal:
        contract = self._facts.book.contracts[pair.contract]
        corrects = (("corrects", pair.ours[0].id),) if pair.ours else ()
        # seen from either month, it is the same correction
        month = Period.month_of(pair.ours[0].day) if pair.ours else self._period
        entry = Entry(
            id=identity(f"{PROPOSAL}{kind}", contract.id, f"{month}-{subject}"),
            kind="adjustment",
            day=day,
            payee=contract.party,
            narration=f"{_PROPOSED}, {name}",
            postings=_postings(self._facts, contract, amounts),
            tags=(
                ("period", str(self._period)),
                ("contract", contract.id),
                ("rule", "proposed-correction"),
                *corrects,
            ),
            pending=True,
        )
        return self._proposal(entry, name, pair, words)

    def _proposal(self, entry: Entry, name: str, pair: Pair, words: str) -> Proposal:
        return Proposal(entry, name, pair.contract, self._period, words, LEDGER)


def _plus(amounts: Amounts, account: str, amount: Decimal) -> None:
    amounts[account] = amounts.get(account, Decimal(0)) + amount


def _amounts(entry: Entry) -> Amounts:
    amounts: Amounts = {}
    for posting in entry.postings:
        _plus(amounts, posting.account, posting.amount)
    return amounts


def _postings(
    facts: Facts, contract: Contract, amounts: Mapping[str, Decimal]
) -> tuple[Posting, ...]:
    """Debits first, as everywhere; an account that the book does not name has no role."""
    roles = {facts.book.account(role, contract): role for role in _roles(facts)}
    places = currency_places(facts.book.currency)
    postings = [
        Posting(contract.own_role(roles.get(account, "")), account, round_half_up(amount, places))
        for account, amount in amounts.items()
        if amount
    ]
    return tuple(sorted(postings, key=lambda posting: posting.amount < 0))


def _roles(facts: Facts) -> Iterable[str]:
    return sorted({*DEFAULT_ACCOUNTS, *facts.book.accounts}, reverse=True)
