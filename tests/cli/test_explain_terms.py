"""`tokenbooks explain` of plan-wide terms, allowances, prices by request, and corrections.

What an explanation lists sums to what was posted, before it was rounded to the cent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.books import ARREARS, CREDITS, PREPAID, close, tokenbooks, write_book

ALLOCATE = """\
allocate:
  - {when: {project: lab}, class: rd}
  - {when: {project: app}, split: [{share: 60, class: cogs}, {share: 40, class: rd}]}
  - {when: {fee: base}, class: opex}
"""


def explained(book: Path, *arguments: str) -> dict[str, list[dict[str, Any]]]:
    """The tables of an explanation, by name; what is explained must tie to what is posted."""
    ran = tokenbooks(book, "explain", *arguments, "--limit", "0", "--format", "json")
    assert ran.code == 0, ran.err
    told = {name: table["rows"] for name, table in json.loads(ran.out).items()}
    if "sum" in told:
        check_ties(told)
    return told


def check_ties(told: Mapping[str, list[dict[str, Any]]]) -> None:
    """The charges sum to the exact amounts, and these to the postings but for rounding."""
    charges = told["charges"]
    costs = sum(Decimal(charge["cost"]) for charge in charges)
    amounts = ("from_credits", "accrued")
    exact = sum(Decimal(line.get(name) or 0) for line in told["sum"] for name in amounts)
    assert abs(costs - exact) < Decimal("0.0000001")
    posted = sum(Decimal(line["posted"]) for line in told["sum"])
    expenses = [p for p in told["postings"] if p["account"].startswith("Expenses:")]
    assert posted == sum(Decimal(p["debit"]) - Decimal(p["credit"]) for p in expenses)
    # late, it is the difference of two amounts that each were rounded
    most = Decimal("0.02")
    assert all(abs(Decimal(line["rounding"])) < most for line in told["sum"])


def costs(told: Mapping[str, list[dict[str, Any]]]) -> dict[str, Decimal]:
    """What the charges of each meter or term cost."""
    found: dict[str, Decimal] = {}
    for charge in told["charges"]:
        found[charge["meter"]] = found.get(charge["meter"], Decimal(0)) + Decimal(charge["cost"])
    return found


# -- a plan with a base fee, an allowance, a discount, a minimum and prices by request -----

PLAN = """\
plan: llm
currency: USD
fees:
  - {name: base, price: 31, every: month, prorate: day, includes: {output_tokens: 1M}}
discounts: [{percent: 10, over: 10, every: month, applies: above}]
minimum: {amount: 50, every: month}
rates:
  - for: {model: m}
    prices:
      input_tokens: {price: 2 per 1M, when_over: [{context_tokens: 200000, price: 4 per 1M}]}
      output_tokens: 10 per 1M
      images: {tiers: graduated, steps: [{up_to: 100, price: 0.10}, {price: 0.05}]}
