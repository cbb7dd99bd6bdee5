"""Texts in columns of a terminal, where a sign may be two columns wide, or none."""

from __future__ import annotations

import unicodedata

ELLIPSIS = "…"


def display_width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(_sign_width(sign) for sign in text)


def padded(text: str, width: int, right: bool) -> str:
    """A text filled with spaces up to a width, on its left where it stands right."""
    filling = " " * (width - display_width(text))
    return filling + text if right else text + filling


def shortened(text: str, width: int) -> str:
    """A text that takes no more than a width, with an ellipsis where it was cut."""
    if display_width(text) <= width:
        return text
    kept, taken = "", display_width(ELLIPSIS)
    for sign in text:
        taken += _sign_width(sign)
        if taken > width:
            break
        kept += sign
    return kept + ELLIPSIS


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
