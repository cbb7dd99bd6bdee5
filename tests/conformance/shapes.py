"""The entries of a case, and what each shape of entry says happened."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

PREPAID, ACCRUED, PAYABLE = "prepaid_credits", "accrued_expenses", "accounts_payable"
CASH, CARD, LOSS = "cash", "credit_card_payable", "expired_credits_loss"
FEES, VAT_IN, VAT_OUT = "payment_fees_expense", "input_vat_recoverable", "output_vat_payable"
SALES_TAX, REFUND_LOSS = "sales_tax_expense", "loss_on_refund"
DUE_FROM, DUE_TO = "due_from_affiliate", "due_to_affiliate"
#: What a rate of exchange adds to an invoice or a payment; it changes no shape.
EXCHANGE = {"fx_loss", "fx_gain"}
_PAID = {CASH, CARD, PAYABLE}
_PURCHASE = {PREPAID, ACCRUED, FEES, VAT_IN, VAT_OUT, SALES_TAX, CASH, CARD, PAYABLE}


@dataclass(frozen=True)
class Debit:
    """One line of expense, with the dimensions that the case gives it."""

    role: str
    amount: Decimal
    dims: tuple[tuple[str, str], ...] = ()

    @property
    def project(self) -> str:
        """The project of usage whose expense is this line."""
        return "-".join([self.role, *(value for _, value in self.dims)])


@dataclass(frozen=True)
class Expected:
    """An entry that a case expects: net amount per role, and its lines of expense.

    ``service`` is the service period that its lines name.
    """

    day: date
    nets: dict[str, Decimal]
    expenses: tuple[Debit, ...]
    service: str = ""

    def net(self, role: str) -> Decimal:
        return self.nets.get(role, Decimal(0))

    @property
    def expense(self) -> Decimal:
        """The net of all expense roles, fees and losses apart."""
        return sum((v for role, v in self.nets.items() if is_expense(role)), Decimal(0))


def is_expense(role: str) -> bool:
    """Whether a role takes the cost of usage."""
    return role.startswith("ai_")


def entries_of(case: dict[str, Any]) -> list[Expected]:
    """The entries of a case, a fee or its like merged into the purchase of its day."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in case.get("entries", ()):
        groups[line["entry"]].append(line)
    entries = [_entry(lines) for lines in groups.values()]
    merged: list[Expected] = []
    for entry in entries:
        if entry.net(FEES) and not entry.net(PREPAID) and merged and merged[-1].day == entry.day:
            nets = _sum([*merged[-1].nets.items(), *entry.nets.items()])
            merged[-1] = Expected(entry.day, nets, merged[-1].expenses)
        else:
            merged.append(entry)
    return merged


def shape_of(entry: Expected) -> str | None:
    """What happened, as the roles of an entry tell; None for a shape not known yet."""
    roles, net = set(entry.nets) - EXCHANGE, entry.net
    expense = entry.expense
    if moved := _moved(entry):
        return moved
    if net(PREPAID) > 0 and roles <= _PURCHASE:
        return "purchase"
    if net(LOSS) > 0 and roles == {LOSS, PREPAID}:
        return "expiry"
    if net(CASH) < 0 and roles in ({PAYABLE, CASH}, {CARD, CASH}):
        return "receipt"
    if any(not is_expense(role) and role not in {PREPAID, ACCRUED, PAYABLE} for role in roles):
        return None
    if net(PAYABLE) < 0 and net(PREPAID) == 0 and (net(ACCRUED) > 0 or expense > 0):
        return "invoice"
    if net(PAYABLE):
        return None
    if expense > 0 and net(PREPAID) <= 0 and net(ACCRUED) <= 0:
        return "usage"
    if expense < 0 and roles & {ACCRUED} and net(PREPAID) == 0:
        return "reversal"
    return None


def _moved(entry: Expected) -> str | None:
    """Credits that come or go otherwise than by purchase, use and expiry."""
    roles, net = set(entry.nets), entry.net
    other = roles - {PREPAID}
    if net(PREPAID) > 0 and entry.expense < 0 and all(is_expense(role) for role in other):
        return "sla"
    if net(PREPAID) < 0 and other <= _PAID | {REFUND_LOSS} and other:
        return "refund"
    if net(PREPAID) < 0 and other == {ACCRUED} and net(ACCRUED) > 0:
        return "settled"
    if net(PREPAID) < 0 and other == {DUE_FROM}:
        return "transfer out"
    if net(PREPAID) > 0 and other == {DUE_TO}:
        return "transfer in"
    if net(LOSS) < 0 and entry.expense == -net(LOSS) and PREPAID not in roles:
        return "used after all"
    return None


def _entry(lines: list[dict[str, Any]]) -> Expected:
    expenses = tuple(
        Debit(
            line["account_role"],
            Decimal(line["debit"]),
            tuple(sorted((k, v) for k, v in line.get("dims", {}).items() if k != "service_period")),
        )
        for line in lines
        if is_expense(line["account_role"]) and Decimal(line["debit"])
    )
    nets = _sum(
        (line["account_role"], Decimal(line["debit"]) - Decimal(line["credit"])) for line in lines
    )
    services = (line.get("dims", {}).get("service_period", "") for line in lines)
    service = next(filter(None, services), "")
    return Expected(date.fromisoformat(lines[0]["date"]), nets, expenses, service)


def _sum(amounts: Any) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for role, amount in amounts:
        totals[role] += amount
    return {role: amount for role, amount in totals.items() if amount}
