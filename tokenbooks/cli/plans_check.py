"""tokenbooks plans check: everything that can be wrong with plans, with or without usage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tokenbooks.cli.hiding import hide_people
from tokenbooks.cli.options import (
    BookOption,
    FormatOption,
    QuietOption,
    RedactOption,
    chosen_format,
    settings,
)
from tokenbooks.cli.output import book_folder, found_book, show_tables, stop_if_wrong, tell
from tokenbooks.problems import any_error

if TYPE_CHECKING:
    from tokenbooks.desk.plans import NamedPlan
    from tokenbooks.problems import Problem
    from tokenbooks.reports.table import Table


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("check")(check_plans)


def check_plans(
    context: typer.Context,
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            help="Plans by id or file, default those of the book; and usage files to cover.",
            metavar="[PLAN...] [USAGE...]",
        ),
    ] = None,
    source_format: Annotated[
        str | None,
        typer.Option("--source", help="The format of the usage files.", metavar="FORMAT"),
    ] = None,
    format: FormatOption = "text",
    book: BookOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Check plans: mistakes, gaps, ambiguity, prices hardly meant; and whether they cover usage."""
    from tokenbooks.desk.plans import (
        book_plans,
        each_once,
        is_plan_file,
        named_plans,
        own_problems,
        sort_arguments,
    )
    from tokenbooks.reports.plans import fitting

    chosen_format(format)
    given = settings(context, book, quiet=quiet)
    folder = found_book(given)
    names, usage = sort_arguments(arguments or [], folder)
    files = [Path(name) for name in names if is_plan_file(name)]
    hide_people(redact, folder, usage, files, source_format=source_format)
    named, problems = named_plans(names, folder) if names else book_plans(book_folder(given))
    if usage and len(named) > 1:
        raise typer.BadParameter(f"name the one plan that prices {usage[0]}")
    for item in named:
        problems += [*item.problems, *own_problems(item.plan, item.problems)]
    if usage and not any_error(problems):
        tables, found = _coverage(named, usage, source_format)
        show_tables(tables, format, fitting)
        problems += found
    stop_if_wrong(each_once(problems), warnings_too=True)
    count = "1 plan" if len(named) == 1 else f"{len(named)} plans"
    tell(f"no problems in {count}", quiet=given.quiet)


def _coverage(
    named: list[NamedPlan], usage: list[Path], format: str | None
) -> tuple[list[Table], list[Problem]]:
    """The rates that no usage touched, and the usage that no rate prices."""
    from tokenbooks.desk.plans import touched_lines
    from tokenbooks.reports.plans import untouched_table

    tables, problems = [], []
    for item in named:
        touched, found = touched_lines(item.plan, usage, format)
        problems += found
        if touched is not None:
            tables.append(untouched_table(item.plan, touched))
    return tables, problems
