"""What must hold of a month before it is rendered.

Entries are built from names and documents that were checked when they were read. So
a failure here is a mistake of ours and raises ValueError; nothing is repaired.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from tokenbooks import names
from tokenbooks.amounts import money_text
from tokenbooks.entries.entry import KIND_ORDER, Assertion, Entry
from tokenbooks.periods import Period

Tags = Iterable[tuple[str, str]]


def check_entries(entries: Iterable[Entry], period: Period, places: int) -> None:
    """Check that entries are of the period, balance, and read back as they are meant."""
    posted = list(entries)
    _check_unique([entry.id for entry in posted], "ids of entries")
    for entry in posted:
        _require(entry.kind in KIND_ORDER, f"{entry.id}: kind {entry.kind!r}")
        _require(entry.day in period, f"{entry.id}: {entry.day} is not in {period}")
        _check_texts(entry)
        _check_tags(entry.tags, entry.id)
        for posting in entry.postings:
            _check_account(posting.account, entry.id)
            _check_amount(posting.amount, places, entry.id)
            _check_tags(posting.tags, entry.id)
        balance = sum(posting.amount for posting in entry.postings)
        _require(not balance, f"{entry.id}: out of balance by {balance}")


def check_assertions(assertions: Iterable[Assertion], period: Period, places: int) -> None:
    """Check that assertions are of the period, one for an account and day."""
    asserted = list(assertions)
    _check_unique([f"{a.account} {a.day}" for a in asserted], "assertions")
    for assertion in asserted:
        where = f"assertion of {assertion.day}"
        _require(assertion.day in period, f"{where}: not in {period}")
        _check_account(assertion.account, where)
        _check_amount(assertion.balance, places, where)


def check_title(title: str) -> None:
    """Check that a title stays in the one line of a comment."""
    _require(not title or title.isprintable(), f"title {title!r}")


def _check_texts(entry: Entry) -> None:
    _require(names.is_tag_value(entry.id), f"id {entry.id!r}")
    _require(names.is_payee(entry.payee), f"{entry.id}: payee {entry.payee!r}")
    _require(
        not entry.narration or names.is_narration(entry.narration),
        f"{entry.id}: narration {entry.narration!r}",
    )
    _require(not entry.code or names.is_code(entry.code), f"{entry.id}: code {entry.code!r}")


def _check_tags(tags: Tags, where: str) -> None:
    pairs = list(tags)
    _check_unique([key for key, _ in pairs], f"{where}: tags")
    for key, value in pairs:
        # `entry` and `code` are written by the renderers themselves
        _require(names.is_tag_key(key) and key not in {"entry", "code"}, f"{where}: tag {key!r}")
        _require(names.is_tag_value(value), f"{where}: value {value!r} of the tag {key}")


def _check_account(account: str, where: str) -> None:
    _require(names.is_account(account), f"{where}: account {account!r}")


def _check_amount(amount: Decimal, places: int, where: str) -> None:
    exact = amount.is_finite() and Decimal(money_text(amount, places)) == amount
    _require(exact, f"{where}: {amount} is not an amount of {places} places")


def _check_unique(values: list[str], what: str) -> None:
    twice = [value for value, count in Counter(values).items() if count > 1]
    _require(not twice, f"{what}: {', '.join(twice)} more than once")


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise ValueError(f"cannot be rendered: {what}")
