"""tokenbooks explain: from a posting down to rows of files, or from a row up to postings."""

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
    TodayOption,
    chosen_format,
    settings,
)
from tokenbooks.cli.output import book_folder, opened, show_tables, stop_if_wrong

#: A file and a line, as editors and problems write them; a column may follow.
_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d{1,9})(?::\d+)?")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(explain)


def explain(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(help="The id of an entry, or a place in a file.", metavar="ID|FILE:LINE"),
    ],
    account: Annotated[
        str, typer.Option("--account", help="Only the posting to this account.", metavar="NAME")
    ] = "",
    role: Annotated[
        str, typer.Option("--role", help="Only the posting with this role.", metavar="ROLE")
    ] = "",
    class_: Annotated[
        str, typer.Option("--class", help="Only the posting of this class.", metavar="CLASS")
    ] = "",
    cost_center: Annotated[
        str, typer.Option("--cost-center", help="Only that of this cost center.", metavar="NAME")
    ] = "",
    lot: Annotated[
        str, typer.Option("--lot", help="Only the posting of this lot.", metavar="LOT")
    ] = "",
    limit: Annotated[
        int, typer.Option("--limit", min=0, help="How many charges to list; 0 for all.")
    ] = 40,
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Explain a posting down to rows, or a row up to postings."""
    from tokenbooks.desk.explain_entry import Narrowing
    from tokenbooks.desk.explain_place import explain_id, explain_place
    from tokenbooks.reports.explanation import LEGENDS
    from tokenbooks.reports.narrow import narrowed

    chosen_format(format)
    narrowing = Narrowing(account, role, class_, cost_center, lot)
    given = settings(context, book, today, quiet)
    hide_people(redact, book_folder(given))
    opened_book, problems = opened(given)
    place = _PLACE.fullmatch(what)
    if place is None:
        tables, found = explain_id(opened_book, what, narrowing, limit)
    else:
        file, line = place["file"], int(place["line"])
        tables, found = explain_place(opened_book, file, line, narrowing, limit)
    if tables:
        show_tables(tables, format, lambda shown, _, width: narrowed(shown, width, LEGENDS))
    stop_if_wrong([*(p for p in problems if p.is_error), *found])
