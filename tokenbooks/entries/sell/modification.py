"""What a modification of a contract brings at once: credits for the past, and catch-up.

A price concession for service in the past reduces revenue when it is granted, and is never
blended into the price of what is to come (ASC 606-10-25-13, 32-43; P048). Where nothing that is
left is distinct, revenue catches up (``catch_up``); it is held against what was billed before
its days, else it is a contract asset. What modifications do to lots is in
``credits.modifications``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.credits.lots import Lot
from tokenbooks.credits.modifications import treatment
from tokenbooks.documents import Modification
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.destinations import default_destination
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, add, by_unit
from tokenbooks.entries.sell.catch_up import CatchUp
from tokenbooks.facts import Facts
from tokenbooks.periods import Period

#: The rule of their lines, and the kind of their entries.
RULE = "modified"

#: What ends the units of what goes back of a catch-up.
_SINCE = "-since"


class Ahead(NamedTuple):
    """How far revenue is ahead at the end of a month, and what documents defer then."""

    month: Period
    amount: Decimal
    deferred: Decimal


@dataclass(frozen=True, slots=True)
class Modified:
    """A modification with what it found: the lots touched, those made, and its catch-up.

    ``left`` are credits and cost left of each lot at the beginning of its day, ``extended`` the
    lots that it lengthened. ``deferred`` is what was deferred before the day of a catch-up,
    ``since`` how far that was ahead at the end of each month.
    """

    item: Modification
    treatment: str
    left: Mapping[str, tuple[Fraction, Decimal]]
    after: Sequence[Lot]
    extended: Sequence[Lot] = ()
    catch_up: CatchUp | None = None
    deferred: Decimal = Decimal(0)
    since: Sequence[Ahead] = ()


def modified_to_date(facts: Facts, found: Sequence[Modified]) -> Posted:
    """The lines of all modifications, in the seller's roles."""
    posted: Posted = {}
    for own in found:
        item, month = own.item, Period.month_of(own.item.day)
        unit = (RULE, item.contract, item.party, item.id, str(month))
        granted = item.past_service_credit
        add(posted, Line(*unit, *default_destination(facts, item.contract)), granted)
        add(posted, Line(*unit, "accounts_receivable"), -granted)
        if own.catch_up is not None:
            _catch_up(facts, posted, own, own.catch_up)
    return posted


def _catch_up(facts: Facts, posted: Posted, own: Modified, catch_up: CatchUp) -> None:
    """What is caught up on the day, and what goes back of it in each month since."""
    item, month = own.item, Period.month_of(own.item.day)
    brought = catch_up.ahead_before
    before = _held(brought, own.deferred)
    steps = [(item.id, Ahead(month, brought + catch_up.amount, own.deferred))]
    steps += [(item.id + _SINCE, ahead) for ahead in own.since]
    for name, ahead in steps:
        unit = (RULE, item.contract, item.party, name, str(ahead.month))
        held = _held(ahead.amount, ahead.deferred)
        for role, amount in held.items():
            add(posted, Line(*unit, role), amount - before[role])
            revenue = Line(*unit, *default_destination(facts, item.contract))
            add(posted, revenue, before[role] - amount)
        before = held


def _held(ahead: Decimal, deferred: Decimal) -> dict[str, Decimal]:
    """Where revenue ahead of its bills stands: what is deferred first, then a contract asset."""
    of_deferred = min(ahead, max(deferred, Decimal(0)))
    return {"deferred_revenue": of_deferred, "contract_asset": ahead - of_deferred}


def modified_entries(
    booking: Booking, changes: Mapping[Line, Decimal], found: Sequence[Modified]
) -> Iterator[Entry]:
    """One entry a modification, on its day, and one a month for what goes back of a catch-up."""
    known = {(own.item.contract, own.item.id): own for own in found}
    for unit, amounts in by_unit(changes, RULE).items():
        own, is_since = known.get((unit.contract, unit.unit)), False
        if own is None and unit.unit.endswith(_SINCE):
            own, is_since = known.get((unit.contract, unit.unit.removesuffix(_SINCE))), True
        what, day = "Modification taken back", booking.period.start
        if own is not None and is_since:
            what = f"Modification {own.item.id}, caught up before and due now"
            day = Period.parse(unit.service).last_day
        elif own is not None:
            what, day = f"Modification {own.item.id}, {treatment(own.item)}", own.item.day
        yield booking.entry(
            RULE,
            unit.contract,
            f"{unit.unit}-{unit.service}" if is_since else unit.unit,
            day,
            what,
            amounts,
            rule="contract-modified",
            late=booking.period.last_day if is_since else booking.period.start,
            code=own.item.id if own else unit.unit,
        )
