"""Texts in columns of a terminal, where a sign may be two columns wide, or none."""

from __future__ import annotations

import unicodedata

#: Signs after which a text may go on in the next line.
_BREAKS = "-_/.:,"


def display_width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(_sign_width(sign) for sign in text)


def padded(text: str, width: int, right: bool) -> str:
    """A text filled with spaces up to a width, on its left where it stands right."""
    filling = " " * (width - display_width(text))
    return filling + text if right else text + filling


def folded(text: str, width: int) -> list[str]:
    """The lines of a text none of which takes more than a width, broken after signs if it can."""
    lines = []
    while display_width(text) > width and len(text) > 1:
        end = _fitting(text, width)
        after = max(text.rfind(sign, 0, end) + 1 for sign in _BREAKS)
        blank = text.rfind(" ", 0, end + 1) + 1
        end = blank or (after if after > end // 2 else end)
        lines.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*lines, text]


def _fitting(text: str, width: int) -> int:
    """How many signs of a text take no more than a width; at least one."""
    taken = 0
    for number, sign in enumerate(text):
        taken += _sign_width(sign)
        if taken > width:
            return max(1, number)
    return len(text)


def aligned(numbers: list[str]) -> list[str]:
    """Numbers filled on their right so that their decimal points stand in one column."""
    tails = [len(text) - len(text.partition(".")[0]) for text in numbers]
    longest = max(tails, default=0)
    return [
        text + " " * (longest - tail) if text else text
        for text, tail in zip(numbers, tails, strict=True)
    ]


def fitted(widths: list[int], may_shrink: list[bool], room: int, narrowest: int) -> list[int]:
    """Widths that sum to no more than the room, the widest that may shrink giving way first.

    None gets narrower than ``narrowest``; where that is not enough, the rest overflows.
    """
    result = list(widths)
    while sum(result) > room:
        wide = [i for i, w in enumerate(result) if may_shrink[i] and w > narrowest]
        if not wide:
            break
        result[max(wide, key=lambda i: result[i])] -= 1
    return result


def _sign_width(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1
