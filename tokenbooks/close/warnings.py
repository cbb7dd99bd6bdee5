"""What a close must say although it goes on: warnings, and usage without a price."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from tokenbooks.amounts import currency_places, exact_text, money_text, round_half_up
from tokenbooks.close.computed import Computed
from tokenbooks.close.costs import service_rates
from tokenbooks.close.credit_warnings import credit_warnings
from tokenbooks.close.early_spans import early_span_warnings
from tokenbooks.close.removal_warnings import empty_voids, removed_above_left
from tokenbooks.credits.acquisitions import makes_lot
from tokenbooks.entries.buy.payment import overpayments
from tokenbooks.entries.destinations import Destinations
from tokenbooks.entries.service import service_spans
from tokenbooks.facts import Facts
from tokenbooks.names import nearest
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, error, warning
from tokenbooks.rating.charges import UnpricedUsage
from tokenbooks.usage.allocation import UNALLOCATED


def unpriced_problems(facts: Facts, unpriced: Iterable[UnpricedUsage]) -> list[Problem]:
    """One error for each model and meter without a price."""
    problems = []
    for usage in unpriced:
        plan = facts.plan_of(facts.book.contracts[usage.contract])
        modeled = f" of {usage.model}" if usage.model else ""
        known = {
            name for rate in plan.rates for _, names in rate.conditions.patterns for name in names
        }
        is_unknown = usage.model and usage.model not in known
        alike = nearest(usage.model, known) if is_unknown else None
        hint = f"; the plan has '{alike}': add an alias if it is that model" if alike else ""
        problems.append(
            error(
                "unpriced-usage",
                f"contract {usage.contract}: {exact_text(usage.quantity)} {usage.meter}{modeled}"
                f" since {usage.first_day} have no price: {usage.reason}",
                usage.remedy or f"add a rate to plan {plan.id} (free is a price of 0){hint}",
                plan.position,
            )
        )
    return problems


def close_warnings(
    facts: Facts, computed: Computed, period: Period, closing: Period | None = None
) -> list[Problem]:
    """What is odd in a period: usage unallocated or uncovered, reloads, spans from before it.

    ``closing`` is the part of it that no close has booked; all of it where it is None.
    """
    return [
        *_unallocated(facts, computed, period),
        *_without_lots(facts, computed),
        *credit_warnings(facts, computed, period),
        *removed_above_left(facts, computed, closing or period),
        *empty_voids(computed, period),
        *_overpaid(facts, period),
        *early_span_warnings(facts, computed, period),
    ]


def _overpaid(facts: Facts, period: Period) -> Iterator[Problem]:
    for receipt, owed, paid in overpayments(facts, period):
        currency = receipt.currency or facts.book.currency
        places = currency_places(currency)
        yield warning(
            "receipt-overpays",
            f"the receipts of {receipt.invoice} come to {money_text(paid, places)}"
            f" {currency}, but it is for {money_text(owed, places)}",
            "correct the amount or the number; what was paid too much stays on the payable's"
            " account until less of another document is paid",
            receipt.position,
        )


def _unallocated(facts: Facts, computed: Computed, period: Period) -> list[Problem]:
    rated = computed.rated
    destinations = Destinations(rated.charges, rated.allocations)
    spans = service_spans(facts.book.post_usage, facts.book.start.start)
    rates = service_rates(computed)
    value = Fraction(0)
    for (contract, _), steps in rated.charges.steps.items():
        for step in steps:
            if step.at.date() in period and facts.book.allocate:
                found = destinations.of(step.parts, spans(step.at.date()))
                rate = rates.get((contract, str(Period.month_of(step.at.date()))), Fraction(1))
                value += rate * sum(
                    (v for to, v in found.items() if to.role == UNALLOCATED.role), Fraction(0)
                )
    for allocation, own in computed.parties.values.items():
        shares = rated.allocations[allocation].shares if facts.book.allocate else ()
        value += sum(own * Fraction(s.share) / 100 for s in shares if s.role == UNALLOCATED.role)
    if not value:
        return []
    return [
        warning(
            "unallocated-usage",
            f"usage of {_shown(value)} {facts.book.currency} matches no rule of `allocate`",
            "add a rule for it; `tokenbooks usage --by project,api_key` shows whose it is",
            facts.book.position,
        )
    ]


def _without_lots(facts: Facts, computed: Computed) -> list[Problem]:
    with_lots = {lot.contract for lot in computed.lots.values()} | computed.parties.with_lots
    with_lots |= _with_lots_to_come(facts)
    return [
        warning(
            "prepaid-without-lots",
            f"contract {contract.id} is prepaid but no credits were ever bought",
            "add its purchases to the credits file, or say `settle: arrears`",
            contract.position,
        )
        for contract in facts.book.contracts.values()
        if contract.settle == "prepaid" and contract.id not in with_lots
    ]


def _with_lots_to_come(facts: Facts) -> set[str]:
    """The contracts that a later row or a plan's rule brings credits."""
    found = {row.contract for row in facts.credits if makes_lot(row)}
    found |= {row.to.contract for row in facts.credits if row.to is not None}
    contracts = facts.book.contracts.values()
    return found | {c.id for c in contracts if facts.plan_of(c).credit_terms.recurring}


def _shown(value: Fraction) -> str:
    return money_text(round_half_up(value, 2), 2)
