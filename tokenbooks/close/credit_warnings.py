"""What is odd about the credits of a book, although its figures stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from fractions import Fraction

from tokenbooks.amounts import money_text, round_half_up
from tokenbooks.close.computed import Computed
from tokenbooks.close.credit_days import credit_days
from tokenbooks.close.credit_units import unit_of
from tokenbooks.credits.drawing import Drawn
from tokenbooks.credits.lots import Account
from tokenbooks.credits.reload_receipts import (
    MISSING,
    DayBalance,
    Receipt,
    ReloadFinding,
    compare_reloads,
)
from tokenbooks.facts import Facts
from tokenbooks.periods import TERM, Period
from tokenbooks.problems import Problem, merged, warning
from tokenbooks.rating.credit_terms import STOP, TOP_UP, ReloadTerms

#: So many reloads of one kind are told one by one.
_TOLD = 10


def credit_warnings(facts: Facts, computed: Computed, period: Period) -> Iterator[Problem]:
    """Usage without credits, and reloads that differ from their rule, of a period."""
    yield from _uncovered(facts, computed, period)
    found = [
        (account, item)
        for account, item in reload_findings(facts, computed, _known_until(computed, period))
        if item.day in period
    ]
    # the first days are told where there are too many
    found.sort(key=lambda item: item[1].day)
    missing = [_missing(facts, *item) for item in found if item[1].kind == MISSING]
    others = [_unexpected(facts, computed, *item) for item in found if item[1].kind != MISSING]
    yield from (*merged(missing, _TOLD), *merged(others, _TOLD))


# -- usage that no lot covers -----------------------------------------------------------


def _uncovered(facts: Facts, computed: Computed, period: Period) -> Iterator[Problem]:
    with_lots = {lot.contract for lot in computed.lots.values()} | computed.parties.with_lots
    for contract in facts.book.contracts.values():
        own = [drawn for account, drawn in computed.drawn.items() if account[0] == contract.id]
        overage = facts.plan_of(contract).credit_terms.overage
        value = sum((item.quantity for drawn in own for item in drawn.uncovered), Fraction(0))
        together = [o for o in computed.parties.owed.values() if o.contract == contract.id]
        value += sum((owed.open_value for owed in together), Fraction(0))
        if overage == STOP:
            yield from _after_stop(contract.id, own, period, facts)
        elif overage == TOP_UP and value and contract.id in with_lots:
            yield warning(
                "credits-exhausted",
                f"contract {contract.id}: usage of {_shown(value)} is covered by no lot,"
                " and is accrued until the next credits settle it or an invoice bills it",
                "check the credits file for a purchase that is missing",
                contract.position,
            )


def _after_stop(
    contract: str, drawn: Iterable[Drawn], period: Period, facts: Facts
) -> Iterator[Problem]:
    """Usage that should not have happened, settled by a later lot or not."""
    values: dict[date, Fraction] = {}
    for own in drawn:
        uses = [(item.used_at, item.quantity) for item in own.owed]
        uses += [(d.used_at, d.quantity) for d in own.draws if d.drawn_at > d.used_at]
        for used_at, quantity in uses:
            day = used_at.date()
            if day in period:
                values[day] = values.get(day, Fraction(0)) + quantity
    days = sorted(day for day, value in values.items() if value)
    if days:
        value = sum(values.values(), Fraction(0))
        when = f"on {days[0]}"
        if len(days) > 1:
            when = f"on {len(days)} days from {days[0]} to {days[-1]}"
        place = facts.book.contracts[contract].position
        yield warning(
            "usage-after-stop",
            f"contract {contract}: usage of {_shown(value)} {when} was not stopped, though no"
            " credits were left and its plan says `overage: stop`",
            "check the credits file for a purchase that is missing; else ask the provider, and"
            " write `overage: top_up` or `bill` if it goes on",
            place,
        )


def _shown(value: Fraction) -> str:
    return money_text(round_half_up(value, 2), 2)


# -- reloads ----------------------------------------------------------------------------


def _known_until(computed: Computed, period: Period) -> date:
    """The day before which reloads can be missing: the end of a period that has one.

    A book that is looked at as a whole is known to its last usage: that a lot ends later says
    nothing of the balance of that day.
    """
    if period.end < TERM.end:
        return period.end
    steps = computed.rated.charges.steps.values()
    last = max((own[-1].at.date() for own in steps if own), default=period.start)
    return last + timedelta(days=1)


def reload_findings(
    facts: Facts, computed: Computed, until: date
) -> list[tuple[Account, ReloadFinding]]:
    """Where receipts before ``until`` differ from what the rules of plans imply."""
    reloading = {
        contract.id: terms
        for contract in facts.book.contracts.values()
        if (terms := facts.plan_of(contract).credit_terms.reload) and contract.settle == "prepaid"
    }
    if not reloading:
        return []
    found = []
    for account, own in credit_days(facts, computed, until).items():
        if terms := reloading.get(account[0]):
            days = [
                DayBalance(day, balance, change.added) for day, change, balance in own.balances()
            ]
            receipts = _receipts(facts, computed, account, until)
            found += [(account, item) for item in compare_reloads(terms, days, receipts)]
    return found


def _receipts(facts: Facts, computed: Computed, account: Account, until: date) -> list[Receipt]:
    """The purchases of an account, with those known of the days after the period."""
    first = facts.book.start.start
    receipts = [
        Receipt(max(first, lot.starts.date()), lot.quantity - lot.moved, lot.id)
        for lot in computed.lots.values()
        if lot.account == account and lot.event.event == "purchase"
    ]
    return receipts + [
        Receipt(event.day, Fraction(event.credits))
        for event in facts.credits
        if event.event == "purchase"
        and (event.contract, event.party) == account
        and event.day >= until
    ]


def account_name(facts: Facts, account: Account) -> str:
    """An account in a message: its party stands behind the dimension that it is of."""
    contract, party = account
    each = facts.book.contracts[contract].each or "party"
    return f"contract {contract}, {each} {party}" if party else f"contract {contract}"


def _missing(facts: Facts, account: Account, finding: ReloadFinding) -> Problem:
    terms = facts.plan_of(facts.book.contracts[account[0]]).credit_terms.reload
    assert terms is not None
    unit = unit_of(facts, account[0])
    # the day stands first, so that those of an account are told in the order of their days
    return warning(
        "reload-missing",
        f"{account_name(facts, account)}: on {finding.day}, at {unit.words(finding.balance)} left,"
        f" the plan's `reload` buys {unit.words(finding.credits)}, but no purchase is recorded",
        _remedy(terms),
        terms.position,
    )


def _remedy(terms: ReloadTerms) -> str:
    days = f"{terms.within} day{'' if terms.within == 1 else 's'}"
    return (
        "add the purchase to the credits file, with its receipt, or correct `reload` of the"
        f" plan; a purchase may come up to {days} later (`within`)"
    )


def _unexpected(
    facts: Facts, computed: Computed, account: Account, finding: ReloadFinding
) -> Problem:
    lot = computed.lots.get(finding.lot)
    left = unit_of(facts, account[0]).words(finding.balance)
    return warning(
        "reload-unexpected",
        f"{account_name(facts, account)}: {finding.lot} of {finding.day} has the size of a reload,"
        f" but the plan's rule buys nothing that day, at whose end {left} are left",
        "correct its date or credits, or look for usage that is missing; a purchase by hand of"
        " another size is never told",
        *([lot.event.position] if lot else []),
    )
