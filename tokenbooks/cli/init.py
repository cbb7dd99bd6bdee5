"""tokenbooks init: a book to start from."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tokenbooks.cli.options import QuietOption, TodayOption, chosen_period, settings
from tokenbooks.cli.output import show, stop_if_wrong, tell
from tokenbooks.cli.questions import ask, chosen_currency, chosen_party, month_text, one_of
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
    """Begin a book: from answers, from exports, or a sample."""
    given = settings(context, None, today, quiet)
    chosen = (name, currency, start, journal, party, settle)
    if list_samples:
        show_samples()
    elif sample is not None:
        if usage or any(value is not None for value in chosen):
            raise typer.BadParameter("--sample copies a book as it is; give no other options")
        copy_sample(folder, sample, quiet=given.quiet)
    else:
        if side != "buy":
            raise typer.BadParameter(f"--side {side} is not available yet; only buy is")
        _checked(name, currency, journal, party, settle)
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
    tell_written(folder, files, quiet=quiet)
    tell_next(folder, start_of_book(folder), quiet=quiet)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the options say; None is to be asked for, or left to the default."""

    folder: Path
    name: str | None
    currency: str | None
    start: Period | None
    journal: str | None
    party: str | None
    settle: str | None
    today: date


def begin(wishes: Wishes, paths: list[Path], *, quiet: bool) -> None:
    """Write a new book; with usage exports, their models' plans and contracts."""
    from tokenbooks.desk.begin_book import begin_book, book_files, empty_folders
    from tokenbooks.desk.seen_usage import see_usage

    seen, problems = see_usage(wishes.folder, paths) if paths else (None, [])
    stop_if_wrong(problems)
    if seen and wishes.party and len(seen.contracts) > 1:
        found = ", ".join(contract.party for contract in seen.contracts)
        raise typer.BadParameter(f"--party names one provider, but the usage is of {found}")
    book = chosen_book(wishes, seen)
    files = book_files(book, seen)
    waiting = empty_folders(book, seen)
    stop_if_wrong(begin_book(wishes.folder, files, waiting))
    tell_written(wishes.folder, [*files, *(f"{folder}/" for folder in waiting)], quiet=quiet)
    for contract in book.contracts:
        if seen:
            tell(f"fill in the prices (?) in plans/{contract.plan}.yaml", quiet=quiet)
        else:
            tell(
                f"lay the usage exports of {contract.party} into usage/{contract.id}/, and its"
                f" prices into plans/{contract.plan}.yaml",
                quiet=quiet,
            )
    tell_next(wishes.folder, book.start, quiet=quiet)


def chosen_book(wishes: Wishes, seen: SeenUsage | None) -> NewBook:
    """The book as options, answers and defaults make it."""
    from tokenbooks.desk.book_text import NewBook

    first = seen.first_day if seen else None
    month = Period.month_of(first) if first else Period.month_of(wishes.today).previous()
    words = re.findall(r"[^\W_]+", wishes.folder.resolve().name)
    called = " ".join(word[0].upper() + word[1:] for word in words) or "Our Company"
    return NewBook(
        name=wishes.name or ask("Whose book is it?", called, str.strip),
        currency=wishes.currency or ask("Functional currency", "USD", chosen_currency),
        start=wishes.start or Period.parse(ask("First month", str(month), month_text)),
        journal=wishes.journal or ask("ledger or beancount?", "ledger", one_of(JOURNALS)),
        contracts=chosen_contracts(wishes, seen),
    )


def chosen_contracts(wishes: Wishes, seen: SeenUsage | None) -> tuple[NewContract, ...]:
    """A contract for every provider seen, or for the one that is named."""
    from tokenbooks.desk.begin_book import new_contract, seen_contracts

    party = wishes.party
    if seen is None:
        party = party or ask("AI provider", "OpenAI", chosen_party)
    settle = wishes.settle or ask(
        "Is usage paid in advance (prepaid) or invoiced later (arrears)?",
        "prepaid",
        one_of(SETTLE),
    )
    if seen is None:
        return (new_contract(party or "", settle),)
    return seen_contracts(seen, settle, party or "")


def _checked(
    name: str | None,
    currency: str | None,
    journal: str | None,
    party: str | None,
    settle: str | None,
) -> None:
    """Refuse options that no book could have."""
    if name is not None and not (name.strip() and name.isprintable()):
        raise typer.BadParameter("the name is empty or not one line of text")
    for value, check in (
        (currency, chosen_currency),
        (journal, one_of(JOURNALS)),
        (party, chosen_party),
        (settle, one_of(SETTLE)),
    ):
        if value is not None:
            check(value)


# -- what is told at the end --------------------------------------------------------


def tell_written(folder: Path, files: Iterable[str], *, quiet: bool) -> None:
    """Name the files of the new book."""
    from tokenbooks.sources.files import shown

    for name in files:
        tell(f"wrote {shown(folder / name)}{'/' if name.endswith('/') else ''}", quiet=quiet)


def tell_next(folder: Path, start: Period, *, quiet: bool) -> None:
    """Name the next three commands."""
    from tokenbooks.sources.files import shown

    place = shown(folder)
    program = "tokenbooks" if place == "." else f"tokenbooks --book {shlex.quote(place)}"
    tell("next:", quiet=quiet)
    for command in ("check", "usage", f"close -p {start}"):
        tell(f"  {program} {command}", quiet=quiet)


def start_of_book(folder: Path) -> Period:
    """The first month of a book that was written just now."""
    from tokenbooks.sources.book import read_book

    book, problems = read_book(folder)
    stop_if_wrong(problems)
    if book is None:
        raise typer.Exit(1)
    return book.start
