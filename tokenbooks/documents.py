"""Rows of the book's small CSV files, as facts: credits, invoices, openings, exchange rates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tokenbooks.conditions import Conditions
from tokenbooks.periods import Moment
from tokenbooks.problems import NOWHERE, Position


@dataclass(frozen=True, slots=True)
class TransferTo:
    """Where credits are transferred: a contract of the book and its party, or an ``entity``."""

    contract: str = ""
    party: str = ""
    entity: str = ""


@dataclass(frozen=True, slots=True)
class CreditEvent:
    """One row of ``credits.csv`` (DESIGN 4.4). Empty cells are None.

    ``credits`` is 0 where a row need not say them: all that is left of a lot. ``scope`` are
    the conditions on usage that may draw, ``pool`` the parties that share. ``to`` is where a
    transfer goes: a contract and its party, or another entity.
    """

    day: date
    contract: str
    event: str
    credits: Decimal
    party: str = ""
    lot: str | None = None
    paid: Decimal | None = None
    used: Decimal | None = None
    currency: str | None = None
    starts: Moment | None = None
    expires: Moment | None = None
    kind: str | None = None
    priority: int | None = None
    parent: str | None = None
    scope: Conditions = field(default_factory=Conditions)
    pool: str = ""
    to: TransferTo | None = None
    fx_rate: Decimal | None = None
    tax: Decimal | None = None
    tax_kind: str | None = None
    fee: Decimal | None = None
    pay: str | None = None
    document: str = ""
    memo: str = ""
    position: Position = NOWHERE
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Invoice:
    """One row of ``invoices.csv`` (DESIGN 4.5); ``service`` is the days it covers."""

    day: date
    contract: str
    invoice: str
    amount: Decimal
    kind: str = "invoice"
    party: str = ""
    first_day: date | None = None
    last_day: date | None = None
    tax: Decimal = Decimal(0)
    currency: str | None = None
    due: date | None = None
    pay: str | None = None
    fx_rate: Decimal | None = None
    position: Position = NOWHERE
    digest: str = ""


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """One row of ``opening.csv``: a balance at the book's start, debit positive."""

    role: str
    contract: str
    amount: Decimal
    party: str = ""
    service_period: str = ""
    currency: str | None = None
    document: str = ""
    position: Position = NOWHERE
    digest: str = ""


@dataclass(frozen=True, slots=True)
class DisplayedBalance:
    """One row of ``balances.csv``: the credits that the provider shows at the end of a day.

    ``balance`` is list value in the plan's currency; it may be negative.
    """

    day: date
    contract: str
    balance: Decimal
    party: str = ""
    currency: str | None = None
    position: Position = NOWHERE
    digest: str = ""


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """One row of ``rates.csv``: one unit of ``currency`` is worth ``rate`` units of ``into``.

    It holds from its day until the next row of the pair.
    """

    day: date
    currency: str
    into: str
    rate: Decimal
    source: str = ""
    position: Position = NOWHERE
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One row of ``adjustments.csv``: an accrual by judgement, which a person approves.

    ``amount`` is what is owed beyond the rated usage of a service period, in the book's
    currency: positive raises accrued expenses. It is owed until an invoice of that service
    period comes, as every accrual. ``role`` is where the expense goes ('' shares it as the
    usage of the period is). A row that nobody approved posts nothing.
    """

    day: date
    contract: str
    service_period: str
    amount: Decimal
    party: str = ""
    role: str = ""
    cost_center: str = ""
    cause: str = ""
    document: str = ""
    memo: str = ""
    prepared: str = ""
    approved: str = ""
    position: Position = NOWHERE
    digest: str = ""


@dataclass(frozen=True, slots=True)
class RecordedPosting:
    """A posting of the company's own ledger, debit positive.

    ``entry`` is the id of ours that its entry carries ('' where it has none), ``transaction``
    a number that the postings of one entry of the ledger share. ``tags`` are those of the
    posting, then those of its entry. ``document`` is the code or number of a voucher.
    """

    day: date
    account: str
    amount: Decimal
    currency: str
    transaction: int
    payee: str = ""
    narration: str = ""
    document: str = ""
    entry: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    position: Position = NOWHERE
