"""Rated usage: everything that rating decided, as later stages take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tokenbooks.rating.bulk import NO_BULK, BulkPrices
from tokenbooks.rating.charges import Charges, ServiceSpanOf
from tokenbooks.rating.keys import RatedKey
from tokenbooks.rating.party_values import PartyTables
from tokenbooks.rating.totals import TotalsBy
from tokenbooks.usage.allocation import Allocation
from tokenbooks.usage.layout import Layout


@dataclass(frozen=True, slots=True)
class Rated:
    """Usage with its prices and allocations decided.

    ``by`` are the dimensions of its totals; ``service_span`` names the span in which a day
    is posted; ``bulk`` are the prices that are counted in SQL, ``parties`` tells of the
    parties that are in tables instead.
    """

    layout: Layout
    keys: Mapping[int, RatedKey]
    allocations: Mapping[int, Allocation]
    charges: Charges
    by: TotalsBy
    service_span: ServiceSpanOf
    bulk: BulkPrices = NO_BULK
    parties: PartyTables | None = None
