"""tokenbooks report contracts: receivables, contract assets and contract liabilities."""

from __future__ import annotations

from typing import Annotated

import typer

from tokenbooks.cli.begin import begin
from tokenbooks.cli.options import (
    BookOption,
    FormatOption,
    PeriodOption,
    QuietOption,
    RedactOption,
    TodayOption,
    chosen_period,
)
from tokenbooks.cli.output import show_tables, stop_if_wrong


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("contracts")(contracts)


def contracts(
    context: typer.Context,
    period: PeriodOption = None,
    parties: Annotated[bool, typer.Option("--parties", help="Each customer apart.")] = False,
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Show what each contract with customers has as an asset or as a liability."""
    from tokenbooks.amounts import currency_places
    from tokenbooks.close.contract_balances import contract_balances
    from tokenbooks.desk.look_at_revenue import posted_months
    from tokenbooks.reports.revenue import balances_table

    _, opened_book, problems = begin(context, book, today, quiet, redact, format)
    found, wrong = posted_months(opened_book, chosen_period(period) if period else None)
    stop_if_wrong([*problems, *wrong])
    if not found:
        raise typer.Exit(1)
    own, month = opened_book.facts.book, found[-1]
    then = contract_balances(own, month.before, by_party=parties)
    now = contract_balances(own, month.now, by_party=parties)
    places = currency_places(own.currency)
    show_tables([balances_table(then, now, places, month.period, own.currency)], format)
