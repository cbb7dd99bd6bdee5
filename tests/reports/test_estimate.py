"""The table of an estimate: a line for each count, then the total, with exact costs."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from tokenbooks.rating.token_estimate import Band, EstimateLine
from tokenbooks.reports.estimate import estimate_table


def test_the_total_sums_tokens_and_costs() -> None:
    lines = [
        EstimateLine("input", Band(2, 3, 6), Fraction("0.000001"), "bytes / 4, English"),
        EstimateLine("output", Band.exactly(10), Fraction("0.00001"), "as given"),
    ]
    table = estimate_table(lines, ["The prices are those of today."], "Estimate", "USD")
    assert [tuple(map(_text, row)) for row in table.rows] == [
        ("input", "2", "3", "6", "0.000002", "0.000003", "0.000006", "bytes / 4, English"),
        ("output", "10", "10", "10", "0.0001", "0.0001", "0.0001", "as given"),
        ("total", "12", "13", "16", "0.000102", "0.000103", "0.000106", "None"),
    ]
    assert table.notes == ("An estimate, never posted.", "The prices are those of today.")


def test_a_cost_without_a_finite_decimal_has_twelve_places() -> None:
    # 1 token at 1 per 3
    line = EstimateLine("input", Band.exactly(1), Fraction(1, 3), "o200k_base")
    assert estimate_table([line], [], "", "USD").rows[0][4] == Decimal("0.333333333333")


def _text(cell: object) -> str:
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)
