"""tokenbooks plans show: what a plan says, as a price list."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tokenbooks.cli.hiding import hide_people
from tokenbooks.cli.options import (
    BookOption,
    FormatOption,
    RedactOption,
    TodayOption,
    chosen_day,
    chosen_format,
    settings,
)
from tokenbooks.cli.output import found_book, show_tables, stop_if_wrong

if TYPE_CHECKING:
    from tokenbooks.rating.plan import Plan
    from tokenbooks.reports.table import Table


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("show")(show_plan)


def show_plan(
    context: typer.Context,
    plan: Annotated[str, typer.Argument(help="A plan's id, or its file.", metavar="PLAN")],
    on: Annotated[
        str | None, typer.Option("--on", help="Prices of this day; default today.", metavar="DATE")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Prices of all times, each with its dates.")
    ] = False,
    model: Annotated[
        str, typer.Option("--model", help="Only what this model costs.", metavar="NAME")
    ] = "",
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    redact: RedactOption = False,
) -> None:
    """Show a plan as a price list: prices in force, modifiers, aliases and terms."""
    from tokenbooks.desk.plans import is_plan_file, named_plans, unknown_model
    from tokenbooks.reports.plans import shown_plan

    chosen_format(format)
    if on and every:
        raise typer.BadParameter("--on and --all contradict each other")
    given = settings(context, book, today)
    day = None if every else chosen_day(on) if on else given.today
    folder = found_book(given)
    hide_people(redact, folder, plans=[Path(plan)] if is_plan_file(plan) else [])
    named, problems = named_plans([plan], folder)
    for item in named:
        # a price that could not be read would be shown as free
        stop_if_wrong(problem for problem in item.problems if problem.is_error)
        show_tables(tables_of(item.plan, day, model), format, shown_plan)
        strange = unknown_model(item.plan, model) if model else None
        problems = [*item.problems, *([strange] if strange else [])]
    stop_if_wrong(problems)


def tables_of(plan: Plan, day: date | None, model: str) -> list[Table]:
    """The prices of a plan on a day, or of all times, and what else it says of them."""
    from tokenbooks.reports.plan_terms import terms_table
    from tokenbooks.reports.plans import (
        aliases_table,
        all_prices_table,
        modifiers_table,
        prices_table,
    )

    zone = plan.timezone or "UTC"
    more = [
        modifiers_table(plan, zone, day, model),
        aliases_table(plan, zone, day, model),
        terms_table(plan),
    ]
    prices = (
        all_prices_table(plan, zone, model) if day is None else prices_table(plan, zone, day, model)
    )
    return [prices, *(table for table in more if table.rows)]
