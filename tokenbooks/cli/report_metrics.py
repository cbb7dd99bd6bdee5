"""tokenbooks report metrics: the figures that managers ask for, of both sides."""

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
    group.command("metrics")(metrics)


def metrics(
    context: typer.Context,
    period: PeriodOption = None,
    months: Annotated[int, typer.Option("--months", min=1, help="How many months to show.")] = 3,
    by: Annotated[
        str, typer.Option("--by", help="A dimension, or cost_center, that spend is told by.")
    ] = "cost_center",
    outcome: Annotated[
        str, typer.Option("--outcome", help="A meter that counts outcomes, for spend per one.")
    ] = "",
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Show ratios of what is sold and of what is bought, a column a written month."""
    from tokenbooks.desk.look_at_metrics import spend_columns
    from tokenbooks.desk.look_at_profit import shown_months
    from tokenbooks.desk.metrics import metrics_tables

    _, opened_book, problems = begin(context, book, today, quiet, redact, format)
    # one month more, for growth
    wanted = chosen_period(period) if period else None
    shown, wrong = shown_months(opened_book, wanted, months + 1)
    stop_if_wrong([*problems, *wrong])
    if by not in (known := spend_columns(shown)):
        raise typer.BadParameter(f"'{by}' is none of {', '.join(known)}", param_hint="--by")
    tables, wrong = metrics_tables(opened_book, shown, months, by, outcome)
    stop_if_wrong(wrong)
    show_tables(tables, format)
