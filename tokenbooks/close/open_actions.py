"""Actions that may still be taken back at the end of a period.

Only actions that meet the written definition are sold, and one may be taken back for some time
after it (ACCOUNTING 6.3; P060). What is taken back is a row of usage below zero, and reduces
revenue on the day of that row; one that comes too late is refused (``desk.late_reversals``).
How much may still come is variable consideration: a memo tells it, and nothing is estimated of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tokenbooks.book import Contract
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, start_of
from tokenbooks.rating.credit_terms import Length
from tokenbooks.usage.layout import meter_column

if TYPE_CHECKING:
    import duckdb

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OpenActions:
    """Actions of a meter that are revenue, and may still be taken back after the period.

    ``count`` are those ``since`` a day; ``definition`` and ``reversal`` are the plan's.
    """

    contract: str
    meter: str
    definition: str
    reversal: Length | None
    since: date
    count: Decimal


def open_actions(
    connection: duckdb.DuckDBPyConnection, facts: Facts, period: Period
) -> Iterator[OpenActions]:
    """Each meter of a seller that counts actions, with those that may still be taken back."""
    columns = {f'"{name}"' for name, *_ in connection.execute("DESCRIBE usage_days").fetchall()}
    for contract in facts.book.contracts.values():
        actions = facts.plan_of(contract).actions if contract.sells else {}
        for meter, action in sorted(actions.items()):
            since, count = start_of(period.end), Decimal(0)
            if action.reversal is not None and meter_column(meter) in columns:
                since = _open_since(action.reversal, period)
                count = _counted(connection, contract, meter, since, period)
            yield OpenActions(
                *(contract.id, meter, action.definition, action.reversal, since.date(), count)
            )


def _open_since(reversal: Length, period: Period) -> datetime:
    """The first day whose actions may still be taken back after a period, to its last instant."""
    end = start_of(period.end)
    first = end
    while reversal.after(first) > end:
        first -= _DAY
    return first


def _counted(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    meter: str,
    since: datetime,
    period: Period,
) -> Decimal:
    """The actions from a day to the end of a period, less those that were taken back then."""
    row = connection.execute(
        f"SELECT coalesce(sum({meter_column(meter)}), 0)::VARCHAR FROM usage_days"
        ' WHERE contract = ? AND "at" >= ? AND "at" < ?',
        [contract.id, since, start_of(period.end)],
    ).fetchone()
    return Decimal(row[0]) if row else Decimal(0)
