"""Prices above 200,000 tokens for usage that says in a column which requests were."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.rating.plans import per_unit, rate
from tests.rating.test_price_difference import by_size, price
from tokenbooks.rating.catalog import BY_REQUEST, Catalog, CatalogModel, CatalogRate, Remark
from tokenbooks.rating.context_column import by_context_column
from tokenbooks.rating.matching import Match, PlanInForce, match
from tokenbooks.rating.plan import Rate

MARCH = date(2026, 3, 13)
BEFORE, AFTER = datetime(2026, 3, 1), datetime(2026, 4, 1)


def split(*rates: Rate) -> Catalog:
    remarks = (Remark(BY_REQUEST, "by the size"),)
    model = CatalogModel("m", tuple(CatalogRate(item, remarks) for item in rates))
    return by_context_column(Catalog("catalog 1.0", "p", "digest", (model,)))


#: $5, above 200,000 tokens $10; since March $4 whatever the size.
OPUS = split(rate(by_size("5", 200_000, "10"), model="m"), rate(price("4"), MARCH, model="m"))


@pytest.mark.parametrize(
    ("context", "at", "expected"),
    [
        ({}, BEFORE, "5 per 1M"),
        ({"context": ">200k"}, BEFORE, "10 per 1M"),
        ({}, AFTER, "4 per 1M"),
        ({"context": ">200k"}, AFTER, "4 per 1M"),
    ],
)
def test_the_column_tells_the_price(context: dict, at: datetime, expected: str) -> None:
    found = match(PlanInForce(OPUS.as_plan(), "UTC"), {"model": "m", **context}, "input_tokens", at)
    assert isinstance(found, Match)
    assert (str(found.price), found.factor) == (expected, 1)


def test_prices_that_do_not_depend_on_the_size_are_in_both() -> None:
    prices = [*by_size("5", 200_000, "10"), per_unit("web_searches", "10", "1000")]
    (model,) = split(rate(prices, model="m")).models
    assert [[str(p) for p in item.rate.prices] for item in model.rates] == [
        ["5 per 1M", "10 per 1k"],
        ["10 per 1M", "10 per 1k"],
    ]
    assert [item.remarks for item in model.rates] == [(), ()]


@pytest.mark.parametrize("size", [100_000, 272_000])
def test_other_sizes_are_not_in_the_column(size: int) -> None:
    (model,) = split(rate(by_size("5", size, "10"), model="m")).models
    assert [str(item.rate.conditions) for item in model.rates] == ["model: m"]
    assert model.rates[0].remarks
