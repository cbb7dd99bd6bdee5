"""Plan-wide terms, charged: what a plan says of the whole of a span.

The order (PEERS b4, d): usage as rated -> discounts -> caps -> overage of a commitment ->
rounding of lines -> what a commitment lacks -> what a minimum lacks. Fees stand apart: they
count neither to a cap nor to a minimum. Discounts, caps and overages follow the running total
of their span and change by its difference; true-ups fall on the last day of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from tokenbooks.amounts import exact_text
from tokenbooks.periods import Period, span_of, start_of
from tokenbooks.rating.account_terms import AccountTerms, AppliedTerm, ChargedStep
from tokenbooks.rating.fees import daily_fees, fee_bounds, fee_text
from tokenbooks.rating.invoice_lines import Lines
from tokenbooks.rating.line_rounding import charge_rounding
from tokenbooks.rating.running_terms import charge_caps, charge_discount, charge_overage
from tokenbooks.rating.term_charges import FEES, TermCharge
from tokenbooks.rating.term_counts import TermCount
from tokenbooks.rating.term_facts import TermFacts
from tokenbooks.rating.terms import Fee
from tokenbooks.rating.true_ups import charge_minimum, charge_shortfall

if TYPE_CHECKING:
    from tokenbooks.rating.charges import Step


class PlanTerms:
    """Charges the terms of all plans, account by account; ``found`` holds what it charged."""

    def __init__(self, facts: TermFacts, lines: Lines, service_span: Callable[[date], str]) -> None:
        self.facts = facts
        self.lines = lines
        self.service_span = service_span
        self.found: dict[int, TermCharge] = {}
        self.counts: list[TermCount] = []

    def charge(
        self, account: tuple[str, str], usage: Sequence[tuple[Step, Mapping[int, Fraction]]]
    ) -> list[TermCharge]:
        """What the terms of an account's plan charge for its usage, step by step."""
        ruling = self.facts.plans.get(account[0])
        held = self.facts.held_by(account)
        if ruling is None or held is None or not ruling.plan.terms:
            return []
        own = AccountTerms(
            account,
            ruling.plan,
            held,
            [ChargedStep(step.at, step.value, allocated) for step, allocated in usage],
            self.facts,
            self.lines,
            self.service_span,
            self.found,
            self.counts,
        )
        _charge_terms(own)
        return own.charges


def _charge_terms(account: AccountTerms) -> None:
    """Charge all terms, in the order in which they apply; lines of fees are rounded too."""
    terms = account.plan.terms
    for discount in terms.discounts:
        charge_discount(account, discount)
    charge_caps(account, terms.caps)
    if terms.commitment:
        charge_overage(account, terms.commitment)
    for fee in terms.fees:
        _charge_fee(account, fee)
    if terms.round_lines is not None:
        charge_rounding(account, terms.round_lines)
    if terms.commitment and terms.commitment.shortfall == "bill":
        charge_shortfall(account, terms.commitment)
    if terms.minimum:
        charge_minimum(account, terms.minimum)


def _charge_fee(account: AccountTerms, item: Fee) -> None:
    """Charge a fee day by day, one charge a span."""
    held, levels = account.held, account.facts.levels
    level = (*account.account, item.per or "")
    bounds = fee_bounds(item, held.starts, held.until)
    term = AppliedTerm(FEES, item.name, fee_text(item), item)
    charges: dict[Period, TermCharge] = {}
    for day, value in daily_fees(item, bounds, held, lambda day: levels.on(level, day)):
        own = span_of(day, item.every)
        if own not in charges:
            charges[own] = account.new_charge(term, own)
        charges[own].add(start_of(day), value)
    for charge in charges.values():
        charge.lines.append(f"{charge.text} = {exact_text(charge.value)}")
