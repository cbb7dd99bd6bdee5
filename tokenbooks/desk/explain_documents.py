"""Explaining what rows of the book's own files post: lots, invoices, payments, openings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from tokenbooks.close.close_period import new_bills
from tokenbooks.close.evidence import ServiceUsage
from tokenbooks.close.explanation import (
    Document,
    EntryExplanation,
    LotRoll,
    ReliefLine,
)
from tokenbooks.close.lot_states import LotState, lot_states
from tokenbooks.credits.acquisitions import lot_id, makes_lot
from tokenbooks.credits.lots import Lot
from tokenbooks.credits.moves import POOLED, ROLLOVER
from tokenbooks.desk.close import Prepared
from tokenbooks.desk.explain_exchange import explain_exchange
from tokenbooks.desk.explain_sold import explain_sold
from tokenbooks.desk.find_entry import related_entries
from tokenbooks.documents import Adjustment, CreditEvent, Invoice, OpeningBalance
from tokenbooks.entries.booking import Booking, id_on_time, identity
from tokenbooks.entries.buy.approved_accruals import RULE, approved_unit
from tokenbooks.entries.buy.expiry import expiry_subjects
from tokenbooks.entries.buy.invoice import Relief
from tokenbooks.entries.buy.owed import document_id, is_bill
from tokenbooks.entries.buy.payment import payment_id
from tokenbooks.entries.buy.purchase import balance_subject, opening_lot_subject
from tokenbooks.entries.buy.usage import what_documents_relieve
from tokenbooks.entries.sell.words import payer_kind
from tokenbooks.entries.sell.write_off import RULE as WRITE_OFF
from tokenbooks.entries.sell.write_off import write_off_id

#: Kinds of rows that do not bill -> the kinds of their entries.
_KINDS = {"receipt": "receipt", "write_off": WRITE_OFF}


def explain_documents(told: EntryExplanation, prepared: Prepared) -> None:
    """Fill in the rows, lots and invoices behind an entry that a document makes."""
    tags = dict(told.entry.tags)
    plain = id_on_time(told.entry)
    contract, kind = tags["contract"], payer_kind(told.entry.kind)
    if kind in {"purchase", "expiry", "opening", "transfer"}:
        _explain_lots(told, prepared, contract, plain)
    if kind in {"refund", "transfer", "adjustment", "rollover"}:
        _explain_removals(told, prepared, plain)
    if kind in {"opening", RULE}:
        told.documents += tuple(_single_rows(told, contract, plain))
    if kind in {"invoice", "receipt", WRITE_OFF}:
        rows = [
            row
            for row in told.facts.invoices
            if row.contract == contract
            and (kind != "invoice" or is_bill(row) or row.advance)
            and identity(_KINDS.get(row.kind, "invoice"), contract, _subject(row)) == plain
        ]
        told.documents += tuple(rows)
    if kind == "invoice":
        _explain_invoice(told, prepared, contract, rows)
    if kind == "receipt":
        _explain_receipt(told, contract, rows)
    if told.facts.book.contracts[contract].sells:
        explain_sold(told, prepared)
    if kind == "exchange":
        explain_exchange(told, prepared, contract, plain)
    if kind in {"reversal", RULE}:
        told.related += tuple(
            related_entries(
                prepared.book,
                prepared,
                contract,
                service=tags["service-period"],
                kinds=("accrual", "invoice"),
            )
        )


def _single_rows(
    told: EntryExplanation, contract: str, plain: str
) -> Iterator[OpeningBalance | Adjustment]:
    """The rows of openings or of accruals by judgement that an entry is named by."""
    kind = told.entry.kind
    if kind == RULE:
        for row in told.facts.adjustments:
            if row.contract == contract and identity(kind, contract, approved_unit(row)) == plain:
                yield row
        return
    for balance in told.facts.opening:
        subject = balance_subject(balance.role, balance.service_period)
        if balance.contract == contract and identity(kind, contract, subject) == plain:
            yield balance


def _subject(row: Invoice) -> str:
    """What an entry's id names a row by."""
    if row.kind == "receipt":
        return payment_id(row).removeprefix("receipt-")
    if row.kind == "write_off":
        return write_off_id(row)
    return document_id(row)


# -- lots ----------------------------------------------------------------------------


def _explain_lots(told: EntryExplanation, prepared: Prepared, contract: str, plain: str) -> None:
    lots = prepared.close.computed.lots.values()
    kind = told.entry.kind
    own = [
        lot for lot in lots if lot.contract == contract and plain in _lot_ids(prepared, kind, lot)
    ]
    for lot in own:
        _add_row(told, prepared, lot.event)
        for row in _extensions(told, lot) if kind == "expiry" else ():
            _add_row(told, prepared, row)
        _add_lot(told, prepared, lot)


def _explain_removals(told: EntryExplanation, prepared: Prepared, plain: str) -> None:
    """What an entry takes away from lots, and the lots that it became."""
    computed = prepared.close.computed
    for item in computed.taken:
        lot = computed.lots[item.lot]
        if identity(told.entry.kind, lot.contract, item.id) != plain:
            continue
        _add_row(told, prepared, item.event)
        for name in filter(None, (item.lot, item.into)):
            if item.event.event == POOLED:
                _add_row(told, prepared, computed.lots[name].event)
            _add_lot(told, prepared, computed.lots[name])