"""
USAGE = """\
timestamp,model,project,input_tokens,output_tokens,images
2025-10-03T10:00:00Z,m,lab,150000,600000,
2025-10-03T11:00:00Z,m,app,250000,900000,
2025-10-04T11:00:00Z,m,app,,,150
2025-10-05T11:00:00Z,m,lab,,,50
"""


@pytest.fixture
def hybrid(tmp_path: Path) -> Path:
    """October: 81.00, accrued.

    3 Oct   input    lab 150,000 x 2 per 1M = 0.30; app 250,000 x 4 per 1M = 1.00
            output   1,500,000, of which 1,000,000 are free: a third of each row is charged,
                     lab 200,000 x 10 per 1M = 2.00, app 300,000 x 10 per 1M = 3.00
    4, 5    images   100 x 0.10 + 100 x 0.05 = 15.00, 0.075 each: app 11.25, lab 3.75
                     usage 21.30, less 10% of what is above 10.00: 1.13, leaves 20.17
            minimum  50.00 - 20.17 = 29.83
            base     31 days of 1.00
    """
    book = write_book(tmp_path, {"plans/llm.yaml": PLAN, "usage/a.csv": USAGE}, ARREARS + ALLOCATE)
    close(book, "2025-10")
    return book


def test_the_terms_of_a_plan_are_charges_of_their_own(hybrid: Path) -> None:
    told = explained(hybrid, "accrual-llm-2025-10")
    assert costs(told) == {
        "base": Decimal(31),
        "minimum": Decimal("29.83"),
        "images": Decimal(15),
        "output_tokens": Decimal(5),
        "input_tokens": Decimal("1.3"),
        "discount": Decimal("-1.13"),
    }
    assert {line["class"]: line["posted"] for line in told["sum"]} == {
        # lab 6.05 of 21.30, app 15.25, shared 60 to 40; so are discount and minimum
        "cogs": "21.48",  # 9.15 + 9.15 / 21.30 x 28.70 = 21.4789
        "rd": "28.52",
        "opex": "31.00",
    }
    arithmetic = {line["price"]: line["arithmetic"] for line in told["terms"]}
    assert arithmetic == {
        "base": "31 each month, by the day = 31",
        "discount": "10% off above 10 each month: of 21.3 = -1.13",
        "minimum": "50 - 20.17 = 29.83",
    }
    assert {line["price"]: line["plan_line"] for line in told["terms"]} == {
        "base": 4,
        "discount": 5,
        "minimum": 6,
    }


def test_a_posting_of_one_class_has_its_share_of_the_terms(hybrid: Path) -> None:
    told = explained(hybrid, "accrual-llm-2025-10", "--class", "opex")
    assert costs(told) == {"base": Decimal(31)}
    assert "files" not in told


def test_prices_by_request_are_told_line_by_line(hybrid: Path) -> None:
    told = explained(hybrid, "accrual-llm-2025-10")
    prices = {source["charge"]: source for source in told["sources"]}
    found = {
        (charge["project"], prices[charge["charge"]]["price"], prices[charge["charge"]]["line"])
        for charge in told["charges"]
        if charge["meter"] == "input_tokens"
    }
    assert found == {
        ("lab", "2 per 1M unless context_tokens > 200000", 2),
        ("app", "4 per 1M if context_tokens > 200000", 3),
    }


def test_the_free_part_of_an_allowance_is_shown(hybrid: Path) -> None:
    told = explained(hybrid, "accrual-llm-2025-10", "--class", "rd")
    lab = next(
        charge
        for charge in told["charges"]
        if (charge["project"], charge["meter"]) == ("lab", "output_tokens")
    )
    assert (lab["quantity"], lab["free"], Decimal(lab["cost"])) == ("600000", "400000", Decimal(2))


def test_a_row_is_priced_by_request_and_by_its_free_part(hybrid: Path) -> None:
    told = explained(hybrid, "usage/a.csv:3")
    assert told["arithmetic"] == [
        {
            "meter": "input_tokens",
            "arithmetic": "250000 input_tokens x 4 per 1M if context_tokens > 200000 = 1",
        }
    ]
    values = {row["meter"]: (row["free"], Decimal(row["list_value"])) for row in told["meters"]}
    assert values == {
        "input_tokens": (None, Decimal(1)),
        "output_tokens": ("600000", Decimal(3)),
    }


def test_the_line_of_a_fee_shows_what_it_charges(hybrid: Path) -> None:
    (row,) = explained(hybrid, "plans/llm.yaml:4")["priced"]
    assert (row["meter"], row["list_value"]) == ("base", "31.00")


# -- prepaid ------------------------------------------------------------------------------


def test_fees_are_owed_and_discounts_are_drawn_where_usage_is_prepaid(tmp_path: Path) -> None:
    """30 credits less 10% are drawn from a lot that cost 0.90 each; the fee is accrued."""
    plan = """\
