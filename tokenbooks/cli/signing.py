"""What a person says who approves or reopens a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tokenbooks.cli.options import chosen_period

if TYPE_CHECKING:
    from tokenbooks.periods import Period


def chosen_month(text: str | None) -> Period:
    """The month, which must be named: nothing is approved or reopened by default."""
    if not text:
        raise typer.BadParameter("name the month: --period 2025-11")
    return chosen_period(text)


def chosen_name(text: str | None, option: str) -> str:
    """A name or reason that must be given."""
    chosen = chosen_text(text)
    if not chosen:
        raise typer.BadParameter(f"{option} is missing or empty")
    return chosen


def chosen_text(text: str | None) -> str:
    """A text given on the command line, as one line of signs that print."""
    from tokenbooks.archive.approval import one_line

    return one_line(text or "")
