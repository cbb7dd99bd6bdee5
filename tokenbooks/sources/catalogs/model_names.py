"""By which names a genai-prices model goes: exact ones, patterns, and those seen in usage.

The package finds a model by the first clause that matches, in the order of its list; clauses
are exact names, beginnings, ends, parts and regular expressions, whatever the case. Exact
names become aliases. A beginning becomes a pattern such as ``gpt-5-nano-*`` only where no
name that begins so belongs to another model. Everything else is named literally, as usage
has it, so that a model which comes out later is never priced as another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, Provider


@dataclass(frozen=True, slots=True)
class Found:
    """A model, and the provider whose list it stands in: the asked one, or one it falls back on."""

    info: ModelInfo
    provider: str
    is_fallback: bool


@dataclass(frozen=True, slots=True)
class WrittenNames:
    """The names of a model in a plan: what its rates are for, and its aliases."""

    id: str
    patterns: tuple[str, ...]
    aliases: tuple[str, ...]


def find_model(provider: Provider, name: str, providers: Sequence[Provider]) -> Found | None:
    """The model that the package would price a name by; None if it knows none."""
    info = provider.find_model(name, all_providers=list(providers))
    if info is None:
        return None
    owner = next(p.id for p in providers if any(model is info for model in p.models))
    return Found(info, owner, owner != provider.id)


def written_names(provider: Provider, found: Found, seen: Iterable[str]) -> WrittenNames:
    """The names under which a model is written into a plan, those seen in usage included."""
    info = found.info
    if found.is_fallback:
        own, *others = dict.fromkeys(seen)
        return WrittenNames(own, (), tuple(others))
    patterns = tuple(_patterns(provider, info))
    beginnings = tuple(pattern.removesuffix("*") for pattern in patterns)
    exact = [name for name in _exact(info.match) if provider.find_model(name) is info]
    literal = [name for name in seen if not beginnings or not name.startswith(beginnings)]
    names = dict.fromkeys([*exact, *literal, *patterns])
    own = info.id if provider.find_model(info.id) is info else next(iter(names))
    aliases = tuple(name for name in names if name not in {own, *patterns})
    return WrittenNames(own, tuple(p for p in patterns if p != own), aliases)


def _exact(clause: Any) -> Iterator[str]:
    """The exact names that a clause takes, by themselves."""
    if hasattr(clause, "equals"):
        yield clause.equals
    for inner in getattr(clause, "or_", ()):
        yield from _exact(inner)


def _beginnings(clause: Any) -> Iterator[str]:
    if hasattr(clause, "starts_with"):
        yield clause.starts_with
    for inner in getattr(clause, "or_", ()):
        yield from _beginnings(inner)


def _patterns(provider: Provider, info: ModelInfo) -> Iterator[str]:
    """Patterns for names that begin so, none of which any other model could take."""
    place = next(i for i, model in enumerate(provider.models) if model is info)
    for beginning in _beginnings(info.match):
        others = enumerate(provider.models)
        taken = any(
            model is not info and _may_take(model.match, beginning, comes_first=i < place)
            for i, model in others
        )
        if not taken and "*" not in beginning:
            yield f"{beginning}*"


def _may_take(clause: Any, beginning: str, comes_first: bool) -> bool:
    """Whether a clause of another model could match a name that begins so.

    What takes parts of names could match any; it does no harm where the package asks it later.
    """
    if hasattr(clause, "equals"):
        return bool(clause.equals.lower().startswith(beginning.lower()))
    if hasattr(clause, "starts_with"):
        one, other = clause.starts_with.lower(), beginning.lower()
        return bool(one.startswith(other) or other.startswith(one))
    if hasattr(clause, "or_"):
        return any(_may_take(inner, beginning, comes_first) for inner in clause.or_)
    return comes_first
