"""Revenue and cost of the same usage: what was sold of a month beside what serving it cost.

The tokens that a customer used cost what the providers' tokens of the same model and meter cost
in that month (ACCOUNTING 6.6; P059). Where the usage of a provider says the customer itself,
that counts, and only what the customer used beyond it has a share of the other tokens. Of these
no more is shared out than was bought: where more was sold, each token sold costs less. What was
bought and not traced to anything sold stays apart, and so does revenue that no usage or fee of a
customer explains: neither is ever spread in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

ZERO = Fraction(0)

#: A group, a model and a meter: usage that costs the same.
_Key = tuple[tuple[str, ...], str, str]


class Charged(NamedTuple):
    """Charges of one group, model and meter; ``value`` is what the books have of them.

    ``unpaid`` is how much of the quantity earned nothing: it was included, or free.
    """

    sells: bool
    group: tuple[str, ...]
    model: str
    meter: str
    quantity: Decimal
    value: Decimal | Fraction
    unpaid: Fraction = ZERO


@dataclass(slots=True)
class Profit:
    """Revenue and cost of a group; of the cost ``free`` served what earned nothing."""

    revenue: Fraction = ZERO
    cost: Fraction = ZERO
    free: Fraction = ZERO

    @property
    def margin(self) -> Fraction:
        """What is left of revenue."""
        return self.revenue - self.cost

    def add(self, other: Profit) -> None:
        """Add another group to this one."""
        self.revenue += other.revenue
        self.cost += other.cost
        self.free += other.free


@dataclass(slots=True)
class Profits:
    """The profit of all groups, and what belongs to none of them.

    ``not_traced`` is cost that nothing sold explains, ``other`` revenue that no charge explains.
    """

    groups: dict[tuple[str, ...], Profit] = field(default_factory=dict)
    not_traced: Fraction = ZERO
    other: Fraction = ZERO

    @property
    def total(self) -> Profit:
        """All of it, with what belongs to no group."""
        whole = Profit(self.other, self.not_traced)
        for own in self.groups.values():
            whole.add(own)
        return whole

    def below_zero(self) -> list[tuple[tuple[str, ...], Profit]]:
        """The groups that cost more than they bring, the worst first."""
        losing = [(name, own) for name, own in self.groups.items() if own.margin < 0]
        return sorted(losing, key=lambda item: (item[1].margin, item[0]))


class Concentration(NamedTuple):
    """The customers that cost most: how many, and what they and the others come to."""

    percent: int
    size: int
    top: Profit
    rest: Profit

    @property
    def share(self) -> Fraction | None:
        """What share of the traced cost they cause; None where nothing costs anything."""
        whole = self.top.cost + self.rest.cost
        return self.top.cost / whole if whole else None


@dataclass(slots=True)
class _Used:
    """What a group was sold of a model and a meter, and what a provider says it used."""

    sold: Fraction = ZERO
    unpaid: Fraction = ZERO
    told: Fraction = ZERO
    told_cost: Fraction = ZERO

    @property
    def beyond(self) -> Fraction:
        """What was sold beyond what a provider says."""
        return max(self.sold - self.told, ZERO) if self.told else self.sold


def unpaid_quantity(
    quantity: Decimal, list_value: Decimal, each: Fraction | None, free: Fraction
) -> Fraction:
    """How much of a quantity earned nothing.

    What a fee includes has no list value: at a price for ``each`` it is what the list value does
    not pay, without a known price all or nothing. ``free`` is the share of the rest that free
    credits paid.
    """
    # most usage is paid in full: what is known at once is not computed
    if list_value and not each and not free:
        return ZERO
    whole = paid = Fraction(quantity)
    if not list_value:
        paid = ZERO
    elif each:
        paid = min(Fraction(list_value) / each, whole)
    return whole - paid * (1 - free)


def profits(charges: Iterable[Charged], other: Fraction = ZERO) -> Profits:
    """The profit of each group, beside ``other`` revenue that is in no charge."""
    found = Profits(other=other)
    bought: dict[tuple[str, str], tuple[Fraction, Fraction]] = {}
    used: dict[_Key, _Used] = {}
    for row in charges:
        if row.sells or any(row.group):
            _add(found, used.setdefault((row.group, row.model, row.meter), _Used()), row)
        else:
            quantity, cost = bought.get((row.model, row.meter), (ZERO, ZERO))
            whole = (quantity + Fraction(row.quantity), cost + Fraction(row.value))
            bought[row.model, row.meter] = whole
    beyond: dict[tuple[str, str], Fraction] = {}
    for (_, model, meter), item in used.items():
        if (model, meter) in bought:
            beyond[model, meter] = beyond.get((model, meter), ZERO) + item.beyond
    each = {
        key: cost / max(quantity, beyond.get(key, ZERO))
        for key, (quantity, cost) in bought.items()
        if quantity > 0
    }
    for (group, model, meter), item in used.items():
        own = item.told_cost
        if (model, meter) in each:
            own += item.beyond * each[model, meter]
        if not own:
            continue
        profit = found.groups[group]
        profit.cost += own
        if item.unpaid and item.sold > 0:
            profit.free += own * item.unpaid / max(item.sold, item.told)
    whole_cost = sum((cost for _, cost in bought.values()), ZERO)
    told = sum((item.told_cost for item in used.values()), ZERO)
    traced = sum((own.cost for own in found.groups.values()), ZERO)
    found.not_traced = whole_cost + told - traced
    return found


def _add(found: Profits, item: _Used, row: Charged) -> None:
    """Add what a group was sold, or what a provider says that it used."""
    profit = found.groups.setdefault(row.group, Profit())
    if row.sells:
        profit.revenue += Fraction(row.value)
        item.sold += Fraction(row.quantity)
        item.unpaid += row.unpaid
    else:
        item.told += Fraction(row.quantity)
        item.told_cost += Fraction(row.value)


def concentration(found: Profits, percent: int) -> Concentration:
    """The given percentage of customers, rounded up, that cost most."""
    ordered = sorted(found.groups.items(), key=lambda item: (-item[1].cost, item[0]))
    count = -(-len(ordered) * percent // 100)
    top, rest = Profit(), Profit()
    for _, own in ordered[:count]:
        top.add(own)
    for _, own in ordered[count:]:
        rest.add(own)
    return Concentration(percent, count, top, rest)


def grouped(names: Sequence[str]) -> str:
    """The name of a group as a report shows it."""
    return ", ".join(name or "-" for name in names)
