"""Measures: what is taken from each request before requests are summed.

A price that looks at each request (a least quantity, rounding up, another price above a
size, tiers within one request) is not a function of totals. It is one of sums over
requests, though: of the quantity of those above a bound, of the stretch between two
bounds, of their number, of the rounded quantity. Each of these sums is a measure. The
reader adds it as a column beside the meters, so that rating stays linear in totals.

Rows that sum many requests have no measures: their quantity is counted under ``MANY``,
and is unpriced (DESIGN 6: such rows never infer a context tier).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tokenbooks.amounts import number_text

#: The word in plans for all that goes into a request: input, cached and cache-write tokens,
#: those of sound and images too.
CONTEXT_TOKENS = "context_tokens"
CONTEXT_METERS = (
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "cached_audio_tokens",
    "input_image_tokens",
    "cached_image_tokens",
)

#: What a measure takes from each request.
QUANTITY, STRETCH, REQUESTS, PACKAGES, MANY = "quantity", "stretch", "requests", "packages", "many"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A size of a request: above it, or from it on where ``inclusive``.

    ``name`` is the meter that is compared, several joined by ``+``, or ``context_tokens``.
    """

    name: str
    size: Decimal
    inclusive: bool = False

    @property
    def meters(self) -> tuple[str, ...]:
        """The meters whose sum is the size."""
        return CONTEXT_METERS if self.name == CONTEXT_TOKENS else tuple(self.name.split("+"))

    def __str__(self) -> str:
        return f"{self.name} {'>=' if self.inclusive else '>'} {number_text(self.size)}"


@dataclass(frozen=True, slots=True)
class Measure:
    """What is taken from each request with a quantity q, the sum of its ``meters``.

    - ``quantity``: q, of requests within the bounds ``above`` and ``up_to``; rounded up to
      ``step`` and at least ``at_least`` where these are given and q is not zero
    - ``stretch``: the part of q above ``above`` and up to ``up_to``; both compare q itself
    - ``requests``: 1, of requests within the bounds whose q is not zero
    - ``packages``: q / ``step`` rounded by ``rounding`` (``up``, ``down``, ``half_up``)
    - ``many``: q, of rows that sum many requests

    A request is within ``above`` unless it fails that threshold, and within ``up_to``
    unless it passes it.
    """

    meters: tuple[str, ...]
    take: str
    above: Threshold | None = None
    up_to: Threshold | None = None
    at_least: Decimal | None = None
    step: Decimal | None = None
    rounding: str = "up"

    @property
    def name(self) -> str:
        """The name of its column: no meter's, because it has a space."""
        texts = ["+".join(self.meters), self.take]
        texts += [f"if {self.above}"] if self.above else []
        texts += [f"unless {self.up_to}"] if self.up_to else []
        texts += [f"at least {number_text(self.at_least)}"] if self.at_least is not None else []
        texts += [f"step {number_text(self.step)}"] if self.step is not None else []
        texts += [f"rounded {self.rounding}"] if self.take == PACKAGES else []
        return " ".join(texts)

    @property
    def is_count(self) -> bool:
        """Whether it is a whole number whatever its meters are."""
        return self.take in {REQUESTS, PACKAGES}


def is_measure(column: str) -> bool:
    """Whether a column of the layout is a measure rather than a meter."""
    return " " in column
