"""A period rolled forward: every lot and accrual over it, and the balances of their accounts.

The same figures for a written close, from the states that it and the one before it left,
and for one that is only computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tokenbooks.book import Book
from tokenbooks.close.close_period import Before, owned_balances
from tokenbooks.close.lot_states import LotState, states_together
from tokenbooks.close.rollforwards import (
    AccrualKey,
    AccrualMovement,
    accrual_movements,
    deferred_apart,
)
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.mirror import own_amount
from tokenbooks.periods import Period


@dataclass(frozen=True, slots=True)
class AboutLot:
    """Whose lot it is, what it is, and the last day on which its credits are good."""

    contract: str = ""
    party: str = ""
    kind: str = ""
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class RolledLot:
    """A lot at the beginning and at the end of a period.

    Without a ``name`` it is all lots of a contract whose parties stand together: only their
    cost is known here, their credits stand in the tables of the close.
    """

    name: str
    about: AboutLot
    before: LotState
    now: LotState


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """An account at the end of a period, debit positive.

    ``rolled`` is what its roll-forwards come to, ``journal`` what the entries come to: None
    where the book does not post all that moves the account.
    """

    account: str
    rolled: Decimal
    journal: Decimal | None


@dataclass(frozen=True, slots=True)
class RolledPeriod:
    """The roll-forwards of a period; ``written`` tells whether it is closed.

    ``sellers`` are the contracts that sell: what their lots hold is deferred revenue, and what
    they accrue is not billed yet.
    """

    period: Period
    written: bool
    lots: tuple[RolledLot, ...]
    accruals: Mapping[AccrualKey, AccrualMovement]
    balances: tuple[AccountBalance, ...]
    sellers: frozenset[str] = frozenset()


def rolled_period(
    book: Book,
    period: Period,
    before: Before,
    now: Before,
    about: Mapping[str, AboutLot],
    entries: Iterable[Entry],
    *,
    written: bool,
) -> RolledPeriod:
    """Roll a period forward; ``entries`` are all of the journal up to its end."""
    lots = tuple(_rolled_lots(before, now, about))
    accruals = accrual_movements(before.posted, now.posted)
    apart = deferred_apart(now.posted)
    asserted = owned_balances(book, now.posted, before.posted)
    balances = tuple(_balances(book, lots, accruals, apart, asserted, entries))
    sellers = frozenset(c.id for c in book.contracts.values() if c.sells)
    return RolledPeriod(period, written, lots, accruals, balances, sellers)


def _rolled_lots(before: Before, now: Before, about: Mapping[str, AboutLot]) -> Iterator[RolledLot]:
    then, together = states_together(before.posted), states_together(now.posted)
    in_tables = {*then, *together}
    lots = []
    for name in {*before.lots, *now.lots}:
        lot = RolledLot(
            name,
            about.get(name, AboutLot()),
            before.lots.get(name, LotState()),
            now.lots.get(name, LotState()),
        )
        moved = lot.before.left or lot.now.left or lot.now != lot.before
        if moved and lot.about.contract not in in_tables:
            lots.append(lot)
    yield from sorted(lots, key=lambda lot: (lot.about.contract, lot.about.party, lot.name))
    for contract in sorted(in_tables):
        states = (s.get(contract, LotState()) for s in (then, together))
        yield RolledLot("", AboutLot(contract), *states)


def _balances(
    book: Book,
    lots: Iterable[RolledLot],
    accruals: Mapping[AccrualKey, AccrualMovement],
    apart: Mapping[str, Decimal],
    asserted: Iterable[str],
    entries: Iterable[Entry],
) -> Iterator[AccountBalance]:
    owned = [("prepaid_credits", lot.about.contract, lot.now.cost_left) for lot in lots]
    owned += [("prepaid_credits", contract, amount) for contract, amount in apart.items()]
    owned += [("accrued_expenses", key.contract, -moved.closing) for key, moved in accruals.items()]
    rolled = dict.fromkeys(asserted, Decimal(0))
    posted = frozenset(rolled)
    for role, name, amount in owned:
        if contract := book.contracts.get(name):
            account = book.account(role, contract)
            rolled[account] = rolled.get(account, Decimal(0)) + own_amount(contract, amount)
    journal: dict[str, Decimal] = {}
    for entry in entries:
        for posting in entry.postings:
            known = journal.get(posting.account, Decimal(0))
            journal[posting.account] = known + posting.amount
    for account in sorted(rolled):
        balance = journal.get(account, Decimal(0)) if account in posted else None
        yield AccountBalance(account, rolled[account], balance)
