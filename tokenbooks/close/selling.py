"""The rules of the seller, joined to what is computed for both sides.

Each rule gives lines in the seller's roles, cumulative to the end of the period; here they are
turned into the payer's view once. What a rule finds beside its lines is kept in ``Sold``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tokenbooks.amounts import currency_places
from tokenbooks.close.breakage import find_breakage
from tokenbooks.close.computed import Computed, Sold
from tokenbooks.close.credit_losses import credit_losses
from tokenbooks.close.estimates import find_estimated, unestimated
from tokenbooks.close.modified import find_modified
from tokenbooks.close.open_actions import open_actions
from tokenbooks.close.promotions import find_promotions
from tokenbooks.entries.exchange import Exchange
from tokenbooks.entries.mirror import mirrored
from tokenbooks.entries.posted import Posted, add
from tokenbooks.entries.sell.advance import advances, advances_to_date
from tokenbooks.entries.sell.breakage import breakage_to_date
from tokenbooks.entries.sell.estimated import estimated_to_date
from tokenbooks.entries.sell.modification import modified_to_date
from tokenbooks.entries.sell.promotion import promotions_to_date
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.problems import Problem

if TYPE_CHECKING:
    import duckdb


def with_sold(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    computed: Computed,
    period: Period,
    exchange: Exchange,
) -> tuple[Computed, list[Problem]]:
    """With the lines of all rules that only sellers have."""
    if not any(contract.sells for contract in facts.book.contracts.values()):
        return computed, []
    problems: list[Problem] = []
    breakage, found = find_breakage(connection, facts, computed, period)
    problems += [*found, *unestimated(facts, computed, period)]
    places = currency_places(facts.book.currency)
    estimated = find_estimated(facts, computed, period, exchange)
    billed = advances(facts, exchange, period.end)
    modified, found = find_modified(facts, computed, billed, period)
    problems += found
    given, found = find_promotions(connection, facts, computed, period)
    problems += found
    lines: Posted = {
        **breakage_to_date(breakage),
        **advances_to_date(billed, period, places),
        **estimated_to_date(facts, estimated, places),
        **promotions_to_date(given, estimated.rates or {}, places),
        **modified_to_date(facts, modified),
    }
    posted = _joined(facts, computed.posted, lines)
    lots, taken = computed.lots, computed.taken
    losses, found = credit_losses(facts, computed.of_lots, lots, taken, posted, exchange, period)
    problems += found
    posted = _joined(facts, posted, losses.lines)
    sold = Sold(
        *(breakage, tuple(billed), estimated, tuple(given), tuple(modified)),
        losses=losses,
        actions=tuple(open_actions(connection, facts, period)),
    )
    return replace(computed, posted=posted, sold=sold), problems


def _joined(facts: Facts, posted: Posted, lines: Posted) -> Posted:
    """Lines in the payer's view with some of sellers."""
    found = dict(posted)
    for line, amount in mirrored(facts.book, lines).items():
        add(found, line, amount)
    return found
