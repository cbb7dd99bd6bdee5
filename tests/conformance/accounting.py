"""Accounting cases: from a case to a book, and what its closes must post.

The buyer's are here; those of the seller are in ``tests.conformance.seller``.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from tests.conformance import seller, verify
from tests.conformance.engine import close_book
from tests.conformance.foreign import foreign_story, is_understood
from tests.conformance.matching import assert_balances, assert_entries
from tests.conformance.metered import metering_of, split_weights, understood
from tests.conformance.moves import is_late, late_story, late_unknown, moved_rows
from tests.conformance.shapes import (
    ACCRUED,
    CARD,
    CASH,
    FEES,
    PAYABLE,
    PREPAID,
    SALES_TAX,
    VAT_IN,
    VAT_OUT,
    Expected,
    entries_of,
    shape_of,
)
from tests.conformance.story import Story, Use
from tokenbooks.names import DEFAULT_ACCOUNTS
from tokenbooks.periods import Period

Case = dict[str, Any]

TOPICS = {
    "accrual",
    "allocation",
    "bonus",
    "classification",
    "controls",
    "embeddings",
    "expiry",
    "free",
    "fx",
    "images",
    "late_usage",
    "lots",
    "metering.price",
    "metering.rounding",
    "overdraft",
    "prepaid.consumption",
    "prepaid.purchase",
    "rate_change",
    "refund",
    "reload",
    "rollforward",
    "tax.indirect",
    "tiers",
    "transfer",
}
#: Policies that say how a figure is simulated; here receipts and plans say it.
_SAID_ELSEWHERE = {"reload_mode", "reload_trigger", "tier_mode"}
_PAY = {CASH: "cash", CARD: "card", PAYABLE: "account"}
_DAY = timedelta(days=1)


def kind_of(case: Case) -> tuple[str, bool]:
    """The kind of a case, and whether it is run."""
    topic = case["topic"]
    if case["side"] in seller.SIDES:
        found, reason = seller.check_of(case)
        name = f"{case['side']} {topic}"
        return f"{name} ({reason})" if reason else name, found is not None
    if case["side"] != "customer" or topic not in TOPICS:
        return f"{case['side']} {topic}", False
    reason = _unknown_because(case)
    return (f"{case['side']} {topic} ({reason})", False) if reason else (topic, True)


def check(case: Case, folder: Path) -> None:
    """Close the case's book and compare its entries, balances and further figures."""
    if case["side"] in seller.SIDES:
        found, _ = seller.check_of(case)
        assert found is not None
        found(case, folder)
        return
    entries = entries_of(case)
    if entries or case["topic"] == "free":
        story = story_of(case, entries)
        closed = close_book(folder / "book", story)
        assert_entries(entries, closed.news)
        assert_balances(case.get("expected_balances", {}), closed.balances())
        verify.check_memo_values(case, closed)
    for number, block in enumerate(case.get("verify", ())):
        verify.check_block(block, case, folder / f"verify-{number}")
    verify.check_rated_values(case, folder / "rated")


def story_of(case: Case, entries: list[Expected]) -> Story:
    """The facts behind a case."""
    if case["topic"] == "fx":
        return foreign_story(case, entries)
    if is_late(case):
        return late_story(case, entries)
    story = Story(policies=_policies(case), import_twice=case["topic"] == "controls")
    shapes = [shape_of(entry) for entry in entries]
    opening = Decimal(case.get("opening_balances", {}).get(PREPAID, "0"))
    first = entries[0].day if entries else _granted_on(case)
    story.start = Period.month_of(first).start
    if not {"purchase", "sla", "transfer in"} & set(shapes) and not opening and entries:
        story.settle = "arrears"
    _add_lots(story, case, entries, opening)
    _add_usage(story, case, entries)
    _add_invoices(story, entries)
    _add_allocation(story, case, entries)
    used = [e.day for e, shape in zip(entries, shapes, strict=True) if shape == "usage"]
    if any(day != Period.month_of(day).last_day for day in used):
        story.post_usage = "day"
    story.end = max((entry.day for entry in entries), default=story.end)
    return story


