"""The text of a new book, commented in the words of an accountant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tokenbooks.names import DEFAULT_ACCOUNTS, account_proposal, is_account
from tokenbooks.periods import Period
from tokenbooks.reports.masking import masked

_PLAIN = re.compile(r"[A-Za-z0-9*][A-Za-z0-9_./*()-]*( [A-Za-z0-9_./*()-]+)*")
_SPOKEN_FOR = re.compile(r"true|false|yes|no|on|off|null|~|[-+0-9.].*", re.IGNORECASE)

_COLUMN = 30


@dataclass(frozen=True, slots=True)
class NewContract:
    """A contract of a new book. ``allocation`` is what its usage can be allocated by."""

    id: str
    party: str
    plan: str
    settle: str
    usage: tuple[str, ...]
    statement: tuple[str, ...] = ()
    allocation: Mapping[str, Sequence[tuple[str, int]]] | None = None


@dataclass(frozen=True, slots=True)
class NewBook:
    """What a person chose for a new book."""

    name: str
    currency: str
    start: Period
    journal: str
    contracts: tuple[NewContract, ...]


def yaml_text(text: str) -> str:
    """A text as a YAML scalar that is read back as it is, quoted where it must be."""
    plain = _PLAIN.fullmatch(text) and not _SPOKEN_FOR.fullmatch(text) and text[0] != "*"
    return text if plain else json.dumps(text, ensure_ascii=False)


def book_text(book: NewBook) -> str:
    """The text of ``tokenbooks.yaml``."""
    prepaid = any(contract.settle == "prepaid" for contract in book.contracts)
    lines = [
        "# What the company buys from AI providers: credits, usage, and what is owed.",
        "# `tokenbooks check` finds mistakes in this file and says where they are.",
        _line("book", yaml_text(book.name), ""),
        _line("currency", book.currency, "the functional currency: entries are made in it"),
        _line("start", str(book.start), "first month kept here; older balances: opening.csv"),
        _line("timezone", "UTC", "where days and months begin and end"),
        _line("journal", book.journal, "ledger (hledger reads it too) or beancount"),
        "",
        "contracts:",
        *(line for contract in book.contracts for line in _contract_lines(contract)),
        "",
        *(
            [_line("credits", "credits.csv", "purchases, grants and bonuses, with expiry dates")]
            if prepaid
            else []
        ),
        _line("invoices", "invoices.csv", "the providers' invoices, credit notes and receipts"),
        "",
        *_allocation_lines(book.contracts),
        "",
        *_account_lines(book.contracts),
    ]
    return "\n".join(lines) + "\n"


def _line(key: str, value: str, comment: str, indent: str = "") -> str:
    text = f"{indent}{key}: {value}"
    return f"{text:<{_COLUMN - 2}}  # {comment}" if comment else text


def _contract_lines(contract: NewContract) -> list[str]:
    indent = " " * 4
    prepaid = contract.settle == "prepaid"
    settled = (
        "credits are bought in advance: an asset until used (or: arrears)"
        if prepaid
        else "usage is invoiced later: accrued until then (or: prepaid)"
    )
    lines = [
        f"  {contract.id}:",
        _line("side", "buy", "the company is the customer", indent),
        _line("party", yaml_text(contract.party), "payee of the entries", indent),
        _line("plan", contract.plan, f"the prices: plans/{contract.plan}.yaml", indent),
        _line("settle", contract.settle, settled, indent),
    ]
    if prepaid:
        lines.append(_line("pay", "cash", "what pays for credits: cash, card or account", indent))
    if contract.usage:
        lines += _globs("usage", contract.usage, "the usage exports, as downloaded")
    if contract.statement:
        lines += _globs("statement", contract.statement, "the cost exports, to reconcile with")
    return lines


def _globs(key: str, globs: Sequence[str], comment: str) -> list[str]:
    indent = " " * 4
    if len(globs) == 1:
        return [_line(key, yaml_text(globs[0]), comment, indent)]
    head = f"{indent}{key}:"
    return [f"{head:<{_COLUMN}}# {comment}", *(f"      - {yaml_text(glob)}" for glob in globs)]


def _allocation_lines(contracts: Iterable[NewContract]) -> list[str]:
    """Rules to fill in, as comments: with what usage has, or with an example."""
    lines = [
        "# Who bears the expense: the first rule that matches wins, and what matches none is",
        "# shown as unallocated. Classes: rd, cogs or opex. To use the rules, fill them in and",
        "# take the leading # away.",
        "# allocate:",
    ]
    seen = False
    for contract in contracts:
        for dimension, values in (contract.allocation or {}).items():
            seen = seen or bool(values)
            for value, tokens in values:
                lines.append(_rule(dimension, yaml_text(masked(value)), tokens, contract.party))
    if not seen:
        lines += [
            '#   - {when: {project: "research*"}, class: rd, cost_center: research}',
            "#   - {when: {api_key: support-bot}, class: cogs, cost_center: support}",
        ]
    return lines


def _rule(dimension: str, value: str, tokens: int, party: str) -> str:
    when = f"{{{dimension}: {value}}}"
    rule = f"#   - {{when: {when}, class: opex, cost_center: general}}"
    return f"{rule:<76}  # {party}: {tokens:,} tokens"


def _account_lines(contracts: Sequence[NewContract]) -> list[str]:
    """Account names: those that a party's name would spoil, or an example as a comment."""
    lines = [
        "# Names of accounts; each role has one that is used where none stands here, such as",
        "# Assets:Prepaid:PARTY, Liabilities:Accrued:PARTY and Expenses:AI:Services.",
    ]
    spoiled = [contract.party for contract in contracts if not _is_component(contract.party)]
    if not spoiled:
        return [*lines, "# accounts:", "#   ai_expense: Expenses:AI:Services"]
    names = {
        role: account_proposal(name.replace("{party}", spoiled[0]))
        for role, name in DEFAULT_ACCOUNTS.items()
        if "{party}" in name
    }
    return [*lines, "accounts:", *(f"  {role}: {name}" for role, name in names.items())]


def _is_component(party: str) -> bool:
    return is_account(f"Assets:{party}")
