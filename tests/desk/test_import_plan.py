"""A plan made from a catalog: its text is read back as what the catalog says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.sources.catalogs.shapes import (
    block,
    daily,
    found,
    lattice,
    model,
    prices,
    since,
    tiers,
    variant,
)
from tokenbooks.desk.catalog_plan import catalog_plan_text, catalog_warnings
from tokenbooks.desk.import_plan import SeenModels, import_plan, seen_models, write_plan
from tokenbooks.problems import NOWHERE
from tokenbooks.rating.catalog import Catalog, CatalogModel
from tokenbooks.rating.context_column import by_context_column
from tokenbooks.rating.plan import MeterPrice, Plan, Rate
from tokenbooks.sources.catalogs import genai_prices
from tokenbooks.sources.catalogs.model_names import WrittenNames
from tokenbooks.sources.catalogs.model_rates import model_rates
from tokenbooks.sources.plans import read_plan

TODAY = date(2026, 11, 21)


def catalog(**more: object) -> Catalog:
    """Two models with everything that a catalog can say."""
    sizes = tiers("5", (200_000, "10"))
    big = model(
        block(prices(input_mtok=sizes, cache_read_mtok="0.5", web_searches_kcount="10")),
        block(prices(input_mtok=sizes, cache_read_mtok="0.4"), since("2026-08-21")),
        variants=(variant({"processing": "batch"}, prices(input_mtok="2"), since("2026-10-14")),),
    )
    peak = model(
        block(prices(input_mtok="0.15", input_video_mtok="1")),
        block(prices(input_mtok="0.3", input_video_mtok="1"), daily("22:00", "02:00")),
        variants=(variant({"route": "mistral/eu"}, prices(input_mtok="0.2")),),
    )
    models = []
    names = (WrittenNames("big", ("big-*",), ("2big", "yes")), WrittenNames("peak", (), ()))
    for info, written in zip((big, peak), names, strict=True):
        rates, remarks = model_rates(found(info), written, lattice())
        models.append(CatalogModel(written.id, rates, written.aliases, info.id, "", remarks))
    part_of = {"cached_input_tokens": "input_tokens", "input_video_tokens": "input_tokens"}
    known = Catalog("catalog 1.0", "p", "d" * 64, tuple(models), part_of, ("pings",))
    return replace(known, defaults={"route": "standard"}, **more)  # type: ignore[arg-type] - as in Catalog


def read(text: str, folder: Path) -> Plan:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    plan, problems = read_plan(path)
    assert not [str(problem) for problem in problems]
    assert plan is not None
    return plan


def placeless(rates: tuple[Rate, ...]) -> list[Rate]:
    """Rates without their places in a file."""

    def price(item: MeterPrice) -> MeterPrice:
        return replace(item, position=NOWHERE)

    return [
        replace(rate, position=NOWHERE, prices=tuple(map(price, rate.prices))) for rate in rates
    ]


@pytest.mark.parametrize("listed", [catalog(), by_context_column(catalog())])
def test_the_text_is_read_back_as_the_catalog(listed: Catalog, tmp_path: Path) -> None:
    plan = read(catalog_plan_text("mine", listed, TODAY), tmp_path)
    wanted = listed.as_plan()
    assert placeless(plan.rates) == placeless(wanted.rates)
    assert [(a.name, a.model) for a in plan.aliases] == [(a.name, a.model) for a in wanted.aliases]
    assert [(m.name, m.when, m.times) for m in plan.modifiers] == [
        (m.name, m.when, m.times) for m in wanted.modifiers
    ]
    assert (plan.id, plan.currency, plan.timezone) == ("mine", "USD", "UTC")
    assert (plan.part_of, plan.defaults) == (wanted.part_of, wanted.defaults)
    assert plan.source == f"catalog 1.0, provider p, sha256 {'d' * 64}, read 2026-11-21"


def test_dates_that_were_only_noticed_are_told_beside_the_price() -> None:
    text = catalog_plan_text("mine", catalog(), TODAY)
    batch = text[text.index("batch: true") :].splitlines()
    assert batch[1:4] == [
        "    from: 2026-10-14",
        (
            "    # batch price known only since 2026-10-14; earlier batch usage is unpriced"
            " until you set a date"
        ),
        "    # no batch price in the catalog, so standard: cached_input_tokens",
    ]


def test_what_a_reviewer_must_decide_is_warned_of_once_for_all_models() -> None:
    big, peak = catalog().models
    more = [replace(big, id=f"big-{n}") for n in range(1, 5)]
    warned = catalog_warnings(catalog(models=(big, *more, peak)))
    assert [(problem.code, problem.message) for problem in warned] == [
        (
            "catalog-date-noticed",
            (
                "big, big-1, big-2 and 2 more: batch price known only since 2026-10-14;"
                " earlier batch usage is unpriced until you set a date"
            ),
        ),
        (
            "catalog-standard-price",
            (
                "big, big-1, big-2 and 2 more: no batch price in the catalog, so standard:"
                " cached_input_tokens"
            ),
        ),
        (
            "catalog-standard-price",
            "peak: no route mistral/eu price in the catalog, so standard: input_video_tokens",
        ),
    ]


def test_words_of_the_catalog_cannot_leave_their_comment(tmp_path: Path) -> None:
    model = replace(catalog().models[0], title="a\nrates: []", comment="b\r\n- c\u2028d\x1b[2J")
    plan = read(catalog_plan_text("mine", catalog(models=(model,)), TODAY), tmp_path)
    assert len(plan.rates) == len(model.rates)


# -- the models in usage ------------------------------------------------------------

USAGE = """\
timestamp,model,service,context,input_tokens,cached_audio_tokens
2026-11-03T10:15:00Z,gpt-4o-2024-08-06,,,1200,3
2026-11-03T10:16:00Z,gpt-9,,,1200,0
2026-11-03T10:17:00Z,,vector-store,,5,0
"""


def test_models_and_meters_of_usage_files(tmp_path: Path) -> None:
    usage = tmp_path / "usage.csv"
    usage.write_text(USAGE)
    seen, problems = seen_models([usage], None)
    assert seen == SeenModels(
        ("gpt-4o-2024-08-06", "gpt-9"), ("input_tokens", "cached_audio_tokens")
    )
    assert [(p.code, p.message) for p in problems] == [
        ("usage-without-model", "usage that names no model is left out: vector-store")
    ]


def test_usage_that_says_which_requests_were_long(tmp_path: Path) -> None:
    usage = tmp_path / "usage.csv"
    usage.write_text(USAGE.replace(",1200,0", ",1200,0").replace("gpt-9,,,", "gpt-9,,>200k,"))
    seen, _ = seen_models([usage], None)
    assert seen is not None
    assert seen.has_context


def test_usage_that_cannot_be_read(tmp_path: Path) -> None:
    usage = tmp_path / "usage.csv"
    usage.write_text("a,b\n1,2\n")
    seen, problems = seen_models([usage], None)
    assert seen is None
    assert problems[0].is_error


def test_only_the_models_that_occur_are_imported(tmp_path: Path) -> None:
    seen = SeenModels(("gpt-4o-2024-08-06", "gpt-9"), ("input_tokens", "cached_audio_tokens"))
    text, problems = import_plan("mine", "openai", seen, (), TODAY)
    plan = read(text or "", tmp_path)
    assert {rate.conditions.patterns[-1] for rate in plan.rates} >= {("model", ("gpt-4o",))}
    assert {dict(rate.conditions.patterns)["model"] for rate in plan.rates} == {("gpt-4o",)}
    assert plan.part_of["cached_audio_tokens"] == "cached_input_tokens"
    assert [(p.code, p.is_error) for p in problems if p.code == "catalog-model-unknown"] == [
        ("catalog-model-unknown", False)
    ]


def test_a_model_that_is_named_must_be_known() -> None:
    text, problems = import_plan("mine", "openai", SeenModels(), ("gpt-4o", "gpt-9"), TODAY)
    assert text is None
    assert [(p.code, p.is_error) for p in problems] == [("catalog-model-unknown", True)]


def test_models_without_a_price_make_no_plan(tmp_path: Path) -> None:
    text, problems = import_plan("mine", "openai", SeenModels(("moderation",)), (), TODAY)
    assert text is None
    assert [(p.code, p.is_error) for p in problems] == [
        ("catalog-not-expressed", False),
        ("catalog-not-expressed", True),
    ]
    both = SeenModels(("moderation", "gpt-4o"))
    text, problems = import_plan("mine", "openai", both, (), TODAY)
    assert "# moderation: the catalog states no price; write 0 if it is free\n" in (text or "")
    assert read(text or "", tmp_path).rates


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("", "the catalog needs the package genai-prices, which is not installed"),
        ("0.1.4", "genai-prices 0.1.4 is installed, but only 0.2.x is understood"),
        ("0.3.0", "genai-prices 0.3.0 is installed, but only 0.2.x is understood"),
    ],
)
def test_without_the_package(version: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(genai_prices, "_installed_version", lambda: version)
    text, problems = import_plan("mine", "openai", SeenModels(("gpt-4o",)), (), TODAY)
    assert text is None
    assert [(p.code, p.message, p.help) for p in problems] == [
        ("catalog-missing", message, "pip install 'tokenbooks[catalog]'")
    ]


def test_a_provider_that_is_none() -> None:
    _, (problem,) = import_plan("mine", "opnai", SeenModels(("gpt-4o",)), (), TODAY)
    assert problem.code == "catalog-provider-unknown"
    assert problem.help.startswith("did you mean 'openai'?")


def test_a_plan_is_not_overwritten_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    assert not write_plan(path, "first\n", force=False)
    (problem,) = write_plan(path, "second\n", force=False)
    assert problem.code == "plan-overwrites"
    assert path.read_text() == "first\n"
    assert not write_plan(path, "third\n", force=True)
    assert path.read_text() == "third\n"
