"""``credits``: lots, balances, thresholds for cron, reloads, and what a provider displays."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from tests.books import PREPAID, Ran, run, tokenbooks, usage, write_book
from tokenbooks.sources.redaction_key import KEY_VARIABLE

HEADER = "date,contract,event,credits,party,lot,paid,expires,parent,to,memo\n"
PLAN = """\
plan: llm
currency: USD
rates:
  - {for: {model: "*"}, prices: {credits: 1}}
"""
EACH = PREPAID.replace("    settle:", "    each: project\n    settle:")


def book(folder: Path, rows: str, used: list[str], terms: str = "", **files: str) -> Path:
    """A prepaid book with rows of credits, usage, and terms of its plan."""
    named = {name.replace("_", "."): text for name, text in files.items()}
    everything = {
        "credits.csv": HEADER + rows,
        "usage/a.csv": usage(*used),
        "plans/llm.yaml": PLAN + terms,
        **named,
    }
    return write_book(folder, everything, PREPAID)


def rows(ran: Ran, table: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(ran.out)[table]["rows"]
    return found


def credits_at(folder: Path, day: str, *more: str) -> Ran:
    return tokenbooks(folder, "credits", "--as-of", day, "--format", "json", *more)


# -- lots and balances ------------------------------------------------------------------

#: 100 for 90.00: 30 used, 20 refunded at cost (18.00), 10 moved into another contract's lot,
#: 5 taken away by the provider. 35 are left, at 31.50.
MOVED = """\
2025-10-01,llm,purchase,100,,one,90,2025-12-31,,,
2025-10-10,llm,refund,20,,one,,,,,
2025-10-11,llm,transfer,10,,one,,,,spare,
2025-10-12,llm,adjust,-5,,one,,,,,counted twice
"""


#: Another contract beside ``llm``.
SPARE = "  spare: {side: buy, party: Spare, plan: llm, settle: prepaid, usage: spare/*.csv}\n"


def moved_book(folder: Path, *used: str) -> Path:
    own = book(folder, MOVED, ["2025-10-05,30", *used])
    return write_book(own, {"spare/a.csv": usage("2025-10-05,0")}, PREPAID + SPARE)


def test_each_movement_of_a_lot_has_its_column(tmp_path: Path) -> None:
    ran = credits_at(moved_book(tmp_path), "2025-10-31")
    one, moved = rows(ran, "lots")
    assert {key: one[key] for key in ("used", "refunded", "moved", "adjusted", "left")} == {
        "used": "30.00",
        "refunded": "20.00",
        "moved": "-10.00",
        "adjusted": "-5.00",
        "left": "35.00",
    }
    assert one["cost_left"] == "31.50"
    assert (moved["credits"], moved["moved"], moved["left"]) == ("0.00", "10.00", "10.00")
    assert moved["cost_left"] == "9.00"


def test_a_screen_leaves_out_columns_that_say_nothing_and_files_do_not(tmp_path: Path) -> None:
    folder = book(tmp_path, "2025-10-01,llm,purchase,100,,one,90,,,,\n", ["2025-10-05,30"])
    text = tokenbooks(folder, "credits", "--as-of", "2025-10-31").out
    assert "Refunded" not in text
    table = tokenbooks(folder, "credits", "--as-of", "2025-10-31", "--by", "lot", "-f", "csv").out
    assert "refunded,moved,adjusted,left" in table.splitlines()[0]
    refunded = tokenbooks(moved_book(tmp_path), "credits", "--as-of", "2025-10-31").out
    assert "Refunded" in refunded


def test_lots_csv_rolls_forward_with_every_movement(tmp_path: Path) -> None:
    """opening + acquired - used - expired - refunded + moved + adjusted = closing."""
    folder = moved_book(tmp_path, "2025-11-05,7")
    for period in ("2025-10", "2025-11"):
        assert tokenbooks(folder, "close", "-p", period, "--write").code == 0
        text = (folder / f"close/{period}/lots.csv").read_text()
        for row in csv.DictReader(io.StringIO(text)):
            for measure in ("", "cost_"):
                value = {name: float(row[measure + name]) for name in MOVEMENTS}
                gone = value["used"] + value["expired"] + value["refunded"]
                came = value["acquired"] + value["moved"] + value["adjusted"]
                left = round(value["opening"] + came - gone, 6)
                assert left == float(row[f"{measure}closing"]), (period, row["lot"], measure)


MOVEMENTS = ("opening", "acquired", "used", "expired", "refunded", "moved", "adjusted")


@pytest.mark.parametrize(
    ("by", "tables"),
    [
        ((), {"lots", "balances"}),
        (("--by", "lot"), {"lots"}),
        (("--by", "contract"), {"balances"}),
        (("--by", "party"), {"balances"}),
        (("--expiring-within", "9"), {"expiring"}),
        (("--below", "1"), {"balances"}),
        (("--below", "1", "--expiring-within", "9"), {"balances", "expiring"}),
        (("--below", "1", "--by", "lot"), {"balances", "lots"}),
    ],
)
def test_tables_are_those_that_were_asked_for(
    tmp_path: Path, by: tuple[str, ...], tables: set[str]
) -> None:
    folder = book(tmp_path, "2025-10-01,llm,purchase,100,,one,90,,,,\n", ["2025-10-05,30"])
    ran = credits_at(folder, "2025-10-31", *by)
    assert ran.code == 0
    assert json.loads(ran.out).keys() == tables


def test_balances_stand_by_party_or_by_contract(tmp_path: Path) -> None:
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,100,lab,one,90,,,,\n2025-10-01,llm,purchase,50,shop,two,,,,,\n",
        ["2025-10-05,30,lab", "2025-10-06,60,shop"],
    )
    write_book(folder, {}, EACH)
    (whole,) = rows(credits_at(folder, "2025-10-31"), "balances")
    # 70 of lab and none of shop, whose 10 too many wait for its next lot
    assert (whole["left"], whole["uncovered"], whole["balance"]) == ("70.00", "10.00", "60.00")
    lab, shop = rows(credits_at(folder, "2025-10-31", "--by", "party"), "balances")
    assert (lab["party"], lab["left"], lab["balance"]) == ("lab", "70.00", None)
    assert (shop["party"], shop["left"], shop["balance"]) == ("shop", "0.00", "-10.00")
    (only,) = rows(credits_at(folder, "2025-10-31", "--party", "shop"), "lots")
    assert only["lot"] == "two"


def test_usage_that_is_billed_is_no_overdraft(tmp_path: Path) -> None:
    rows_ = "2025-10-01,llm,purchase,50,,one,,,,,\n"
    for overage, balance in (("top_up", "-10.00"), ("bill", None), ("stop", "-10.00")):
        folder = book(tmp_path, rows_, ["2025-10-05,60"], f"overage: {overage}\n")
        (own,) = rows(credits_at(folder, "2025-10-31"), "balances")
        assert (own["uncovered"], own["balance"]) == ("10.00", balance)


def test_the_rate_is_that_of_the_days_since_usage_began(tmp_path: Path) -> None:
    # 30 in the 10 days from the 5th to the 14th: 3 a day, so that 70 last 23 days; a week at
    # least, so that a first day is not taken for all
    folder = book(tmp_path, "2025-10-01,llm,purchase,100,,one,,,,,\n", ["2025-10-05,30"])
    (own,) = rows(credits_at(folder, "2025-10-14"), "balances")
    assert (own["per_day"], own["runway_days"], own["runs_out"]) == ("3.00", 23, "2025-11-06")
    (own,) = rows(credits_at(folder, "2025-10-05"), "balances")
    assert own["per_day"] == "4.29"  # 30 / 7


def test_fees_are_no_use_of_credits(tmp_path: Path) -> None:
    fee = "fees: [{name: base, price: 31, every: month}]\n"
    folder = book(tmp_path, "2025-10-01,llm,purchase,100,,one,,,,,\n", ["2025-10-01,31"], fee)
    (own,) = rows(credits_at(folder, "2025-10-30"), "balances")
    assert own["per_day"] == "1.03"  # 31 / 30 days


# -- what expires -----------------------------------------------------------------------


def test_what_the_rate_does_not_use_before_a_lot_ends_is_lost(tmp_path: Path) -> None:
    # 2 a day: until the 31st 22 of the 60 left are used; 38 are lost, at 0.90 each
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,100,,one,90,2025-10-31,,,\n",
        ["2025-10-01,20", "2025-10-20,20"],
    )
    ran = credits_at(folder, "2025-10-20", "--expiring-within", "11")
    assert ran.code == 1
    (one,) = rows(ran, "expiring")
    assert (one["left"], one["expected_use"], one["expected_loss"]) == ("60.00", "22.00", "38.00")
    assert (one["loss_cost"], one["used_percent"], one["days_left"]) == ("34.20", "62.0", 11)
    assert ran.err.count("warning[credits-expiring]") == 1
    assert "38.00 of them, at a cost of 34.20 USD, are lost" in ran.err
    (own,) = rows(credits_at(folder, "2025-10-20"), "balances")
    assert (own["expected_loss"], own["loss_cost"]) == ("38.00", "34.20")


@pytest.mark.parametrize(("days", "code"), [("10", 0), ("11", 1)])
def test_within_counts_the_days_to_the_last_usable_one(
    tmp_path: Path, days: str, code: int
) -> None:
    folder = book(tmp_path, "2025-10-01,llm,purchase,9,,one,,2025-10-31,,,\n", ["2025-10-01,1"])
    assert credits_at(folder, "2025-10-20", "--expiring-within", days).code == code


@pytest.mark.parametrize("used", ["2025-10-01,9", "2025-10-31,1"])
def test_lots_that_are_used_up_or_have_ended_are_no_matter(tmp_path: Path, used: str) -> None:
    folder = book(tmp_path, "2025-10-01,llm,purchase,9,,one,,2025-10-31,,,\n", [used])
    assert credits_at(folder, "2025-10-31", "--expiring-within", "30").code == 0


def test_lots_are_used_up_in_their_order(tmp_path: Path) -> None:
    # 1 a day: the lot that ends first gives all of the 10 days to the 30th, so that of the
    # other only that of the 31st is used
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,31,,late,,2025-10-31,,,\n"
        "2025-10-01,llm,purchase,40,,soon,,2025-10-30,,,\n",
        ["2025-10-01,10", "2025-10-20,10"],
    )
    soon, late = rows(credits_at(folder, "2025-10-20", "--expiring-within", "20"), "expiring")
    assert (soon["lot"], soon["expected_use"], soon["expected_loss"]) == ("soon", "10.00", "10.00")
    assert (late["lot"], late["expected_use"], late["expected_loss"]) == ("late", "1.00", "30.00")


def test_grants_to_come_are_used_before_what_lasts_longer(tmp_path: Path) -> None:
    # 31 a month are used; the 31 that come free each month cover it all from November on
    grants = "credits: {recurring: [{name: free, credits: 31, every: 1 month, from: 2025-11-01}]}\n"
    bought = "2025-10-01,llm,purchase,50,,one,,2026-01-31,,,\n"
    used = [f"2025-10-{day:02},1" for day in range(1, 32)]
    alone = rows(credits_at(book(tmp_path, bought, used), "2025-10-31"), "balances")
    (lasting,) = rows(credits_at(book(tmp_path, bought, used, grants), "2025-10-31"), "balances")
    # without grants 92 are used by the end of January, more than are left; with them none:
    # November has 31 for its 30 days, then December and January have 31 each
    assert alone[0]["expected_loss"] == "0.00"
    assert lasting["expected_loss"] == "19.00"


def test_what_rolls_over_is_not_lost(tmp_path: Path) -> None:
    terms = "credits: {rollover: {share: 50, expires: 1 month}}\n"
    folder = book(
        tmp_path, "2025-10-01,llm,purchase,40,,one,,2025-10-31,,,\n", ["2025-10-21,0"], terms
    )
    (one,) = rows(credits_at(folder, "2025-10-21", "--expiring-within", "10"), "expiring")
    assert (one["left"], one["rolls_over"], one["expected_loss"]) == ("40.00", "20.00", "20.00")


def test_the_share_that_was_used_is_told_of_lots_that_have_ended(tmp_path: Path) -> None:
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,40,,one,,2025-10-31,,,\n2025-10-01,llm,purchase,9,,two,,,,,\n",
        ["2025-10-21,30"],
    )
    one, two = rows(credits_at(folder, "2025-11-01"), "lots")
    assert (one["used_percent"], two["used_percent"]) == ("75.0", None)
    assert "75.0% was used" in tokenbooks(folder, "credits", "--as-of", "2025-11-01").out


# -- a balance that is low --------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "below", "code"),
    [("30", "70", 0), ("30", "70.01", 1), ("100", "0", 0), ("101", "0", 1)],
)
def test_a_balance_below_an_amount_is_told(
    tmp_path: Path, used: str, below: str, code: int
) -> None:
    folder = book(tmp_path, "2025-10-01,llm,purchase,100,,one,,,,,\n", [f"2025-10-05,{used}"])
    ran = credits_at(folder, "2025-10-31", "--below", below)
    assert ran.code == code
    assert ("warning[credits-low]" in ran.err) == bool(code)


def test_with_by_party_each_party_is_looked_at(tmp_path: Path) -> None:
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,100,lab,one,90,,,,\n2025-10-01,llm,purchase,50,shop,two,,,,,\n",
        ["2025-10-05,30,lab", "2025-10-06,45,shop"],
    )
    write_book(folder, {}, EACH)
    assert credits_at(folder, "2025-10-31", "--below", "20").code == 0
    ran = credits_at(folder, "2025-10-31", "--below", "20", "--by", "party")
    assert ran.code == 1
    assert "contract llm, project shop: 5.00 credits are left" in ran.err
    lab = credits_at(folder, "2025-10-31", "--below", "20", "--by", "party", "--party", "lab")
    assert lab.code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("--by", "day"),
        ("--below", "much"),
        ("--expiring-within", "-1"),
        ("--contract", "other"),
        ("--by", "lot", "trace", "one"),
        ("trace",),
    ],
)
def test_wrong_use_is_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    folder = book(tmp_path, "2025-10-01,llm,purchase,100,,one,,,,,\n", ["2025-10-05,30"])
    ran = tokenbooks(folder, "credits", *arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err


# -- reloads ----------------------------------------------------------------------------

RELOAD = "reload: {at: 10, add: 50}\n"


def test_reloads_are_forecast_at_the_recent_rate(tmp_path: Path) -> None:
    # 2 a day, 24 left: 10 on the 7th day, and again every 25 days
    bought = "2025-10-01,llm,purchase,64,,one,,,,,\n"
    folder = book(tmp_path, bought, ["2025-10-01,20", "2025-10-20,20"], RELOAD)
    found = [
        (row["date"], row["credits"]) for row in rows(credits_at(folder, "2025-10-20"), "reloads")
    ]
    assert found == [("2025-10-27", "50.00"), ("2025-11-21", "50.00"), ("2025-12-16", "50.00")]


def test_a_reload_without_a_receipt_is_told_in_its_month_only(tmp_path: Path) -> None:
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,50,,one,,,,,\n2025-11-03,llm,purchase,50,,two,,,,,\n",
        ["2025-10-20,42", "2025-11-20,45"],
        RELOAD,
    )
    (found,) = rows(credits_at(folder, "2025-10-31"), "reload_differences")
    assert (found["date"], found["what"], found["left"]) == ("2025-10-20", "no receipt", "8.00")
    october = tokenbooks(folder, "close", "-p", "2025-10", "--write")
    assert "warning[reload-missing]" in october.err
    november = tokenbooks(folder, "close", "-p", "2025-11")
    assert "2025-10-20" not in november.err


def test_a_receipt_in_time_is_the_reload(tmp_path: Path) -> None:
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,50,,one,,,,,\n2025-10-21,llm,purchase,50,,two,,,,,\n",
        ["2025-10-20,42"],
        RELOAD,
    )
    assert "reload" not in tokenbooks(folder, "check").err
    assert "reload_differences" not in json.loads(credits_at(folder, "2025-10-31").out)


def test_a_receipt_of_the_next_month_is_known_when_a_month_is_closed(tmp_path: Path) -> None:
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,50,,one,,,,,\n2025-11-01,llm,purchase,50,,two,,,,,\n",
        ["2025-10-31,42"],
        RELOAD,
    )
    assert "reload" not in tokenbooks(folder, "close", "-p", "2025-10").err


def test_what_happens_after_the_last_usage_is_no_reload_that_is_missing(tmp_path: Path) -> None:
    # 30 are left when the usage ends; that they end in 2026 says nothing of a reload
    folder = book(
        tmp_path, "2025-10-01,llm,purchase,50,,one,,2026-03-11,,,\n", ["2025-10-20,20"], RELOAD
    )
    for today in ("2025-10-25", "2025-12-05", "2026-03-05"):
        ran = run("--book", str(folder), "--today", today, "check")
        assert (ran.code, "reload" in ran.err) == (0, False)


def test_what_ends_later_in_the_open_month_is_not_missing_yet(tmp_path: Path) -> None:
    lot = "2025-10-01,llm,purchase,50,,one,,2025-10-28,,,\n"
    folder = book(tmp_path, lot, ["2025-10-20,20"], RELOAD)
    found = {
        today: "reload-missing" in run("--book", str(folder), "--today", today, "check").err
        for today in ("2025-10-25", "2025-11-01")
    }
    assert found == {"2025-10-25": False, "2025-11-01": True}


def test_missing_reloads_are_told_in_the_order_of_their_days(tmp_path: Path) -> None:
    # 8, then 9 after a grant, then 10 after another are left: texts would be 10, 8, 9
    grants = "".join(f"2025-10-{day},llm,grant,11,,{day},,,,,\n" for day in (11, 21))
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,50,,one,,,,,\n" + grants,
        ["2025-10-02,42", "2025-10-12,10", "2025-10-22,10"],
        RELOAD,
    )
    told = re.findall(r"on (\S+), at (\S+) left", tokenbooks(folder, "check").err)
    assert told == [("2025-10-02", "8.00"), ("2025-10-12", "9.00"), ("2025-10-22", "10.00")]


def test_what_is_pooled_into_a_purchase_is_not_bought(tmp_path: Path) -> None:
    # at 8 left 50 are due; only 1 is bought, though its lot has 9 as the 8 move into it
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,50,,one,,,,,\n2025-10-21,llm,purchase,1,,two,,,,,\n",
        ["2025-10-20,42"],
        RELOAD,
    )
    pooled = PREPAID + "policies: {lot_order: average}\n"
    write_book(folder, {"plans/llm.yaml": PLAN + RELOAD}, pooled)
    assert "on 2025-10-20, at 8.00 left" in tokenbooks(folder, "check").err


# -- contracts without credits -----------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "terms", "told"),
    [
        ("", "", True),
        ("2025-11-05,llm,purchase,50,,one,,,,,\n", "", False),
        (
            "2025-11-05,spare,purchase,9,,s,,,,,\n2025-11-06,spare,transfer,9,,s,,,,llm,\n",
            "",
            False,
        ),
        (
            "",
            "credits: {recurring: [{name: a, credits: 1, every: 1 month, from: 2025-12-01}]}",
            False,
        ),
    ],
)
def test_a_contract_is_without_credits_only_if_nothing_ever_brings_it_any(
    tmp_path: Path, rows: str, terms: str, told: bool
) -> None:
    folder = book(tmp_path, rows, ["2025-10-05,5"], terms)
    spare = {"plans/llm.yaml": PLAN + terms, "spare/a.csv": usage("2025-10-05,1")}
    write_book(folder, spare, PREPAID + SPARE)
    ran = tokenbooks(folder, "close", "-p", "2025-10")
    assert ran.code == 0, ran.err
    assert ("contract llm is prepaid but no credits were ever bought" in ran.err) == told


# -- usage that should have been stopped -------------------------------------------------


def test_usage_after_a_stop_is_told_though_a_later_lot_settles_it(tmp_path: Path) -> None:
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,50,,one,,,,,\n2025-10-25,llm,purchase,50,,two,,,,,\n",
        ["2025-10-05,50", "2025-10-20,4", "2025-10-21,3"],
        "overage: stop\n",
    )
    ran = tokenbooks(folder, "close", "-p", "2025-10")
    assert ran.code == 0
    told = "usage of 7.00 on 2 days from 2025-10-20 to 2025-10-21 was not stopped"
    assert told in ran.err


def test_usage_that_a_plan_bills_is_nothing_to_tell(tmp_path: Path) -> None:
    folder = book(
        tmp_path, "2025-10-01,llm,purchase,50,,one,,,,,\n", ["2025-10-05,60"], "overage: bill\n"
    )
    assert "warning" not in tokenbooks(folder, "check").err


# -- removals of what was used ----------------------------------------------------------

SHORT = "2025-10-01,llm,purchase,50,,one,,,,,\n2025-10-25,llm,refund,20,,one,20,,,,\n"


def test_a_removal_of_what_was_used_stops_the_close_of_its_month(tmp_path: Path) -> None:
    ran = tokenbooks(book(tmp_path, SHORT, ["2025-10-20,42"]), "close", "-p", "2025-10")
    assert ran.code == 1
    assert "error[removed-above-left]" in ran.err
    assert "takes 20.00 from lot one, which usage of 2025-10-20 needed" in ran.err


def test_usage_that_comes_late_warns_only(tmp_path: Path) -> None:
    folder = book(tmp_path, SHORT, ["2025-10-20,30"])
    assert tokenbooks(folder, "close", "-p", "2025-10", "--write").code == 0
    write_book(folder, {"usage/b.csv": usage("2025-10-21,12")}, PREPAID)
    for command in (("close", "-p", "2025-11"), ("credits", "--as-of", "2025-11-30")):
        ran = tokenbooks(folder, *command)
        assert ran.code == 0, ran.err
        assert "warning[removed-above-left]" in ran.err


def test_a_void_of_nothing_is_told_with_its_row(tmp_path: Path) -> None:
    voids = "".join(f"2025-10-{day},llm,void,,,one,,,,,gone\n" for day in (10, 12))
    folder = book(tmp_path, "2025-10-01,llm,purchase,50,,one,,,,,\n" + voids, ["2025-10-05,20"])
    ran = tokenbooks(folder, "close", "-p", "2025-10", "--write")
    assert ran.code == 0
    assert ran.err.count("void-empty") == 1
    assert "credits.csv:4: warning[void-empty]: the void of 2025-10-12" in ran.err
    november = tokenbooks(folder, "close", "-p", "2025-11")
    assert (november.code, "void-empty" in november.err) == (0, False)


# -- displayed balances -----------------------------------------------------------------


def test_a_displayed_balance_is_tied_with_its_causes(tmp_path: Path) -> None:
    # 50.004 of 120 are left: 20 of them are free, which the provider does not show, and it
    # shows cents
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,100,,bought,90,,,,\n2025-10-01,llm,grant,20,,free,,,,,\n",
        ["2025-10-05,69.996"],
        balances_csv="date,contract,balance\n2025-10-31,llm,30.00\n",
    )
    write_book(folder, {}, PREPAID + "policies: {free_first: false}\n")
    found = [(r["item"], r["amount"]) for r in rows(credits_at(folder, "2025-10-31"), "displayed")]
    assert found == [
        ("by the lots", "50.004"),
        ("free credits", "-20"),
        ("rounding", "-0.004"),
        ("displayed", "30"),
    ]


def test_usage_of_the_next_day_explains_what_is_displayed_already(tmp_path: Path) -> None:
    """Of the day after the one looked at: it is evidence, and no figure depends on it."""
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,100,,one,90,,,,\n",
        ["2025-10-05,30", "2025-11-01,12"],
        balances_csv="date,contract,balance\n2025-10-31,llm,58\n",
    )
    ran = credits_at(folder, "2025-10-31")
    found = [(row["item"], row["amount"]) for row in rows(ran, "displayed")]
    assert found == [("by the lots", "70"), ("timing of usage", "-12"), ("displayed", "58")]
    closed = tokenbooks(folder, "close", "-p", "2025-10")
    assert "balance-differs" not in closed.err + tokenbooks(folder, "check").err


def test_what_nothing_explains_is_a_warning_of_check_and_close(tmp_path: Path) -> None:
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,100,,one,90,,,,\n",
        ["2025-10-05,30"],
        balances_csv="date,contract,balance\n2025-10-31,llm,64\n",
    )
    closed = tokenbooks(folder, "close", "-p", "2025-10")
    assert closed.code == 0
    told = "shows 64 on 2025-10-31, the lots say 70: -6 of it is not explained"
    assert told in closed.err
    checked = tokenbooks(folder, "check")
    assert checked.code == 1
    assert told in checked.err
    assert "balance-differs" not in tokenbooks(folder, "credits", "--as-of", "2025-10-30").err


# -- credits that have a unit ------------------------------------------------------------

#: A credit is worth 0.01, and usage of the model costs 1 credit.
UNIT = PLAN.replace("credits: 1", "credits: 1 credit") + "credits: {unit: credit, worth: 0.01}\n"


def unit_book(folder: Path, balances: str, more: str = "") -> Path:
    """10000 credits for 90.00, of which 9000 are used."""
    rows = "2025-10-01,llm,purchase,10000,,one,90,,,,\n"
    folder = book(folder, rows, ["2025-10-31,9000"], balances_csv=balances)
    return write_book(folder, {"plans/llm.yaml": UNIT + more}, PREPAID)


@pytest.mark.parametrize(
    ("balances", "told"),
    [
        ("date,contract,balance\n2025-10-31,llm,1000\n", ""),
        (
            "date,contract,balance\n2025-10-31,llm,900\n",
            "shows 900 credits on 2025-10-31, the lots say 1000: -100 of it is not explained",
        ),
        (  # shown in halves of a credit: one half is rounding no more
            "date,contract,balance\n2025-10-30,llm,10000.0\n2025-10-31,llm,999.5\n",
            "shows 999.5 credits on 2025-10-31, the lots say 1000: -0.5 of it is not explained",
        ),
        (  # in money, as its currency says
            "date,contract,balance,currency\n2025-10-31,llm,9,USD\n",
            "shows 9 on 2025-10-31, the lots say 10: -1 of it is not explained",
        ),
    ],
)
def test_a_displayed_balance_is_told_in_the_unit_in_which_it_was_typed(
    tmp_path: Path, balances: str, told: str
) -> None:
    ran = credits_at(unit_book(tmp_path, balances), "2025-10-31")
    shown = [row for row in rows(ran, "displayed") if row["date"] == "2025-10-31"]
    typed = balances.splitlines()[-1].split(",")[2]
    assert shown[-1]["amount"] == typed
    assert shown[-1]["unit"] == (None if "USD" in balances else "credits")
    err = tokenbooks(unit_book(tmp_path, balances), "close", "-p", "2025-10").err
    assert told in err
    assert ("balance-differs" in err) == bool(told)


def test_balances_and_their_thresholds_are_in_credits_of_the_unit(tmp_path: Path) -> None:
    folder = unit_book(tmp_path, "date,contract,balance\n")
    assert credits_at(folder, "2025-10-31", "--below", "1000").code == 0
    ran = credits_at(folder, "2025-10-31", "--below", "1000.5")
    assert ran.code == 1
    assert "contract llm: 1000 credits are left on 2025-10-31, below 1000.5" in ran.err
    (row,) = rows(ran, "balances")
    # 9000 in 7 days, since usage began less than a week ago: 1285.71 a day
    found = (row["unit"], row["left"], row["cost_left"], row["per_day"])
    assert found == ("credits", "1000.00", "9.00", "1285.71")


def test_reloads_are_told_in_credits_of_the_unit(tmp_path: Path) -> None:
    folder = unit_book(tmp_path, "date,contract,balance\n", "reload: {at: 2000, add: 5000}\n")
    told = "on 2025-10-31, at 1000 credits left, the plan's `reload` buys 5000 credits"
    assert told in tokenbooks(folder, "close", "-p", "2025-10").err
    ran = credits_at(folder, "2025-10-31")
    (missing,) = rows(ran, "reload_differences")
    assert (missing["left"], missing["credits"]) == ("1000.00", "5000.00")
    assert {row["credits"] for row in rows(ran, "reloads")} == {"5000.00"}


# -- whatever is shown ------------------------------------------------------------------


@pytest.mark.parametrize("format", ["text", "csv", "json", "md"])
def test_nobody_is_seen_where_people_are_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    """A party stands in its column, in names that are built of it, and in lots named for it."""
    monkeypatch.setenv(KEY_VARIABLE, "an invented key of more than 32 signs")
    customers = "customer,name\nalice,Alice Doe\n7734,Bob Ltd\n"
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,100,alice,,,2025-11-20,,,\n"
        "2025-10-01,llm,purchase,50,7734,for-7734,,2025-11-20,,,\n"
        "2025-10-02,llm,transfer,10,7734,for-7734,,,,llm/carol,\n",
        [],
        RELOAD,
        customers_csv=customers,
        balances_csv="date,contract,party,balance\n2025-10-31,llm,carol,64\n",
    )
    used = "date,model,customer,credits\n2025-10-05,m,alice,30\n2025-10-06,m,7734,60\n"
    each = PREPAID.replace(
        "    settle:", "    each: customer\n    parties: customers.csv\n    settle:"
    )
    write_book(folder, {"usage/a.csv": used}, each)
    commands = [
        ("credits", "--as-of", "2025-10-31"),
        ("credits", "--as-of", "2025-10-31", "--by", "party", "--below", "500"),
        ("credits", "--as-of", "2025-10-31", "--expiring-within", "60"),
        ("credits", "trace", "for-7734"),
        ("credits", "trace", "usage/a.csv:3"),
        ("close", "-p", "2025-10"),
    ]
    for command in commands:
        ran = tokenbooks(folder, *command, "--redact", "--format", format)
        assert ran.out, ran.err
        for name in ("alice", "Alice", "7734", "Bob", "carol"):
            assert name not in ran.out, (command, name)
        if command[1] != "trace":
            assert not any(name in ran.err for name in ("alice", "7734", "carol")), ran.err


def test_usage_that_an_invoice_bills_is_no_overdraft_from_its_date_on(tmp_path: Path) -> None:
    folder = book(
        tmp_path,
        "2025-10-01,llm,purchase,50,,one,,,,,\n",
        ["2025-10-05,60"],
        invoices_csv="date,contract,invoice,period_start,period_end,amount\n"
        "2025-11-03,llm,1,2025-10-01,2025-10-31,10\n",
    )
    for day, balance in (("2025-11-02", "-10.00"), ("2025-11-03", None)):
        (own,) = rows(credits_at(folder, day), "balances")
        assert own["balance"] == balance
