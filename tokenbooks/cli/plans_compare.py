"""tokenbooks plans compare: what the same usage costs under several plans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tokenbooks.cli.hiding import hide_people
from tokenbooks.cli.options import (
    BookOption,
    ByOption,
    FormatOption,
    RedactOption,
    chosen_format,
    chosen_names,
    settings,
)
from tokenbooks.cli.output import found_book, show_tables, stop_if_wrong
from tokenbooks.problems import any_error

#: Plans go by letters.
MOST_PLANS = 26


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("compare")(compare_plans)


def compare_plans(
    context: typer.Context,
    arguments: Annotated[
        list[str],
        typer.Argument(
            help="Two or more plans, by id or file, and the usage files.",
            metavar="PLAN PLAN... USAGE...",
        ),
    ],
    by: ByOption = "model,meter",
    source_format: Annotated[
        str | None,
        typer.Option("--source", help="The format of the usage files.", metavar="FORMAT"),
    ] = None,
    format: FormatOption = "text",
    book: BookOption = None,
    redact: RedactOption = False,
) -> None:
    """Compare what the same usage costs under several plans: by price, and by quantity."""
    from tokenbooks.desk.cost_comparison import GROUPS, compare_costs
    from tokenbooks.desk.plans import is_plan_file, named_plans, sort_arguments
    from tokenbooks.reports.cost_comparison import comparison_tables, fitting
    from tokenbooks.reports.usage import CHARGE_COLUMNS

    chosen_format(format)
    groups = chosen_names(by)
    if own := [name for name in groups if name in CHARGE_COLUMNS and name not in GROUPS]:
        raise typer.BadParameter(f"usage has no {own[0]} of its own; group by its dimensions")
    folder = found_book(settings(context, book))
    names, usage = sort_arguments(arguments, folder)
    if not 2 <= len(dict.fromkeys(names)) <= MOST_PLANS:
        raise typer.BadParameter(f"name two plans or more, at most {MOST_PLANS}")
    if not usage:
        raise typer.BadParameter("name the usage files after the plans")
    files = [Path(name) for name in names if is_plan_file(name)]
    hide_people(redact, folder, usage, files, source_format=source_format, by=groups)
    named, problems = named_plans(names, folder)
    problems += [problem for item in named for problem in item.problems]
    if any_error(problems):
        stop_if_wrong(problems)
    compared, found = compare_costs([item.plan for item in named], usage, source_format, groups)
    if compared is not None:
        show_tables(comparison_tables(compared), format, fitting)
    stop_if_wrong([*problems, *found])
