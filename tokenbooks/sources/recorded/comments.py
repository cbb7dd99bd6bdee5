"""What the descriptions and comments of a journal say: payee, narration, tags, our ids."""

from __future__ import annotations

import re
from collections.abc import Iterable

Tags = tuple[tuple[str, str], ...]

_TAG = re.compile(r"(?:^|,)\s*([^\s:,]+):(?=\s|$|,)\s*([^,]*)")


def payee_and_narration(description: str, comment: str) -> tuple[str, str]:
    """``Payee | note`` apart; without a note the first line of the comment that is no tag."""
    payee, bar, note = description.partition("|")
    if bar:
        return payee.strip(), note.strip()
    plain = (line.strip() for line in comment.splitlines() if ":" not in line)
    return payee.strip(), next(filter(None, plain), "")


def tags_of(comment: str) -> Tags:
    """The tags of a comment, ``key: value`` in a line of its own or with commas between."""
    return tuple(
        (key, value.strip()) for line in comment.splitlines() for key, value in _TAG.findall(line)
    )


def gathered(own: Iterable[tuple[str, str]], of_entry: Iterable[tuple[str, str]]) -> Tags:
    """The tags of a posting, then those of its entry, each once."""
    return tuple(dict.fromkeys((*own, *of_entry)))


def value_of(tags: Tags, key: str) -> str:
    """The value of the first tag with a key; '' where there is none."""
    return next((value for name, value in tags if name == key and value), "")
