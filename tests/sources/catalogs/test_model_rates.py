"""The rates of a model: meters, sizes of requests, conditions, and what is told beside them."""

from __future__ import annotations

import pytest
from genai_prices.types import ModelInfo

from tests.sources.catalogs.shapes import (
    block,
    found,
    lattice,
    model,
    prices,
    since,
    tiers,
    variant,
    written,
)
from tokenbooks.rating.catalog import NOT_EXPRESSED, CatalogRate
from tokenbooks.sources.catalogs.model_rates import defaults_of, model_rates, words_of


def rates_of(info: ModelInfo, owner: str = "p", *, is_fallback: bool = False) -> list[CatalogRate]:
    rates, _ = model_rates(found(info, owner, is_fallback=is_fallback), written(), lattice())
    return list(rates)


def told(item: CatalogRate) -> list[str]:
    return [str(item.rate), *(f"{price.name}: {price}" for price in item.rate.prices)]


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ({"input_mtok": "2.5"}, "input_tokens: 2.5 per 1M"),
        ({"cache_read_mtok": "0"}, "cached_input_tokens: 0 per 1M"),
        ({"web_searches_kcount": "10"}, "web_searches: 10 per 1k"),
        ({"storage_searches_kcount": "2.5"}, "file_searches: 2.5 per 1k"),
        ({"audio_hours": "0.36"}, "audio_seconds: 0.36 per 3600"),
        # seconds of input are no meter of their own where they cost as much
        ({"audio_hours": "0.36", "input_audio_hours": "0.36"}, "audio_seconds: 0.36 per 3600"),
        ({"input_video_mtok": "12"}, "input_video_tokens: 12 per 1M"),
        ({"input_gpixels": "3"}, "input_pixels: 3 per 1G"),
        ({"requests_kcount": "12"}, "requests: 12 per 1k"),
        (
            {"input_mtok": tiers("5", (272000, "10"))},
            "input_tokens: 5 per 1M each request; 10 per 1M if context_tokens > 272000",
        ),
        # the catalog compares with > only, and writes 199,999 where a provider says from 200,000
        (
            {"input_mtok": tiers("3", (199999, "6"))},
            "input_tokens: 3 per 1M each request; 6 per 1M if context_tokens >= 200000",
        ),
        (
            {"input_mtok": tiers("1", (32000, "2"), (128000, "3"))},
            (
                "input_tokens: 1 per 1M each request; 2 per 1M if context_tokens > 32000; "
                "3 per 1M if context_tokens > 128000"
            ),
        ),
    ],
)
def test_units_and_sizes(price: dict, expected: str) -> None:
    (item,) = rates_of(model(block(prices(**price))))
    assert told(item)[1:] == [expected]


def test_seconds_of_input_have_a_meter_where_they_cost_something_else() -> None:
    (item,) = rates_of(model(block(prices(audio_hours="3", input_audio_hours="1"))))
    assert told(item)[1:] == ["audio_seconds: 3 per 3600", "input_audio_seconds: 1 per 3600"]


def test_cached_audio_costs_what_audio_costs_where_nothing_cached_has_a_price() -> None:
    """Its declared whole, cached input, would lead to the price of text."""
    (item,) = rates_of(model(block(prices(input_mtok="1", input_audio_mtok="4"))))
    assert "cached_audio_tokens: 4 per 1M" in told(item)


def test_the_least_quantity_that_the_package_keeps_in_its_code() -> None:
    info = model(block(prices(audio_hours="0.111")))
    info.id = "whisper-large-v3"
    (item,) = rates_of(info, "groq")
    assert told(item)[1:] == ["audio_seconds: 0.111 per 3600, at least 10 each request"]


@pytest.mark.parametrize(
    ("when", "condition"),
    [
        ({"processing": "batch"}, "batch: true, model: m"),
        ({"service_tier": "flex"}, "model: m, service_tier: flex"),
        ({"speed": "fast"}, "model: m, speed: fast"),
        ({"route": "mistral/eu"}, "model: m, route: mistral/eu"),
        ({"processing": "batch", "speed": "fast"}, "batch: true, model: m, speed: fast"),
    ],
)
def test_conditions(when: dict[str, str], condition: str) -> None:
    info = model(block(prices(input_mtok="2")), variants=(variant(when, prices(input_mtok="1")),))
    assert str(rates_of(info)[1].rate.conditions) == condition


