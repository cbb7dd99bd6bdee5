"""Drawing the lots of a book: which accounts share lots, what their usage may draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from tokenbooks.amounts import currency_places
from tokenbooks.conditions import Conditions
from tokenbooks.credits.changes import build_lots
from tokenbooks.credits.draw import draw_lots
from tokenbooks.credits.drawing import Drawing, DrawRules, Use
from tokenbooks.credits.lots import Account, Lot
from tokenbooks.credits.moves import ROLLOVER
from tokenbooks.credits.order import order_on, pools_cost
from tokenbooks.documents import Invoice
from tokenbooks.entries.buy.owed import invoiced_days, is_bill
from tokenbooks.facts import Facts
from tokenbooks.periods import TERM, Period, start_of
from tokenbooks.rating.charges import ALLOCATION, FEE, Part, Step, shared
from tokenbooks.rating.credit_terms import BILL
from tokenbooks.rating.rated import Rated


def draw_usage(
    facts: Facts, rated: Rated, daily: Mapping[str, bool], period: Period
) -> list[Drawing]:
    """The drawings of all prepaid contracts up to the end of a period."""
    prepaid = {c.id for c in facts.book.contracts.values() if c.settle == "prepaid"}
    steps = {
        account: found for account, found in rated.charges.steps.items() if account[0] in prepaid
    }
    if period.end > TERM.end:
        period = _known_days(facts, steps.values(), period)
    lots = build_lots(facts, steps, period.end, daily)
    drawings = list(_drawings(facts, rated, steps, lots, period))
    for _ in lots:
        moved = _moved_otherwise(lots, drawings)
        if not moved:
            break
        lots |= moved
        drawings = list(_drawings(facts, rated, steps, lots, period))
    return drawings


def _moved_otherwise(lots: Mapping[str, Lot], drawings: Iterable[Drawing]) -> dict[str, Lot]:
    """The lots that came from others at another cost than theirs: at average cost, only the
    draws tell what it was. Each has one source, so that this comes to an end.
    """
    taken = (item for drawing in drawings for item in drawing.taken)
    return {
        item.into: replace(
            child, cost=child.cost - child.moved_cost + item.cost, moved_cost=item.cost
        )
        for item in taken
        if item.event.event in {"transfer", ROLLOVER}
        and (child := lots.get(item.into)) is not None
        and child.moved_cost != item.cost
    }


def _drawings(
    facts: Facts,
    rated: Rated,
    steps: Mapping[Account, list[Step]],
    lots: Mapping[str, Lot],
    period: Period,
) -> Iterator[Drawing]:
    """The drawings of all accounts that share lots."""
    bills = _bills(facts, period)
    members = pool_members(facts, {*steps, *(lot.account for lot in lots.values())})
    for accounts, shared_lots in sharing_accounts(steps, lots.values(), members):
        scoped = any(lot.scope for lot in shared_lots)
        uses = [
            use
            for account in accounts
            for step in steps.get(account, ())
            for use in (_scoped_uses if scoped else _uses)(rated, account, step)
        ]
        rules = draw_rules(facts, {account: bills.get(account, {}) for account in accounts}, period)
        rules = replace(rules, members=members)
        yield draw_lots(uses, shared_lots, rules, accounts)


def _known_days(facts: Facts, steps: Iterable[list[Step]], period: Period) -> Period:
    """The days of which anything is known, where all usage is looked at, however late.

    What comes again and again would come until the end of time.
    """
    days = [step.at.date() for own in steps for step in own]
    days += [event.day for event in facts.credits]
    last = max(days, default=period.start)
    return Period(period.start, max(last, period.start) + timedelta(days=1))


def pool_members(facts: Facts, accounts: Iterable[Account]) -> dict[str, frozenset[Account]]:
    """The accounts that share the lots of each pool."""
    members: dict[str, set[Account]] = {}
    for contract_id, party in accounts:
        contract = facts.book.contracts[contract_id]
        own = contract.parties.get(party)
        if name := (own.pool if own and own.pool else contract.pool):
            members.setdefault(name, set()).add((contract_id, party))
    return {name: frozenset(found) for name, found in members.items()}


def sharing_accounts(
    using: Iterable[Account],
    lots: Iterable[Lot],
    members: Mapping[str, frozenset[Account]],
) -> Iterator[tuple[list[Account], list[Lot]]]:
    """The accounts that share lots, each with all of these lots; most accounts are alone."""
    by_account: dict[Account, list[Lot]] = {}
    pools = set()
    for lot in lots:
        by_account.setdefault(lot.account, []).append(lot)
        if lot.pool:
            pools.add(lot.pool)
    together = [members.get(name, frozenset()) for name in sorted(pools)]
    together += [frozenset({account}) for account in {*using, *by_account}]
    done: set[Account] = set()
    for account in sorted({*using, *by_account}):
        if account not in done:
            accounts = sorted(_reached(account, together) if pools else {account})
            done.update(accounts)
            yield accounts, [lot for member in accounts for lot in by_account.get(member, ())]


def _reached(account: Account, together: Iterable[frozenset[Account]]) -> set[Account]:
    """All accounts that share something with one, directly or through others."""
    found, waiting = {account}, [account]
    groups = [group for group in together if len(group) > 1]
    while waiting:
        one = waiting.pop()
        for group in groups:
            if one in group:
                waiting += group - found
                found |= group
    return found


def _uses(rated: Rated, account: Account, step: Step) -> Iterator[Use]:
    """The usage of a step as one; fees are owed whatever credits there are."""
    parts = {part: value for part, value in step.parts.items() if part.kind != FEE}
    if parts:
        yield Use(account, step.at, sum(parts.values(), Fraction(0)), parts)


def _scoped_uses(rated: Rated, account: Account, step: Step) -> Iterator[Use]:
    """The usage of a step, told apart by which credits it may draw."""
    service = rated.service_span(step.at.date())
    found: dict[frozenset[Conditions], dict[Part, Fraction]] = {}
    for part, value in step.parts.items():
        if part.kind == FEE:
            continue
        for allocation, share in shared(rated.charges.weights(part, service)):
            own = found.setdefault(rated.allocations[allocation].scopes, {})
            to = part if part.kind == ALLOCATION else part._replace(within=allocation)
            own[to] = own.get(to, Fraction(0)) + value * share
    for scopes, parts in sorted(found.items(), key=lambda item: min(item[1])):
        yield Use(account, step.at, sum(parts.values(), Fraction(0)), parts, scopes)


def draw_rules(
    facts: Facts, billed: Mapping[Account, Mapping[date, date]], period: Period
) -> DrawRules:
    """The rules of accounts that share lots; the order is that of the first contract.

    ``billed`` are the days of each account that an invoice bills.
    """
    book = facts.book
    first = book.contracts[min(billed)[0]]
    never = {
        account
        for account in billed
        if facts.plan_of(book.contracts[account[0]]).credit_terms.overage == BILL
    }

    def billed_on(account: Account, day: date) -> date | None:
        return day if account in never else billed[account].get(day)

    def order(at: datetime) -> tuple[str, ...]:
        return order_on(first, at.date(), book.policy)

    return DrawRules(
        order,
        billed_on,
        lambda at: pools_cost(first, at.date(), book.policy),
        places=currency_places(book.currency),
        until=start_of(period.end),
    )


def _bills(facts: Facts, period: Period) -> dict[Account, dict[date, date]]:
    """The days that invoices bill, by account, each with the date of the first that does."""
    found: dict[Account, list[Invoice]] = {}
    for row in facts.invoices:
        if row.day < period.end and is_bill(row):
            found.setdefault((row.contract, row.party), []).append(row)
    return {account: invoiced_days(rows) for account, rows in found.items()}
