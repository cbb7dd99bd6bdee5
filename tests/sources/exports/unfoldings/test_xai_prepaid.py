"""`xai-prepaid`: the ledger of prepaid credits, in cents, credit negative."""

import pytest

from tests.sources.exports.unfoldings.unfolded import cells, lines

LEDGER = {
    "changes": [
        {
            "teamId": "team-1",
            "changeOrigin": "PURCHASE",
            "topupStatus": "SUCCEEDED",
            "amount": {"val": "-5000"},
            "invoiceNumber": "000-1",
            "createTime": "2026-02-24T15:28:02.308840Z",
            "paymentProcessor": {"kind": "STRIPE"},
        },
        {
            "changeOrigin": "SPEND",  # posted in March, for February
            "amount": {"val": "750"},
            "createTime": None,
            "createTs": "2026-03-01T00:00:00Z",
            "spendBpKeyYear": 2026,
            "spendBpKeyMonth": 2,
        },
    ],
    "total": {"val": "-4250"},
}


def test_changes_and_the_balance() -> None:
    # 50.00 bought, 7.50 spent: 42.50 left
    assert cells("xai-prepaid", lines(LEDGER)) == [
        {
            "record": "change",
            "teamId": "team-1",
            "changeOrigin": "PURCHASE",
            "topupStatus": "SUCCEEDED",
            "amount.val": "-5000",
            "invoiceNumber": "000-1",
            "createTime": "2026-02-24T15:28:02.308840Z",
            "paymentProcessor.kind": "STRIPE",
            "credited": "5000",
            "stated": "5000",
            "day": "2026-02-24",
        },
        {
            "record": "change",
            "changeOrigin": "SPEND",
            "amount.val": "750",
            "createTs": "2026-03-01T00:00:00Z",
            "spendBpKeyYear": "2026",
            "spendBpKeyMonth": "2",
            "credited": "-750",
            "stated": "750",
            "day": "2026-02-28",  # the last day of its month
        },
        {"record": "total", "amount.val": "-4250", "credited": "4250"},
    ]


@pytest.mark.parametrize(
    ("origin", "written", "stated"),
    [
        ("PURCHASE", "-1000", "1000"),
        ("AUTO_PURCHASE", "-1000", "1000"),
        ("MANUAL", "-300", "300"),  # credit that the provider's staff gave
        ("MANUAL", "300", "-300"),  # and took away
        ("SPEND", "750", "750"),
        ("REFUND", "-200", "-200"),  # less was spent
    ],
)
def test_what_was_bought_and_what_was_spent_are_both_positive(
    origin: str, written: str, stated: str
) -> None:
    change = {"changeOrigin": origin, "amount": {"val": written}}
    ledger = {"changes": [change], "total": {"val": written}}
    assert cells("xai-prepaid", lines(ledger))[0]["stated"] == stated


@pytest.mark.parametrize(
    ("months", "day"),
    [
        ({"spendBpKeyYear": 2028, "spendBpKeyMonth": 2}, "2028-02-29"),
        ({"spendBpKeyYear": 2026, "spendBpKeyMonth": 13}, "2026-03-01"),
        ({}, "2026-03-01"),
    ],
)
def test_spending_belongs_to_its_month(months: dict[str, int], day: str) -> None:
    change = {"changeOrigin": "SPEND", "amount": {"val": "1"}, "createTs": "2026-03-01T00:00:00Z"}
    ledger = {"changes": [change | months], "total": {"val": "1"}}
    assert cells("xai-prepaid", lines(ledger))[0]["day"] == day


@pytest.mark.parametrize(
    ("written", "credited"), [("-1000", "1000"), ("1000", "-1000"), ("0", "0")]
)
def test_the_sign_is_turned_round(written: str, credited: str) -> None:
    assert cells("xai-prepaid", lines({"total": {"val": written}})) == [
        {"record": "total", "amount.val": written, "credited": credited}
    ]


def test_other_values_are_none() -> None:
    assert cells("xai-prepaid", lines({"changes": []})) == []
    assert cells("xai-prepaid", lines({"total": 5})) == []
    assert cells("xai-prepaid", lines({"error": "busy"}, LEDGER))[0] == {"error": "busy"}
