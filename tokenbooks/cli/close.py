"""tokenbooks close: the month-end close."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tokenbooks.cli.hiding import hide_people
from tokenbooks.cli.options import (
    BookOption,
    FormatOption,
    HoldOption,
    PeriodOption,
    QuietOption,
    RedactOption,
    TodayOption,
    chosen_format,
    chosen_period,
    settings,
)
from tokenbooks.cli.output import (
    book_folder,
    opened,
    show,
    show_tables,
    stop_if_wrong,
    tell,
    tell_tables,
)

if TYPE_CHECKING:
    from tokenbooks.desk.close import Prepared
    from tokenbooks.desk.open_book import OpenBook
    from tokenbooks.periods import Period


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("close")(close)


def close(
    context: typer.Context,
    period: PeriodOption = None,
    write: bool = typer.Option(False, "--write", help="Write close/PERIOD/ and the books."),
    allow_unpriced: bool = typer.Option(
        False, "--allow-unpriced", help="Go on without prices for some usage, and list it."
    ),
    hold_bad_rows: HoldOption = False,
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Close a month: print its entries, or write them."""
    from tokenbooks.desk.close import prepare_close
    from tokenbooks.desk.locked import locked_problems
    from tokenbooks.desk.look_at_credits import check_balances
    from tokenbooks.desk.write_close import write_close, written_files

    chosen_format(format)
    given = settings(context, book, today, quiet)
    hide_people(redact, book_folder(given))
    opened_book, problems = opened(given, hold_bad_rows=hold_bad_rows)
    month = chosen_period(period) if period else default_period(opened_book)
    if write and month.end > given.today:
        raise typer.BadParameter(f"{month} has not ended on {given.today}; it can be printed only")
    if write:
        stop_if_wrong(locked_problems(opened_book, month))
    prepared, found = prepare_close(opened_book, month, allow_unpriced=allow_unpriced)
    if prepared is not None:
        found = found + check_balances(opened_book, prepared.close.computed, month)
    stop_if_wrong([*problems, *found])
    if prepared is None:
        raise typer.Exit(1)
    # printed first: where the output cannot be written, nothing else is either
    print_close(prepared, format, quiet=given.quiet)
    if write:
        stop_if_wrong(write_close(prepared))
        for name in written_files(prepared):
            tell(f"wrote {name}", quiet=given.quiet)


def default_period(book: OpenBook) -> Period:
    """The earliest period that is not written."""
    written = {month.period for month in book.months}
    period = book.facts.book.start
    while period in written:
        period = period.next()
    return period


def print_close(prepared: Prepared, format: str, *, quiet: bool) -> None:
    """Print a close: its journal and, beside it, its roll-forwards; or all as tables."""
    from tokenbooks.desk.write_close import journal_text
    from tokenbooks.reports.entries import entries_table
    from tokenbooks.reports.rollforward import accruals_table, lots_table, tables_on_screen

    facts, close = prepared.book.facts, prepared.close
    if format != "text":
        rolled = [lots_table(close, facts), accruals_table(close, facts)]
        show_tables([entries_table(close, facts), *rolled], format)
        return
    show(journal_text(facts, close))
    tell_tables(tables_on_screen(close, facts), quiet=quiet)
