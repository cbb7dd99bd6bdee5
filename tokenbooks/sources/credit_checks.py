"""What must hold within one row of ``credits.csv``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from tokenbooks.amounts import number_text
from tokenbooks.book import Book, Contract
from tokenbooks.documents import CreditEvent
from tokenbooks.periods import Moment, local_time
from tokenbooks.problems import Problem, error
from tokenbooks.rating.plan import Plan
from tokenbooks.sources.formats import moment_text
from tokenbooks.sources.rows import Row

FREE = ("grant", "bonus")


def check_event(
    event: CreditEvent, row: Row, book: Book, contract: Contract, plan: Plan | None
) -> Iterator[Problem]:
    """Every contradiction within a row; ``plan`` is None where it could not be read."""
    zone = book.zone_of(contract, plan.timezone if plan else None)
    yield from _quantities(event, row)
    yield from _costs(event, row)
    yield from _start_of_book(event, row, book)
    yield from _span(event, row, zone)
    yield from _currency(event, row, book, plan)
    if event.parent and event.event != "bonus":
        message = f"a {event.event} has no parent"
        help = "leave the column parent empty; it names the purchase of a bonus"
        yield error("parent-misplaced", message, help, row.at("parent"))


def _quantities(event: CreditEvent, row: Row) -> Iterator[Problem]:
    if not event.credits:
        message = f"a {event.event} of 0 credits"
        help = "write the credits that the provider added, or take the row away"
        yield error("credits-zero", message, help, row.at("credits"))
    if event.used is not None and event.event != "opening":
        message = f"'used' belongs to an opening, not to a {event.event}"
        help = "leave the cell empty: what is used comes from the usage"
        yield error("used-misplaced", message, help, row.at("used"))
    elif event.used is not None and event.used > event.credits:
        used, bought = number_text(event.used), number_text(event.credits)
        message = f"more used ({used}) than there were credits ({bought})"
        help = "credits is the lot as bought, used the part gone before the book's start"
        yield error("used-above-credits", message, help, row.at("used"))


def _costs(event: CreditEvent, row: Row) -> Iterator[Problem]:
    if event.event not in FREE:
        return
    for column in ("paid", "tax", "fee"):
        if getattr(event, column):
            message = f"a {event.event} costs nothing, but {column} is {row[column]}"
            help = "write event purchase if it was paid for, or leave the cell empty"
            yield error("grant-paid", message, help, row.at(column))


def _start_of_book(event: CreditEvent, row: Row, book: Book) -> Iterator[Problem]:
    start = book.start.start
    if event.event != "opening" and event.day < start:
        message = f"the {event.event} of {event.day} is before the book's start, {start}"
        help = "write event opening, with what was used before the start in the column used"
        yield error("before-start", message, help, row.at("date"))
    if event.event == "opening" and event.day > start:
        message = f"the opening of {event.day} is after the book's start, {start}"
        help = f"write event purchase or grant, or a date up to {start}"
        yield error("opening-late", message, help, row.at("date"))


def _span(event: CreditEvent, row: Row, zone: str) -> Iterator[Problem]:
    starts = event.starts if event.starts is not None else event.day
    if event.event != "opening" and _is_before(starts, event.day, zone):
        message = f"the lot starts {moment_text(starts)}, before its date {event.day}"
        help = "correct date or starts: credits cannot be used before they are there"
        yield error("lot-before-start", message, help, row.at("starts"))
    if event.expires is None:
        return
    if _end(event.expires, zone) <= local_time(starts, zone):
        message = f"the lot expires {moment_text(event.expires)}, before it starts"
        help = "expires is the last usable day; correct it, or the date"
        yield error("expires-before-start", message, help, row.at("expires"))


def _is_before(starts: Moment, day: date, zone: str) -> bool:
    """Whether a lot starts before its date; an instant may be a day off by its zone."""
    slack = timedelta(days=1) if isinstance(starts, datetime) else timedelta(0)
    return local_time(starts, zone).date() < day - slack


def _end(expires: Moment, zone: str) -> datetime:
    end = local_time(expires, zone)
    return end if isinstance(expires, datetime) else end + timedelta(days=1)


def _currency(event: CreditEvent, row: Row, book: Book, plan: Plan | None) -> Iterator[Problem]:
    foreign = event.currency is not None and event.currency != book.currency
    if foreign and not event.fx_rate:
        message = f"paid in {event.currency}, but the book is in {book.currency}"
        help = f"fill in fx_rate: how many {book.currency} one {event.currency} cost that day"
        yield error("fx-rate-missing", message, help, row.at("currency"))
    if event.fx_rate is not None and not foreign:
        message = "fx_rate without a foreign currency"
        help = "fill in the column currency, or leave fx_rate empty"
        yield error("fx-rate-unneeded", message, help, row.at("fx_rate"))
    if foreign or event.paid is not None or event.event in FREE or plan is None:
        return
    if plan.currency != book.currency:
        message = f"credits are in {plan.currency}, so paid in {book.currency} is not known"
        help = f"fill in paid in {book.currency}, or currency {plan.currency} and fx_rate"
        yield error("fx-rate-missing", message, help, row.at("paid"))
