"""``credits trace``: a lot to all that it paid for, and usage to the lots that covered it."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.books import PREPAID, Ran, close, tokenbooks, usage, write_book
from tests.cli.test_credits import EACH, HEADER, PLAN

RULES = """\
allocate:
  - {when: {project: lab}, class: rd, cost_center: research}
  - {when: {project: "*"}, class: opex}
"""


def book(folder: Path, rows: str, *used: str, terms: str = "", yaml: str = PREPAID) -> Path:
    files = {
        "credits.csv": HEADER + rows,
        "usage/a.csv": usage(*used),
        "plans/llm.yaml": PLAN + terms,
    }
    return write_book(folder, files, yaml + RULES)


def trace(folder: Path, what: str, day: str = "2025-12-31") -> Ran:
    return tokenbooks(folder, "credits", "trace", what, "--as-of", day, "--format", "json")


def rows(ran: Ran, table: str) -> list[dict[str, str]]:
    assert ran.code == 0, ran.err
    found: list[dict[str, str]] = json.loads(ran.out)[table]["rows"]
    return found


def life(folder: Path, lot: str, day: str = "2025-12-31") -> list[tuple[str, ...]]:
    """What became of a lot: day, event, list value, balance, cost."""
    keys = ("date", "what", "credits", "left", "cost")
    found = rows(trace(folder, lot, day), "life")
    return [tuple(str(Decimal(r[k])) if k in keys[2:] else r[k] for k in keys) for r in found]


# -- a lot ------------------------------------------------------------------------------

ONE = "2025-10-01,llm,purchase,100,,one,90,2025-11-30,,,\n"


def test_a_lot_tells_every_draw_with_whose_it_was(tmp_path: Path) -> None:
    folder = book(tmp_path, ONE, "2025-10-05,30,lab", "2025-10-05,10,shop", "2025-11-07,5,shop")
    found = rows(trace(folder, "one"), "life")
    draws = [(r["date"], r["class"], r["cost_center"], r["credits"]) for r in found[1:-1]]
    assert draws == [
        ("2025-10-05", "opex", None, "-10.0000"),
        ("2025-10-05", "rd", "research", "-30.0000"),
        ("2025-11-07", "opex", None, "-5.0000"),
    ]
    # a credit costs 0.90; 55 of them are lost
    assert life(folder, "one") == [
        ("2025-10-01", "purchase", "100.0000", "100.0000", "90.0000"),
        ("2025-10-05", "use", "-10.0000", "90.0000", "-9.0000"),
        ("2025-10-05", "use", "-30.0000", "60.0000", "-27.0000"),
        ("2025-11-07", "use", "-5.0000", "55.0000", "-4.5000"),
        ("2025-11-30", "expired", "-55.0000", "0.0000", "-49.5000"),
    ]


def test_later_facts_do_not_count(tmp_path: Path) -> None:
    folder = book(tmp_path, ONE, "2025-10-05,30,lab", "2025-11-07,5,shop")
    assert [event for _, event, *_ in life(folder, "one", "2025-11-06")] == ["purchase", "use"]


def test_the_row_that_brought_a_lot_is_named(tmp_path: Path) -> None:
    folder = book(tmp_path, ONE, "2025-10-05,30,lab")
    told = {row["what"]: row["value"] for row in rows(trace(folder, "one"), "lot")}
    assert told["row"].endswith("credits.csv:2")
    assert (told["cost of 1"], told["last day"]) == ("0.9", "2025-11-30")
    # and its place is another name of the lot
    by_place = trace(folder, f"{folder}/credits.csv:2")
    assert by_place.out == trace(folder, "one").out


def test_what_was_taken_away_moved_and_extended_is_told(tmp_path: Path) -> None:
    more = (
        "2025-10-10,llm,refund,20,,one,10,,,,\n"
        "2025-10-12,llm,adjust,-5,,one,,,,,counted twice\n"
        "2025-11-02,llm,extend,,,one,,2025-12-20,,,\n"
        "2025-11-03,llm,transfer,10,,one,,,,entity:Sister,\n"
    )
    folder = book(tmp_path, ONE + more, "2025-10-05,30,lab")
    assert [(event, left) for _, event, _, left, _ in life(folder, "one")] == [
        ("purchase", "100.0000"),
        ("use", "70.0000"),
        ("refund", "50.0000"),
        ("adjust", "45.0000"),
        ("extend", "45.0000"),
        ("transfer", "35.0000"),
        ("expired", "0.0000"),
    ]
    about = {r["what"]: r["about"] for r in rows(trace(folder, "one"), "life")}
    assert (about["extend"], about["transfer"]) == ("to 2025-12-20", "to Sister")


def test_what_rolls_over_is_found_from_both_lots(tmp_path: Path) -> None:
    terms = "credits: {rollover: {share: 50, expires: 1 month}}\n"
    folder = book(tmp_path, ONE, "2025-10-05,30,lab", terms=terms)
    # 70 are left on the last day: 35 live on, at their cost, and 35 expire
    old, new = life(folder, "one"), life(folder, "one-rollover-2025-12-01", "2025-12-15")
    assert old[-2:] == [
        ("2025-11-30", "rollover", "-35.0000", "35.0000", "-31.5000"),
        ("2025-11-30", "expired", "-35.0000", "0.0000", "-31.5000"),
    ]
    assert new == [("2025-11-30", "rollover", "35.0000", "35.0000", "31.5000")]


def test_what_is_pooled_has_the_day_of_its_entry(tmp_path: Path) -> None:
    # 60 of 100 are left, at 54.00, when 50 more are bought for 50.00
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,100,,one,90,,,,\n2025-10-20,llm,purchase,50,,two,50,,,,\n",
        "2025-10-05,40,lab",
        yaml=PREPAID + "policies: {lot_order: average}\n",
    )
    assert life(folder, "one")[-1] == ("2025-10-20", "pooled", "-60.0000", "0.0000", "-54.0000")
    assert life(folder, "two") == [
        ("2025-10-20", "purchase, added", "50.0000", "50.0000", "50.0000"),
        ("2025-10-20", "pooled", "60.0000", "110.0000", "54.0000"),
    ]
    posted = close(folder, "2025-10")
    assert {row["date"] for row in posted if "pooled" in row["narration"]} == {"2025-10-20"}


def test_usage_that_a_lot_settled_later_keeps_its_day(tmp_path: Path) -> None:
    folder = book(tmp_path, "2025-10-10,llm,purchase,100,,one,90,,,,\n", "2025-10-05,30,lab")
    _, use = rows(trace(folder, "one"), "life")
    assert (use["date"], use["used_on"]) == ("2025-10-10", "2025-10-05")


def test_an_opening_lot_tells_what_was_used_before(tmp_path: Path) -> None:
    header = HEADER.replace("paid,", "paid,used,starts,")
    rows_ = "2025-10-01,llm,opening,100,,old,80,40,2025-03-01,,,,\n"
    folder = write_book(
        tmp_path,
        {
            "credits.csv": header + rows_,
            "usage/a.csv": usage("2025-10-05,10"),
            "plans/llm.yaml": PLAN,
        },
        PREPAID,
    )
    assert life(folder, "old") == [
        ("2025-10-01", "opening", "100.0000", "100.0000", "80.0000"),
        ("2025-10-01", "used before the book", "-40.0000", "60.0000", "-32.0000"),
        ("2025-10-05", "use", "-10.0000", "50.0000", "-8.0000"),
    ]


def test_rounding_is_the_last_line_so_that_the_cost_is_that_of_the_books(tmp_path: Path) -> None:
    # 1.00 for 3: a credit costs 0.3333..., of which the books have 0.33 expensed
    folder = book(tmp_path, "2025-10-01,llm,purchase,3,,one,1,,,,\n", "2025-10-05,1,lab")
    found = rows(trace(folder, "one"), "life")
    assert found[-1]["what"] == "rounding"
    assert Decimal(found[-1]["cost_left"]) == Decimal("0.67")


def test_a_lot_of_a_pool_tells_whose_usage_it_paid(tmp_path: Path) -> None:
    header = HEADER.replace("memo", "pool,memo")
    files = {
        "credits.csv": header + "2025-10-01,llm,purchase,100,lab,one,90,,,,all,\n",
        "customers.csv": "project,pool\nlab,all\nshop,all\n",
        "usage/a.csv": usage("2025-10-05,30,lab", "2025-10-06,10,shop"),
        "plans/llm.yaml": PLAN,
    }
    yaml = EACH.replace("each: project", "each: project\n    parties: customers.csv")
    folder = write_book(tmp_path, files, yaml)
    found = rows(trace(folder, "one"), "life")
    assert [(r["party"], r["left"]) for r in found] == [
        (None, "100.0000"),
        ("lab", "70.0000"),
        ("shop", "60.0000"),
    ]


@pytest.mark.parametrize(
    ("what", "day", "told"),
    [
        ("onne", "2025-12-31", "the nearest: one"),
        ("one", "2025-09-30", "it comes on 2025-10-01"),
        ("x", "2025-12-31", "`tokenbooks credits --by lot` lists the lots"),
    ],
)
def test_a_lot_that_is_not_there_is_told_with_the_nearest(
    tmp_path: Path, what: str, day: str, told: str
) -> None:
    ran = trace(book(tmp_path, ONE, "2025-10-05,30,lab"), what, day)
    assert ran.code == 1
    assert "error[lot-unknown]" in ran.err
    assert told in ran.err


# -- usage ------------------------------------------------------------------------------

#: 40 at 0.50, then 30 at 1.00.
TWO = """\
2025-10-01,llm,purchase,40,,first,20,2025-12-31,,,
2025-10-02,llm,purchase,30,,second,30,,,,
"""


def covered(ran: Ran) -> list[tuple[str, Decimal, Decimal]]:
    """The lots that cover some usage: list value and cost."""
    found = rows(ran, "covered")
    return [(r["lot"], Decimal(r["list_value"]), Decimal(r["cost"])) for r in found]


def test_a_row_is_covered_as_its_step_is(tmp_path: Path) -> None:
    # of the 80 of the day 40 come from the first lot, 30 from the second, 10 from none: a
    # row of 20 has a half, three eighths and an eighth
    folder = book(tmp_path, TWO, "2025-10-05,20,lab", "2025-10-05,60,shop")
    assert covered(trace(folder, f"{folder}/usage/a.csv:2")) == [
        ("first", Decimal(10), Decimal(5)),
        ("second", Decimal("7.5"), Decimal("7.5")),
        ("(no lot)", Decimal("2.5"), Decimal("2.5")),
    ]


def test_credits_of_a_scope_cover_their_own_usage_only(tmp_path: Path) -> None:
    header = HEADER.replace("memo", "scope,memo")
    files = {
        "credits.csv": header
        + "2025-10-01,llm,purchase,40,,lab-only,20,,,,project: lab,\n"
        + "2025-10-01,llm,purchase,100,,zz-any,100,,,,,\n",
        "usage/a.csv": usage("2025-10-05,20,lab", "2025-10-05,60,shop"),
        "plans/llm.yaml": PLAN,
    }
    folder = write_book(tmp_path, files, PREPAID + RULES)
    assert covered(trace(folder, f"{folder}/usage/a.csv:2")) == [
        ("lab-only", Decimal(20), Decimal(10))
    ]
    assert covered(trace(folder, f"{folder}/usage/a.csv:3")) == [
        ("zz-any", Decimal(60), Decimal(60))
    ]


TIERED = """\
plan: llm
currency: USD
rates:
  - for: {model: "*"}
    prices: {credits: {tiers: graduated, steps: [{up_to: 20, price: 2}, {price: 1}]}}
