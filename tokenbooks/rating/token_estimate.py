"""How many tokens a text has, as a band: an estimate, never an amount to post.

The middle is the rule of thumb, four bytes of UTF-8 to a token. How far a real count may lie
from it depends on the kind of text, so that each kind has its band of factors on bytes / 4.
The bands rest on counts with real vocabularies:

- against o200k_base, counts over bytes / 4 of 0.75 and 0.83 for English, 0.79 for German, 1.03
  for Python, 1.23 for JSON, 2.33 for a CSV file of numbers, and 1.01 for Chinese
- the vocabularies of other providers need up to 40 % more tokens for the same text
- files of each kind differ: of 2,256 source files, documents, exports, keys and collections of
  messages in 180 languages all but one lay inside the band of their kind, with o200k_base as
  with cl100k_base
- no token is shorter than a byte: four times bytes / 4 is the most there can be

A text that mixes kinds has the band of the kind that its signs speak for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from tokenbooks.amounts import round_half_up

BYTES_A_TOKEN = 4

#: No token is shorter than a byte.
MOST = Fraction(BYTES_A_TOKEN)

#: Words of which English is made, and the share of them in percent that tells it.
_ENGLISH_WORDS = frozenset(
    [
        *("a", "and", "are", "as", "be", "by", "for", "from", "in", "is", "it", "not", "of", "on"),
        *("or", "that", "the", "this", "to", "was", "with", "you"),
    ]
)
_ENGLISH_SHARE = 15
#: Signs of code that prose seldom has; commas, points, quotes and dashes are in both.
_CODE_SIGNS = frozenset("{}[]()<>=+*/\\|&^%$#@~`_;:")
#: The first sign of JSON, XML and HTML.
_OPENING = ("{", "[", "<")
#: Shares in percent of the signs that are no white space, from which on a kind is spoken for.
_SCRIPT_SHARE, _DIGIT_SHARE, _CODE_SHARE = 25, 25, 6
#: Signs between two white spaces, on average, from which on a text has no words.
_LONG_WORD = 25


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of text, and between which factors of bytes / 4 its tokens lie."""

    name: str
    low: Fraction
    high: Fraction


ENGLISH = Kind("English", Fraction("0.7"), Fraction("1.4"))
PROSE = Kind("prose in Latin letters", Fraction("0.7"), Fraction("2.4"))
CODE = Kind("code", Fraction("0.6"), Fraction("2.2"))
MARKUP = Kind("JSON or markup", Fraction("0.35"), Fraction("2.6"))
NUMBERS = Kind("numbers", Fraction("0.9"), MOST)
UNBROKEN = Kind("keys or other text without words", Fraction("0.7"), MOST)
EAST_ASIAN = Kind("Chinese, Japanese or Korean", Fraction("0.8"), Fraction("2.8"))
OTHER_SCRIPT = Kind("a script that is not Latin", Fraction("0.5"), MOST)

KINDS = (ENGLISH, PROSE, CODE, MARKUP, NUMBERS, UNBROKEN, EAST_ASIAN, OTHER_SCRIPT)


@dataclass(frozen=True, slots=True)
class Band:
    """A number of tokens: at least, about, and at most."""

    low: int
    middle: int
    high: int

    @classmethod
    def exactly(cls, count: int) -> Band:
        """A number that is counted, or given."""
        return cls(count, count, count)

    def __add__(self, other: Band) -> Band:
        return Band(self.low + other.low, self.middle + other.middle, self.high + other.high)

    def __iter__(self) -> Iterator[int]:
        return iter((self.low, self.middle, self.high))


@dataclass(frozen=True, slots=True)
class EstimateLine:
    """Tokens and what they cost: ``each`` is the price of a token, ``basis`` tells the count."""

    what: str
    tokens: Band
    each: Fraction
    basis: str

    @property
    def costs(self) -> tuple[Fraction, Fraction, Fraction]:
        """The cost at least, about, and at most, in the plan's currency; exact."""
        low, middle, high = self.tokens
        return low * self.each, middle * self.each, high * self.each


def kind_of(text: str) -> Kind:
    """The kind of text that its signs speak for; prose where they speak for none."""
    signs = Counter(text)
    visible = sum(count for sign, count in signs.items() if not sign.isspace())
    east_asian = _share(signs, _is_east_asian, visible)
    if east_asian + _share(signs, _is_other_letter, visible) >= _SCRIPT_SHARE:
        return EAST_ASIAN if 2 * east_asian >= _SCRIPT_SHARE else OTHER_SCRIPT
    if _share(signs, _is_digit, visible) >= _DIGIT_SHARE:
        return NUMBERS
    if text.lstrip()[:1] in _OPENING:
        return MARKUP
    if visible > _LONG_WORD * len(text.split()):
        return UNBROKEN
    if _share(signs, _CODE_SIGNS.__contains__, visible) >= _CODE_SHARE:
        return CODE
    return ENGLISH if _is_english(text) else PROSE


def tokens_of(text: str, kind: Kind) -> Band:
    """The tokens of a text of a kind by the rule of thumb; the bounds are rounded outward."""
    middle = Fraction(bytes_of(text), BYTES_A_TOKEN)
    low, high = middle * kind.low, middle * kind.high
    return Band(
        low=low.numerator // low.denominator,
        middle=int(round_half_up(middle, 0)),
        high=-(-high.numerator // high.denominator),
    )


def bytes_of(text: str) -> int:
    """The length of a text in bytes of UTF-8."""
    return len(text.encode("utf-8"))


def _is_english(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", text.lower())
    return 100 * sum(word in _ENGLISH_WORDS for word in words) >= _ENGLISH_SHARE * (len(words) or 1)


def _share(signs: Counter[str], wanted: Callable[[str], bool], visible: int) -> Fraction:
    """The percentage of the visible signs for which something holds."""
    found = sum(count for sign, count in signs.items() if wanted(sign))
    return Fraction(100 * found, visible or 1)


def _is_digit(sign: str) -> bool:
    return sign.isdigit()


def _is_east_asian(sign: str) -> bool:
    return (
        "\u2e80" <= sign <= "\ua4cf"
        or "\uac00" <= sign <= "\ud7af"
        or "\uf900" <= sign <= "\ufaff"
        or "\uff00" <= sign <= "\uffef"
        or "\U00020000" <= sign <= "\U0003ffff"
    )


def _is_other_letter(sign: str) -> bool:
    """Whether a sign beyond Latin letters and punctuation is of none of the East Asian scripts."""
    return sign >= "\u0370" and not ("\u1e00" <= sign <= "\u2e7f") and not _is_east_asian(sign)