def _add_lots(story: Story, case: Case, entries: list[Expected], opening: Decimal) -> None:
    """Purchases, and lots that stand behind an opening balance."""
    lots = verify.lots_of(case)
    purchases = [entry for entry in entries if shape_of(entry) == "purchase"]
    for number, entry in enumerate(purchases, 1):
        bought = [lot for lot in lots if lot["date"] == f"{entry.day}"] or [{}]
        row = _purchase(entry, bought[0], number)
        row["credits"] = bought[0].get("qty") or _quantity(case, row["paid"], len(purchases))
        story.credits.append(row)
        for lot in bought[1:]:
            bonus = {"event": "bonus", "lot": lot["id"], "parent": row["lot"], "pay": ""}
            bonus |= {"credits": lot["qty"], "expires": lot.get("expires") or ""}
            story.credits.append({"date": entry.day, "contract": "provider"} | bonus)
    if opening:
        story.credits += _opening_lots(story, case, entries, lots, opening)
    if case["topic"] == "free" and not entries:
        story.credits.append(_grant(story, case))
    _set_expiry(story, case, entries)
    story.credits += list(moved_rows(entries, story.credits))


def _purchase(entry: Expected, lot: dict[str, str], number: int) -> dict[str, Any]:
    paid = entry.net(PREPAID) + max(entry.net(ACCRUED), Decimal(0))
    row = {"date": entry.day, "contract": "provider", "event": "purchase"}
    row |= {"lot": lot.get("id", f"lot-{number}"), "paid": paid, "document": f"receipt-{number}"}
    row["expires"] = lot.get("expires") or ""
    row["priority"] = lot.get("priority", "")
    row["pay"] = next(pay for role, pay in _PAY.items() if entry.net(role) < 0)
    tax = entry.net(VAT_IN) or entry.net(SALES_TAX)
    if tax:
        reverse = bool(entry.net(VAT_OUT))
        kind = "cost" if entry.net(SALES_TAX) else "recoverable"
        row |= {"tax": tax, "tax_kind": "reverse_charge" if reverse else kind}
    if entry.net(FEES):
        row["fee"] = entry.net(FEES)
    return row


def _quantity(case: Case, paid: Decimal, purchases: int) -> Decimal:
    """Credits of the only purchase where the inputs name them, else one per unit paid."""
    named = [case["inputs"].get(name) for name in ("credits", "paid_credits", "quantity")]
    found = next((Decimal(value) for value in named if value), None)
    return found if found is not None and purchases == 1 else paid


def _opening_lots(
    story: Story, case: Case, entries: list[Expected], lots: list[dict[str, str]], total: Decimal
) -> list[dict[str, Any]]:
    """Lots of the opening balance: those of the case, else one, or two if a part expires."""
    base = {"date": story.start, "contract": "provider", "event": "opening"}
    if lots:
        return [
            base
            | {"lot": lot["id"], "credits": lot["qty"], "paid": lot["cost"]}
            | {"starts": lot["date"], "expires": _end_of(case, lot)}
            | {"priority": lot.get("priority", "")}
            for lot in lots
        ]
    expired = sum((-e.net(PREPAID) for e in entries if shape_of(e) == "expiry"), Decimal(0))
    others = sum((e.net(PREPAID) for e in entries if shape_of(e) != "expiry"), Decimal(0))
    base["starts"] = story.start - _DAY if story.start else ""
    quantity = Decimal(case["inputs"].get("credits", total))
    if not expired or total + others == expired:
        return [base | {"lot": "opening", "credits": quantity, "paid": total}]
    kept = total - expired
    return [
        base | {"lot": "opening", "credits": kept, "paid": kept, "priority": "1"},
        base | {"lot": "expiring", "credits": expired, "paid": expired, "priority": "9"},
    ]


def _end_of(case: Case, lot: dict[str, str]) -> str:
    order = case.get("policy", {}).get("lot_order", "")
    return verify.lot_of(lot, order).get("expires") or ""


