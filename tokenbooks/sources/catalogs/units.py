"""The units of the genai-prices catalog as meters: which is which, and which is part of which.

The catalog counts inclusively: its ``input_tokens`` hold the cached ones, and a unit is
priced without those of its parts that have prices. Meters here stand beside each other,
and one without a price takes that of the meter it is ``part_of``. Both give one amount as
long as the parts follow the catalog's lattice of units, which this module translates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tokenbooks.names import INFORMATIONAL_METERS

#: Unit -> standard meter. A unit that is not here becomes a meter of its own, by its name.
STANDARD = {
    "input_tokens": "input_tokens",
    "cache_read_tokens": "cached_input_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "cache_write_5m_tokens": "cache_write_5m_tokens",
    "cache_write_1h_tokens": "cache_write_1h_tokens",
    "output_tokens": "output_tokens",
    "output_reasoning_tokens": "reasoning_tokens",
    "input_audio_tokens": "input_audio_tokens",
    "cache_audio_read_tokens": "cached_audio_tokens",
    "output_audio_tokens": "output_audio_tokens",
    "input_image_tokens": "input_image_tokens",
    "cache_image_read_tokens": "cached_image_tokens",
    "output_image_tokens": "output_image_tokens",
    "input_characters": "characters",
    "input_document_pages": "pages",
    "audio_seconds": "audio_seconds",
    "web_searches": "web_searches",
    "storage_searches": "file_searches",
    "requests": "requests",
}

#: Meters whose parents are declared wherever tokens are priced, since exports have them.
_USUAL_PARTS = (
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
)

#: Of two parents of one size the one without this dimension is preferred: cached audio is
#: cached input rather than audio input, since every model with cached prices has the former.
_LESSER = "modality"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the catalog: its key in prices, the quantity a price is for, its dimensions."""

    key: str
    price_key: str
    per: int
    dimensions: Mapping[str, str]

    @property
    def meter(self) -> str:
        """The meter that it is here."""
        return STANDARD.get(self.key, self.key)

    def holds(self, other: Unit) -> bool:
        """Whether the other is part of this one, or is this one."""
        return self.dimensions.items() <= other.dimensions.items()


class Lattice:
    """All units of the catalog."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self.units = {unit.key: unit for unit in units}
        self.by_price_key = {unit.price_key: unit for unit in self.units.values()}

    def parent(self, unit: Unit) -> Unit | None:
        """The unit whose price it takes where it has none: one with the fewest words less."""
        wholes = [u for u in self.units.values() if u is not unit and u.holds(unit)]
        return max(wholes, key=_preference, default=None)

    def part_of(self, priced: Iterable[str], seen: Iterable[str]) -> dict[str, str]:
        """Meter -> the meter that it is part of, for meters with prices and seen in usage."""
        wanted = {*priced, *seen}
        if any(meter.endswith("_tokens") for meter in priced):
            wanted |= {self.units[key].meter for key in _USUAL_PARTS if key in self.units}
        found: dict[str, str] = {}
        queue = [unit for unit in self.units.values() if unit.meter in wanted]
        for unit in queue:
            parent = self.parent(unit)
            if parent is None or unit.meter in found or unit.meter in INFORMATIONAL_METERS:
                continue
            found[unit.meter] = parent.meter
            queue.append(parent)
        return found

    def owner(self, unit: Unit, priced: Iterable[str]) -> Unit | None:
        """The priced unit in which the catalog counts a unit: the most particular one."""
        wholes = [self.units[key] for key in priced if self.units[key].holds(unit)]
        return max(wholes, key=lambda u: len(u.dimensions), default=None)

    def chosen(self, unit: Unit, priced: Iterable[str]) -> Unit | None:
        """The priced unit to which ``parent`` leads from a unit."""
        keys, current = set(priced), unit
        while current.key not in keys:
            parent = self.parent(current)
            if parent is None:
                return None
            current = parent
        return current


def _preference(unit: Unit) -> tuple[int, bool]:
    return len(unit.dimensions), _LESSER not in unit.dimensions


#: Least quantities that the package keeps in its code instead of its data: Groq bills ten
#: seconds at least. (provider, model) -> meter -> least quantity of a request.
LEAST: Mapping[tuple[str, str], Mapping[str, Decimal]] = {
    ("groq", "whisper-large-v3"): {"audio_seconds": Decimal(10)},
    ("groq", "whisper-large-v3-turbo"): {"audio_seconds": Decimal(10)},
}
