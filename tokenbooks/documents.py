"""Rows of the book's small CSV files, as facts: credits, invoices, openings, exchange rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

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
    """One row of ``invoices.csv`` (DESIGN 4.5), which covers its first to its last day.

    One in ``advance`` is dated before its last day: what it bills is deferred.
    """

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
    advance: bool = False
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
class Estimate:
    """One row of ``estimates.csv``: a figure that a person estimates, with its evidence.

    ``name`` says what is estimated: breakage_rate, escheat_share, cost_to_serve and loss_rate
    are shares of 1; net_price is a share of the list price; expected_volume is a quantity of
    the year; ssp a price, or a weight of one. ``cohort`` limits it: a cohort of credits, a
    meter, an age of receivables such as ``31-60``, or what is sold. The latest day rules.
    """

    day: date
    contract: str
    name: str
    value: Fraction
    cohort: str = ""
    evidence: str = ""
    prepared: str = ""
    approved: str = ""
    memo: str = ""
    position: Position = NOWHERE
    digest: str = ""


@dataclass(frozen=True, slots=True)
class AddedCredits:
    """Credits that a modification adds, at a price: one lot, good until its last day."""

    credits: Decimal
    paid: Decimal
    expires: date | None = None
    lot: str = ""


@dataclass(frozen=True, slots=True)
class Modification:
    """One change of a contract, as ``modifications.yaml`` records it.

    The treatment is computed from the answers: ``distinct`` (are the goods that are left, or
    added, distinct from those delivered?) and ``at_ssp`` (are the added ones priced at their
    stand-alone selling price, ``ssp`` each?). ``kind`` is upgrade, downgrade, added, price,
    extension, renewal or termination. ``before`` and ``after`` are terms as people wrote them,
    shown in the memo. ``lots`` are those that it touches (none: all alive). ``refund`` is money
    paid back, ``past_service_credit`` what is granted for poor service in the past. Where
    nothing is distinct, ``progress`` is the share delivered and ``price`` the whole price now.
    """

    id: str
    day: date
    contract: str
    kind: str
    party: str = ""
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    added: AddedCredits | None = None
    distinct: bool | None = None
    at_ssp: bool | None = None
    ssp: Decimal | None = None
    lots: tuple[str, ...] = ()
    expires: date | None = None
    refund: Decimal | None = None
    past_service_credit: Decimal = Decimal(0)
    progress: Decimal | None = None
    price: Decimal | None = None
    evidence: str = ""
    prepared: str = ""
    approved: str = ""
    approved_on: date | None = None
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
