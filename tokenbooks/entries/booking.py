"""Booking: how lines become postings and entries of one period.

Ids are built from keys: kind, contract, subject, and the booking period where it is not
the one that the facts belong to. What belongs to an earlier period is dated in the open
one, tagged with its service period and the entry that it corrects.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tokenbooks.entries.entry import Entry, Posting
from tokenbooks.entries.mirror import booked
from tokenbooks.entries.posted import Line
from tokenbooks.entries.sell.words import wording
from tokenbooks.facts import Facts
from tokenbooks.periods import Period

#: What ids do not hold.
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
#: How lots begin that have no name of their own, after the name of their contract.
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
#: How ids of late entries end.
_LATE = re.compile(r"-in-\d{4}-\d{2}$")

#: Kinds whose subject is a lot, and those whose subject is a service span.
_OF_LOTS = frozenset(
    {"opening", "purchase", "sale", "transfer", "refund", "adjustment", "rollover", "expiry"}
)
_OF_SPANS = frozenset({"reversal", "settlement", "consumption", "accrual"})

#: Kinds of estimates, and kinds that a late entry may have none before it of.
_PENDING = frozenset({"accrual", "approved"})
_MAY_BE_FIRST = _OF_LOTS | _PENDING | {"consumption"}

#: Kinds that always belong to an earlier entry of another kind, and the tag that says so.
_LINKS = {"settlement": ("settles", "accrual"), "reversal": ("reverses", "accrual")}

#: Rules of usage: the entries of a service span hold the lines of all its units.
_OF_USAGE = frozenset({"consumption", "service"})

#: What stands in entries of its own: rule, contract, unit and service span of lines.
Booked = frozenset[tuple[str, str, str, str]]


def booked_units(posted: Iterable[Line]) -> Booked:
    """The units of which earlier closes have posted something."""
    return frozenset(_booked_as(line) for line in posted)


def _booked_as(line: Line) -> tuple[str, str, str, str]:
    unit = "" if line.rule in _OF_USAGE else line.unit
    return line.rule, line.contract, unit, line.service


def id_on_time(entry: Entry) -> str:
    """The id of an entry, or of the one that it would have been in the period of its facts."""
    return entry.id.removesuffix(late_id("", dict(entry.tags)["period"]))


def late_id(plain: str, period: Period | str) -> str:
    """The id of an entry that a later period books."""
    return f"{plain}-in-{period}"


@dataclass(frozen=True, slots=True)
class Booking:
    """The period that is booked, the book whose names it uses, and what is booked before it."""

    facts: Facts
    period: Period
    booked: Booked = frozenset()

    def day(self, wanted: date, late: date | None = None) -> date:
        """The date of an entry: as wanted inside the period, else a day of the period."""
        return wanted if wanted in self.period else (late or self.period.last_day)

    def is_late(self, wanted: date) -> bool:
        """Whether a fact of that day belongs to an earlier period."""
        return wanted < self.period.start

    def posting(self, line: Line, amount: Decimal) -> Posting:
        """A posting of a line, with the tags that tell what it is.

        Lots of customers are in tables, not in the journal (DESIGN 8).
        """
        lot = "" if self.facts.book.contracts[line.contract].sells else line.lot
        tags = (("lot", lot), ("class", line.class_), ("cost-center", line.cost_center))
        return Posting(
            *booked(self.facts.book, line, amount),
            tuple((key, value) for key, value in tags if value),
        )

    def entry(
        self,
        kind: str,
        contract: str,
        subject: str,
        wanted: date,
        narration: str,
        amounts: Mapping[Line, Decimal],
        *,
        rule: str,
        service: str = "",
        late: date | None = None,
        code: str = "",
    ) -> Entry:
        """An entry of these lines; lines that share account and tags are summed."""
        own = self.facts.book.contracts[contract]
        if own.sells:
            kind, narration, rule = wording(kind, narration, rule)
        plain_id = identity(kind, contract, subject)
        is_late = self.is_late(wanted)
        tags = [("period", str(self.period))]
        if service:
            tags.append(("service-period", service))
        tags += [("contract", contract), ("rule", rule)]
        if is_late:
            key, of = _LINKS.get(kind, ("corrects", kind))
            if self._goes_back(kind, amounts):
                tags.append((key, identity(of, contract, subject)))
            words = "" if kind in _LINKS else ", booked late"
            narration = f"{narration}{words} for {_month(service, wanted)}"
        return Entry(
            id=late_id(plain_id, self.period) if is_late else plain_id,
            kind=kind,
            day=self.day(wanted, late),
            payee=own.party,
            narration=narration,
            postings=self._postings(amounts),
            tags=tuple(tags),
            code=code,
            pending=kind in _PENDING,
        )

    def _goes_back(self, kind: str, amounts: Iterable[Line]) -> bool:
        """Whether an earlier entry is there for a late one; what comes late itself has none."""
        if kind not in _MAY_BE_FIRST:
            return True
        return any(_booked_as(line) in self.booked for line in amounts)

    def _postings(self, amounts: Mapping[Line, Decimal]) -> tuple[Posting, ...]:
        sums: dict[tuple[object, ...], Posting] = {}
        for line in sorted(amounts, key=_posting_order):
            posting = self.posting(line, amounts[line])
            key = (posting.role, posting.account, posting.tags)
            known = sums.get(key)
            total = posting.amount + (known.amount if known else 0)
            sums[key] = Posting(posting.role, posting.account, total, posting.tags)
        postings = [posting for posting in sums.values() if posting.amount]
        return tuple(sorted(postings, key=lambda posting: posting.amount < 0))


def _month(service: str, wanted: date) -> str:
    return service or str(Period.month_of(wanted))


def identity(kind: str, contract: str, subject: str) -> str:
    """A deterministic entry id, such as ``invoice-openai-INV-7``; no two subjects share one.

    A lot without a name of its own (``openai-2025-11-05``) is not told its contract twice. A
    contract with dashes in its name ends with a slash, for ``lab`` and ``lab-x`` may both be
    contracts: ``purchase-lab-x/1``. A subject that an id cannot hold as it is, or that
    would read as another, ends with a digest of it: ``invoice-llm-INV-7~0a1b2c3d4e5f``.
    """
    rest = subject
    is_odd = bool(_UNSAFE.search(subject) or _LATE.search(subject))
    if kind in _OF_LOTS:
        after = subject.removeprefix(f"{contract}-")
        if after != subject and _DAY.match(after):
            rest = after
        elif _DAY.match(subject):
            is_odd = True
    plain = f"{kind}-{contract}{_separator(kind, contract)}{_UNSAFE.sub('-', rest)}"
    return f"{plain}~{hashlib.sha256(subject.encode()).hexdigest()[:12]}" if is_odd else plain


def _separator(kind: str, contract: str) -> str:
    """What stands between contract and subject: a slash where a dash could be read otherwise.

    A service span is known by its shape, save after a contract that ends as a late id does.
    """
    if kind in _OF_SPANS:
        return "/" if contract.endswith("-in") else "-"
    return "/" if "-" in contract else "-"


def _posting_order(line: Line) -> tuple[str, ...]:
    return (line.role, line.class_, line.cost_center, line.lot, *line)
