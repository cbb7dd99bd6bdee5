"""What a plan says of credits: ``credits``, ``overage`` and ``reload``."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise

from tokenbooks.amounts import number_text
from tokenbooks.rating.credit_terms import (
    TOP_UP,
    BonusTerms,
    CreditTerms,
    RecurringGrant,
    ReloadTerms,
    RolloverTerms,
)
from tokenbooks.sources.conditions import read_conditions
from tokenbooks.sources.formats import first_day_of, length_of, read_value
from tokenbooks.sources.plan_checks import check_order
from tokenbooks.sources.plan_reading import PlanReading
from tokenbooks.sources.yaml_tree import Node


def read_credit_terms(tree: Node, reading: PlanReading) -> CreditTerms:
    """The terms of credits; quantities of a plan in credits are taken at their worth.

    Problems: ``price-negative``, ``quantity-zero``, ``percent-range``, ``bounds-order``,
    ``bonus-order``, ``recurring-twice``, ``dates-order``, ``reload-amount``, ``key-alone``.
    """
    rules = tree["credits"]
    return CreditTerms(
        expires=length_of(rules["expires"].word()),
        rollover=_read_rollover(rules["rollover"], reading),
        bonus=_read_bonuses(rules["bonus"], reading),
        recurring=_read_recurring(rules["recurring"], reading),
        overage=tree["overage"].word(TOP_UP),
        reload=_read_reload(tree["reload"], reading),
    )


def _credits(node: Node, reading: PlanReading) -> Decimal:
    """A number of credits as list value; 0 where there is none."""
    amount = reading.amount(node)
    return amount * reading.credit.worth if reading.credit else amount


def _credits_or_none(node: Node, reading: PlanReading) -> Decimal | None:
    return _credits(node, reading) if node else None


def _read_rollover(node: Node, reading: PlanReading) -> RolloverTerms | None:
    if not node:
        return None
    share = reading.amount(node["share"], "100")
    if share > 100:
        message = f"{number_text(share)} percent of what is left is more than all of it"
        help = "write at most 100"
        reading.error("percent-range", message, help, node["share"].position)
    for most in ("max", "at_most"):
        _check_bounds(node, "min", most, reading)
    return RolloverTerms(
        share=share,
        minimum=_credits(node["min"], reading),
        maximum=_credits_or_none(node["max"], reading),
        at_most=_credits_or_none(node["at_most"], reading),
        expires=length_of(node["expires"].word()),
        again=node["again"].word().lower() == "true",
        position=node.position,
    )


def _read_bonuses(node: Node, reading: PlanReading) -> tuple[BonusTerms, ...]:
    bonuses = tuple(
        BonusTerms(
            from_credits=_credits(item["from"], reading),
            percent=reading.amount(item["percent"]),
            expires=length_of(item["expires"].word()),
            position=item.position,
        )
        for item in node
    )
    for earlier, later in pairwise(bonuses):
        if later.from_credits <= earlier.from_credits:
            message = "the sizes of purchase from which bonuses hold do not rise"
            help = "list them by rising `from`; the highest that a purchase reaches rules"
            reading.error("bonus-order", message, help, later.position)
    return bonuses


def _read_recurring(node: Node, reading: PlanReading) -> tuple[RecurringGrant, ...]:
    grants: dict[str, RecurringGrant] = {}
    for item in node:
        grant = _read_grant(item, reading)
        if grant is None:
            continue
        if grant.name in grants:
            line = grants[grant.name].position.line
            message = f"the recurring grant '{grant.name}' stands already in line {line}"
            help = "give one of them another name: their lots are called after it"
            reading.error("recurring-twice", message, help, grant.position)
        grants.setdefault(grant.name, grant)
    return tuple(grants.values())


def _read_grant(node: Node, reading: PlanReading) -> RecurringGrant | None:
    every = length_of(node["every"].word())
    if every is None:
        return None
    anchor = read_value("day", node["anchor"].word())
    starts, until = first_day_of(node["from"].word()), first_day_of(node["until"].word())
    place = node["until"].position
    reading.problems.extend(check_order("the grant", starts, until, reading.zone, place))
    priority = read_value("whole", node["priority"].word())
    grant = RecurringGrant(
        name=node["name"].word(),
        credits=_positive(node, "credits", reading),
        every=every,
        anchor=anchor if isinstance(anchor, date) else None,
        starts=starts,
        until=until,
        kind=node["kind"].word("promo"),
        priority=priority if isinstance(priority, int) else None,
        scope=read_conditions(node["scope"]),
        expires=length_of(node["expires"].word()),
        rollover=_read_rollover(node["rollover"], reading),
        prorate=node["prorate"].word(),
        position=node.position,
    )
    if grant.anchor and starts and grant.anchor > starts:
        message = f"the times are counted from {grant.anchor}, after the first day {starts}"
        help = "write an anchor up to `from`, such as one time `every` earlier"
        reading.error("dates-order", message, help, node["anchor"].position)
    return grant


def _read_reload(node: Node, reading: PlanReading) -> ReloadTerms | None:
    if not node:
        return None
    _check_reload_keys(node, reading)
    within = read_value("count", node["within"].word("1"))
    terms = ReloadTerms(
        at=_credits(node["at"], reading),
        add=_positive(node, "add", reading) if node["add"] else None,
        up_to=_credits_or_none(node["up_to"], reading),
        below=node["trigger"].word() == "below",
        packs=node["packs"].word().lower() == "true",
        at_least=_credits(node["at_least"], reading),
        at_most=_credits_or_none(node["at_most"], reading),
        within=within if isinstance(within, int) else 1,
        position=node.position,
    )
    if terms.up_to is not None and terms.up_to <= terms.at:
        message = "up_to is not above at, so that a reload would buy nothing"
        help = "write the balance up to which it fills, above the one at which it fires"
        reading.error("reload-amount", message, help, node["up_to"].position)
    for least in ("add", "at_least"):
        _check_bounds(node, least, "at_most", reading)
    return terms


def _check_reload_keys(node: Node, reading: PlanReading) -> None:
    if bool(node["add"]) == bool(node["up_to"]):
        message = "a reload adds an amount, or fills up to one"
        help = "write add or up_to, one of the two"
        reading.error("reload-amount", message, help, node.position)
        return
    for key, needed in (("packs", "add"), ("at_least", "up_to")):
        if key in node and needed not in node:
            reading.key_alone(node, key, needed)


def _positive(node: Node, key: str, reading: PlanReading) -> Decimal:
    amount = _credits(node[key], reading)
    if node[key] and not amount:
        message = f"'{key}' is zero"
        help = f"write how many credits come; without any take '{key}' away"
        reading.error("quantity-zero", message, help, node[key].position)
    return amount


def _check_bounds(node: Node, least: str, most: str, reading: PlanReading) -> None:
    low, high = (read_value("number", node[key].word()) for key in (least, most))
    if isinstance(low, Decimal) and isinstance(high, Decimal) and high < low:
        message = f"{most} {number_text(high)} is below {least} {number_text(low)}"
        help = "correct one of the two amounts"
        reading.error("bounds-order", message, help, node[most].position)
