"""Which parties are plain: their usage is valued, drawn and posted set by set.

A contract with more parties than can be gone through one by one has its plain parties in
SQL, all others in Python; both ways give the same figures (decision 0018). Plain is a party
whose usage is priced by the unit, whose lots nothing changes but use and time, and that has
no document and no day of negative value of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tokenbooks.book import Contract
from tokenbooks.credits.credit_rows import events_of_others
from tokenbooks.credits.lots import Account
from tokenbooks.credits.order import order_on, pools_cost
from tokenbooks.credits.party_lots import PLACE_KEYS
from tokenbooks.documents import CreditEvent
from tokenbooks.entries.buy.approved_accruals import approved_rows
from tokenbooks.entries.sell.passing import TIME
from tokenbooks.entries.sell.rebate import is_expected
from tokenbooks.facts import Facts
from tokenbooks.rating.credit_terms import STOP
from tokenbooks.rating.keys import RatedKey
from tokenbooks.rating.party_values import (
    PartyTables,
    put_party_values,
    put_usage_of_others,
    unit_prices,
    value_places,
)
from tokenbooks.rating.totals import TotalsBy
from tokenbooks.usage.layout import Layout, sql_text

if TYPE_CHECKING:
    import duckdb

#: A contract with more parties than these has its plain ones in SQL.
MANY_PARTIES = 1_000

#: Rows of credits that make a lot and do nothing else.
_PLAIN_EVENTS = frozenset({"purchase", "opening", "grant", "bonus"})


#: Kinds of lots that end or reduce revenue in a way of their own.
_SPECIAL_KINDS = frozenset({"sla", "commitment"})

#: Puts the plain parties of a run into tables; see ``put_plain_parties``.
PlainPartiesOf = Callable[
    ["duckdb.DuckDBPyConnection", Facts, Layout, Mapping[int, RatedKey], TotalsBy, date],
    PartyTables | None,
]

#: The accounts that have usage before a day.
_OF_USAGE = "SELECT DISTINCT contract, party FROM usage_days WHERE \"at\" < DATE '{end}'"


def of_other_parties(
    connection: duckdb.DuckDBPyConnection, facts: Facts, parties: PartyTables | None, end: date
) -> Facts:
    """The facts without the credits of plain parties, and with those of all others."""
    own = parties.events if parties else frozenset()
    rest = [event for event in facts.credits if id(event) not in own]
    apart = parties is not None and bool(parties.plain)
    rest += events_of_others(connection, facts, end, apart)
    return replace(facts, credits=tuple(rest))


def of_plain_parties(facts: Facts, parties: PartyTables) -> Facts:
    """The facts with the credits of plain parties only."""
    own = tuple(event for event in facts.credits if id(event) in parties.events)
    return replace(facts, credits=own)


def put_plain_parties(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    layout: Layout,
    keys: Mapping[int, RatedKey],
    by: TotalsBy,
    end: date,
) -> PartyTables | None:
    """Put plain parties into ``party_accounts`` and their usage into ``party_values``.

    The view ``usage_of_others`` has the rest. None where no contract has many parties. Raises a
    ``duckdb.Error`` where figures do not fit the integers of SQL.
    """
    many = _many_parties(connection, facts, end)
    plain = [name for name in sorted(many) if _is_plain(facts, name, end)]
    prices = unit_prices(keys.values(), layout, plain)
    if not prices:
        return PartyTables(frozenset(many)) if many else None
    events = [event for event in facts.credits if event.contract in prices]
    special = _special_accounts(facts, events, end)
    more = _of_rows(end) if facts.credit_rows else ""
    _put_accounts(connection, prices, events, special, more, end)
    linear = [item for own in prices.values() for item in own]
    places = value_places(linear, layout)
    assert places is not None
    put_party_values(connection, layout, by, linear, places, end)
    _leave_out(connection, "SELECT account FROM party_values WHERE value < 0")
    put_usage_of_others(connection, layout, by, linear)
    known = _accounts_of(connection, events)
    own = frozenset(id(event) for event in events if (event.contract, event.party) in known)
    return PartyTables(frozenset(many), frozenset(prices), own, places)


def name_many_parties(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    layout: Layout,
    keys: Mapping[int, RatedKey],
    by: TotalsBy,
    end: date,
) -> PartyTables | None:
    """Put no party into tables, and only tell which contracts have many."""
    many = _many_parties(connection, facts, end)
    return PartyTables(frozenset(many)) if many else None


def documented_accounts(facts: Facts, end: date) -> set[Account]:
    """The accounts that have documents, approved accruals or opening balances of their own."""
    found = {(row.contract, row.party) for row in facts.invoices if row.day < end}
    found |= {(row.contract, row.party) for row in approved_rows(facts, end)}
    return found | {(row.contract, row.party) for row in facts.opening}


def _is_plain(facts: Facts, name: str, end: date) -> bool:
    """Whether the terms of a contract leave all to prices, lots and their order.

    A reload, and usage that should have stopped, are told by the day.
    """
    contract = facts.book.contracts[name]
    plan = facts.plan_of(contract)
    terms = plan.credit_terms
    days = terms.reload or terms.overage == STOP
    special = plan.terms or terms.recurring or terms.rollover or days
    shared = contract.scope or contract.pool or contract.revenue.pattern == TIME
    special = special or is_expected(facts, name)
    if special or shared or plan.currency != facts.book.currency:
        return False
    orders = draw_orders(facts, contract, end)
    pooled = pools_cost(contract, end - timedelta(days=1), facts.book.policy)
    return len(orders) == 1 and not pooled and set(min(orders)) <= set(PLACE_KEYS)


def draw_orders(facts: Facts, contract: Contract, end: date) -> set[tuple[str, ...]]:
    """The draw orders of a contract in its time up to the end of a period."""
    book = facts.book
    choices = [
        choice for name in ("lot_order", "free_first") for choice in book.policies.get(name, ())
    ]
    days = {choice.from_day for choice in choices if choice.from_day and choice.from_day < end}
    return {
        order_on(contract, day, book.policy) for day in {*days, date.min, end - timedelta(days=1)}
    }


def _many_parties(connection: duckdb.DuckDBPyConnection, facts: Facts, end: date) -> set[str]:
    """The contracts that have many parties by ``end``, with usage or with credits."""
    each = sorted(contract.id for contract in facts.book.contracts.values() if contract.each)
    if not each:
        return set()
    known = {(event.contract, event.party) for event in facts.credits if event.day < end}
    listed = ", ".join(map(sql_text, each))
    more = f" UNION {_of_rows(end)}" if facts.credit_rows else ""
    rows = connection.execute(
        f"SELECT contract, count(*) FROM ({_OF_USAGE.format(end=end)}"
        f" UNION SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]){more})"
        f" WHERE contract IN ({listed}) GROUP BY contract",
        _columns(known),
    ).fetchall()
    return {name for name, count in rows if count > MANY_PARTIES}


def _of_rows(end: date) -> str:
    """SQL that gives the accounts of rows of credits in a table."""
    return f"SELECT contract, party FROM credit_rows WHERE day < DATE '{end}'"


def _special_accounts(facts: Facts, events: Iterable[CreditEvent], end: date) -> set[Account]:
    """The parties that something happens to which SQL does not know."""
    found = {
        (event.contract, event.party)
        for event in events
        if event.event not in _PLAIN_EVENTS
        or event.scope
        or event.pool
        or event.kind in _SPECIAL_KINDS
    }
    found |= {(e.to.contract, e.to.party) for e in facts.credits if e.to is not None}
    found |= documented_accounts(facts, end)
    found |= {(item.contract, item.party) for item in facts.modifications}
    found |= {(row.contract, row.party) for row in facts.balances}
    found |= {
        (contract.id, party.id)
        for contract in facts.book.contracts.values()
        for party in contract.parties.values()
        if party.pool
    }
    return found


def _put_accounts(
    connection: duckdb.DuckDBPyConnection,
    contracts: Iterable[str],
    events: Iterable[CreditEvent],
    special: Iterable[Account],
    more: str,
    end: date,
) -> None:
    """The table of all accounts of these contracts but the special ones.

    ``more`` is SQL that gives further accounts that are known by their credits.
    """
    listed = ", ".join(map(sql_text, sorted(contracts)))
    known = {(event.contract, event.party) for event in events}
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_accounts AS"
        " SELECT row_number() OVER ()::INTEGER AS account, contract, party FROM ("
        f"{_OF_USAGE.format(end=end)} AND contract IN ({listed})"
        f"{f' UNION {more} AND contract IN ({listed})' if more else ''}"
        " UNION SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])"
        " EXCEPT SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]))",
        [*_columns(known), *_columns(special)],
    )


def _columns(accounts: Iterable[Account]) -> list[list[str]]:
    ordered = sorted(accounts)
    return [[contract for contract, _ in ordered], [party for _, party in ordered]]


def _accounts_of(
    connection: duckdb.DuckDBPyConnection, events: Iterable[CreditEvent]
) -> set[Account]:
    """Those of the accounts of some rows that are in the table."""
    rows = connection.execute(
        "SELECT contract, party FROM party_accounts JOIN ("
        "SELECT unnest(?::VARCHAR[]) AS contract, unnest(?::VARCHAR[]) AS party)"
        " USING (contract, party)",
        _columns({(event.contract, event.party) for event in events}),
    ).fetchall()
    return set(rows)


def _leave_out(connection: duckdb.DuckDBPyConnection, accounts: str) -> None:
    """Take accounts out of the tables again."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE party_others AS {accounts}")
    for table in ("party_accounts", "party_values"):
        connection.execute(
            f"DELETE FROM {table} WHERE account IN (SELECT account FROM party_others)"
        )