def _granted_on(case: Case) -> date:
    return date.fromisoformat(case["inputs"].get("granted_on", "2025-11-18"))


def _grant(story: Story, case: Case) -> dict[str, Any]:
    """Free credits: granted, partly used, expired; or given for an outage."""
    inputs = case["inputs"]
    row = {"date": _granted_on(case), "contract": "provider", "event": "grant"}
    if "sla_credits" in inputs:
        return row | {"lot": "sla", "credits": inputs["sla_credits"], "kind": "sla"}
    story.end = date.fromisoformat(inputs["expires_on"])
    return row | {"lot": "grant", "credits": inputs["granted"], "expires": inputs["expires_on"]}


def _set_expiry(story: Story, case: Case, entries: list[Expected]) -> None:
    """The day of an expiry entry is the last day of the lot that has none yet."""
    days = [entry.day for entry in entries if shape_of(entry) == "expiry"]
    if not days or any(row.get("expires") for row in story.credits):
        return
    expiring = [row for row in story.credits if row["lot"] == "expiring"] or story.credits[:1]
    expiring[0]["expires"] = days[0]


def _add_usage(story: Story, case: Case, entries: list[Expected]) -> None:
    metering = metering_of(case)
    used = [entry for entry in entries if shape_of(entry) == "usage"]
    for number, entry in enumerate(used):
        story.uses += metering.uses(number, entry)
    story.rates = metering.rates
    if case["topic"] == "free" and not entries:
        story.uses += verify.free_use(case)
    if len(story.credits) == 1 and not verify.lots_of(case):
        _scale(story)


def _scale(story: Story) -> None:
    """Amounts of entries are cost; a lot that cost more or less than 1 each was used for more."""
    row = story.credits[0]
    if row["event"] != "grant" and Decimal(row["credits"]) != Decimal(row["paid"]):
        each = Decimal(row["credits"]) / Decimal(row["paid"])
        story.uses = [replace(use, quantity=use.quantity * each) for use in story.uses]


def _add_invoices(story: Story, entries: list[Expected]) -> None:
    """Invoices of the accrual before them, and receipts of what is open."""
    accrued: list[Expected] = []
    open_documents: dict[str, list[str]] = {PAYABLE: [], CARD: []}
    for row in story.credits:
        role = {"account": PAYABLE, "card": CARD}.get(row.get("pay", ""))
        if role and row["event"] == "purchase":
            open_documents[role].append(row["document"])
    for entry in entries:
        shape = shape_of(entry)
        if shape == "usage" and entry.net(ACCRUED) < 0:
            accrued.append(entry)
        elif shape == "invoice":
            number = f"INV-{len(story.invoices) + 1}"
            open_documents[PAYABLE].append(number)
            story.invoices.append(_invoice(story, entry, number, accrued[-1], entries))
        elif shape == "receipt":
            role = PAYABLE if entry.net(PAYABLE) else CARD
            row = {"date": entry.day, "contract": "provider", "kind": "receipt"}
            row |= {"invoice": open_documents[role].pop(0), "amount": -entry.net(CASH)}
            story.invoices.append(row)


def _invoice(
    story: Story, entry: Expected, number: str, accrual: Expected, entries: list[Expected]
) -> dict[str, Any]:
    """An invoice for the month of its accrual, or for a cycle that straddles two months."""
    row = {"date": entry.day, "contract": "provider", "kind": "invoice", "invoice": number}
    row["amount"] = -entry.net(PAYABLE)
    month = Period.month_of(accrual.day)
    row |= {"period_start": month.start, "period_end": month.last_day}
    own = Period.month_of(entry.day)
    if any(e.day in own and e.day > entry.day and e.net(ACCRUED) < 0 for e in entries):
        row["period_start"] = own.previous().start.replace(day=(entry.day - _DAY).day)
        row["period_end"] = entry.day - 2 * _DAY
        in_cycle = [entry.expenses[0]] if entry.expenses else []
        story.uses += [Use(own.start, "credits", line.amount, line.project) for line in in_cycle]
    return row


