"""The key ``accounts`` of a book, and whether every ledger program accepts the names."""

from __future__ import annotations

from collections.abc import Mapping

from tokenbooks.book import Contract
from tokenbooks.names import (
    CLASS_ROLE,
    DEFAULT_ACCOUNTS,
    OWNED_ROLES,
    account_proposal,
    is_account,
    is_payee,
    nearest,
)
from tokenbooks.problems import NOWHERE, Position, Problem, error
from tokenbooks.sources.sell_side import roles_of_others
from tokenbooks.sources.yaml_tree import Node

_PARTY = "{party}"


def read_accounts(node: Node) -> dict[str, str]:
    """Role -> account name, as far as they are written as single values."""
    return {role: value.word() for role, value in node.entries.items() if value.word()}


def check_roles(node: Node, allocate: Node, problems: list[Problem]) -> None:
    """Report mapped classes that no rule uses: a mistyped class would post nothing there."""
    rules = [*allocate, *(share for rule in allocate for share in rule["split"])]
    used = {CLASS_ROLE + rule["class"].word() for rule in rules if rule["class"]}
    used |= {rule["role"].word() for rule in rules}
    for role in node.entries:
        if role.startswith(CLASS_ROLE) and role not in used and role not in DEFAULT_ACCOUNTS:
            near = nearest(role, [*DEFAULT_ACCOUNTS, *used])
            hint = f"did you mean '{near}'? else " if near else ""
            class_ = role.removeprefix(CLASS_ROLE)
            message = f"no rule of allocate uses the class '{class_}' of role '{role}'"
            help = f"{hint}add a rule with class: {class_}, or take the account away"
            problems.append(error("role-unknown", message, help, node.key_position(role)))


def check_accounts(
    node: Node, contracts: Node, parsed: Mapping[str, Contract], problems: list[Problem]
) -> None:
    """Report names that not all of hledger, ledger and beancount accept.

    Names with ``{party}`` are checked as they come out for each contract, those that
    the book does not map with their defaults; a party is also a payee.
    """
    mapped = read_accounts(node)
    for role, template in mapped.items():
        if _PARTY not in template and not is_account(template):
            problems.append(_account_problem(role, template, node[role].position))
    for name, contract in parsed.items():
        holder = contracts[name]
        place = holder["party"].position if holder["party"] else contracts.key_position(name)
        if not is_payee(contract.party):
            message = f"'{contract.party}' cannot be a payee in all ledger programs"
            help = (
                "write the party without , ; | and double quotes, starting with a letter or digit"
            )
            problems.append(error("payee-name", message, help, place))
        _check_party_accounts(contract, node, place, problems)
        _check_owned_accounts(contract, node, place, problems)


def _check_party_accounts(
    contract: Contract, node: Node, place: Position, problems: list[Problem]
) -> None:
    mapped, others = read_accounts(node), roles_of_others(contract.sells)
    for role, template in mapped.items():
        name = template.replace(_PARTY, contract.party)
        if role not in others and _PARTY in template and not is_account(name):
            problems.append(_account_problem(role, name, node[role].position))
    for role, template in DEFAULT_ACCOUNTS.items():
        name = template.replace(_PARTY, contract.party)
        is_used = role not in others and role not in mapped
        if is_used and _PARTY in template and not is_account(name):
            message = (
                f"party '{contract.party}' gives {role} the account '{name}', "
                "which not all ledger programs accept"
            )
            safe = account_proposal(f"Assets:{contract.party}").removeprefix("Assets:")
            help = f"write party: {safe}, or map {role} to a name such as {account_proposal(name)}"
            problems.append(error("account-name", message, help, place))
            return


def _check_owned_accounts(
    contract: Contract, node: Node, place: Position, problems: list[Problem]
) -> None:
    """Accounts whose balances are asserted must take no other role's postings."""
    templates = {**DEFAULT_ACCOUNTS, **read_accounts(node)}
    names = {role: name.replace(_PARTY, contract.party) for role, name in templates.items()}
    own_roles = [contract.own_role(role) for role in OWNED_ROLES]
    for owned in own_roles:
        for role, name in names.items():
            below = name.startswith(names[owned] + ":")
            if role == owned or not (below or name == names[owned]):
                continue
            if role in own_roles and role < owned and not below:
                continue
            spot = node[owned].position if node[owned] else node[role].position
            message = f"{owned} and {role} would both post to {names[owned]}"
            help = f"give {owned} an account of its own: its balance is asserted every month"
            problems.append(error("account-shared", message, help, spot or place))


def _account_problem(role: str, name: str, place: Position = NOWHERE) -> Problem:
    message = f"not all ledger programs accept the account '{name}' of role {role}"
    help = f"write for instance {account_proposal(name)}"
    return error("account-name", message, help, place)
