"""What a contract says when it sells: how it earns revenue, bills, and is taxed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tokenbooks.book import SELL, RevenueTerms
from tokenbooks.problems import Problem, error
from tokenbooks.sources.formats import number_of
from tokenbooks.sources.yaml_tree import Node

#: Kinds of tax of a contract that sells; the others are of those that buy.
SALES_TAX_KINDS = ("sales", "voucher_single", "voucher_multi")

#: Roles of balances with the counterparty that only one side has.
_BUYER_ROLES = ("prepaid_credits", "accrued_expenses", "accounts_payable", "credit_card_payable")
_SELLER_ROLES = (
    *("deferred_revenue", "refund_liability", "unbilled_receivable", "accounts_receivable"),
    *("contract_asset", "allowance_credit_losses"),
)

#: Keys that only a contract that sells has.
_ONLY_SELL = ("refundable", "revenue", "billing")


def roles_of_others(sells: bool) -> tuple[str, ...]:
    """Roles that a contract never posts to, since only those of the other side do."""
    return _BUYER_ROLES if sells else _SELLER_ROLES


def read_revenue(node: Node) -> RevenueTerms:
    """The key ``revenue`` of a contract."""
    usual = RevenueTerms()
    return RevenueTerms(
        gross_net=node["gross_net"].word(),
        pattern=node["pattern"].word(usual.pattern),
        cohort=node["cohort"].words() or usual.cohort,
        ssp={name: decimal_of(price) or Decimal(0) for name, price in node["ssp"].entries.items()},
        position=node.position,
    )


def decimal_of(node: Node) -> Decimal | None:
    """The number of a scalar; None where there is none, or the schema refuses it."""
    try:
        return number_of(node.word()) if node.word() else None
    except ValueError:
        return None


def check_side(name: str, node: Node, side: str) -> Iterator[Problem]:
    """What a contract of this side must say, and what it must not.

    Whether the seller is principal or agent has no default (ASC 606-10-55-36 to 55-40).
    """
    sells = side == SELL
    if sells and not node["revenue"]["gross_net"]:
        message = f"contract {name} sells, and does not say whether as principal or as agent"
        help = "add `revenue: {gross_net: principal}`, or agent where another one sells through you"
        yield error("gross-net-undeclared", message, help, node.position)
    for key in _ONLY_SELL:
        if node[key] and not sells:
            message = f"'{key}' is of contracts that sell, and {name} buys"
            help = f"write `side: sell`, or take {key} away"
            yield error("side-mismatch", message, help, node.key_position(key))
    kind = node["tax"]["kind"].word()
    if kind and (kind in SALES_TAX_KINDS) != sells:
        known = SALES_TAX_KINDS if sells else ("cost", "recoverable", "reverse_charge")
        message = f"a contract that {side}s has no tax of the kind {kind}"
        help = f"write one of: {', '.join(known)}"
        yield error("side-mismatch", message, help, node["tax"]["kind"].position)
    if kind == "voucher_multi" and not node["tax"]["rate"]:
        message = (
            f"{name} sells vouchers whose VAT falls due on use, at a rate that it does not say"
        )
        help = "add the rate in percent: `tax: {kind: voucher_multi, rate: 19}`"
        yield error("key-missing", message, help, node["tax"].position)
