"""Blocks and variants as spans: what the package would take, and where it would only guess."""

from __future__ import annotations

import pytest

from tests.sources.catalogs.shapes import block, daily, model, prices, since, variant
from tokenbooks.sources.catalogs.timeline import OddTimeError, Track, tracks_of

ONE, TWO, FIVE = prices(input_mtok="1"), prices(input_mtok="2"), prices(input_mtok="5")
BATCH = {"processing": "batch"}


def told(track: Track) -> str:
    """A track in one line: its hours, and each span with the price of input."""
    hours = ", ".join(map(str, track.hours))
    spans = "; ".join(
        f"{s.starts or '...'} to {s.until or '...'}: {s.prices['input_mtok']}" for s in track.spans
    )
    return f"[{hours}] {spans}" if hours else spans


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([block(ONE)], ["... to ...: 1"]),
        (
            [block(ONE), block(TWO, since("2026-08-21"))],
            ["... to 2026-08-21: 1; 2026-08-21 to ...: 2"],
        ),
        # one price under two dates is one span
        ([block(ONE), block(ONE, since("2026-01-01"))], ["... to ...: 1"]),
        # the last active block rules, whatever its date: the one of May is listed after August
        (
            [block(ONE), block(TWO, since("2026-08-01")), block(FIVE, since("2026-05-01"))],
            ["... to 2026-05-01: 1; 2026-05-01 to ...: 5"],
        ),
        # the package would price earlier usage by the first block; here it has no price
        ([block(ONE, since("2026-01-01"))], ["2026-01-01 to ...: 1"]),
    ],
)
def test_dates(blocks: list, expected: list[str]) -> None:
    assert [told(track) for track in tracks_of(model(*blocks))] == expected


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        (
            [block(ONE), block(TWO, daily("00:30", "16:30"))],
            ["... to ...: 1", "[daily 00:30-16:30 UTC] ... to ...: 2"],
        ),
        # two windows of one price are one rate
        (
            [block(ONE), block(TWO, daily("01:00", "04:00")), block(TWO, daily("06:00", "10:00"))],
            ["... to ...: 1", "[daily 01:00-04:00 UTC, daily 06:00-10:00 UTC] ... to ...: 2"],
        ),
        # the window is listed last, so it rules before the date as well
        (
            [block(ONE), block(TWO, since("2026-08-17")), block(FIVE, daily("01:00", "04:00"))],
            [
                "... to 2026-08-17: 1; 2026-08-17 to ...: 2",
                "[daily 01:00-04:00 UTC] ... to ...: 5",
            ],
        ),
        # the date is listed last, so that there are no hours after it
        (
            [block(ONE), block(FIVE, daily("01:00", "04:00")), block(TWO, since("2026-08-17"))],
            [
                "... to 2026-08-17: 1; 2026-08-17 to ...: 2",
                "[daily 01:00-04:00 UTC] ... to 2026-08-17: 5",
            ],
        ),
        # over midnight
        (
            [block(ONE), block(TWO, daily("22:00", "02:00"))],
            ["... to ...: 1", "[daily 22:00-02:00 UTC] ... to ...: 2"],
        ),
        # in another zone: 08:00 at +08:00 is midnight
        (
            [block(ONE), block(TWO, daily("08:00+08:00", "12:00+08:00"))],
            ["... to ...: 1", "[daily 00:00-04:00 UTC] ... to ...: 2"],
        ),
        # the package takes an interval that ends where it begins as none
        ([block(ONE), block(TWO, daily("08:00", "08:00"))], ["... to ...: 1"]),
    ],
)
def test_hours(blocks: list, expected: list[str]) -> None:
    assert [told(track) for track in tracks_of(model(*blocks))] == expected


def test_hours_within_a_minute_are_refused() -> None:
    with pytest.raises(OddTimeError):
        tracks_of(model(block(ONE), block(TWO, daily("08:00:30", "09:00"))))


@pytest.mark.parametrize(
    ("variants", "expected"),
    [
        # the package would price earlier batch usage as standard, 2; here it has no price
        ([variant(BATCH, ONE, since("2026-10-14"))], "2026-10-14 to ...: 1"),
        ([variant(BATCH, ONE)], "... to ...: 1"),
        # of variants for one context the first active one rules
        (
            [variant(BATCH, FIVE, since("2027-01-01")), variant(BATCH, ONE, since("2026-10-14"))],
            "2026-10-14 to 2027-01-01: 1; 2027-01-01 to ...: 5",
        ),
        # what the variant does not state is taken from the block of that time
        (
            [variant(BATCH, prices(output_mtok="3"), since("2026-10-14"))],
            "2026-10-14 to 2026-11-01: 2; 2026-11-01 to ...: 9",
        ),
    ],
)
def test_variants(variants: list, expected: str) -> None:
    info = model(
        block(TWO), block(prices(input_mtok="9"), since("2026-11-01")), variants=tuple(variants)
    )
    _, batch = tracks_of(info)
    assert batch.context == (("processing", "batch"),)
    assert told(batch) == expected


def test_borrowed_prices_are_told() -> None:
    info = model(
        block(prices(input_mtok="2", web_searches_kcount="10")), variants=(variant(BATCH, ONE),)
    )
    _, batch = tracks_of(info)
    assert batch.spans[0].borrowed == {"web_searches_kcount"}


def test_a_context_has_the_hours_of_the_standard_price() -> None:
    """Else a rate for batch and one for the hours would be of equal rank."""
    info = model(block(TWO), block(FIVE, daily("01:00", "04:00")), variants=(variant(BATCH, ONE),))
    assert [(track.context, told(track)) for track in tracks_of(info)] == [
        ((), "... to ...: 2"),
        ((), "[daily 01:00-04:00 UTC] ... to ...: 5"),
        ((("processing", "batch"),), "... to ...: 1"),
        ((("processing", "batch"),), "[daily 01:00-04:00 UTC] ... to ...: 1"),
    ]
