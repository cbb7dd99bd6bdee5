"""Plan-wide terms: fees, commitment, minimum, caps, discounts, and how lines are rounded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from tokenbooks.amounts import number_text
from tokenbooks.names import nearest
from tokenbooks.rating.terms import Allowance, Cap, Commitment, Discount, Fee, Minimum, Terms
from tokenbooks.sources.formats import first_day_of, number_of, quantity_of, read_value
from tokenbooks.sources.plan_checks import check_order
from tokenbooks.sources.plan_reading import PlanReading
from tokenbooks.sources.yaml_tree import Node

#: Months of the spans in which a fee can roll units on.
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def read_terms(tree: Node, levels: frozenset[str], reading: PlanReading) -> Terms:
    """The terms of a plan; ``levels`` are its meters of kind level.

    Problems: ``price-negative``, ``factor-negative``, ``percent-range``, ``fee-level``,
    ``fee-twice``, ``rolls-span``, ``key-alone``, ``quantity-zero`` and ``dates-order``.
    """
    fees = tuple(_read_fee(node, levels, reading) for node in tree["fees"])
    _check_fees_once(fees, reading)
    places = read_value("count", tree["round_lines"].word())
    return Terms(
        fees=fees,
        commitment=_read_commitment(tree["commitment"], reading) if tree["commitment"] else None,
        minimum=_read_minimum(tree["minimum"], reading) if tree["minimum"] else None,
        caps=tuple(_read_cap(node, reading) for node in tree["caps"]),
        discounts=tuple(_read_discount(node, reading) for node in tree["discounts"]),
        round_lines=places if isinstance(places, int) else None,
    )


def _read_fee(node: Node, levels: frozenset[str], reading: PlanReading) -> Fee:
    per, every = node["per"].word(), node["every"].word("month")
    starts, until = _read_days(node, "the fee", reading)
    if per and per not in levels:
        near = nearest(per, levels)
        message = f"'{per}' is not a meter of kind level, so it has no number of units in a span"
        declared = f"meters: {{{per}: {{kind: level}}}}"
        help = f"write per: {near}" if near else f"write {declared}, or take per away"
        reading.error("fee-level", message, help, node["per"].position)
    return Fee(
        name=node["name"].word(),
        price=reading.amount(node["price"]),
        every=every,
        per=per or None,
        prorate=node["prorate"].word(),
        allowance=_read_allowance(node, every, reading),
        starts=starts,
        until=until,
        position=node.position,
    )


def _read_allowance(node: Node, every: str, reading: PlanReading) -> Allowance:
    if "unused" in node and "includes" not in node:
        reading.key_alone(node, "unused", "includes")
    rolling = node["unused"]
    return Allowance(
        includes=_read_included(node["includes"]),
        rolls=_read_rolls(rolling["rolls"], every, reading),
        at_most=quantity_of(rolling["at_most"].word()),
    )


def _read_included(node: Node) -> Mapping[str, Decimal]:
    read = {meter: quantity_of(value.word()) for meter, value in node.entries.items()}
    return {meter: quantity for meter, quantity in read.items() if quantity is not None}


def _read_rolls(node: Node, every: str, reading: PlanReading) -> int:
    """How many spans of the fee a number of months is."""
    months = read_value("months", node.word())
    if not isinstance(months, int):
        return 0
    span = _MONTHS.get(every)
    if span is None or months % span:
        lasts = f"{span} months" if span else f"a {every}"
        message = f"units cannot roll for {node.word()}: a span of the fee lasts {lasts}"
        help = f"write a multiple of {span} months" if span else "write unused: lapse"
        reading.error("rolls-span", message, help, node.position)
        return 0
    return months // span


def _check_fees_once(fees: tuple[Fee, ...], reading: PlanReading) -> None:
    """A name is one fee at a time, so that a charge can say which it is."""
    for index, fee in enumerate(fees):
        for other in fees[:index]:
            if fee.name == other.name and _days_meet(fee, other):
                message = f"the fee '{fee.name}' stands already in line {other.position.line}"
                help = "give one of them another name, or end the earlier one with `until`"
                reading.error("fee-twice", message, help, fee.position)
                break


def _days_meet(one: Fee, other: Fee) -> bool:
    return (one.starts or date.min) < (other.until or date.max) and (other.starts or date.min) < (
        one.until or date.max
    )


def _read_commitment(node: Node, reading: PlanReading) -> Commitment:
    starts, until = _read_days(node, "the commitment", reading)
    overage = number_of(node["overage"].word("1"))
    if overage is not None and overage < 0:
        message = f"the factor {number_text(overage)} is below zero"
        help = "write a factor such as 1.2 for usage that costs a fifth more"
        reading.error("factor-negative", message, help, node["overage"].position)
    return Commitment(
        amount=reading.amount(node["amount"]),
        every=node["every"].word("year"),
        starts=starts,
        until=until,
        shortfall=node["shortfall"].word("bill"),
        overage=overage if overage is not None else Decimal(1),
        position=node.position,
    )


def _read_minimum(node: Node, reading: PlanReading) -> Minimum:
    return Minimum(
        amount=reading.amount(node["amount"]),
        every=node["every"].word("month"),
        prorate=node["prorate"].word(),
        position=node.position,
    )


def _read_cap(node: Node, reading: PlanReading) -> Cap:
    return Cap(
        amount=reading.amount(node["amount"]),
        every=node["every"].word("month"),
        of=node["of"].words() or ("*",),
        position=node.position,
    )


def _read_discount(node: Node, reading: PlanReading) -> Discount:
    percent = reading.amount(node["percent"])
    if percent > 100:
        message = f"a discount of {number_text(percent)} percent is more than everything"
        help = "write at most 100; a factor such as 0.9 is a percent of 10"
        reading.error("percent-range", message, help, node["percent"].position)
    return Discount(
        percent=percent,
        over=reading.amount(node["over"]),
        every=node["every"].word("month"),
        applies=node["applies"].word("above"),
        position=node.position,
    )


def _read_days(node: Node, what: str, reading: PlanReading) -> tuple[date | None, date | None]:
    starts, until = first_day_of(node["from"].word()), first_day_of(node["until"].word())
    place = node["until"].position
    reading.problems.extend(check_order(what, starts, until, reading.zone, place))
    return starts, until
