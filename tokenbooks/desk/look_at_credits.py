"""Looking at the credits of a book at the end of a day, with all that is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tokenbooks.close.computed import Computed
from tokenbooks.close.credit_days import CreditDays, credit_days
from tokenbooks.close.credit_warnings import reload_findings
from tokenbooks.close.lot_states import LotState, lot_states
from tokenbooks.close.outlook import Outlook, look_ahead
from tokenbooks.close.party_credits import with_party
from tokenbooks.credits.lots import Account
from tokenbooks.credits.reload_receipts import ReloadFinding
from tokenbooks.desk.look import look_at_usage
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.problems import Problem
from tokenbooks.reconcile.displayed.balance_causes import NEAR
from tokenbooks.reconcile.displayed.displayed import TiedBalance, balance_warnings, tie_balances

if TYPE_CHECKING:
    import duckdb

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CreditsAt:
    """The credits of a book at the end of a day.

    ``days`` are the movements of each account by day, ``reloads`` where receipts and the
    rules of plans differ, ``balances`` what the provider displayed up to the day.
    """

    day: date
    facts: Facts
    computed: Computed
    states: Mapping[str, LotState]
    outlook: Outlook
    days: Mapping[Account, CreditDays]
    reloads: tuple[tuple[Account, ReloadFinding], ...]
    balances: tuple[TiedBalance, ...]
    connection: duckdb.DuckDBPyConnection


def look_at_credits(
    book: OpenBook, day: date, party: str = ""
) -> tuple[CreditsAt | None, list[Problem]]:
    """The lots of a book at the end of a day; later facts do not count.

    ``party`` is one of whom more is asked, where its contract has so many that they are in
    tables.
    Only a displayed balance is tied with what is known of the days after it, too: a part of
    that may be in it already.
    """
    until = day + _DAY
    looked, problems = look_at_usage(book, until)
    if looked is None:
        return None, problems
    facts, computed = book.facts, looked.computed
    period = Period(facts.book.start.start, until)
    for contract in facts.book.contracts if party else ():
        account = (contract, party)
        where = (looked.connection, facts, computed, looked.daily, period, account)
        computed = with_party(*where)
    found = reload_findings(facts, computed, until)
    return CreditsAt(
        day,
        facts,
        computed,
        lot_states(computed, period),
        look_ahead(facts, computed, looked.daily, day),
        credit_days(facts, computed, until),
        tuple((account, item) for account, item in found if item.day in period),
        tuple(tied_balances(book, computed, period)),
        looked.connection,
    ), problems


def tied_balances(book: OpenBook, computed: Computed, period: Period) -> list[TiedBalance]:
    """The displayed balances of a period, tied to the lots.

    Where what was computed to its end does not explain one, what is known of the days after
    it is asked too.
    """
    tied = tie_balances(book.facts, computed, period)
    if not any(item.tie.unexplained for item in tied):
        return tied
    looked, _ = look_at_usage(book, period.end + NEAR + _DAY)
    return tie_balances(book.facts, looked.computed, period) if looked else tied


def check_balances(book: OpenBook, computed: Computed, period: Period) -> list[Problem]:
    """Displayed balances of a period that nothing explains in full."""
    return list(balance_warnings(book.facts, tied_balances(book, computed, period)))