plan: llm
currency: USD
fees: [{name: base, price: 62, every: month}]
discounts: [{percent: 10, every: month}]
rates: [{for: {model: "*"}, prices: {credits: 1}}]
"""
    files = {
        "plans/llm.yaml": plan,
        "usage/a.csv": "date,model,project,credits\n2025-10-05,m,lab,20\n2025-10-06,m,app,10\n",
        "credits.csv": CREDITS + "2025-10-01,llm,purchase,100,one,90,,,2026-10-01,,,,\n",
    }
    book = write_book(tmp_path, files, PREPAID + ALLOCATE)
    close(book, "2025-10")
    consumed = explained(book, "consumption-llm-2025-10")
    assert costs(consumed) == {"credits": Decimal(27), "discount": Decimal("-2.7")}
    assert [line["posted"] for line in consumed["lots"]] == ["24.30"]
    accrued = explained(book, "accrual-llm-2025-10")
    assert costs(accrued) == {"base": Decimal(62)}
    assert accrued["postings"][0]["debit"] == "62.00"


# -- late ---------------------------------------------------------------------------------

DISCOUNT = """\
plan: llm
currency: USD
discounts: [{percent: 10, over: 10, every: month, applies: above}]
rates: [{for: {model: "*"}, prices: {credits: 1}}]
"""


def test_late_usage_moves_the_terms_of_its_month(tmp_path: Path) -> None:
    """20.00 less 10% of 10.00 was 19.00; with 10.00 more it is 30.00 less 2.00.

    The discount of 2.00 goes to lab by 20 of 30 and to app by 10 of 30.
    """
    files = {
        "plans/llm.yaml": DISCOUNT,
        "usage/a.csv": "date,model,project,credits\n2025-10-05,m,lab,20\n",
    }
    book = write_book(tmp_path, files, ARREARS + ALLOCATE)
    close(book, "2025-10")
    late = "date,model,project,credits\n2025-10-20,m,app,10\n2025-11-02,m,lab,1\n"
    write_book(book, {**files, "usage/b.csv": late}, ARREARS + ALLOCATE)
    close(book, "2025-11")
    told = explained(book, "accrual-llm-2025-10-in-2025-11")
    assert costs(told) == {"credits": Decimal(10), "discount": Decimal(-1)}
    by_class = {line["class"]: Decimal(line["accrued"]) for line in told["sum"]}
    # app 10 - 2 / 3, of which 60% are cogs; lab was 20 - 1, is 20 - 4 / 3
    assert by_class == {"cogs": Decimal("5.6"), "rd": Decimal("3.4")}
    assert told["terms"][0]["arithmetic"] == "10% off above 10 each month: of 30 = -2"
    assert [Path(file["file"]).name for file in told["files"]] == ["b.csv"]


def test_an_entry_that_moves_amounts_between_classes_alone(tmp_path: Path) -> None:
    """The cap holds 20.00, and then 20.00 + 10.00, at 10.00: lab had all of it, has two thirds."""
    capped = DISCOUNT.replace(
        "discounts: [{percent: 10, over: 10, every: month, applies: above}]",
        "caps: [{of: ['*'], amount: 10, every: month}]",
    )
    files = {
        "plans/llm.yaml": capped,
        "usage/a.csv": "date,model,project,credits\n2025-10-05,m,lab,20\n",
    }
    book = write_book(tmp_path, files, ARREARS + ALLOCATE)
    close(book, "2025-10")
    late = "date,model,project,credits\n2025-10-20,m,app,10\n"
    write_book(book, {**files, "usage/b.csv": late}, ARREARS + ALLOCATE)
    close(book, "2025-11")
    told = explained(book, "accrual-llm-2025-10-in-2025-11")
    assert costs(told) == {"credits": Decimal(10), "cap": Decimal(-10)}
    # app has a third of 10.00, of which 60% are cogs; rd the rest, less the 10.00 it had
    assert {line["class"]: line["posted"] for line in told["sum"]} == {
        "cogs": "2.00",
        "rd": "-2.00",
    }


def test_late_usage_of_a_tiered_price_moves_the_share_of_all(tmp_path: Path) -> None:
    """100 at 0.10 are 10.00; 100 more at 0.05 make 15.00, of which each has half."""
    plan = PLAN[: PLAN.index("fees:")] + PLAN[PLAN.index("rates:") :]
    head = "timestamp,model,project,images\n"
    files = {
        "plans/llm.yaml": plan,
        "usage/a.csv": head + "2025-10-05T00:00:00Z,m,lab,100\n",
    }
    book = write_book(tmp_path, files, ARREARS + ALLOCATE)
    close(book, "2025-10")
    write_book(
        book,
        {**files, "usage/b.csv": head + "2025-10-20T00:00:00Z,m,app,100\n"},
        ARREARS + ALLOCATE,
    )
    close(book, "2025-11")
    told = explained(book, "accrual-llm-2025-10-in-2025-11")
    by_project = {}
    for charge in told["charges"]:
        known = by_project.get(charge["project"], Decimal(0))
        by_project[charge["project"]] = known + Decimal(charge["cost"])
    assert by_project == {"app": Decimal("7.5"), "lab": Decimal("-2.5")}


# -- corrections --------------------------------------------------------------------------

WRONG = """\
plan: llm
currency: USD
rates:
  - for: {model: m}
    from: 2025-10-01
    prices: {input_tokens: 2 per 1M}
