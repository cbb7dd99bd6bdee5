"""Reads plans: effective-dated price lists, one YAML file each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tokenbooks.problems import Problem, error
from tokenbooks.rating.plan import Credit, Plan
from tokenbooks.sources.actions import read_actions
from tokenbooks.sources.credit_terms import read_credit_terms
from tokenbooks.sources.files import matching_files
from tokenbooks.sources.formats import read_value
from tokenbooks.sources.plan_checks import check_plan, check_ties
from tokenbooks.sources.plan_limits import check_limits
from tokenbooks.sources.plan_names import check_names
from tokenbooks.sources.plan_reading import PlanReading
from tokenbooks.sources.plan_rows import read_aliases, read_modifier, read_rate
from tokenbooks.sources.plan_terms import read_terms
from tokenbooks.sources.schema_check import check_tree, load_schema
from tokenbooks.sources.yaml_tree import Node, read_tree

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
    reading = _begin_reading(tree, problems)
    plan = _read_plan(tree, path, reading)
    if not any(problem.code in _UNREAD for problem in problems):
        problems += check_ties(plan)
    problems += check_plan(plan, tree["meters"].key_positions)
    problems += check_names(plan, tree)
    problems += check_limits(plan)
    return plan, problems


def _begin_reading(tree: Node, problems: list[Problem]) -> PlanReading:
    """What the parts need to know of the whole: its zone, and its unit of credits."""
    reading = PlanReading(_zone_of(tree) or "UTC", problems=problems)
    rules = tree["credits"]
    for key, needed in (("unit", "worth"), ("worth", "unit")):
        if key in rules and needed not in rules:
            reading.key_alone(rules, key, needed)
    unit, worth = rules["unit"].word(), reading.amount(rules["worth"], "1")
    if not worth:
        message = "a credit is worth nothing"
        help = "write what one credit is worth, such as 0.01; free is a price of 0"
        reading.error("quantity-zero", message, help, rules["worth"].position)
    return replace(reading, credit=Credit(unit, worth)) if unit else reading


def _zone_of(tree: Node) -> str:
    zone = tree["timezone"].word()
    return zone if read_value("timezone", zone) else ""


def _read_plan(tree: Node, path: Path, reading: PlanReading) -> Plan:
    meters = tree["meters"].entries.items()
    part_of = {name: node["part_of"].word() for name, node in meters}
    levels = frozenset(name for name, node in meters if node["kind"].word() == "level")
    if "rates" not in tree and "fees" not in tree:
        message = "the key 'rates' is missing in the file"
        help = "add `rates:` (the prices, each with the usage it is for), or `fees:`"
        reading.error("key-missing", message, help, tree.position)
    return Plan(
        id=tree["plan"].word(path.stem),
        currency=tree["currency"].word(),
        rates=tuple(read_rate(node, reading) for node in tree["rates"]),
        timezone=_zone_of(tree) or None,
        source=tree["source"].word(),
        part_of={name: parent for name, parent in part_of.items() if parent},
        defaults={name: node.word() for name, node in tree["defaults"].entries.items()},
        aliases=read_aliases(tree["aliases"], reading),
        modifiers=tuple(read_modifier(node, reading) for node in tree["modifiers"]),
        credit=reading.credit,
        credit_terms=read_credit_terms(tree, reading),
        terms=read_terms(tree, levels, reading),
        levels=levels,
        actions=read_actions(tree["actions"]),
        position=tree["plan"].position if tree["plan"] else tree.position,
    )
