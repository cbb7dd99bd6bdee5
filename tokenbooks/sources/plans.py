"""Reads plans: effective-dated price lists, one YAML file each."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tokenbooks.amounts import number_text
from tokenbooks.problems import Problem, error
from tokenbooks.rating.plan import Alias, Modifier, Plan, Rate
from tokenbooks.sources.conditions import read_conditions
from tokenbooks.sources.files import matching_files
from tokenbooks.sources.formats import UNKNOWN_PRICE, moment_of, number_of, read_value
from tokenbooks.sources.plan_checks import check_order, check_plan, check_ties
from tokenbooks.sources.prices import read_price
from tokenbooks.sources.schema_check import check_tree, load_schema
from tokenbooks.sources.yaml_tree import LIST, Node, read_tree

#: Problems of values that could not be read.
_UNREAD = frozenset({"value-invalid", "value-missing"})

PLANS = ("plans/*.yaml", "plans/*.yml")


def read_plans(directory: Path) -> tuple[dict[str, Plan], list[Problem]]:
    """The plans of a book's folder by id, as far as each can be read.

    Problems besides those of each file: ``plan-name`` (the file is not named after the
    plan), ``plan-duplicate`` (two files with one id).
    """
    plans: dict[str, Plan] = {}
    problems: list[Problem] = []
    for path in plan_files(directory):
        plan, found = read_plan(path)
        problems += found
        if plan is None:
            continue
        if plan.id in plans:
            message = f"the plan '{plan.id}' is already in {plans[plan.id].position.file}"
            help = "give one of the two another id and file name, or take it away"
            problems.append(error("plan-duplicate", message, help, plan.position))
            continue
        if plan.id != path.stem:
            message = f"the plan '{plan.id}' is in a file named {path.name}"
            help = f"rename the file to {plan.id}.yaml, or the plan to {path.stem}"
            problems.append(error("plan-name", message, help, plan.position))
        plans[plan.id] = plan
    return plans, problems


def plan_files(directory: Path) -> list[Path]:
    """The files of a book that hold plans, by name."""
    return [path for pattern in PLANS for path in matching_files(directory, pattern)]


def read_plan(path: Path) -> tuple[Plan | None, list[Problem]]:
    """The plan of one file, as far as it can be read, and every problem found in it.

    None only where the file is missing or no YAML mapping. With an error among the
    problems the plan serves to find further problems, never to compute figures.
    """
    tree, problems = read_tree(path)
    if tree is None:
        return None, problems
    problems += check_tree(tree, load_schema("plan"))
    plan = _read_plan(tree, path, problems)
    if not any(problem.code in _UNREAD for problem in problems):
        problems += check_ties(plan)
    problems += check_plan(plan, tree["meters"].key_positions)
    return plan, problems


def _read_plan(tree: Node, path: Path, problems: list[Problem]) -> Plan:
    zone = tree["timezone"].word() if read_value("timezone", tree["timezone"].word()) else ""
    months = read_value("months", tree["credits"]["expires"].word())
    meters = tree["meters"].entries.items()
    part_of = {name: node["part_of"].word() for name, node in meters}
    return Plan(
        id=tree["plan"].word(path.stem),
        currency=tree["currency"].word(),
        rates=tuple(_read_rate(node, zone or "UTC", problems) for node in tree["rates"]),
        timezone=zone or None,
        source=tree["source"].word(),
        part_of={name: parent for name, parent in part_of.items() if parent},
        defaults={name: node.word() for name, node in tree["defaults"].entries.items()},
        aliases=_read_aliases(tree["aliases"], zone or "UTC", problems),
        modifiers=tuple(
            _read_modifier(node, zone or "UTC", problems) for node in tree["modifiers"]
        ),
        credits_expire_months=months if isinstance(months, int) else None,
        position=tree["plan"].position if tree["plan"] else tree.position,
    )


def _read_rate(node: Node, zone: str, problems: list[Problem]) -> Rate:
    starts, until = moment_of(node["from"].word()), moment_of(node["until"].word())
    problems += check_order("the rate", starts, until, zone, node["until"].position)
    prices = [read_price(name, price, problems) for name, price in node["prices"].entries.items()]
    rate = Rate(
        conditions=read_conditions(node["for"]),
        prices=tuple(price for price in prices if price is not None),
        starts=starts,
        until=until,
        position=node.position,
    )
    _check_counted_once(rate, problems)
    return rate


def _check_counted_once(rate: Rate, problems: list[Problem]) -> None:
    """Within a rate every meter has one price, also those counted together by ``of``."""
    priced: dict[str, str] = {}
    for price in rate.prices:
        for meter in price.meters:
            if meter in priced:
                message = f"'{meter}' is priced by '{priced[meter]}' and by '{price.name}'"
                help = "take it out of one of them"
                problems.append(error("rates-tie", message, help, price.position))
            priced[meter] = price.name


def _read_aliases(node: Node, zone: str, problems: list[Problem]) -> tuple[Alias, ...]:
    aliases = []
    for model, names in node.entries.items():
        for item in names.items if names.kind == LIST else (names,):
            starts, until = moment_of(item["from"].word()), moment_of(item["until"].word())
            problems += check_order("the alias", starts, until, zone, item["until"].position)
            name = item.word() or item["name"].word()
            if name:
                aliases.append(Alias(name, model, starts, until, item.position))
    return tuple(aliases)


def _read_modifier(node: Node, zone: str, problems: list[Problem]) -> Modifier:
    starts, until = moment_of(node["from"].word()), moment_of(node["until"].word())
    problems += check_order("the modifier", starts, until, zone, node["until"].position)
    return Modifier(
        name=node["name"].word(),
        when=read_conditions(node["when"]),
        times={
            meter: _read_factor(value, problems) for meter, value in node["times"].entries.items()
        },
        starts=starts,
        until=until,
        position=node.position,
    )


def _read_factor(node: Node, problems: list[Problem]) -> Decimal:
    if node.word().strip().startswith(UNKNOWN_PRICE):
        message = f"the factor '{node.word().strip()}' is still to be filled in"
        help = "fill in the factor, such as 0.5 for half the price; write 1 for the full price"
        problems.append(error("price-missing", message, help, node.position))
    factor = number_of(node.word())
    if factor is not None and factor < 0:
        message = f"the factor {number_text(factor)} is below zero"
        help = "write a factor such as 0.5 for half the price"
        problems.append(error("factor-negative", message, help, node.position))
    return factor if factor is not None else Decimal(1)