"""
RIGHT = """\
  - for: {model: m}
    from: 2025-10-01
    corrects: the list of the provider said 3
    on: 2025-11-10
    prices: {input_tokens: 3 per 1M}
"""


def test_a_corrected_price_shows_the_old_and_the_new(tmp_path: Path) -> None:
    """5,000,000 at 2 per 1M were 10.00 and should have been 15.00."""
    files = {
        "plans/llm.yaml": WRONG,
        "usage/a.csv": "date,model,project,input_tokens\n2025-10-05,m,lab,5000000\n",
    }
    book = write_book(tmp_path, files, ARREARS + ALLOCATE)
    close(book, "2025-10")
    write_book(book, {**files, "plans/llm.yaml": WRONG + RIGHT}, ARREARS + ALLOCATE)
    close(book, "2025-11")
    told = explained(book, "accrual-llm-2025-10-in-2025-11")
    prices = {source["charge"]: source["price"] for source in told["sources"]}
    assert {
        prices[charge["charge"]]: (charge["quantity"], Decimal(charge["cost"]))
        for charge in told["charges"]
    } == {"2 per 1M": ("-5000000", Decimal(-10)), "3 per 1M": ("5000000", Decimal(15))}
    row = explained(book, "usage/a.csv:2")
    assert (row["meters"][0]["price"], row["meters"][0]["list_value"]) == ("2 per 1M", "10.000000")
    (correction,) = row["rulings"]
    assert correction["text"] == (
        "input_tokens, known since 2025-11-10: 3 per 1M; the list of the provider said 3"
    )
    assert correction["plan_line"] == 7
    assert [(entry["entry"], entry["why"]) for entry in row["entries"]] == [
        ("accrual-llm-2025-10", "posts it"),
        ("accrual-llm-2025-10-in-2025-11", "books what has changed since"),
    ]


# -- every form of price ------------------------------------------------------------------

#: The source names what is no standard meter.
FORMS_SOURCE = "usage: [{files: usage/*.csv, meters: [calls, minutes, amount, tokens]}]"
FORMS = """\
plan: llm
currency: USD
credits: {unit: credit, worth: 0.01}
meters: {amount: {}, calls: {}, minutes: {}, tokens: {}}
fees: [{name: base, price: 7, every: month}]
caps: [{of: ["calls"], amount: 20, every: month}]
commitment: {amount: 40, every: year, from: 2025-10-01, shortfall: forfeit, overage: 1.2}
round_lines: 2
rates:
  - for: {model: "*"}
    prices:
      calls: {package: 10, price: 5, free: 10}
      minutes: {price: 0.30, convert: 60, round: up, over: request}
      audio_seconds: {price: 0.006 per 60, at_least: 10, step: 1}
      amount: {percent: 2.9, of: amount, fixed: 0.30, at_most: 12, free_events: 1}
      images:
        tiers: volume
        steps: [{up_to: 3, price: 4 credits}, {price: 2 credits}]
      tokens: {tiers: graduated, over: request, steps: [{up_to: 100, price: 0.1}, {price: 0.05}]}
