"""Leg 2 of the bridge: usage at list value against what our entries expense.

R - B is taken apart on the way by which an amount is booked: from list value to what it costs
(credits, documents, terms of the plan, tax, currency), to what is posted of it (rounding), and
to the close that posts it (another period). Each step is exact, so that nothing is left over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from tokenbooks.close.computed import Computed
from tokenbooks.entries.buy.approved_accruals import RULE as APPROVED
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.exchange import Exchange
from tokenbooks.entries.posted import Posted
from tokenbooks.entries.service import last_day_of
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.reconcile.booked.booked_credits import PaidUsage, credit_causes
from tokenbooks.reconcile.booked.booked_documents import document_causes
from tokenbooks.reconcile.booked.booked_parties import NO_PARTIES, PartyUsage
from tokenbooks.reconcile.booked.usage_costs import CostsBy, costs_by
from tokenbooks.reconcile.causes import (
    ADJUSTED,
    BOOKED,
    CREDITS,
    PERIOD,
    TERMS,
    USAGE,
    Cause,
    Leg,
    leg,
)

#: Rules whose lines have causes of their own; of others the line itself is the cause.
_OF_USAGE = ("consumption", "service", "advance-earned")


def usage_value(
    facts: Facts,
    computed: Computed,
    contract: str,
    period: Period,
    parties: PartyUsage = NO_PARTIES,
) -> Fraction:
    """What usage of a month comes to with the terms of its plan: R, in the book's currency."""
    value = parties.value
    for account, steps in computed.rated.charges.steps.items():
        if account[0] == contract:
            own = (step.value for step in steps if step.at.date() in period)
            value += sum(own, Fraction(0))
    return value * month_rate(facts, contract, period)


def month_rate(facts: Facts, contract: str, period: Period) -> Fraction:
    """What usage of a month is worth in the book's currency; 1 where nobody needed a rate."""
    currency = facts.plan_of(facts.book.contracts[contract]).currency
    return Exchange(facts).known(currency, period.last_day) or Fraction(1)


def booked_leg(
    facts: Facts,
    computed: Computed,
    contract: str,
    period: Period,
    posted: Mapping[Period, Posted],
    entries: Iterable[Entry] = (),
    parties: PartyUsage = NO_PARTIES,
    until: Period | None = None,
) -> Leg:
    """Usage of a contract in a month (R), as rated now, against the expense of its close (B).

    R has the fees, discounts, minimums and other terms of the plan in it. ``computed`` is from
    all facts known now, up to the end of ``until`` (the period itself, where that is None).
    ``posted`` is what is posted to date at the end of each close, by its month: those of the
    period and of the month before are there; later ones count up to ``until``. ``entries`` are
    those of the close, as evidence; ``parties`` is what parties in tables come to
    (``party_usage``). All amounts are in the book's currency.
    """
    value = usage_value(facts, computed, contract, period, parties)
    to_date = {
        month: costs_by(facts, contract, lines)
        for month, lines in posted.items()
        if month <= (until or period)
    }
    known = costs_by(facts, contract, computed.posted)
    now = {rule: amount for (rule, service), amount in known.items() if service == period}
    usage = PaidUsage(contract, period, month_rate(facts, contract, period), parties)
    causes = [
        *credit_causes(facts, computed, usage, now.get("consumption", Decimal(0))),
        *document_causes(facts, computed, contract, period),
        *(_of_rule(rule, amount) for rule, amount in sorted(now.items()) if rule not in _OF_USAGE),
        *_other_periods(period, to_date, tuple(e for e in entries if _is_of(e, contract))),
        *_not_booked(period, to_date, sum(now.values(), Decimal(0))),
    ]
    expensed = sum(_booked_in(period, to_date).values(), Decimal(0))
    return leg(USAGE, BOOKED, (value, Fraction(expensed)), causes)


def _of_rule(rule: str, amount: Decimal) -> Cause:
    """What stands among the cost of usage though no usage of the month brought it."""
    if rule in {"purchase", "purchases"}:
        words = "credits that the provider gave for an outage reduce the expense"
        return Cause(CREDITS, -Fraction(amount), words)
    if rule == APPROVED:
        words = "accrued beside the rated usage, by rows that a person approved"
        return Cause(ADJUSTED, -Fraction(amount), words)
    if rule == "opening":
        return Cause(PERIOD, -Fraction(amount), "it is in the opening balances")
    return Cause(TERMS, -Fraction(amount), f"{rule} is posted to the same role as usage")


# -- other periods ----------------------------------------------------------------------


def _booked_in(month: Period, to_date: Mapping[Period, CostsBy]) -> dict[Period, Decimal]:
    """What the close of a month posted, by the month of the usage."""
    found: dict[Period, Decimal] = {}
    for sign, costs in ((1, to_date[month]), (-1, to_date.get(month.previous(), {}))):
        for (_, service), amount in costs.items():
            found[service] = found.get(service, Decimal(0)) + sign * amount
    return found


def _other_periods(
    period: Period, to_date: Mapping[Period, CostsBy], entries: Sequence[Entry]
) -> Iterator[Cause]:
    """Usage of other months that this close books."""
    for service, amount in sorted(_booked_in(period, to_date).items()):
        if service != period:
            evidence = tuple(entry.id for entry in entries if _concerns(entry, service))
            words = f"usage of {service} booked in {period}"
            yield Cause(PERIOD, -Fraction(amount), words, evidence=evidence)


def _not_booked(
    period: Period, to_date: Mapping[Period, CostsBy], known: Decimal
) -> Iterator[Cause]:
    """Usage of the month that other closes booked, or that none has booked yet."""
    booked = _of_service(to_date[period], period)
    before = _of_service(to_date.get(period.previous(), {}), period)
    yield Cause(PERIOD, Fraction(before), f"usage of {period} booked before {period}")
    for month in sorted(month for month in to_date if month > period):
        amount = _of_service(to_date[month], period)
        words = f"usage of {period} booked in {month}"
        yield Cause(PERIOD, Fraction(amount - booked), words)
        booked = amount
    words = f"usage of {period} that came to be known after it was booked: a later close has it"
    yield Cause(PERIOD, Fraction(known - booked), words)


def _of_service(costs: CostsBy, period: Period) -> Decimal:
    return sum((a for (_, service), a in costs.items() if service == period), Decimal(0))


def _is_of(entry: Entry, contract: str) -> bool:
    return dict(entry.tags).get("contract") == contract


def _concerns(entry: Entry, service: Period) -> bool:
    """Whether the service periods of an entry, such as ``2025-09 to 2025-10``, touch a month."""
    spans = dict(entry.tags).get("service-period", "").split(" to ")
    if not spans[0]:
        return False
    first, last = (Period.month_of(last_day_of(span)) for span in (spans[0], spans[-1]))
    return first <= service <= last
