"""What a line of a plan prices, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tokenbooks.amounts import currency_places
from tokenbooks.problems import Position
from tokenbooks.rating.charge_table import ChargeScales
from tokenbooks.reports.table import Column, Table
from tokenbooks.reports.usage import scaled_cell

if TYPE_CHECKING:
    import duckdb


def plan_line_table(
    connection: duckdb.DuckDBPyConnection,
    scales: ChargeScales,
    contracts: Sequence[str],
    place: Position,
    currency: str,
) -> Table:
    """The rated usage whose price stands at a line, by contract, period and meter."""
    keys = "contract, service_period, d_model, meter, price, modifiers"
    rows = connection.execute(
        f"SELECT {keys}, sum(quantity)::VARCHAR, sum(list_value)::VARCHAR, sum(cost)::VARCHAR"
        " FROM charges WHERE contract IN (SELECT unnest(?::VARCHAR[])) AND plan_line = ?"
        f" GROUP BY {keys} ORDER BY {keys}",
        [list(contracts), place.line],
    ).fetchall()
    cells = tuple(
        (
            *(value or None for value in row[:6]),
            scaled_cell(row[6], scales.quantity),
            scaled_cell(row[7], scales.list_value),
            scaled_cell(row[8], scales.cost),
        )
        for row in rows
    )
    places = currency_places(currency)
    columns = (
        *(
            Column(key, heading)
            for key, heading in (
                ("contract", "Contract"),
                ("service_period", "Service"),
                ("model", "Model"),
                ("meter", "Meter"),
                ("price", "Price"),
                ("modifiers", "Modifiers"),
            )
        ),
        Column("quantity", "Quantity", number=True),
        Column("list_value", f"List value {currency}", number=True, places=places, total=True),
        Column("cost", f"Cost {currency}", number=True, places=places, total=True),
    )
    return Table("priced", f"Usage priced by {place}", columns, cells)
