"""What of a period's revenue depends on estimates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from tokenbooks.close.computed import Computed
from tokenbooks.credits.drawing import Drawn
from tokenbooks.entries.exchange import Exchange
from tokenbooks.entries.sell.blended import VOLUME, blended_prices, long_pools
from tokenbooks.entries.sell.estimated import Estimated
from tokenbooks.entries.sell.rebate import rebates
from tokenbooks.entries.sell.shortfall import expected_shortfalls, unexpected_commitments
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, warning


def find_estimated(
    facts: Facts, computed: Computed, period: Period, exchange: Exchange
) -> Estimated:
    """All figures that depend on an estimate, and what they are worth in the book's money."""
    charges = computed.rated.charges
    rates = _rates(computed)
    found = Estimated(
        blended_prices(facts, charges.pools.values(), period.end, period.last_day),
        rebates(facts, charges, period),
        expected_shortfalls(facts, charges.counts, period),
        rates,
    )
    worths = {
        account: _worth(facts, computed, account, rates, period, exchange)
        for account in sorted(found.accounts)
    }
    return replace(found, worths=worths)


def _rates(computed: Computed) -> dict[str, Fraction]:
    """What the currency of each plan was last worth, where usage is owed in it."""
    found: dict[str, Fraction] = {}
    for (contract, _, _), owed in sorted(computed.owed.items(), key=lambda item: item[0][2]):
        found[contract] = owed.rate
    return found


def _worth(
    facts: Facts,
    computed: Computed,
    account: tuple[str, str],
    rates: Mapping[str, Fraction],
    period: Period,
    exchange: Exchange,
) -> Fraction:
    """What a unit of a customer's list value has earned, in the book's money.

    Of prepaid usage that is what its lots were sold for, of all other the rate of its currency.
    """
    drawn = computed.drawn.get(account) or Drawn()
    sold = [(computed.lots[draw.lot], draw.quantity) for draw in drawn.draws]
    cost = sum((Fraction(lot.cost) * part / lot.quantity for lot, part in sold), Fraction(0))
    covered = sum((part for _, part in sold), Fraction(0))
    owed = sum((use.quantity for use in drawn.owed), Fraction(0))
    if covered and not owed:
        return cost / covered
    own = facts.book.contracts[account[0]]
    currency, needed = facts.plan_of(own).currency, f"the estimated revenue of {own.id}"
    rate = rates.get(own.id) or exchange.rate(currency, period.last_day, needed, own.position)
    return (cost + owed * rate) / (covered + owed) if covered + owed else rate


def unestimated(facts: Facts, computed: Computed, period: Period) -> Iterator[Problem]:
    """What is charged over more than a month, of which nobody expects a volume."""
    yield from _unexpected_commitments(facts, computed, period)
    told = set()
    for pool in long_pools(computed.rated.charges.pools.values(), facts):
        names = (pool.name, facts.book.contracts[pool.contract].plan, "")
        known = facts.estimated(VOLUME, pool.contract, period.last_day, names)
        if known or (pool.contract, pool.name) in told or pool.key.span.end <= period.end:
            continue
        told.add((pool.contract, pool.name))
        yield warning(
            "volume-unestimated",
            f"the tiers of {pool.name} of {pool.contract} reset after more than a month, and no"
            " volume is expected: revenue is what is charged",
            "add expected_volume with its evidence to estimates.csv: revenue is then at the rate"
            " of the whole span",
            facts.book.contracts[pool.contract].position,
        )


def _unexpected_commitments(facts: Facts, computed: Computed, period: Period) -> Iterator[Problem]:
    for contract in unexpected_commitments(facts, computed.rated.charges.counts, period):
        yield warning(
            "volume-unestimated",
            f"the shortfall of the commitment of {contract} is to be earned in proportion, and no"
            " usage of it is expected: it is revenue when its span is over",
            "add expected_volume with its evidence to estimates.csv, in money and with the cohort"
            " commitment",
            facts.book.contracts[contract].position,
        )
