"""Accruals in a foreign currency, remeasured at each later month end until they are billed.

What an accrual is carried at beyond the rate of its service month is a line of its own on
the accrual's account, against exchange gain or loss. A document that relieves it takes back
that line with it; a later lot that settles it does so at the month's end. Usage that comes
after the close that booked its invoice stays at the rate of its service month.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tokenbooks.amounts import round_half_up
from tokenbooks.documents import Invoice
from tokenbooks.entries.buy.foreign_owed import ForeignOwed, translated
from tokenbooks.entries.buy.owed import Owed, Usage, document_id, invoiced_days
from tokenbooks.entries.buy.pricing import Pricing, month_of
from tokenbooks.entries.exchange import exchange_role
from tokenbooks.entries.posted import Line, Posted, add
from tokenbooks.entries.service import ServiceSpan, last_day_of
from tokenbooks.periods import Period, months_between

#: How units of exchange differences begin that are of an accrual; its service span follows.
ACCRUAL = "accrual-"


class SettledUsage(NamedTuple):
    """Usage that no lot covered at first, and that a later lot paid for on a day."""

    day: date
    settled_on: date
    value: Fraction


@dataclass(slots=True)
class ForeignAccruals:
    """The accruals of one contract and party, in the plan's currency, over time."""

    pricing: Pricing
    service_span: ServiceSpan
    owed: Mapping[str, Owed]
    usage: Sequence[Usage]
    settled: Sequence[SettledUsage]
    bills: Sequence[Invoice]
    billed: Mapping[date, date] = field(init=False)

    def __post_init__(self) -> None:
        self.billed = invoiced_days(self.bills)

    def open_at(self, day: date) -> dict[str, Decimal]:
        """What was accrued at the end of a day, by service span, from all facts known now."""
        values: dict[str, Fraction] = {}
        for used, value in self._values(day):
            if used <= day and not self._is_billed(used, day):
                service = self.service_span(used)
                values[service] = values.get(service, Fraction(0)) + value
        amounts = self._rounded(values)
        for service, owed in self.owed.items():
            if owed.opening and not self._bills_span(service, day):
                amounts[service] = amounts.get(service, Decimal(0)) + owed.opening
        return {service: amount for service, amount in amounts.items() if amount}

    def _values(self, day: date) -> Iterator[tuple[date, Fraction]]:
        yield from ((item.day, item.value) for item in self.usage)
        yield from ((item.day, item.value) for item in self.settled if item.settled_on > day)

    def _is_billed(self, used: date, day: date) -> bool:
        billed_on = self.billed.get(used)
        return billed_on is not None and billed_on <= day

    def _bills_span(self, service: str, day: date) -> bool:
        return any(
            billed_on <= day and self.service_span(used) == service
            for used, billed_on in self.billed.items()
        )

    def _rounded(self, values: Mapping[str, Fraction]) -> dict[str, Decimal]:
        """Rounded cumulatively over the spans of each month, as the accrual is."""
        so_far: dict[Period, Fraction] = {}
        amounts: dict[str, Decimal] = {}
        places = self.pricing.places
        for service in sorted(values, key=last_day_of):
            month = month_of(service)
            before = so_far.get(month, Fraction(0))
            so_far[month] = before + values[service]
            rounded = round_half_up(so_far[month], places)
            amounts[service] = rounded - round_half_up(before, places)
        return amounts


@dataclass(slots=True)
class _Remeasured:
    """Lines of exchange differences, and what each span is carried at beyond its own rate."""

    posted: Posted = field(default_factory=dict)
    carried: dict[str, Decimal] = field(default_factory=dict)


def remeasured(
    accruals: ForeignAccruals, owed: ForeignOwed, contract: str, party: str, until: Period
) -> Posted:
    """The exchange differences of accruals up to the end of a month.

    Month by month: what documents relieve, on their days, then what is still open.
    """
    result = _Remeasured()
    bills = sorted(accruals.bills, key=lambda bill: (bill.day, bill.invoice))
    spans = [month_of(item.service) for item in accruals.owed.values()]
    spans += [Period.month_of(item.day) for item in accruals.settled]
    for month in months_between(min(spans), until) if spans else ():
        for bill in bills:
            if bill.day in month:
                _relieve(result, accruals, owed, bill, (contract, party))
        _remeasure(result, accruals, (contract, party), month)
    return result.posted


def _relieve(
    result: _Remeasured,
    accruals: ForeignAccruals,
    owed: ForeignOwed,
    bill: Invoice,
    whose: tuple[str, str],
) -> None:
    """The difference of a document's rate, less what was recognised of it at month ends."""
    document = document_id(bill)
    for service, span in owed.spans.items():
        if document not in span.invoiced:
            continue
        taken = _taken_back(result, accruals, bill, service)
        result.carried[service] = result.carried.get(service, Decimal(0)) - taken
        loss = owed.differences.get((document, service), Decimal(0)) - taken
        unit = ("exchange-billed", *whose, document, service)
        add(result.posted, Line(*unit, "accrued_expenses"), taken)
        add(result.posted, Line(*unit, exchange_role(loss)), loss)


def _taken_back(
    result: _Remeasured, accruals: ForeignAccruals, bill: Invoice, service: str
) -> Decimal:
    """What was remeasured of the part of an accrual that a document relieves."""
    carried = result.carried.get(service, Decimal(0))
    if not carried or bill.kind != "invoice":
        return Decimal(0)
    others = [other for other in accruals.bills if other is not bill]
    before = replace(accruals, bills=others).open_at(bill.day).get(service, Decimal(0))
    after = accruals.open_at(bill.day).get(service, Decimal(0))
    if not after or not before:
        return carried
    part = Fraction(carried) * Fraction(before - after) / Fraction(before)
    return round_half_up(part, accruals.pricing.exchange.places)


def _remeasure(
    result: _Remeasured, accruals: ForeignAccruals, whose: tuple[str, str], month: Period
) -> None:
    """Carry what is open at a month's end at its rate."""
    pricing = accruals.pricing
    open_now = {
        service: amount
        for service, amount in accruals.open_at(month.last_day).items()
        if month_of(service) < month
    }
    now = translated(open_now, {name: pricing.month_rate(month) for name in open_now}, pricing)
    own = {name: pricing.month_rate(month_of(name)) for name in open_now}
    then = translated(open_now, own, pricing)
    for service in sorted({*open_now, *result.carried}):
        wanted = now.get(service, Decimal(0)) - then.get(service, Decimal(0))
        loss = wanted - result.carried.get(service, Decimal(0))
        result.carried[service] = wanted
        unit = ("exchange", *whose, f"{ACCRUAL}{service}", str(month.last_day))
        add(result.posted, Line(*unit, "accrued_expenses"), -loss)
        add(result.posted, Line(*unit, exchange_role(loss)), loss)
