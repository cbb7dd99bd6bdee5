"""The key from which pseudonyms are made: the environment's, else that of the book."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tokenbooks.problems import Position, Problem, any_error, error
from tokenbooks.sources.files import matching_files, read_text, shown

KEY_VARIABLE = "TOKENBOOKS_REDACT_KEY"
KEY_FILE = "redact.key"

#: A key of fewer signs could be found by trying; 32 hexadecimal digits are 128 bits.
SHORTEST_KEY = 32

_MAKE = 'python -c "import secrets; print(secrets.token_hex(32))"'


def read_redaction_key(
    folder: Path | None, environment: Mapping[str, str]
) -> tuple[bytes | None, list[Problem]]:
    """The key of a book, or of a run without one (``folder`` is None).

    Spaces and line ends around it do not count. Problems: ``redact-key-missing``,
    ``redact-key-short``, and those of a file that cannot be read.
    """
    text, place = environment.get(KEY_VARIABLE, ""), Position()
    if not text.strip() and folder is not None:
        found = matching_files(folder, KEY_FILE)
        place = Position(shown(folder / KEY_FILE))
        read, problems = read_text(found[0]) if found else ("", [])
        if any_error(problems):
            return None, problems
        text = read or ""
    key = text.strip()
    if not key:
        return None, [_missing(folder)]
    if len(key) < SHORTEST_KEY:
        message = f"the key of --redact has {len(key)} signs: it could be found by trying"
        help = f"take one of {SHORTEST_KEY} or more, at random, such as from: {_MAKE}"
        return None, [error("redact-key-short", message, help, place)]
    return key.encode("utf-8", "surrogateescape"), []


def _missing(folder: Path | None) -> Problem:
    message = f"--redact needs a key, and the environment has no {KEY_VARIABLE}"
    if folder is None:
        help = f'make one and keep it: export {KEY_VARIABLE}="$({_MAKE})"'
        return error("redact-key-missing", message, help)
    command = f"{_MAKE} > {_quoted(shown(folder / KEY_FILE))}"
    help = f"make one, keep it, and keep it out of version control: {command}"
    return error("redact-key-missing", f"{message}, and the book no {KEY_FILE}", help)


def _quoted(path: str) -> str:
    return f"'{path}'" if " " in path else path
