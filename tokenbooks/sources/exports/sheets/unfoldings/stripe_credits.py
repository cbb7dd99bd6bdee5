"""`rows: stripe-credits`: what Stripe's API lists of billing credits.

`GET /v1/billing/credit_grants` and `GET /v1/billing/credit_balance_transactions`, as list
pages, JSON lines of them or of single objects. Amounts are whole numbers in the smallest
unit of their currency: cents for most, yen for yen, thousandths for five.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from tokenbooks.amounts import number_text, parse_number
from tokenbooks.sources.exports.sheets.json_items import Item
from tokenbooks.sources.exports.sheets.json_values import JsonObject, JsonValue
from tokenbooks.sources.exports.sheets.unfoldings.data import elements_of
from tokenbooks.sources.exports.sheets.unfoldings.rows import (
    UnfoldedRow,
    flat_row,
    object_at,
    text_at,
    values_of,
    where_some_fit,
)

_GRANT = "billing.credit_grant"
_TRANSACTION = "billing.credit_balance_transaction"

#: Decimal places of Stripe's amounts in currencies that do not have two there.
_PLACES = {
    **dict.fromkeys(["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga"], 0),
    **dict.fromkeys(["pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"], 0),
    **dict.fromkeys(["bhd", "jod", "kwd", "omr", "tnd"], 3),
}

#: Columns of every such list, also of one without any grant.
COLUMNS = ("record", "movement", "at", "money", "currency", "grant")

#: Credits that come back, because the invoice that took them was voided.
_RETURNED = "credits_application_invoice_voided"


def unfold(items: Iterable[Item], wanted: Collection[str] = ()) -> Iterator[UnfoldedRow]:
    """A row for each grant or transaction, with its own keys and these.

    `movement`: what moves (`paid`, `promotional`, `credits_applied` ...); `at`: when, in Unix
    seconds; `money` and `currency`: the amount in the currency, negative where credits that
    were used come back; `grant`, `customer_id` and `grant_category`, also where Stripe was
    asked to expand them.
    A page without any is one row with the page's own keys.
    """
    return where_some_fit(_rows(items, wanted))


def _rows(items: Iterable[Item], wanted: Collection[str]) -> Iterator[tuple[bool, UnfoldedRow]]:
    for line, value in values_of(items):
        for element in elements_of(value) or [value]:
            row = flat_row(line, element, wanted)
            told = _told(element)
            is_empty_page = element is value and "/billing/credit_" in text_at(value, "url")
            yield bool(told) or is_empty_page, row._replace(cells=row.cells | told)


def _told(element: JsonValue) -> dict[str, str]:
    """What a grant or a transaction says in plain words; nothing for what is neither."""
    if not isinstance(element, dict):
        return {}
    kind = text_at(element, "object")
    if kind == _GRANT:
        grant, part, movement = element, element, text_at(element, "category")
    elif kind == _TRANSACTION:
        grant = object_at(element, "credit_grant") or {}
        part = object_at(element, "debit") or object_at(element, "credit") or {}
        movement = text_at(part, "type")
    else:
        return {}
    cells = {
        "record": kind.removeprefix("billing."),
        "movement": movement,
        "at": text_at(element, "effective_at") or text_at(element, "created"),
        "grant": text_at(grant, "id") or text_at(element, "credit_grant"),
        "grant_category": text_at(grant, "category"),
        "customer_id": text_at(grant, "customer") or text_at(grant, "customer", "id"),
        **_money(part, movement),
    }
    return {name: text for name, text in cells.items() if text}


def _money(part: JsonObject, movement: str) -> dict[str, str]:
    """The amount in its currency; as it is written where it is no number."""
    currency = text_at(part, "amount", "monetary", "currency")
    written = text_at(part, "amount", "monetary", "value")
    try:
        amount = parse_number(written).scaleb(-_PLACES.get(currency.lower(), 2))
    except ValueError:
        return {"money": written, "currency": currency}
    amount = -amount if movement == _RETURNED else amount
    return {"money": number_text(Decimal(amount)), "currency": currency}
