"""The balances that a provider displayed, each tied to the lots of its account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, exact_text, round_half_up
from tokenbooks.close.computed import Computed
from tokenbooks.close.credit_days import CreditDays, credit_days, day_of, end_on, left_of_lots
from tokenbooks.close.credit_units import MONEY, CreditUnit, unit_of
from tokenbooks.close.credit_warnings import account_name
from tokenbooks.credits.lots import Account
from tokenbooks.credits.reload import possible_reloads
from tokenbooks.documents import DisplayedBalance
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, warning
from tokenbooks.reconcile.displayed.balance_causes import NEAR
from tokenbooks.reconcile.displayed.balance_facts import AccountDay, LotLeft, LotMove
from tokenbooks.reconcile.displayed.balances import BalanceTie, places_shown, tie_balance

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TiedBalance:
    """A row of the balances file beside our balance of that day, both in the unit of the row."""

    row: DisplayedBalance
    tie: BalanceTie
    unit: CreditUnit


def tie_balances(facts: Facts, computed: Computed, period: Period) -> list[TiedBalance]:
    """The displayed balances of the days of a period, tied to the lots.

    ``computed`` should reach some days further: what comes next may be in a balance already.
    """
    rows = [row for row in facts.balances if row.day in period]
    rows.sort(key=lambda row: (row.contract, row.party, row.day))
    if not rows:
        return []
    days = credit_days(facts, computed, period.end + NEAR + _DAY)
    shown: dict[tuple[Account, CreditUnit], list[Decimal]] = {}
    for row in facts.balances:
        unit = _unit_of(facts, row)
        key = ((row.contract, row.party), unit)
        shown.setdefault(key, []).append(_typed(row.balance, unit))
    found = []
    for row in rows:
        account, unit = (row.contract, row.party), _unit_of(facts, row)
        currency = facts.plan_of(facts.book.contracts[row.contract]).currency
        at_least = 0 if unit.name else currency_places(currency)
        places = places_shown(shown[account, unit], at_least)
        own = _account_day(facts, computed, row, days.get(account, CreditDays()))
        tie = tie_balance(_typed(row.balance, unit), _in_unit(own, unit), places)
        found.append(TiedBalance(row, tie, unit))
    return found


def _unit_of(facts: Facts, row: DisplayedBalance) -> CreditUnit:
    """The unit in which a balance was typed: credits of the plan, unless it has a currency."""
    return MONEY if row.currency else unit_of(facts, row.contract)


def _typed(balance: Decimal, unit: CreditUnit) -> Decimal:
    """A balance as it was typed, with its last zeros: it is kept at list value."""
    if not unit.name:
        return balance
    places = _places(balance) - _places(unit.worth)
    return round_half_up(unit.count(Fraction(balance)), max(places, 0))


def _places(number: Decimal) -> int:
    return -int(number.as_tuple().exponent)


def _in_unit(own: AccountDay, unit: CreditUnit) -> AccountDay:
    """The same day of an account, in a unit instead of list value."""

    def moves(found: Sequence[LotMove]) -> tuple[LotMove, ...]:
        return tuple(replace(move, credits=unit.count(move.credits)) for move in found)

    return replace(
        own,
        balance=unit.count(own.balance),
        balance_before=unit.count(own.balance_before),
        used=unit.count(own.used),
        used_after=unit.count(own.used_after),
        lots=tuple(replace(lot, left=unit.count(lot.left)) for lot in own.lots),
        purchases=moves(own.purchases),
        expired=moves(own.expired),
        reloads=tuple(unit.count(size) for size in own.reloads),
    )


def _account_day(
    facts: Facts, computed: Computed, row: DisplayedBalance, days: CreditDays
) -> AccountDay:
    """What the books know of an account around a day, at list value."""
    day, balance = row.day, days.balance(row.day)
    terms = facts.plan_of(facts.book.contracts[row.contract]).credit_terms.reload
    lots = [lot for lot in computed.lots.values() if lot.account == (row.contract, row.party)]
    left = left_of_lots(computed, lots, day)
    ends = {lot.id: day_of(end) for lot in lots if (end := end_on(lot, day)) is not None}
    alive = [lot for lot in lots if ends.get(lot.id, date.max) > day]
    ended = [lot for lot in lots if ends.get(lot.id, date.max) <= day]
    return AccountDay(
        day=day,
        balance=balance,
        balance_before=days.balance(day - _DAY),
        used=days.on(day).used,
        used_after=days.on(day + _DAY).used,
        lots=tuple(LotLeft(lot.id, left[lot.id], lot.is_free, lot.starts) for lot in alive),
        purchases=tuple(
            LotMove(lot.id, lot.starts.date(), lot.quantity - lot.moved)
            for lot in lots
            if lot.event.event == "purchase" and abs(lot.starts.date() - day) <= NEAR
        ),
        expired=tuple(
            LotMove(lot.id, ends[lot.id], left[lot.id])
            for lot in ended
            if day - ends[lot.id] <= NEAR and left[lot.id]
        ),
        reloads=possible_reloads(terms, balance) if terms else (),
    )


def balance_warnings(facts: Facts, tied: Sequence[TiedBalance]) -> Iterator[Problem]:
    """Displayed balances that nothing explains in full."""
    for item in tied:
        if item.tie.unexplained:
            row, tie, unit = item.row, item.tie, item.unit
            yield warning(
                "balance-differs",
                f"{account_name(facts, (row.contract, row.party))}: the provider shows"
                f" {_amount(Fraction(tie.displayed))}{f' {unit.plural}' if unit.name else ''}"
                f" on {row.day}, the lots say"
                f" {_amount(tie.ours)}: {_amount(tie.unexplained)} of it is not explained",
                "look for usage, a purchase or a grant that is missing, or correct the balance;"
                f" `tokenbooks credits --as-of {row.day}` shows the lots",
                row.position,
            )


def _amount(amount: Fraction) -> str:
    return exact_text(amount, 6)
