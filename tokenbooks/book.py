"""The book: one reporting entity, its contracts, accounts, rules and policies.

These are facts as ``tokenbooks.yaml`` states them (DESIGN 4.1); ``sources.book``
reads them, everything else only looks at them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tokenbooks.conditions import Conditions
from tokenbooks.names import DEFAULT_ACCOUNTS, PAYER_ROLES, SELLER_ROLES
from tokenbooks.periods import Period
from tokenbooks.problems import NOWHERE, Position

#: Dimensions kept below day level where the book does not say.
KEPT_BY_DEFAULT = ("model", "project", "api_key", "customer")

#: Kinds of entries that a book may let tokenbooks post (key ``post``).
ENTRY_KINDS = ("purchases", "invoices", "consumption", "accrual", "expiry")


@dataclass(frozen=True, slots=True)
class UsageSource:
    """Where a contract's usage (or statement) files are, and how to read them.

    ``scope`` is what the downloads are filtered to. Of their rows ``only`` those count
    whose dimensions fit these globs. ``tags`` are dimensions, each with the key of a tag.
    ``period`` is the month of files whose rows say no day.
    """

    files: str
    format: str | None = None
    scope: tuple[tuple[str, str], ...] = ()
    meters: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    only: tuple[tuple[str, str], ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    period: Period | None = None
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class Party:
    """One value of a contract's ``each``: its readable name, its days, the pool it shares.

    ``jurisdiction`` is where it is, as the rules on unclaimed property ask.
    """

    id: str
    name: str = ""
    from_day: date | None = None
    until_day: date | None = None
    pool: str = ""
    jurisdiction: str = ""
    position: Position = NOWHERE


#: The sides of a contract: credits that we buy, and credits that we sell.
BUY, SELL = "buy", "sell"


@dataclass(frozen=True, slots=True)
class RevenueTerms:
    """How a contract of the sell side earns revenue.

    ``gross_net`` is ``principal`` or ``agent`` ('' where it is not declared). ``pattern`` is
    ``use`` (credits are good for use at will) or ``time``. ``cohort`` are the parts of a
    cohort's name: plan, month, term, jurisdiction. ``ssp`` are stand-alone selling prices of
    what is sold in a bundle, by name.
    """

    gross_net: str = ""
    pattern: str = "use"
    cohort: tuple[str, ...] = ("plan", "month", "term")
    ssp: Mapping[str, Decimal] = field(default_factory=dict)
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class TaxYear:
    """How the entity is taxed, for reports only: its methods, the first month of its tax year.

    ``customer_method`` is cash_12month or accrual; ``provider_method`` is 451c_deferral,
    full_inclusion or cash ('' where none was chosen). ``year_end`` is the month that ends the
    tax year. ``afs`` tells whether there is an applicable financial statement.
    """

    customer_method: str = ""
    provider_method: str = ""
    year_end: int = 12
    afs: bool = True


@dataclass(frozen=True, slots=True)
class Contract:
    """The terms with one counterparty.

    Every value of the dimension ``each`` is a party of its own; ``parties`` tells more of
    some. ``scope`` limits what its credits are good for; ``pool`` names those with whom it
    shares them; ``lot_order`` is its own draw order, where the book's policy is not it.
    ``tax_rate`` is in percent. Of the sell side ``refundable`` says whether unused credits are
    paid back on demand, ``in_advance`` whether invoices may bill days to come.
    """

    id: str
    side: str
    party: str
    plan: str
    settle: str
    pay: str = "cash"
    usage: tuple[UsageSource, ...] = ()
    statement: tuple[UsageSource, ...] = ()
    each: str | None = None
    from_day: date | None = None
    until_day: date | None = None
    timezone: str | None = None
    tax_kind: str = "cost"
    tax_rate: Decimal | None = None
    scope: Conditions = field(default_factory=Conditions)
    pool: str = ""
    lot_order: str = ""
    parties: Mapping[str, Party] = field(default_factory=dict)
    parties_files: str = ""
    refundable: bool = False
    revenue: RevenueTerms = field(default_factory=RevenueTerms)
    in_advance: bool = False
    position: Position = NOWHERE

    @property
    def sells(self) -> bool:
        """Whether it is of the sell side: the counterparty is a customer."""
        return self.side == SELL

    def own_role(self, role: str) -> str:
        """A payer's role as the books of this side have it: those of a seller mirror it.

        Credits that are paid back on demand are a refund liability (ASC 606-10-32-10).
        """
        if not self.sells:
            return role
        if role == "prepaid_credits" and self.refundable:
            return "refund_liability"
        return SELLER_ROLES.get(role, role)

    def payer_role(self, role: str) -> str:
        """The payer's role that a seller's mirrors; one that only the seller has stays."""
        if self.refundable and role in {"refund_liability", "deferred_revenue"}:
            return "prepaid_credits" if role == "refund_liability" else role
        return PAYER_ROLES.get(role, role)


@dataclass(frozen=True, slots=True)
class RecordedSource:
    """Where the company's own ledger is, which of its accounts count, and how to read it.

    ``accounts`` are globs of account names; ``format`` is ledger, hledger, beancount or csv,
    None where the file's name tells. ``columns`` are those of a CSV: what is asked for ->
    the heading that has it; ``dates`` is the order of its days' parts, ``numbers`` an example
    of its amounts. ``accounts_map`` renames accounts: their name there -> ours, ``currencies``
    likewise.
    """

    files: str
    accounts: tuple[str, ...] = ()
    format: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    accounts_map: Mapping[str, str] = field(default_factory=dict)
    currencies: Mapping[str, str] = field(default_factory=dict)
    dates: str = "year_month_day"
    numbers: str = "1234.50"
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a split: a share of the whole, and where it goes."""

    share: Decimal
    role: str
    class_: str
    cost_center: str


