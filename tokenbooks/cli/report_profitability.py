"""tokenbooks report profitability: revenue and cost by customer, feature and model."""

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
    chosen_names,
    chosen_period,
)
from tokenbooks.cli.output import show_tables, stop_if_wrong


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("profitability")(profitability)


def profitability(
    context: typer.Context,
    period: PeriodOption = None,
    by: Annotated[
        str, typer.Option("--by", help="customer, feature, model, contract, cost_center.")
    ] = "customer",
    top: Annotated[
        int, typer.Option("--top", min=1, max=100, help="Percent of groups that cost most.")
    ] = 5,
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Show what customers bring beside what serving them costs, of a written month."""
    from tokenbooks.amounts import currency_places
    from tokenbooks.desk.look_at_profit import GROUPS, profits_of, shown_months
    from tokenbooks.reports.profitability import profit_on_screen, profit_tables

    _, opened_book, problems = begin(context, book, today, quiet, redact, format)
    names = tuple(dict.fromkeys(chosen_names(by)))
    if not names:
        raise typer.BadParameter(f"give some of {', '.join(GROUPS)}", param_hint="--by")
    if unknown := [name for name in names if name not in GROUPS]:
        known = ", ".join(GROUPS)
        raise typer.BadParameter(f"'{unknown[0]}' is none of {known}", param_hint="--by")
    months, wrong = shown_months(opened_book, chosen_period(period) if period else None)
    stop_if_wrong([*problems, *wrong])
    found, wrong = profits_of(opened_book, months[-1], names)
    stop_if_wrong(wrong)
    if found is None:
        raise typer.Exit(1)
    currency = opened_book.facts.book.currency
    places = currency_places(currency)
    tables = profit_tables(found, names, top, places, months[-1].period, currency)
    show_tables(tables, format, profit_on_screen)
