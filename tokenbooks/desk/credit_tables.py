"""The tables and thresholds of ``credits``: which of them were asked for, and of whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, money_text, number_text
from tokenbooks.close.credit_balances import (
    BalanceAt,
    LotAt,
    balances,
    by_contract,
    by_party,
    lots_of,
)
from tokenbooks.close.credit_units import unit_of
from tokenbooks.close.credit_warnings import account_name
from tokenbooks.close.outlook import EndingLot, ending_lots, runs_out
from tokenbooks.close.party_credits import (
    ALONE,
    TOGETHER,
    balances_of_parties,
    count_of_parties,
    ending_lots_of_parties,
    lots_of_parties,
)
from tokenbooks.credits.lots import Account
from tokenbooks.credits.reload import next_reloads
from tokenbooks.desk.look_at_credits import CreditsAt
from tokenbooks.documents import DisplayedBalance
from tokenbooks.problems import Problem, merged, warning
from tokenbooks.reports.credits import balances_at, expiring_table, lots_at
from tokenbooks.reports.displayed_balances import displayed_balances
from tokenbooks.reports.reloads import reload_differences, reloads_to_come
from tokenbooks.reports.table import Table

#: How far ahead reloads are told, and how many of an account.
RELOAD_DAYS, RELOADS_TOLD = 92, 3
#: So many findings of a threshold are told one by one.
_TOLD = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks of credits: one table or the usual ones, of whom, with thresholds.

    ``by`` is lot, contract, party, or '' for the usual tables.
    """

    by: str = ""
    contract: str = ""
    party: str = ""
    expiring_within: int | None = None
    below: Decimal | None = None

    def takes(self, account: Account) -> bool:
        """Whether an account is meant."""
        contract, party = account
        return self.contract in ("", contract) and self.party in ("", party)

    @property
    def is_usual(self) -> bool:
        """Whether the usual tables are asked for: neither one of them, nor a threshold."""
        return not self.by and self.expiring_within is None and self.below is None


def credit_tables(at: CreditsAt, asked: Asked) -> list[Table]:
    """The tables that were asked for; of evidence only what there is any of."""
    tables = []
    if asked.expiring_within is not None:
        found = _ending(at, asked)
        tables.append(expiring_table(at.facts, found, at.day, asked.expiring_within))
    if asked.is_usual or asked.by == "lot":
        tables.append(lots_at(at.facts, _lots(at, asked), at.day, tuple(_left_out(at, asked))))
    if asked.is_usual or asked.by in ("contract", "party") or asked.below is not None:
        tables.append(balances_at(at.facts, _balances(at, asked), at.day))
    if asked.is_usual:
        evidence = (
            displayed_balances(at.facts, [b for b in at.balances if asked.takes(_whose(b.row))]),
            reload_differences(at.facts, [item for item in at.reloads if asked.takes(item[0])]),
            reloads_to_come(at.facts, list(_reloads(at, asked)), at.day),
        )
        tables += [table for table in evidence if table.rows]
    return tables


def _whose(row: DisplayedBalance) -> Account:
    return row.contract, row.party


def _lots(at: CreditsAt, asked: Asked) -> list[LotAt]:
    """The lots; those in tables only where all lots, or those of a party, are asked for."""
    lots = lots_of(at.computed, at.states)
    if asked.by == "lot" and not asked.party:
        lots += lots_of_parties(at.connection, at.computed, asked.contract)
    return [lot for lot in lots if asked.takes(lot.account)]


def _left_out(at: CreditsAt, asked: Asked) -> Iterator[str]:
    count = count_of_parties(at.connection, at.computed)
    if count and not asked.party and asked.by != "lot":
        yield f"The lots of {count} parties are left out: `--party` or `--by lot` shows them."


