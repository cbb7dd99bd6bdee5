"""What went wrong while usage was rated: no price, no single price, or a part above its whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.problems import Problem, error
from tokenbooks.rating.charges import UnpricedUsage
from tokenbooks.rating.keys import RatedKey
from tokenbooks.rating.matching import Ambiguous, Match, Unpriced

if TYPE_CHECKING:
    from tokenbooks.rating.totals import Total

_Noted = dict[tuple[int, str], UnpricedUsage]


@dataclass(slots=True)
class Unrated:
    """Usage that has no value of its own, by rating key and meter.

    ``exceeding`` are parts that are larger than the meter that contains them; the reason of
    each is the part.
    """

    unpriced: _Noted = field(default_factory=dict)
    ambiguous: dict[tuple[int, str], Ambiguous] = field(default_factory=dict)
    exceeding: _Noted = field(default_factory=dict)

    def fail(
        self,
        item: RatedKey,
        total: Total,
        meter: str,
        outcome: Unpriced | Ambiguous,
        quantity: Fraction,
    ) -> None:
        """Note a quantity for which there is no price, or more than one."""
        if isinstance(outcome, Ambiguous):
            self.ambiguous[item.id, meter] = outcome
        else:
            _note(self.unpriced, item, total, meter, outcome, quantity)

    def exceed(self, item: RatedKey, total: Total, meter: str, quantity: Fraction) -> None:
        """Note by how much a part is larger than the meter that contains it."""
        part = Unpriced(item.taken_out(meter) or "")
        _note(self.exceeding, item, total, meter, part, quantity)

    def exceeding_problems(self) -> Iterator[Problem]:
        """An error for each meter with a part that is larger than it."""
        for (_, meter), usage in self.exceeding.items():
            match = usage.key.outcomes[usage.reason]
            place = match.price.position if isinstance(match, Match) else None
            yield error(
                "part-exceeds-whole",
                f"contract {usage.contract}: {usage.reason} of {usage.model or 'the usage'} is"
                f" larger than the {meter} that contains it, since {usage.first_day}",
                f"correct the counts, or take the price of {usage.reason} out of the plan if"
                f" the source counts it beside {meter}",
                *([place] if place else []),
            )


def _note(
    noted: _Noted, item: RatedKey, total: Total, meter: str, why: Unpriced, quantity: Fraction
) -> None:
    known = noted.get((item.id, meter))
    noted[item.id, meter] = UnpricedUsage(
        total.contract,
        item.key.values.get("model", ""),
        meter,
        why.reason,
        quantity + (known.quantity if known else 0),
        min(total.at.date(), known.first_day) if known else total.at.date(),
        item,
        why.remedy,
    )
