"""What `usage` and `rate` tell besides sums: unit costs, credits, tiers, and terms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.books import ARREARS, run, tokenbooks, write_book

PLAN = """\
plan: p
currency: USD
credits: {unit: credit, worth: 0.01}
fees: [{name: base, price: 20, every: month, includes: {output_tokens: 1k}}]
discounts: [{percent: 10, over: 1, every: month}]
caps: [{amount: 100, every: month}]
commitment: {amount: 500, every: year, from: 2025-07-01, shortfall: forfeit, overage: 1.5}
minimum: {amount: 50, every: month}
round_lines: 2
rates:
  - for: {model: m}
    prices:
      input_tokens: 2 per 1M
      output_tokens: 10 per 1M
      images: {tiers: graduated, steps: [{up_to: 100, price: 4 credits}, {price: 2 credits}]}
      requests: {package: 10, price: 0.50, free: 5}
"""
USAGE = """\
date,model,input_tokens,output_tokens,images,requests
2025-10-31,m,0,0,90,0
2025-11-05,m,1500000,600,30,12
2025-11-20,m,500000,100,50,4
"""


def rate(folder: Path, plan: str, usage: str, *more: str) -> dict[str, list[dict[str, Any]]]:
    """The tables of `rate`, by name."""
    (folder / "plan.yaml").write_text(plan)
    (folder / "usage.csv").write_text(usage)
    files = (str(folder / "plan.yaml"), str(folder / "usage.csv"))
    ran = run("rate", "--plan", *files, "--format", "json", *more)
    assert ran.code == 0, ran.err
    return {name: table["rows"] for name, table in json.loads(ran.out).items()}


def test_the_unit_cost_is_per_million_for_tokens_and_per_one_for_the_rest(tmp_path: Path) -> None:
    rows = {row["meter"]: row for row in rate(tmp_path, PLAN, USAGE, "--by", "meter")["usage"]}
    costs = {meter: (row["unit_cost"], row["per"]) for meter, row in rows.items()}
    assert costs["input_tokens"] == ("2", 1_000_000)
    # 700 tokens are free by the fee
    assert costs["output_tokens"] == ("0", 1_000_000)
    # 90 and 80 images of two months at 0.04
    assert costs["images"] == ("0.04", 1)
    # 16 less 5 free: 2 started, 1.00 in all; 1 / 16
    assert costs["requests"] == ("0.0625", 1)
    assert costs["base"] == (None, None)


def test_a_row_that_mixes_units_has_no_unit_cost(tmp_path: Path) -> None:
    tables = rate(tmp_path, PLAN, USAGE, "--by", "model")
    assert [(row["model"], row["unit_cost"]) for row in tables["usage"]] == [
        ("m", None),
        ("", None),
    ]
    tokens = "date,model,input_tokens,output_tokens\n2025-11-05,m,1000000,1001000\n"
    (row, _) = rate(tmp_path, PLAN, tokens, "--by", "model")["usage"]
    # 2.00 and 1,000,000 x 10 per 1M = 12.00, over 2.001 million tokens
    assert (row["unit_cost"], row["per"]) == ("5.99700149925", 1_000_000)


def test_usage_without_a_price_has_no_unit_cost(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "usage.csv").write_text("date,model,input_tokens\n2025-11-05,other,1000000\n")
    files = (str(tmp_path / "plan.yaml"), str(tmp_path / "usage.csv"))
    ran = run("rate", "--plan", *files, "--by", "model", "--format", "csv")
    assert ran.out.splitlines()[1] == "other,1000000,0.00,0.00,,,0"


def test_list_values_in_the_credits_of_the_plan(tmp_path: Path) -> None:
    rows = {row["meter"]: row for row in rate(tmp_path, PLAN, USAGE, "--by", "meter")["usage"]}
    assert rows["images"]["credits"] == "680"  # 170 x 4
    assert rows["input_tokens"]["credits"] == "400"  # 4.00 at 0.01


def test_terms_come_last_in_the_order_in_which_they_apply(tmp_path: Path) -> None:
    tables = rate(tmp_path, PLAN, USAGE, "--by", "meter")
    meters = [row["meter"] for row in tables["usage"]]
    assert meters[:4] == ["images", "input_tokens", "output_tokens", "requests"]
    # nothing reaches the cap or the commitment; no line has a part of a cent
    assert meters[4:] == ["base", "discount", "minimum"]


def test_tiers_at_the_end_of_the_last_day(tmp_path: Path) -> None:
    """In November: 80 images, 16 requests of which 5 are free, 700 of 1,000 free tokens."""
    tables = rate(tmp_path, PLAN, USAGE)
    found = {
        row["price"]: (row["counted_over"], row["counted"], row["band"], row["left"], row["next"])
        for row in tables["tiers"]
    }
    assert found == {
        "images": ("2025-11", "80", "4 credits up to 100", "20", "2 credits"),
        "requests": ("2025-11", "16", "2 started of 10", "9", "0.5 for the next"),
        "output_tokens": ("2025-11", "700", "free up to 1000", "300", "its price"),
    }


def test_terms_with_what_counts_towards_them(tmp_path: Path) -> None:
    """November: 4.00 + 80 x 0.04 + 1.00 = 8.20, less 0.72; October: 3.60 less 0.26."""
    tables = rate(tmp_path, PLAN, USAGE)
    found = {row["term"]: (row["counted"], row["amount"], row["left"]) for row in tables["terms"]}
    assert found == {
        "discount": ("8.20", "1.00", "0.00"),
        "cap": ("7.48", "100.00", "92.52"),
        "commitment": ("10.82", "500.00", "489.18"),  # since July
        "minimum": ("7.48", "50.00", "42.52"),
    }
    spans = {row["term"]: row["counted_over"] for row in tables["terms"]}
    assert spans["commitment"] == "2026-06-30"


def test_usage_of_a_period_has_the_tiers_of_its_last_day(tmp_path: Path) -> None:
    files = {"plans/llm.yaml": PLAN.replace("plan: p", "plan: llm"), "usage/a.csv": USAGE}
    book = write_book(tmp_path, files, ARREARS)
    ran = tokenbooks(book, "usage", "-p", "2025-10", "--format", "json")
    rows = json.loads(ran.out)["tiers"]["rows"]
    images = next(row for row in rows if row["price"] == "images")
    assert (images["contract"], images["counted_over"], images["counted"], images["left"]) == (
        "llm",
        "2025-10",
        "90",
        "10",
    )


def test_csv_parts_its_tables_by_an_empty_line(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "usage.csv").write_text(USAGE)
    files = (str(tmp_path / "plan.yaml"), str(tmp_path / "usage.csv"))
    tables = run("rate", "--plan", *files, "--format", "csv").out.split("\n\n")
    assert [table.split(",")[0] for table in tables] == ["model", "price", "term"]


def test_usage_without_running_totals_has_one_table(tmp_path: Path) -> None:
    plain = "plan: p\ncurrency: USD\nrates: [{for: {model: m}, prices: {images: 1}}]\n"
    assert list(rate(tmp_path, plain, "date,model,images\n2025-11-05,m,5\n")) == ["usage"]


SCOPED = """\
plan: p
currency: USD
rates:
  - for: {model: m}
    prices:
      images: {tiers: graduated, scope: [customer], steps: [{up_to: 100, price: 1}, {price: 2}]}
