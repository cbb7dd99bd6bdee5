"""The common mistakes of the field, told by `check` only where a book makes them for certain.

They are those of the guides for companies that use AI: purchases of credits as expense, credits
whose end nobody wrote down, all costs on one account, months without an accrual. Usage that
no rule allocates is a warning of every close (``close.warnings``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tokenbooks.book import Contract
from tokenbooks.credits.repricing import successors
from tokenbooks.desk.look import LookedAt
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.entries.buy.owed import is_bill, service_days
from tokenbooks.entries.service import last_day_of
from tokenbooks.names import DEFAULT_ACCOUNTS
from tokenbooks.periods import Period, months_between
from tokenbooks.problems import Problem, warning
from tokenbooks.usage.accounting import USAGE, FileAccount
from tokenbooks.usage.layout import dimension_column, sql_text

#: Dimensions that tell whose usage it is, or for what: who has several can allocate by them.
_ALLOCATABLE = ("project", "workspace", "team", "customer", "feature", "service")

#: From so many values on their cost is lumped together; two are often one and a trial.
_SEVERAL = 3

#: After so many months in a row with usage, one without any is no habit.
_REGULAR = 3

#: Events by which credits are paid for.
_PAID = ("purchase", "opening")


def common_mistakes(
    book: OpenBook, looked: LookedAt, files: Sequence[FileAccount]
) -> Iterator[Problem]:
    """Warnings of what the book does wrong; ``files`` are those of usage and statements."""
    yield from _expensed_purchases(book)
    yield from _missing_ends(book, looked)
    yield from _lumped_costs(book, looked)
    yield from _accrual_left_out(book)
    yield from _forgotten_accruals(book, looked)
    yield from _statements_alone(book, files)


def _expensed_purchases(book: OpenBook) -> Iterator[Problem]:
    """Credits are an asset until they are used; of who sells them, a liability."""
    facts = book.facts.book
    for contract in facts.contracts.values():
        account = facts.account("prepaid_credits", contract)
        if contract.settle == "prepaid" and account.startswith("Income:"):
            role = contract.own_role("prepaid_credits")
            yield warning(
                "sale-earned",
                f"credits of {contract.id} go to {account} when they are sold, as revenue",
                f"they are a liability until they are used: map `{role}` to an account such as"
                f" {DEFAULT_ACCOUNTS[role].replace('{party}', contract.party)}",
                facts.account_positions.get(role, facts.position),
            )
            return
        if contract.settle == "prepaid" and account.startswith("Expenses:"):
            usual = DEFAULT_ACCOUNTS["prepaid_credits"].replace("{party}", contract.party)
            yield warning(
                "purchase-expensed",
                f"credits of {contract.id} go to {account} when they are bought, an expense",
                "they are an asset until they are used: map `prepaid_credits` to an account such"
                f" as {usual}",
                facts.account_positions.get("prepaid_credits", facts.position),
            )
            return


def _missing_ends(book: OpenBook, looked: LookedAt) -> Iterator[Problem]:
    """Of a contract some bought credits have an end, and others with credits left have none."""
    computed = looked.computed
    repriced = successors(computed.lots.values())  # they end in these, whatever was agreed
    for contract in book.facts.book.contracts:
        bought = [
            lot
            for lot in computed.lots.values()
            if lot.contract == contract and lot.event.event in _PAID and lot.id not in repriced
        ]
        endless = [
            lot
            for lot in bought
            if lot.ends is None and computed.tops[lot.id] > computed.given[lot.id]
        ]
        if endless and any(lot.ends is not None for lot in bought):
            first = min(endless, key=lambda lot: (lot.acquired, lot.id))
            more = f", and {len(endless) - 1} more" if len(endless) > 1 else ""
            yield warning(
                "expiry-missing",
                f"lot {first.id} of {contract} says no end{more}, but other credits of it end",
                "fill in `expires`, so that credits that have ended are written off, or say"
                f" `expires` for all of them in plan {book.facts.book.contracts[contract].plan}",
                first.event.position,
            )


def _lumped_costs(book: OpenBook, looked: LookedAt) -> Iterator[Problem]:
    """Usage of several projects and the like, all on one account of expense."""
    buys = [c.id for c in book.facts.book.contracts.values() if not c.sells]
    if book.facts.book.allocate or not buys:
        return
    contracts = ", ".join(map(sql_text, buys))
    for name in _ALLOCATABLE:
        if name not in looked.layout.dimensions:
            continue
        column = dimension_column(name)
        ((values,),) = looked.connection.execute(
            f"SELECT count(DISTINCT {column}) FILTER ({column} <> '') FROM charges"
            f" WHERE contract IN ({contracts})"
        ).fetchall()
        if values >= _SEVERAL:
            yield warning(
                "costs-lumped",
                f"usage of {values} {name}s all goes to one account",
                "add `allocate` rules, so that its cost is told by class and cost center;"
                f" `tokenbooks usage --by {name}` shows what there is",
                book.facts.book.position,
            )
            return


def _accrual_left_out(book: OpenBook) -> Iterator[Problem]:
    """Nothing accrues usage in arrears: neither this book nor a ledger that it knows of."""
    facts = book.facts.book
    arrears = [c.id for c in facts.contracts.values() if c.settle == "arrears"]
    if arrears and "accrual" not in facts.post and not facts.recorded:
        yield warning(
            "accrual-left-out",
            f"`post` leaves out accrual, and no `recorded` ledger shows that usage of"
            f" {', '.join(arrears)} is accrued elsewhere",
            "add accrual to `post`; or name the ledger that has the accruals under `recorded`",
            facts.position,
        )


def _forgotten_accruals(book: OpenBook, looked: LookedAt) -> Iterator[Problem]:
    """A contract in arrears was used month after month, but not in the newest closed one."""
    if not book.months:
        return
    newest = book.months[-1].period
    before = _months_before(newest, _REGULAR)
    for contract in book.facts.book.contracts.values():
        if contract.settle != "arrears" or not _is_in_force(contract, newest):
            continue
        owed = [o for key, o in looked.computed.owed.items() if key[0] == contract.id]
        used = {Period.month_of(last_day_of(o.service)) for o in owed if any(o.weights.values())}
        bills = (i for i in book.facts.invoices if i.contract == contract.id and is_bill(i))
        billed = {Period.month_of(day) for bill in bills for day in service_days(bill)}
        if before <= used and newest not in used | billed:
            yield warning(
                "accrual-forgotten",
                f"{contract.id} has usage from {min(before)} to {max(before)}, but neither usage"
                f" nor an invoice of {newest}, which is closed: nothing is accrued for it",
                f"add its usage of {newest}, or say `until` in the contract if it has ended",
                contract.position,
            )


def _months_before(month: Period, count: int) -> set[Period]:
    """So many months in a row before one."""
    found: list[Period] = []
    for _ in range(count):
        found.append((found[-1] if found else month).previous())
    return set(found)


def _is_in_force(contract: Contract, month: Period) -> bool:
    return contract.until_day is None or contract.until_day > month.start


def _statements_alone(book: OpenBook, files: Iterable[FileAccount]) -> Iterator[Problem]:
    """A statement of a month in which its contract has no usage at all."""
    accounts = list(files)
    used: dict[str, set[Period]] = {}
    for account in accounts:
        if account.kind == USAGE:
            used.setdefault(account.contract, set()).update(_months(account))
    for account in accounts:
        months = _months(account)
        contract = book.facts.book.contracts[account.contract]
        if account.kind == USAGE or not contract.usage or len(months) != 1 or not account.stated:
            continue
        (month,) = months
        if month >= book.facts.book.start and month not in used.get(contract.id, set()):
            yield warning(
                "statement-without-usage",
                f"{account.shown} is a statement of {month}, but {contract.id} has no usage of it",
                f"add the usage export of {month}, or correct `usage` of the contract",
                contract.position,
            )


def _months(account: FileAccount) -> list[Period]:
    """The months that the used rows of a file reach over."""
    if account.first_day is None or account.last_day is None:
        return []
    first, last = Period.month_of(account.first_day), Period.month_of(account.last_day)
    return months_between(first, last)
