"""Credits that move: to another contract or entity, into a later lot, or into pooled cost."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.books import PREPAID, close, lines, usage, write_book
from tests.credit_rows import Row, credits_file, row

LLM = PREPAID.replace("usage/*.csv", "usage/llm*.csv")
LAB = LLM[LLM.index("  llm:") :].replace("llm:", "lab:").replace("llm*", "lab*")
BOUGHT = row("2025-10-01", "purchase", "300", lot="a", paid="100")


def book(folder: Path, *rows: Row, plan: str = "", policies: str = "", **uses: str) -> Path:
    files = {f"usage/{name}.csv": usage() for name in ("llm", "lab")}
    files |= {f"usage/{name}.csv": usage(each) for name, each in uses.items()}
    files["credits.csv"] = credits_file(*rows)
    if plan:
        files["plans/llm.yaml"] = plan
    return write_book(folder, files, LLM + LAB + policies)


def prepaid(rows: list[dict[str, str]]) -> dict[str, Decimal]:
    """What a close moves of the prepaid credits, by lot."""
    moved: dict[str, Decimal] = {}
    for each in rows:
        if each["role"] == "prepaid_credits":
            amount = Decimal(each["debit"]) - Decimal(each["credit"])
            moved[each["lot"]] = moved.get(each["lot"], Decimal(0)) + amount
    return moved


def test_a_transfer_keeps_the_cost_to_the_cent(tmp_path: Path) -> None:
    out = row("2025-11-10", "transfer", "100", lot="a", to="lab")
    folder = book(tmp_path, BOUGHT, out, llm="2025-11-05,200", lab="2025-12-05,100")
    close(folder, "2025-10")
    posted = close(folder, "2025-11")
    # 100.00 - 66.67 = 33.33 go; the 200 that stay are used for 66.67
    assert prepaid(posted) == {
        "a": Decimal("-100.00"),
        "a-transfer-2025-11-10": Decimal("33.33"),
    }
    assert prepaid(close(folder, "2025-12")) == {"a-transfer-2025-11-10": Decimal("-33.33")}


def test_a_transfer_in_three_moves_every_cent(tmp_path: Path) -> None:
    out = [row(f"2025-11-{day}", "transfer", "100", lot="a", to="lab") for day in (10, 11, 12)]
    folder = book(tmp_path, BOUGHT, *out)
    close(folder, "2025-10")
    assert prepaid(close(folder, "2025-11")) == {
        "a": Decimal("-100.00"),
        "a-transfer-2025-11-10": Decimal("33.33"),
        "a-transfer-2025-11-11": Decimal("33.34"),
        "a-transfer-2025-11-12": Decimal("33.33"),
    }


def test_transferred_credits_may_go_on(tmp_path: Path) -> None:
    there = row("2025-11-10", "transfer", "100", lot="a", to="lab")
    back = row(
        "2025-11-20", "transfer", "50", contract="lab", lot="a-transfer-2025-11-10", to="llm"
    )
    folder = book(tmp_path, BOUGHT, there, back)
    close(folder, "2025-10")
    # 33.33 went; 33.33 - 16.67 = 16.66 came back
    assert prepaid(close(folder, "2025-11")) == {
        "a": Decimal("-33.33"),
        "a-transfer-2025-11-10": Decimal("16.67"),
        "a-transfer-2025-11-10-transfer-2025-11-20": Decimal("16.66"),
    }


def test_between_entities_through_what_they_owe_each_other(tmp_path: Path) -> None:
    # C037: at cost, from one entity to the other; each balances
    out = row("2025-11-11", "transfer", "60", lot="a", to="entity:Sister")
    into = row("2025-11-12", "transfer", "20", contract="lab", lot="b", paid="11")
    folder = book(tmp_path, BOUGHT, out, into)
    close(folder, "2025-10")
    assert lines(close(folder, "2025-11")) == [
        ("transfer-llm-a-transfer-2025-11-11", "2025-11-11", "due_from_affiliate", "20.00"),
        ("transfer-llm-a-transfer-2025-11-11", "2025-11-11", "prepaid_credits", "-20.00"),
        ("transfer-lab-b", "2025-11-12", "prepaid_credits", "11.00"),
        ("transfer-lab-b", "2025-11-12", "due_to_affiliate", "-11.00"),
    ]


ROLLING = """\
plan: llm
currency: USD
credits:
  expires: 1 month
  rollover: {max: 100, min: 0, expires: 1 month}
