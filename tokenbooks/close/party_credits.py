"""The credits of plain parties, which are in tables: all of them in SQL, or one as others are.

See ``close.draw_parties`` and decision 0018. Nothing is looked ahead for them: a forecast goes
through the lots of a party one by one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.close.compute import lines_of_lots
from tokenbooks.close.computed import Computed
from tokenbooks.close.credit_balances import BalanceAt, LotAt
from tokenbooks.close.draw_usage import draw_rules
from tokenbooks.close.lot_states import LotState
from tokenbooks.close.outlook import FEWEST_DAYS, RECENT_DAYS, EndingLot
from tokenbooks.credits.changes import build_lots
from tokenbooks.credits.credit_rows import events_of
from tokenbooks.credits.draw import draw_lots
from tokenbooks.credits.drawing import Use
from tokenbooks.credits.lots import Account
from tokenbooks.entries.destinations import Destinations
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, start_of
from tokenbooks.rating.charges import ALLOCATION, Part
from tokenbooks.rating.credit_terms import BILL
from tokenbooks.rating.party_values import PartyUnits
from tokenbooks.usage.layout import sql_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

_DAY = timedelta(days=1)
_STATES = "party_states s JOIN party_lots l ON s.lot = l.lot JOIN party_accounts a"
_STATES += " ON s.account = a.account"


def account_of_lot(
    connection: duckdb.DuckDBPyConnection, computed: Computed, lot: str
) -> Account | None:
    """Whose a lot in the tables is; None where none of them has that id."""
    if computed.parties.units is None:
        return None
    rows = connection.execute(
        "SELECT contract, party FROM party_lots JOIN party_accounts USING (account) WHERE id = ?",
        [lot],
    ).fetchall()
    return (rows[0][0], rows[0][1]) if rows else None


def with_party(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    computed: Computed,
    daily: Mapping[str, bool],
    period: Period,
    account: Account,
) -> Computed:
    """What was computed, with one party of the tables gone through as all others are."""
    units = computed.parties.units
    if units is None or account in computed.drawn:
        return computed
    rows = connection.execute(
        'SELECT v."at", v.allocation, v.value FROM party_values v JOIN party_accounts a'
        ' ON v.account = a.account WHERE a.contract = ? AND a.party = ? ORDER BY "at"',
        account,
    ).fetchall()
    own = [row for row in facts.credits if (row.contract, row.party) == account]
    own += events_of(connection, facts, account, period.end)
    lots = build_lots(replace(facts, credits=tuple(own)), [account], period.end, daily)
    if not rows and not lots:
        return computed
    parts: dict[datetime, dict[Part, Fraction]] = {}
    for at, allocation, value in rows:
        parts.setdefault(at, {})[Part(ALLOCATION, allocation)] = units.quantity(value)
    uses = [Use(account, at, sum(p.values(), Fraction(0)), p) for at, p in parts.items()]
    rules = draw_rules(facts, {account: {}}, period)
    found = computed.with_drawings([draw_lots(uses, list(lots.values()), rules, [account])])
    destinations = Destinations(computed.rated.charges, computed.rated.allocations)
    lines = lines_of_lots(facts, found, destinations, start_of(period.end))
    return replace(
        found,
        lots={**computed.lots, **found.lots},
        drawn={**computed.drawn, **found.drawn},
        given={**computed.given, **found.given},
        tops={**computed.tops, **found.tops},
        taken=(*computed.taken, *found.taken),
        of_lots={**computed.of_lots, **lines},
    )


# -- all parties ------------------------------------------------------------------------


def count_of_parties(connection: duckdb.DuckDBPyConnection, computed: Computed) -> int:
    """How many parties are in the tables."""
    if computed.parties.units is None:
        return 0
    ((count,),) = connection.execute("SELECT count(*) FROM party_accounts").fetchall()
    return int(count)


def lots_of_parties(
    connection: duckdb.DuckDBPyConnection, computed: Computed, contract: str = ""
) -> list[LotAt]:
    """Every lot in the tables, or those of one contract."""
    units = computed.parties.units
    if units is None:
        return []
    rows = connection.execute(
        "SELECT a.contract, a.party, l.id, l.kind, l.acquired, l.last_day, s.acquired, s.used,"
        f" s.expired, s.cost_acquired, s.cost_used, s.cost_expired FROM {_STATES}"
        f" WHERE {_of(contract)} ORDER BY a.contract, a.party, l.starts, l.id"
    ).fetchall()
    return [
        LotAt((row[0], row[1]), row[2], row[3], row[4], row[5], _state(row[6:], units))
        for row in rows
    ]


def _state(cells: tuple[int, ...], units: PartyUnits) -> LotState:
    acquired, used, expired = map(units.quantity, cells[:3])
    cost_acquired, cost_used, cost_expired = map(units.amount, cells[3:])
    return LotState(
        acquired,
        used,
        expired,
        cost_acquired=cost_acquired,
        cost_used=cost_used,
        cost_expired=cost_expired,
    )


def ending_lots_of_parties(
    connection: duckdb.DuckDBPyConnection, computed: Computed, day: date, within: int
) -> list[EndingLot]:
    """The lots in the tables that end soon with credits left; nothing is expected of them."""
    units = computed.parties.units
    if units is None:
        return []
    rows = connection.execute(
        "SELECT a.contract, a.party, l.id, l.last_day, s.acquired - s.used - s.expired,"
        f" s.used + l.used_before FROM {_STATES} WHERE l.last_day > DATE '{day}'"
        f" AND l.last_day <= DATE '{day + within * _DAY}' AND s.acquired > s.used + s.expired"
        " ORDER BY l.last_day, a.contract, a.party, l.id"
    ).fetchall()
    return [
        EndingLot(
            (contract, party), lot, last_day, units.quantity(left), units.quantity(used), None
        )
        for contract, party, lot, last_day, left, used in rows
    ]


def balances_of_parties(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    computed: Computed,
    day: date,
    by_party: str,
) -> list[BalanceAt]:
    """The balances in the tables, by contract or by party (``by_party`` is SQL for the party)."""
    units = computed.parties.units
    if units is None:
        return []
    rates = _rates(connection, units, day, by_party)
    found = []
    for contract, party, left, cost, uncovered in connection.execute(
        _balances_sql(by_party)
    ).fetchall():
        plan = facts.plan_of(facts.book.contracts[contract])
        account, value = (contract, party), units.quantity(uncovered)
        found.append(
            BalanceAt(
                account,
                units.quantity(left),
                units.amount(cost),
                value,
                Fraction(0) if plan.credit_terms.overage == BILL else value,
                rates.get(account, Fraction(0)),
                None,
                None,
            )
        )
    return found


def _rates(
    connection: duckdb.DuckDBPyConnection, units: PartyUnits, day: date, by_party: str
) -> dict[Account, Fraction]:
    """The recent rate of each party, as ``outlook.recent_rates`` has it, summed."""
    first = day - (RECENT_DAYS - 1) * _DAY
    fewest = day - (FEWEST_DAYS - 1) * _DAY
    begun = f"greatest(DATE '{first}', least(min(\"at\")::DATE, DATE '{fewest}'))"
    own = (
        f"SELECT account, sum(value) FILTER (\"at\" >= DATE '{first}')::HUGEINT AS value,"
        f" date_diff('day', {begun}, DATE '{day}') + 1 AS days FROM party_values"
        f" WHERE \"at\" < DATE '{day + _DAY}' GROUP BY account"
    )
    rows = connection.execute(
        f"SELECT a.contract, {by_party} AS party, v.days, sum(v.value)::HUGEINT FROM ({own}) v"
        " JOIN party_accounts a ON v.account = a.account WHERE v.value IS NOT NULL GROUP BY ALL"
    ).fetchall()
    rates: dict[Account, Fraction] = {}
    for contract, party, days, value in rows:
        account = (contract, party)
        rates[account] = rates.get(account, Fraction(0)) + units.quantity(value) / days
    return rates


#: How parties stand in ``balances_of_parties``: all of a contract together, or each alone.
TOGETHER, ALONE = "''", "a.party"


def _balances_sql(by_party: str) -> str:
    whose = f"a.contract, {by_party} AS party"
    zero = "0::HUGEINT"
    lots = (
        f"SELECT {whose}, sum(s.acquired - s.used - s.expired)::HUGEINT AS left_, "
        f"sum(s.cost_acquired - s.cost_used - s.cost_expired)::HUGEINT AS cost FROM {_STATES}"
        " GROUP BY ALL"
    )
    uncovered = (
        f"SELECT {whose}, sum(d.value)::HUGEINT AS value FROM party_draws d"
        " JOIN party_accounts a ON d.account = a.account WHERE d.lot IS NULL GROUP BY ALL"
    )
    return (
        f"SELECT contract, party, coalesce(left_, {zero}), coalesce(cost, {zero}),"
        f" coalesce(u.value, {zero}) FROM (SELECT DISTINCT {whose} FROM party_accounts a)"
        f" LEFT JOIN ({lots}) USING (contract, party)"
        f" LEFT JOIN ({uncovered}) u USING (contract, party) ORDER BY 1, 2"
    )


def _of(contract: str) -> str:
    return f"a.contract = {sql_text(contract)}" if contract else "true"
