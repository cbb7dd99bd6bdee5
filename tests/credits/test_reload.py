"""Automatic reloads: what the rule buys, and when it will buy again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.credits.reload import (
    bought_in_a_day,
    has_size_of_reload,
    most_in_a_day,
    next_reloads,
    possible_reloads,
    reload_due,
)
from tokenbooks.rating.credit_terms import ReloadTerms


def adding(add: str, at: str, **more: object) -> ReloadTerms:
    return ReloadTerms(Decimal(at), add=Decimal(add), **more)


def packs(add: str, at: str, **more: object) -> ReloadTerms:
    return adding(add, at, packs=True, **more)


def up_to(target: str, at: str, at_least: str = "0", **more: object) -> ReloadTerms:
    least = Decimal(at_least)
    return ReloadTerms(Decimal(at), up_to=Decimal(target), at_least=least, **more)


@pytest.mark.parametrize(
    ("rule", "balance", "buys"),
    [
        # one addition each time, at or below the threshold
        (adding("50", "10"), "10", "50"),
        (adding("50", "10"), "10.01", "0"),
        (adding("50", "10", below=True), "10", "0"),
        (adding("50", "10", below=True), "9.99", "50"),
        (adding("100", "20"), "15", "100"),
        (adding("100", "20"), "21", "0"),
        (adding("50", "130"), "30", "50"),  # may still be low
        (adding("600", "0"), "-500", "600"),  # pays the overdraft first
        # as many packs as it takes to be strictly above it
        (packs("50", "10"), "-429.8", "450"),  # 8 packs leave -29.8
        (packs("50", "10"), "-50", "100"),  # one leaves 0
        (packs("50", "10"), "-40", "100"),  # one leaves 10, which is not above
        (packs("50", "10", below=True), "-40", "100"),
        (packs("50", "10"), "10", "50"),
        (packs("50", "10"), "11", "0"),
        # the gap to a target, or the least that can be bought
        (up_to("100", "10"), "7.5", "92.5"),
        (up_to("101", "100", "50"), "100", "50"),
        (up_to("150", "200"), "150", "0"),  # already there
        (up_to("150", "200", "50"), "150", "0"),
        (up_to("150", "200"), "149", "1"),
    ],
)
def test_what_the_rule_buys_at_a_balance(rule: ReloadTerms, balance: str, buys: str) -> None:
    assert reload_due(rule, Fraction(balance)) == Fraction(buys)


@pytest.mark.parametrize(
    ("rule", "balance", "pending", "bought", "buys"),
    [
        # what is bought but not yet there counts
        (adding("50", "10"), "5", "50", "50", "0"),
        (adding("50", "10"), "-45", "50", "50", "50"),
        (packs("50", "10"), "-90", "50", "50", "100"),
        (up_to("100", "10"), "-20", "25", "25", "95"),
        # the most of a month: whole additions, as many as fit
        (adding("50", "10", at_most=Decimal(120)), "5", "0", "70", "50"),
        (adding("50", "10", at_most=Decimal(120)), "5", "0", "71", "0"),
        (packs("50", "10", at_most=Decimal(120)), "-200", "0", "0", "100"),
        (packs("50", "10", at_most=Decimal(120)), "-200", "0", "130", "0"),
        # a part of the gap, if that is a purchase at all
        (up_to("100", "10", at_most=Decimal(120)), "5", "0", "70", "50"),
        (up_to("100", "10", "20", at_most=Decimal(120)), "5", "0", "100", "20"),
        (up_to("100", "10", "20", at_most=Decimal(120)), "5", "0", "101", "0"),
    ],
)
def test_what_is_bought_already_counts(
    rule: ReloadTerms, balance: str, pending: str, bought: str, buys: str
) -> None:
    found = reload_due(rule, Fraction(balance), Fraction(pending), Fraction(bought))
    assert found == Fraction(buys)


@pytest.mark.parametrize(
    ("rule", "lowest", "buys"),
    [
        # 60 less 130 of usage: twice, whatever the hours
        (adding("50", "10"), "-70", "100"),
        (adding("50", "10"), "10", "50"),
        (adding("50", "10"), "11", "0"),
        (adding("50", "10"), "-40", "100"),  # one would leave 10, and it fires again
        (adding("50", "10", below=True), "-40", "50"),  # there it would not
        (adding("50", "10", at_most=Decimal(120)), "-500", "100"),
        (packs("50", "10", below=True), "-40", "100"),
        (up_to("100", "10"), "-30", "130"),
    ],
)
def test_what_a_day_buys(rule: ReloadTerms, lowest: str, buys: str) -> None:
    assert bought_in_a_day(rule, Fraction(lowest)) == Fraction(buys)
    assert most_in_a_day(rule, Fraction(lowest)) == Fraction(buys)


def test_small_steps_can_call_for_more_than_the_gap() -> None:
    # down to 50 at once: the gap of 51; slowly: 50 at 100, and 50 again at 100
    rule = up_to("101", "100", "50")
    assert bought_in_a_day(rule, Fraction(50)) == 51
    assert most_in_a_day(rule, Fraction(50)) == 100


@pytest.mark.parametrize(
    ("rule", "credits", "could_be"),
    [
        (adding("50", "10"), "50", True),
        (adding("50", "10"), "100", False),
        (packs("50", "10"), "100", True),
        (packs("50", "10"), "75", False),
        (up_to("100", "10"), "90", True),  # the gap at the threshold, or more below it
        (up_to("100", "10"), "123.45", True),
        (up_to("100", "10"), "89", False),
        (up_to("100", "90", "25"), "20", False),
        (packs("50", "10"), "0", False),
    ],
)
def test_which_purchases_have_the_size_of_a_reload(
    rule: ReloadTerms, credits: str, could_be: bool
) -> None:
    assert has_size_of_reload(rule, Fraction(credits)) is could_be


@pytest.mark.parametrize(
    ("rule", "balance", "sizes"),
    [
        (adding("50", "10"), "200", ["50"]),
        (adding("50", "10"), "-70", ["50", "100"]),
        (up_to("100", "10"), "200", []),  # the gap is not known
        (up_to("100", "10"), "8", ["92"]),
    ],
)
def test_sizes_to_look_for(rule: ReloadTerms, balance: str, sizes: list[str]) -> None:
    assert possible_reloads(rule, Fraction(balance)) == tuple(map(Fraction, sizes))


@pytest.mark.parametrize(
    ("rule", "balance", "rate", "reloads"),
    [
        # 30, 15, 0 and 50 more; 35, 20, 5 and 50 more; 40, 25
        (adding("50", "10"), "45", "15", ["11-26 50", "11-29 50"]),
        (adding("50", "10"), "45", "0", []),
        (adding("50", "10"), "0", "0", ["11-24 50"]),  # low already
        # 60 less 130 is -70, and 100 more; -100, and 150; -80, and 100
        (adding("50", "10"), "60", "130", ["11-24 100", "11-25 150", "11-26 100"]),
        # 5, and the gap of 95; 60, 20, -20, and 120; 60, 20, -20
        (up_to("100", "10"), "45", "40", ["11-24 95", "11-27 120", "11-30 120"]),
        # no more than 100 a month: -175 on 1 December needs 200
        (
            adding("50", "10", at_most=Decimal(100)),
            "45",
            "40",
            ["11-24 50", "11-26 50", "12-01 100"],
        ),
    ],
)
def test_when_the_rule_buys_next(
    rule: ReloadTerms, balance: str, rate: str, reloads: list[str]
) -> None:
    found = next_reloads(
        rule, Fraction(balance), Fraction(rate), date(2025, 11, 24), date(2025, 12, 2)
    )
    assert [f"{day:%m-%d} {bought}" for day, bought in found][:3] == reloads


AMOUNTS = st.fractions(min_value=-500, max_value=500, max_denominator=100)
PRICES = st.decimals(min_value="0.01", max_value=100, places=2)
ADDING = st.builds(ReloadTerms, PRICES, PRICES, below=st.booleans(), packs=st.booleans())


@given(ADDING, AMOUNTS)
def test_a_day_ends_with_a_balance_at_which_the_rule_is_content(
    rule: ReloadTerms, lowest: Fraction
) -> None:
    bought = bought_in_a_day(rule, lowest)
    assert not reload_due(rule, lowest + bought)
    if bought:
        # one addition less would not do
        before = lowest + bought - Fraction(rule.add or 0)
        assert reload_due(rule, before) or (rule.packs and before == rule.at)
    else:
        assert not reload_due(rule, lowest)


@given(ADDING, AMOUNTS, AMOUNTS)
def test_what_is_pending_counts_as_if_it_were_there(
    rule: ReloadTerms, balance: Fraction, pending: Fraction
) -> None:
    assert reload_due(rule, balance, pending) == reload_due(rule, balance + pending)


@given(ADDING, AMOUNTS, st.fractions(min_value=0, max_value=500), PRICES)
def test_no_month_buys_more_than_its_most(
    rule: ReloadTerms, balance: Fraction, bought: Fraction, at_most: Decimal
) -> None:
    limited = replace(rule, at_most=at_most)
    due = reload_due(limited, balance, bought_this_month=bought)
    assert 0 <= due <= reload_due(rule, balance)
    assert due + bought <= at_most or not due