"""


@pytest.mark.parametrize(
    "plan", [SCOPED, SCOPED.replace("{up_to: 100,", "{up_to: 0.5, price: 1}, {up_to: 100,")]
)
def test_of_many_counters_those_nearest_to_a_next_band(tmp_path: Path, plan: str) -> None:
    """30 customers with 1 to 30 times 4 images: the last six are above 100."""
    rows = "".join(f"2025-11-05,m,c{number:02},{4 * number}\n" for number in range(1, 31))
    tables = rate(tmp_path, plan, f"date,model,customer,images\n{rows}")
    found = [(row["scope"], row["left"]) for row in tables["tiers"]]
    assert len(found) == 20
    assert found[:3] == [("customer c25", "0"), ("customer c24", "4"), ("customer c23", "8")]
    assert found[-1] == ("customer c06", "76")
    files = (str(tmp_path / "plan.yaml"), str(tmp_path / "usage.csv"))
    shown = run("rate", "--plan", *files).out
    assert "The 20 of 30 counters that are nearest to their next band." in shown


def test_few_counters_stand_in_the_order_of_their_names(tmp_path: Path) -> None:
    rows = "2025-11-05,m,b,99\n2025-11-05,m,a,1\n2025-11-06,m,c,500\n"
    tables = rate(tmp_path, SCOPED, f"date,model,customer,images\n{rows}")
    assert [(row["scope"], row["left"]) for row in tables["tiers"]] == [
        ("customer a", "99"),
        ("customer b", "1"),
        ("customer c", None),
    ]
