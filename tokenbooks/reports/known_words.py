"""Finding known values, and mail addresses, in texts: as whole words, the longest first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from tokenbooks.names import STANDARD_DIMENSIONS, STANDARD_METERS
from tokenbooks.reports.cells import printable

#: A piece of text, and what it stands for: a dimension ('' for an unknown mail) and a value.
Piece = tuple[str, tuple[str, str] | None]

_WORD = re.compile(r"\w+|\W", re.DOTALL)
_MAIL = re.compile(r"\w(?:[\w.!#$%&*+^`{}~-]|'(?=\w))*?(?:@|%40)(?:[\w-]+\.)+[^\W\d_]{2,}[\w-]*")
#: What joins two words to one, unless it begins the ending of a file's name.
_JOINT = re.compile(r"(?!\.(?:csv|tsv|txt|jsonl?|parquet|gz|zst|zip|ya?ml)\b)[-.+@](?=\w)")
_JOINTS = "-.+@"
#: Words that reports use for other things.
_ORDINARY = {*STANDARD_METERS, *STANDARD_DIMENSIONS, "true", "false", "usage", "total", "none"}
#: So many digits alone may be any number in a text.
_FEW_DIGITS = re.compile(r"\d{1,6}|.", re.DOTALL)
#: Messages cut a long text here, and say so.
_CUT_AT = 37


class KnownWords:
    """Values to be found, each of a dimension.

    A value that is an ordinary word of reports too, or hardly more than a figure, is taken
    for the value only right after its dimension's name: ``user 5``, ``api_key: batch``.
    ``stems`` are beginnings of ids that have a value in them, with the value: they are found
    in the middle of what hyphens join, too.
    """

    def __init__(
        self,
        known: Mapping[str, str],
        dimensions: Iterable[str],
        stems: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        self._known: dict[str, tuple[str, str]] = {}
        for value, dimension in known.items():
            for written in _writings(value):
                self._known.setdefault(written, (dimension, value))
        # a value itself goes before a writing of another one
        self._known.update((value, (dimension, value)) for value, dimension in known.items())
        self._known.pop("", None)
        self._lengths = _lengths(self._known)
        self._stems = dict(stems or {})
        self._stem_lengths = _lengths(self._stems)
        names = {name for dimension in dimensions for name in (dimension, _spoken(dimension))}
        listed = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        self._after_name = re.compile(rf"(?:\b(?:{listed})[:=]? ?|\| )['\"]?\Z", re.IGNORECASE)

    def pieces(self, text: str, known: bool = True) -> Iterator[Piece]:
        """The pieces of a text in their order; without ``known`` only mails are found."""
        kept = place = 0
        while place < len(text):
            found = self._at(text, place, known) if _begins(text, place) else None
            found = found or (self._stem_at(text, place) if known else None)
            if found is None:
                place += len(_word_at(text, place))
                continue
            end, what = found
            if kept < place:
                yield text[kept:place], None
            yield text[place:end], what
            kept = place = end
        if kept < len(text):
            yield text[kept:], None

    def _at(self, text: str, place: int, known: bool) -> tuple[int, tuple[str, str]] | None:
        """The longest value or mail address that begins at a place, and where it ends."""
        mail = _MAIL.match(text, place)
        end, what = (mail.end(), ("", mail[0])) if mail else (place, None)
        for length in self._lengths.get(_word_at(text, place), ()):
            value = text[place : place + length]
            if value not in self._known or place + length < end:
                continue
            if value == (what and what[1]) or (known and self._is_meant(text, place, value)):
                return place + length, self._known[value]
        return (end, what) if what else None

    def _stem_at(self, text: str, place: int) -> tuple[int, tuple[str, str]] | None:
        """The longest stem of an id that stands at a place, up to the end of a word."""
        for length in self._stem_lengths.get(_word_at(text, place), ()):
            end = place + length
            stem = text[place:end]
            if stem in self._stems and not _is_word(text[end : end + 1]):
                return end, self._stems[stem]
        return None

    def _is_meant(self, text: str, place: int, value: str) -> bool:
        if not _ends(text, place + len(value)):
            return False
        ordinary = value.lower() in _ORDINARY or _FEW_DIGITS.fullmatch(value)
        return not ordinary or bool(self._after_name.search(text[:place]))


def _lengths(values: Iterable[str]) -> dict[str, list[int]]:
    """The lengths of values by their first word, the longest first."""
    lengths: dict[str, set[int]] = {}
    for value in values:
        lengths.setdefault(_word_at(value, 0), set()).add(len(value))
    return {word: sorted(found, reverse=True) for word, found in lengths.items()}


def _writings(value: str) -> Iterator[str]:
    """How messages may write a value: unprintable signs spelt out or replaced, and cut."""
    yield printable(value)
    replaced = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in value)
    yield replaced
    yield value.strip()
    yield value.replace("'", "''")
    if len(value) > _CUT_AT:
        yield f"{replaced[:_CUT_AT]}..."


def _spoken(dimension: str) -> str:
    return dimension.replace("_", " ")


def _word_at(text: str, place: int) -> str:
    found = _WORD.match(text, place)
    return found[0] if found else ""


def _begins(text: str, place: int) -> bool:
    """Whether a word begins at a place, and does not go on there."""
    return place < 2 or text[place - 1] not in _JOINTS or not _is_word(text[place - 2])


def _ends(text: str, place: int) -> bool:
    """Whether a word ends at a place, and does not go on behind it."""
    goes_on = place < len(text) and (_is_word(text[place]) or _JOINT.match(text, place))
    return not goes_on


def _is_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"
