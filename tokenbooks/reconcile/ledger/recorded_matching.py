"""Which amounts of our entries stand where in the company's own ledger.

The surest evidence first: an id of ours that the ledger carries, the number of a document,
the same amount on the same account a few days apart. Then what is there, but not as it should
be: on another account, in another month, several as one sum, another amount. Of equal ones
the nearest day wins, and each is used once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any, TypeVar

from tokenbooks.book import ENTRY_KINDS
from tokenbooks.close.close_period import Close, close_period
from tokenbooks.documents import RecordedPosting
from tokenbooks.entries.entry import Entry
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.reconcile.ledger.recorded_documents import Documents
from tokenbooks.reconcile.ledger.recorded_items import (
    Accounts,
    Ours,
    Theirs,
    accounts_compared,
    our_items,
    their_items,
)
from tokenbooks.reconcile.ledger.recorded_steps import (
    ALIKE,
    NEAR_DAY,
    NEARLY,
    STEPS,
    Key,
    Step,
    distance,
    is_alike,
)

# -- how what is ours was found in the ledger ---------------------------------------------

ENTRY = "entry"  #: it carries our id
SUM = "sum"  #: several are one sum in a month
CARRIED = "brought forward"  #: what the ledger had before the book began
TWICE = "twice"  #: what is already found stands there once more
REVERSED = "reversed"  #: the ledger has it and takes it back
ALONE = "alone"  #: only one side has it

#: Days in which the same amount is taken for the same thing recorded twice.
AGAIN = timedelta(days=3)

Item = TypeVar("Item", Ours, Theirs)

#: What may be a pair: by what it is ordered, then ours and the ledger's.
Candidate = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Amounts of ours and of the ledger that are one and the same, or one side alone.

    ``twin`` is what an amount of the ledger repeats, ``bought`` the purchase of credits that
    it is equal to.
    """

    ours: tuple[Ours, ...]
    theirs: tuple[Theirs, ...]
    how: str
    twin: Theirs | None = None
    bought: Ours | None = None

    @property
    def contract(self) -> str:
        """Whose it is; '' where nothing tells."""
        return self.ours[0].contract if self.ours else self.theirs[0].contract


@dataclass(frozen=True, slots=True)
class Matching:
    """All amounts of both sides, each in one pair.

    ``unconverted`` are postings of the ledger in currencies of which no rate is known: they
    are in no pair.
    """

    pairs: tuple[Pair, ...]
    accounts: Accounts
    documents: Documents
    unconverted: tuple[RecordedPosting, ...] = ()


def all_entries(facts: Facts, close: Close) -> tuple[Entry, ...]:
    """The entries of a close with those of the kinds that the book's ``post`` leaves out.

    The latter are expected in the company's ledger.
    """
    if not set(ENTRY_KINDS) - set(facts.book.post):
        return close.entries
    everything = replace(facts, book=replace(facts.book, post=ENTRY_KINDS))
    return close_period(everything, close.period, close.computed, close.before).entries


def match_recorded(
    facts: Facts,
    entries: Mapping[Period, Sequence[Entry]],
    recorded: Sequence[RecordedPosting],
) -> Matching:
    """Match our entries (``all_entries`` of each month) with the postings of the ledger.

    Give all months that are known, at least those beside the one that is looked at: what
    stands in another month of the ledger is found only so.
    """
    accounts = accounts_compared(facts)
    ours = our_items(facts, entries, accounts)
    theirs, unconverted = their_items(facts, recorded, accounts)
    documents = Documents(facts)
    entered = {item.id for item in ours}
    corrections = [other for other in theirs if other.corrects in entered]
    theirs = [other for other in theirs if other.corrects not in entered]
    matcher = _Matcher(accounts, documents, ours, theirs)
    matcher.by_entry()
    matcher.carried(facts.book.start)
    for step in STEPS:
        matcher.by_step(step)
    matcher.by_sum()
    matcher.by_likeness()
    matcher.reversed()
    matcher.rest()
    pairs = _with_corrections(matcher.pairs, corrections, accounts)
    return Matching(tuple(pairs), accounts, documents, tuple(unconverted))


