"""Balances of accounts, added up from amounts that a program tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal


def by_account(amounts: Iterable[tuple[str, str, Decimal]]) -> dict[str, Decimal]:
    """Balances that are not zero from (account, currency, amount), sorted by account.

    An account that has balances in several currencies is named with each of them, as in
    ``Assets:Cash EUR``: it can then not be taken for one that has a balance in ours.
    """
    totals: dict[tuple[str, str], Decimal] = {}
    for account, currency, amount in amounts:
        totals[account, currency] = totals.get((account, currency), Decimal(0)) + amount
    left = {key: total for key, total in sorted(totals.items()) if total}
    currencies = Counter(account for account, _ in left)
    return {
        account if currencies[account] == 1 else f"{account} {currency}": total
        for (account, currency), total in left.items()
    }
