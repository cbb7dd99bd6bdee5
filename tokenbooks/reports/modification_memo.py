"""The memo of a modification: what was agreed, how it is treated, why, and the computation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import exact_text, money_text, number_text, round_half_up
from tokenbooks.close.credit_units import CreditUnit
from tokenbooks.credits.modifications import (
    CATCH_UP,
    PARAGRAPHS,
    PROSPECTIVE,
    SEPARATE,
    TERMINATION,
)
from tokenbooks.documents import Modification
from tokenbooks.entries.sell.modification import Modified
from tokenbooks.periods import start_of

_BECAUSE = {
    SEPARATE: "what is added is distinct, and priced at its stand-alone selling price",
    PROSPECTIVE: "what is left is distinct from what was delivered, and is no contract of its"
    " own at a stand-alone price: the old contract ends, and a new one begins",
    CATCH_UP: "what is left is not distinct from what was delivered: one promise, partly kept",
    TERMINATION: "nothing is left to be delivered: what is not paid back is revenue",
}


def modification_memo(
    found: Modified, places: int, currency: str, unit: CreditUnit, documents: Mapping[str, str]
) -> str:
    """The memo as Markdown; ``documents`` are digests of the files that it rests on."""
    item = found.item
    whose = f"{item.contract}, {item.party}" if item.party else item.contract
    lines = [
        f"# Modification {item.id}",
        "",
        f"Contract: {whose}. Date: {item.day}. Kind: {item.kind}.",
        "",
        "## Terms",
        "",
        *_terms(item),
        "",
        "## Evidence and approval",
        "",
        f"- Evidence: {item.evidence}",
        f"- Prepared by {item.prepared}, approved by {item.approved}{_on(item)}.",
        f"- Digest of the record: {item.digest}",
        *(f"- Digest of {name}: {digest}" for name, digest in sorted(documents.items())),
        "",
        "## Treatment",
        "",
        *_answers(item),
        "",
        _decided(found.treatment),
        "",
        f"## Computation, {currency}",
        "",
        *_computation(found, places, unit),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _decided(treatment: str) -> str:
    because = _BECAUSE[treatment]
    return f"**{treatment.capitalize()}** ({PARAGRAPHS[treatment]}): {because}."


def _on(item: Modification) -> str:
    return f" on {item.approved_on}" if item.approved_on else ""


def _terms(item: Modification) -> Iterator[str]:
    if not item.before and not item.after:
        yield "Not written down in the record."
        return
    yield "| term | before | after |"
    yield "|---|---|---|"
    for term in dict.fromkeys([*item.before, *item.after]):
        yield f"| {term} | {item.before.get(term, '')} | {item.after.get(term, '')} |"


def _answers(item: Modification) -> Iterator[str]:
    words = {True: "yes", False: "no", None: "not asked"}
    yield f"- Are the goods distinct? {words[item.distinct]}"
    yield f"- Is what is added at its stand-alone selling price? {words[item.at_ssp]}"
    if item.ssp is not None:
        yield f"- Stand-alone selling price: {number_text(item.ssp)} a credit"


def _computation(found: Modified, places: int, unit: CreditUnit) -> Iterator[str]:
    item = found.item
    if found.left:
        yield from _left(found, places, unit)
    if item.added is not None:
        paid, quantity = item.added.paid, unit.count(Fraction(item.added.credits))
        yield (
            f"Added: {exact_text(quantity)} credits for {money_text(paid, places)},"
            f" {_each(paid, quantity)} each."
        )
    if found.treatment == PROSPECTIVE and item.added is not None:
        yield from _blended(found, places, unit)
    if found.treatment == TERMINATION:
        left = sum((cost for _, cost in found.left.values()), Decimal(0))
        refund = item.refund or Decimal(0)
        kept = money_text(left - refund, places)
        yield f"Paid back {money_text(refund, places)}; the rest, {kept}, is revenue."
    if found.catch_up is not None:
        own = found.catch_up
        yield (
            f"{number_text(own.progress)} x {money_text(own.price, places)}"
            f" - {money_text(own.so_far, places)} earned so far"
            f" = {money_text(own.amount, places)} at once."
        )
    yield from _extended(found)
    if item.past_service_credit:
        yield (
            f"Granted for service in the past: {money_text(item.past_service_credit, places)},"
            " which reduces revenue at once and is no part of the new price."
        )
    if not (found.left or found.after or found.extended or found.catch_up):
        yield "Nothing that is left of the contract's credits changes its quantity, price or end."


def _extended(found: Modified) -> Iterator[str]:
    """Lots that live longer, with their last usable day before and after."""
    if not found.extended:
        return
    at = start_of(found.item.day)
    yield "| lot | last day before | last day after |"
    yield "|---|---|---|"
    for lot in sorted(found.extended, key=lambda lot: lot.id):
        before = next(end for since, end in lot.extended if since == at)
        yield f"| {lot.id} | {before.date() - timedelta(days=1)} | {found.item.expires} |"
    yield ""


def _left(found: Modified, places: int, unit: CreditUnit) -> Iterator[str]:
    yield "| lot | credits left | price left | each |"
    yield "|---|---:|---:|---:|"
    for name, (value, cost) in sorted(found.left.items()):
        quantity = unit.count(value)
        each = _each(cost, quantity)
        yield f"| {name} | {exact_text(quantity)} | {money_text(cost, places)} | {each} |"
    yield ""


def _blended(found: Modified, places: int, unit: CreditUnit) -> Iterator[str]:
    added = found.item.added
    assert added is not None
    value = sum((own for own, _ in found.left.values()), Fraction(added.credits))
    quantity = unit.count(value)
    total = sum((cost for _, cost in found.left.values()), added.paid)
    yield ""
    yield (
        f"{money_text(total, places)} for {exact_text(quantity)} credits:"
        f" {_each(total, quantity)} each from {found.item.day} on."
    )
    yield ""
    yield "| lot from then on | credits | price |"
    yield "|---|---:|---:|"
    for lot in sorted(found.after, key=lambda lot: lot.id):
        price = money_text(lot.cost, places)
        yield f"| {lot.id} | {exact_text(unit.count(lot.quantity))} | {price} |"


def _each(cost: Decimal, quantity: Fraction) -> str:
    """A price a credit, to six places."""
    return number_text(round_half_up(Fraction(cost) / quantity, 6)) if quantity else "-"
