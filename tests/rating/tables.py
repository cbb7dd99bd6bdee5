"""Usage in tables, rated as a close does it: with counters in SQL, and the table of charges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.amounts import finite_decimal
from tokenbooks.book import KEPT_BY_DEFAULT, Book, Contract
from tokenbooks.close.rate_usage import rate_usage
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.rating.charge_table import build_charges
from tokenbooks.rating.day_values import put_day_values
from tokenbooks.rating.measures import MANY, Measure
from tokenbooks.rating.plan import Plan
from tokenbooks.rating.rated import Rated
from tokenbooks.rating.requests import measured, plan_measures
from tokenbooks.sources.exports.connection import connect
from tokenbooks.usage.layout import Layout, meter_type

if TYPE_CHECKING:
    import duckdb

YEAR = Period(Period.month(2025, 1).start, Period.month(2026, 1).start)


class Row(NamedTuple):
    """A quantity of a meter on a day, of one customer and project."""

    day: str
    quantity: int | Decimal
    customer: str = "acme"
    project: str = "web"
    meter: str = "tokens"


@dataclass(frozen=True)
class Rating:
    """Rated usage, and the tables behind it."""

    connection: duckdb.DuckDBPyConnection
    rated: Rated
    codes: list[str]

    def by_month(self) -> dict[str, Fraction]:
        """The list value of every month, as rated."""
        found: dict[str, Fraction] = {}
        for steps in self.rated.charges.steps.values():
            for step in steps:
                month = f"{step.at:%Y-%m}"
                found[month] = found.get(month, Fraction(0)) + step.value
        return {month: value for month, value in found.items() if value}

    def charged(self) -> dict[str, Fraction]:
        """The list value of every month, as the table of charges has it."""
        scales = build_charges(self.connection, "usage_days", self.rated, {})
        rows = self.connection.execute(
            "SELECT service_period, sum(list_value) FROM charges GROUP BY ALL"
        ).fetchall()
        return {month: Fraction(value, 10**scales.list_value) for month, value in rows if value}

    def charged_by_day(self, days: Period = YEAR) -> dict[date, Fraction]:
        """The list value of every day, as the table of values by day has it."""
        put = put_day_values(self.connection, self.rated, days, ["c"])
        rows = self.connection.execute(
            "SELECT day, sum(list_value) FROM day_values GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        return {day: Fraction(value, 10**put.scales.list_value) for day, value in rows if value}


def rate_rows(
    plan: Plan, rows: Sequence[Row], *, settle: str = "arrears", meters: Sequence[str] = ("tokens",)
) -> Rating:
    """Rate rows in a book of one contract that began with 2025."""
    contract = Contract("c", "buy", "Provider", plan.id, settle)
    book = Book("Test", "USD", YEAR, "UTC", "ledger", {"c": contract}, keep=KEPT_BY_DEFAULT)
    measures = plan_measures(plan)
    layout = Layout(("customer", "project"), (*meters, *(measure.name for measure in measures)))
    connection = connect()
    _put_usage(connection, layout, rows, measures)
    end = datetime(2026, 1, 1)
    rated, problems = rate_usage(connection, Facts(book, {plan.id: plan}), layout, end)
    return Rating(connection, rated, [problem.code for problem in problems])


def _put_usage(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    rows: Sequence[Row],
    measures: Sequence[Measure],
) -> None:
    meters = "".join(f', "m_{name}" {meter_type(name)}' for name in layout.meters)
    connection.execute(
        'CREATE TABLE usage_days (contract VARCHAR, party VARCHAR, "at" TIMESTAMP,'
        f" d_customer VARCHAR, d_project VARCHAR{meters}, rows BIGINT)"
    )
    for row in rows:
        used = {row.meter: row.quantity}
        used |= {item.name: _measured(item, used) for item in measures}
        quantities = [used.get(name, 0) for name in layout.meters]
        day = datetime.fromisoformat(row.day)
        cells = ["c", "", day, row.customer, row.project, *quantities, 1]
        marks = ", ".join("?" for _ in cells)
        connection.execute(f"INSERT INTO usage_days VALUES ({marks})", cells)


def _measured(measure: Measure, used: Mapping[str, int | Decimal]) -> int | Decimal:
    """What the reader takes of a row that is one request."""
    if measure.take == MANY:
        return 0
    found = finite_decimal(measured(measure, used))
    assert found is not None
    return found
