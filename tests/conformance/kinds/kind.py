"""A kind of case: its translator, and the keys of a case that the translator understands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Case = dict[str, Any]

#: The charge models that a case may name.
MODELS = {"unit", "graduated", "volume", "package"}


def _runs(_: Case) -> str:
    return ""


@dataclass(frozen=True)
class Kind:
    """How cases of one kind are run.

    ``plan``, ``usage`` and ``expected`` are the keys that ``check`` understands, each a text
    of words; a case with another key is skipped and the key is named. ``items`` has the words
    of the mappings of a list, by where it is, such as ``plan.lots``. ``listed`` gives the
    reason why a case is not run, from its shape, or nothing.
    """

    check: Callable[[Case, Path], None]
    plan: str
    usage: str
    expected: str
    steps: str = "up_to unit flat"
    listed: Callable[[Case], str] = _runs
    items: Mapping[str, str] = field(default_factory=dict)

    def unknown_keys(self, case: Case) -> list[str]:
        """The keys of a case that its translator would not look at."""
        usage = case["usage"] or {}
        found = _others("", case["plan"], self.plan) + _others("usage.", usage, self.usage)
        found += _others("expected.", case["expected"], self.expected)
        for step in case["plan"].get("tiers", ()):
            found += _others("tiers.", step, self.steps)
        for place, words in self.items.items():
            part, _, name = place.partition(".")
            for item in (case[part] or {}).get(name, ()):
                found += _others(f"{name}.", item, words)
        if case["plan"].get("model", "unit") not in MODELS:
            found.append(f"model {case['plan']['model']}")
        return sorted(set(found))


def _others(prefix: str, mapping: Case, known: str) -> list[str]:
    return [f"{prefix}{name}" for name in mapping if name not in known.split()]
