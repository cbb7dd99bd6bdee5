"""Options that commands share, and the settings that they add up to.

`--book`, `--today` and `--quiet` may stand before the command or after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from tokenbooks.periods import Period, parse_day

BookOption = Annotated[
    Path | None,
    typer.Option("--book", help="The book's folder.", metavar="DIR", envvar="TOKENBOOKS_BOOK"),
]
TodayOption = Annotated[
    str | None, typer.Option("--today", help="The date to take as today.", metavar="DATE")
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Say nothing but data and problems.")
]
FormatOption = Annotated[
    str, typer.Option("--format", "-f", help="text, csv, json or md.", metavar="FORMAT")
]
PeriodOption = Annotated[
    str | None, typer.Option("--period", "-p", help="The month, as 2025-11.", metavar="PERIOD")
]
ByOption = Annotated[
    str, typer.Option("--by", help="Dimensions to group by, joined by commas.", metavar="DIM,...")
]
RedactOption = Annotated[
    bool,
    typer.Option("--redact", help="Pseudonyms for users, API keys, customers and mail addresses."),
]

HoldOption = Annotated[
    bool,
    typer.Option("--hold-bad-rows", help="Leave bad rows out of the books, and say so."),
]

FORMATS = ("text", "csv", "json", "md")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the shared options say, wherever they stood."""

    book: Path | None
    today: date
    quiet: bool


def settings(
    context: typer.Context, book: Path | None, today: str | None = None, quiet: bool = False
) -> Settings:
    """The shared options of a command, with those given before it."""
    before: dict[str, object] = context.find_root().obj or {}
    chosen = today or before.get("today")
    source = context.get_parameter_source("book")
    is_given = source is not None and source.name == "COMMANDLINE"
    folder = (book if is_given else None) or before.get("book") or book
    return Settings(
        book=Path(str(folder)) if folder else None,
        today=chosen_day(str(chosen)) if chosen else date.today(),
        quiet=quiet or bool(before.get("quiet")),
    )


def chosen_day(text: str) -> date:
    """A date given on the command line."""
    try:
        return parse_day(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not a date such as 2025-11-30") from None


def chosen_period(text: str) -> Period:
    """A month given on the command line."""
    try:
        return Period.parse(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not a month such as 2025-11") from None


def chosen_format(text: str) -> str:
    """An output format given on the command line."""
    if text not in FORMATS:
        raise typer.BadParameter(f"'{text}' is not one of {', '.join(FORMATS)}")
    return text


def chosen_names(text: str) -> tuple[str, ...]:
    """Names joined by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
