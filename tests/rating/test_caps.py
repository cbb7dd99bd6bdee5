"""Caps of some meters, and discounts of what is taken back."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from tests.rating.plans import per_unit, plan, rate
from tests.rating.runs import amount, by_day, run, sums, used
from tokenbooks.rating.charges import Charges
from tokenbooks.rating.terms import Cap, Discount, Terms

USED = {"2025-02-01": {"tokens": 100, "images": 60}}


def charged(terms: Terms, usage: dict[str, dict[str, int]] = USED) -> Charges:
    """Tokens and images at 1 each."""
    prices = plan(rate([per_unit("tokens", "1"), per_unit("images", "1")]), terms=terms)
    return run(prices, [used(day, quantities) for day, quantities in usage.items()])


def cap(most: int, *meters: str) -> Cap:
    return Cap(Decimal(most), of=meters or ("*",))


@pytest.mark.parametrize(
    ("caps", "total"),
    [
        # 100 to 50 and 60 to 50: what one cap takes off is not taken off other meters
        ((cap(50, "tokens"), cap(50, "images")), 100),
        # 100 to 50; then 50 + 60 to 90
        ((cap(50, "tokens"), cap(90, "tokens", "images")), 90),
        ((cap(50, "tok*"), cap(90)), 90),
        # 160 to 80, of which 50 are of tokens and 30 of images: images are within theirs
        ((cap(80), cap(40, "images")), 80),
        # the same; then the 50 of tokens to 40
        ((cap(80), cap(40, "tokens")), 70),
        ((cap(70, "images"),), 160),
    ],
)
def test_several_caps(caps: tuple[Cap, ...], total: int) -> None:
    assert amount(charged(Terms(caps=caps))) == total


def test_caps_follow_discounts() -> None:
    """10% off 160; then the 90 of tokens to 50, and the 54 of images stay."""
    found = charged(Terms(discounts=(Discount(Decimal(10)),), caps=(cap(50, "tokens"),)))
    assert (sums(found), amount(found)) == ({"discount": -16, "cap": -40}, 104)


def test_what_is_taken_back_in_a_later_month_is_taken_back_at_the_discount() -> None:
    """100 less 10%; then 50 back, less 10% of it."""
    terms = Terms(discounts=(Discount(Decimal(10)),))
    found = charged(terms, {"2025-02-01": {"tokens": 100}, "2025-03-01": {"tokens": -50}})
    assert by_day(found) == {"02-01": Fraction(90), "03-01": Fraction(-45)}
