"""Charge models: the arithmetic at, below and above every bound."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.rating.plans import converted, package, per_unit, priced, step, tiered, unit
from tokenbooks.rating.models import AboveLastStepError, amount_to, explain
from tokenbooks.rating.plan import Conversion, Credit, MeterPrice, Step, UnitPrice

SECONDS = per_unit("seconds", "0.006", "60")
#: First 1M at 60, the next 4M at 50, beyond at 40, all per 1M.
_BANDS = (("1000000", "60", "0"), ("5000000", "50", "0"), (None, "40", "0"))
GRADUATED = tiered("graduated", *_BANDS, per="1000000")
VOLUME = tiered("volume", *_BANDS, per="1000000")
#: A flat amount for each band: 2 for the first ten units, 3 for each further band.
_FLATS = (("10", "10", "2"), ("20", "5", "3"), (None, "5", "3"))
FLATS = tiered("graduated", *_FLATS)
FLATS_ON_ZERO = tiered("graduated", *_FLATS, flat_on_zero=True)
_VOLUME_FLATS = (("5", "0", "100"), ("10", "0", "150"), (None, "10", "0"))
VOLUME_FLATS = tiered("volume", *_VOLUME_FLATS)
VOLUME_FLATS_ON_ZERO = tiered("volume", *_VOLUME_FLATS, flat_on_zero=True)

UNIT_AND_TIERS = [
    (per_unit("tokens", "2.50", "1000000"), "1200000", "3"),  # 1.2 x 2.50
    (per_unit("tokens", "2.50", "1000000"), "0", "0"),
    (SECONDS, "18", "0.0018"),  # 18 x 0.006 / 60
    (SECONDS, "0.5", "0.00005"),  # 0.5 x 0.0001
    (GRADUATED, "0", "0"),
    (GRADUATED, "999999", "59.99994"),
    (GRADUATED, "1000000", "60"),  # the bound belongs to the lower band
    (GRADUATED, "1000000.5", "60.000025"),  # half a token at 50 per 1M
    (GRADUATED, "1000001", "60.00005"),  # one token at 50 per 1M
    (GRADUATED, "4999999", "259.99995"),
    (GRADUATED, "5000000", "260"),  # 60 + 4 x 50
    (GRADUATED, "5000001", "260.00004"),  # one token at 40 per 1M
    (GRADUATED, "7000000", "340"),  # 60 + 200 + 2 x 40
    (VOLUME, "0", "0"),
    (VOLUME, "999999", "59.99994"),
    (VOLUME, "1000000", "60"),
    (VOLUME, "1000001", "50.00005"),  # all of it at 50
    (VOLUME, "5000000", "250"),
    (VOLUME, "5000001", "200.00004"),  # all of it at 40
    (VOLUME, "7000000", "280"),
]

FLAT_AMOUNTS = [
    (FLATS, "0", "0"),  # none is due before any usage
    (FLATS, "0.5", "7"),  # 2 + 0.5 x 10
    (FLATS, "1", "12"),  # 2 + 10
    (FLATS, "10", "102"),  # 2 + 10 x 10
    (FLATS, "10.5", "107.5"),  # 102 + 3 + 0.5 x 5: any fraction reaches the band
    (FLATS, "11", "110"),  # 102 + 3 + 5
    (FLATS, "20", "155"),  # 102 + 3 + 50
    (FLATS, "21", "163"),  # 155 + 3 + 5
    (FLATS_ON_ZERO, "0", "2"),
    (FLATS_ON_ZERO, "1", "12"),
    (FLATS_ON_ZERO, "21", "163"),
    (VOLUME_FLATS, "0", "0"),
    (VOLUME_FLATS, "1", "100"),
    (VOLUME_FLATS, "5", "100"),
    (VOLUME_FLATS, "6", "150"),  # only the flat of the band that is reached
    (VOLUME_FLATS, "10", "150"),
    (VOLUME_FLATS, "11", "110"),  # 11 x 10, and no flat
    (VOLUME_FLATS_ON_ZERO, "0", "100"),
    (VOLUME_FLATS_ON_ZERO, "15", "150"),  # 15 x 10
]

STARTED = package("10", "5")
STARTED_AFTER_FREE = package("10", "5", free="10")
COMPLETED = package("10", "5", "down")
#: Up to 100 in packages of 10 at 2, beyond in packages of 50 at 5.
PACKAGE_BANDS = (step("100", "2", per="10", packages="up"), step(None, "5", "1", "50", "up"))
GRADUATED_PACKAGES = priced("graduated", *PACKAGE_BANDS)
VOLUME_PACKAGES = priced("volume", *PACKAGE_BANDS)
COMPLETED_BANDS = priced(
    "graduated", step("100", "2", per="10", packages="down"), step(None, "0.2")
)

PACKAGES = [
    (STARTED, "0", "0"),
    (STARTED, "0.1", "5"),
    (STARTED, "10", "5"),
    (STARTED, "10.1", "10"),
    (STARTED, "121", "65"),  # 13 started
    (STARTED_AFTER_FREE, "10", "0"),
    (STARTED_AFTER_FREE, "11", "5"),
    (STARTED_AFTER_FREE, "20", "5"),
    (STARTED_AFTER_FREE, "21", "10"),
    (STARTED_AFTER_FREE, "121", "60"),  # 111 in packages of 10: 12 (Lago, PEERS b2)
    (COMPLETED, "9.9", "0"),
    (COMPLETED, "10", "5"),
    (COMPLETED, "19", "5"),
    (COMPLETED, "20", "10"),
    (package("10", "5", "down", free="5"), "14", "0"),  # 9 are left
    (package("10", "5", "down", free="5"), "15", "5"),
    (GRADUATED_PACKAGES, "95", "20"),  # 10 started x 2
    (GRADUATED_PACKAGES, "100", "20"),
    (GRADUATED_PACKAGES, "101", "26"),  # 20 + 5 + 1 flat
    (GRADUATED_PACKAGES, "150", "26"),
    (GRADUATED_PACKAGES, "151", "31"),  # 20 + 2 x 5 + 1
    (VOLUME_PACKAGES, "100", "20"),
    (VOLUME_PACKAGES, "101", "16"),  # 3 started x 5 + 1
    (VOLUME_PACKAGES, "150", "16"),
    (VOLUME_PACKAGES, "151", "21"),  # 4 x 5 + 1
    (COMPLETED_BANDS, "99", "18"),  # 9 completed x 2
    (COMPLETED_BANDS, "103", "20.6"),  # 10 x 2 + 3 x 0.2
]

THOUSANDS_UP = converted("1000", "up", "5")
#: Thousands of tokens, started ones: the first two at 10, then 4.
CONVERTED_TIERS = priced(
    "graduated", step("2", "10"), step(None, "4"), conversion=Conversion(Decimal(1000), "up")
)
CREDITS = priced(
    "per_unit", Step(None, UnitPrice(Decimal(4), Decimal(1000), Credit("credit", Decimal("0.01"))))
)

CONVERSIONS = [
    (THOUSANDS_UP, "0", "0"),
    (THOUSANDS_UP, "1", "5"),
    (THOUSANDS_UP, "1000", "5"),
    (THOUSANDS_UP, "1001", "10"),
    (THOUSANDS_UP, "2700", "15"),  # 1400 and 1300: three together, not two and two
    (converted("1000", "down", "5"), "999", "0"),
    (converted("1000", "down", "5"), "1000", "5"),
    (converted("1000", "down", "5"), "1999", "5"),
    (converted("1000", "half_up", "5"), "499", "0"),
    (converted("1000", "half_up", "5"), "500", "5"),
    (converted("1000", "half_up", "5"), "1499", "5"),
    (converted("1000", "half_up", "5"), "1500", "10"),
    (converted("1000", "", "5"), "1400", "7"),  # 1.4 x 5
    (converted("1000", "up", "5", free="0.5"), "1400", "7.5"),  # 2 less 0.5 (OpenMeter)
    (converted("1000", "down", "5", free="1"), "1999", "0"),
    (converted("1000", "down", "5", free="1"), "2000", "5"),
    (converted("1000", "half_up", "5", free="1"), "1500", "5"),  # 2 less 1
    (CONVERTED_TIERS, "2000", "20"),
    (CONVERTED_TIERS, "2001", "24"),  # 20 + the third thousand at 4
    (CREDITS, "2500", "0.1"),  # 10 credits at 0.01
]

GRADUATED_PERCENT = priced("graduated", step("10000", "1", per="100"), step(None, "0.5", per="100"))

PERCENTAGES = [
    (per_unit("amount", "2.5", "100"), "80", "2"),
    (GRADUATED_PERCENT, "10000", "100"),
    (GRADUATED_PERCENT, "10001", "100.005"),  # one more at 0.5%
    (GRADUATED_PERCENT, "30000", "200"),  # 100 + 20000 x 0.5%
    # a free part before a plain price is a first band at 0
    (tiered("graduated", ("250", "0", "0"), (None, "2.5", "0"), per="100"), "250", "0"),
    (tiered("graduated", ("250", "0", "0"), (None, "2.5", "0"), per="100"), "290", "1"),
]

ALL = [*UNIT_AND_TIERS, *FLAT_AMOUNTS, *PACKAGES, *CONVERSIONS, *PERCENTAGES]


def text(case: object) -> str:
    return str(case)


@pytest.mark.parametrize(("price", "quantity", "amount"), ALL, ids=text)
def test_amount_of_a_total(price: MeterPrice, quantity: str, amount: str) -> None:
    assert amount_to(price, Fraction(quantity)) == Fraction(amount)


@pytest.mark.parametrize("price", [FLATS_ON_ZERO, VOLUME_FLATS_ON_ZERO])
def test_nothing_counted_yet_is_not_a_count_of_zero(price: MeterPrice) -> None:
    assert amount_to(price, None) == 0
    assert amount_to(price, Fraction(0)) > 0


@pytest.mark.parametrize(
    ("price", "quantity", "amount"), [case for case in ALL if case[1] != "0"], ids=text
)
def test_a_total_below_zero_is_a_mirror_image(
    price: MeterPrice, quantity: str, amount: str
) -> None:
    assert amount_to(price, -Fraction(quantity)) == -Fraction(amount)


@pytest.mark.parametrize("model", ["graduated", "volume"])
def test_usage_above_a_closed_last_step_is_refused(model: str) -> None:
    closed = tiered(model, ("10", "1", "0"))
    assert amount_to(closed, Fraction(10)) == 10
    with pytest.raises(AboveLastStepError):
        amount_to(closed, Fraction("10.01"))


@pytest.mark.parametrize(
    ("price", "quantity", "lines"),
    [
        (
            GRADUATED,
            "7000000",
            [
                "1000000 x 60 per 1M = 60",
                "4000000 x 50 per 1M = 200",
                "2000000 x 40 per 1M = 80",
            ],
        ),
        (VOLUME, "7000000", ["7000000 x 40 per 1M = 280"]),
        (FLATS, "11", ["10 x 10 + 2 flat = 102", "1 x 5 + 3 flat = 8"]),
        (FLATS_ON_ZERO, "0", ["0 x 10 + 2 flat = 2"]),
        (VOLUME_FLATS, "6", ["6 x 0 + 150 flat = 150"]),
        (STARTED_AFTER_FREE, "121", ["10 free", "111 / 10 = 12 started x 5 = 60"]),
        (COMPLETED, "19", ["19 / 10 = 1 completed x 5 = 5"]),
        (
            converted("1000", "up", "5", free="0.5"),
            "1400",
            ["1400 / 1000, up = 2", "0.5 free", "1.5 x 5 = 7.5"],
        ),
        (converted("1000", "", "5"), "1400", ["1400 / 1000 = 1.4", "1.4 x 5 = 7"]),
        (CREDITS, "2500", ["2500 x 4 credits per 1k = 0.1"]),
        # what is taken back reads like what was used
        (STARTED_AFTER_FREE, "-21", ["-10 free", "-11 / 10 = -2 started x 5 = -10"]),
        (THOUSANDS_UP, "-1400", ["-1400 / 1000, up = -2", "-2 x 5 = -10"]),
        (GRADUATED, "-2000000", ["-1000000 x 60 per 1M = -60", "-1000000 x 50 per 1M = -50"]),
    ],
    ids=text,
)
def test_the_arithmetic_line_by_line(price: MeterPrice, quantity: str, lines: list[str]) -> None:
    assert explain(price, Fraction(quantity)) == lines


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("price", "quantity"), [case[:2] for case in ALL], ids=text)
def test_the_lines_add_up_to_the_amount(price: MeterPrice, quantity: str, sign: int) -> None:
    total = sign * Fraction(quantity)
    lines = [line for line in explain(price, total) if " x " in line]
    assert sum(Fraction(line.rpartition(" = ")[2]) for line in lines) == amount_to(price, total)


_LINE = re.compile(r"(?P<units>[-\d.]+) x (?P<price>[\d.]+) per 1M = (?P<amount>[-\d.]+)")


@pytest.mark.parametrize("quantity", ["1", "999999", "1000001", "12345678"])
def test_each_line_is_true(quantity: str) -> None:
    for line in explain(GRADUATED, Fraction(quantity)):
        found = _LINE.fullmatch(line)
        assert found is not None, line
        product = Fraction(found["units"]) * Fraction(found["price"]) / 10**6
        assert product == Fraction(found["amount"])


@pytest.mark.parametrize(
    ("price", "text"),
    [
        (unit("2.50", "1000000"), "2.5 per 1M"),
        (unit("0.04"), "0.04"),
        (UnitPrice(Decimal(1), credit=Credit("credit", Decimal("0.01"))), "1 credit"),
        (CREDITS, "4 credits per 1k"),
        (STARTED_AFTER_FREE, "5 per started 10, 10 free"),
        (COMPLETED, "5 per completed 10"),
        (THOUSANDS_UP, "5, in units of 1k rounded up"),
        (GRADUATED, "graduated: 60 per 1M up to 1M; 50 per 1M up to 5M; then 40 per 1M"),
    ],
)
def test_prices_in_words(price: UnitPrice | MeterPrice, text: str) -> None:
    assert str(price) == text