@dataclass(slots=True)
class _Matcher:
    """What is not matched yet, the pairs so far, and what of the ledger they found."""

    accounts: Accounts
    documents: Documents
    ours: list[Ours]
    theirs: list[Theirs]
    pairs: list[Pair] = field(default_factory=list)
    found: dict[Key, list[Theirs]] = field(default_factory=dict)

    def _add(self, pairs: Iterable[Pair]) -> None:
        """Take pairs out of what is left."""
        found = list(pairs)
        ours = {id(item) for pair in found for item in pair.ours}
        theirs = {id(item) for pair in found for item in pair.theirs}
        self.ours = [item for item in self.ours if id(item) not in ours]
        self.theirs = [item for item in self.theirs if id(item) not in theirs]
        self.pairs += found
        for pair in found:
            for other in pair.theirs if pair.ours else ():
                self.found.setdefault((other.account, other.amount), []).append(other)

    # -- by the id of the entry ---------------------------------------------------------

    def by_entry(self) -> None:
        """What carries an id of ours; the same id once more is recorded twice."""
        ours: dict[str, list[Ours]] = {}
        for item in self.ours:
            ours.setdefault(item.id, []).append(item)
        found: dict[str, dict[int, list[Theirs]]] = {}
        for other in self.theirs:
            if other.entry in ours:
                found.setdefault(other.entry, {}).setdefault(other.number, []).append(other)
        pairs: list[Pair] = []
        for entry, numbers in found.items():
            own = ours[entry]
            in_order = sorted(
                numbers.values(), key=lambda t: (abs(t[0].day - own[0].day), t[0].number)
            )
            first, *others_of = _copies(in_order)
            pairs += _of_one_entry(own, first, self.accounts)
            twins = {item.account: item for item in first}
            pairs += (
                Pair((), (item,), TWICE, twins.get(item.account, first[0]))
                for others in others_of
                for item in others
                if item.account in self.accounts
            )
        self._add(pairs)

    def carried(self, start: Period) -> None:
        """What the ledger had on our own accounts before the book began: the opening."""
        for account in self.accounts.owned:
            theirs = [t for t in self.theirs if t.account == account and t.day < start.start]
            ours = [o for o in self.ours if o.account == account and o.entry.kind == "opening"]
            if theirs:
                self._add([Pair(tuple(ours), tuple(theirs), CARRIED)])

    # -- by what is equal ---------------------------------------------------------------

    def by_step(self, step: Step) -> None:
        """What a step finds equal, the nearest first, each once."""
        places: dict[Key, list[Theirs]] = {}
        for other in self.theirs:
            for key in step.of_theirs(other):
                places.setdefault(key, []).append(other)
        candidates = [
            (distance(item, other), item.id, item.account, other.number, item, other)
            for item in self.ours
            for key in step.of_ours(item, self.documents)
            for other in places.get(key, ())
            if step.fits(item, other, self.accounts)
        ]
        self._add(_each_once(candidates, step.how))

    def by_sum(self) -> None:
        """Several of a contract's on one account that come to the same in a month."""
        theirs = self._by_month(self.theirs)
        self._add(
            [
                Pair(tuple(ours), tuple(others), SUM)
                for key, ours in self._by_month(self.ours).items()
                if (others := theirs.get(key)) and _sum(ours) == _sum(others)
            ]
        )

    def by_likeness(self) -> None:
        """What comes nearest of a contract, an account and a month, with another amount.

        Where each side has more than one left, only what is nearly the same.
        """
        theirs = self._by_month(self.theirs)
        candidates = []
        for key, ours in self._by_month(self.ours).items():
            others = [other for other in theirs.get(key, ()) if self._twin(other) is None]
            at_most = ALIKE if len(ours) == len(others) == 1 else NEARLY
            candidates += [
                (abs(other.amount - item.value), item.id, other.number, item, other)
                for item in ours
                for other in others
                if is_alike(item, other, at_most)
            ]
        self._add(_each_once(candidates, NEAR_DAY))

    def _by_month(self, items: Iterable[Item]) -> dict[Key, list[Item]]:
        found: dict[Key, list[Item]] = {}
        for item in items:
            if item.account in self.accounts:
                month = Period.month_of(item.day)
                found.setdefault((item.contract, item.account, month), []).append(item)
        return found

    # -- what only one side has -----------------------------------------------------------

    def reversed(self) -> None:
        """What the ledger has, and takes back itself on the same account."""
        places: dict[Key, list[Theirs]] = {}
        pairs = []
        for other in sorted(self.theirs, key=lambda item: (item.day, item.number)):
            if other.account in self.accounts:
                key = (other.contract, other.account)
                if opposite := places.get((*key, -other.amount)):
                    pairs.append(Pair((), (opposite.pop(0), other), REVERSED))
                else:
                    places.setdefault((*key, other.amount), []).append(other)
        self._add(pairs)

    def rest(self) -> None:
        """Everything that is left, each alone; of the ledger's what repeats something."""
        pairs = [Pair((item,), (), ALONE) for item in self.ours]
        bought = [
            item
            for pair in self.pairs
            for item in pair.ours
            if item.entry.kind == "purchase" and item.account in self.accounts.owned
        ]
        for other in self.theirs:
            if other.account not in self.accounts:
                continue
            if twin := self._twin(other):
                pairs.append(Pair((), (other,), TWICE, twin))
            else:
                purchase = (
                    _purchase(other, bought) if other.account in self.accounts.costs else None
                )
                pairs.append(Pair((), (other,), ALONE, bought=purchase))
        self._add(pairs)

    def _twin(self, other: Theirs) -> Theirs | None:
        """What is matched already and is the same once more."""
        found = [
            item
            for item in self.found.get((other.account, other.amount), ())
            if item.number != other.number and _is_again(item, other)
        ]
        return min(found, key=lambda item: abs(item.day - other.day), default=None)


