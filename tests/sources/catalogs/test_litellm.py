"""A price file of litellm: keys with suffixes, prices of one token, no digit lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tokenbooks.rating.catalog import Catalog
from tokenbooks.sources.catalogs.litellm import read_litellm

SHAPE = {"litellm_provider": "openai", "mode": "chat", "max_tokens": 16384}


def read(folder: Path, text: str, *names: str, provider: str | None = None) -> Catalog:
    file = folder / "litellm.json"
    file.write_text(text, encoding="utf-8")
    catalog, _, problems = read_litellm(file, dict.fromkeys(names, ()), provider)
    assert not problems
    assert catalog is not None
    return catalog


def told(catalog: Catalog) -> list[str]:
    return [
        f"{item.rate.conditions}: {price.name} {price}"
        for model in catalog.models
        for item in model.rates
        for price in item.rate.prices
    ]


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ('"input_cost_per_token": 2.5e-06', ["model: m: input_tokens 2.5 per 1M"]),
        # 1.25e-06 is no binary number: read as one it is 1.2499999999999998...e-06
        ('"cache_read_input_token_cost": 1.25e-06', ["model: m: cached_input_tokens 1.25 per 1M"]),
        ('"input_cost_per_token": 0.00001249997', ["model: m: input_tokens 12.49997 per 1M"]),
        ('"output_cost_per_token": 0', ["model: m: output_tokens 0 per 1M"]),
        ('"input_cost_per_second": 0.0001', ["model: m: audio_seconds 0.0001"]),
        (
            '"cache_creation_input_token_cost_above_1hr": 6e-06',
            ["model: m: cache_write_1h_tokens 6 per 1M"],
        ),
        ('"input_cost_per_token_batches": 1e-06', ["batch: true, model: m: input_tokens 1 per 1M"]),
        (
            '"output_cost_per_token_flex": 5e-06, "output_cost_per_token_priority": 2e-05',
            [
                "model: m, service_tier: flex: output_tokens 5 per 1M",
                "model: m, service_tier: priority: output_tokens 20 per 1M",
            ],
        ),
        # the sizes of a meter are one price, in whatever order the keys stand
        (
            '"input_cost_per_token_above_272k_tokens": 1e-05, "input_cost_per_token": 5e-06',
            ["model: m: input_tokens 5 per 1M each request; 10 per 1M if context_tokens > 272000"],
        ),
        (
            (
                '"input_cost_per_token_batches": 2e-06,'
                ' "input_cost_per_token_above_272k_tokens_batches": 4e-06'
            ),
            [
                (
                    "batch: true, model: m: input_tokens 2 per 1M each request;"
                    " 4 per 1M if context_tokens > 272000"
                )
            ],
        ),
        (
            (
                '"cache_creation_input_token_cost_above_1hr": 6e-06,'
                ' "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05'
            ),
            [
                (
                    "model: m: cache_write_1h_tokens 6 per 1M each request;"
                    " 12 per 1M if context_tokens > 200000"
                )
            ],
        ),
        # keys that are no prices of meters here, and prices that are not told
        ('"search_context_cost_per_query": {"search_context_size_low": 0.01}', []),
        ('"input_cost_per_token_ultrafast": 1e-05, "input_cost_per_token": null', []),
    ],
)
def test_prices(tmp_path: Path, prices: str, expected: list[str]) -> None:
    text = f'{{"m": {{"litellm_provider": "openai", "mode": "chat", {prices}}}}}'
    assert told(read(tmp_path, text, "m")) == expected


@pytest.mark.parametrize(
    ("keys", "provider", "expected"),
    [
        ({"m": "openai"}, None, "m"),
        ({"openai/m": "openai"}, None, "openai/m"),
        # the plan's provider first, also where litellm calls it otherwise
        ({"m": "vertex_ai", "gemini/m": "gemini"}, "google", "gemini/m"),
        ({"m": "vertex_ai", "gemini/m": "gemini"}, None, "m"),
        # of two that offer it, none
        ({"groq/m": "groq", "azure/m": "azure"}, None, None),
        # a region of another one is not the model
        ({"azure/eu/m": "azure"}, None, None),
    ],
)
def test_which_entry_is_the_model(
    tmp_path: Path, keys: dict[str, str], provider: str | None, expected: str | None
) -> None:
    entries = {
        key: {"litellm_provider": owner, "input_cost_per_token": 1} for key, owner in keys.items()
    }
    found = read(tmp_path, json.dumps(entries), "m", provider=provider).models
    assert [model.title for model in found] == ([expected] if expected else [])


def test_aliases_are_tried_and_missing_models_told(tmp_path: Path) -> None:
    file = tmp_path / "litellm.json"
    file.write_text(json.dumps({"m-1": {**SHAPE, "input_cost_per_token": 1}}))
    catalog, missing, _ = read_litellm(file, {"m": ("m-1",), "n": ()}, None)
    assert catalog is not None
    assert [(model.id, model.title) for model in catalog.models] == [("m", "m-1")]
    assert missing == ["n"]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ('{"m": {"input_cost_per_token": 1e-06,}}', "litellm-syntax", 1),
        ('{\n"m": {"input_cost_per_token": }\n}', "litellm-syntax", 2),
        ('{"m": {"input_cost_per_token": NaN}}', "litellm-syntax", 0),
        ("[" * 100_000, "litellm-syntax", 0),
        ("", "litellm-syntax", 1),
        ("[]", "litellm-shape", 0),
        ("{}", "litellm-shape", 0),
        ('{"m": 5}', "litellm-shape", 0),
        ('{"m": {"input_cost_per_token": "1e-06"}}', "litellm-shape", 0),
        ('{"m": {"input_cost_per_token": -1}}', "litellm-shape", 0),
        ('{"m": {"input_cost_per_token": true}}', "litellm-shape", 0),
        ('{"m": {"input_cost_per_token": 1e999999999}}', "litellm-shape", 0),
        ('{"m": {"input_cost_per_token": [1]}}', "litellm-shape", 0),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, text: str, code: str, line: int) -> None:
    file = tmp_path / "litellm.json"
    file.write_text(text)
    _, _, problems = read_litellm(file, {"m": ()}, None)
    assert [(problem.code, problem.position.line) for problem in problems] == [(code, line)]


def test_a_missing_file(tmp_path: Path) -> None:
    catalog, _, problems = read_litellm(tmp_path / "none.json", {}, None)
    assert catalog is None
    assert [problem.code for problem in problems] == ["file-missing"]
