"""Plan-wide terms: discounts, caps, commitments, minimums, rounding, and their order.

A token costs 1, so that quantities read as amounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.rating.plans import per_unit, plan, rate, tiered
from tests.rating.runs import OTHERWISE, Used, amount, by_allocation, run, sums, terms, used
from tokenbooks.rating.charges import Charges
from tokenbooks.rating.plan import Plan
from tokenbooks.rating.terms import Cap, Commitment, Discount, Fee, Minimum, Terms

TOKENS = rate([per_unit("tokens", "1")])
TWO_METERS = rate([per_unit("input_tokens", "1"), per_unit("output_tokens", "1")])


def under(terms: Terms, *rates: object) -> Plan:
    return plan(*(rates or (TOKENS,)), terms=terms)


def days(*usage: tuple[str, str]) -> list[Used]:
    return [used(f"2025-{day}", quantity) for day, quantity in usage]


def changes(charges: Charges, kind: str) -> dict[str, Fraction]:
    """What a term adds by month and day."""
    return terms(charges).get(kind, {})


def exactly(**amounts: str) -> dict[str, Fraction]:
    return {day.strip("_").replace("_", "-"): Fraction(a) for day, a in amounts.items()}


# -- discounts ----------------------------------------------------------------------------


def discount(
    percent: str, over: str = "0", applies: str = "above", every: str = "month"
) -> Discount:
    return Discount(Decimal(percent), Decimal(over), every, applies)


@pytest.mark.parametrize(
    ("item", "usage", "found"),
    [
        (discount("10"), [("11-03", "60"), ("11-04", "60")], {"11-03": "-6", "11-04": "-6"}),
        # above 100 of 120
        (discount("10", "100"), [("11-03", "60"), ("11-04", "60")], {"11-04": "-2"}),
        (discount("10", "100"), [("11-03", "100")], {}),
        (discount("10", "100"), [("11-03", "100.01")], {"11-03": "-0.001"}),
        # all, once it is over 100
        (discount("10", "100", "all"), [("11-03", "60"), ("11-04", "60")], {"11-04": "-12"}),
        (discount("10", "100", "all"), [("11-03", "100")], {}),
        (discount("10", "100", "all"), [("11-03", "100.01")], {"11-03": "-10.001"}),
        # each month by itself, or a quarter together
        (discount("10", "100"), [("11-03", "90"), ("12-03", "90")], {}),
        (
            discount("10", "100", every="quarter"),
            [("11-03", "90"), ("12-03", "90")],
            {"12-03": "-8"},
        ),
    ],
)
def test_discounts(item: Discount, usage: Sequence[tuple[str, str]], found: dict) -> None:
    charges = run(under(Terms(discounts=(item,))), days(*usage))
    assert changes(charges, "discount") == {day: Fraction(a) for day, a in found.items()}


def test_a_second_discount_is_off_what_the_first_left() -> None:
    both = Terms(discounts=(discount("10", "100", "all"), discount("50")))
    charges = run(under(both), days(("11-03", "200")))
    assert amount(charges) == 90  # 200 - 20, and half of 180


def test_a_tiered_price_is_discounted_like_any_other() -> None:
    tiers = rate([tiered("graduated", ("100", "1", "0"), (None, "0.5", "0"))])
    charges = run(under(Terms(discounts=(discount("10"),)), tiers), days(("11-03", "300")))
    assert amount(charges) == 180  # 100 + 100, less 20


# -- caps ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "whole"),
    [
        (("*",), 50),  # 120 in all
        (("input_tokens",), 90),  # 80 is capped to 50; 40 stays
        (("output_tokens",), 120),
        (("*put_tokens",), 50),
        (("input_tokens", "output_tokens"), 50),
        (("images",), 120),
    ],
)
def test_a_cap_of_meters(of: tuple[str, ...], whole: int) -> None:
    capped = under(Terms(caps=(Cap(Decimal(50), of=of),)), TWO_METERS)
    usage = [
        used("2025-11-03", {"input_tokens": 40, "output_tokens": 20}),
        used("2025-11-04", {"input_tokens": 40, "output_tokens": 20}),
    ]
    assert amount(run(capped, usage)) == whole


def test_a_cap_takes_off_what_is_above_day_by_day() -> None:
    capped = under(Terms(caps=(Cap(Decimal(50)),)))
    charges = run(capped, days(("11-03", "50"), ("11-04", "1"), ("11-05", "20"), ("12-01", "60")))
    assert changes(charges, "cap") == exactly(_11_04="-1", _11_05="-20", _12_01="-10")


def test_usage_that_is_taken_back_gives_the_cap_back() -> None:
    capped = under(Terms(caps=(Cap(Decimal(50)),)))
    charges = run(capped, days(("11-03", "80"), ("11-04", "-20"), ("11-05", "-20")))
    # 50; 60 is still above; 40
    assert changes(charges, "cap") == exactly(_11_03="-30", _11_04="20", _11_05="10")


def test_a_cap_of_meters_counts_what_a_discount_left() -> None:
    both = Terms(discounts=(discount("10"),), caps=(Cap(Decimal(50), of=("input_tokens",)),))
    usage = [used("2025-11-03", {"input_tokens": 80, "output_tokens": 40})]
    charges = run(under(both, TWO_METERS), usage)
    assert sums(charges) == {"discount": -12, "cap": -22}  # 72 of input is capped to 50
    assert amount(charges) == 86  # 50 + 36


# -- commitments: years from the 15th of March ---------------------------------------------


def committed(**more: object) -> Plan:
    terms = {"starts": date(2025, 3, 15), "overage": Decimal("1.2"), **more}
    return under(Terms(commitment=Commitment(Decimal(1000), **terms)))


@pytest.mark.parametrize(
    ("usage", "overage", "shortfall"),
    [
        # the year is over on 14 March 2026
        ([("2025-04-01", 600), ("2026-03-14", 400)], {}, {}),
        ([("2025-04-01", 600), ("2026-03-14", 500)], {"03-14": 20}, {}),  # 100 x 0.2
        ([("2025-04-01", 600), ("2026-03-15", 500)], {}, {"03-14": 400}),
        ([("2025-03-14", 600)], {}, {"03-14": 1000}),  # before it begins
        ([("2025-04-01", 1100), ("2025-04-02", 50)], {"04-01": 20, "04-02": 10}, {}),
        ([], {}, {"03-14": 1000}),
    ],
)
def test_a_committed_year(usage: list, overage: dict, shortfall: dict) -> None:
    charges = run(committed(), [used(*row) for row in usage], end=date(2026, 4, 1))
    assert changes(charges, "overage") == overage
    assert changes(charges, "shortfall") == shortfall


def test_each_year_is_owed_by_itself() -> None:
    usage = [used("2025-04-01", 300), used("2026-04-01", 900)]
    charges = run(committed(), usage, end=date(2027, 4, 1))
    owed = {str(c.span.start): c.value for c in charges.terms.values() if c.kind == "shortfall"}
    assert owed == {"2025-03-15": 700, "2026-03-15": 100}


def test_what_is_forfeited_is_not_charged() -> None:
    charges = run(committed(shortfall="forfeit"), days(("04-01", "1")), end=date(2027, 1, 1))
    assert sums(charges) == {}


@pytest.mark.parametrize("end", [date(2026, 3, 14), date(2025, 5, 1)])
def test_nothing_lacks_before_a_year_is_over(end: date) -> None:
    assert sums(run(committed(), days(("04-01", "1")), end=end)) == {}


@pytest.mark.parametrize("end", [date(2025, 9, 1), date(2025, 10, 1), date(2026, 6, 1)])
def test_a_commitment_that_ends_is_settled_on_its_last_day(end: date) -> None:
    ended = committed(until=date(2025, 9, 1))
    charges = run(ended, days(("04-01", "300")), end=end)
    assert changes(charges, "shortfall") == {"08-31": 700}


def test_a_contract_that_ends_settles_its_commitment() -> None:
    until = date(2025, 9, 1)
    charges = run(
        committed(until=date(2027, 3, 15)), days(("04-01", "300")), end=until, until=until
    )
    assert changes(charges, "shortfall") == {"08-31": 700}


# -- minimums -----------------------------------------------------------------------------

NOVEMBER, DECEMBER = date(2025, 11, 1), date(2025, 12, 1)


@pytest.mark.parametrize(
    ("usage", "end", "found"),
    [
        ([("11-03", "30")], "2025-12-01", {"11-30": 70}),
        ([("11-03", "30")], "2025-11-30", {}),  # the month is not over
        ([("11-03", "30")], "2026-01-01", {"11-30": 70, "12-31": 100}),
        ([("11-03", "100")], "2025-12-01", {}),
        ([("11-03", "130")], "2025-12-01", {}),
        ([("11-03", "130"), ("11-09", "-50")], "2025-12-01", {"11-30": 20}),
        ([], "2025-12-01", {"11-30": 100}),
    ],
)
def test_a_minimum_is_made_up_on_the_last_day(usage: list, end: str, found: dict) -> None:
    least = under(Terms(minimum=Minimum(Decimal(100))))
    charges = run(least, days(*usage), first=NOVEMBER, end=date.fromisoformat(end))
    assert changes(charges, "minimum") == found


@pytest.mark.parametrize(
    ("starts", "until", "prorate", "found"),
    [
        ("2025-11-16", None, "day", {"11-30": 30}),  # 100 x 15 / 30, less 20
        ("2025-11-16", None, "", {"11-30": 80}),
        ("2025-11-16", "2025-11-28", "day", {"11-27": 20}),  # 12 days
        ("2025-11-16", "2025-11-28", "", {"11-27": 80}),
        (None, None, "day", {"11-30": 80}),
    ],
)
def test_a_minimum_by_days(
    starts: str | None, until: str | None, prorate: str, found: dict
) -> None:
    least = under(Terms(minimum=Minimum(Decimal(100), prorate=prorate)))
    begun, ended = (date.fromisoformat(day) if day else None for day in (starts, until))
    end = ended or DECEMBER
    charges = run(
        least, days(("11-20", "20")), first=begun or NOVEMBER, end=end, starts=begun, until=ended
    )
    assert changes(charges, "minimum") == found


def test_a_minimum_of_the_whole_term_is_owed_whole() -> None:
    least = under(Terms(minimum=Minimum(Decimal(100), every="term", prorate="day")))
    charges = run(least, days(("11-20", "20")), first=NOVEMBER, end=DECEMBER, until=DECEMBER)
    assert changes(charges, "minimum") == {"11-30": 80}


# -- rounding of lines ----------------------------------------------------------------------


def test_each_line_is_rounded_and_the_difference_is_told() -> None:
    rounded = under(Terms(round_lines=2), TWO_METERS)
    usage = [
        used("2025-11-03", {"input_tokens": Decimal("1.002"), "output_tokens": Decimal("2.004")}),
        used("2025-11-04", {"input_tokens": Decimal("1.003"), "output_tokens": Decimal("2.004")}),
    ]
    charges = run(rounded, usage, first=NOVEMBER, end=DECEMBER)
    # 2.005 -> 2.01, and 4.008 -> 4.01: 6.02 against 6.013
    assert changes(charges, "rounding") == exactly(_11_30="0.007")
    assert amount(charges) == Fraction("6.02")


def test_months_are_rounded_by_themselves_once_they_are_over() -> None:
    rounded = under(Terms(round_lines=0))
    usage = days(("11-03", "1.4"), ("12-03", "1.4"))
    charges = run(rounded, usage, first=NOVEMBER, end=date(2025, 12, 31))
    assert changes(charges, "rounding") == exactly(_11_30="-0.4")
    charges = run(rounded, usage, first=NOVEMBER)
    assert changes(charges, "rounding") == exactly(_11_30="-0.4", _12_31="-0.4")


def test_the_last_month_of_a_contract_is_rounded_on_its_last_day() -> None:
    until = date(2025, 11, 21)
    rounded = under(Terms(round_lines=0))
    charges = run(rounded, days(("11-03", "1.4")), first=NOVEMBER, end=until, until=until)
    assert changes(charges, "rounding") == exactly(_11_20="-0.4")


# -- order, and who bears it ----------------------------------------------------------------

ALL_TERMS = Terms(
    discounts=(discount("10"),),
    caps=(Cap(Decimal(100)),),
    commitment=Commitment(Decimal(80), "month", overage=Decimal(2)),
    minimum=Minimum(Decimal(150)),
)


def test_the_order_of_adjustments() -> None:
    charges = run(under(ALL_TERMS), days(("11-03", "200")), first=NOVEMBER, end=DECEMBER)
    assert sums(charges) == {
        "discount": -20,  # 10% of 200
        "cap": -80,  # 180 to 100
        "overage": 20,  # 20 beyond 80, once more
        "minimum": 30,  # 150 less 120
    }
    assert [charge.kind for charge in charges.terms.values()] == list(sums(charges))


def test_what_a_commitment_lacks_counts_to_the_minimum() -> None:
    charges = run(under(ALL_TERMS), days(("11-03", "50")), first=NOVEMBER, end=DECEMBER)
    assert sums(charges) == {"discount": -5, "shortfall": 35, "minimum": 70}


def test_lines_are_rounded_before_the_minimum() -> None:
    both = under(Terms(minimum=Minimum(Decimal(10)), round_lines=0))
    charges = run(both, days(("11-03", "1.4")), first=NOVEMBER, end=DECEMBER)
    assert sums(charges) == {"rounding": Fraction("-0.4"), "minimum": 9}


def test_fees_count_to_no_other_term() -> None:
    with_fee = Terms(
        fees=(Fee("base", Decimal(500)),),
        discounts=(discount("10"),),
        caps=(Cap(Decimal(50)),),
        minimum=Minimum(Decimal(70)),
    )
    charges = run(under(with_fee), days(("11-03", "100")), first=NOVEMBER, end=DECEMBER)
    assert sums(charges) == {"discount": -10, "cap": -40, "base": 500, "minimum": 20}


def test_terms_are_borne_by_the_usage_of_their_span() -> None:
    usage = [
        used("2025-11-03", 90, allocation=1),
        used("2025-11-20", 30, allocation=2),
        used("2025-12-20", 1000, allocation=3),
    ]
    charges = run(under(Terms(discounts=(discount("10"),))), usage, first=NOVEMBER)
    assert by_allocation(charges) == {1: 81, 2: 27, 3: 900}


def test_a_true_up_without_usage_is_borne_by_its_own_allocation() -> None:
    least = under(Terms(minimum=Minimum(Decimal(100))))
    charges = run(least, days(("11-03", "40")), first=NOVEMBER)
    assert by_allocation(charges) == {0: 100, OTHERWISE: 100}  # November, and December


def test_the_arithmetic_of_terms() -> None:
    charges = run(under(ALL_TERMS), days(("11-03", "200")), first=NOVEMBER, end=DECEMBER)
    assert [line for charge in charges.terms.values() for line in charge.lines] == [
        "10% off each month: of 200 = -20",
        "at most 100 each month: of 180 = -80",
        "beyond 80 each month, x 2: of 100 = 20",
        "150 - 120 = 30",
    ]