def _balances(at: CreditsAt, asked: Asked) -> list[BalanceAt]:
    """Balances by contract, or by party where that or one party is asked for."""
    alone = asked.by == "party" or bool(asked.party)
    key = by_party if alone else by_contract
    found = balances(at.facts, at.computed, at.states, at.outlook, at.day, key)
    known = {item.account: item for item in found if asked.takes(item.account)}
    sql = ALONE if alone else TOGETHER
    for item in balances_of_parties(at.connection, at.facts, at.computed, at.day, sql):
        if not asked.takes(item.account) or (alone and item.account in known):
            continue
        other = known.get(item.account)
        known[item.account] = other.plus(item) if other else item
    return list(known.values())


def _ending(at: CreditsAt, asked: Asked) -> list[EndingLot]:
    within = asked.expiring_within or 0
    found = ending_lots(at.computed, at.outlook, at.day, within)
    known = {item.id for item in found}
    others = ending_lots_of_parties(at.connection, at.computed, at.day, within)
    found += [item for item in others if item.id not in known]
    return [item for item in found if asked.takes(item.account)]


def _reloads(at: CreditsAt, asked: Asked) -> Iterator[tuple[Account, date, Fraction]]:
    """The next purchases that plans' rules imply, for accounts that are in use."""
    first = at.day + timedelta(days=1)
    until = first + timedelta(days=RELOAD_DAYS)
    for account, own in at.days.items():
        terms = at.facts.plan_of(at.facts.book.contracts[account[0]]).credit_terms.reload
        rate = at.outlook.rates.get(account, Fraction(0))
        if terms and rate and asked.takes(account):
            found = next_reloads(terms, own.balance(at.day), rate, first, until)
            yield from ((account, day, bought) for day, bought in found[:RELOADS_TOLD])


# -- thresholds -------------------------------------------------------------------------


def threshold_warnings(at: CreditsAt, asked: Asked) -> list[Problem]:
    """A warning for each lot that ends soon with credits left, and each balance that is low."""
    found: list[Problem] = []
    if asked.expiring_within is not None:
        found += merged([_expiring(at, item) for item in _ending(at, asked)], _TOLD)
    if asked.below is not None:
        low = [item for item in _balances(at, asked) if _counted(at, item) < asked.below]
        found += merged([_low(at, item, asked.below) for item in low], _TOLD)
    return found


def _expiring(at: CreditsAt, item: EndingLot) -> Problem:
    expected, unit = item.expected, unit_of(at.facts, item.account[0])
    places = currency_places(at.facts.book.currency)
    if expected is None:
        rest = ""
    elif expected.lost:
        cost = f"{money_text(expected.lost_cost, places)} {at.facts.book.currency}"
        lost = unit.amount(expected.lost)
        rest = f": at the recent rate {lost} of them, at a cost of {cost}, are lost"
    else:
        rest = ": at the recent rate none of them are lost"
    return warning(
        "credits-expiring",
        f"lot {item.id} of {account_name(at.facts, item.account)} ends on {item.last_day} with"
        f" {unit.amount(item.left)} {unit.plural} left{rest}",
        f"use them first, or ask for an extension; `tokenbooks credits trace {item.id}` shows"
        " what used it",
        item.position,
    )


def _counted(at: CreditsAt, item: BalanceAt) -> Fraction:
    """A balance in the unit of its contract, as a threshold is."""
    return unit_of(at.facts, item.account[0]).count(item.balance)


def _low(at: CreditsAt, item: BalanceAt, below: Decimal) -> Problem:
    unit = unit_of(at.facts, item.account[0])
    ends = runs_out(item.balance, item.rate, at.day)
    lasts = f"; at the recent rate they last until {ends}" if ends else ""
    return warning(
        "credits-low",
        f"{account_name(at.facts, item.account)}: {unit.amount(item.balance)}"
        f" {unit.plural} are left on {at.day}, below {number_text(below)}{lasts}",
        "buy credits, and add the purchase to the credits file; or look for one that is missing",
        at.facts.book.contracts[item.account[0]].position,
    )
