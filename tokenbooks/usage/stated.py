"""What files say their rows cost, summed by what the amounts mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.amounts import finite_decimal
from tokenbooks.usage.accounting import OWED_MEANINGS, FileAccount
from tokenbooks.usage.layout import NOT_OWED, USED

if TYPE_CHECKING:
    import duckdb


def stated_amounts(
    connection: duckdb.DuckDBPyConnection, table: str, file: int
) -> dict[tuple[str, str], Decimal]:
    """The amounts of a file's rows that count, by currency and meaning.

    ``table`` is ``usage_read`` or ``stated_read``.
    """
    rows = connection.execute(
        f"SELECT coalesce(currency, ''), meaning, sum(amount) FROM {table} WHERE file = ?"
        f" AND verdict IN ({USED}, {NOT_OWED}) AND amount IS NOT NULL GROUP BY ALL ORDER BY ALL",
        [file],
    ).fetchall()
    return {(currency, meaning): amount for currency, meaning, amount in rows}


def with_amounts(
    account: FileAccount, stated: Mapping[tuple[str, str], Decimal], tolerance: Decimal
) -> FileAccount:
    """The account of a file whose amounts are in one currency."""
    amounts = {meaning: amount for (_, meaning), amount in stated.items()}
    currencies = [currency for currency, _ in stated if currency]
    # amounts of 38 digits: a sum of decimals would be rounded
    owed = sum((Fraction(amounts.get(name, 0)) for name in OWED_MEANINGS), Fraction(0))
    return replace(
        account,
        stated=finite_decimal(owed),
        amounts=amounts,
        currency=currencies[0] if currencies else account.currency,
        tolerance=tolerance,
    )
