"""Roll-forwards: what each lot and each accrual was, what moved it, and what it is.

They are checked at every close with no tolerance: what the lots have cost and what is owed
must be what the lines of the journal hold, line by line and account by account
(ACCOUNTING 7, schedules 1 and 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.amounts import exact_text
from tokenbooks.close.computed import Computed
from tokenbooks.close.lot_states import LotState
from tokenbooks.entries.buy.accrual_exchange import ACCRUAL
from tokenbooks.entries.entry import Assertion
from tokenbooks.entries.mirror import own_amount
from tokenbooks.entries.posted import Line, Posted, is_of_lots
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, start_of
from tokenbooks.problems import Problem, error

_ZERO = Decimal(0)

#: Contract and lot; '' stands for all lots of a contract whose parties stand together.
_LotKey = tuple[str, str]


class AccrualKey(NamedTuple):
    """Whose accrual it is, and of which service span."""

    contract: str
    party: str
    service: str


@dataclass(frozen=True, slots=True)
class AccrualMovement:
    """An accrual over a period, credit positive, in the book's currency.

    opening + accrued - relieved + exchange = closing. Exchange is what a foreign accrual is
    worth more, or less, at the rate of the month's end. An opening balance is there before
    the first close.
    """

    opening: Decimal
    accrued: Decimal
    relieved: Decimal
    exchange: Decimal

    @property
    def closing(self) -> Decimal:
        """What is owed at the end."""
        return self.opening + self.accrued - self.relieved + self.exchange

    def __bool__(self) -> bool:
        return bool(self.opening or self.accrued or self.relieved or self.exchange)


def accrual_movements(
    before: Mapping[Line, Decimal], now: Mapping[Line, Decimal]
) -> dict[AccrualKey, AccrualMovement]:
    """What moved each accrual between what was posted before and what is posted now."""
    then, held = _accrued_by_rule(before), _accrued_by_rule(now)
    found = {}
    for key in sorted({*then, *held}):
        old, new = then.get(key, {}), held.get(key, {})
        rules = {*old, *new}
        moved = {rule: new.get(rule, _ZERO) - old.get(rule, _ZERO) for rule in rules}
        exchange = moved.pop("exchange", _ZERO)
        # what documents took back of an earlier remeasurement is relieved with the accrual
        billed = moved.pop("exchange-billed", _ZERO)
        opening = sum(old.values(), _ZERO) + moved.pop("opening", _ZERO)
        movement = sum(moved.values(), _ZERO)
        found[key] = AccrualMovement(
            opening, max(movement, _ZERO), max(-movement, _ZERO) - billed, exchange
        )
    return {key: movement for key, movement in found.items() if movement}


def _accrued_by_rule(posted: Mapping[Line, Decimal]) -> dict[AccrualKey, dict[str, Decimal]]:
    """What is accrued, credit positive, by service span and rule."""
    found: dict[AccrualKey, dict[str, Decimal]] = {}
    for line, amount in posted.items():
        if line.role != "accrued_expenses":
            continue
        of_exchange = line.rule == "exchange" and line.unit.startswith(ACCRUAL)
        service = line.unit.removeprefix(ACCRUAL) if of_exchange else line.service
        own = found.setdefault(AccrualKey(line.contract, line.party, service), {})
        own[line.rule] = own.get(line.rule, _ZERO) - amount
    return found


def prepaid_by_lot(posted: Mapping[Line, Decimal]) -> dict[_LotKey, Decimal]:
    """What is posted as prepaid, by contract and lot."""
    found: dict[_LotKey, Decimal] = {}
    for line, amount in posted.items():
        if is_of_lots(line):
            key = (line.contract, line.lot)
            found[key] = found.get(key, _ZERO) + amount
    return found


def deferred_apart(posted: Mapping[Line, Decimal]) -> dict[str, Decimal]:
    """What rules of the seller have put on deferred revenue apart from lots, by contract.

    Debit positive in the payer's view, such as breakage that was recognised before it expired.
    """
    found: dict[str, Decimal] = {}
    for line, amount in posted.items():
        if line.role == "prepaid_credits" and not is_of_lots(line):
            found[line.contract] = found.get(line.contract, _ZERO) + amount
    return found


@dataclass(frozen=True, slots=True)
class RollForwards:
    """What the roll-forwards of a close are made from, and what it posted and asserts."""

    period: Period
    computed: Computed
    lots: Mapping[str, LotState]
    lots_before: Mapping[str, LotState]
    posted_before: Posted
    assertions: Sequence[Assertion]

    def problems(self, facts: Facts) -> Iterator[Problem]:
        """Every roll-forward that is not what is posted, as an error."""
        yield from self._credits()
        yield from self._openings()
        prepaid, owed = self._prepaid(), self._owed()
        posted = self._together(prepaid_by_lot(self.computed.posted))
        for key in sorted({*prepaid, *posted}):
            yield from _differs(_name_of(key), prepaid.get(key), posted.get(key))
        accrued = {
            key: sum(amounts.values(), _ZERO)
            for key, amounts in _accrued_by_rule(self.computed.posted).items()
        }
        for accrual in sorted({*owed, *accrued}):
            what = f"the accrual of {accrual.contract} for {accrual.service}"
            yield from _differs(what, owed.get(accrual), accrued.get(accrual))
        yield from self._accounts(facts, prepaid, owed)

    def _credits(self) -> Iterator[Problem]:
        """Whether the movements of each lot lead to the credits that drawing left of it."""
        end = start_of(self.period.end)
        for name, lot in self.computed.lots.items():
            ended = lot.ends is not None and lot.ends <= end
            left = self.computed.tops[name] - self.computed.given[name]
            left = Fraction(0) if ended else left
            if self.lots[name].left != left:
                rolled = exact_text(self.lots[name].left)
                yield _fault(f"lot {name} rolls to {rolled} credits, but has {exact_text(left)}")

    def _openings(self) -> Iterator[Problem]:
        """Whether each lot begins at what earlier closes posted of it."""
        posted = prepaid_by_lot(self.posted_before)
        # of lots that stand together the tables of the close before have the parts
        in_tables = {contract for contract, lot in posted if not lot} | self._many
        of_lots = {
            lot: amount for (contract, lot), amount in posted.items() if contract not in in_tables
        }
        known = {
            name: state.cost_left
            for name, state in self.lots_before.items()
            if name in of_lots or not in_tables
        }
        for lot in sorted({*of_lots, *known}):
            yield from _differs(f"the opening of lot {lot}", known.get(lot), of_lots.get(lot))

    @property
    def _many(self) -> frozenset[str]:
        parties = self.computed.rated.parties
        return frozenset(parties.contracts) if parties else frozenset()

    def _prepaid(self) -> dict[_LotKey, Decimal]:
        """What the lots have cost that is left of them."""
        found = {
            (lot.contract, name): self.lots[name].cost_left
            for name, lot in self.computed.lots.items()
        }
        together = self._together(found)
        for contract, amount in self.computed.parties.prepaid.items():
            together[contract, ""] = together.get((contract, ""), _ZERO) + amount
        return together

    def _together(self, amounts: Mapping[_LotKey, Decimal]) -> dict[_LotKey, Decimal]:
        """With the lots of each contract of many parties as one."""
        found: dict[_LotKey, Decimal] = {}
        for (contract, lot), amount in amounts.items():
            key = (contract, "" if contract in self._many else lot)
            found[key] = found.get(key, _ZERO) + amount
        return found

    def _owed(self) -> dict[AccrualKey, Decimal]:
        """What is owed, with what it is carried at beyond the rate of its service month."""
        found = {AccrualKey(*key): owed.accrued for key, owed in self.computed.owed.items()}
        for key, amounts in _accrued_by_rule(self.computed.posted).items():
            carried = amounts.get("exchange", _ZERO) + amounts.get("exchange-billed", _ZERO)
            found[key] = found.get(key, _ZERO) + carried
        return found

    def _accounts(
        self, facts: Facts, prepaid: Mapping[_LotKey, Decimal], owed: Mapping[AccrualKey, Decimal]
    ) -> Iterator[Problem]:
        """Whether the roll-forwards of an account come to the balance that is asserted."""
        sums: dict[str, Decimal] = {}
        book = facts.book
        rolled = [("prepaid_credits", contract, a) for (contract, _), a in prepaid.items()]
        apart = deferred_apart(self.computed.posted)
        rolled += [("prepaid_credits", contract, a) for contract, a in apart.items()]
        rolled += [("accrued_expenses", key.contract, -amount) for key, amount in owed.items()]
        for role, name, amount in rolled:
            contract = book.contracts[name]
            account = book.account(role, contract)
            sums[account] = sums.get(account, _ZERO) + own_amount(contract, amount)
        for assertion in self.assertions:
            balance = sums.get(assertion.account, _ZERO)
            yield from _differs(assertion.account, balance, assertion.balance)


def _name_of(key: _LotKey) -> str:
    contract, lot = key
    return f"lot {lot}" if lot else f"the lots of {contract}"


def _differs(what: str, rolled: Decimal | None, posted: Decimal | None) -> Iterator[Problem]:
    if (rolled or _ZERO) != (posted or _ZERO):
        yield _fault(f"{what} rolls to {rolled or _ZERO}, but {posted or _ZERO} is posted")


def _fault(what: str) -> Problem:
    return error(
        "rollforward-differs",
        f"a roll-forward is not what is posted: {what}",
        "this is a fault of tokenbooks; please report it with the rows that lead to it",
    )
