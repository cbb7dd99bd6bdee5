"""xAI's ledger of prepaid credits: cents in texts, credit negative, and its own balance."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports.formats.offering import Downloads, claims, json_text
from tests.sources.exports.reading import Read, read_text


def change(origin: str, cents: int, day: str, **other: Any) -> dict[str, Any]:
    moment = f"2026-{day}T15:28:02.308840Z"
    own = {"teamId": "team-1", "changeOrigin": origin, "amount": {"val": f"{cents}"}}
    return own | {"createTime": moment, "createTs": moment} | other


BOUGHT = change(
    *("PURCHASE", -5000, "02-24"),
    topupStatus="SUCCEEDED",
    invoiceId="a1",
    invoiceNumber="000-1",
    paymentProcessor={"kind": "STRIPE"},
)
FAILED = change("AUTO_PURCHASE", -2500, "02-25", topupStatus="FAILED_TO_CHARGE")
WAITING = change("PURCHASE", -1000, "03-20", topupStatus="TO_CHARGE")
SPENT = change("SPEND", 750, "03-01", createTime=None, spendBpKeyYear=2026, spendBpKeyMonth=2)
GIVEN_BACK = change("REFUND", -50, "03-05")
GIVEN = change("MANUAL", -300, "03-10")
CHANGES = [BOUGHT, FAILED, SPENT, GIVEN_BACK, GIVEN, WAITING]


def ledger(total: int, *changes: dict[str, Any]) -> str:
    return json_text({"changes": list(changes), "total": {"val": f"{total}"}})


#: 50.00 bought, 7.50 spent, 0.50 given back, 3.00 given: 46.00 are left.
WHOLE = ledger(-4600, *CHANGES)


def read_ledger(folder: Path, text: str) -> Read:
    return read_text(folder, text, name="xai.json", kind="statement")


def test_what_was_bought_spent_and_given(tmp_path: Path) -> None:
    assert claims(tmp_path, WHOLE) == ["xai-prepaid"]
    read = read_ledger(tmp_path, WHOLE)
    account = read.account
    assert (read.told, account.unknown_columns) == ("", ())
    assert account.rows_read == 7  # six changes and the balance
    assert (account.used, account.skipped) == (4, {"top-up not paid": 2, "total of the file": 1})
    assert account.amounts == {
        "owed": Decimal(7),  # 7.50 spent less 0.50 given back
        "purchase": Decimal(50),
        "granted": Decimal(3),
    }
    assert (account.stated, account.currency) == (Decimal(7), "USD")


def test_spending_belongs_to_the_month_that_it_names(tmp_path: Path) -> None:
    read = read_ledger(tmp_path, ledger(-4250, BOUGHT, SPENT))
    days = read.connection.execute(
        'SELECT meaning, "at"::DATE::VARCHAR FROM stated_read WHERE verdict = 0 ORDER BY meaning'
    ).fetchall()
    assert days == [("owed", "2026-02-28"), ("purchase", "2026-02-24")]


def test_numbers_of_invoices_are_kept(tmp_path: Path) -> None:
    read = read_ledger(tmp_path, ledger(-5000, BOUGHT))
    assert read.stated("change", "document") == [("PURCHASE", "000-1", Decimal(50), None)]


def test_a_balance_that_is_not_the_sum_of_its_changes_is_an_error(tmp_path: Path) -> None:
    read = read_ledger(tmp_path, ledger(-4700, *CHANGES))
    assert read.told == (
        "xai.json: error[total-differs]: its rows come to 46, its total row says 47\n"
        "  help: download the file again, whole: rows are missing from it, or stand in it twice\n"
    )


def test_a_ledger_without_changes(tmp_path: Path) -> None:
    text = ledger(0)
    assert claims(tmp_path, text) == ["xai-prepaid"]
    read = read_ledger(tmp_path, text)
    assert (read.told, read.account.used) == ("", 0)


def test_a_balance_may_be_overdrawn(tmp_path: Path) -> None:
    read = read_ledger(tmp_path, ledger(750, SPENT))
    assert (read.told, read.account.stated) == ("", Decimal("7.5"))


@pytest.mark.parametrize("cents", ["ten", "1,000", "$5"])
def test_what_is_no_amount_is_rejected(tmp_path: Path, cents: str) -> None:
    broken = SPENT | {"amount": {"val": cents}}
    read = read_ledger(tmp_path, ledger(-5000, BOUGHT, broken))
    assert [problem.code for problem in read.problems][:1] == ["bad-amount"]
    assert f"{read.problems[0].position}" == "xai.json:1:1"
    assert (read.account.used, read.account.rejected) == (1, 1)


def test_it_is_no_usage(tmp_path: Path) -> None:
    read = read_text(tmp_path, WHOLE, name="xai.json", kind="usage")
    assert [problem.code for problem in read.problems] == ["cost-file-in-usage"]


def test_a_later_ledger_repeats_the_earlier_changes(tmp_path: Path) -> None:
    early, late = ledger(-5000, BOUGHT), ledger(-4250, BOUGHT, SPENT)
    downloads = Downloads(tmp_path, {"a.json": early, "b.json": late}, "statement")
    assert downloads.codes == []
    assert sorted(downloads.used_and_replaced.values()) == [(1, 0), (1, 1)]
    assert downloads.read.stated("change") == [
        ("PURCHASE", Decimal(50), None),
        ("SPEND", Decimal("7.5"), None),
    ]
