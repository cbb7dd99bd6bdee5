"""Balances of credits at the end of a day, by contract or by party."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tokenbooks.close.computed import Computed
from tokenbooks.close.credit_days import owed_by_credits
from tokenbooks.close.lot_states import LotState
from tokenbooks.close.outlook import Outlook
from tokenbooks.credits.lots import Account
from tokenbooks.facts import Facts

NOTHING = Fraction(0)


@dataclass(frozen=True, slots=True)
class LotAt:
    """A lot, and what has become of it by the end of a day."""

    account: Account
    id: str
    kind: str
    acquired: date
    last_day: date | None
    state: LotState


def lots_of(computed: Computed, states: Mapping[str, LotState]) -> list[LotAt]:
    """The lots with what has become of them, by account and time."""
    lots = sorted(computed.lots.values(), key=lambda lot: (lot.account, lot.starts, lot.id))
    return [
        LotAt(lot.account, lot.id, lot.kind, lot.acquired, lot.last_day, states[lot.id])
        for lot in lots
    ]


@dataclass(slots=True)
class BalanceAt:
    """The credits of an account, or of a contract with all its parties (party '').

    List value: what is ``left`` of the lots, the usage that no lot covered (``uncovered``),
    what of it the next purchase pays (``owed``), and the recent ``rate`` of use a day. What is
    expected to expire is None where nobody has looked ahead.
    """

    account: Account
    left: Fraction = NOTHING
    cost_left: Decimal = Decimal(0)
    uncovered: Fraction = NOTHING
    owed: Fraction = NOTHING
    rate: Fraction = NOTHING
    expected_loss: Fraction | None = NOTHING
    loss_cost: Decimal | None = Decimal(0)

    @property
    def balance(self) -> Fraction:
        """The balance as a provider shows it: negative where more was used than bought."""
        return self.left - self.owed

    def plus(self, other: BalanceAt) -> BalanceAt:
        """Both together; what is not looked ahead for both is not told."""
        is_told = self.expected_loss is not None and other.expected_loss is not None
        return BalanceAt(
            self.account,
            self.left + other.left,
            self.cost_left + other.cost_left,
            self.uncovered + other.uncovered,
            self.owed + other.owed,
            self.rate + other.rate,
            (self.expected_loss or NOTHING) + (other.expected_loss or NOTHING) if is_told else None,
            (self.loss_cost or Decimal(0)) + (other.loss_cost or Decimal(0)) if is_told else None,
        )


def balances(
    facts: Facts,
    computed: Computed,
    states: Mapping[str, LotState],
    outlook: Outlook,
    day: date,
    key: Callable[[Account], Account],
) -> list[BalanceAt]:
    """The balances of prepaid contracts at the end of a day.

    ``key`` says which accounts stand together.
    """
    found: dict[Account, BalanceAt] = {}

    def at(account: Account) -> BalanceAt:
        return found.setdefault(key(account), BalanceAt(key(account)))

    for account in _accounts(facts, computed):
        at(account).rate += outlook.rates.get(account, NOTHING)
    for lot in computed.lots.values():
        own, state = at(lot.account), states[lot.id]
        own.left += state.left
        own.cost_left += state.cost_left
        if (expected := outlook.lots.get(lot.id)) and state.left:
            own.expected_loss = (own.expected_loss or NOTHING) + expected.lost
            own.loss_cost = (own.loss_cost or Decimal(0)) + expected.lost_cost
    for account, drawn in computed.drawn.items():
        at(account).uncovered += sum((item.quantity for item in drawn.uncovered), NOTHING)
    for account, item in owed_by_credits(facts, computed, day + timedelta(days=1)):
        at(account).owed += item.quantity
    order = {name: number for number, name in enumerate(facts.book.contracts)}
    return sorted(found.values(), key=lambda own: (order[own.account[0]], own.account))


def _accounts(facts: Facts, computed: Computed) -> Iterable[Account]:
    """All accounts that are drawn, and each prepaid contract without parties."""
    alone = (
        (contract.id, "")
        for contract in facts.book.contracts.values()
        if contract.settle == "prepaid" and not contract.each
    )
    return {**dict.fromkeys(alone), **dict.fromkeys(computed.drawn)}


def by_contract(account: Account) -> Account:
    """All parties of a contract together."""
    return account[0], ""


def by_party(account: Account) -> Account:
    """Each party alone."""
    return account
