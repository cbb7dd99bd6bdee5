"""What a close is made from: everything to date at the end of a period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction

from tokenbooks.close.credit_losses import CreditLosses
from tokenbooks.close.draw_parties import PartyTotals
from tokenbooks.close.open_actions import OpenActions
from tokenbooks.credits.drawing import Drawing, Drawn, Taken
from tokenbooks.credits.lots import Account, Lot
from tokenbooks.entries.buy.owed import Known, Owed
from tokenbooks.entries.posted import Posted
from tokenbooks.entries.sell.advance import Advance
from tokenbooks.entries.sell.breakage import CohortBreakage
from tokenbooks.entries.sell.estimated import Estimated
from tokenbooks.entries.sell.modification import Modified
from tokenbooks.entries.sell.promotion import Promotion
from tokenbooks.rating.rated import Rated

#: What the previous close knew of invoiced spans, by (contract, party) and service span.
KnownSpans = Mapping[tuple[str, str], Mapping[str, Known]]


@dataclass(frozen=True, slots=True)
class Sold:
    """What the rules of the seller found beside their lines, for tables, memos and reports."""

    breakage: tuple[CohortBreakage, ...] = ()
    advances: tuple[Advance, ...] = ()
    estimated: Estimated = field(default_factory=Estimated)
    promotions: tuple[Promotion, ...] = ()
    modified: tuple[Modified, ...] = ()
    losses: CreditLosses = field(default_factory=CreditLosses)
    actions: tuple[OpenActions, ...] = ()


@dataclass(frozen=True, slots=True)
class Computed:
    """Everything to date at the end of a period.

    ``drawn`` is by account. Of each lot ``given`` is what was used, ``tops`` what is left of
    it after all that was ``taken`` away; ``short`` are lots of which usage needed what was
    taken, with the first time. ``of_lots`` are the lines of single lots, which ``posted`` has
    together where a contract has many parties; ``parties`` what those in tables come to,
    ``sold`` what the rules of the seller found.
    """

    rated: Rated
    lots: Mapping[str, Lot] = field(default_factory=dict)
    drawn: Mapping[Account, Drawn] = field(default_factory=dict)
    given: Mapping[str, Fraction] = field(default_factory=dict)
    tops: Mapping[str, Fraction] = field(default_factory=dict)
    taken: tuple[Taken, ...] = ()
    short: Mapping[str, datetime] = field(default_factory=dict)
    owed: Mapping[tuple[str, str, str], Owed] = field(default_factory=dict)
    posted: Posted = field(default_factory=dict)
    of_lots: Posted = field(default_factory=dict)
    parties: PartyTotals = field(default_factory=PartyTotals)
    sold: Sold = field(default_factory=Sold)

    def with_drawings(self, drawings: Iterable[Drawing]) -> Computed:
        """With what became of all lots."""
        found = list(drawings)
        return replace(
            self,
            lots={name: lot for drawing in found for name, lot in drawing.lots.items()},
            drawn={account: d for drawing in found for account, d in drawing.accounts.items()},
            given={name: q for drawing in found for name, q in drawing.given.items()},
            tops={name: q for drawing in found for name, q in drawing.tops.items()},
            taken=tuple(taken for drawing in found for taken in drawing.taken),
            short={name: at for drawing in found for name, at in drawing.short.items()},
        )
