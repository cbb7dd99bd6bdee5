"""The charges of a written close, summed by what a report asks for; rows stay in DuckDB."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.archive.written_charges import CHARGES
from tokenbooks.usage.layout import sql_text

if TYPE_CHECKING:
    import duckdb

_NUMBER = "DECIMAL(38,15)"


class ChargeSum(NamedTuple):
    """Charges of one contract under the chosen columns, all of a model and a meter together.

    ``names`` are the values of these columns, '' where the charges have none. ``list_value`` is
    at the plan's price, ``cost`` what the books have of it: expense, or revenue of a seller.
    """

    contract: str
    names: tuple[str, ...]
    model: str
    meter: str
    quantity: Decimal
    list_value: Decimal
    cost: Decimal


def charge_columns(folder: Path) -> list[str]:
    """The columns of a close's charges; raises OSError."""
    with (folder / CHARGES).open(encoding="utf-8", newline="") as stream:
        return next(csv.reader(stream), [])


def charge_sums(
    connection: duckdb.DuckDBPyConnection, folder: Path, by: Sequence[str]
) -> list[ChargeSum]:
    """The sums of a close's charges by columns of its file; those that it lacks are ''.

    Raises ``duckdb.Error`` or OSError where the file is not as it was written.
    """
    path, known = folder / CHARGES, charge_columns(folder)
    names = [_text(name) if name in known else "''" for name in (*by, "model")]
    rows = connection.execute(
        f"SELECT {_text('contract')}, {', '.join(names)}, {_text('meter')},"
        f" sum(quantity::{_NUMBER})::VARCHAR, sum(list_value::{_NUMBER})::VARCHAR,"
        f" sum(cost::{_NUMBER})::VARCHAR FROM read_csv({sql_text(path.as_posix())},"
        " header = true, delim = ',', quote = '\"', escape = '\"', all_varchar = true)"
        " GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return [
        ChargeSum(row[0], tuple(row[1 : 1 + len(by)]), row[-5], row[-4], *map(Decimal, row[-3:]))
        for row in rows
    ]


def _text(column: str) -> str:
    """A cell as it was before it was written: without the apostrophe that guards a sign."""
    name = '"' + column.replace('"', '""') + '"'
    return f"regexp_replace(coalesce({name}, ''), '^''([=+@\\-\\t\\r])', '\\1')"


def free_usage(
    connection: duckdb.DuckDBPyConnection, folder: Path
) -> dict[tuple[str, str], Decimal]:
    """List value that lots which cost nothing gave in a month, by contract and party."""
    found: dict[tuple[str, str], Decimal] = {}
    for name in ("lots.csv", "party_lots.csv"):
        path = folder / name
        # a book without parties has no credits of them
        if name == "party_lots.csv" and not path.exists():
            continue
        with path.open(encoding="utf-8") as stream:
            known = stream.readline().rstrip("\n").split(",")
        party = _text("party") if "party" in known else "''"
        rows = connection.execute(
            f"SELECT contract, {party}, sum(used::{_NUMBER})::VARCHAR"
            f" FROM read_csv({sql_text(path.as_posix())}, header = true, delim = ',',"
            " quote = '\"', escape = '\"', all_varchar = true)"
            " WHERE cost_used::DECIMAL(38,6) = 0 AND cost_closing::DECIMAL(38,6) = 0"
            " AND cost_expired::DECIMAL(38,6) = 0 GROUP BY ALL"
        ).fetchall()
        for contract, whose, used in rows:
            if Decimal(used):
                key = (contract, whose)
                found[key] = found.get(key, Decimal(0)) + Decimal(used)
    return found
