"""Numbers are read as they are written, by whichever branch of the SQL is the cheapest."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.exports.normal import sql_values

WIDE = Context(prec=100)


def read(sql: str, *texts: str) -> list[object]:
    rows = connect().execute(f"SELECT {sql} FROM (SELECT unnest(?) AS c)", [list(texts)])
    return [value for (value,) in rows.fetchall()]


def quantity(cell: str) -> str:
    number = sql_values.whole_number(cell)
    return sql_values.quantity_of(cell, number, sql_values.written(number))


# DuckDB takes all of these; 10e2 is as long as 1000, 0xFFFFF as 1048575
NO_COUNTS = ["10e2", "1.5e4", "+1e3", " 1e3", ".5e4", "1_0e3", "0xFFFFF", "9.5", "1_000"]
NO_COUNTS += ["-.0", "+.0", ".0", "+5.0", " 5", "5 ", "+5", "1e2", "1e2.0", "true", "1,000"]


@pytest.mark.parametrize("text", NO_COUNTS)
def test_what_only_resembles_a_count_is_none(text: str) -> None:
    assert read(sql_values.count("c"), text) == [None]


COUNTS = {"0": 0, "100": 100, "0.0": 0, "100.0": 100, "31422.": 31422, "007": 7, "-5": -5}
COUNTS |= {"-5.0": -5, "20000000": 20_000_000, "20000000.0": 20_000_000}


@pytest.mark.parametrize(
    ("text", "count"),
    [*COUNTS.items(), ("9223372036854775807", 2**63 - 1), ("9223372036854775808", None)],
)
def test_counts(text: str, count: int | None) -> None:
    assert read(sql_values.count("c"), text) == [count]


DIGITS = st.text("0123456789", min_size=0, max_size=21)
TAILS = st.sampled_from(["", ".", ".0", "e2", "E-3", "e", "_0", " ", ".5e4", "x1"])
TEXTS = st.one_of(
    st.builds("{}{}".format, DIGITS, TAILS),
    st.builds("{}.{}".format, DIGITS, DIGITS),
    st.text("0123456789.eE-+_ x,", max_size=9),
)


@given(st.lists(TEXTS.filter(bool), min_size=1, max_size=30))
def test_numbers_are_what_python_reads(texts: list[str]) -> None:
    found = zip(texts, read(f"({sql_values.count('c')}, {quantity('c')})", *texts), strict=True)
    for text, (count, size) in found:
        whole = re.fullmatch(r"(-?[0-9]+)(\.0*)?", text)
        fits = whole is not None and -(2**63) <= int(whole[1]) < 2**63
        assert count == (int(whole[1]) if whole and fits else None), text
        plain = re.fullmatch(r"-?[0-9]{0,19}(\.[0-9]{0,9}0*)?", text) and re.search("[0-9]", text)
        if plain:
            assert size == Decimal(text), text
        elif not re.search("[eE]", text):
            assert size is None, text


@given(
    st.decimals(-(10**9), 10**9, places=9, allow_nan=False).filter(lambda n: abs(n) < 10**9),
    st.sampled_from([1, 10, 1_000, 1_000_000, 100_000_000]),
)
def test_a_short_quantity_in_units_is_rounded_to_the_nearest(number: Decimal, unit: int) -> None:
    sql = sql_values.rounded_short("c::DECIMAL(18,9)", str(unit))
    exact = WIDE.multiply(number, Decimal(unit))
    (rounded,) = read(f"({sql})::DECIMAL(38,8) * {unit}", f"{number:f}")
    assert rounded == exact.quantize(Decimal(1), ROUND_HALF_UP, WIDE)


def test_other_units_cannot_be_rounded_by_places() -> None:
    assert read(sql_values.rounded_short("c::DECIMAL(18,9)", "24"), "0.1") == [None]


SIGNS = {"20,122,880": "20122880", "1,234.50": "1234.50", "-1,234": "-1234", "$0.01": "0.01"}
SIGNS |= {" $1,234.50 ": "1234.50", "(5.00)": "-5.00", "-$3": "-3", "12": "12"}
SIGNS |= {text: text for text in ("1,23", "12,34,567", "1_000", "")}


@pytest.mark.parametrize(("text", "number"), SIGNS.items())
def test_signs_around_numbers(text: str, number: str) -> None:
    assert read(sql_values.grouped("c"), text) == [number]
