"""`tokenbooks explain`: from a posting down to rows of files, and from a row up to postings.

The book of most tests, October and November 2025, in dollars. A million tokens of `small`
cost 2.00, half of that in a batch; images cost 0.10 each up to 100 a month, then 0.05.

OpenAI is prepaid. Lot A: 30 credits for 27.00 (0.90 each), lot B: 50 for 40.00 (0.80).
    05 Oct  lab    10,000,000 tokens             20.00   lot A, 18.00
    06 Oct  app     1,250,000 tokens              2.50 \
                     100 x 0.10 + 50 x 0.05      12.50 /  15.00: lot A gives 10.00 for 9.00,
                                                          5.00 is covered by no lot: accrued
    20 Oct  app     1,000,000 tokens, late        2.00   lot B, 1.60, booked in November
    03 Nov  lot B settles the 5.00 for 4.00
    10 Nov  lab     2,000,000 tokens in a batch   2.00   lot B, 1.60

Anthropic is invoiced.
    10 Oct  lab     4,000,000 tokens              8.00   accrued; invoice INV-1: 8.50
    10 Nov  lab     1,000,000 tokens              2.00   invoice INV-2 of 01 to 15 Nov: 2.10
    25 Nov  lab     2,000,000 tokens              4.00   accrued
The app's usage is split 60/40 between cogs and rd.
"""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from tests.samples.sample_close import close_sample
from tokenbooks.cli.main import main

TODAY = "2026-01-15"

BOOK = """\
book: Acme
currency: USD
start: 2025-10
contracts:
  openai: {side: buy, party: OpenAI, plan: api, settle: prepaid, usage: usage/openai/*.csv}
  anthropic: {side: buy, party: Anthropic, plan: api, settle: arrears, usage: usage/anthropic.csv}
names:
  project: {lab: Laboratory}
allocate:
  - when: {project: Laboratory}
    class: rd
    cost_center: research
  - when: {project: app}
    split:
      - {share: 60, class: cogs, cost_center: support}
      - {share: 40, class: rd, cost_center: research}
"""
PLAN = """\
plan: api
currency: USD
aliases:
  small: [small-2025-01-01]
rates:
  - for: {model: small}
    prices:
      input_tokens: 2 per 1M
      images:
        tiers: graduated
        steps: [{up_to: 100, price: 0.10}, {price: 0.05}]
modifiers:
  - {name: batch, when: {batch: true}, times: {input_tokens: 0.5}}
"""
CREDITS = """\
date,contract,event,credits,paid,lot
2025-10-01,openai,purchase,30,27,A
2025-11-03,openai,purchase,50,40,B
"""
INVOICES = """\
date,contract,invoice,amount,period_start,period_end
2025-11-04,anthropic,INV-1,8.50,2025-10-01,2025-10-31
2025-11-20,anthropic,INV-2,2.10,2025-11-01,2025-11-15
"""
OCTOBER = """\
date,model,project,batch,input_tokens,images
2025-10-05,small-2025-01-01,lab,,10000000,
2025-10-06,small,app,,1250000,150
"""
NOVEMBER = """\
date,model,project,batch,input_tokens,images
2025-10-20,small,app,,1000000,
2025-11-10,small,lab,true,2000000,
"""
ANTHROPIC = """\
date,model,project,input_tokens
2025-10-10,small,lab,4000000
2025-11-10,small,lab,1000000
2025-11-25,small,lab,2000000
"""


def explained(capsys, *arguments: str) -> dict[str, list[dict]]:
    """The tables of an explanation, by name."""
    capsys.readouterr()
    code = main(["--today", TODAY, "explain", *arguments, "--format", "json"])
    out, err = capsys.readouterr()
    assert code == 0, err
    return {name: table["rows"] for name, table in json.loads(out).items()}


