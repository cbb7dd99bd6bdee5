"""What the rows of a file cost by its own words: sums by meaning, held against its own total."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tokenbooks.amounts import number_text
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.exports.normal.normal_form import TOTAL_ROW, AmountForm, NormalForm
from tokenbooks.usage.accounting import FileAccount
from tokenbooks.usage.stated import stated_amounts, with_amounts

if TYPE_CHECKING:
    import duckdb


def account_amounts(
    connection: duckdb.DuckDBPyConnection, account: FileAccount, form: NormalForm, table: str
) -> tuple[FileAccount, list[Problem]]:
    """The account of a file with what its rows come to, by what the amounts mean.

    Problems: ``currencies-mixed``, ``total-differs``, ``figures-too-large``.
    """
    import duckdb

    try:
        stated = stated_amounts(connection, table, account.file)
    except duckdb.OutOfRangeException:
        help = "look for an amount in a wrong unit; download the file again"
        message = "its amounts are so large that their sum has more than 38 digits"
        return account, [error("figures-too-large", message, help, Position(account.shown))]
    currencies = sorted({currency for currency, _ in stated})
    if len(currencies) > 1:
        help = "split the file: a statement is in one currency"
        message = f"the amounts are in more than one currency: {', '.join(currencies)}"
        return account, [error("currencies-mixed", message, help, Position(account.shown))]
    spec = form.descriptor.amount
    tolerance = spec.tolerance * account.used if spec else Decimal(0)
    full = with_amounts(account, stated, tolerance)
    if form.amount is None or account.rejected:
        return full, []
    return full, _compare_with_total(connection, full, form, form.amount)


def _compare_with_total(
    connection: duckdb.DuckDBPyConnection,
    account: FileAccount,
    form: NormalForm,
    amount: AmountForm,
) -> list[Problem]:
    """Whether the rows come to what the file itself says that they do."""
    total = dict(form.skips).get(TOTAL_ROW)
    if total is None or not account.skipped:
        return []
    skipped = " OR ".join(form.left_out_of_total)
    sums = connection.execute(
        f"SELECT sum({amount.in_total}) FILTER ({total}), sum({amount.in_total}) FILTER"
        f" (NOT coalesce({skipped}, false)) FROM {form.values_of(form.scan)}"
    ).fetchall()
    said, found = sums[0]
    if said is None or abs(said - (found or 0)) <= account.tolerance:
        return []
    message = f"its rows come to {number_text(found or Decimal(0))}, its total row says"
    help = "download the file again, whole: rows are missing from it, or stand in it twice"
    return [error("total-differs", f"{message} {number_text(said)}", help, Position(account.shown))]
