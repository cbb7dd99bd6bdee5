"""tokenbooks usage: quantities and list value, and the accounting of the files."""

from __future__ import annotations

import typer

from tokenbooks.cli.hiding import hide_people
from tokenbooks.cli.options import (
    BookOption,
    ByOption,
    FormatOption,
    HoldOption,
    PeriodOption,
    QuietOption,
    RedactOption,
    TodayOption,
    chosen_format,
    chosen_names,
    chosen_period,
    settings,
)
from tokenbooks.cli.output import book_folder, opened, show_tables, stop_if_wrong


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("usage")(usage)


def usage(
    context: typer.Context,
    period: PeriodOption = None,
    by: ByOption = "contract,model,meter",
    files: bool = typer.Option(False, "--files", help="What became of the rows of each file."),
    hold_bad_rows: HoldOption = False,
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Show usage at list value and cost, or account for files."""
    from tokenbooks.desk.look import look_at_files, look_at_usage
    from tokenbooks.reports.files import files_in_width, files_table, not_owed_table
    from tokenbooks.reports.tiers import standing_tables
    from tokenbooks.reports.usage import CHARGE_COLUMNS, charges_table

    chosen_format(format)
    given = settings(context, book, today, quiet)
    hide_people(redact, book_folder(given))
    opened_book, problems = opened(given, hold_bad_rows=hold_bad_rows)
    if files:
        accounts, found = look_at_files(opened_book)
        show_tables([files_table(accounts)], format, files_in_width)
        stop_if_wrong([*problems, *found])
        return
    month = chosen_period(period) if period else None
    looked, found = look_at_usage(opened_book)
    if looked is None:
        stop_if_wrong([*problems, *found])
        raise typer.Exit(1)
    names = chosen_names(by)
    allowed = (*CHARGE_COLUMNS, *looked.layout.dimensions)
    if unknown := [name for name in names if name not in allowed]:
        raise typer.BadParameter(f"'{unknown[0]}' is not one of {', '.join(allowed)}")
    facts = opened_book.facts
    currency, wanted = facts.book.currency, str(month) if month else None
    plans = {name: facts.plan_of(contract) for name, contract in facts.book.contracts.items()}
    units = {name: plan.credit for name, plan in plans.items() if plan.credit}
    rated = looked.computed.rated
    tables = [
        charges_table(looked.connection, looked.scales, names, currency, wanted, units),
        *standing_tables(looked.connection, rated, currency, month),
    ]
    apart = not_owed_table(looked.connection, looked.contracts, month)
    tables += [apart] if apart.rows else []
    show_tables(tables, format)
    stop_if_wrong([*problems, *found])
