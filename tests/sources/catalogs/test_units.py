"""The catalog's units as meters, and what is part of what."""

from __future__ import annotations

import pytest

from tests.sources.catalogs.shapes import lattice
from tokenbooks.names import STANDARD_METERS
from tokenbooks.sources.catalogs.units import STANDARD


@pytest.mark.parametrize(
    ("unit", "parent"),
    [
        ("input_tokens", None),
        ("cache_read_tokens", "input_tokens"),
        ("cache_write_5m_tokens", "cache_write_tokens"),
        ("cache_write_tokens", "input_tokens"),
        ("input_audio_tokens", "input_tokens"),
        # of its two wholes, cached input and audio input, the former
        ("cache_audio_read_tokens", "cache_read_tokens"),
        ("output_video_tokens", "output_tokens"),
        ("output_citation_tokens", "output_tokens"),
        ("input_annotated_document_pages", "input_document_pages"),
        ("input_audio_seconds", "audio_seconds"),
        ("web_searches", None),
        ("requests", None),
    ],
)
def test_parents(unit: str, parent: str | None) -> None:
    units = lattice()
    found = units.parent(units.units[unit])
    assert (found.key if found else None) == parent


def test_every_standard_meter_is_one_and_every_unit_has_one_meter() -> None:
    units = lattice().units
    assert set(STANDARD) <= set(units)
    assert set(STANDARD.values()) <= set(STANDARD_METERS)
    assert len({unit.meter for unit in units.values()}) == len(units)


def test_parts_are_declared_for_what_is_priced_or_seen_up_to_the_whole() -> None:
    assert lattice().part_of(["input_tokens", "output_tokens"], ["cached_audio_tokens"]) == {
        "cached_input_tokens": "input_tokens",
        "cache_write_tokens": "input_tokens",
        "cache_write_5m_tokens": "cache_write_tokens",
        "cache_write_1h_tokens": "cache_write_tokens",
        "cached_audio_tokens": "cached_input_tokens",
    }


def test_informational_meters_are_part_of_nothing() -> None:
    assert "reasoning_tokens" not in lattice().part_of(["output_tokens", "reasoning_tokens"], [])


def test_without_tokens_no_cache_is_declared() -> None:
    assert lattice().part_of(["audio_seconds"], []) == {}