def refused(capsys, *arguments: str) -> str:
    """What is said of something that cannot be explained."""
    capsys.readouterr()
    assert main(["--today", TODAY, "explain", *arguments]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    return err


def close(period: str) -> None:
    assert main(["--today", TODAY, "-q", "close", "-p", period, "--write"]) == 0


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The book with October closed, and November's files laid down afterwards."""
    files = {
        "tokenbooks.yaml": BOOK,
        "plans/api.yaml": PLAN,
        "credits.csv": CREDITS,
        "invoices.csv": INVOICES,
        "usage/openai/2025-10.csv": OCTOBER,
        "usage/anthropic.csv": ANTHROPIC,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    close("2025-10")
    (tmp_path / "usage/openai/2025-11.csv").write_text(NOVEMBER)
    return tmp_path


@pytest.fixture
def closed(book: Path) -> Path:
    """The book with November closed too."""
    close("2025-11")
    return book


# -- down: from a posting to charges, lots and rows -----------------------------------


def test_a_posting_is_the_sum_of_its_charges(book: Path, capsys) -> None:
    told = explained(capsys, "consumption-openai-2025-10", "--class", "rd")
    # of the 30.00 that lot A covers, rd has 20.00 and 40 % of 10.00, at 0.90
    assert told["postings"][0]["debit"] == "21.60"
    assert [line["posted"] for line in told["sum"]] == ["21.60"]
    assert Decimal(told["sum"][0]["from_credits"]) == Decimal("21.6")
    assert Decimal(told["sum"][0]["rounding"]) == 0
    assert sum(Decimal(charge["cost"]) for charge in told["charges"]) == Decimal("21.6")
    costs = {(c["project"], c["meter"]): c["cost"] for c in told["charges"]}
    # the app's day: lot A covers 10.00 of 15.00, two thirds of every charge
    assert Decimal(costs["lab", "input_tokens"]) == Decimal(18)
    assert Decimal(costs["app", "input_tokens"]) == Decimal("0.6")  # 2.50 x 40 % x 2/3 x 0.90
    assert Decimal(costs["app", "images"]) == Decimal(3)  # 12.50 x 40 % x 2/3 x 0.90


def test_a_charge_names_its_price_and_its_first_row(book: Path, capsys) -> None:
    told = explained(capsys, "consumption-openai-2025-10", "--cost-center", "research")
    lab = next(c for c in told["charges"] if c["project"] == "lab")
    source = next(s for s in told["sources"] if s["charge"] == lab["charge"])
    assert (source["price"], source["plan"], source["plan_line"]) == (
        "2 per 1M",
        "plans/api.yaml",
        8,
    )
    assert (source["rows"], source["file"], source["line"]) == (1, "usage/openai/2025-10.csv", 2)
    assert told["files"] == [
        {
            "file": "usage/openai/2025-10.csv",
            "rows": 2,
            "rows_read": 2,
            "first_lines": "2 3",
            "format": "plain-wide",
        }
    ]


def test_a_tiered_price_shows_the_arithmetic_of_its_steps(book: Path, capsys) -> None:
    told = explained(capsys, "consumption-openai-2025-10")
    assert [line["arithmetic"] for line in told["tiers"]] == [
        "100 x 0.1 = 10",
        "50 x 0.05 = 2.5",
    ]
    assert {line["counted_over"] for line in told["tiers"]} == {"2025-10"}
    assert {line["plan_line"] for line in told["tiers"]} == {10}


def test_the_lots_drawn_are_named_with_their_rows(book: Path, capsys) -> None:
    told = explained(capsys, "consumption-openai-2025-10")
    (lot,) = told["lots"]
    assert (lot["lot"], lot["list_value"], lot["posted"]) == ("A", "30.000000", "27.00")
    assert (lot["file"], lot["line"]) == ("credits.csv", 2)


def test_the_accrual_of_prepaid_usage_is_what_no_lot_covers(book: Path, capsys) -> None:
    told = explained(capsys, "accrual-openai-2025-10")
    assert [line["posted"] for line in told["sum"]] == ["3.00", "2.00"]  # 60 and 40 % of 5.00
    assert sum(Decimal(charge["cost"]) for charge in told["charges"]) == Decimal(5)
    assert {charge["project"] for charge in told["charges"]} == {"app"}
    assert sum(Decimal(charge["list_value"]) for charge in told["charges"]) == Decimal(15)


def test_a_settlement_shows_late_and_settled_usage(closed: Path, capsys) -> None:
    told = explained(capsys, "settlement-openai-2025-10-in-2025-11")
    # lot B covers the 5.00 of October and the 2.00 that came late: 7.00 at 0.80
    (lot,) = told["lots"]
    assert (lot["lot"], Decimal(lot["list_value"]), lot["posted"]) == ("B", Decimal(7), "5.60")
    by_class = {line["class"]: line for line in told["sum"]}
    assert Decimal(by_class["cogs"]["from_credits"]) == Decimal("3.36")
    assert Decimal(by_class["cogs"]["accrued"]) == Decimal(-3)
    assert by_class["cogs"]["posted"] == "0.36"
    assert by_class["rd"]["posted"] == "0.24"
    costs = {"credits": Decimal(0), "accrual": Decimal(0)}
    for charge in told["charges"]:
        costs[charge["from"]] += Decimal(charge["cost"])
    assert costs == {"credits": Decimal("5.6"), "accrual": Decimal(-5)}
    assert "usage/openai/2025-11.csv" in {file["file"] for file in told["files"]}


def test_an_invoice_relieves_the_accrual_of_its_service_period(closed: Path, capsys) -> None:
    told = explained(capsys, "invoice-anthropic-INV-1")
    assert told["reliefs"] == [
        {
            "service_period": "2025-10",
            "rated": "8.000000",
            "relieved": "8.00",
            "invoiced": "8.50",
            "true_up": "0.50",
            "accrued_by": "accrual-anthropic-2025-10",
        }
    ]
    assert (told["documents"][0]["file"], told["documents"][0]["line"]) == ("invoices.csv", 2)


def test_an_invoice_of_what_was_not_accrued_shows_the_usage(closed: Path, capsys) -> None:
    told = explained(capsys, "invoice-anthropic-INV-2")
    assert told["reliefs"][0]["true_up"] == "2.10"
    # the invoice goes where all usage of November goes: to rd alone
    assert [(line["class"], line["posted"]) for line in told["sum"]] == [("rd", "2.10")]
    assert sum(Decimal(charge["cost"]) for charge in told["charges"]) == Decimal("2.1")
    accrual = explained(capsys, "accrual-anthropic-2025-11")
    assert [line["posted"] for line in accrual["sum"]] == ["4.00"]
    assert sum(Decimal(charge["cost"]) for charge in accrual["charges"]) == Decimal(4)


def test_a_purchase_shows_its_row_and_how_its_lot_rolls_forward(closed: Path, capsys) -> None:
    told = explained(capsys, "purchase-openai-B")
    assert told["documents"][0]["line"] == 3
    quantity, cost = told["rollforward"]
    # 50 bought for 40.00; used: 5.00 settled, 2.00 late, 2.00 of November
    assert (quantity["acquired"], quantity["used"], quantity["closing"]) == ("50", "9", "41")
    assert (cost["acquired"], cost["used"], cost["closing"]) == ("40", "7.2", "32.8")
    assert {entry["entry"] for entry in told["entries"]} == {
        "settlement-openai-2025-10-in-2025-11",
        "consumption-openai-2025-11",
    }


def test_the_open_period_is_explained_before_it_is_written(book: Path, capsys) -> None:
    told = explained(capsys, "consumption-openai-2025-11")
    assert {"what": "journal", "value": "2025-11 is not written yet"} in told["entry"]
    assert [line["posted"] for line in told["sum"]] == ["1.60"]


def test_largest_charges_first_and_the_rest_in_one_line(book: Path, capsys) -> None:
    told = explained(capsys, "consumption-openai-2025-10", "--limit", "1")
    first, rest = told["charges"]
    assert (first["project"], Decimal(first["cost"])) == ("lab", Decimal(18))
    assert (rest["meter"], Decimal(rest["cost"])) == ("(4 more)", Decimal(9))


def test_a_posting_of_the_journal_is_explained_by_its_line(closed: Path, capsys) -> None:
    path = closed / "close/2025-11/journal.ledger"
    lines = path.read_text().splitlines()
    entry = lines.index("    ; entry: settlement-openai-2025-10-in-2025-11")
    posting = next(n for n, text in enumerate(lines) if n > entry and "Cost-Of-Revenue" in text)
    told = explained(capsys, f"close/2025-11/journal.ledger:{posting + 1}")
    assert [p["account"] for p in told["postings"]] == ["Expenses:AI:Cost-Of-Revenue"]
    assert told["postings"][0]["debit"] == "0.36"


def test_asserted_balances_are_explained_by_what_moved_them(closed: Path, capsys) -> None:
    told = explained(capsys, "assertions-2025-11")
    assert [tuple(row.values()) for row in told["balances"]] == [
        ("Assets:Prepaid:OpenAI", "0.00", "32.80", "32.80"),  # lot B 40.00 - 5.60 - 1.60
        ("Liabilities:Accrued:Anthropic", "-8.00", "4.00", "-4.00"),  # INV-1 8.00, accrued 4.00
        ("Liabilities:Accrued:OpenAI", "-5.00", "5.00", "0.00"),  # settled by lot B
    ]
    assert [(row["entry"], row["amount"]) for row in told["postings"][:3]] == [
        ("purchase-openai-B", "40.00"),
        ("settlement-openai-2025-10-in-2025-11", "-5.60"),
        ("consumption-openai-2025-11", "-1.60"),
    ]
    journal = (closed / "close/2025-11/journal.ledger").read_text().splitlines()
    line = journal.index("    ; entry: assertions-2025-11")
    assert {"what": "journal", "value": f"close/2025-11/journal.ledger:{line}"} in told["entry"]
    assert explained(capsys, f"close/2025-11/journal.ledger:{line + 2}") == told


def test_balances_of_the_open_period_and_of_no_period(book: Path, capsys) -> None:
    told = explained(capsys, "assertions-2025-11")
    assert {"what": "journal", "value": "2025-11 is not written yet"} in told["entry"]
    said = refused(capsys, "assertions-2026-03")
    assert "error[entry-unknown]: there is no entry 'assertions-2026-03'" in said
    assert "the nearest: assertions-2025-1" in said
    assert "error[entry-unknown]" in refused(capsys, "assertions-2025-10-07")


def test_beancount_journals_are_found_too(tmp_path: Path, capsys, monkeypatch) -> None:
    folder = tmp_path / "other"
    (folder / "plans").mkdir(parents=True)
    (folder / "usage/openai").mkdir(parents=True)
    (folder / "tokenbooks.yaml").write_text(f"{BOOK}journal: beancount\n")
    (folder / "plans/api.yaml").write_text(PLAN)
    (folder / "credits.csv").write_text(CREDITS)
    (folder / "usage/openai/2025-10.csv").write_text(OCTOBER)
    (folder / "usage/anthropic.csv").write_text(ANTHROPIC)
    monkeypatch.chdir(folder)
    close("2025-10")
    told = explained(capsys, "consumption-openai-2025-10", "--lot", "A")
    place = next(row["value"] for row in told["entry"] if row["what"] == "journal")
    file, line = place.split(":")
    text = (folder / file).read_text().splitlines()[int(line) - 1]
    assert text == '2025-10-31 * "OpenAI" "Usage paid from credits"'
    assert [line["posted"] for line in told["lots"]] == ["27.00"]
    # here balances have no entry of their own, but are known by the same name
    balances = explained(capsys, "assertions-2025-10")["balances"]
    assert [row["balance"] for row in balances] == ["0.00", "-8.00", "-5.00"]


# -- up: from a row to the entries ----------------------------------------------------


def test_a_row_leads_to_its_price_its_rule_its_lot_and_its_entry(book: Path, capsys) -> None:
    told = explained(capsys, "usage/openai/2025-10.csv:2")
    assert {"what": "verdict", "value": "used"} in told["row"]
    assert {"dimension": "project", "value": "lab", "name": "Laboratory"} in told["dimensions"]
    (meter,) = told["meters"]
    assert (meter["price"], meter["list_value"], meter["plan_line"]) == (
        "2 per 1M",
        "20.000000",
        8,
    )
    assert told["rulings"][0]["text"] == "small-2025-01-01 is small"
    assert told["allocation"][0]["account"] == "Expenses:AI:Research"
    assert [(lot["lot"], Decimal(lot["cost"])) for lot in told["lots"]] == [("A", Decimal(18))]
    assert [entry["entry"] for entry in told["entries"]] == ["consumption-openai-2025-10"]


def test_a_day_that_a_lot_covers_in_part_has_two_entries(book: Path, capsys) -> None:
    told = explained(capsys, "usage/openai/2025-10.csv:3")
    values = {meter["meter"]: Decimal(meter["list_value"]) for meter in told["meters"]}
    assert values == {"input_tokens": Decimal("2.5"), "images": Decimal("12.5")}
    assert [share["share"] for share in told["allocation"]] == ["60%", "40%"]
    assert [(lot["lot"], lot["list_value"]) for lot in told["lots"]] == [
        ("A", "10.000000"),
        ("(no lot)", "5.000000"),
    ]
    assert {entry["entry"] for entry in told["entries"]} == {
        "consumption-openai-2025-10",
        "accrual-openai-2025-10",
    }


def test_a_modifier_stands_in_the_arithmetic_of_a_row(book: Path, capsys) -> None:
    (meter,) = explained(capsys, "usage/openai/2025-11.csv:3")["meters"]
    assert (meter["modifiers"], meter["list_value"]) == ("batch x 0.5", "2.000000")


def test_a_late_row_leads_to_the_entry_of_the_period_that_books_it(closed: Path, capsys) -> None:
    told = explained(capsys, "usage/openai/2025-11.csv:2")
    assert [(e["entry"], e["period"]) for e in told["entries"]] == [
        ("settlement-openai-2025-10-in-2025-11", "2025-11")
    ]


def test_a_row_in_arrears_leads_to_its_accrual_and_its_invoice(closed: Path, capsys) -> None:
    told = explained(capsys, "usage/anthropic.csv:2")
    assert [(e["entry"], e["why"]) for e in told["entries"]] == [
        ("accrual-anthropic-2025-10", "posts it"),
        ("invoice-anthropic-INV-1", "invoices the period"),
    ]


def test_a_row_of_a_period_after_the_open_one_is_explained(book: Path, capsys) -> None:
    (book / "usage/openai/2025-12.csv").write_text(
        "date,model,project,input_tokens\n2025-12-01,small,lab,500000\n"
    )
    told = explained(capsys, "usage/openai/2025-12.csv:2")
    assert told["meters"][0]["list_value"] == "1.000000"
    assert [entry["entry"] for entry in told["entries"]] == ["consumption-openai-2025-12"]


def test_a_row_that_is_rejected_says_why(book: Path, capsys) -> None:
    (book / "usage/openai/2025-11.csv").write_text(NOVEMBER.replace("2000000", "-1"))
    told = explained(capsys, "usage/openai/2025-11.csv:3")
    assert told["row"][-1] == {
        "what": "verdict",
        "value": "rejected, -1 in input_tokens is negative",
    }


def test_a_row_whose_id_was_there_before_does_not_count(book: Path, capsys) -> None:
    (book / "usage/openai/2025-11.csv").write_text(
        "id,date,model,project,input_tokens\n"
        "a,2025-11-10,small,lab,1000\n"
        "b,2025-11-10,small,lab,1000\n"
        "a,2025-11-10,small,lab,1000\n"
    )
    verdicts = [
        explained(capsys, f"usage/openai/2025-11.csv:{line}")["row"][-1]["value"]
        for line in (2, 3, 4)
    ]
    assert verdicts == [
        "used",
        "used",
        "replaced, usage/openai/2025-11.csv:2 has the same id and counts",
    ]


def test_a_row_of_a_bucket_downloaded_again_names_the_later_download(book: Path, capsys) -> None:
    (book / "usage/openai/2025-11.csv").unlink()
    head = "start_time,end_time,project_id,num_model_requests,model"
    head += ",input_tokens,output_tokens,input_cached_tokens\n"
    day = "{start},{end},lab,1,small,1000000,0,0\n"
    first = day.format(start=1762732800, end=1762819200)  # November 10
    second = day.format(start=1762819200, end=1762905600)
    plan = PLAN.replace(
        "2 per 1M", "2 per 1M\n      output_tokens: 0\n      cached_input_tokens: 0"
    )
    (book / "plans/api.yaml").write_text(plan)
    (book / "usage/openai/a.csv").write_text(head + first)
    (book / "usage/openai/b.csv").write_text(head + first + second)
    told = explained(capsys, "usage/openai/a.csv:2")
    assert told["row"][-1]["value"] == (
        "replaced, usage/openai/b.csv has the same bucket and is later"
    )
    assert explained(capsys, "usage/openai/b.csv:2")["row"][-1]["value"] == "used"


def test_rows_of_credits_and_invoices_lead_to_their_entries(closed: Path, capsys) -> None:
    cases = {
        "credits.csv:2": "purchase-openai-A",
        "invoices.csv:3": "invoice-anthropic-INV-2",
    }
    for place, entry in cases.items():
        told = explained(capsys, place)
        assert {"what": "entry", "value": entry} in told["entry"]


def test_a_free_grant_has_no_entry_but_a_roll_forward(closed: Path, capsys) -> None:
    (closed / "credits.csv").write_text(f"{CREDITS}2025-12-01,openai,grant,5,,G\n")
    told = explained(capsys, "credits.csv:4")
    assert "entry" not in told
    assert told["rollforward"][0]["acquired"] == "5"


def test_a_line_of_a_plan_shows_the_usage_that_it_prices(book: Path, capsys) -> None:
    told = explained(capsys, "plans/api.yaml:8")
    # openai 20.00 + 2.50 + 2.00 in October, 2.00 in a batch; anthropic 8.00, then 6.00
    values = [(row["contract"], row["service_period"]) for row in told["priced"]]
    assert values == [
        ("anthropic", "2025-10"),
        ("anthropic", "2025-11"),
        ("openai", "2025-10"),
        ("openai", "2025-10"),
        ("openai", "2025-11"),
    ]
    assert sum(Decimal(row["list_value"]) for row in told["priced"]) == Decimal("40.5")


def test_a_path_may_be_relative_to_the_book(book: Path, capsys, monkeypatch, tmp_path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    arguments = ["usage/anthropic.csv:2", "--book", os.path.relpath(book, elsewhere)]
    told = explained(capsys, *arguments)
    assert told["meters"][0]["list_value"] == "8.000000"


# -- what cannot be explained ---------------------------------------------------------


def test_an_unknown_entry_names_the_nearest(book: Path, capsys) -> None:
    said = refused(capsys, "consumption-openai-2025-13")
    assert "error[entry-unknown]" in said
    assert "help: the nearest: consumption-openai-2025-11, consumption-openai-2025-10" in said


def test_a_posting_that_the_entry_does_not_have(book: Path, capsys) -> None:
    said = refused(capsys, "consumption-openai-2025-10", "--class", "opex")
    assert (
        "error[posting-unknown]: consumption-openai-2025-10 has no posting with class opex" in said
    )
    assert "Expenses:AI:Research class rd cost-center research" in said


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("usage/anthropic.csv:1", "line 1 is the header"),
        ("usage/anthropic.csv:9", "there is no line 9: the file has 4"),
        ("usage/antropic.csv:2", "did you mean 'usage/anthropic.csv'?"),
        ("credits.csv:1", "nothing in the book comes from line 1"),
        ("plans/api.yaml:1", "nothing in the book comes from line 1"),
    ],
)
def test_a_line_without_data(book: Path, capsys, place: str, message: str) -> None:
    said = refused(capsys, place)
    assert "error[line-unknown]" in said
    assert message in said


def test_figures_that_have_moved_since_the_close_are_not_explained(book: Path, capsys) -> None:
    (book / "plans/api.yaml").write_text(PLAN.replace("2 per 1M", "3 per 1M"))
    assert "error[explanation-differs]" in refused(capsys, "consumption-openai-2025-10")


# -- whole books --------------------------------------------------------------------


def test_weekly_entries_and_prices_that_count_by_the_day_sum_too(book: Path, capsys) -> None:
    """Every image of a day at the band that the day has reached; the posting is by week."""
    for path in (book / "close/2025-10").rglob("*.*"):
        path.unlink()
    for folder in ("close/2025-10/state", "close/2025-10"):
        (book / folder).rmdir()
    (book / "usage/openai/2025-11.csv").unlink()
    (book / "tokenbooks.yaml").write_text(f"{BOOK}post_usage: week\n")
    tiers = "tiers: volume\n        over: day"
    (book / "plans/api.yaml").write_text(PLAN.replace("tiers: graduated", tiers))
    (book / "usage/anthropic.csv").write_text(
        "date,model,project,images\n"
        "2025-10-02,small,app,150\n"  # 150 x 0.05 = 7.50
        "2025-10-03,small,lab,90\n"  # 100 x 0.10: lab 9.00, app 1.00
        "2025-10-03,small,app,10\n"
        "2025-10-14,small,lab,7\n"  # 7 x 0.10, another week
    )
    close("2025-10")
    told = explained(capsys, "accrual-anthropic-2025-10-05")
    assert {line["class"]: line["posted"] for line in told["sum"]} == {
        "cogs": "5.10",  # 60 % of 8.50
        "rd": "12.40",  # 40 % of 8.50, and 9.00
    }
    assert sum(Decimal(charge["cost"]) for charge in told["charges"]) == Decimal("17.5")
    assert {line["arithmetic"] for line in told["tiers"]} == {
        "150 x 0.05 = 7.5",
        "100 x 0.1 = 10",
    }
    assert [file["first_lines"] for file in told["files"]] == ["2 3 4"]
    (row,) = explained(capsys, "usage/anthropic.csv:5")["meters"]
    assert row["list_value"] == "0.700000"


def test_every_entry_of_the_sample_sums_to_its_postings(
    tmp_path: Path, capsys, monkeypatch
) -> None:
    folder = close_sample(tmp_path, ["2025-10", "2025-11", "2025-12"]).parent
    monkeypatch.chdir(folder)
    names = [
        line.split(": ")[1]
        for path in sorted(folder.glob("close/*/journal.ledger"))
        for line in path.read_text().splitlines()
        if line.startswith("    ; entry: ") and "assertions-" not in line
    ]
    assert len(names) > 15
    for name in names:
        told = explained(capsys, name, "--limit", "0")
        debits = sum(Decimal(posting["debit"]) for posting in told["postings"])
        assert debits == sum(Decimal(posting["credit"]) for posting in told["postings"])
        if "sum" not in told:
            assert told["documents"], name
            continue
        places = Decimal("0.000001")
        exact = sum(
            Decimal(line.get("from_credits") or 0) + Decimal(line.get("accrued") or 0)
            for line in told["sum"]
        )
        costs = sum(Decimal(charge["cost"]) for charge in told["charges"])
        assert abs(costs - exact) < places, name
        posted = sum(Decimal(line["posted"]) for line in told["sum"])
        # tax that comes back is no part of what usage costs
        tax = sum(Decimal(p["debit"]) for p in told["postings"] if "VAT" in p["account"])
        assert posted == debits - tax, name
        assert abs(posted - exact) < Decimal("0.02"), name
        assert all(source["rows"] for source in told["sources"]), name


def test_a_narrow_terminal_cuts_nothing(tmp_path: Path, capsys, monkeypatch) -> None:
    folder = close_sample(tmp_path, ["2025-10"]).parent
    monkeypatch.chdir(folder)
    monkeypatch.setattr("tokenbooks.reports.rendering.terminal_width", lambda: 80)
    for what in (
        "consumption-openai-2025-10",
        "usage/openai/completions_usage_2025-10-01_2025-10-31.csv:2",
    ):
        capsys.readouterr()
        assert main(["explain", what]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= 80
        assert not [line for line in lines if "…" in line]


def test_what_is_wrong_with_no_file_in_particular_is_told_of_the_book(book: Path, capsys) -> None:
    for asked in (["consumption-none"], ["consumption-openai-2025-10", "--account", "Assets:X"]):
        assert refused(capsys, *asked).startswith("tokenbooks.yaml: error[")
        # the folder named as it is typed, here and in front of the file
        assert refused(capsys, *asked, "--book", ".").startswith("tokenbooks.yaml: error[")