def _add_allocation(story: Story, case: Case, entries: list[Expected]) -> None:
    """Rules that send each project to its role; none where all is plain expense."""
    lines = {line.project: line for entry in entries for line in entry.expenses}
    if not lines or all(line.project == "ai_expense" for line in lines.values()):
        return
    weights = split_weights(case)
    if weights:
        split = [{"share": share, "class": name} for name, share in weights.items()]
        story.allocate.append({"when": {"project": "shared"}, "split": split})
        return
    for project, line in lines.items():
        if line.role != "ai_expense_unallocated":
            rule: dict[str, Any] = {"when": {"project": project}, "role": line.role}
            if line.dims:
                rule["cost_center"] = line.dims[0][1]
            story.allocate.append(rule)


def _policies(case: Case) -> dict[str, Any]:
    policies = case.get("policy", {})
    return {name: value for name, value in policies.items() if name not in _SAID_ELSEWHERE}


def _unknown_because(case: Case) -> str:
    """Why a case of a known topic is not run yet; empty if it is."""
    for name, value in case.get("policy", {}).items():
        if name not in _SAID_ELSEWHERE and not _policy_available(name, str(value)):
            return f"policy {name}: {value}"
    for block in case.get("verify", ()):
        order = block["args"].get("order") if block["fn"] == "lots" else None
        if order and not _policy_available("lot_order", order):
            return f"policy lot_order: {order}"
        if order == "provider" and not all("priority" in lot for lot in verify.lots_of(case)):
            return "lots in the provider's order, which the case does not tell"
    for block in case.get("verify", ()):
        if block["fn"] not in verify.BLOCKS:
            return f"verify {block['fn']}"
    if is_late(case):
        return late_unknown(case, entries_of(case))
    openings = set(case.get("opening_balances", {})) - {PREPAID}
    if openings:
        return f"opening balance of {min(openings)}"
    return _unknown_entry(case)


def _unknown_entry(case: Case) -> str:
    accrued = False
    for entry in entries_of(case):
        unknown = sorted(set(entry.nets) - set(DEFAULT_ACCOUNTS))
        if unknown:
            return f"role {unknown[0]}"
        shape = shape_of(entry)
        reverses = case.get("policy", {}).get("accrual_method") == "auto_reverse"
        if shape is None or (shape == "reversal" and not reverses):
            return f"an entry of {' and '.join(sorted(entry.nets))}"
        if shape == "invoice" and not accrued:
            return "an invoice without an accrual"
        accrued = accrued or entry.net(ACCRUED) < 0
    used = [entry for entry in entries_of(case) if shape_of(entry) == "usage"]
    foreign = case["topic"] == "fx" and not is_understood(case, entries_of(case))
    if foreign or not understood(case, used):
        return "inputs of another form"
    if not accounted_for(case):
        return "no entries"
    return ""


def accounted_for(case: Case) -> bool:
    """Whether there is anything in the case that a run would compare."""
    if case["topic"] == "free" and not case.get("entries"):
        needed = ({"granted", "granted_on", "expires_on"}, {"sla_credits"})
        return any(names <= set(case["inputs"]) for names in needed)
    return bool(case.get("entries") or case.get("verify") or verify.rated_values(case))


@cache
def _definitions() -> dict[str, Any]:
    schema = Path(__file__).parents[2] / "tokenbooks" / "schemas" / "tokenbooks.schema.json"
    return dict(json.loads(schema.read_text(encoding="utf-8"))["$defs"])


def _policy_available(name: str, value: str) -> bool:
    """Whether the book's schema has the policy and this value of it is implemented."""
    definition = _definitions().get(f"policy_{name.replace('.', '_')}", {})
    if name == "lot_order":
        definition = _definitions()["lot_order_name"]
    values = definition.get("x-policy-values", definition.get("enum", ()))
    return value.lower() in {str(known).lower() for known in values}
