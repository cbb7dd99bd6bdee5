"""tokenbooks report revenue: what revenue is of, month by month."""

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
    group.command("revenue")(revenue)


def revenue(
    context: typer.Context,
    period: PeriodOption = None,
    by: Annotated[
        str, typer.Option("--by", help="kind, contract, cost_center, jurisdiction, late.")
    ] = "contract,kind",
    months: Annotated[int, typer.Option("--months", min=1, help="How many months to show.")] = 6,
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Show revenue by what it is of, a column a month."""
    from tokenbooks.amounts import currency_places
    from tokenbooks.close.revenue import revenue_of
    from tokenbooks.desk.look_at_revenue import posted_months
    from tokenbooks.reports.revenue import PARTS, revenue_table

    _, opened_book, problems = begin(context, book, today, quiet, redact, format)
    parts = chosen_names(by)
    if unknown := [name for name in parts if name not in PARTS]:
        known = ", ".join(PARTS)
        raise typer.BadParameter(f"'{unknown[0]}' is none of {known}", param_hint="--by")
    found, wrong = posted_months(opened_book, chosen_period(period) if period else None)
    stop_if_wrong([*problems, *wrong])
    own = opened_book.facts.book
    told = [(month.period, revenue_of(own, month)) for month in found[-months:]]
    show_tables([revenue_table(told, parts, currency_places(own.currency), own.currency)], format)
