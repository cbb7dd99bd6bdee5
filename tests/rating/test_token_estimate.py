"""The rule of thumb: what kind a text is, and the band of its tokens."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.amounts import exact_text
from tokenbooks.rating.token_estimate import (
    CODE,
    EAST_ASIAN,
    ENGLISH,
    KINDS,
    MARKUP,
    NUMBERS,
    OTHER_SCRIPT,
    PROSE,
    UNBROKEN,
    Band,
    EstimateLine,
    Kind,
    kind_of,
    tokens_of,
)

ENGLISH_TEXT = "The bill of a month is made of many small prices, and each of them is exact."


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (ENGLISH_TEXT, ENGLISH),
        ("Die Rechnung eines Monats besteht aus vielen kleinen Preisen.", PROSE),
        ("Rachunek za miesiąc składa się z wielu małych cen.", PROSE),
        ("", PROSE),
        ("def total(prices):\n    return sum(price.amount for price in prices)\n", CODE),
        ("for (int i = 0; i < n; i++) { total += prices[i]; }", CODE),
        ('{"model": "gpt-5", "meter": "input"}', MARKUP),
        ("  <p>The bill of a month</p>", MARKUP),
        ("2025-11-01,1200,300\n2025-11-02,1100,280\n", NUMBERS),
        ("[1200, 300, 1100, 280]", NUMBERS),
        ("c2stbm90LWEta2V5LWJ1dC1hbi1leGFtcGxlLW9mLW9uZQ", UNBROKEN),
        ("月结时，每一行用量都有价格。", EAST_ASIAN),
        ("ひと月の使用量にはすべて価格があります。", EAST_ASIAN),
        ("한 달의 모든 사용량에는 가격이 있습니다.", EAST_ASIAN),
        ("У каждой строки использования есть цена.", OTHER_SCRIPT),
        ("कीमत हर पंक्ति की होती है।", OTHER_SCRIPT),
    ],
)
def test_the_kind_is_what_the_signs_speak_for(text: str, kind: Kind) -> None:
    assert kind_of(text) is kind


#: By how many percent bytes / 4 missed the count with o200k_base, for one text of each kind.
MEASURED = [
    (ENGLISH, 21),
    (ENGLISH, 34),
    (PROSE, 27),
    (CODE, -3),
    (MARKUP, -19),
    (NUMBERS, -57),
    (EAST_ASIAN, -1),
]


@pytest.mark.parametrize(("kind", "error"), MEASURED)
def test_the_band_has_the_counts_that_were_measured(kind: Kind, error: int) -> None:
    real = Fraction(100, 100 + error)
    assert kind.low <= real
    # other vocabularies need up to 40 % more
    assert real * Fraction("1.4") <= kind.high


@pytest.mark.parametrize(
    ("length", "kind", "band"),
    [
        # 400 / 4 = 100; x 0.7 = 70; x 1.4 = 140
        (400, ENGLISH, Band(70, 100, 140)),
        # 402 / 4 = 100.5; x 0.7 = 70.35; x 1.4 = 140.7
        (402, ENGLISH, Band(70, 101, 141)),
        # 13 / 4 = 3.25; x 0.6 = 1.95; x 2.2 = 7.15
        (13, CODE, Band(1, 3, 8)),
        # 10 / 4 = 2.5; x 0.9 = 2.25; no more than one a byte
        (10, NUMBERS, Band(2, 3, 10)),
        (0, PROSE, Band(0, 0, 0)),
    ],
)
def test_bounds_are_rounded_outward(length: int, kind: Kind, band: Band) -> None:
    assert tokens_of("x" * length, kind) == band


def test_bytes_count_and_not_signs() -> None:
    # 4 signs of 3 bytes: 12 / 4 = 3; x 0.8 = 2.4; x 2.8 = 8.4
    assert tokens_of("月结用量", EAST_ASIAN) == Band(2, 3, 9)


@given(st.text())
def test_the_middle_lies_between_the_bounds_and_no_token_is_shorter_than_a_byte(text: str) -> None:
    low, middle, high = tokens_of(text, kind_of(text))
    assert 0 <= low <= middle <= high <= len(text.encode("utf-8"))


def test_bands_add_up() -> None:
    assert Band(1, 2, 3) + Band.exactly(10) == Band(11, 12, 13)


def test_a_cost_is_exact() -> None:
    # 70, 100 and 140 tokens at 1.20 for a million
    line = EstimateLine("input", Band(70, 100, 140), Fraction("1.20") / 10**6, "")
    assert line.costs == (Fraction("0.000084"), Fraction("0.00012"), Fraction("0.000168"))


def test_the_document_has_the_band_of_every_kind() -> None:
    text = (Path(__file__).resolve().parent.parent.parent / "docs/commands.md").read_text("utf-8")
    for kind in KINDS:
        row = f"| {kind.name} | {exact_text(kind.low)} to {exact_text(kind.high)} |"
        assert row in text
