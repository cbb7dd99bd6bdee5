"""The unit in which people write and read the credits of a contract.

All is computed in list value, which is money. Where a plan counts in a unit of its own, such as
a credit that is worth 0.01, the provider's page and the files of a book have that unit: what is
told of balances has it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import money_text, number_text, round_half_up
from tokenbooks.facts import Facts

_PLACES = 2


@dataclass(frozen=True, slots=True)
class CreditUnit:
    """What one credit of a contract is called, and its list value; no name where it is money."""

    name: str = ""
    worth: Decimal = Decimal(1)

    @property
    def plural(self) -> str:
        """What several of them are called; credits that are money are just credits."""
        return f"{self.name or 'credit'}s"

    def count(self, value: Fraction) -> Fraction:
        """How many of them a list value is."""
        return value / Fraction(self.worth)

    def amount(self, value: Fraction) -> str:
        """How many a list value is, as text: ``12.50`` of money, ``1250`` of a unit."""
        counted = round_half_up(self.count(value), _PLACES)
        return number_text(counted) if self.name else money_text(counted, _PLACES)

    def words(self, value: Fraction) -> str:
        """The same with the name of the unit, if it has one: ``1250 credits``."""
        if not self.name:
            return self.amount(value)
        return f"{self.amount(value)} {self.name if self.count(value) == 1 else self.plural}"


#: Credits that are counted in money.
MONEY = CreditUnit()


def unit_of(facts: Facts, contract: str) -> CreditUnit:
    """The unit in which the plan of a contract counts credits."""
    credit = facts.plan_of(facts.book.contracts[contract]).credit
    return CreditUnit(credit.name, credit.worth) if credit else MONEY
