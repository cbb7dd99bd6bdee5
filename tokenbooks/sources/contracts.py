"""The key ``contracts`` of a book."""

from __future__ import annotations

from pathlib import Path

from tokenbooks.book import BUY, SELL, Contract
from tokenbooks.problems import Position, Problem, error, warning
from tokenbooks.sources.conditions import read_conditions
from tokenbooks.sources.formats import first_day_of
from tokenbooks.sources.parties import read_parties
from tokenbooks.sources.plan_names import mistyped_dimension
from tokenbooks.sources.sell_side import (
    check_side,
    decimal_of,
    read_revenue,
)
from tokenbooks.sources.usage_sources import read_usage_sources
from tokenbooks.sources.yaml_tree import Node


def read_contracts(
    contracts: Node, directory: Path, problems: list[Problem]
) -> dict[str, Contract]:
    """Every contract by its id, as far as each can be read."""
    found = {}
    for name, node in contracts.entries.items():
        position = contracts.key_position(name)
        found[name] = _read_contract(name, node, position, directory, problems)
    return found


def _read_contract(
    name: str, node: Node, position: Position, directory: Path, problems: list[Problem]
) -> Contract:
    each = node["each"].word() or None
    side = node["side"].word(BUY)
    problems += check_side(name, node, side)
    _check_credits(name, node, problems)
    _check_each(node, each, problems)
    starts = first_day_of(node["from"].word())
    until = first_day_of(node["until"].word())
    if starts and until and starts >= until:
        message = f"contract {name} ends on {until}, not after its first day {starts}"
        help = "correct `from` or `until`; `until` is the first day after the contract"
        problems.append(error("dates-order", message, help, node["until"].position))
    return Contract(
        id=name,
        side=side,
        party=node["party"].word(name),
        plan=node["plan"].word(),
        settle=node["settle"].word("prepaid"),
        pay=node["pay"].word("cash"),
        usage=read_usage_sources(node["usage"], problems),
        statement=read_usage_sources(node["statement"], problems),
        from_day=starts,
        until_day=until,
        each=each,
        timezone=node["timezone"].word() or None,
        tax_kind=node["tax"]["kind"].word("sales" if side == SELL else "cost"),
        tax_rate=decimal_of(node["tax"]["rate"]),
        scope=read_conditions(node["scope"]),
        pool=node["pool"].word(),
        lot_order=",".join(node["lot_order"].words()),
        parties=read_parties(directory, node["parties"], each, problems),
        parties_files=node["parties"].word(),
        refundable=node["refundable"].word() == "true",
        revenue=read_revenue(node["revenue"]),
        in_advance=node["billing"]["in"].word() == "advance",
        position=position,
    )


def _check_credits(name: str, node: Node, problems: list[Problem]) -> None:
    """Keys about credits need credits."""
    for key in ("pool", "scope", "lot_order"):
        if node[key] and node["settle"].word() == "arrears":
            message = f"'{key}' is about credits, and {name} is settled in arrears"
            help = f"write settle: prepaid, or take {key} away"
            problems.append(error("credits-arrears", message, help, node.key_position(key)))


def _check_each(node: Node, each: str | None, problems: list[Problem]) -> None:
    near = mistyped_dimension(each) if each else None
    if near:
        message = f"'{each}' is not a standard dimension, but looks like '{near}'"
        help = f"write {near}, or give it another name if it is one of your own"
        problems.append(warning("dimension-mistyped", message, help, node["each"].position))
