"""Journal entries as values. Renderers print them; they compute nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

#: Kinds of entries, in the order in which they stand on one day.
KIND_ORDER = (
    "opening",
    "purchase",
    "sale",
    "transfer",
    "refund",
    "adjustment",
    "modified",
    "invoice",
    "receipt",
    "reversal",
    "settlement",
    "consumption",
    "earned",
    "accrual",
    "approved",
    "allowance",
    "write-off",
    "recovery",
    "estimate",
    "promotion",
    "rollover",
    "expiry",
    "breakage",
    "exchange",
)


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry. ``amount`` is debit-positive, at the currency's places.

    ``role`` is what the account stands for; ``account`` is the book's name for it.
    ``tags`` are (key, value) pairs such as ``lot`` or ``cost-center``.
    """

    role: str
    account: str
    amount: Decimal
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A balanced journal entry.

    ``id`` is built from keys, never from a counter, so that a rerun gives the same.
    ``kind`` is one of ``KIND_ORDER``. ``pending`` marks estimates (accruals).
    """

    id: str
    kind: str
    day: date
    payee: str
    narration: str
    postings: tuple[Posting, ...]
    tags: tuple[tuple[str, str], ...] = ()
    code: str = ""
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Assertion:
    """The balance that an account must have at the end of a day."""

    day: date
    account: str
    balance: Decimal
