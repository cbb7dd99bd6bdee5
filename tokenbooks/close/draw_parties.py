"""Drawing the lots of plain parties, and what should be posted for all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.amounts import currency_places
from tokenbooks.close.plain_parties import draw_orders, of_plain_parties
from tokenbooks.credits.changes import build_lots
from tokenbooks.credits.credit_rows import lots_sql
from tokenbooks.credits.lots import Lot
from tokenbooks.credits.party_draws import draw_parties
from tokenbooks.credits.party_lots import is_plain, lot_places, put_party_lots
from tokenbooks.entries.buy.owed import Owed
from tokenbooks.entries.buy.party_lines import (
    party_lines,
    party_purchases,
    party_settlements,
    put_party_amounts,
    put_party_states,
)
from tokenbooks.entries.buy.purchase import purchases_to_date
from tokenbooks.entries.posted import Posted, add
from tokenbooks.entries.together import together
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, start_of
from tokenbooks.rating.credit_terms import BILL
from tokenbooks.rating.party_charges import put_party_ratios
from tokenbooks.rating.party_values import MOST_PLACES, PartyTables, PartyUnits
from tokenbooks.rating.rated import Rated
from tokenbooks.usage.layout import sql_text

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class PartyTotals:
    """What plain parties come to: lines, what is owed, and when usage was settled.

    ``owed`` is by contract and service span, all parties together. ``with_lots`` are the
    contracts that have lots, ``values`` the list value of the period by allocation, ``prepaid``
    the cost left of all lots by contract, ``units`` those of the tables: None where no party
    is in them.
    """

    posted: Posted = field(default_factory=dict)
    owed: Mapping[tuple[str, str, str], Owed] = field(default_factory=dict)
    settled: Mapping[tuple[str, str], date] = field(default_factory=dict)
    with_lots: frozenset[str] = frozenset()
    values: Mapping[int, Fraction] = field(default_factory=dict)
    prepaid: Mapping[str, Decimal] = field(default_factory=dict)
    units: PartyUnits | None = None


def draw_plain_parties(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    rated: Rated,
    daily: Mapping[str, bool],
    period: Period,
) -> PartyTotals:
    """Draw the lots of plain parties up to the end of a period, and sum what is posted.

    Raises OverflowError or a ``duckdb.Error`` where figures do not fit the integers of SQL.
    """
    if rated.parties is None or not rated.parties.plain:
        return PartyTotals()
    until = start_of(period.end)
    own = of_plain_parties(facts, rated.parties)
    lots = list(build_lots(own, (), period.end, daily).values())
    units = _put_lots(connection, facts, rated.parties, lots, period)
    billed = _billed(facts)
    _put_billed(connection, billed)
    draw_parties(connection, _service_sql(facts), until)
    destinations = put_party_amounts(connection, rated.allocations, units)
    put_party_states(connection, until)
    put_party_ratios(connection, units)
    spans = rated.service_span
    bought = purchases_to_date(facts, lots, units.money)
    posted = together(bought, rated.parties.contracts, ())
    if facts.credit_rows:
        for line, amount in party_purchases(connection, facts, units, period.end).items():
            add(posted, line, amount)
    posted.update(party_lines(connection, destinations, spans, units, billed))
    return PartyTotals(
        posted,
        _owed(connection, units, rated),
        party_settlements(connection, spans, period),
        _with_lots(connection),
        _values(connection, units, period),
        _prepaid(connection, units),
        units,
    )


def _values(
    connection: duckdb.DuckDBPyConnection, units: PartyUnits, period: Period
) -> dict[int, Fraction]:
    """The list value of the period, by allocation."""
    rows = connection.execute(
        "SELECT allocation, sum(value)::HUGEINT FROM party_values"
        f" WHERE \"at\" >= DATE '{period.start}' AND \"at\" < DATE '{period.end}' GROUP BY ALL"
    ).fetchall()
    return {allocation: units.quantity(value) for allocation, value in rows}


def _prepaid(connection: duckdb.DuckDBPyConnection, units: PartyUnits) -> dict[str, Decimal]:
    """The cost left of all lots at the end of the period, by contract."""
    rows = connection.execute(
        "SELECT contract, sum(cost_acquired - cost_used - cost_expired)::HUGEINT"
        " FROM party_states JOIN party_accounts USING (account) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return {contract: units.amount(amount) for contract, amount in rows}


def _put_lots(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    parties: PartyTables,
    lots: list[Lot],
    period: Period,
) -> PartyUnits:
    """The table of lots; values are brought to the unit in which all quantities are whole."""
    money = currency_places(facts.book.currency)
    places, table = lot_places(lots), facts.credit_rows
    if places is not None and table:
        places = max(places, table.places)
    if places is None or max(places, money) > MOST_PLACES or not all(map(is_plain, lots)):
        raise OverflowError("quantities of lots have too many decimals")
    units = PartyUnits(max(places, parties.places, money), money)
    if units.value > parties.places:
        step = 10 ** (units.value - parties.places)
        connection.execute(f"UPDATE party_values SET value = value * {step}::HUGEINT")
    contracts = [facts.book.contracts[name] for name in sorted(parties.plain)]
    orders = {own.id: min(draw_orders(facts, own, period.end)) for own in contracts}
    more = lots_sql(facts, orders, units, period.end) if table else ""
    put_party_lots(connection, lots, orders, units, more)
    return units


def _with_lots(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    rows = connection.execute(
        "SELECT DISTINCT contract FROM party_lots JOIN party_accounts USING (account)"
    ).fetchall()
    return frozenset(contract for (contract,) in rows)


def _billed(facts: Facts) -> list[str]:
    """The contracts whose uncovered usage is invoiced."""
    return [
        contract.id
        for contract in facts.book.contracts.values()
        if contract.settle == "prepaid" and facts.plan_of(contract).credit_terms.overage == BILL
    ]


def _put_billed(connection: duckdb.DuckDBPyConnection, billed: list[str]) -> None:
    """The parties whose uncovered usage is invoiced: no lot ever settles it."""
    listed = ", ".join(map(sql_text, billed)) or "NULL"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_billed AS SELECT account FROM party_accounts"
        f" WHERE contract IN ({listed})"
    )


def _service_sql(facts: Facts) -> str:
    """The first day of the span in which usage is posted, as ``entries.service`` has it."""
    every, start = facts.book.post_usage, facts.book.start.start
    month = "date_trunc('month', \"at\")"
    if every == "month":
        return f"{month}::DATE"
    own = '"at"' if every == "day" else f"greatest(date_trunc('week', \"at\"), {month})"
    return f"(CASE WHEN \"at\" < DATE '{start}' THEN {month} ELSE {own} END)::DATE"


def _owed(
    connection: duckdb.DuckDBPyConnection, units: PartyUnits, rated: Rated
) -> dict[tuple[str, str, str], Owed]:
    """What is owed by contract and service span, all parties together."""
    rows = connection.execute(
        "SELECT contract, service, sum(quantity)::HUGEINT, sum(amount)::HUGEINT"
        " FROM party_owed JOIN party_accounts USING (account) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    found = {}
    for contract, service, quantity, amount in rows:
        name = rated.service_span(service)
        owed = Owed(contract, "", name)
        owed.open_value, owed.accrued = units.quantity(quantity), units.amount(amount)
        found[contract, "", name] = owed
    return found
