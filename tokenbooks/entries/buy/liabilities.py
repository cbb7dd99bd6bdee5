"""What usage of one contract and party makes owed: the spans, and their exchange differences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tokenbooks.credits.drawing import Draw
from tokenbooks.documents import Adjustment, Invoice, OpeningBalance
from tokenbooks.entries.buy.accrual_exchange import ForeignAccruals, SettledUsage, remeasured
from tokenbooks.entries.buy.approved_accruals import accrue_approved
from tokenbooks.entries.buy.foreign_owed import in_book_currency
from tokenbooks.entries.buy.owed import Known, Owed, Usage, owed_to_date
from tokenbooks.entries.buy.pricing import Pricing
from tokenbooks.entries.destinations import Destinations
from tokenbooks.entries.posted import Posted
from tokenbooks.entries.service import ServiceSpan
from tokenbooks.periods import Period


@dataclass(frozen=True, slots=True)
class OwedUsage:
    """The usage of one contract and party that is not paid from credits, and its documents.

    ``draws`` are those of all lots: of them only what settled earlier usage counts here.
    ``approved`` are accruals by judgement, in the book's currency.
    """

    party: str
    usage: Sequence[Usage]
    bills: Sequence[Invoice]
    opening: Sequence[OpeningBalance] = ()
    draws: Iterable[Draw] = ()
    approved: Sequence[Adjustment] = ()


@dataclass(slots=True)
class Liabilities:
    """What is owed by service span, in the book's currency, and lines of exchange differences."""

    spans: dict[str, Owed]
    exchanged: Posted = field(default_factory=dict)


def liabilities(
    given: OwedUsage,
    pricing: Pricing,
    known: Mapping[str, Known],
    destinations: Destinations,
    service_span: ServiceSpan,
    until: Period,
) -> Liabilities:
    """What is owed at the end of a period, at the rates of the book.

    Where usage is priced in a foreign currency, all is counted in that currency first.
    Accruals are remeasured at month ends: a period that is no month has none.
    """
    bills = pricing.bills(given.bills)
    priced = owed_to_date(
        pricing.contract.id,
        given.party,
        given.usage,
        bills,
        pricing.opening(given.opening),
        known,
        destinations,
        service_span,
        pricing.places,
    )
    if not pricing.is_foreign:
        accrue_approved(priced, given.approved, given.bills, service_span)
        return Liabilities(priced)
    owed = in_book_currency(priced, given.bills, given.opening, pricing)
    accrue_approved(owed.spans, given.approved, given.bills, service_span)
    if not until.is_month:
        return Liabilities(owed.spans)
    accruals = ForeignAccruals(
        pricing, service_span, priced, given.usage, _settled(given.draws), bills
    )
    exchanged = remeasured(accruals, owed, pricing.contract.id, given.party, until)
    return Liabilities(owed.spans, exchanged)


def _settled(draws: Iterable[Draw]) -> list[SettledUsage]:
    """Usage that a lot paid for on a later day than it happened."""
    return [
        SettledUsage(draw.used_at.date(), draw.drawn_at.date(), draw.quantity)
        for draw in draws
        if draw.drawn_at.date() > draw.used_at.date()
    ]
