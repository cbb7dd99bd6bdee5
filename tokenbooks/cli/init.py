"""tokenbooks init: a book to start from."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tokenbooks.cli.options import QuietOption, TodayOption, chosen_period, settings
from tokenbooks.cli.output import show, stop_if_wrong, tell
from tokenbooks.periods import Period

if TYPE_CHECKING:
    from tokenbooks.desk.book_text import NewBook, NewContract
    from tokenbooks.desk.seen_usage import SeenUsage

JOURNALS = ("ledger", "beancount")
SETTLE = ("prepaid", "arrears")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init")(init)


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="The book's folder.", metavar="[DIR]")] = Path(),
    name: Annotated[str | None, typer.Option("--name", help="Whose book it is.")] = None,
    currency: Annotated[
        str | None, typer.Option("--currency", help="The functional currency.", metavar="USD")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--start", help="The first month, as 2025-10.", metavar="PERIOD")
    ] = None,
    journal: Annotated[
        str | None, typer.Option("--journal", help="ledger or beancount.", metavar="DIALECT")
    ] = None,
    side: Annotated[str, typer.Option("--side", help="buy.", metavar="SIDE")] = "buy",
    party: Annotated[str | None, typer.Option("--party", help="The AI provider.")] = None,
    settle: Annotated[
        str | None, typer.Option("--settle", help="prepaid or arrears.", metavar="HOW")
    ] = None,
    usage: Annotated[
        list[Path] | None,
        typer.Option("--from", help="Usage exports inside DIR: write their models' plans."),
    ] = None,
    sample: Annotated[
        str | None, typer.Option("--sample", help="Copy a complete sample book.", metavar="NAME")
    ] = None,
    list_samples: Annotated[
        bool, typer.Option("--list-samples", help="Name the sample books.")
    ] = False,
    today: TodayOption = None,
    quiet: QuietOption = False,
) -> None:
    """Begin a book: from answers, from usage exports, or as a copy of a sample."""
    given = settings(context, None, today, quiet)
    chosen = (name, currency, start, journal, party, settle)
    if list_samples:
        show_samples()
    elif sample is not None:
        if usage or any(value is not None for value in chosen):
            raise typer.BadParameter("--sample copies a book as it is; give no other options")
        copy_sample(folder, sample, quiet=given.quiet)
    else:
        _check_side(side)
        _check_choices(journal, settle, currency)
        first = chosen_period(start) if start else None
        wishes = Wishes(folder, name, currency, first, journal, party, settle, given.today)
        begin(wishes, usage or [], quiet=given.quiet)


def show_samples() -> None:
    """Print the names of the samples."""
    from tokenbooks.desk.samples import sample_names

    show("".join(f"{name}\n" for name in sample_names()))


def copy_sample(folder: Path, name: str, *, quiet: bool) -> None:
    """Copy a sample into a folder."""
    from tokenbooks.desk.begin_book import begin_book
    from tokenbooks.desk.samples import sample_files, sample_names

    if name not in sample_names():
        raise typer.BadParameter(f"there is no sample '{name}'; {', '.join(sample_names())}")
    files, problems = sample_files(name)
    stop_if_wrong(problems)
    stop_if_wrong(begin_book(folder, files))
