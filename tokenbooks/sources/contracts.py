"""The key ``contracts`` of a book."""

from __future__ import annotations

from tokenbooks.book import Contract
from tokenbooks.problems import Problem, error
from tokenbooks.sources.formats import first_day_of
from tokenbooks.sources.usage_sources import read_usage_sources
from tokenbooks.sources.yaml_tree import Node


def read_contracts(contracts: Node, problems: list[Problem]) -> dict[str, Contract]:
    """Every contract by its id, as far as each can be read."""
    found = {}
    for name, node in contracts.entries.items():
        found[name] = _read_contract(name, node, contracts, problems)
    return found


def _read_contract(name: str, node: Node, holder: Node, problems: list[Problem]) -> Contract:
    position = holder.key_position(name)
    _check_buy_side(node, problems)
    starts = first_day_of(node["from"].word())
    until = first_day_of(node["until"].word())
    if starts and until and starts >= until:
        message = f"contract {name} ends on {until}, not after its first day {starts}"
        help = "correct `from` or `until`; `until` is the first day after the contract"
        problems.append(error("dates-order", message, help, node["until"].position))
    return Contract(
        id=name,
        side=node["side"].word("buy"),
        party=node["party"].word(name),
        plan=node["plan"].word(),
        settle=node["settle"].word("prepaid"),
        pay=node["pay"].word("cash"),
        usage=read_usage_sources(node["usage"], problems),
        statement=read_usage_sources(node["statement"], problems),
        from_day=starts,
        until_day=until,
        timezone=node["timezone"].word() or None,
        tax_kind=node["tax"]["kind"].word("cost"),
        position=position,
    )


def _check_buy_side(node: Node, problems: list[Problem]) -> None:
    if node["side"].word() == "sell":
        message = "contracts of the sell side are not available in this version"
        help = "take the contract out of this book; the sell side is planned"
        place = node["side"].position
        problems.append(error("sell-side-unavailable", message, help, place))
    if node["each"]:
        message = "'each' belongs to the sell side, which is not available in this version"
        help = "remove it; to split usage by a dimension write rules under allocate"
        place = node.key_position("each")
        problems.append(error("sell-side-unavailable", message, help, place))
