"""What is kept for credit losses: each age of receivables at the rate that people estimate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, money_text, round_half_up
from tokenbooks.close.receivables import NOT_DUE, ZERO, Receivable, ReceivableLedger
from tokenbooks.documents import Estimate
from tokenbooks.entries.sell.write_off import WrittenOff
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.problems import Problem, warning

#: What is estimated.
LOSS_RATE = "loss_rate"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept for losses of the receivables of one age, or of one document.

    ``rate`` is None where nobody estimates it, so that nothing is kept.
    """

    contract: str
    age: str
    open: Decimal
    rate: Fraction | None
    allowance: Decimal


def loss_rate(facts: Facts, item: Receivable, day: date) -> Estimate | None:
    """What share of a receivable will probably not be paid: of its document, else of its age."""
    names = (item.document, item.bucket(day), "")
    return facts.estimated(LOSS_RATE, item.contract, day, names)


def kept_for(facts: Facts, found: Iterable[Receivable], day: date) -> list[Kept]:
    """What must be kept for losses: each age at its rate, rounded once an age.

    A document with a rate of its own stands alone; what is owed to customers reduces nothing.
    """
    sums: dict[tuple[str, str], Decimal] = {}
    rates: dict[tuple[str, str], Fraction | None] = {}
    known: dict[tuple[str, str, str], Estimate | None] = {}
    named = {row.cohort for row in facts.estimates if row.name == LOSS_RATE}
    for item in found:
        if item.amount > 0:
            of = item.document if item.document in named else ""
            ruled = (item.contract, of, item.bucket(day))
            if ruled not in known:
                known[ruled] = loss_rate(facts, item, day)
            row = known[ruled]
            own = bool(of) and row is not None and row.cohort == of
            key = (item.contract, item.document if own else item.bucket(day))
            sums[key] = sums.get(key, ZERO) + item.amount
            rates[key] = row.value if row else None
    places = currency_places(facts.book.currency)
    return [
        Kept(*key, amount, rates[key], round_half_up(Fraction(amount) * (rates[key] or 0), places))
        for key, amount in sums.items()
    ]


def find_allowances(
    facts: Facts, ledger: ReceivableLedger, written: Iterable[WrittenOff], period: Period
) -> tuple[dict[str, Decimal], tuple[WrittenOff, ...]]:
    """What month ends have added by contract, and the write-offs with what each had to add.

    Month ends count only before the write-offs of a month, and at last: what lies between them
    cancels out.
    """
    walks = {contract: _Walk(contract, kept) for contract, kept in _taken_over(facts).items()}
    told: list[WrittenOff] = []
    for item in written:
        walk = walks.setdefault(item.row.contract, _Walk(item.row.contract))
        month = Period.month_of(item.row.day)
        if month not in (walk.month, facts.book.start):
            walk.make_right(_wanted(facts, ledger, walk.contract, month.previous().last_day))
        walk.month = month
        has_rates = _has_rates(facts, walk.contract, item.row.day)
        told.append(walk.use(item) if walk.kept or has_rates else item)
    for contract in sorted({key[0] for key in ledger.movements} | {*walks}):
        walk = walks.setdefault(contract, _Walk(contract))
        walk.make_right(_wanted(facts, ledger, contract, period.last_day))
    return {name: walk.raised for name, walk in walks.items() if walk.raised}, tuple(told)


@dataclass(slots=True)
class _Walk:
    """The allowance of a contract as time goes by: kept, and added by month ends."""

    contract: str
    kept: Decimal = ZERO
    raised: Decimal = ZERO
    month: Period | None = None

    def make_right(self, wanted: Decimal | None) -> None:
        """Keep what is wanted; None leaves the allowance as it is."""
        if wanted is not None:
            self.raised += wanted - self.kept
            self.kept = wanted

    def use(self, item: WrittenOff) -> WrittenOff:
        """Use the allowance for a write-off, after adding what it lacks."""
        added = max(item.amount - self.kept, ZERO)
        self.kept += added - item.amount
        return replace(item, added=added)


def _taken_over(facts: Facts) -> dict[str, Decimal]:
    """The allowances at the book's start, by contract.

    Opening balances are in the payer's view: what a seller keeps stands there as a debit.
    """
    kept: dict[str, Decimal] = {}
    for row in facts.opening:
        if row.role == "allowance_credit_losses":
            kept[row.contract] = kept.get(row.contract, ZERO) + row.amount
    return kept


def _wanted(facts: Facts, ledger: ReceivableLedger, contract: str, day: date) -> Decimal | None:
    """What must be kept at the end of a day; None where nobody estimates losses yet."""
    if not _has_rates(facts, contract, day):
        return None
    found = [item for item in ledger.open_at(day) if item.contract == contract]
    return sum((own.allowance for own in kept_for(facts, found, day)), ZERO)


def _has_rates(facts: Facts, contract: str, day: date) -> bool:
    return any(
        row.name == LOSS_RATE and row.contract == contract and row.day <= day and row.approved
        for row in facts.estimates
    )


def unestimated(facts: Facts, kept: Iterable[Kept], period: Period) -> Iterator[Problem]:
    """Receivables for whose loss nobody has a rate: past due, or beside ages that have one."""
    if not period.is_month:
        return
    missing: dict[str, list[Kept]] = {}
    for own in kept:
        if own.rate is None and (
            own.age != NOT_DUE or _has_rates(facts, own.contract, period.last_day)
        ):
            missing.setdefault(own.contract, []).append(own)
    for contract, ages in missing.items():
        places = currency_places(facts.book.currency)
        total = money_text(sum((own.open for own in ages), ZERO), places)
        names = ", ".join(own.age for own in ages)
        yield warning(
            "loss-unestimated",
            f"{total} {facts.book.currency} of the receivables of {contract} ({names}) has no rate"
            " of loss: nothing is kept for it",
            "add loss_rate to estimates.csv, with the age as its cohort (none: all ages)",
            facts.book.contracts[contract].position,
        )
