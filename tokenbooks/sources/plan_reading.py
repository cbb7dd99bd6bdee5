"""What the readers of a plan's parts share: its zone, its unit of credits, the problems."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from tokenbooks.amounts import number_text
from tokenbooks.problems import Position, Problem, error, warning
from tokenbooks.rating.plan import Credit
from tokenbooks.sources.formats import number_of, quantity_of
from tokenbooks.sources.yaml_tree import Node

#: The smallest part in which quantities are counted.
_FINEST = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class PlanReading:
    """A plan that is being read; readers add to its ``problems`` as they go."""

    zone: str = "UTC"
    credit: Credit | None = None
    problems: list[Problem] = field(default_factory=list)

    def error(self, code: str, message: str, help: str, place: Position) -> None:
        """Tell a mistake that stops the run."""
        self.problems.append(error(code, message, help, place))

    def warn(self, code: str, message: str, help: str, place: Position) -> None:
        """Tell a likely mistake."""
        self.problems.append(warning(code, message, help, place))

    def key_alone(self, node: Node, key: str, needed: str) -> None:
        """``key-alone``: tell a key that says nothing without another one beside it."""
        message = f"'{key}' says nothing without '{needed}'"
        help = f"add `{needed}`, or take `{key}` away"
        self.error("key-alone", message, help, node.key_position(key))

    def amount(self, node: Node, default: str = "0") -> Decimal:
        """An amount of money or a percentage; below zero is ``price-negative``."""
        amount = number_of(node.word(default)) or Decimal(0)
        if amount < 0:
            message = f"the amount {number_text(amount)} is below zero"
            help = "write the amount without a sign"
            self.error("price-negative", message, help, node.position)
        return amount

    def size(self, node: Node, key: str) -> Decimal:
        """A quantity that is divided by; 1 where it cannot be, and ``quantity-zero``."""
        size = quantity_of(node[key].word())
        if size == 0:
            message = f"'{key}' is zero"
            help = f"write a quantity above zero such as 1k, or take {key} away"
            self.error("quantity-zero", message, help, node[key].position)
        return self.placed(node[key], size) or Decimal(1)

    def placed(self, node: Node, quantity: Decimal | None) -> Decimal | None:
        """A quantity; ``value-invalid`` where it is finer than quantities are counted."""
        if quantity is not None and quantity % _FINEST:
            message = f"{number_text(quantity)} has more than nine decimals"
            help = "quantities are counted to nine decimals: round it"
            self.error("value-invalid", message, help, node.position)
        return quantity