rates:
  - prices: {credits: 1}
"""


def test_a_rollover_by_rule_keeps_the_cost(tmp_path: Path) -> None:
    """From 5 October up to 5 November: 260 are left, 100 of them roll, 160 are lost."""
    bought = row("2025-10-05", "purchase", "300", lot="a", paid="100")
    folder = book(tmp_path, bought, plan=ROLLING, llm="2025-10-06,40")
    close(folder, "2025-10")
    posted = close(folder, "2025-11")
    # 100.00 - 66.67 roll; 66.67 - 13.33 is lost
    assert lines(posted) == [
        ("rollover-llm-a-rollover-2025-11-06", "2025-11-05", "prepaid_credits", "33.33"),
        ("rollover-llm-a-rollover-2025-11-06", "2025-11-05", "prepaid_credits", "-33.33"),
        ("expiry-llm-a", "2025-11-05", "expired_credits_loss", "53.34"),
        ("expiry-llm-a", "2025-11-05", "prepaid_credits", "-53.34"),
    ]
    # the rolled ones end on 6 December, exclusive
    assert lines(close(folder, "2025-12"))[0] == (
        "expiry-llm-a-rollover-2025-11-06",
        "2025-12-05",
        "expired_credits_loss",
        "33.33",
    )


def test_the_providers_word_on_a_rollover_rules_over_the_plan(tmp_path: Path) -> None:
    bought = row("2025-10-05", "purchase", "300", lot="a", paid="100")
    rolled = row("2025-11-06", "rollover", "30", parent="a", expires="2025-12-31")
    folder = book(tmp_path, bought, rolled, plan=ROLLING, llm="2025-10-06,40")
    close(folder, "2025-10")
    assert prepaid(close(folder, "2025-11")) == {
        "a": Decimal("-86.67"),
        "a-rollover-2025-11-06": Decimal("10.00"),
    }


@pytest.mark.parametrize("where", ["policies: {lot_order: average}\n", "  ^lot_order"])
def test_pooled_cost_moves_into_the_lot_that_begins(tmp_path: Path, where: str) -> None:
    # C028: 100 at 100.00 and 100 at 90.00: 190.00 / 200 x 120 = 114.00
    both = [
        row("2025-10-01", "purchase", "100", lot="a"),
        row("2025-11-01", "purchase", "100", lot="b", paid="90"),
    ]
    policies = where if where.startswith("policies") else "    lot_order: average\n"
    contract = policies if where.startswith("policies") else ""
    files = {"credits.csv": credits_file(*both), "usage/llm.csv": usage("2025-11-15,120")}
    text = LLM + contract if contract else LLM + policies
    folder = write_book(tmp_path, files, text)
    close(folder, "2025-10")
    posted = close(folder, "2025-11")
    used = [line for line in lines(posted) if line[0].startswith("consumption")]
    assert [(line[2], line[3]) for line in used] == [
        ("ai_expense", "114.00"),
        ("prepaid_credits", "-114.00"),
    ]
    assert prepaid(posted) == {"a": Decimal("-100.00"), "b": Decimal("76.00")}


def test_a_transfer_at_average_cost_keeps_every_cent(tmp_path: Path) -> None:
    """50 of b at 190.00 / 200 are 47.50, and all of it is used there."""
    rows = [
        row("2025-10-01", "purchase", "100", lot="a"),
        row("2025-10-02", "purchase", "100", lot="b", paid="90"),
        row("2025-11-10", "transfer", "50", lot="b", to="lab"),
    ]
    policies = "policies: {lot_order: average}\n"
    folder = book(tmp_path, *rows, policies=policies, lab="2025-11-15,50")
    close(folder, "2025-10")
    posted = close(folder, "2025-11")
    assert prepaid(posted) == {"b": Decimal("-47.50"), "b-transfer-2025-11-10": Decimal("0.00")}
