"""What a pair of amounts, ours and the ledger's, adds to a difference, and why.

A pair is looked at through a scope: some accounts, and the days that count. What is on both
sides in it cancels out; the rest is the cause, so that the causes of all pairs sum to the
difference exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tokenbooks.amounts import exact_text
from tokenbooks.periods import Period
from tokenbooks.reconcile.causes import (
    AMOUNT,
    CURRENCY,
    LEDGER_ONLY,
    RECORDED_TWICE,
    TAX,
    UNRECORDED,
    WRONG_ACCOUNT,
    WRONG_PERIOD,
    Cause,
)
from tokenbooks.reconcile.ledger.recorded_documents import Documents
from tokenbooks.reconcile.ledger.recorded_items import Ours, Theirs
from tokenbooks.reconcile.ledger.recorded_matching import CARRIED, REVERSED, TWICE, Pair

#: Decimals in which amounts are told in words.
_PLACES = 6


@dataclass(frozen=True, slots=True)
class Scope:
    """What is compared: some accounts on the days that count, in a book of a currency."""

    accounts: Collection[str]
    counts: Callable[[date], bool]
    currency: str

    def has(self, item: Ours | Theirs) -> bool:
        """Whether an amount is compared."""
        return item.account in self.accounts and self.counts(item.day)

    def concerns(self, pair: Pair) -> bool:
        """Whether anything of a pair is compared."""
        return any(self.has(o) for o in pair.ours) or any(self.has(t) for t in pair.theirs)

    def of_ours(self, pair: Pair) -> Fraction:
        """What of a pair is ours, in the scope."""
        return sum((item.value for item in pair.ours if self.has(item)), Fraction(0))

    def of_theirs(self, pair: Pair) -> Fraction:
        """What of a pair is the ledger's, in the scope."""
        return sum((item.amount for item in pair.theirs if self.has(item)), Fraction(0))


def causes_of(pair: Pair, scope: Scope, documents: Documents) -> Iterator[Cause]:
    """The causes of a pair; none where both sides have the same in the scope."""
    ours, theirs = scope.of_ours(pair), scope.of_theirs(pair)
    if ours == theirs and not is_misplaced(pair):
        return
    name, words = reason(pair, scope, documents)
    evidence = tuple(item.id for item in pair.ours) + tuple(item.where for item in pair.theirs)
    both: list[Ours | Theirs] = [*pair.theirs, *pair.ours]
    sides = [(ours - theirs, [item for item in both if scope.has(item)])]
    if name == WRONG_ACCOUNT and ours and theirs:
        sides = [(ours, list(pair.ours)), (-theirs, list(pair.theirs))]
    for amount, items in sides:
        if amount:
            where = (("account", items[0].account),)
            yield Cause(name, amount, words, items[0].day, where, evidence)


def is_misplaced(pair: Pair) -> bool:
    """Whether what is ours stands on another account of the ledger."""
    own = {item.account for item in pair.ours}
    amounts: dict[str, Fraction] = {}
    for item in pair.theirs if own else ():
        if item.account not in own:
            amounts[item.account] = amounts.get(item.account, Fraction(0)) + item.amount
    return any(amounts.values())


def reason(pair: Pair, scope: Scope, documents: Documents) -> tuple[str, str]:
    """The name of the cause that a pair has in a scope, and its words."""
    if not pair.theirs:
        return UNRECORDED, _unrecorded(pair.ours[0])
    if not pair.ours:
        return _theirs_alone(pair)
    if pair.how == CARRIED:
        return AMOUNT, "the balance that the ledger brought forward is not that of the opening"
    ours, theirs = pair.ours[0], pair.theirs[0]
    if is_misplaced(pair):
        return WRONG_ACCOUNT, _wrong_account(ours, theirs)
    if scope.counts(ours.day) != scope.counts(theirs.day):
        here, there = Period.month_of(ours.day), Period.month_of(theirs.day)
        return WRONG_PERIOD, f"it belongs to {here}, the ledger has it in {there} ({theirs.day})"
    return _other_amount(ours, theirs, scope.currency, documents)


def _unrecorded(item: Ours) -> str:
    what = f"{item.entry.narration} of {item.day}"
    if item.left_out:
        kind = f"the book leaves entries of the kind {item.entry.kind} to the ledger"
        return f"{what} is missing in the ledger: {kind}"
    return f"{what} is not in the ledger"


def _theirs_alone(pair: Pair) -> tuple[str, str]:
    theirs, twin = pair.theirs[0], pair.twin
    if pair.how == REVERSED:
        return LEDGER_ONLY, f"the ledger takes it back itself on {pair.theirs[-1].day}"
    if pair.how == TWICE and twin is not None:
        return RECORDED_TWICE, f"the ledger has it once more, as {twin.where}"
    if pair.bought is not None:
        words = f"credits bought, which the ledger has as prepaid too ({pair.bought.id}):"
        return LEDGER_ONLY, f"{words} they become an expense as they are used"
    if theirs.entry:
        return LEDGER_ONLY, f"it carries the id {theirs.entry}, which no close posts so"
    whose = f" ({theirs.payee})" if theirs.payee else ""
    return LEDGER_ONLY, f"the ledger has it{whose}, and no entry of ours"


def _wrong_account(ours: Ours, theirs: Theirs) -> str:
    if ours.entry.kind == "purchase":
        start = "a purchase of credits, expensed when it was paid"
        return f"{start}: it is prepaid ({ours.account}) until the credits are used"
    return f"it belongs to {ours.account}, the ledger has it on {theirs.account}"


def _other_amount(
    ours: Ours, theirs: Theirs, currency: str, documents: Documents
) -> tuple[str, str]:
    amounts = f"ours {exact_text(ours.value, _PLACES)}"
    amounts += f", the ledger's {exact_text(theirs.amount, _PLACES)}"
    tax = documents.tax(ours)
    if tax and theirs.amount - ours.value == tax:
        return TAX, f"{amounts}: it has the tax of the document in the expense"
    document = documents.of(ours)
    if document is not None and document.in_cost:
        own = Fraction(document.tax) * document.rate
        if own and ours.value - theirs.amount == own:
            return TAX, f"{amounts}: it lacks the tax, which cannot be recovered"
    if document is not None and document.currency != currency:
        stated = {Fraction(document.amount), Fraction(document.amount) + Fraction(document.tax)}
        if theirs.amount in stated:
            return CURRENCY, f"{amounts}: it has the amount in {document.currency} unchanged"
        return CURRENCY, f"{amounts}: it was converted at another rate of {document.currency}"
    if theirs.currency != currency:
        return CURRENCY, f"{amounts}: it is kept in {theirs.currency}"
    if document is not None and theirs.amount in {
        Fraction(document.amount),
        Fraction(document.amount) + Fraction(document.tax),
    }:
        return AMOUNT, f"{amounts}: it expenses the whole document, which relieves an accrual"
    return AMOUNT, amounts
