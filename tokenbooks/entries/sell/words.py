"""What entries of the sell side are called: the same facts in the words of the seller."""

from __future__ import annotations

from tokenbooks.book import Contract

#: Kind of a payer's entry -> kind of the seller's.
KINDS = {"purchase": "sale"}

#: Kind of a seller's entry -> kind of the payer's.
_PAYER_KINDS = {seller: payer for payer, seller in KINDS.items()}

#: How narrations of the payer begin -> how those of the seller do; the longest that fits.
_NARRATIONS = {
    "Credits bought, cost shared with their bonus": "Credits sold, price shared with their bonus",
    "Credits bought": "Credits sold",
    "Credits of all parties bought": "Credits of all customers sold",
    "Credits for an outage": "Credits given for an outage",
    "Bonus credits": "Bonus credits given",
    "Credits voided by the provider": "Credits voided",
    "Usage paid from credits": "Revenue from credits used",
    "Usage not yet invoiced": "Revenue not yet invoiced",
    "Accrued usage settled from credits": "Unbilled usage settled from credits",
    "Payment of": "Payment received for",
    "Expired credits written off": "Credits expired unused",
    "Expired credits of all parties written off": "Credits of all customers expired unused",
    "Opening balance of all parties": "Opening balance of all customers",
}

#: Rules that have another name on the sell side.
_RULES = {
    "prepaid-purchase": "deferred-sale",
    "prepaid-consumption": "revenue-on-use",
    "prepaid-settlement": "unbilled-settlement",
    "accrued-usage": "unbilled-usage",
    "invoice-relieves-accrual": "invoice-relieves-unbilled",
    "expired-credits": "expired-breakage",
}


def payer_kind(kind: str) -> str:
    """The kind of an entry as the payer's books have it."""
    return _PAYER_KINDS.get(kind, kind)


def own_kind(kind: str, contract: Contract) -> str:
    """The kind of a payer's entry as the books of the contract's side have it."""
    return KINDS.get(kind, kind) if contract.sells else kind


def wording(kind: str, narration: str, rule: str) -> tuple[str, str, str]:
    """Kind, narration and rule of a payer's entry, as the seller's books have them."""
    fitting = [start for start in _NARRATIONS if narration.startswith(start)]
    if fitting:
        start = max(fitting, key=len)
        narration = _NARRATIONS[start] + narration.removeprefix(start)
    return KINDS.get(kind, kind), narration, _RULES.get(rule, rule)
