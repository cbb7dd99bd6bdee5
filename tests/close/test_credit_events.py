"""Whole books in which something becomes of credits, closed month by month."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import peers
from tests.books import PREPAID, close, lines, tokenbooks, usage, write_book
from tests.credit_rows import Row, credits_file, row

LLM = PREPAID.replace("usage/*.csv", "usage/llm*.csv")
LAB = LLM[LLM.index("  llm:") :].replace("llm:", "lab:").replace("llm*", "lab*")
LAB = LAB.replace("plan: llm", "plan: lab")
ROLLING = """\
plan: lab
currency: USD
credits:
  expires: 1 month
  rollover: {share: 50, expires: 1 month}
  recurring:
    - {name: included, credits: 10, every: 1 month}
rates:
  - prices: {credits: 1}
"""
MONTHS = ("2025-10", "2025-11", "2025-12", "2026-01")

EVERYTHING = [
    row("2025-10-01", "opening", "200", lot="old", used="50", paid="150", expires="2025-10-31"),
    row("2025-10-01", "purchase", "300", lot="a", paid="100", expires="2026-01-15"),
    row("2025-10-01", "bonus", "30", lot="a", expires="2026-01-31"),
    row("2025-10-10", "refund", "30", lot="a", paid="9"),
    row("2025-10-11", "chargeback", "10", lot="a", pay="card"),
    row("2025-10-12", "adjust", "-7", lot="a", memo="counted twice"),
    row("2025-10-13", "adjust", "7", lot="a", paid="2", memo="forgotten"),
    row("2025-10-20", "grant", "5", lot="sorry", kind="sla", expires="2025-12-31"),
    row("2025-11-10", "transfer", "30", lot="a", to="lab"),
    row("2025-11-11", "transfer", "20", lot="a", to="entity:Sister"),
    row("2025-11-12", "transfer", "20", contract="lab", lot="b", paid="11"),
    row("2025-11-13", "void", "5", contract="lab", lot="b"),
    row("2025-12-10", "extend", lot="a", expires="2026-01-31"),
    row("2025-12-13", "rollover", "6", contract="lab", parent="b", expires="2026-01-20"),
]
USES = {
    "usage/llm.csv": usage("2025-10-05,170", "2025-11-05,40", "2025-12-05,33", "2026-01-20,1"),
    "usage/lab.csv": usage("2025-10-20,4", "2025-11-20,17", "2025-12-20,9", "2026-01-10,10"),
}


def everything(folder: Path, journal: str) -> Path:
    """A book with every event of credits, closed for four months."""
    files = {"credits.csv": credits_file(*EVERYTHING), "plans/lab.yaml": ROLLING, **USES}
    write_book(folder, files, (LLM + LAB).replace("journal: ledger", f"journal: {journal}"))
    for month in MONTHS:
        close(folder, month)
    return folder


def lots_of(folder: Path, month: str) -> dict[str, dict[str, Fraction]]:
    """The state of the lots after a month, by lot."""
    with (folder / f"close/{month}/state/lots.csv").open() as stream:
        return {
            item.pop("lot"): {name: Fraction(value) for name, value in item.items()}
            for item in csv.DictReader(stream)
        }


def rest_of(lot: Mapping[str, Fraction], prefix: str = "") -> Fraction:
    """What a roll-forward of a lot comes to: credits, or their cost with ``cost_``."""
    came = ("acquired", "moved", "adjusted")
    went = ("used", "expired", "refunded")
    return sum((lot[prefix + name] for name in came), Fraction(0)) - sum(
        (lot[prefix + name] for name in went), Fraction(0)
    )


def test_the_ledger_programs_agree_on_a_book_with_every_event(tmp_path: Path) -> None:
    ledger = everything(tmp_path / "ledger", "ledger") / "books.ledger"
    beancount = everything(tmp_path / "beancount", "beancount") / "books.beancount"
    balances = peers.check_peers(ledger, beancount)
    left = sum(rest_of(lot, "cost_") for lot in lots_of(tmp_path / "ledger", MONTHS[-1]).values())
    assert balances.get("Assets:Prepaid:LLM", Decimal(0)) == left
    assert balances["Assets:Due-From-Affiliates"] > 0
    assert balances["Liabilities:Due-To-Affiliates"] == Decimal("-11.00")
    ran = tokenbooks(tmp_path / "ledger", "check", "--replay")
    assert (ran.code, ran.out + ran.err) == (0, "no problems; 4 written months agree\n")


def test_every_lot_comes_to_what_is_left_and_ends_at_nothing(tmp_path: Path) -> None:
    folder = everything(tmp_path, "ledger")
    for month in MONTHS:
        for name, lot in lots_of(folder, month).items():
            assert rest_of(lot) >= 0, name
            assert rest_of(lot, "cost_") >= 0, name
            if not rest_of(lot):
                assert rest_of(lot, "cost_") == 0, name
    last = lots_of(folder, MONTHS[-1])
    # half of what was included in January lives on, and by the same plan half of what was moved
    assert {name: rest_of(lot) for name, lot in last.items() if rest_of(lot)} == {
        "lab-included-2026-01-01-rollover-2026-02-01": 5,
        "a-transfer-2025-11-10-rollover-2026-01-16": 10,
    }


def test_a_month_closed_alone_is_that_of_all_months_in_turn(tmp_path: Path) -> None:
    """What is posted to date does not depend on when it was closed."""
    whole = everything(tmp_path / "a", "ledger")
    folder = write_book(
        tmp_path / "b",
        {"credits.csv": credits_file(), "plans/lab.yaml": ROLLING, **dict.fromkeys(USES, usage())},
        LLM + LAB,
    )
    for month in MONTHS[:-1]:
        close(folder, month)
    for name, text in {"credits.csv": credits_file(*EVERYTHING), **USES}.items():
        (folder / name).write_text(text)
    # everything comes late, in one close
    close(folder, MONTHS[-1])
    for name in ("posted", "lots", "owed"):
        of_month = f"close/{MONTHS[-1]}/state/{name}.csv"
        assert (folder / of_month).read_text() == (whole / of_month).read_text()


def test_an_extension_leaves_what_was_drawn_before_as_it_was(tmp_path: Path) -> None:
    """In October a ends before b and is drawn; told in November that it ends after b."""
    rows = [
        row("2025-10-01", "purchase", "100", lot="a", paid="50", expires="2025-11-30"),
        row("2025-10-01", "purchase", "100", lot="b", expires="2025-12-31"),
    ]
    uses = {"usage/a.csv": usage("2025-10-05,10", "2025-11-05,10", "2025-11-15,10")}
    folder = write_book(tmp_path, {"credits.csv": credits_file(*rows), **uses}, PREPAID)
    close(folder, "2025-10")
    longer = row("2025-11-10", "extend", lot="a", expires="2026-03-31")
    (folder / "credits.csv").write_text(credits_file(*rows, longer))
    # 10 of a before the 10th at 0.50, 10 of b after it at 1.00; nothing of October
    assert [line for line in lines(close(folder, "2025-11")) if line[2] == "ai_expense"] == [
        ("consumption-llm-2025-11", "2025-11-30", "ai_expense", "15.00")
    ]


def test_pooled_contracts_settle_from_each_others_credits(tmp_path: Path) -> None:
    """60 of llm and 30 of lab on one day share 45 credits by list value: 30 and 15."""
    pooled = "    pool: team\n"
    rows = [row("2025-10-01", "purchase", "45", lot="a", paid="90", pool="team")]
    uses = {"usage/llm.csv": usage("2025-10-05,60"), "usage/lab.csv": usage("2025-10-05,30")}
    files = {"credits.csv": credits_file(*rows), **uses}
    text = LLM + pooled + LAB.replace("plan: lab", "plan: llm") + pooled
    posted = lines(close(write_book(tmp_path, files, text), "2025-10"))
    accrued = {entry: amount for entry, _, role, amount in posted if role == "accrued_expenses"}
    assert accrued == {"accrual-llm-2025-10": "-30.00", "accrual-lab-2025-10": "-15.00"}
    # 45 credits at 90.00
    used = [amount for _, _, role, amount in posted if role == "ai_expense"]
    assert sum(Decimal(amount) for amount in used) == 90 + 45


def test_credits_of_one_model_leave_the_usage_of_others_open(tmp_path: Path) -> None:
    gift = row("2025-10-01", "purchase", "50", lot="gpt", scope="model: gpt-*")
    general = row("2025-10-01", "purchase", "15", lot="all")
    rows = "date,model,credits\n2025-10-05,gpt-5,30\n2025-10-05,claude,20\n"
    files = {"credits.csv": credits_file(gift, general), "usage/a.csv": rows}
    text = PREPAID + "    lot_order: [scope, expiry]\n"
    folder = write_book(tmp_path, files, text)
    posted = lines(close(folder, "2025-10"))
    # 30 of the scoped ones; 15 of the others for 20 of the other model, 5 are owed
    assert {name: rest_of(lot) for name, lot in lots_of(folder, "2025-10").items()} == {
        "gpt": 20,
        "all": 0,
    }
    assert [line[3] for line in posted if line[2] == "accrued_expenses"] == ["-5.00"]


OVERDRAWN = "plan: llm\ncurrency: USD\noverage: {}\nrates:\n  - prices: {{credits: 1}}\n"


def overdrawn(folder: Path, overage: str) -> Path:
    """100 are bought in October and used for 130; 80 more are bought on 10 November."""
    rows = [
        row("2025-10-01", "purchase", "100", lot="a"),
        row("2025-11-10", "purchase", "80", lot="b", paid="40"),
    ]
    files = {
        "credits.csv": credits_file(*rows),
        "usage/a.csv": usage("2025-10-05,130"),
        "plans/llm.yaml": OVERDRAWN.format(overage),
    }
    return write_book(folder, files, PREPAID)


def test_overage_is_settled_from_the_next_credits(tmp_path: Path) -> None:
    folder = overdrawn(tmp_path, "top_up")
    close(folder, "2025-10")
    # 30 owed at list value; 30 of 80 credits for 40.00 settle them: 15.00
    settled = [line for line in lines(close(folder, "2025-11")) if "settlement" in line[0]]
    assert {line[2]: line[3] for line in settled} == {
        "accrued_expenses": "30.00",
        "ai_expense": "-15.00",
        "prepaid_credits": "-15.00",
    }


def test_overage_that_is_billed_stays_owed(tmp_path: Path) -> None:
    folder = overdrawn(tmp_path, "bill")
    first = lines(close(folder, "2025-10"))
    assert ("accrual-llm-2025-10", "2025-10-31", "accrued_expenses", "-30.00") in first
    assert lines(close(folder, "2025-11")) == [
        ("purchase-llm-b", "2025-11-10", "prepaid_credits", "40.00"),
        ("purchase-llm-b", "2025-11-10", "cash", "-40.00"),
    ]


def test_overage_that_should_have_stopped_is_told(tmp_path: Path) -> None:
    folder = overdrawn(tmp_path, "stop")
    told = tokenbooks(folder, "close", "-p", "2025-10")
    assert told.code == 0
    assert "warning[usage-after-stop]" in told.err
    assert (
        "warning[usage-after-stop]"
        not in tokenbooks(overdrawn(tmp_path / "b", "top_up"), "close", "-p", "2025-10").err
    )


# -- any rows ----------------------------------------------------------------------


@st.composite
def changed_lots(draw: st.DrawFn) -> list[Row]:
    """A lot or two of October, and what becomes of them in November."""
    rows = []
    for name in draw(st.sampled_from([("a",), ("a", "b")])):
        size = draw(st.integers(20, 90))
        ends = draw(st.sampled_from(["", "2025-11-20", "2025-12-31"]))
        paid = str(Decimal(draw(st.integers(0, 9000))) / 100)
        rows.append(row("2025-10-01", "purchase", str(size), lot=name, paid=paid, expires=ends))
        day = draw(st.sampled_from(["2025-11-03", "2025-11-17"]))
        for event in draw(st.lists(st.sampled_from(sorted(CHANGES)), max_size=3, unique=True)):
            quantity = "" if event == "void" else str(draw(st.integers(1, 6)))
            rows.append(row(day, event, quantity, lot=name, **CHANGES[event]))
    return rows


#: Cells that an event needs; a refund pays nothing back, so that it is never too much.
CHANGES = {
    "refund": {"paid": "0"},
    "void": {},
    "adjust": {"memo": "why"},
    "transfer": {"to": "lab"},
}
SPENT = st.lists(
    st.tuples(st.sampled_from(["2025-10-09", "2025-11-09", "2025-11-25"]), st.integers(1, 12)),
    max_size=4,
)


@settings(max_examples=8, deadline=None)
@given(changed_lots(), SPENT, SPENT)
def test_what_becomes_of_lots_keeps_every_cent(
    rows: list[Row], spent: list[tuple[str, int]], there: list[tuple[str, int]]
) -> None:
    uses = {
        "usage/llm.csv": usage(*(f"{day},{size}" for day, size in spent)),
        "usage/lab.csv": usage(*(f"{day},{size}" for day, size in there)),
    }
    with tempfile.TemporaryDirectory() as name:
        files = {"credits.csv": credits_file(*rows), **uses}
        folder = write_book(Path(name), files, LLM + LAB.replace("plan: lab", "plan: llm"))
        for month in ("2025-10", "2025-11", "2025-12"):
            close(folder, month)
            prepaid = Fraction(0)
            for lot in lots_of(folder, month).values():
                assert rest_of(lot) >= 0
                assert rest_of(lot) or not rest_of(lot, "cost_")
                prepaid += rest_of(lot, "cost_")
            with (folder / f"close/{month}/state/posted.csv").open() as stream:
                posted = list(csv.DictReader(stream))
            of_role = [Fraction(p["amount"]) for p in posted if p["role"] == "prepaid_credits"]
            assert sum(of_role, Fraction(0)) == prepaid
            assert sum((Fraction(p["amount"]) for p in posted), Fraction(0)) == 0
