"""What must hold within one row of ``credits.csv``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tokenbooks.amounts import number_text
from tokenbooks.book import Book, Contract
from tokenbooks.documents import CreditEvent
from tokenbooks.names import nearest
from tokenbooks.periods import Moment, local_time
from tokenbooks.problems import Problem, error
from tokenbooks.rating.plan import Plan
from tokenbooks.sources.credits.events import BOUGHT, FREE, EventForm, makes_lot, names_own_lot
from tokenbooks.sources.dimensions import check_scope
from tokenbooks.sources.formats import moment_text
from tokenbooks.sources.rows import Row


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a row is checked against; ``plan`` is None where it could not be read."""

    book: Book
    contract: Contract
    plan: Plan | None
    dimensions: tuple[str, ...]

    @property
    def zone(self) -> str:
        """The zone in which the row's dates are."""
        return self.book.zone_of(self.contract, self.plan.timezone if self.plan else None)


def check_event(
    event: CreditEvent, form: EventForm, row: Row, place: Circumstances
) -> Iterator[Problem]:
    """Every contradiction within a row, or between it and its contract."""
    yield from _settle(row, place.contract)
    yield from _quantities(event, form, row)
    yield from _costs(event, form, row)
    yield from _tax(event, row, place.contract)
    yield from _start_of_book(event, form, row, place.book)
    yield from _span(event, form, row, place.zone)
    yield from _currency(event, row, place)
    yield from check_scope(event.scope, place.dimensions, row.at("scope"))
    yield from _pool(event, row, place.contract)


def _settle(row: Row, contract: Contract) -> Iterator[Problem]:
    if contract.settle == "arrears":
        message = f"contract {contract.id} is settled in arrears, so it has no credits"
        help = "write settle: prepaid in the contract, or enter the payment in invoices.csv"
        yield error("credits-arrears", message, help, row.at("contract"))


def _quantities(event: CreditEvent, form: EventForm, row: Row) -> Iterator[Problem]:
    if form.credits == "none" and event.credits:
        message = f"{form.name} adds no credits and takes none away"
        help = "leave the cell empty; other rows say what was added"
        yield error("cell-misplaced", message, help, row.at("credits"))
    elif form.credits != "none" and row["credits"] and not event.credits:
        message = f"{form.name} of 0 credits"
        help = "write the credits that the provider added, or take the row away"
        if form.credits == "optional":
            help = "write how many were taken away, or leave the cell empty for all that is left"
        elif not makes_lot(event):
            help = "write how many were taken away, or take the row away"
        yield error("credits-zero", message, help, row.at("credits"))
    if event.used is not None and event.event == "opening" and event.used > event.credits:
        used, bought = number_text(event.used), number_text(event.credits)
        message = f"more used ({used}) than there were credits ({bought})"
        help = "credits is the lot as bought, used the part gone before the book's start"
        yield error("used-above-credits", message, help, row.at("used"))


def _costs(event: CreditEvent, form: EventForm, row: Row) -> Iterator[Problem]:
    if event.event not in FREE:
        return
    for column in ("paid", "tax", "fee"):
        if getattr(event, column):
            message = f"{form.name} costs nothing, but {column} is {row[column]}"
            help = "write event purchase if it was paid for, or leave the cell empty"
            yield error("grant-paid", message, help, row.at(column))


def _tax(event: CreditEvent, row: Row, contract: Contract) -> Iterator[Problem]:
    """The tax of a voucher of several rates is not known before it is used."""
    if event.tax and (event.tax_kind or contract.tax_kind) == "voucher_multi":
        message = f"the VAT of a voucher_multi falls due on use, but tax is {row['tax']}"
        help = "leave the cell empty, with the whole price in paid; or write kind voucher_single"
        yield error("cell-misplaced", message, help, row.at("tax"))


def _start_of_book(event: CreditEvent, form: EventForm, row: Row, book: Book) -> Iterator[Problem]:
    start = book.start.start
    name = form.name.partition(" ")[2]
    if event.event != "opening" and event.day < start:
        message = f"the {name} of {event.day} is before the book's start, {start}"
        help = "write event opening, with what was used before the start in the column used"
        if not makes_lot(event):
            help = "write the opening of that lot as it was at the start, and take this row away"
        yield error("before-start", message, help, row.at("date"))
    if event.event == "opening" and event.day > start:
        message = f"the opening of {event.day} is after the book's start, {start}"
        help = f"write event purchase or grant, or a date up to {start}"
        yield error("opening-late", message, help, row.at("date"))


