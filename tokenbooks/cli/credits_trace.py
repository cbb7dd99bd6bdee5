"""tokenbooks credits trace: from a lot to all that it paid for, or from usage to its lots."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from tokenbooks.cli.hiding import hide_people
from tokenbooks.cli.options import (
    BookOption,
    FormatOption,
    QuietOption,
    RedactOption,
    Settings,
    TodayOption,
    chosen_day,
    chosen_format,
    settings,
)
from tokenbooks.cli.output import book_folder, opened, show_tables, stop_if_wrong

#: A file and a line, as editors and problems write them; a column may follow.
_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d{1,9})(?::\d+)?")
#: Options of ``credits`` that ``trace`` has too, so that they may stand before it.
_SHARED = ("as_of", "format", "redact")
_SETTINGS = ("book", "today", "quiet")


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("trace")(trace)


def pass_on(context: typer.Context, given: Settings) -> None:
    """Hand the options that stand before ``trace`` to it; refuse those that it has not."""
    for name in context.params:
        source = context.get_parameter_source(name)
        is_given = source is not None and source.name == "COMMANDLINE"
        if is_given and name not in (*_SHARED, *_SETTINGS):
            option = name.replace("_", "-")
            raise typer.BadParameter(f"--{option} does not go with `trace`")
    root = context.find_root()
    root.obj = {"book": given.book, "today": str(given.today), "quiet": given.quiet}
    shared = {name: context.params[name] for name in _SHARED}
    context.default_map = {"trace": {k: v for k, v in shared.items() if v is not None}}


def trace(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            help="A lot; or a line of a usage file or of a close's charges.csv.",
            metavar="LOT|FILE:LINE",
        ),
    ],
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The day at whose end to look.", metavar="DATE")
    ] = None,
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Trace a lot to every draw, or usage to every lot that covered it."""
    from tokenbooks.desk.trace_charge import trace_place
    from tokenbooks.desk.trace_lot import trace_lot
    from tokenbooks.reports.traces import traced_on_screen

    chosen_format(format)
    given = settings(context, book, today, quiet)
    day = chosen_day(as_of) if as_of else given.today
    hide_people(redact, book_folder(given))
    opened_book, problems = opened(given)
    place = _PLACE.fullmatch(what)
    if place is None:
        tables, found = trace_lot(opened_book, what, day)
    else:
        tables, found = trace_place(opened_book, place["file"], int(place["line"]), day)
    if tables:
        show_tables(tables, format, traced_on_screen)
    stop_if_wrong([*(p for p in problems if p.is_error), *found])
