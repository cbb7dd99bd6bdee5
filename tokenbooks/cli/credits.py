"""tokenbooks credits: lots, balances, runway, what expires when, and what covered what.

The command alone shows the credits of a day; ``trace`` goes from a lot to its draws, and
from usage to the lots that covered it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from tokenbooks.cli import credits_trace
from tokenbooks.cli.hiding import hide_people
from tokenbooks.cli.options import (
    BookOption,
    FormatOption,
    QuietOption,
    RedactOption,
    TodayOption,
    chosen_day,
    chosen_format,
    settings,
)
from tokenbooks.cli.output import book_folder, opened, show_tables, stop_if_wrong

if TYPE_CHECKING:
    from decimal import Decimal

#: How tables may be asked for: each lot, each contract, or each party of a contract.
LEVELS = ("lot", "contract", "party")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
    group.callback()(show_credits)
    credits_trace.register(group)
    app.add_typer(group, name="credits")


def show_credits(
    context: typer.Context,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The day at whose end to look.", metavar="DATE")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", help="Only one table: by lot, contract or party.", metavar="LEVEL"),
    ] = None,
    contract: Annotated[
        str, typer.Option("--contract", help="Only this contract.", metavar="CONTRACT")
    ] = "",
    party: Annotated[
        str, typer.Option("--party", help="Only this party of contracts.", metavar="PARTY")
    ] = "",
    expiring_within: Annotated[
        int | None,
        typer.Option(
            "--expiring-within",
            min=0,
            help="Lots that end within so many days; exit 1 if any has credits left.",
            metavar="DAYS",
        ),
    ] = None,
    below: Annotated[
        str | None,
        typer.Option(
            "--below",
            help="Exit 1 if a balance is below, in credits of the plan.",
            metavar="AMOUNT",
        ),
    ] = None,
    format: FormatOption = "text",
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    redact: RedactOption = False,
) -> None:
    """Show lots, balances, runway, and what expires when."""
    if context.invoked_subcommand is not None:
        credits_trace.pass_on(context, settings(context, book, today, quiet))
        return
    from tokenbooks.desk.credit_tables import Asked, credit_tables, threshold_warnings
    from tokenbooks.desk.look_at_credits import look_at_credits
    from tokenbooks.reports.credits import on_screen

    chosen_format(format)
    given = settings(context, book, today, quiet)
    day = chosen_day(as_of) if as_of else given.today
    asked = Asked(chosen_level(by), contract, party, expiring_within, chosen_amount(below))
    hide_people(redact, book_folder(given))
    opened_book, problems = opened(given)
    check_contract(contract, opened_book.facts.book.contracts)
    looked, found = look_at_credits(opened_book, day, party)
    stop_if_wrong([*problems, *found])
    if looked is None:
        raise typer.Exit(1)
    show_tables(credit_tables(looked, asked), format, on_screen)
    stop_if_wrong(threshold_warnings(looked, asked), warnings_too=True)


def chosen_level(text: str | None) -> str:
    """What ``--by`` names; '' for the usual tables."""
    if text is not None and text not in LEVELS:
        raise typer.BadParameter(f"'{text}' is not one of {', '.join(LEVELS)}")
    return text or ""


def chosen_amount(text: str | None) -> Decimal | None:
    """An amount given on the command line."""
    from tokenbooks.amounts import parse_number

    try:
        return None if text is None else parse_number(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not an amount such as 100 or 12.50") from None


def check_contract(name: str, known: Iterable[str]) -> None:
    """Refuse a contract that the book does not have."""
    names = list(known)
    if name and name not in names:
        raise typer.BadParameter(f"'{name}' is not one of {', '.join(names)}")
