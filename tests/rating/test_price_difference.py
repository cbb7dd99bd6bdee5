"""A plan compared with a catalog: changes to append, pasts that are restated, what one lacks."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.rating.plans import modifier, per_unit, plan, rate, unit
from tokenbooks.rating.catalog import Catalog, CatalogModel, CatalogRate
from tokenbooks.rating.measures import Threshold
from tokenbooks.rating.plan import Alias, MeterPrice, Plan, Rate, RequestTerms, Step
from tokenbooks.rating.price_difference import (
    PriceDifference,
    plan_models,
    price_differences,
    rates_to_write,
)

JULY, AUGUST, OCTOBER = date(2026, 7, 9), date(2026, 8, 21), date(2026, 10, 14)
TODAY = date(2026, 11, 21)


def price(amount: str, meter: str = "input_tokens") -> list[MeterPrice]:
    return [per_unit(meter, amount, "1000000")]


def catalog(*rates: Rate, aliases: tuple[str, ...] = ()) -> Catalog:
    model = CatalogModel("m", tuple(CatalogRate(item) for item in rates), aliases)
    return Catalog("catalog 1.0", "p", "digest", (model,))


def told(item: PriceDifference) -> str:
    ours = str(item.plan.price) if item.plan else "-"
    theirs = str(item.catalog.price) if item.catalog else "-"
    when = "".join(f" {name}={value}" for name, value in item.context)
    starts = item.starts.date() if item.starts else "..."
    return f"{item.kind}: {item.meter}{when} from {starts}: {ours} / {theirs}"


def compared(ours: Plan, theirs: Catalog, at: datetime | None = None) -> list[str]:
    return [told(item) for item in price_differences(ours, theirs, at)]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (
            [rate(price("5"), model="m")],
            [rate(price("5"), model="m")],
            ["same: input_tokens from ...: 5 per 1M / 5 per 1M"],
        ),
        # written otherwise, but the same: 0.005 per 1k
        (
            [rate([per_unit("input_tokens", "0.005", "1000")], model="m")],
            [rate(price("5"), model="m")],
            ["same: input_tokens from ...: 0.005 per 1k / 5 per 1M"],
        ),
        # the catalog has a later price
        (
            [rate(price("5"), model="m")],
            [rate(price("5"), model="m"), rate(price("4"), AUGUST, model="m")],
            [
                "same: input_tokens from ...: 5 per 1M / 5 per 1M",
                "new: input_tokens from 2026-08-21: 5 per 1M / 4 per 1M",
            ],
        ),
        # the plan has priced that day already, otherwise
        (
            [rate(price("5"), model="m"), rate(price("3"), AUGUST, model="m")],
            [rate(price("5"), model="m"), rate(price("4"), AUGUST, model="m")],
            [
                "same: input_tokens from ...: 5 per 1M / 5 per 1M",
                "restated: input_tokens from 2026-08-21: 3 per 1M / 4 per 1M",
            ],
        ),
        # a date that is stated to be earlier restates the days between
        (
            [rate(price("5"), model="m"), rate(price("4"), OCTOBER, model="m")],
            [rate(price("5"), model="m"), rate(price("4"), AUGUST, model="m")],
            [
                "same: input_tokens from ...: 5 per 1M / 5 per 1M",
                "restated: input_tokens from 2026-08-21: 5 per 1M / 4 per 1M",
                "same: input_tokens from 2026-10-14: 4 per 1M / 4 per 1M",
            ],
        ),
        # what comes before the plan begins is nobody's business
        (
            [rate(price("5"), JULY, model="m")],
            [rate(price("9"), model="m"), rate(price("5"), JULY, model="m")],
            ["same: input_tokens from 2026-07-09: 5 per 1M / 5 per 1M"],
        ),
        (
            [rate([*price("5"), *price("30", "output_tokens")], model="m")],
            [rate([*price("5"), *price("10", "web_searches")], model="m")],
            [
                "same: input_tokens from ...: 5 per 1M / 5 per 1M",
                "plan only: output_tokens from ...: 30 per 1M / -",
                "catalog only: web_searches from ...: - / 10 per 1M",
            ],
        ),
        # a condition that only the catalog has
        (
            [rate(price("5"), model="m")],
            [rate(price("5"), model="m"), rate(price("2"), OCTOBER, model="m", batch="true")],
            [
                "same: input_tokens from ...: 5 per 1M / 5 per 1M",
                "catalog only: input_tokens batch=true from 2026-10-14: - / 2 per 1M",
            ],
        ),
        # an end in the plan
        (
            [rate(price("5"), None, AUGUST, model="m")],
            [rate(price("5"), model="m")],
            [
                "same: input_tokens from ...: 5 per 1M / 5 per 1M",
                "catalog only: input_tokens from 2026-08-21: - / 5 per 1M",
            ],
        ),
    ],
)
def test_kinds(ours: list[Rate], theirs: list[Rate], expected: list[str]) -> None:
    assert compared(plan(*ours), catalog(*theirs)) == expected


def test_a_factor_counts_like_a_rate() -> None:
    """5 x 0.5 = 2.50; the catalog's batch price has no date before October, as it says."""
    ours = plan(
        rate(price("5"), model="m"),
        modifiers=(modifier("batch", {"input_tokens": "0.5"}, batch="true"),),
    )
    theirs = catalog(
        rate(price("5"), model="m"), rate(price("2.5"), OCTOBER, model="m", batch="true")
    )
    assert compared(ours, theirs) == [
        "same: input_tokens from ...: 5 per 1M / 5 per 1M",
        "same: input_tokens batch=true from 2026-10-14: 5 per 1M / 2.5 per 1M",
    ]


