"""The modifications of a book at the end of a period, with what they found and brought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, round_half_up
from tokenbooks.close.computed import Computed
from tokenbooks.credits.lots import Account, Lot
from tokenbooks.credits.modifications import CATCH_UP, approved_modifications, treatment
from tokenbooks.credits.repricing import MODIFIED
from tokenbooks.documents import Modification
from tokenbooks.entries.sell.advance import Advance, paid_days
from tokenbooks.entries.sell.catch_up import CatchUp
from tokenbooks.entries.sell.modification import Ahead, Modified
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, months_between, start_of
from tokenbooks.problems import Problem, error, warning
from tokenbooks.rating.charges import FEE


def find_modified(
    facts: Facts, computed: Computed, advances: Sequence[Advance], period: Period
) -> tuple[list[Modified], list[Problem]]:
    """All approved modifications up to the end of a period, in the order of time.

    Problems: ``modification-idle``, and the warning ``modification-unapproved``.
    """
    items = approved_modifications(facts, period.end)
    caught = [item for item in items if treatment(item) == CATCH_UP]
    pattern = _Pattern(facts, computed, advances, period)
    found = []
    for item in items:
        own = (_left(computed, item), _after(computed, item), _extended(computed, item))
        if item in caught:
            later = next((i for i in caught[caught.index(item) + 1 :] if _same(i, item)), None)
            found.append(pattern.caught_up(item, own, later))
        else:
            found.append(Modified(item, treatment(item), *own))
    return found, [*_idle(found), *_unapproved(facts, period)]


def _same(one: Modification, other: Modification) -> bool:
    return (one.contract, one.party) == (other.contract, other.party)


_Lots = tuple[dict[str, tuple[Fraction, Decimal]], list[Lot], list[Lot]]


@dataclass(slots=True)
class _Pattern:
    """What contracts earn by their own terms; ``ahead`` is what the latest catch-up is ahead."""

    facts: Facts
    computed: Computed
    advances: Sequence[Advance]
    period: Period
    ahead: dict[Account, Decimal] = field(default_factory=dict)

    def caught_up(self, item: Modification, lots: _Lots, later: Modification | None) -> Modified:
        """A modification that catches up, followed until the next one of the account."""
        places = currency_places(self.facts.book.currency)
        account = (item.contract, item.party)
        catch_up = CatchUp(
            item.progress or Decimal(0),
            item.price or Decimal(0),
            self._earned(account, item.day),
            places,
            self.ahead.get(account, Decimal(0)),
        )
        stop = min(later.day, self.period.end) if later else self.period.end
        since = []
        for month in months_between(Period.month_of(item.day), self.period):
            end = min(month.end, stop)
            ahead = catch_up.ahead(self._earned(account, end))
            since.append(Ahead(month, ahead, self._deferred(account, end)))
        self.ahead[account] = since[-1].amount
        deferred = self._deferred(account, item.day)
        return Modified(item, CATCH_UP, *lots, catch_up, deferred, tuple(since))

    def _earned(self, account: Account, end: date) -> Decimal:
        """What was earned before a day: usage, and fees, by the day where they are in advance."""
        places, before = currency_places(self.facts.book.currency), start_of(end)
        billed = paid_days(self.facts, *account, self.period.end)
        value = Fraction(0)
        for step in self.computed.rated.charges.steps.get(account, []):
            if step.at < before:
                is_billed = step.at.date() in billed
                parts = ((p.kind == FEE and is_billed, v) for p, v in step.parts.items())
                value += sum((own for skipped, own in parts if not skipped), Fraction(0))
        in_advance = (item.earned_by(end, places) for item in self._own(account))
        return round_half_up(value, places) + sum(in_advance, Decimal(0))

    def _deferred(self, account: Account, end: date) -> Decimal:
        """What documents in advance defer on a day."""
        places = currency_places(self.facts.book.currency)
        rests = (
            item.amount - item.earned_by(end, places)
            for item in self._own(account)
            if item.counts_from <= end
        )
        return sum(rests, Decimal(0))

    def _own(self, account: Account) -> list[Advance]:
        return [i for i in self.advances if (i.row.contract, i.row.party) == account]


def _left(computed: Computed, item: Modification) -> dict[str, tuple[Fraction, Decimal]]:
    """What moved, or went back, of each lot by a modification."""
    found: dict[str, tuple[Fraction, Decimal]] = {}
    for taken in computed.taken:
        lot = computed.lots[taken.lot]
        if taken.event.document != item.id or lot.event.document == item.id:
            continue
        if taken.event.event in {MODIFIED, "refund"}:
            quantity, cost = found.get(taken.lot, (Fraction(0), Decimal(0)))
            found[taken.lot] = (quantity + taken.quantity, cost + taken.cost)
    return found


def _after(computed: Computed, item: Modification) -> list[Lot]:
    """The lots that a modification made."""
    return [lot for lot in computed.lots.values() if lot.event.document == item.id]


def _extended(computed: Computed, item: Modification) -> list[Lot]:
    """The lots that a modification lengthened, and that live on as they were."""
    at = start_of(item.day)
    return [
        lot
        for lot in computed.lots.values()
        if item.expires is not None
        and lot.account == (item.contract, item.party)
        and any(since == at for since, _ in lot.extended)
    ]


def _idle(found: Sequence[Modified]) -> Iterator[Problem]:
    """Modifications that lengthen, or give back, credits of which none are left."""
    for own in found:
        item = own.item
        if own.left or own.after or own.extended or not (item.expires or item.refund):
            continue
        what = "give back" if item.refund else "lengthen"
        yield error(
            "modification-idle",
            f"{item.contract} has no credits on {item.day} that {item.id} could {what}",
            "correct its `date`, its `party` or its `lots`",
            item.position,
        )


def _unapproved(facts: Facts, period: Period) -> Iterator[Problem]:
    """Modifications that nobody approved: nothing is posted for them."""
    for item in facts.modifications:
        if not item.approved and item.day < period.end:
            yield warning(
                "modification-unapproved",
                f"nobody approved the modification {item.id} of {item.contract}: nothing of it is"
                " posted",
                "let another person fill in `approved`, or take it away",
                item.position,
            )
