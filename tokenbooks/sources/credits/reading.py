"""Reads ``credits.csv``: what becomes of credits, one event a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from tokenbooks.book import Book, Contract
from tokenbooks.documents import CreditEvent, TransferTo
from tokenbooks.problems import Problem, any_error, error
from tokenbooks.rating.plan import Plan
from tokenbooks.sources.credits.average_cost import check_average
from tokenbooks.sources.credits.checks import Circumstances, check_event
from tokenbooks.sources.credits.ends import check_ends
from tokenbooks.sources.credits.events import EVENTS, check_cells, form_of, of_side
from tokenbooks.sources.credits.in_bulk import LargeFile
from tokenbooks.sources.credits.naming import name_lots
from tokenbooks.sources.credits.references import KnownLots, check_references
from tokenbooks.sources.credits.removals import check_removals
from tokenbooks.sources.credits.transfers import check_transfer, read_to
from tokenbooks.sources.dimensions import known_dimensions
from tokenbooks.sources.files import matching_files, shown
from tokenbooks.sources.references import contract_of, party_of
from tokenbooks.sources.rows import Cells, Columns, Row, read_rows, rows_of
from tokenbooks.sources.sell_side import SALES_TAX_KINDS

COLUMNS = Columns(
    required=("date", "contract", "event", "credits"),
    optional=(
        *("party", "lot", "paid", "used", "currency", "starts", "expires", "kind", "priority"),
        *("scope", "pool", "parent", "to", "fx_rate", "tax", "tax_kind", "fee", "pay"),
        *("document", "memo"),
    ),
)

KINDS = ("paid", "bonus", "promo", "sla", "commitment")
PAYS = ("cash", "card", "account")
TAX_KINDS = ("cost", "recoverable", "reverse_charge", *SALES_TAX_KINDS)


def read_credits(
    book: Book, directory: Path, plans: Mapping[str, Plan], large: LargeFile | None = None
) -> tuple[tuple[CreditEvent, ...], list[Problem]]:
    """The events of credits, in the order of the files; without those of a large file's table.

    A row that makes a lot comes with the lot's id in ``lot`` and with the lot that it comes
    from in ``parent``; a row that only takes credits away, or lets a lot live longer, has
    that lot in ``lot``. See ``sources.lots`` for the ids that are built.
    """
    reading = _Reading(book, plans)
    for path in matching_files(directory, book.credits_files):
        if large and path == large.path:
            rows, found = rows_of(large.rest, shown(path), COLUMNS)
        else:
            rows, found = read_rows(path, COLUMNS)
        reading.problems += found
        for row in rows:
            reading.read(row)
    named, found = name_lots(reading.events)
    problems = [*reading.problems, *found]
    if not any_error(found):
        problems += _check_lots(named, book, plans)
    return tuple(named), problems


def _check_lots(
    events: Sequence[CreditEvent], book: Book, plans: Mapping[str, Plan]
) -> Iterator[Problem]:
    """What must hold between rows, where every lot has an id of its own."""
    lots = KnownLots(events, book, plans)
    yield from check_references(events, lots)
    yield from check_removals(events, lots)
    yield from check_ends(events, lots)
    yield from check_average(events, book, plans)


@dataclass(slots=True)
class _Reading:
    """What reading the rows needs to know, and what it has found so far."""

    book: Book
    plans: Mapping[str, Plan]
    events: list[CreditEvent] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    dimensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.dimensions = known_dimensions(self.book, self.plans)

    def read(self, row: Row) -> None:
        """Read a row, and keep its event where it is one."""
        cells, problems = Cells(row, self.problems), self.problems
        contract = contract_of(row, self.book, problems)
        form = form_of(row)
        needed = ["date", "contract", "event"]
        if form is None or form.credits in {"positive", "signed"}:
            needed.append("credits")
        filled = cells.need(*needed)
        problems += check_cells(form, row) if form else ()
        party = party_of(row, contract, problems) if contract else ""
        event = _facts_of(cells, party, read_to(row, self.book, problems))
        if not filled or contract is None or event is None or form is None:
            return
        if not all(row[column] for column in form.needs):
            return
        problems += _check_side(row, contract)
        event = replace(event, event="purchase") if event.event == "sale" else event
        plan = self.plans.get(contract.plan)
        problems += check_event(event, form, row, self._place(contract, plan))
        problems += check_transfer(event, row, self.book, self.plans)
        self.events.append(_in_money(event, plan))

    def _place(self, contract: Contract, plan: Plan | None) -> Circumstances:
        return Circumstances(self.book, contract, plan, self.dimensions)


def _check_side(row: Row, contract: Contract) -> Iterator[Problem]:
    """Who sells has sales and taxes on sales; who buys has purchases."""
    event = row["event"].lower()
    own = of_side(event, contract.sells)
    if own != event:
        verb = "sells" if contract.sells else "buys"
        message = f"{contract.id} {verb} credits: that is no {event}"
        yield error("event-side", message, f"write {own} in the column event", row.at("event"))
    kind = row["tax_kind"]
    if kind and (kind in SALES_TAX_KINDS) != contract.sells:
        known = SALES_TAX_KINDS if contract.sells else TAX_KINDS[:3]
        message = f"a contract that {contract.side}s has no tax of the kind {kind}"
        help = f"write one of: {', '.join(known)}"
        yield error("side-mismatch", message, help, row.at("tax_kind"))


def _in_money(event: CreditEvent, plan: Plan | None) -> CreditEvent:
    """The event with its credits at their list value, where the plan prices in credits.

    Lots hold list value, which is what usage draws: quantity x worth.
    """
    if plan is None or plan.credit is None:
        return event
    worth = plan.credit.worth
    used = None if event.used is None else event.used * worth
    return replace(event, credits=event.credits * worth, used=used)


def _facts_of(cells: Cells, party: str, to: TransferTo | None) -> CreditEvent | None:
    row = cells.row
    event = cells.word("event", EVENTS)
    quantity = cells.signed("credits") if event == "adjust" else cells.number("credits")
    day = cells.day("date")
    read = CreditEvent(
        day=day or date.min,
        contract=row["contract"],
        event=event,
        credits=quantity or Decimal(0),
        party=party,
        lot=cells.name("lot"),
        paid=cells.number("paid"),
        used=cells.number("used"),
        currency=cells.name("currency", "currency"),
        starts=cells.moment("starts"),
        expires=cells.moment("expires"),
        kind=cells.word("kind", KINDS) or None,
        priority=cells.whole("priority"),
        parent=cells.name("parent"),
        scope=cells.conditions("scope"),
        pool=cells.name("pool") or "",
        to=to,
        fx_rate=cells.number("fx_rate"),
        tax=cells.number("tax"),
        tax_kind=cells.word("tax_kind", TAX_KINDS) or None,
        fee=cells.number("fee"),
        pay=cells.word("pay", PAYS) or None,
        document=cells.name("document", "document") or "",
        memo=row["memo"],
        position=row.position,
        digest=row.digest,
    )
    unreadable = bool(row["credits"]) and quantity is None
    return read if day and event and not unreadable else None