"""
MANY = """\
timestamp,model,project,calls,minutes,audio_seconds,amount,images,tokens
2025-10-03T10:00:00Z,m,lab,25,61,4.2,100,2,150
2025-10-07T10:00:00Z,m,app,31,30,18.2,1000,2,50
2025-10-20T10:00:00Z,m,app,,120,,80,,
2025-11-07T10:00:00Z,m,app,55,30,7,33,5,300
"""
LATE = """\
timestamp,model,project,calls,minutes,audio_seconds,amount,images,tokens
2025-10-15T10:00:00Z,m,lab,7,90,100,900,1,1000
2025-10-31T10:00:00Z,m,app,1,1,1,1,1,1
"""


@pytest.mark.parametrize("post_usage", ["month", "week"])
@pytest.mark.parametrize("book_text", [ARREARS, PREPAID], ids=["arrears", "prepaid"])
def test_every_form_of_price_sums_to_its_postings(
    tmp_path: Path, book_text: str, post_usage: str
) -> None:
    files = {
        "plans/llm.yaml": FORMS,
        "usage/a.csv": MANY,
        "credits.csv": CREDITS + "2025-10-01,llm,purchase,60,one,50,,,2026-10-01,,,,\n",
    }
    if book_text == ARREARS:
        del files["credits.csv"]
    settings = f"post_usage: {post_usage}\n"
    book_text = book_text.replace("usage: usage/*.csv", FORMS_SOURCE)
    book = write_book(tmp_path, files, book_text + ALLOCATE + settings)
    names = {row["entry"] for row in close(book, "2025-10")}
    (book / "usage/late.csv").write_text(LATE)
    names |= {row["entry"] for row in close(book, "2025-11")}
    assert any("-in-2025-11" in name for name in names)
    usage = [name for name in names if name.startswith(("accrual", "consumption", "settlement"))]
    assert usage
    meters = set()
    for name in usage:
        meters |= {charge["meter"] for charge in explained(book, name)["charges"]}
    assert {"base", "calls", "minutes packages", "audio_seconds", "amount", "images"} <= meters
    assert {"tokens", "cap", "overage", "rounding"} <= meters


def test_a_row_is_priced_event_by_event(tmp_path: Path) -> None:
    """100 x 2.9% + 0.30 = 3.20; 1,000 x 2.9% + 0.30 = 29.30, at most 12."""
    files = {
        "plans/llm.yaml": FORMS.replace(", free_events: 1", ""),
        "usage/a.csv": MANY,
    }
    book = write_book(tmp_path, files, ARREARS.replace("usage: usage/*.csv", FORMS_SOURCE))
    values = []
    for line in (2, 3):
        rows = explained(book, f"usage/a.csv:{line}")["meters"]
        values.append(next(Decimal(r["list_value"]) for r in rows if r["meter"] == "amount"))
    assert values == [Decimal("3.2"), Decimal(12)]


@pytest.mark.parametrize("book_text", [ARREARS, PREPAID], ids=["arrears", "prepaid"])
def test_each_customer_has_its_own_counter(tmp_path: Path, book_text: str) -> None:
    """ann: 100 x 0.10 + 50 x 0.05 = 12.50, of which lab has 50 of 150; bob: 40 x 0.10."""
    plan = """\
plan: llm
currency: USD
rates:
  - for: {model: m}
    prices:
      images:
        tiers: graduated
        scope: [customer]
        steps: [{up_to: 100, price: 0.10}, {price: 0.05}]
"""
    files = {
        "plans/llm.yaml": plan,
        "usage/a.csv": "date,model,project,customer,images\n"
        "2025-10-03,m,app,ann,100\n2025-10-04,m,lab,ann,50\n2025-10-05,m,lab,bob,40\n",
        "credits.csv": CREDITS + "2025-10-01,llm,purchase,100,one,100,,,2026-10-01,,,,\n",
    }
    if book_text == ARREARS:
        del files["credits.csv"]
    book = write_book(tmp_path, files, book_text + ALLOCATE)
    close(book, "2025-10")
    kind = "accrual" if book_text == ARREARS else "consumption"
    told = explained(book, f"{kind}-llm-2025-10")
    found: dict[tuple[str, str], Decimal] = {}
    for charge in told["charges"]:
        who = (charge["customer"], charge["project"])
        found[who] = found.get(who, Decimal(0)) + Decimal(charge["list_value"])
    twelfth = Decimal("0.000001")
    assert {who: value.quantize(twelfth) for who, value in found.items()} == {
        ("ann", "app"): Decimal("8.333333"),
        ("ann", "lab"): Decimal("4.166667"),
        ("bob", "lab"): Decimal("4.000000"),
    }
    assert [(line["scope"], line["arithmetic"]) for line in told["tiers"]] == [
        ("customer ann", "100 x 0.1 = 10"),
        ("customer ann", "50 x 0.05 = 2.5"),
        ("customer bob", "40 x 0.1 = 4"),
    ]