discounts: [{percent: 10}]
fees: [{name: base, price: 31, every: month}]
"""


@pytest.mark.parametrize("plan", [PLAN, TIERED])
def test_the_lots_of_a_charge_come_to_its_cost(tmp_path: Path, plan: str) -> None:
    folder = book(tmp_path, TWO, "2025-10-05,20,lab", "2025-10-20,35,shop", "2025-10-21,35,lab")
    write_book(folder, {"plans/llm.yaml": plan}, PREPAID + RULES)
    ran = tokenbooks(folder, "close", "-p", "2025-10", "--write")
    assert ran.code == 0, ran.err
    path = folder / "close/2025-10/charges.csv"
    charges = list(csv.DictReader(path.open()))
    assert len(charges) >= 2
    for number, charge in enumerate(charges):
        found = covered(trace(folder, f"{path}:{number + 2}", "2025-10-31"))
        cents = Decimal("1e-9")
        value, cost = sum(v for _, v, _ in found), sum(c for _, _, c in found)
        assert abs(value - Decimal(charge["list_value"])) < cents, charge
        assert abs(cost - Decimal(charge["cost"])) < cents, (charge, found)
        if charge["rate"] == "fee":
            assert [lot for lot, _, _ in found] == ["(no lot)"]


def test_what_a_lot_has_settled_since_the_close_is_told(tmp_path: Path) -> None:
    more = "2025-11-02,llm,purchase,50,,third,25,,,,\n"
    folder = book(tmp_path, TWO + more, "2025-10-05,80,lab")
    assert tokenbooks(folder, "close", "-p", "2025-10", "--write").code == 0
    place = f"{folder}/close/2025-10/charges.csv:2"
    # at the end of October 10 are accrued; the third lot pays them, for 5.00
    assert covered(trace(folder, place, "2025-10-31"))[-1] == ("(no lot)", Decimal(10), Decimal(10))
    ran = trace(folder, place, "2025-11-30")
    assert covered(ran)[-1] == ("third", Decimal(10), Decimal(5))
    assert "The close had a cost of 60" in json.loads(ran.out)["covered"]["notes"][0]


def test_usage_of_an_arrears_contract_is_covered_by_no_lot(tmp_path: Path) -> None:
    folder = book(tmp_path, "", "2025-10-05,80,lab", yaml=PREPAID.replace("prepaid", "arrears"))
    assert covered(trace(folder, f"{folder}/usage/a.csv:2")) == [
        ("(no lot)", Decimal(80), Decimal(80))
    ]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("usage/a.csv:1", "line 1 is the header"),
        ("usage/a.csv:99", "there is no line 99"),
        ("usage/b.csv:2", "there is no file"),
        ("close/2025-10/charges.csv:1", "is no usage, no charge of a close"),
        ("close/2025-10/lots.csv:2", "is no usage, no charge of a close"),
    ],
)
def test_a_place_without_usage_is_told(tmp_path: Path, place: str, told: str) -> None:
    folder = book(tmp_path, TWO, "2025-10-05,20,lab")
    assert tokenbooks(folder, "close", "-p", "2025-10", "--write").code == 0
    ran = trace(folder, f"{folder}/{place}")
    assert ran.code == 1
    assert "error[line-unknown]" in ran.err
    assert told in ran.err


def test_usage_after_the_day_is_not_traced(tmp_path: Path) -> None:
    folder = book(tmp_path, TWO, "2025-10-05,20,lab")
    ran = trace(folder, f"{folder}/usage/a.csv:2", "2025-10-04")
    assert "covered" not in json.loads(ran.out)


# -- options ----------------------------------------------------------------------------


def test_options_may_stand_before_trace(tmp_path: Path) -> None:
    """``--redact`` most of all: it must never be passed over."""
    folder = book(tmp_path, ONE, "2025-10-05,30,lab")
    before = tokenbooks(
        folder, "credits", "--as-of", "2025-11-06", "--format", "json", "trace", "one"
    )
    assert before.code == 0
    assert before.out == trace(folder, "one", "2025-11-06").out
    hidden = tokenbooks(folder, "credits", "--redact", "trace", "one")
    assert "error[redact-key-missing]" in hidden.err


@pytest.mark.parametrize("format", ["text", "csv", "json", "md"])
def test_every_format_has_the_trace(tmp_path: Path, format: str) -> None:
    folder = book(tmp_path, ONE, "2025-10-05,30,lab")
    ran = tokenbooks(folder, "credits", "trace", "one", "--format", format)
    assert ran.code == 0
    assert "2025-10-05" in ran.out
