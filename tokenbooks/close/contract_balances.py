"""Balances of contracts with customers: receivables, contract assets, contract liabilities.

A contract has one net position of asset or liability: what is earned ahead and what is paid
ahead under the same contract are one figure (ASC 606-10-45-1, IFRS 15.105). Receivables are
apart: only time passes before they are paid (45-4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from tokenbooks.book import Book
from tokenbooks.entries.posted import Line

ZERO = Decimal(0)

#: Role in the seller's books -> where a balance of it stands.
_RECEIVABLES = ("accounts_receivable", "unbilled_receivable", "allowance_credit_losses")
_ASSETS = ("contract_asset",)
_LIABILITIES = ("deferred_revenue", "refund_liability", "bundle_clearing")


@dataclass(slots=True)
class ContractBalance:
    """The balances of a contract, or of one of its parties; assets and liabilities positive."""

    receivable: Decimal = ZERO
    asset: Decimal = ZERO
    liability: Decimal = ZERO

    @property
    def net_asset(self) -> Decimal:
        """The contract asset that is shown: what is left of it beyond the liability."""
        return self.asset - self._both

    @property
    def net_liability(self) -> Decimal:
        """The contract liability that is shown.

        What all customers of a contract share, such as breakage, reduces it.
        """
        return self.liability - self._both

    @property
    def _both(self) -> Decimal:
        return max(min(self.asset, self.liability), ZERO)

    def __bool__(self) -> bool:
        return bool(self.receivable or self.asset or self.liability)


def contract_balances(
    book: Book, posted: Mapping[Line, Decimal], *, by_party: bool = False
) -> dict[tuple[str, str], ContractBalance]:
    """The balances of all contracts that sell, by contract and party ('' for all of them)."""
    found: dict[tuple[str, str], ContractBalance] = {}
    for line, amount in posted.items():
        contract = book.contracts.get(line.contract)
        if contract is None or not contract.sells:
            continue
        role = contract.own_role(line.role)
        own = found.setdefault((line.contract, line.party if by_party else ""), ContractBalance())
        if role in _RECEIVABLES:
            own.receivable -= amount
        elif role in _ASSETS:
            own.asset -= amount
        elif role in _LIABILITIES:
            own.liability += amount
    return {key: balance for key, balance in sorted(found.items()) if balance}
