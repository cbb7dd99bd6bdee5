"""A report about one month of a book: what is the same for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from tokenbooks.cli.begin import begin
from tokenbooks.cli.options import (
    BookOption,
    FormatOption,
    PeriodOption,
    QuietOption,
    RedactOption,
    TodayOption,
    chosen_period,
)
from tokenbooks.cli.output import show_tables, stop_if_wrong

if TYPE_CHECKING:
    from tokenbooks.cli.output import Fit
    from tokenbooks.desk.open_book import OpenBook
    from tokenbooks.periods import Period
    from tokenbooks.problems import Problem
    from tokenbooks.reports.table import Table


@dataclass(frozen=True, slots=True)
class MonthReport:
    """The tables of a report, None where nothing can be told, and how they ``fit`` a screen."""

    tables: Sequence[Table] | None = None
    problems: Sequence[Problem] = ()
    fit: Fit | None = None


def add_month_report(
    group: typer.Typer, name: str, report: Callable[[OpenBook, Period | None], MonthReport]
) -> None:
    """Add a command that shows a report of a month; its help is the report's docstring."""

    def command(
        context: typer.Context,
        period: PeriodOption = None,
        format: FormatOption = "text",
        book: BookOption = None,
        today: TodayOption = None,
        quiet: QuietOption = False,
        redact: RedactOption = False,
    ) -> None:
        _, opened_book, problems = begin(context, book, today, quiet, redact, format)
        told = report(opened_book, chosen_period(period) if period else None)
        stop_if_wrong([*problems, *told.problems])
        if told.tables is None:
            raise typer.Exit(1)
        show_tables(told.tables, format, told.fit)

    group.command(name, help=report.__doc__)(command)
