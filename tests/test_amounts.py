"""Amounts and days as files write them, and the places of currencies."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tokenbooks.amounts import currency_places, parse_number, parse_quantity
from tokenbooks.periods import Period, parse_day, parse_moment
from tokenbooks.sources.formats import parse_months

#: ISO 4217: the currencies that do not have two decimal places.
PLACES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
    2: "USD EUR CHF UYU MGA HUF XYZ",
}


@pytest.mark.parametrize(("places", "currencies"), PLACES.items())
def test_the_places_of_currencies(places: int, currencies: str) -> None:
    assert {name: currency_places(name) for name in currencies.split()} == dict.fromkeys(
        currencies.split(), places
    )


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_number, "12"),
        (parse_number, "1.5e3"),
        (parse_quantity, "12"),
        (parse_quantity, "1.5k"),
        (parse_day, "2025-11-30"),
        (Period.parse, "2025-11"),
        (parse_moment, "2025-11-30T10:00:00Z"),
        (parse_months, "12 months"),
    ],
)
def test_digits_of_other_scripts_are_no_digits(parse: Callable[[str], object], text: str) -> None:
    parse(text)
    for zero in "٠۰०０":
        for digit in set(text) & set("0123456789"):
            with pytest.raises(ValueError, match=r".+"):
                parse(text.replace(digit, chr(ord(zero) + int(digit)), 1))
