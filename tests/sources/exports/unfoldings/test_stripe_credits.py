"""`stripe-credits`: grants and transactions of billing credits, in the currency's smallest unit."""

import pytest

from tests.sources.exports.unfoldings.unfolded import cells, lines, only


def grant(value: object, currency: str = "usd", **more: object) -> dict[str, object]:
    return {
        "id": "credgr_1",
        "object": "billing.credit_grant",
        "amount": {"monetary": {"currency": currency, "value": value}, "type": "monetary"},
        "category": "paid",
        "customer": "cus_1",
        "effective_at": 1785542400,
        "expires_at": None,
        **more,
    }


def movement(kind: str, type_: str, value: int, **more: object) -> dict[str, object]:
    amount = {"monetary": {"currency": "usd", "value": value}, "type": "monetary"}
    return {
        "id": f"cbtxn_{type_}",
        "object": "billing.credit_balance_transaction",
        "created": 1785542400,
        "credit": None,
        "debit": None,
        kind: {"amount": amount, "type": type_},
        "credit_grant": "credgr_1",
        "effective_at": 1785542400,
        "type": kind,
        **more,
    }


def test_a_grant() -> None:
    page = {"object": "list", "data": [grant(125_00)], "has_more": False}
    (row,) = cells("stripe-credits", lines(page))
    told = {
        "record": "credit_grant",
        "movement": "paid",
        "grant": "credgr_1",
        "grant_category": "paid",
        "customer_id": "cus_1",
        "at": "1785542400",
        "money": "125",
        "currency": "usd",
    }
    assert {name: row[name] for name in told} == told
    assert (row["id"], row["effective_at"]) == ("credgr_1", "1785542400")


@pytest.mark.parametrize(
    ("value", "currency", "money"),
    [
        (12345, "usd", "123.45"),
        (12345, "jpy", "12345"),  # yen have no smaller unit
        (12345, "kwd", "12.345"),
        (12345, "isk", "123.45"),  # without decimals, but Stripe writes two
        (5, "USD", "0.05"),
        (0, "usd", "0"),
        ("much", "usd", "much"),  # refused by the reader, with its place
    ],
)
def test_amounts_are_in_the_smallest_unit_of_their_currency(
    value: object, currency: str, money: str
) -> None:
    assert cells("stripe-credits", lines(grant(value, currency)))[0]["money"] == money


def test_transactions() -> None:
    log = lines(
        movement("credit", "credits_granted", 10000),
        movement("debit", "credits_applied", 2550),
        movement("debit", "credits_expired", 500),
        movement("debit", "credits_voided", 300),
        movement("credit", "credits_application_invoice_voided", 550),
    )
    rows = cells("stripe-credits", log)
    assert only(rows, "record", "movement", "money", "grant") == [
        ("credit_balance_transaction", "credits_granted", "100", "credgr_1"),
        ("credit_balance_transaction", "credits_applied", "25.5", "credgr_1"),
        ("credit_balance_transaction", "credits_expired", "5", "credgr_1"),
        ("credit_balance_transaction", "credits_voided", "3", "credgr_1"),
        # 5.50 come back: an invoice on which they had been used was voided
        ("credit_balance_transaction", "credits_application_invoice_voided", "-5.5", "credgr_1"),
    ]


def test_a_grant_that_was_expanded_tells_its_category_and_customer() -> None:
    free = grant(100, id="credgr_2", category="promotional", customer={"id": "cus_9"})
    row = cells("stripe-credits", lines(movement("debit", "credits_applied", 1, credit_grant=free)))
    assert only(row, "grant", "grant_category", "customer_id", "money") == [
        ("credgr_2", "promotional", "cus_9", "0.01")
    ]


def test_what_has_no_time_of_its_own_counts_when_it_was_made() -> None:
    made = grant(100, effective_at=None, created=1785628800)
    assert cells("stripe-credits", lines(made))[0]["at"] == "1785628800"


def test_an_amount_that_is_no_money_has_none() -> None:
    units = {"type": "custom_pricing_unit", "custom_pricing_unit": {"id": "cpu_1", "value": "5"}}
    (row,) = cells("stripe-credits", lines(grant(1, amount=units)))
    assert ("money" in row, row["record"]) == (False, "credit_grant")


def test_pages_without_a_grant_and_other_lists() -> None:
    empty = {"object": "list", "data": [], "url": "/v1/billing/credit_grants"}
    assert cells("stripe-credits", lines(empty)) == [{"object": "list", "url": empty["url"]}]
    assert cells("stripe-credits", lines({"object": "list", "data": [{"object": "charge"}]})) == []
    assert cells("stripe-credits", lines({"data": []}, 5, "text", [])) == []
