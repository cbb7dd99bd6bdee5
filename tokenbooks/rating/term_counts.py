"""What counts towards a discount, a cap, a commitment or a minimum: how far each has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from tokenbooks.periods import Period
from tokenbooks.problems import Position

#: The name under which a commitment counts, whether it is exceeded or not reached.
COMMITMENT = "commitment"


@dataclass(frozen=True, slots=True)
class TermCount:
    """The amounts that count towards one term of a contract and party, by step of time.

    ``kind`` is one of ``term_charges``, or ``commitment``; ``span_of`` gives the span in
    which a day counts, and ``amount`` what the term asks for or allows in a span.
    """

    contract: str
    party: str
    kind: str
    text: str
    position: Position
    span_of: Callable[[date], Period]
    values: Mapping[datetime, Fraction]
    amount: Callable[[Period], Fraction]

    def counted(self, span: Period, last: date) -> Fraction:
        """What has counted in a span up to the end of a day."""
        values = self.values.items()
        return sum(
            (value for at, value in values if at.date() in span and at.date() <= last), Fraction(0)
        )
