"""The same usage rated with several plans, group by group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from tokenbooks.desk.look import LookedAt
from tokenbooks.desk.rate_files import rate_files
from tokenbooks.problems import Problem, error
from tokenbooks.rating.charges import UnpricedUsage
from tokenbooks.rating.cost_comparison import (
    TERM_KINDS,
    Compared,
    Cost,
    Group,
    Place,
    counted_shares,
    units_of_requests,
)
from tokenbooks.rating.matching import Match
from tokenbooks.rating.measures import PACKAGES, REQUESTS, is_measure
from tokenbooks.rating.plan import Plan
from tokenbooks.usage.layout import dimension_column, meter_column

#: What usage can be grouped by besides its dimensions.
GROUPS = ("meter", "service_period")


def compare_costs(
    plans: Sequence[Plan], usage: Sequence[Path], format: str | None, by: Sequence[str]
) -> tuple[Compared | None, list[Problem]]:
    """Rate usage files with each plan, by ``GROUPS`` or any dimension of the files.

    None where usage cannot be read. Problems: those of ``rate`` under each plan, and
    ``currencies-differ``.
    """
    problems = list(_other_currencies(plans))
    if problems:
        return None, problems
    keep = [name for name in by if name not in GROUPS]
    costs: list[dict[Group, Cost]] = []
    quantities: dict[Group, Decimal] = {}
    for plan in plans:
        looked, found = rate_files(plan, usage, format, keep)
        problems += found
        if looked is None:
            return None, problems
        used = _quantities(looked, by)
        quantities |= used
        costs.append(_with_untold(_costs(looked, plan, by), looked, by, used))
    priced = {group for own in costs for group in own}
    known = {group: quantities.get(group, Decimal(0)) for group in sorted(priced)}
    return Compared(tuple(by), tuple(plans), known, tuple(costs)), problems


def _other_currencies(plans: Sequence[Plan]) -> Iterator[Problem]:
    for plan in plans[1:]:
        if plan.currency != plans[0].currency:
            message = (
                f"plan {plan.id} is in {plan.currency}, and plan {plans[0].id} in"
                f" {plans[0].currency}"
            )
            help = "compare plans of one currency"
            yield error("currencies-differ", message, help, plan.position)


def _quantities(looked: LookedAt, by: Sequence[str]) -> dict[Group, Decimal]:
    """What was used, by group."""
    found: dict[Group, Decimal] = {}
    for meter in looked.layout.meters:
        if is_measure(meter) or meter in looked.layout.levels:
            continue
        columns = [_usage_column(name, meter) for name in by]
        rows = looked.connection.execute(
            f"SELECT {''.join(f'{column}, ' for column in columns)}"
            f"sum({meter_column(meter)})::VARCHAR FROM usage_days GROUP BY ALL"
        ).fetchall()
        for *values, quantity in rows:
            if quantity is not None and (used := Decimal(quantity)):
                group = tuple(value or "" for value in values)
                found[group] = found.get(group, Decimal(0)) + used
    return found


def _usage_column(name: str, meter: str) -> str:
    if name == "meter":
        return "'" + meter.replace("'", "''") + "'"
    return "strftime(\"at\", '%Y-%m')" if name == "service_period" else dimension_column(name)


def _costs(looked: LookedAt, plan: Plan, by: Sequence[str]) -> dict[Group, Cost]:
    """What the table of charges says, by group."""
    columns = [name if name in GROUPS else dimension_column(name) for name in by]
    rows = looked.connection.execute(
        f"SELECT {''.join(f'{column}, ' for column in columns)}meter, plan_line, price, rate,"
        " sum(quantity)::VARCHAR, sum(list_value)::VARCHAR FROM charges"
        " WHERE price <> '' GROUP BY ALL"
    ).fetchall()
    rated = looked.computed.rated
    counting = _Counting(
        plan,
        counted_shares(rated.charges, rated.keys),
        units_of_requests(plan),
    )
    found: dict[Group, Cost] = {}
    for row in rows:
        meter, line, price, rate, quantity, value = row[len(by) :]
        used = Fraction(quantity or 0) / 10**looked.scales.quantity
        amount = Fraction(value or 0) / 10**looked.scales.list_value
        named = counting.own_meter(line, meter)
        group = tuple(
            (named if name == "meter" else value) or ""
            for name, value in zip(by, row, strict=False)
        )
        if price == "unpriced":
            cost = Cost(unpriced=True)
        elif rate in TERM_KINDS:
            cost = Cost(terms=amount)
        else:
            cost = Cost(amount, counting.counted(line, meter, price, used))
        found[group] = found.get(group, Cost()).plus(cost)
    return found


@dataclass(frozen=True, slots=True)
class _Counting:
    """How much of what was used a plan counts, by its prices."""

    plan: Plan
    shares: dict[Place, Fraction]
    requests: dict[tuple[int, str], Fraction]

    def counted(self, line: int, meter: str, price: str, used: Fraction) -> Fraction:
        """The units that a row of the table of charges counts."""
        share = self.shares.get(Place(line, meter), self.shares.get(Place(line, "")))
        if share is not None:
            return used * share
        return used * self.requests.get((line, price), Fraction(1))

    def own_meter(self, line: int, meter: str) -> str:
        """The meter behind the name of a price that is one meter's, or counts of it."""
        meter = meter.removesuffix(f" {PACKAGES}").removesuffix(f" {REQUESTS}")
        for rate in self.plan.rates:
            for price in rate.prices:
                is_price = price.position.line == line and price.name == meter
                if is_price and len(price.meters) == 1:
                    return price.meters[0]
        return meter


def _with_untold(
    costs: dict[Group, Cost], looked: LookedAt, by: Sequence[str], used: dict[Group, Decimal]
) -> dict[Group, Cost]:
    """Costs where usage that only its rows could tell the price of counts as unpriced too."""
    for item in looked.computed.rated.charges.unpriced:
        if not isinstance(item.key.outcomes.get(item.meter), Match):
            continue  # the table of charges has it as unpriced
        for group in used:
            if _may_be(item, dict(zip(by, group, strict=True))):
                costs[group] = replace(costs.get(group, Cost()), unpriced=True)
    return costs


def _may_be(item: UnpricedUsage, values: dict[str, str]) -> bool:
    known = {**item.key.key.values, "meter": item.meter}
    return all(known[name] == value for name, value in values.items() if name in known)
