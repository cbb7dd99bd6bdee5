"""Revenue that depends on an estimate: its lines, cumulative, and its entries.

Three rules share them: blended tiers, rebates that come later, and commitments that will not
be reached. Each is a figure to date that is estimated anew at every close, so that the
difference is a cumulative catch-up in the revenue of the period (ASC 606-10-32-14, 32-43).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import round_half_up
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.destinations import default_destination
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, add
from tokenbooks.entries.sell.blended import Blended
from tokenbooks.entries.sell.rebate import Rebate
from tokenbooks.entries.sell.shortfall import ExpectedShortfall
from tokenbooks.facts import Facts

#: The rule of their lines, and the kind of their entries.
RULE = "estimate"

#: How units begin: what is estimated.
BLENDED, REBATE, SHORTFALL = "blended", "rebate", "shortfall"

_NARRATIONS = {
    BLENDED: "Revenue at the rate expected for the whole span",
    REBATE: "Rebates expected, kept for customers",
    SHORTFALL: "Shortfall expected of commitments, earned by use",
}


@dataclass(frozen=True, slots=True)
class Estimated:
    """All figures of a period that depend on an estimate.

    ``rates`` are by contract, ``worths`` by contract and party.
    """

    blended: Sequence[Blended] = ()
    rebates: Sequence[Rebate] = ()
    shortfalls: Sequence[ExpectedShortfall] = ()
    rates: Mapping[str, Fraction] | None = None
    worths: Mapping[tuple[str, str], Fraction] = field(default_factory=dict)

    @property
    def accounts(self) -> set[tuple[str, str]]:
        """The contracts and parties of all figures."""
        found: list[Blended | Rebate | ExpectedShortfall]
        found = [*self.blended, *self.rebates, *self.shortfalls]
        return {(item.contract, item.party) for item in found}

    def worth(self, item: Blended | Rebate | ExpectedShortfall) -> Fraction:
        """What a unit of list value of a figure's customer is in the book's money."""
        return self.worths.get((item.contract, item.party), Fraction(1))


def estimated_to_date(facts: Facts, found: Estimated, places: int) -> Posted:
    """The lines of all estimates, in the seller's roles; all parties of a contract together."""
    posted: Posted = {}
    for blended in found.blended:
        ahead = round_half_up(blended.ahead * found.worth(blended), places)
        unit = (RULE, blended.contract, blended.party, f"{BLENDED}-{blended.meter}-{blended.span}")
        role = "deferred_revenue" if ahead > 0 else "contract_asset"
        add(posted, Line(*unit, "", role), -ahead)
        add(posted, Line(*unit, "", *default_destination(facts, blended.contract)), ahead)
    for rebate in found.rebates:
        owed = round_half_up(rebate.liability * found.worth(rebate), places)
        unit = (RULE, rebate.contract, rebate.party, REBATE)
        add(posted, Line(*unit, "", "refund_liability"), -owed)
        add(posted, Line(*unit, "", *default_destination(facts, rebate.contract)), owed)
    for item in found.shortfalls:
        earned = round_half_up(item.earned * found.worth(item), places)
        unit = (RULE, item.contract, item.party, f"{SHORTFALL}-{item.span}")
        add(posted, Line(*unit, "", "contract_asset"), earned)
        add(posted, Line(*unit, "", "revenue_shortfall"), -earned)
    return posted


def estimated_entries(booking: Booking, changes: Mapping[Line, Decimal]) -> Iterator[Entry]:
    """One entry a contract and kind of estimate, at the end of the period."""
    groups: dict[tuple[str, str], Posted] = {}
    for line, amount in changes.items():
        if line.rule == RULE:
            kind = line.unit.partition("-")[0]
            groups.setdefault((line.contract, kind), {})[line] = amount
    for (contract, kind), amounts in sorted(groups.items()):
        yield booking.entry(
            RULE,
            contract,
            f"{kind}-{booking.period}",
            booking.period.last_day,
            _NARRATIONS[kind],
            amounts,
            rule=f"{kind}-estimate",
        )