def _add_lot(told: EntryExplanation, prepared: Prepared, lot: Lot) -> None:
    """A lot over its periods, and the entries that have to do with it."""
    told.rolls += tuple(lot_rolls(prepared, lot))
    related = related_entries(prepared.book, prepared, lot.contract, lot=lot.id)
    known = {entry.id for entry in told.related} | {told.entry.id}
    told.related += tuple(entry for entry in related if entry.id not in known)


def _add_row(told: EntryExplanation, prepared: Prepared, event: CreditEvent) -> None:
    row = row_behind(event, prepared.close.computed.lots)
    if row not in told.documents:
        told.documents += (row,)


def row_behind(event: CreditEvent, lots: Mapping[str, Lot]) -> CreditEvent:
    """The row of an event as the file has it; a move by rule has that of the lot it moves."""
    older = lots.get(event.parent or "") if event.event in {ROLLOVER, POOLED} else None
    if older is None or older.event is event or older.event.position != event.position:
        return event
    return row_behind(older.event, lots)


def _extensions(told: EntryExplanation, lot: Lot) -> Iterator[CreditEvent]:
    """The rows that gave a lot a later end, as far as the close knows them."""
    for row in told.facts.credits:
        is_own = row.event == "extend" and (row.parent or lot_id(row)) == lot.id
        if is_own and row.day < told.close.period.end:
            yield row


def _lot_ids(prepared: Prepared, kind: str, lot: Lot) -> set[str]:
    """The ids that an entry of a kind for a lot may have; a bonus comes with its purchase."""
    if kind == "opening":
        subjects = {opening_lot_subject(prepared.book.facts.book, lot.id)}
    elif kind == "expiry":
        subjects = expiry_subjects(lot)
    else:
        is_bonus = payer_kind(kind) == "purchase" and lot.event.event == "bonus"
        subjects = {lot.parent if is_bonus and lot.parent else lot.id}
    if kind == "transfer" and not (lot.event.event == "transfer" and makes_lot(lot.event)):
        return set()
    return {identity(kind, lot.contract, subject) for subject in subjects}


def lot_rolls(prepared: Prepared, lot: Lot) -> list[LotRoll]:
    """A lot over every period up to this close."""
    rolls = []
    before = LotState()
    months = [(month.period, month.before.lots) for month in prepared.earlier]
    close = prepared.close
    months.append((close.period, lot_states(close.computed, close.period)))
    for period, lots in months:
        now = lots.get(lot.id)
        if now is None:
            continue
        if now != before or now.left:
            rolls.append(LotRoll(lot, period, before, now))
        before = now
    return rolls


# -- invoices ------------------------------------------------------------------------


def _explain_invoice(
    told: EntryExplanation, prepared: Prepared, contract: str, rows: Iterable[Invoice]
) -> None:
    documents = {document_id(row): row for row in rows}
    for relief in _reliefs(prepared):
        row = documents.get(relief.document)
        if row is None or relief.owed.contract != contract:
            continue
        service = relief.owed.service
        accruals = related_entries(
            prepared.book, prepared, contract, service=service, kinds=("accrual", "opening", RULE)
        )
        told.reliefs += (
            ReliefLine(
                service,
                _rated(prepared, row, service) * relief.owed.rate,
                relief.invoiced,
                relief.relieved,
                tuple(dict.fromkeys(item.id for item in accruals)),
            ),
        )
        told.related += tuple(item for item in accruals if item not in told.related)


def _reliefs(prepared: Prepared) -> list[Relief]:
    """What the invoices of this close relieve, as its entries have it."""
    close, facts = prepared.close, prepared.book.facts
    before = close.before.posted
    reliefs, _, _ = what_documents_relieve(
        Booking(facts, close.period),
        close.changes,
        before,
        close.computed.owed,
        new_bills(facts, close.period, before),
        facts.book.policy("accrual_method", close.period.last_day),
    )
    return reliefs


def _rated(prepared: Prepared, row: Invoice, service: str) -> Fraction:
    """The list value of the invoice's days in a service span, at the prices of the plan."""
    if row.first_day is None or row.last_day is None:
        return Fraction(0)
    usage = ServiceUsage(row.contract, service, prepared.book.facts.book.post_usage)
    steps = prepared.close.computed.rated.charges.steps
    return sum(
        (
            step.value
            for (contract, party), own in steps.items()
            for step in own
            if (contract, row.party or party) == (row.contract, party)
            and step.at.date() in usage.days
            and row.first_day <= step.at.date() <= row.last_day
        ),
        Fraction(0),
    )


def _explain_receipt(told: EntryExplanation, contract: str, rows: Iterable[Invoice]) -> None:
    """The invoice or the purchase that a payment settles."""
    numbers = {row.invoice for row in rows}
    facts = told.facts
    settled: list[Document] = [
        row for row in facts.invoices if row.invoice in numbers and row.kind == "invoice"
    ]
    settled += [event for event in facts.credits if event.document in numbers]
    told.documents += tuple(row for row in settled if row.contract == contract)
