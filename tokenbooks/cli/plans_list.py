"""tokenbooks plans list: the plans of the book, or of files."""

from __future__ import annotations

from typing import Annotated

import typer

from tokenbooks.cli.options import BookOption, FormatOption, chosen_format, settings
from tokenbooks.cli.output import book_folder, found_book, show_tables, stop_if_wrong


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("list")(list_plans)


def list_plans(
    context: typer.Context,
    plans: Annotated[
        list[str] | None, typer.Argument(help="Only these: ids or files.", metavar="[PLAN...]")
    ] = None,
    format: FormatOption = "text",
    book: BookOption = None,
) -> None:
    """List the plans of the book, or those of files."""
    from tokenbooks.desk.plans import book_plans, contracts_by_plan, named_plans
    from tokenbooks.reports.plans import fitting, plans_table

    chosen_format(format)
    given = settings(context, book)
    folder = found_book(given) if plans else book_folder(given)
    if plans:
        named, problems = named_plans(plans, folder)
    else:
        named, problems = book_plans(book_folder(given))
    contracts = contracts_by_plan(folder) if folder is not None else {}
    table = plans_table((item.plan for item in named), contracts)
    show_tables([table], format, fitting)
    stop_if_wrong([*problems, *(p for item in named for p in item.problems)])
