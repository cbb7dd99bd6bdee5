"""The words that files share: meters, dimensions, account roles and safe names."""

from __future__ import annotations

import difflib
import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Standard meters that are counted in whole numbers (DESIGN 4.3).
WHOLE_METERS = (
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
    "reasoning_tokens",
    "input_audio_tokens",
    "cached_audio_tokens",
    "output_audio_tokens",
    "input_image_tokens",
    "cached_image_tokens",
    "output_image_tokens",
    "training_tokens",
    "requests",
    "images",
    "characters",
    "pages",
    "web_searches",
    "file_searches",
    "code_sessions",
)

#: Standard meters that may have decimals.
DECIMAL_METERS = (
    "audio_seconds",
    "video_seconds",
    "storage_gb_days",
    "storage_gb_months",
    "capacity_hours",
    "seats",
    "credits",
)

STANDARD_METERS = WHOLE_METERS + DECIMAL_METERS

#: Meters that are kept but priced only where a rate names them, never unpriced.
INFORMATIONAL_METERS = frozenset({"requests", "reasoning_tokens"})

STANDARD_DIMENSIONS = (
    "model",
    "service",
    "operation",
    "project",
    "workspace",
    "api_key",
    "user",
    "team",
    "customer",
    "feature",
    "batch",
    "service_tier",
    "context",
    "region",
    "speed",
    "size",
    "quality",
)

#: Dimensions whose values are people, or lead to them: `--redact` hides them.
PERSON_DIMENSIONS = ("user", "api_key", "customer")

#: Dimensions whose values always count for the price (DESIGN 6).
PRICED_DIMENSIONS = ("batch", "service_tier", "context", "speed", "region")

#: Account role -> account name where the book maps none. ``{party}`` is the contract's.
DEFAULT_ACCOUNTS = {
    "cash": "Assets:Cash",
    "prepaid_credits": "Assets:Prepaid:{party}",
    "input_vat_recoverable": "Assets:Input-VAT",
    "capitalized_software": "Assets:Capitalized-Software",
    "accounts_payable": "Liabilities:Payable:{party}",
    "credit_card_payable": "Liabilities:Credit-Card",
    "accrued_expenses": "Liabilities:Accrued:{party}",
    "output_vat_payable": "Liabilities:Output-VAT",
    "opening_equity": "Equity:Opening",
    "ai_expense": "Expenses:AI:Services",
    "ai_expense_rd": "Expenses:AI:Research",
    "ai_expense_cogs": "Expenses:AI:Cost-Of-Revenue",
    "ai_expense_opex": "Expenses:AI:Operations",
    "ai_expense_unallocated": "Expenses:AI:Unallocated",
    "ai_storage_expense": "Expenses:AI:Storage",
    "ai_image_expense": "Expenses:AI:Images",
    "ai_finetune_expense": "Expenses:AI:Fine-Tuning",
    "expired_credits_loss": "Expenses:AI:Expired-Credits",
    "loss_on_refund": "Expenses:AI:Refund-Loss",
    "due_from_affiliate": "Assets:Due-From-Affiliates",
    "due_to_affiliate": "Liabilities:Due-To-Affiliates",
    "payment_fees_expense": "Expenses:Payment-Fees",
    "sales_tax_expense": "Expenses:Sales-Tax",
    "fx_loss": "Expenses:Exchange-Loss",
    "fx_gain": "Income:Exchange-Gain",
    "commitment_shortfall_expense": "Expenses:AI:Commitment-Shortfall",
    "accounts_receivable": "Assets:Receivable:{party}",
    "unbilled_receivable": "Assets:Unbilled:{party}",
    "contract_asset": "Assets:Contract-Asset:{party}",
    "allowance_credit_losses": "Assets:Allowance-Credit-Losses",
    "deferred_promo_cost": "Assets:Deferred-Promotion-Cost",
    "deferred_revenue": "Liabilities:Deferred-Revenue:{party}",
    "refund_liability": "Liabilities:Refunds:{party}",
    "bundle_clearing": "Liabilities:Deferred-Revenue-Bundles",
    "promo_credit_liability": "Liabilities:Promotional-Credits",
    "unclaimed_property_liability": "Liabilities:Unclaimed-Property",
    "sales_tax_payable": "Liabilities:Sales-Tax",
    "revenue_usage": "Income:AI:Usage",
    "revenue_subscription": "Income:AI:Subscriptions",
    "revenue_overage": "Income:AI:Overage",
    "revenue_shortfall": "Income:AI:Commitment-Shortfall",
    "revenue_breakage": "Income:AI:Breakage",
    "revenue_net_agency": "Income:AI:Agency",
    "cost_of_revenue": "Expenses:Cost-Of-Revenue",
    "marketing_expense": "Expenses:Marketing",
    "payment_processing_expense": "Expenses:Payment-Processing",
    "credit_loss_expense": "Expenses:Credit-Losses",
}

