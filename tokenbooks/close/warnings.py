"""What a close must say although it goes on: warnings, and usage without a price."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from tokenbooks.amounts import currency_places, exact_text, money_text, round_half_up
from tokenbooks.close.compute import Computed
from tokenbooks.close.early_spans import early_span_warnings
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


def close_warnings(facts: Facts, computed: Computed, period: Period) -> list[Problem]:
    """Unallocated or uncovered usage, contracts without lots, spans that began before the book."""
    return [
        *_unallocated(facts, computed, period),
        *_without_lots(facts, computed),
        *_overdrawn(facts, computed),
        *_foreign(facts, computed),
        *_overpaid(facts, period),
        *early_span_warnings(facts, computed, period),
    ]


def _overpaid(facts: Facts, period: Period) -> Iterator[Problem]:
    places = currency_places(facts.book.currency)
    for receipt, owed, paid in overpayments(facts, period, places):
        yield warning(
            "receipt-overpays",
            f"the receipts of {receipt.invoice} come to {money_text(paid, places)}"
            f" {facts.book.currency}, but it is for {money_text(owed, places)}",
            "correct the amount or the number; what was paid too much stays on the payable's"
            " account until less of another document is paid",
            receipt.position,
        )


def _unallocated(facts: Facts, computed: Computed, period: Period) -> list[Problem]:
    rated = computed.rated
    destinations = Destinations(rated.charges, rated.allocations)
    spans = service_spans(facts.book.post_usage, facts.book.start.start)
    value = Fraction(0)
    for steps in rated.charges.steps.values():
        for step in steps:
            if step.at.date() in period and facts.book.allocate:
                found = destinations.of(step.parts, spans(step.at.date()))
                value += sum(
                    (v for to, v in found.items() if to.role == UNALLOCATED.role), Fraction(0)
                )
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
    with_lots = {lot.contract for lot in computed.lots.values()}
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


def _shown(value: Fraction) -> str:
    return money_text(round_half_up(value, 2), 2)


def _foreign(facts: Facts, computed: Computed) -> list[Problem]:
    """Usage that no lot covers, priced in another currency than the book's."""
    problems = []
    for (name, _), drawn in computed.drawn.items():
        contract = facts.book.contracts[name]
        plan = facts.plan_of(contract)
        if drawn.uncovered and plan.currency != facts.book.currency:
            problems.append(
                error(
                    "uncovered-foreign",
                    f"contract {name}: usage in {plan.currency} is covered by no lot, and has no"
                    f" cost in {facts.book.currency}",
                    "add the purchase that covered it, with its fx_rate, to the credits file",
                    contract.position,
                )
            )
    return problems


def _overdrawn(facts: Facts, computed: Computed) -> list[Problem]:
    problems = []
    for (contract, _), drawn in computed.drawn.items():
        value = sum((item.quantity for item in drawn.uncovered), Fraction(0))
        if value and any(lot.contract == contract for lot in computed.lots.values()):
            problems.append(
                warning(
                    "credits-exhausted",
                    f"contract {contract}: usage of {_shown(value)} is covered"
                    " by no lot, and is accrued until it is invoiced",
                    "check the credits file for a purchase that is missing",
                    facts.book.contracts[contract].position,
                )
            )
    return problems
