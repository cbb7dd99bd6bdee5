"""tokenbooks reconcile: statement, usage, our entries and the ledger, with every cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tokenbooks.cli.begin import begin
from tokenbooks.cli.credits import check_contract
from tokenbooks.cli.options import (
    BookOption,
    ByOption,
    FormatOption,
    PeriodOption,
    QuietOption,
    RedactOption,
    TodayOption,
    chosen_names,
    chosen_period,
)
from tokenbooks.cli.output import show, show_tables, stop_if_wrong

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenbooks.desk.open_book import OpenBook
    from tokenbooks.periods import Period


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reconcile")(reconcile)


def reconcile(
    context: typer.Context,
    period: PeriodOption = None,
    contract: Annotated[
        str, typer.Option("--contract", help="Only this contract.", metavar="CONTRACT")
    ] = "",
    by: ByOption = "",
    proposals: bool = typer.Option(
        False, "--proposals", help="Only the proposed entries, as a journal."
    ),
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Reconcile a month three ways: statement, usage and ledger, with every cause."""
    from tokenbooks.desk.open_differences import reconcile_warnings
    from tokenbooks.desk.reconcile import reconcile as reconcile_month
    from tokenbooks.desk.reconciliation_tables import proposals_journal, reconciliation_tables
    from tokenbooks.reports.reconciliation import on_screen

    _, opened_book, problems = begin(context, book, today, quiet, redact, format)
    check_contract(contract, opened_book.facts.book.contracts)
    month = chosen_period(period) if period else default_period(opened_book)
    asked = chosen_names(by)
    check_dimensions(asked, opened_book)
    reconciled, found = reconcile_month(opened_book, month, by=asked)
    stop_if_wrong([*problems, *found])
    if reconciled is None:
        raise typer.Exit(1)
    if contract:
        reconciled = reconciled.of(contract)
    if not proposals or format != "text":
        tables = reconciliation_tables(reconciled, asked)
        wanted = [table for table in tables if not proposals or table.name == "proposals"]
        show_tables(wanted, format, on_screen)
    if format == "text" and (journal := proposals_journal(reconciled)):
        show(journal if proposals else f"\n{journal}")
    stop_if_wrong(reconcile_warnings(opened_book, reconciled), warnings_too=True)


def check_dimensions(names: Sequence[str], book: OpenBook) -> None:
    """Refuse what usage and statement cannot be summed by."""
    from tokenbooks.desk.gather import kept_dimensions
    from tokenbooks.names import STANDARD_DIMENSIONS
    from tokenbooks.reconcile.statements.cells import METER
    from tokenbooks.reconcile.statements.compare_groups import DAY

    known = [DAY, METER, *dict.fromkeys([*kept_dimensions(book.facts), *STANDARD_DIMENSIONS])]
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"'{name}' is not one of {', '.join(known)}")


def default_period(book: OpenBook) -> Period:
    """The latest period that is written, else the first of the book."""
    return book.months[-1].period if book.months else book.facts.book.start
