"""The key ``allocate`` of a book: which class and cost centre usage goes to."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tokenbooks.amounts import number_text
from tokenbooks.book import AllocationRule, Share
from tokenbooks.names import CLASS_ROLE, DEFAULT_ACCOUNTS, nearest
from tokenbooks.problems import Problem, error
from tokenbooks.sources.conditions import read_conditions
from tokenbooks.sources.formats import first_day_of, number_of
from tokenbooks.sources.yaml_tree import Node

CAPITALIZED = "capitalized"
_WHOLE = Decimal(100)


def read_allocation(
    node: Node, roles: Iterable[str], problems: list[Problem]
) -> tuple[AllocationRule, ...]:
    """The rules in their order; ``roles`` are those that ``accounts`` maps."""
    known = sorted({*DEFAULT_ACCOUNTS, *roles})
    return tuple(_read_rule(item, known, problems) for item in node)


def _read_rule(node: Node, roles: list[str], problems: list[Problem]) -> AllocationRule:
    starts = first_day_of(node["from"].word())
    until = first_day_of(node["until"].word())
    if starts and until and starts >= until:
        message = f"the rule ends on {until}, not after its first day {starts}"
        help = "correct `from` or `until`; `until` is the first day after the rule"
        problems.append(error("dates-order", message, help, node["until"].position))
    return AllocationRule(
        when=read_conditions(node["when"]),
        shares=_read_shares(node, roles, problems),
        from_day=starts,
        until_day=until,
        position=node.position,
    )


def _read_shares(node: Node, roles: list[str], problems: list[Problem]) -> tuple[Share, ...]:
    if "split" not in node:
        if not node["class"] and not node["role"] and not node["by"]:
            message = "the rule says no class, role or split"
            help = "add class: rd, cogs, opex, capitalized or one of your own"
            problems.append(error("rule-empty", message, help, node.position))
        return (_read_share(node, _WHOLE, roles, problems),)
    for key in ("class", "cost_center", "role"):
        if key in node:
            message = f"a rule with a split cannot have '{key}' beside it"
            help = f"move '{key}' into the shares of the split"
            problems.append(error("split-mixed", message, help, node.key_position(key)))
    shares = [
        _read_share(item, number_of(item["share"].word()), roles, problems)
        for item in node["split"]
    ]
    _check_shares(node["split"], shares, problems)
    return tuple(shares)


def _check_shares(split: Node, shares: list[Share], problems: list[Problem]) -> None:
    for item, share in zip(split, shares, strict=True):
        if share.share <= 0 and number_of(item["share"].word()) is not None:
            message = f"a share of {number_text(share.share)} is not above zero"
            help = "write a percentage above 0, or take the share away"
            problems.append(error("split-sum", message, help, item["share"].position))
    total = sum((share.share for share in shares), Decimal(0))
    if shares and total != _WHOLE:
        message = f"the shares sum to {number_text(total)}, not to 100"
        help = "correct the shares so that they sum to 100"
        problems.append(error("split-sum", message, help, split.position))


def _read_share(
    node: Node, share: Decimal | None, roles: list[str], problems: list[Problem]
) -> Share:
    class_ = node["class"].word()
    role = node["role"].word()
    if role:
        _check_role(node, role, roles, problems)
    else:
        role = _role_of_class(node, class_, roles, problems)
    return Share(share or Decimal(0), role, class_, node["cost_center"].word())


def _role_of_class(node: Node, class_: str, roles: list[str], problems: list[Problem]) -> str:
    if class_ == CAPITALIZED:
        return "capitalized_software"
    if not class_:
        return "ai_expense"
    role = CLASS_ROLE + class_
    if role not in roles:
        classes = [name.removeprefix(CLASS_ROLE) for name in roles if name.startswith(CLASS_ROLE)]
        near = nearest(class_, [*classes, CAPITALIZED])
        hint = f"did you mean '{near}'? else " if near else ""
        message = f"class '{class_}' has no account"
        help = f"{hint}add under accounts: {role}: Expenses:AI:..."
        problems.append(error("class-unmapped", message, help, node["class"].position))
        return "ai_expense_unallocated"
    return role


def _check_role(node: Node, role: str, roles: list[str], problems: list[Problem]) -> None:
    expenses = [name for name in roles if name.startswith(("ai_", "revenue_", "cost_of_"))]
    if role in {*expenses, "capitalized_software"}:
        return
    near = nearest(role, expenses)
    help = f"did you mean '{near}'?" if near else f"one of: {', '.join(expenses)}"
    message = f"'{role}' is not a role that usage can post to"
    problems.append(error("role-unknown", message, help, node["role"].position))
