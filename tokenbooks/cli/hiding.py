"""The option ``--redact``: pseudonyms in all that a command prints from there on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tokenbooks.cli.output import redact_output, stop_if_wrong


def hide_people(
    wanted: bool,
    book: Path | None,
    usage: Sequence[Path] = (),
    plans: Sequence[Path] = (),
    *,
    source_format: str | None = None,
    by: Sequence[str] = (),
    descriptor: Path | None = None,
) -> None:
    """Hide people in what is printed from now on, if wanted; exits 1 where there is no key.

    To be called before anything is read: messages are hidden too. ``book`` is its folder,
    None without one; the rest are files named on the command line.
    """
    from tokenbooks.desk.redaction import NamedFiles, read_redaction

    if wanted:
        named = NamedFiles(tuple(usage), tuple(plans), source_format, tuple(by), descriptor)
        redaction, problems = read_redaction(book, named)
        stop_if_wrong(problems)
        redact_output(redaction)