@dataclass(frozen=True, slots=True)
class AllocationRule:
    """Usage for which the conditions hold goes to these shares (they sum to 100)."""

    when: Conditions
    shares: tuple[Share, ...]
    from_day: date | None = None
    until_day: date | None = None
    position: Position = NOWHERE


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """A policy's value from a day on, with who chose it and why."""

    value: str
    from_day: date | None = None
    by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """A folder with a ``tokenbooks.yaml``."""

    name: str
    currency: str
    start: Period
    timezone: str
    journal: str
    contracts: Mapping[str, Contract]
    post: tuple[str, ...] = ENTRY_KINDS
    post_usage: str = "month"
    allocate: tuple[AllocationRule, ...] = ()
    accounts: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, tuple[PolicyValue, ...]] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    keep: tuple[str, ...] = KEPT_BY_DEFAULT
    redact: tuple[str, ...] = ()
    credits_files: str = "credits.csv"
    invoices_files: str = "invoices.csv"
    opening_file: str = "opening.csv"
    balances_files: str = "balances.csv"
    rates_files: str = "rates.csv"
    adjustments_files: str = "adjustments.csv"
    estimates_files: str = "estimates.csv"
    modifications_file: str = "modifications.yaml"
    tax: TaxYear = field(default_factory=TaxYear)
    recorded: tuple[RecordedSource, ...] = ()
    account_positions: Mapping[str, Position] = field(default_factory=dict)
    position: Position = NOWHERE

    def account(self, role: str, contract: Contract | None) -> str:
        """The account name that a role has for a contract; of one that sells, its mirror's."""
        role = contract.own_role(role) if contract else role
        template = self.accounts.get(role) or DEFAULT_ACCOUNTS[role]
        return template.replace("{party}", contract.party if contract else "")

    def policy(self, name: str, day: date) -> str:
        """The value of a policy that rules on a day; '' where none was chosen."""
        ruling = ""
        for choice in self.policies.get(name, ()):
            if choice.from_day is None or choice.from_day <= day:
                ruling = choice.value
        return ruling

    def values_outages(self, contract: Contract, day: date) -> bool:
        """Whether credits for an outage have a value (policy ``sla_credit``).

        A buyer may take it off his expense; a seller's revenue is less by it, unless the
        policy says otherwise (ACCOUNTING 6.3).
        """
        chosen = self.policy("sla_credit", day)
        return chosen == "reduce_expense" or (contract.sells and chosen != "zero_basis")

    def zone_of(self, contract: Contract, plan_timezone: str | None) -> str:
        """The zone that rules rates, spans and expiry: contract, else plan, else book."""
        return contract.timezone or plan_timezone or self.timezone