def _span(event: CreditEvent, form: EventForm, row: Row, zone: str) -> Iterator[Problem]:
    if not names_own_lot(event) and event.event != "bonus":
        yield from _instant(event, form, row, zone)
        return
    starts = event.starts if event.starts is not None else event.day
    if event.event != "opening" and _is_before(starts, event.day, zone):
        message = f"the lot starts {moment_text(starts)}, before its date {event.day}"
        help = "correct date or starts: credits cannot be used before they are there"
        yield error("lot-before-start", message, help, row.at("starts"))
    if event.expires is None:
        return
    if end_of(event.expires, zone) <= local_time(starts, zone):
        message = f"the lot expires {moment_text(event.expires)}, before it starts"
        help = "expires is the last usable day; correct it, or the date"
        yield error("expires-before-start", message, help, row.at("expires"))


def _instant(event: CreditEvent, form: EventForm, row: Row, zone: str) -> Iterator[Problem]:
    """What changes a lot counts from the end of its day, or from an instant of that day."""
    if event.starts is None:
        return
    name = form.name.partition(" ")[2]
    if not isinstance(event.starts, datetime):
        message = f"'{row['starts']}' is no instant: the {name} counts from the end of its day"
        help = "leave the cell empty, or write an instant such as 2025-11-30T10:00:00Z"
        yield error("starts-misplaced", message, help, row.at("starts"))
    elif local_time(event.starts, zone).date() != event.day:
        message = f"{moment_text(event.starts)} is not on {event.day} in {zone}"
        help = "correct date or starts: they must be one day in the contract's time zone"
        yield error("starts-misplaced", message, help, row.at("starts"))


def _is_before(starts: Moment, day: date, zone: str) -> bool:
    """Whether a lot starts before its date; an instant may be a day off by its zone."""
    slack = timedelta(days=1) if isinstance(starts, datetime) else timedelta(0)
    return local_time(starts, zone).date() < day - slack


def end_of(expires: Moment, zone: str) -> datetime:
    """The local end of what is usable up to a day, inclusive, or up to an instant."""
    end = local_time(expires, zone)
    return end if isinstance(expires, datetime) else end + timedelta(days=1)


def _currency(event: CreditEvent, row: Row, place: Circumstances) -> Iterator[Problem]:
    book, plan = place.book, place.plan
    foreign = event.currency is not None and event.currency != book.currency
    if foreign and not event.fx_rate:
        message = f"paid in {event.currency}, but the book is in {book.currency}"
        help = f"fill in fx_rate: how many {book.currency} one {event.currency} cost that day"
        yield error("fx-rate-missing", message, help, row.at("currency"))
    if event.fx_rate is not None and not foreign:
        message = "fx_rate without a foreign currency"
        help = "fill in the column currency, or leave fx_rate empty"
        yield error("fx-rate-unneeded", message, help, row.at("fx_rate"))
    if foreign or event.paid is not None or plan is None or plan.currency == book.currency:
        return
    if event.event in BOUGHT:
        message = f"credits are in {plan.currency}, so paid in {book.currency} is not known"
        help = f"fill in paid in {book.currency}, or currency {plan.currency} and fx_rate"
        yield error("fx-rate-missing", message, help, row.at("paid"))
    if event.kind == "sla" and book.values_outages(place.contract, event.day):
        message = f"the service credit is in {plan.currency}, so its value in {book.currency}"
        help = f"fill in currency {plan.currency} and fx_rate (policy sla_credit)"
        yield error("fx-rate-missing", f"{message} is not known", help, row.at("currency"))


def _pool(event: CreditEvent, row: Row, contract: Contract) -> Iterator[Problem]:
    pools = {contract.pool, *(party.pool for party in contract.parties.values())} - {""}
    if event.pool and event.pool not in pools:
        near = nearest(event.pool, pools)
        hint = f"did you mean '{near}'? " if near else ""
        message = f"{contract.id} is in no pool '{event.pool}'"
        help = f"{hint}write `pool: {event.pool}` in the contract, or in the file of its parties"
        yield error("pool-unknown", message, help, row.at("pool"))