def test_a_model_is_found_by_its_other_names() -> None:
    ours = plan(rate(price("5"), model="mine"), aliases=(Alias("m-latest", "mine"),))
    theirs = catalog(rate(price("5"), model="m"), aliases=("m-latest",))
    (found,) = price_differences(ours, theirs)
    assert (found.kind, found.model) == ("same", "m-latest")


def by_size(base: str, size: int, above: str, *, inclusive: bool = False) -> list[MeterPrice]:
    terms = RequestTerms(
        thresholds=(
            (Threshold("context_tokens", Decimal(size), inclusive), unit(above, "1000000")),
        )
    )
    step = Step(None, unit(base, "1000000"))
    return [
        MeterPrice(
            "input_tokens", ("input_tokens",), "per_unit", (step,), "request", requests=terms
        )
    ]


@pytest.mark.parametrize(
    ("theirs", "kind", "on_a_day"),
    [
        (by_size("5", 200_000, "10"), "same", "same"),
        # counts are whole: from 200,001 on is above 200,000
        (by_size("5", 200_001, "10", inclusive=True), "same", "restated"),
        # from 200,000 on is one token more, which a catalog without dates does not tell
        (by_size("5", 200_000, "10", inclusive=True), "restated", "same"),
        (by_size("5", 272_000, "10"), "restated", "restated"),
        (by_size("5", 200_000, "9"), "restated", "restated"),
        (price("5"), "restated", "restated"),
    ],
)
def test_sizes_of_requests(theirs: list[MeterPrice], kind: str, on_a_day: str) -> None:
    ours = plan(rate(by_size("5", 200_000, "10"), model="m"))
    listed = catalog(rate(theirs, model="m"))
    assert [item.kind for item in price_differences(ours, listed)] == [kind]
    day = price_differences(ours, listed, datetime(2026, 11, 21))
    assert [item.kind for item in day] == [on_a_day]


def test_on_one_day_only_that_day_counts() -> None:
    ours = plan(rate(price("5"), model="m"), rate(price("4"), AUGUST, model="m"))
    listed = catalog(rate(price("5"), model="m"))
    assert compared(ours, listed, datetime(2026, 8, 20)) == [
        "same: input_tokens from 2026-08-20: 5 per 1M / 5 per 1M"
    ]
    assert compared(ours, listed, datetime(2026, 8, 21)) == [
        "restated: input_tokens from 2026-08-21: 4 per 1M / 5 per 1M"
    ]


def test_models_of_a_plan() -> None:
    ours = plan(
        rate(price("5"), model="m|n*"),
        rate(price("5"), service="vector-store"),
        rate(price("4"), AUGUST, model="m"),
        aliases=(Alias("m-1", "m"), Alias("m-1", "m", AUGUST), Alias("m-2", "m")),
    )
    assert plan_models(ours) == {"m": ("m-1", "m-2")}


# -- the rates to write -------------------------------------------------------------


def test_a_change_is_a_further_rate_that_carries_what_the_catalog_lacks() -> None:
    ours = plan(rate([*price("5"), *price("0.03", "code_sessions")], model="m|m-big"))
    listed = catalog(rate(price("5"), model="m"), rate(price("4"), AUGUST, model="m"))
    ((item, written, kept),) = rates_to_write(price_differences(ours, listed), "why", TODAY)
    assert item.kind == "new"
    assert str(written) == "model: m | m-big from 2026-08-21"
    assert [str(p) for p in written.prices] == ["4 per 1M", "0.03 per 1M"]
    assert [p.name for p in kept] == ["code_sessions"]
    assert written.corrected_on is None


def test_a_rate_for_what_a_modifier_priced_carries_nothing() -> None:
    """The session had no batch price before, and has none after."""
    ours = plan(
        rate([*price("5"), *price("0.03", "code_sessions")], model="m"),
        modifiers=(modifier("batch", {"input_tokens": "0.5"}, batch="true"),),
    )
    listed = catalog(rate(price("2"), OCTOBER, model="m", batch="true"))
    ((item, written, kept),) = rates_to_write(price_differences(ours, listed), "why", TODAY)
    assert item.kind == "new"
    assert str(written) == "batch: true, model: m from 2026-10-14"
    assert [str(p) for p in written.prices] == ["2 per 1M"]
    assert kept == ()


def test_a_restated_past_is_a_correction_for_just_that_time() -> None:
    ours = plan(rate(price("5"), model="m"), rate(price("4"), OCTOBER, model="m"))
    listed = catalog(rate(price("5"), model="m"), rate(price("4"), AUGUST, model="m"))
    ((_, written, _),) = rates_to_write(price_differences(ours, listed), "why", TODAY)
    assert (written.starts, written.until) == (AUGUST, OCTOBER)
    assert (written.corrects, written.corrected_on) == ("why", TODAY)


def test_a_plan_with_what_it_is_told_to_write_agrees() -> None:
    ours = plan(rate(price("5"), model="m"), rate(price("3"), JULY, model="m"))
    listed = catalog(
        rate(price("5"), model="m"),
        rate(price("6"), JULY, model="m"),
        rate(price("4"), AUGUST, model="m"),
        rate(price("2"), OCTOBER, model="m"),
    )
    written = [r for _, r, _ in rates_to_write(price_differences(ours, listed), "why", TODAY)]
    assert [str(item.starts) for item in written] == ["2026-07-09", "2026-08-21", "2026-10-14"]
    after = plan(*ours.rates, *written)
    assert {item.kind for item in price_differences(after, listed)} == {"same"}
