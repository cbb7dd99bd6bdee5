"""The entries of all rules that only sellers have."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tokenbooks.close.computed import Computed
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line
from tokenbooks.entries.sell.advance import advance_entries
from tokenbooks.entries.sell.allowance import allowance_entries
from tokenbooks.entries.sell.breakage import breakage_entries
from tokenbooks.entries.sell.estimated import estimated_entries
from tokenbooks.entries.sell.modification import modified_entries
from tokenbooks.entries.sell.promotion import promotion_entries
from tokenbooks.entries.sell.write_off import write_off_entries


def seller_entries(
    booking: Booking, changes: Mapping[Line, Decimal], computed: Computed
) -> list[Entry]:
    """The entries of the lines that the rules of sellers bring."""
    many = computed.rated.parties.contracts if computed.rated.parties else ()
    sold = computed.sold
    return [
        *breakage_entries(booking, changes, sold.breakage, many),
        *advance_entries(booking, changes, sold.advances),
        *estimated_entries(booking, changes),
        *promotion_entries(booking, changes),
        *modified_entries(booking, changes, sold.modified),
        *write_off_entries(booking, changes, sold.losses.written, sold.losses.recovered),
        *allowance_entries(booking, changes, sold.losses.written),
    ]
