"""Balances in several wallets: what each pays, how far they run below zero, what pays them up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from tests.conformance.engine import close_book
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.lot_books import FIRST_DAY, lot_row, use
from tests.conformance.shapes import PREPAID
from tests.conformance.story import Story, price
from tokenbooks.amounts import number_text

WALLET_KEYS = "id balance priority scope auto_reload"
_DAY = timedelta(days=1)
_ZERO = Decimal(0)


def check_wallet_allocation(case: Case, folder: Path) -> None:
    """Fees in the order of the invoice, paid by wallets within their scope.

    A wallet that reloads never runs out: what it buys is a lot of its own beside it. What no
    lot covers is the overdraft of the last wallet that may pay the fee, where it absorbs it.
    """
    wallets, fees = case["plan"]["wallets"], case["usage"]["fees"]
    absorbs = case["plan"].get("last_absorbs", False)
    story = Story(start=FIRST_DAY, post_usage="day")
    story.contract = {"lot_order": ["priority", "id"]}
    days = [FIRST_DAY + number * _DAY for number in range(len(fees))]
    needed = sum((Decimal(fee["amount"]) for fee in fees), _ZERO)
    for number, wallet in enumerate(wallets):
        story.credits += _wallet_rows(number, wallet, needed if absorbs else _ZERO)
    story.uses = [use(day, fee["amount"], fee["kind"]) for day, fee in zip(days, fees, strict=True)]
    closed = close_book(folder, story)
    drawn = {
        wallet["id"]: closed.used(_name(number, wallet)) + closed.used(_reloaded(number, wallet))
        for number, wallet in enumerate(wallets)
    }
    uncovered = _ZERO
    for day, fee in zip(days, fees, strict=True):
        short = closed.uncovered(f"{day}")
        last = [w["id"] for w in _in_order(wallets) if _may(w, fee["kind"])] if absorbs else []
        if last:
            drawn[last[-1]] += short
        else:
            uncovered += short
    expected = case["expected"]
    assert drawn == {wallet: Decimal(amount) for wallet, amount in expected["drawn"].items()}
    if "uncovered" in expected:
        assert uncovered == Decimal(expected["uncovered"])


def _wallet_rows(number: int, wallet: Case, reloads: Decimal) -> Iterator[Case]:
    scope = wallet.get("scope")
    cells: Case = {
        "priority": wallet.get("priority"),
        "scope": f"service: {' | '.join(scope)}" if scope else None,
    }
    if Decimal(wallet["balance"]) > 0:
        yield lot_row("opening", _name(number, wallet), wallet["balance"], **cells)
    if wallet.get("auto_reload") and reloads:
        yield lot_row("purchase", _reloaded(number, wallet), number_text(reloads), **cells)


def _in_order(wallets: list[Case]) -> list[Case]:
    return sorted(wallets, key=lambda w: (w.get("priority") is None, int(w.get("priority") or 0)))


def _may(wallet: Case, kind: str) -> bool:
    return not wallet.get("scope") or kind in wallet["scope"]


def _name(number: int, wallet: Case) -> str:
    return f"{number:03}-{wallet['id']}"


def _reloaded(number: int, wallet: Case) -> str:
    return f"{number:03}-{wallet['id']}-reloaded"


def wallet_allocation_listed(case: Case) -> str:
    """Balances that begin below zero."""
    below = any(Decimal(wallet["balance"]) < 0 for wallet in case["plan"]["wallets"])
    return "a lot never holds less than nothing" if below else ""


def check_wallet_balance(case: Case, folder: Path) -> None:
    """A charge with its tax, as it is posted, and the balance that is left at cost."""
    usage = case["usage"]
    tax = 1 + Decimal(usage.get("tax_pct", "0")) / 100
    story = Story(start=FIRST_DAY, rates=[price("credits", number_text(tax))])
    story.credits = [lot_row("opening", "wallet", usage["opening"])]
    story.uses = [use(FIRST_DAY, usage["charge"])]
    closed = close_book(folder, story)
    left = closed.balances().get(PREPAID, _ZERO)
    found = {"drawn": Decimal(usage["opening"]) - left, "closing": left}
    assert found == {name: Decimal(figure) for name, figure in case["expected"].items()}


def wallet_balance_listed(case: Case) -> str:
    """Amounts are posted in whole cents."""
    usage = case["usage"]
    charge = Decimal(usage["charge"]) * (1 + Decimal(usage.get("tax_pct", "0")) / 100)
    if charge > Decimal(usage["opening"]):
        return "what a lot does not cover is accrued, and no balance falls below zero"
    return "" if case["plan"].get("places", "2") == "2" else "the currency of the book has cents"


def check_deduction(case: Case, folder: Path) -> None:
    """Pools in their order; each may then run down to its floor, in a lot of that size.

    A pool without a floor takes what is still uncovered as its overdraft.
    """
    pools = case["plan"]["pools"]
    story = Story(start=FIRST_DAY, contract={"lot_order": ["priority", "id"]})
    for number, pool in enumerate(pools):
        held, floor = Decimal(pool["balance"]), pool.get("floor", "0")
        if held > 0:
            story.credits.append(lot_row("opening", pool["id"], held, priority=number))
        line = _ZERO if floor is None else min(held, _ZERO) - Decimal(floor)
        if line > 0:
            priority = len(pools) + number
            row = lot_row("opening", f"{pool['id']}-line", line, priority=priority)
            story.credits.append(row)
    story.uses = [use(FIRST_DAY, case["usage"]["amount"])]
    closed = close_book(folder, story)
    balances = {
        pool["id"]: Decimal(pool["balance"])
        - closed.used(pool["id"])
        - closed.used(f"{pool['id']}-line")
        for pool in pools
    }
    remainder = closed.uncovered()
    open_pools = [pool["id"] for pool in pools if pool.get("floor", "0") is None]
    if open_pools:
        balances[open_pools[0]] -= remainder
        remainder = _ZERO
    expected = case["expected"]
    assert balances == {pool: Decimal(left) for pool, left in expected["balances"].items()}
    if "remainder" in expected:
        assert remainder == Decimal(expected["remainder"])


def deduction_listed(case: Case) -> str:
    """What is given back is another kind."""
    below = Decimal(case["usage"]["amount"]) < 0
    return "credits that are given back are a purchase or a grant" if below else ""


def check_paydown(case: Case, folder: Path) -> None:
    """A purchase settles overdrafts, the oldest first; what it has left is a balance.

    Pools that are not overdrawn keep what they hold: their scope is other usage.
    """
    balances = {name: Decimal(held) for name, held in case["usage"]["balances"].items()}
    order = case["plan"]["order"]
    below = [name for name in order if balances[name] < 0]
    story = Story(start=FIRST_DAY, post_usage="day", contract={"lot_order": ["priority", "id"]})
    days = {name: FIRST_DAY + number * _DAY for number, name in enumerate(below)}
    story.uses = [use(days[name], -balances[name]) for name in below]
    kept = [name for name in order if balances[name] > 0]
    story.credits = [
        lot_row("opening", name, balances[name], scope="service: other") for name in kept
    ]
    bought = FIRST_DAY + len(order) * _DAY
    story.credits.append(lot_row("purchase", "paid-in", case["usage"]["credit"], bought))
    closed = close_book(folder, story)
    found = {name: closed.left(name) for name in balances}
    found |= {name: -closed.uncovered(f"{day}") for name, day in days.items()}
    if closed.left("paid-in"):
        found[_next_pool(order, below)] += closed.left("paid-in")
    assert found == {name: Decimal(v) for name, v in case["expected"]["balances"].items()}


def _next_pool(order: list[str], below: list[str]) -> str:
    """The pool that what is left of a purchase goes to: the first that was not overdrawn."""
    return next((name for name in order if name not in below), order[-1])


def paydown_listed(case: Case) -> str:
    """Overdrafts come first, in whatever order a peer fills its pools."""
    balances = case["usage"]["balances"]
    below = [Decimal(balances[name]) < 0 for name in case["plan"]["order"]]
    if sorted(below, reverse=True) != below:
        return "an overdraft is settled before anything is kept"
    return "" if set(balances) == set(case["plan"]["order"]) else "pools that no order names"
