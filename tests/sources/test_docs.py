"""docs/files.md and docs/formats.md: examples that are read, and every key explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.sources.test_schemas import schemas_below
from tokenbooks.names import DEFAULT_ACCOUNTS, STANDARD_DIMENSIONS, STANDARD_METERS
from tokenbooks.sources import adjustments, balances, exchange_rates, invoices, opening
from tokenbooks.sources.book_files import read_facts
from tokenbooks.sources.credits import reading as credits
from tokenbooks.sources.schema_check import load_schema

WORD = r"[A-Za-z][A-Za-z0-9_-]*"
BLOCK = re.compile(r"^```(?:yaml|csv) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def text(root: Path) -> str:
    return (root / "docs/files.md").read_text()


def test_the_examples_are_one_book(text: str, tmp_path: Path) -> None:
    blocks = dict(BLOCK.findall(text))
    assert len(blocks) == 9
    for name, content in blocks.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    facts, problems = read_facts(tmp_path)
    assert [str(problem) for problem in problems] == []
    assert facts is not None
    assert [event.lot for event in facts.credits] == [
        "old",
        "openai-2025-10-01",
        "oct",
        "nov",
        "nov-bonus-2025-11-20",
        "old",
        "nov",
    ]
    assert [balance.day.month for balance in facts.balances] == [10, 11]
    assert [str(rate.rate) for rate in facts.rates] == ["1.0850", "1.0910"]
    assert [row.approved for row in facts.adjustments] == ["B. Controller", ""]
    assert [invoice.kind for invoice in facts.invoices] == [
        "invoice",
        "credit_note",
        "receipt",
        "receipt",
    ]


def test_every_key_that_is_read_is_explained(text: str) -> None:
    missing = []
    for name in ("tokenbooks", "plan"):
        root = load_schema(name)
        for key, below in root["properties"].items():
            if "x-planned" not in below and f"`{key}`" not in text and f"\n{key}:" not in text:
                missing.append(key)
    contract = load_schema("tokenbooks")["properties"]["contracts"]["additionalProperties"]
    for key, below in contract["properties"].items():
        if "x-planned" not in below and f"`{key}`" not in text:
            missing.append(key)
    source = load_schema("tokenbooks")["$defs"]["usage_files"]["properties"]
    missing += [key for key in source if f"| `{key}` |" not in text and f", `{key}` |" not in text]
    assert missing == []


def test_every_key_of_plans_is_explained(text: str) -> None:
    """Below the top too: the keys of rates, prices, steps, hours and terms."""
    properties: dict[str, object] = {}
    for schema in schemas_below(load_schema("plan")):
        if isinstance(schema.get("properties"), dict):
            properties |= schema["properties"]
    keys = {key for key, below in properties.items() if "x-planned" not in str(below)}
    missing = {key for key in keys if not re.search(rf"\b{key}\b", text)}
    assert missing == set()
    assert {"free_events", "rolls", "when_at_least", "corrects"} <= keys


def test_every_key_and_word_of_formats_is_explained(root: Path) -> None:
    """docs/formats.md is true to the schema: each key, and each value that one may have."""
    text = (root / "docs/formats.md").read_text()
    named = {word for code in re.findall(r"`([^`\n]+)`", text) for word in re.findall(WORD, code)}
    words: set[str] = set()
    for schema in schemas_below(load_schema("format")):
        if isinstance(schema.get("properties"), dict):
            words |= set(schema["properties"])
        words |= {word for word in schema.get("enum", []) if isinstance(word, str)}
    assert sorted(words - named) == []
    assert {"less_meters", "unix_nanoseconds", "buckets", "granted", "unbilled"} <= words


def test_standard_names_are_listed_for_formats(root: Path) -> None:
    text = (root / "docs/formats.md").read_text()
    names = (*STANDARD_METERS, *STANDARD_DIMENSIONS)
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_column_is_explained(text: str) -> None:
    for reader in (credits, invoices, opening, balances, exchange_rates, adjustments):
        missing = [name for name in reader.COLUMNS.known if f"`{name}`" not in text]
        assert missing == []


def test_the_default_accounts_are_those_of_the_package(text: str) -> None:
    table = dict(re.findall(r"^\| `([a-z_]+)` \| `([A-Z][^`]*)` \|$", text, re.MULTILINE))
    assert table == DEFAULT_ACCOUNTS


def test_policies_with_a_choice_are_explained(text: str) -> None:
    for name, schema in load_schema("tokenbooks")["properties"]["policies"]["properties"].items():
        if "anyOf" not in schema or name == "lot_order":
            continue
        values = load_schema("tokenbooks")["$defs"][f"policy_{name}"]
        allowed = values.get("x-policy-values", values.get("enum", []))
        if len(allowed) > 1:
            row = re.search(rf"^\| `{name}` \| (.*?) \|", text, re.MULTILINE)
            assert row, name
            plain = [str(v).lower() if isinstance(v, bool) else v for v in allowed]
            assert re.findall(r"`(\S+)`", row[1]) == plain