def _copies(transactions: Iterable[list[Theirs]]) -> list[list[Theirs]]:
    """The times that the ledger has an entry: rows on other accounts belong together.

    An extract that does not tell which rows are of one transaction has each by itself.
    """
    copies: list[list[Theirs]] = []
    for rows in transactions:
        accounts = {row.account for row in rows}
        fitting = (copy for copy in copies if not accounts & {row.account for row in copy})
        copy = next(fitting, None)
        if copy is None:
            copies.append(list(rows))
        else:
            copy += rows
    return copies


def _each_once(candidates: Iterable[Candidate], how: str) -> list[Pair]:
    """Pairs in the order of what stands before them, each amount in the first that it fits."""
    used: set[int] = set()
    pairs = []
    for *_, ours, theirs in sorted(candidates, key=lambda found: found[:-2]):
        if not used & {id(ours), id(theirs)}:
            used |= {id(ours), id(theirs)}
            pairs.append(Pair((ours,), (theirs,), how))
    return pairs


def _of_one_entry(ours: Sequence[Ours], theirs: Sequence[Theirs], accounts: Accounts) -> list[Pair]:
    """The amounts of one entry: by account, then what went to another account."""
    by_account = {item.account: item for item in theirs}
    pairs, missing = [], []
    for item in ours:
        if other := by_account.pop(item.account, None):
            pairs.append(Pair((item,), (other,), ENTRY))
        else:
            missing.append(item)
    for item in missing:
        fitting = [t for t in by_account.values() if t.amount == item.value]
        if fitting:
            pairs.append(Pair((item,), (by_account.pop(fitting[0].account),), ENTRY))
    pairs += [
        Pair((), (other,), ALONE) for other in by_account.values() if other.account in accounts
    ]
    return pairs


def _with_corrections(
    pairs: Sequence[Pair], corrections: Sequence[Theirs], accounts: Accounts
) -> list[Pair]:
    """The pairs with what corrects them: each amount with that of its account, else the first."""
    found = list(pairs)
    of_entry: dict[str, list[int]] = {}
    for number, pair in enumerate(found):
        for item in pair.ours:
            of_entry.setdefault(item.id, []).append(number)
    for correction in corrections:
        numbers = of_entry[correction.corrects]
        account = correction.account
        own = [n for n in numbers if account in {item.account for item in found[n].ours}]
        own += [n for n in numbers if account in {item.account for item in found[n].theirs}]
        if not own and account not in accounts:
            continue  # the other side of the correction, such as cash: nothing compares it
        number = (own or numbers)[0]
        found[number] = replace(found[number], theirs=(*found[number].theirs, correction))
    return found


def _sum(items: Sequence[Ours] | Sequence[Theirs]) -> Fraction:
    return sum((Fraction(item.amount) for item in items), Fraction(0))


def _is_again(one: Theirs, other: Theirs) -> bool:
    if one.document and other.document:
        return one.document == other.document
    same = (one.contract, one.payee) == (other.contract, other.payee) or (
        one.contract == other.contract != ""
    )
    return same and abs(one.day - other.day) <= AGAIN


def _purchase(theirs: Theirs, bought: Sequence[Ours]) -> Ours | None:
    """The purchase of credits that an expense of the ledger is equal to."""
    for item in bought:
        is_document = bool(theirs.document) and theirs.document == item.entry.code
        is_near = abs(theirs.day - item.day) <= AGAIN and theirs.contract in {"", item.contract}
        if theirs.amount == item.value and (is_document or is_near):
            return item
    return None
