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
SALES_TAX = "sales_tax_expense"
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
    """An entry that a case expects: net amount per role, and its lines of expense."""

    day: date
    nets: dict[str, Decimal]
    expenses: tuple[Debit, ...]

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
    roles, net = set(entry.nets), entry.net
    expense = entry.expense
    if net(PREPAID) > 0 and roles <= _PURCHASE:
        return "purchase" if net(ACCRUED) <= 0 else None
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
    return Expected(date.fromisoformat(lines[0]["date"]), nets, expenses)


def _sum(amounts: Any) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for role, amount in amounts:
        totals[role] += amount
    return {role: amount for role, amount in totals.items() if amount}