#: Roles of a payer -> those of the seller, whose books are the mirror of the payer's (decision
#: 0023). Roles that are not here are the same on both sides.
SELLER_ROLES = {
    "prepaid_credits": "deferred_revenue",
    "accrued_expenses": "unbilled_receivable",
    "accounts_payable": "accounts_receivable",
    "input_vat_recoverable": "output_vat_payable",
    "sales_tax_expense": "sales_tax_payable",
    "expired_credits_loss": "revenue_breakage",
    "commitment_shortfall_expense": "revenue_shortfall",
    "due_from_affiliate": "due_to_affiliate",
    "due_to_affiliate": "due_from_affiliate",
    "fx_loss": "fx_gain",
    "fx_gain": "fx_loss",
    "payment_fees_expense": "payment_processing_expense",
}
PAYER_ROLES = {seller: payer for payer, seller in SELLER_ROLES.items()}

#: How the role of a class of expense begins; the class follows.
CLASS_ROLE = "ai_expense_"

#: Roles whose accounts the subledger owns, so that their balances are asserted; of a contract
#: that sells they are those of its mirror.
OWNED_ROLES = ("prepaid_credits", "accrued_expenses")

ACCOUNT_ROOTS = ("Assets", "Liabilities", "Equity", "Income", "Expenses")

_COMPONENT = re.compile(r"[A-Z0-9][A-Za-z0-9-]*")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PAYEE = re.compile(r"[^\s\"(;|*!=#,][^;|\"\n\r,]*")
_TAG_KEY = re.compile(r"[a-z][a-z0-9-]+")

#: Keys of tags to which hledger, ledger or beancount give a meaning of their own.
_RESERVED_TAGS = frozenset(
    [
        *("date", "date2", "type", "t", "lots", "alias", "assert", "retain", "clopen", "ptype"),
        *("payee", "uuid", "value", "hash"),
        *("filename", "lineno"),
    ]
)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like a mistyped one, if any does."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return found[0] if found else None


def is_account(name: str) -> bool:
    """Whether hledger, ledger and beancount all accept the account name."""
    root, *components = name.split(":")
    return (
        root in ACCOUNT_ROOTS
        and bool(components)
        and all(_COMPONENT.fullmatch(component) for component in components)
    )


def account_proposal(name: str) -> str:
    """A name near the given one that all three ledger programs accept."""
    root, *components = [part.strip() for part in name.split(":")]
    kinds = {"revenue": "Income", "cost": "Expenses", "liability": "Liabilities"}
    root_match = nearest(root.capitalize(), ACCOUNT_ROOTS)
    proper_root = root_match or kinds.get(root.lower(), "Expenses")
    safe = [_safe_component(part) for part in components if part]
    return ":".join([proper_root, *(safe or ["AI"])])


def is_identifier(name: str) -> bool:
    """Whether a name may identify a lot, a contract, a class or a cost centre."""
    return bool(_IDENTIFIER.fullmatch(name))


def as_identifier(text: str) -> str:
    """A text as part of an identifier: what such a name cannot have becomes ``-``."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", text)


def party_identifier(party: str) -> str:
    """A party as part of a lot's name: no two parties share one."""
    plain = as_identifier(party)
    if plain == party:
        return plain
    return f"{plain}-{hashlib.sha256(party.encode()).hexdigest()[:6]}"


def is_payee(name: str) -> bool:
    """Whether hledger, ledger and beancount all read the name as the whole payee."""
    return bool(_PAYEE.fullmatch(name)) and _is_one_line(name) and "  " not in name


def is_narration(text: str) -> bool:
    """Whether a text may stand as a comment: a colon would make a tag of it, a bracket a date."""
    return _is_one_line(text) and not set(text) & set(":[]")


def is_code(text: str) -> bool:
    """Whether a document number may stand in the parentheses of an entry."""
    return _is_one_line(text) and not set(text) & set("()")


def is_tag_key(key: str) -> bool:
    """Whether all three ledger programs take the key of a tag, and none means more by it."""
    return bool(_TAG_KEY.fullmatch(key)) and key not in _RESERVED_TAGS


def is_tag_value(value: str) -> bool:
    """Whether all three ledger programs read the whole of a tag's value back."""
    return _is_one_line(value) and not set(value) & set(",[]")


def _is_one_line(text: str) -> bool:
    return bool(text) and text == text.strip() and text.isprintable()


def _safe_component(part: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", part)
    joined = "-".join(words) or "X"
    return joined[0].upper() + joined[1:]
