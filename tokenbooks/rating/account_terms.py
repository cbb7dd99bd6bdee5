"""One account before the terms of its plan: what it is charged so far, and new charges to it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.periods import Period, anchored_span, start_of
from tokenbooks.rating.invoice_lines import Lines
from tokenbooks.rating.plan import Plan
from tokenbooks.rating.term_charges import FEES, TermCharge
from tokenbooks.rating.term_counts import TermCount
from tokenbooks.rating.term_facts import Held, TermFacts
from tokenbooks.rating.terms import Cap, Commitment, Discount, Fee, Minimum

NOTHING = Fraction(0)

#: From when (inclusive) until when (exclusive) a term holds; None is open.
Bounds = tuple[date | None, date | None]


class ChargedStep(NamedTuple):
    """What is charged at a step, with the list value of its usage by allocation."""

    at: datetime
    value: Fraction
    allocated: Mapping[int, Fraction]


class AppliedTerm(NamedTuple):
    """A term as it is told: its kind (one of ``term_charges``), its name and its text."""

    kind: str
    name: str
    text: str
    item: Discount | Cap | Commitment | Minimum | Fee | Plan


@dataclass(slots=True)
class AccountTerms:
    """The terms of one plan for one contract and party, with its usage in the order of time.

    ``net`` is what counts towards the terms still to come, by step: usage as rated, and all
    that terms have changed it by. ``found`` and ``counts`` are those of the whole run.
    """

    account: tuple[str, str]
    plan: Plan
    held: Held
    usage: Sequence[ChargedStep]
    facts: TermFacts
    lines: Lines
    service_span: Callable[[date], str]
    found: dict[int, TermCharge]
    counts: list[TermCount]
    net: dict[datetime, Fraction] = field(init=False)
    charges: list[TermCharge] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.net = {item.at: item.value for item in self.usage}

    def new_charge(self, term: AppliedTerm, span: Period) -> TermCharge:
        """A charge of a term in a span, without any amount yet."""
        named = term.name if term.kind == FEES else term.kind
        charge = TermCharge(
            len(self.found),
            *self.account,
            term.kind,
            term.name,
            span,
            term.text,
            self.facts.allocate({"fee": named}, max(span.start, self.held.first), self.account[0]),
            term.item.position,
        )
        if term.kind != FEES:
            self._share(charge)
        self.found[charge.id] = charge
        self.charges.append(charge)
        return charge

    def _share(self, charge: TermCharge) -> None:
        """A term is shared by the list value of the usage of its span."""
        first = bisect_left(self.usage, start_of(charge.span.start), key=_time)
        end = bisect_left(self.usage, start_of(charge.span.end), key=_time)
        for item in self.usage[first:end]:
            service = self.service_span(item.at.date())
            weights = charge.weights.setdefault(service, {})
            for allocation, value in item.allocated.items():
                weights[allocation] = weights.get(allocation, NOTHING) + value

    def count(
        self,
        term: AppliedTerm,
        spans: Callable[[date], Period],
        values: Mapping[datetime, Fraction],
        amount: Callable[[Period], Fraction],
    ) -> None:
        """Keep what counts towards a term, for those who ask how far it has come."""
        kind, text, position = term.kind, term.text, term.item.position
        count = TermCount(*self.account, kind, text, position, spans, dict(values), amount)
        self.counts.append(count)

    def change(self, at: datetime, value: Fraction) -> None:
        """Change what counts towards the terms still to come."""
        self.net[at] = self.net.get(at, NOTHING) + value

    def net_within(self, bounds: Bounds) -> dict[datetime, Fraction]:
        """What is charged while a term holds."""
        return {at: value for at, value in self.net.items() if is_within(at.date(), bounds)}

    def is_over(self, span: Period, until: date | None = None) -> bool:
        """Whether nothing more comes in a span: it, what it is of, or the contract has ended."""
        return self._end_of(span, until) <= self.held.end

    def last_of(self, span: Period, until: date | None = None) -> datetime:
        """The last day of a span that counts: the same, however late it is computed."""
        return start_of(self._end_of(span, until) - timedelta(days=1))

    def _end_of(self, span: Period, until: date | None) -> date:
        return min(day for day in (span.end, until, self.held.until) if day is not None)


def spans_of(every: str, anchor: date | None = None) -> Callable[[date], Period]:
    """The span of a term in which a day lies, from an anchor where it has one."""
    return lambda day: anchored_span(day, every, anchor)


def is_within(day: date, bounds: Bounds) -> bool:
    """Whether a term holds on a day."""
    starts, until = bounds
    return (starts is None or starts <= day) and (until is None or day < until)


def _time(item: ChargedStep) -> datetime:
    return item.at
