"""What should be posted for many plain parties, all of them together.

The unit of rounding stays the lot (consumption, expiry) and the party and month (accruals);
only the rounded amounts are summed, by contract, service span and destination. The rules
are those of ``consumption``, ``expiry``, ``purchase`` and ``owed``; the arithmetic is whole
numbers: amounts in the smallest unit of the currency, list values in the run's unit.

Tables, created from those of ``credits.party_draws`` and ``credits.party_lots``::

    party_used      lot, service DATE, quantity, amount HUGEINT
    party_expensed  lot, service, destination INTEGER, amount HUGEINT
    party_owed      account, service DATE, month DATE, quantity, amount HUGEINT
    party_accrued   account, service, destination INTEGER, amount HUGEINT
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.amounts import finite_decimal
from tokenbooks.credits.credit_rows import cost_sql, pay_sql, whole
from tokenbooks.entries.buy.purchase import paid_from
from tokenbooks.entries.destinations import BEYOND, in_role
from tokenbooks.entries.posted import Destination, Line, Posted, add
from tokenbooks.entries.service import ServiceSpan
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.rating.party_values import PartyUnits
from tokenbooks.usage.allocation import Allocation

if TYPE_CHECKING:
    import duckdb


def put_party_amounts(
    connection: duckdb.DuckDBPyConnection,
    allocations: Mapping[int, Allocation],
    units: PartyUnits,
) -> list[Destination]:
    """Create the tables; returns the destinations in the order of their numbers.

    Raises ``duckdb.OutOfRangeException`` where figures do not fit the integers of SQL.
    """
    destinations = _put_shares(connection, allocations.values())
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_used AS SELECT lot, service, quantity,"
        f" {_cost('reached')} - {_cost('(reached - quantity)')} AS amount FROM ("
        "SELECT d.lot, d.service, d.quantity, l.cost, l.quantity AS whole, l.used_before"
        " + sum(d.quantity) OVER (PARTITION BY d.lot ORDER BY d.service)::HUGEINT AS reached"
        " FROM (SELECT lot, service, sum(value)::HUGEINT AS quantity FROM party_draws"
        " WHERE lot IS NOT NULL GROUP BY ALL) d JOIN party_lots l ON d.lot = l.lot)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_expensed AS"
        + _shared_out("party_used", "lot", "lot IS NOT NULL")
    )
    step = 10 ** (units.value - units.money)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_owed AS SELECT account, service, month, quantity,"
        f" {_rounded('reached', step)} - {_rounded('(reached - quantity)', step)} AS amount FROM ("
        "SELECT *, sum(quantity) OVER (PARTITION BY account, month ORDER BY service)::HUGEINT"
        " AS reached FROM (SELECT account, service, date_trunc('month', service)::DATE AS month,"
        " sum(value)::HUGEINT AS quantity FROM party_draws WHERE lot IS NULL GROUP BY ALL))"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_accrued AS"
        + _shared_out("party_owed", "account", "lot IS NULL")
    )
    return destinations


def _put_shares(
    connection: duckdb.DuckDBPyConnection, allocations: Iterable[Allocation]
) -> list[Destination]:
    """The shares of allocations as whole numbers; destinations are numbered as they sort."""
    shares = [
        (item.id, Destination(share.role, share.class_, share.cost_center), share.share)
        for item in allocations
        for share in item.shares
    ]
    destinations = sorted({to for _, to, _ in shares}, key=repr)
    numbers = {to: number for number, to in enumerate(destinations)}
    finite = [finite_decimal(Fraction(share)) or share for _, _, share in shares]
    places = max((-int(share.as_tuple().exponent) for share in finite), default=0)
    columns: list[list[object]] = [
        [id_ for id_, _, _ in shares],
        [numbers[to] for _, to, _ in shares],
        [int(share.scaleb(places)) for _, _, share in shares],
    ]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_shares AS SELECT unnest(?::INTEGER[]) AS allocation,"
        " unnest(?::INTEGER[]) AS destination, unnest(?::HUGEINT[]) AS share",
        columns,
    )
    return destinations


def _cost(used: str) -> str:
    """The rounded cost of what was used of a lot up to a quantity, half away from zero."""
    return f"(2 * cost * {used} + whole) // (2 * whole)"


def _rounded(value: str, step: int) -> str:
    """A list value rounded half up to the smallest unit of the currency."""
    return f"(2 * {value} + {step}) // {2 * step}"


def _shared_out(table: str, owner: str, which: str) -> str:
    """Amounts over destinations by largest remainder; ties go to the one that sorts first."""
    return (
        f" SELECT {owner}, service, destination, floor_ + CASE WHEN row_number() OVER ("
        f"PARTITION BY {owner}, service ORDER BY rest DESC, destination)"
        f" <= amount - sum(floor_) OVER (PARTITION BY {owner}, service) THEN 1 ELSE 0 END"
        f" AS amount FROM ("
        "SELECT *, amount * weight // whole AS floor_, amount * weight % whole AS rest FROM ("
        "SELECT t.amount, w.*, sum(w.weight) OVER ("
        f"PARTITION BY w.{owner}, w.service)::HUGEINT AS whole FROM ("
        f"SELECT {owner}, service, destination, sum(value * share)::HUGEINT AS weight"
        f" FROM party_draws JOIN party_shares USING (allocation) WHERE {which} GROUP BY ALL) w"
        f" JOIN {table} t ON w.{owner} = t.{owner} AND w.service = t.service))"
    )


def party_lines(
    connection: duckdb.DuckDBPyConnection,
    destinations: Sequence[Destination],
    span: ServiceSpan,
    units: PartyUnits,
    billed: Collection[str] = (),
) -> Posted:
    """The lines of consumption, accruals and expiry, without party and lot.

    ``billed`` are the contracts whose usage beyond their credits is invoiced.
    """
    posted: Posted = {}
    for rule, table, owner, role in (
        ("consumption", "party_expensed", "lot", "prepaid_credits"),
        ("service", "party_accrued", "account", "accrued_expenses"),
    ):
        accounts = "JOIN party_lots USING (lot)" if owner == "lot" else ""
        rows = connection.execute(
            f"SELECT contract, service, destination, sum(amount)::HUGEINT FROM {table} {accounts}"
            " JOIN party_accounts USING (account) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        for contract, service, destination, total in rows:
            name, amount = span(service), units.amount(total)
            unit = (rule, contract, "", name, name)
            to = destinations[destination]
            if rule == "service" and contract in billed:
                to = in_role(to, BEYOND)
            add(posted, Line(*unit, *to), amount)
            add(posted, Line(*unit, role), -amount)
    for contract, day, total in connection.execute(_EXPIRED).fetchall():
        month = str(Period.month_of(day))
        unit = ("expiries", contract, "", month, month)
        add(posted, Line(*unit, "expired_credits_loss"), units.amount(total))
        add(posted, Line(*unit, "prepaid_credits"), -units.amount(total))
    return posted


#: The cost that is left of lots that have ended, by contract and month of the last usable day.
_EXPIRED = (
    "SELECT contract, date_trunc('month', last_day)::DATE AS month, sum(cost_expired)::HUGEINT"
    " FROM party_states JOIN party_accounts USING (account) WHERE cost_expired <> 0"
    " GROUP BY ALL ORDER BY ALL"
)


def party_purchases(
    connection: duckdb.DuckDBPyConnection, facts: Facts, units: PartyUnits, end: date
) -> Posted:
    """The lines of lots that were bought or taken over by rows in ``credit_rows``.

    The rules are those of ``purchase``; such rows have no tax, no fee and no foreign money.
    """
    posted: Posted = {}
    pay = pay_sql(facts.book.contracts.values())
    rows = connection.execute(
        "SELECT contract, month, event, pay, sum(cost - CASE WHEN used = 0 THEN 0"
        f" ELSE {_cost('used')} END)::HUGEINT FROM (SELECT contract, event, {pay} AS pay,"
        f" date_trunc('month', day)::DATE AS month, {cost_sql(units.money)} AS cost,"
        f" {whole('credits', units.value)} AS whole, {whole('coalesce(used, 0)', units.value)}"
        " AS used FROM credit_rows JOIN party_accounts USING (contract, party)"
        f" WHERE day < DATE '{end}' AND event <> 'grant') GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for contract, month, event, pay_of, cost in rows:
        amount = units.amount(cost)
        if event == "opening":
            start = str(facts.book.start)
            unit = ("openings", contract, "", start, start)
            other = "opening_equity"
        else:
            span = str(Period.month_of(month))
            unit = ("purchases", contract, "", span, span)
            other = paid_from(facts.book.contracts[contract], pay_of)
        add(posted, Line(*unit, "prepaid_credits"), amount)
        add(posted, Line(*unit, other), -amount)
    return posted


def put_party_states(connection: duckdb.DuckDBPyConnection, until: datetime) -> None:
    """Create ``party_states``: each lot at the end of a period, in credits and in cost."""
    ended = f"ends IS NOT NULL AND ends <= TIMESTAMP '{until}'"
    before = _cost("used_before")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_states AS"
        f" SELECT lot, account, last_day, acquired, used, cost_acquired, cost_used,"
        f" CASE WHEN {ended} THEN acquired - used ELSE 0 END AS expired,"
        f" CASE WHEN {ended} THEN cost_acquired - cost_used ELSE 0 END AS cost_expired FROM ("
        "SELECT l.lot, l.account, l.last_day, l.ends, l.quantity - l.used_before AS acquired,"
        " coalesce(u.used, 0)::HUGEINT AS used, coalesce(u.cost_used, 0)::HUGEINT AS cost_used,"
        f" l.cost - l.before AS cost_acquired FROM (SELECT *, {before} AS before FROM"
        " (SELECT *, quantity AS whole FROM party_lots)) l LEFT JOIN ("
        "SELECT lot, sum(quantity) AS used, sum(amount) AS cost_used FROM party_used GROUP BY lot)"
        " u ON l.lot = u.lot)"
    )


def party_settlements(
    connection: duckdb.DuckDBPyConnection, span: ServiceSpan, period: Period
) -> dict[tuple[str, str], date]:
    """When usage of earlier periods was settled in this one, by contract and service span."""
    rows = connection.execute(
        "SELECT contract, service, max(drawn)::DATE FROM party_settled"
        " JOIN party_accounts USING (account)"
        f" WHERE drawn >= DATE '{period.start}' AND drawn < DATE '{period.end}'"
        f" AND service < DATE '{period.start}' GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return {(contract, span(service)): day for contract, service, day in rows}
