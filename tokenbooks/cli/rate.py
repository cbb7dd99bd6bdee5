"""tokenbooks rate: price usage files with a plan, without a book."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tokenbooks.cli.hiding import hide_people
from tokenbooks.cli.options import (
    ByOption,
    FormatOption,
    HoldOption,
    RedactOption,
    chosen_format,
    chosen_names,
)
from tokenbooks.cli.output import show_tables, stop_if_wrong


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("rate")(rate)


def rate(
    usage: Annotated[list[Path], typer.Argument(help="Usage files.", metavar="USAGE...")],
    plan: Annotated[Path, typer.Option("--plan", help="The plan.", metavar="FILE")],
    source_format: Annotated[
        str | None,
        typer.Option("--source", help="The format of the usage files.", metavar="FORMAT"),
    ] = None,
    by: ByOption = "model,meter,price",
    hold_bad_rows: HoldOption = False,
    format: FormatOption = "text",
    redact: RedactOption = False,
) -> None:
    """Price usage with a plan, without a book."""
    from tokenbooks.desk.rate_files import CONTRACT, rate_files
    from tokenbooks.problems import any_error
    from tokenbooks.reports.explained_cells import without
    from tokenbooks.reports.tiers import standing_tables
    from tokenbooks.reports.usage import CHARGE_COLUMNS, charges_table
    from tokenbooks.sources.plans import read_plan

    chosen_format(format)
    names = chosen_names(by)
    keep = [name for name in names if name not in CHARGE_COLUMNS]
    hide_people(redact, None, usage, [plan], source_format=source_format, by=keep)
    read, problems = read_plan(plan)
    if read is None or any_error(problems):
        stop_if_wrong(problems)
        raise typer.Exit(1)
    looked, found = rate_files(read, usage, source_format, keep, hold_bad_rows=hold_bad_rows)
    if looked is None:
        stop_if_wrong([*problems, *found])
        raise typer.Exit(1)
    allowed = (*CHARGE_COLUMNS, *looked.layout.dimensions)
    if unknown := [name for name in names if name not in allowed]:
        raise typer.BadParameter(f"'{unknown[0]}' is not one of {', '.join(allowed)}")
    units = {CONTRACT: read.credit} if read.credit else {}
    rated = looked.computed.rated
    tables = [
        charges_table(looked.connection, looked.scales, names, read.currency, credits=units),
        *standing_tables(looked.connection, rated, read.currency),
    ]
    show_tables([tables[0], *(without(table, ["contract"]) for table in tables[1:])], format)
    stop_if_wrong([*problems, *found])