def test_a_neutral_variant_is_no_rate() -> None:
    info = model(
        block(prices(input_mtok="2")), variants=(variant({"service_tier": "default"}, prices()),)
    )
    assert len(rates_of(info)) == 1


def test_the_neutral_value_of_a_dimension_is_the_one_without_prices() -> None:
    info = model(
        block(prices(web_searches_kcount="2.5")),
        variants=(
            variant({"search_type": "fast"}, prices(web_searches_kcount="1")),
            variant({"search_type": "web"}, prices()),
        ),
    )
    assert defaults_of([info]) == {"search_type": "web"}
    assert [str(item.rate.conditions) for item in rates_of(info)] == [
        "model: m",
        "model: m, search_type: fast",
    ]


def test_where_no_value_is_neutral_none_that_occurs_is() -> None:
    info = model(
        block(prices(input_mtok="2")), variants=(variant({"route": "eu"}, prices(input_mtok="3")),)
    )
    assert defaults_of([info]) == {"route": "standard"}


def test_remarks() -> None:
    info = model(
        block(prices(input_mtok="2", output_mtok="8")),
        block(prices(input_mtok="2", web_searches_kcount="10"), since("2026-01-05")),
        variants=(variant({"processing": "batch"}, prices(input_mtok="1"), since("2026-10-14")),),
    )
    first, second, batch = rates_of(info)
    assert [remark.text for remark in first.remarks] == []
    assert [(remark.kind, remark.text) for remark in second.remarks] == [
        (
            "late-meter",
            (
                "web_searches priced only since 2026-01-05; earlier usage of it is unpriced until"
                " you set a date"
            ),
        ),
        ("dropped", "no longer priced since 2026-01-05: output_tokens"),
    ]
    assert [(remark.kind, remark.text) for remark in batch.remarks] == [
        (
            "noticed",
            (
                "batch price known only since 2026-10-14; earlier batch usage is unpriced until you"
                " set a date"
            ),
        ),
        ("standard-too", "no batch price in the catalog, so standard: web_searches"),
    ]


def test_a_part_that_is_priced_later_has_the_price_of_its_whole_before() -> None:
    info = model(
        block(prices(input_mtok="2")),
        block(prices(input_mtok="2", cache_read_mtok="1"), since("2026-10-19")),
    )
    assert [remark.text for remark in rates_of(info)[1].remarks] == [
        (
            "cached_input_tokens priced only since 2026-10-19; earlier usage of it has the price of"
            " input_tokens until you set a date"
        )
    ]


def test_a_standard_price_of_tokens_under_a_condition_is_to_be_warned_of() -> None:
    info = model(
        block(prices(input_mtok="2", cache_read_mtok="1")),
        variants=(variant({"processing": "batch"}, prices(input_mtok="1")),),
    )
    assert [remark.kind for remark in rates_of(info)[1].remarks] == ["borrowed"]


@pytest.mark.parametrize(
    ("info", "text"),
    [
        (model(block(prices())), "the catalog states no price; write 0 if it is free"),
        (
            model(block(prices(input_mtok="1", moon_mtok="2"))),
            "a price for moon_mtok, a unit that is not known: 2",
        ),
    ],
)
def test_what_cannot_be_written_is_told(info: ModelInfo, text: str) -> None:
    _, remarks = model_rates(found(info), written(), lattice())
    assert [(remark.kind, remark.text) for remark in remarks] == [(NOT_EXPRESSED, text)]


def test_conditions_of_another_provider_are_left_out() -> None:
    """The package itself then ignores them, and prices batch usage as standard."""
    info = model(
        block(prices(input_mtok="2")),
        variants=(variant({"processing": "batch"}, prices(input_mtok="1")),),
    )
    rates, remarks = model_rates(found(info, "openai", is_fallback=True), written(), lattice())
    assert [str(item.rate.conditions) for item in rates] == ["model: m"]
    assert [remark.text for remark in remarks] == [
        "the catalog has batch prices only with the provider openai; they are left out"
    ]


def test_contexts_in_words() -> None:
    assert words_of((("processing", "batch"), ("speed", "fast"))) == "batch and speed fast"
