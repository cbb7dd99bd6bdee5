"""tokenbooks plans show: what a plan says, as a price list."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from tokenbooks.cli.options import (
    BookOption,
    FormatOption,
    TodayOption,
    chosen_day,
    chosen_format,
    settings,
)
from tokenbooks.cli.output import found_book, show, stop_if_wrong

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
) -> None:
    """Show a plan as a price list: prices in force, modifiers, aliases and terms."""
    from tokenbooks.desk.plans import named_plans, unknown_model
    from tokenbooks.reports.plans import shown_plan
    from tokenbooks.reports.rendering import render, terminal_width

    chosen_format(format)
    if on and every:
        raise typer.BadParameter("--on and --all contradict each other")
    given = settings(context, book, today)
    day = None if every else chosen_day(on) if on else given.today
    named, problems = named_plans([plan], found_book(given))
    for item in named:
        # a price that could not be read would be shown as free
        stop_if_wrong(problem for problem in item.problems if problem.is_error)
        width = terminal_width()
        tables = shown_plan(tables_of(item.plan, day, model), format, width)
        show(render(tables, format, width))
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
