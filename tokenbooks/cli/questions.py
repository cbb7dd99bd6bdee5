"""Questions to a person at a terminal, and checks of the answers and of the options alike."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence

import typer

from tokenbooks.cli.options import chosen_period

#: It becomes part of the names of files and accounts.
_LONGEST_PARTY = 100


def ask(question: str, default: str, check: Callable[[str], str]) -> str:
    """The answer of a person at a terminal; the default where there is none."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return default
    answer: str = typer.prompt(question, default=default, err=True, value_proc=check)
    return answer


def chosen_currency(text: str) -> str:
    """A currency given on the command line."""
    if not re.fullmatch("[A-Z]{3}", text):
        raise typer.BadParameter(f"'{text}' is not a currency such as USD")
    return text


def chosen_party(text: str) -> str:
    """The name of a provider, which becomes the payee of entries."""
    from tokenbooks.names import is_payee

    if len(text) > _LONGEST_PARTY:
        raise typer.BadParameter(f"the party is longer than {_LONGEST_PARTY} letters")
    if not is_payee(text):
        raise typer.BadParameter(
            f"'{text}' cannot be a payee in a journal; write letters, digits and single spaces"
        )
    return text


def month_text(text: str) -> str:
    """A month, written as files have it."""
    return str(chosen_period(text))


def one_of(allowed: Sequence[str]) -> Callable[[str], str]:
    """A check that an answer is one of a few words."""

    def check(text: str) -> str:
        if text not in allowed:
            raise typer.BadParameter(f"'{text}' is not one of {', '.join(allowed)}")
        return text

    return check
