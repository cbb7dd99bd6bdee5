"""What holds of all prices and terms: splits, orders and runs do not change what is charged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rating.plans import (
    converted,
    modifier,
    package,
    per_unit,
    percentage,
    plan,
    priced,
    rate,
    step,
    tiered,
)
from tests.rating.runs import CONTRACT, Used, amount, by_allocation, run, used
from tokenbooks.rating.charges import Charges, Part
from tokenbooks.rating.models import amount_to
from tokenbooks.rating.plan import Conversion, MeterPrice, Plan
from tokenbooks.rating.terms import (
    Allowance,
    Cap,
    Commitment,
    Discount,
    Fee,
    Minimum,
    Terms,
)

_BANDS = (("10", "5", "2"), ("25", "3", "0"), (None, "1", "4"))
_PACKAGE_BANDS = (step("20", "2", per="10", packages="up"), step(None, "5", "1", "50", "down"))

#: Prices that never cost less for more.
MONOTONE = {
    "per unit": per_unit("tokens", "2.5", "7"),
    "free units": tiered("graduated", ("10", "0", "0"), (None, "3", "0")),
    "graduated": tiered("graduated", *_BANDS),
    "graduated on zero": tiered("graduated", *_BANDS, flat_on_zero=True),
    "started packages": package("10", "5", free="3"),
    "completed packages": package("10", "5", "down"),
    "converted": converted("4", "half_up", "3", free="2"),
    "converted exactly": converted("4", "", "3"),
    "converted tiers": priced(
        "graduated", step("2", "9"), step(None, "4"), conversion=Conversion(Decimal(10), "up")
    ),
    "graduated packages": priced("graduated", *_PACKAGE_BANDS),
    "graduated percent": priced(
        "graduated", step("20", "5", per="100"), step(None, "2", per="100")
    ),
}
ALL = {
    **MONOTONE,
    "volume": tiered("volume", *_BANDS),
    "volume on zero": tiered("volume", *_BANDS, flat_on_zero=True),
    "volume packages": priced("volume", *_PACKAGE_BANDS),
}
WITH_EVENTS = {
    **ALL,
    "events": percentage("3", fixed="0.5", at_least="1", free="10", free_events=2),
}

every_price = pytest.mark.parametrize("price", ALL.values(), ids=ALL)
QUANTITIES = st.one_of(st.integers(0, 60), st.integers(0, 600).map(lambda n: Decimal(n) / 10))
MAYBE_TAKEN_BACK = st.one_of(QUANTITIES, QUANTITIES.map(lambda quantity: -quantity))


def in_november(quantities: list[int | Decimal], meter: str = "tokens") -> list[Used]:
    return [
        used(f"2025-11-{1 + n // 2:02}", {meter: quantity}, allocation=n % 3)
        for n, quantity in enumerate(quantities)
    ]


# -- one price ----------------------------------------------------------------------------


@every_price
@given(quantities=st.lists(MAYBE_TAKEN_BACK, max_size=8))
def test_days_sum_to_the_amount_of_the_whole(
    price: MeterPrice, quantities: list[int | Decimal]
) -> None:
    charges = run(plan(rate([price])), in_november(quantities))
    counted = [Fraction(quantity) for quantity in quantities]
    if not any(counted) and not price.flat_on_zero:
        assert amount(charges) == 0
    else:
        assert amount(charges) == amount_to(price, sum(counted) if counted else None)


@every_price
@given(quantities=st.lists(QUANTITIES, min_size=1, max_size=6))
def test_taking_everything_back_restores_what_was(
    price: MeterPrice, quantities: list[int | Decimal]
) -> None:
    first, *rest = quantities
    before = run(plan(rate([price])), in_november([first]))
    there_and_back = [first, *rest, *(-quantity for quantity in rest)]
    assert amount(run(plan(rate([price])), in_november(there_and_back))) == amount(before)


@pytest.mark.parametrize("price", MONOTONE.values(), ids=MONOTONE)
@given(less=QUANTITIES, more=QUANTITIES)
def test_more_never_costs_less(price: MeterPrice, less: int | Decimal, more: int | Decimal) -> None:
    low, high = sorted((Fraction(less), Fraction(more)))
    assert amount_to(price, low) <= amount_to(price, high)


def test_more_may_cost_less_at_a_volume_price() -> None:
    assert amount_to(ALL["volume"], Fraction(11)) < amount_to(ALL["volume"], Fraction(10))


@pytest.mark.parametrize("name", WITH_EVENTS)
@given(quantities=st.lists(QUANTITIES, max_size=6), random=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    name: str, quantities: list[int | Decimal], random: object
) -> None:
    price = WITH_EVENTS[name]
    usage = [
        replace(item, scope={"event": str(n)}, values={"batch": "true"} if n % 2 else {})
        for n, item in enumerate(in_november(quantities, price.meters[0]))
    ]
    half = modifier("batch", {"*": "0.5"}, batch="true")
    shuffled = list(usage)
    random.shuffle(shuffled)  # type: ignore[attr-defined] - a random.Random
    there, here = (run(plan(rate([price]), modifiers=(half,)), rows) for rows in (usage, shuffled))
    assert _values(here) == _values(there)
    assert by_allocation(here) == by_allocation(there)


@pytest.mark.parametrize("name", WITH_EVENTS)
@given(quantities=st.lists(QUANTITIES, max_size=6))
def test_allocations_bear_the_whole(name: str, quantities: list[int | Decimal]) -> None:
    price = WITH_EVENTS[name]
    charges = run(plan(rate([price])), in_november(quantities, price.meters[0]))
    assert sum(by_allocation(charges).values()) == amount(charges)
    for pool in charges.pools.values():
        part = Part("pool", pool.id)
        of_steps = sum(step.parts.get(part, 0) for step in charges.steps[CONTRACT, ""])
        assert of_steps == pool.value


# -- the terms of plans -------------------------------------------------------------------

AMOUNTS = st.integers(0, 120).map(Decimal)
SPANS = st.sampled_from(["month", "quarter", "year"])
DAYS_OF_FEES = st.sampled_from([None, date(2025, 8, 20), date(2025, 10, 1), date(2025, 11, 16)])
DISCOUNTS = st.builds(
    Discount,
    AMOUNTS.map(lambda n: min(n, Decimal(100))),
    AMOUNTS,
    SPANS,
    st.sampled_from(["above", "all"]),
)
CAPS = st.builds(
    Cap, AMOUNTS, SPANS, st.sampled_from([("*",), ("tokens",), ("im*",), ("tokens", "images")])
)
COMMITMENTS = st.builds(
    Commitment,
    AMOUNTS,
    SPANS,
    DAYS_OF_FEES,
    st.sampled_from([None, date(2025, 11, 20), date(2027, 1, 1)]),
    st.sampled_from(["bill", "forfeit"]),
    st.sampled_from([Decimal(1), Decimal("1.5")]),
)
PRORATED = st.sampled_from(["", "day", "30/360"])
MINIMUMS = st.builds(Minimum, AMOUNTS, SPANS, PRORATED)
ALLOWANCES = st.builds(
    Allowance,
    st.dictionaries(st.sampled_from(["tokens", "images"]), AMOUNTS),
    st.integers(0, 2),
    st.none() | AMOUNTS,
)
FEES = st.builds(
    Fee,
    st.sampled_from(["base", "support"]),
    AMOUNTS,
    SPANS,
    st.sampled_from([None, "seats"]),
    PRORATED,
    ALLOWANCES,
    DAYS_OF_FEES,
    st.sampled_from([None, date(2025, 12, 10)]),
)
TERMS = st.builds(
    Terms,
    st.lists(FEES, max_size=2).map(tuple),
    st.none() | COMMITMENTS,
    st.none() | MINIMUMS,
    st.lists(CAPS, max_size=2).map(tuple),
    st.lists(DISCOUNTS, max_size=2).map(tuple),
    st.sampled_from([None, 0, 2]),
)
USAGE = st.lists(
    st.builds(
        lambda number, tokens, images, allocation: used(
            str(date(2025, 9, 1) + timedelta(days=number)),
            {"tokens": tokens, "images": images},
            allocation,
        ),
        st.integers(0, 121),
        st.integers(0, 600).map(lambda n: Decimal(n) / 10),
        st.integers(0, 30),
        st.integers(0, 2),
    ),
    max_size=12,
)
SEATS = {"2025-09-01": 2, "2025-10-12": 5, "2025-11-12": 3, "2025-12-20": 7}
BEGIN, END = date(2025, 9, 1), date(2026, 1, 1)
BOUNDS = st.sampled_from(
    [
        (None, None),
        (date(2025, 9, 10), None),
        (None, date(2025, 12, 15)),
        (date(2025, 9, 10), date(2025, 11, 21)),
    ]
)
PRICES = rate([tiered("graduated", *_BANDS, over="quarter"), per_unit("images", "1.25")])


def _run(
    terms: Terms, usage: list[Used], end: date, bounds: tuple[date | None, date | None]
) -> Charges:
    starts, until = bounds
    first, end = max(BEGIN, starts or BEGIN), min(end, until or end)
    inside = [item for item in usage if first <= item.at.date() < end]
    return run(
        Plan("p", "USD", (PRICES,), terms=terms, levels=frozenset({"seats"})),
        inside,
        first=first,
        end=end,
        starts=starts,
        until=until,
        seats={day: n for day, n in SEATS.items() if date.fromisoformat(day) < end},
    )


def _values(charges: Charges, before: date = END) -> dict[object, Fraction]:
    """What each step adds, without those that add nothing."""
    steps = charges.steps.get((CONTRACT, ""), [])
    return {step.at: step.value for step in steps if step.at.date() < before and step.value}


@settings(max_examples=settings.default.max_examples * 4, deadline=None)
@given(terms=TERMS, usage=USAGE, bounds=BOUNDS)
def test_closing_month_by_month_gives_what_one_run_gives(
    terms: Terms, usage: list[Used], bounds: tuple[date | None, date | None]
) -> None:
    whole = _run(terms, usage, END, bounds)
    for end in (date(2025, 10, 1), date(2025, 11, 1), date(2025, 12, 1)):
        assert _values(_run(terms, usage, end, bounds)) == _values(whole, end)


@settings(max_examples=settings.default.max_examples * 2, deadline=None)
@given(terms=TERMS, usage=USAGE, random=st.randoms(use_true_random=False))
def test_terms_do_not_depend_on_the_order_of_rows(
    terms: Terms, usage: list[Used], random: object
) -> None:
    shuffled = list(usage)
    random.shuffle(shuffled)  # type: ignore[attr-defined] - a random.Random
    here, there = (_run(terms, rows, END, (None, None)) for rows in (usage, shuffled))
    assert _values(here) == _values(there)
    assert by_allocation(here) == by_allocation(there)


@settings(max_examples=settings.default.max_examples * 2, deadline=None)
@given(terms=TERMS, usage=USAGE)
def test_terms_are_borne_wholly_by_allocations(terms: Terms, usage: list[Used]) -> None:
    charges = _run(terms, usage, END, (None, None))
    assert sum(by_allocation(charges).values()) == amount(charges)
    of_terms = sum((charge.value for charge in charges.terms.values()), Fraction(0))
    assert amount(charges) - of_terms == amount(
        _run(_only_allowances(terms), usage, END, (None, None))
    )


def _only_allowances(terms: Terms) -> Terms:
    return Terms(fees=tuple(replace(fee, price=Decimal(0)) for fee in terms.fees))


@settings(max_examples=settings.default.max_examples * 2, deadline=None)
@given(
    usage=USAGE,
    discount=st.none() | DISCOUNTS,
    cap=st.none() | AMOUNTS,
    commitment=st.none() | AMOUNTS,
    minimum=st.none() | AMOUNTS,
)
def test_a_month_is_what_it_is_by_hand(
    usage: list[Used],
    discount: Discount | None,
    cap: Decimal | None,
    commitment: Decimal | None,
    minimum: Decimal | None,
) -> None:
    terms = Terms(
        discounts=(replace(discount, every="month"),) if discount else (),
        caps=(Cap(cap),) if cap is not None else (),
        commitment=Commitment(commitment, "month", overage=Decimal("1.5"))
        if commitment is not None
        else None,
        minimum=Minimum(minimum) if minimum is not None else None,
    )
    charges = _run(terms, usage, END, (None, None))
    plain = _run(Terms(), usage, END, (None, None))
    for number in (9, 10, 11, 12):
        since, before = f"2025-{number:02}-01", f"{2025 + number // 12}-{number % 12 + 1:02}-01"
        due = amount(plain, since, before)
        for adjust in (
            _discounted(discount),
            _capped(cap),
            _committed(commitment),
            _least(minimum),
        ):
            due = adjust(due)
        assert amount(charges, since, before) == due


_Adjust = Callable[[Fraction], Fraction]


def _discounted(item: Discount | None) -> _Adjust:
    def adjust(due: Fraction) -> Fraction:
        if item is None or due <= item.over:
            return due
        discounted = due if item.applies == "all" else due - Fraction(item.over)
        return due - discounted * Fraction(item.percent) / 100

    return adjust


def _capped(cap: Decimal | None) -> _Adjust:
    return lambda due: due if cap is None else min(due, Fraction(cap))


def _committed(commitment: Decimal | None) -> _Adjust:
    """What is used beyond a commitment costs half as much again; what lacks is owed."""

    def adjust(due: Fraction) -> Fraction:
        if commitment is None:
            return due
        committed = Fraction(commitment)
        within, beyond = min(due, committed), max(Fraction(0), due - committed)
        lacks = committed - within
        return within + beyond * Fraction(3, 2) + lacks

    return adjust


def _least(minimum: Decimal | None) -> _Adjust:
    return lambda due: due if minimum is None else max(due, Fraction(minimum))


@settings(max_examples=settings.default.max_examples * 2, deadline=None)
@given(terms=TERMS, usage=USAGE)
def test_rounded_lines_sum_to_whole_units(terms: Terms, usage: list[Used]) -> None:
    # true-ups are of whole amounts here, so that what is charged has two places at most
    rounded = replace(terms, round_lines=2, minimum=None, commitment=None)
    charges = _run(rounded, usage, END, (None, None))
    for number in (9, 10, 11, 12):
        since, before = f"2025-{number:02}-01", f"{2025 + number // 12}-{number % 12 + 1:02}-01"
        assert (amount(charges, since, before) * 100).denominator == 1
