"""Modifications of contracts, closed through the command line: entries, lots and memos."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.books import INVOICES, close, tokenbooks, usage, write_book
from tests.entries.sell.test_promotions import BOOK, ESTIMATES

START = BOOK.replace("2025-11", "2025-06")
ARREARS = START.replace("settle: prepaid", "settle: arrears")
#: What customers leave unused is revenue when it expires, and none of it is the state's.
REMOTE = START + "policies: {breakage: {method: remote, escheat_pct: 0}}\n"

SALES = "date,contract,event,credits,paid,lot,expires\n"
#: 100 credits at 100 each, of which 40 are used in June.
BASE = SALES + "2025-06-01,packs,sale,100,10000,base,\n"
JUNE = "2025-06-15,40"


def change(day: str, kind: str, name: str = "order-2", **answers: str) -> str:
    """A modification as its file has it, approved unless ``approved`` is empty."""
    people = {"evidence": "order.pdf", "prepared": "Ada", "approved": "Grace"}
    keys = {"id": name, "date": day, "contract": "packs", "kind": kind} | people | answers
    lines = [f"{key}: {value}" for key, value in keys.items() if value]
    return "  - " + "\n    ".join(lines) + "\n"


def file_of(*changes: str) -> str:
    return "modifications:\n" + "".join(changes)


MORE = {"distinct": "true", "at_ssp": "false", "added": "{credits: 30, paid: 2550, lot: more}"}
BLENDED = change("2025-07-01", "added", **MORE)


MONTHS = ("2025-06", "2025-07", "2025-08", "2025-09")


def closed(
    folder: Path,
    changes: str,
    used: list[str],
    book: str = REMOTE,
    months: tuple[str, ...] = MONTHS,
    **files: str,
) -> dict[str, dict[str, str]]:
    """Write and close months; what each of them posts to each role, debit positive."""
    names = {"credits": "credits.csv", "invoices": "invoices.csv", "estimates": "estimates.csv"}
    own = {names[key]: text for key, text in files.items()}
    own["usage/all.csv"] = usage(*used)
    if changes:
        own["modifications.yaml"] = changes
    write_book(folder, own, book)
    return {month: write_month(folder, month) for month in months}


def write_month(folder: Path, month: str) -> dict[str, str]:
    """Close a month and keep it; what it posts to each role."""
    sums: dict[str, Decimal] = {}
    for row in close(folder, month):
        amount = Decimal(row["debit"]) - Decimal(row["credit"])
        sums[row["role"]] = sums.get(row["role"], Decimal(0)) + amount
    return {role: str(amount) for role, amount in sums.items() if amount}


def memo(folder: Path, month: str, name: str = "order-2") -> str | None:
    path = folder / f"close/{month}/memos/modification-{name}.md"
    return path.read_text() if path.exists() else None


def lots(folder: Path, month: str) -> dict[str, tuple[str, str]]:
    """Credits and cost left of each lot at the end of a month."""
    with (folder / f"close/{month}/lots.csv").open() as stream:
        return {r["lot"]: (r["closing"], r["cost_closing"]) for r in csv.DictReader(stream)}


# 60 credits are left that cost 6,000; 30 are added

#: Answers -> revenue of 10 credits in July and of the 80 that are left in August.
ADDED = [
    # at their stand-alone price, 2,850: a contract of its own, the old credits stay at 100
    ("true", "2850", "-1000.00", "-7850.00"),
    # the same, not at it: (6,000 + 2,850) / 90 = 98.33 each for all
    ("false", "2850", "-983.33", "-7866.67"),
    # (6,000 + 2,550) / 90 = 95 each for all
    ("false", "2550", "-950.00", "-7600.00"),
]


@pytest.mark.parametrize(("at_ssp", "paid", "july", "august"), ADDED)
def test_what_is_added_has_a_price_of_its_own_or_shares_one(
    tmp_path: Path, at_ssp: str, paid: str, july: str, august: str
) -> None:
    added = f"{{credits: 30, paid: {paid}, lot: more}}"
    own = change("2025-07-01", "added", distinct="true", at_ssp=at_ssp, added=added)
    used = [JUNE, "2025-07-10,10", "2025-08-10,80"]
    found = closed(tmp_path, file_of(own), used, credits=BASE)
    assert (found["2025-07"]["cash"], found["2025-07"]["revenue_usage"]) == (f"{paid}.00", july)
    assert found["2025-08"]["revenue_usage"] == august


def test_a_memo_has_the_question_the_answer_and_the_figures(tmp_path: Path) -> None:
    terms = {"before": '{price: "100"}', "after": '{price: "95"}', "approved_on": "2025-07-02"}
    own = change("2025-07-01", "added", **MORE, **terms)
    closed(tmp_path, file_of(own), [JUNE], credits=BASE)
    text = memo(tmp_path, "2025-07")
    assert text is not None
    for said in (
        "| price | 100 | 95 |",
        "- Evidence: order.pdf",
        "- Prepared by Ada, approved by Grace on 2025-07-02.",
        "- Digest of plans/llm.yaml: ",
        "**Prospective** (ASC 606-10-25-13(a), IFRS 15.21(a))",
        "| base | 60 | 6000.00 | 100 |",
        "8550.00 for 90 credits: 95 each from 2025-07-01 on.",
        "| base-order-2 | 60 | 5700.00 |",
        "| more | 30 | 2850.00 |",
    ):
        assert said in text
    # it is told once, in the month of the change
    assert [memo(tmp_path, month) is not None for month in MONTHS] == [False, True, False, False]


def test_one_that_nobody_approved_posts_nothing(tmp_path: Path) -> None:
    own = change("2025-07-01", "added", **MORE, approved="")
    found = closed(tmp_path, file_of(own), [JUNE, "2025-07-10,10"], credits=BASE)
    assert found["2025-07"] == {"deferred_revenue": "1000.00", "revenue_usage": "-1000.00"}
    assert memo(tmp_path, "2025-07") is None
    shown = tokenbooks(tmp_path, "close", "-p", "2025-07")
    assert "warning[modification-unapproved]" in shown.err


def test_a_second_change_prices_what_the_first_left(tmp_path: Path) -> None:
    # 95 each after the first; 50 + 30 left at 7,600, and 7 more for 100: 7,700 / 87 = 88.51
    second = change(
        *("2025-07-20", "added", "order-3"),
        **MORE | {"added": "{credits: 7, paid: 100}"},
    )
    used = [JUNE, "2025-07-10,10"]
    closed(tmp_path, file_of(BLENDED, second), used, credits=BASE)
    left = lots(tmp_path, "2025-07")
    assert {name: own for name, own in left.items() if own[0] != "0"} == {
        "base-order-2-order-3": ("50", "4425.29"),
        "more-order-3": ("30", "2655.17"),
        "order-3": ("7", "619.54"),
    }


def test_a_lot_that_is_used_up_has_no_successor(tmp_path: Path) -> None:
    """Also not by a second change: credits that are gone never come back."""
    second = change(
        *("2025-07-20", "added", "order-3"),
        **MORE | {"added": "{credits: 10, paid: 450}"},
    )
    found = closed(
        *(tmp_path, file_of(BLENDED, second), ["2025-06-15,100", "2025-07-25,40"]), credits=BASE
    )
    assert found["2025-07"] == {"cash": "3000.00", "revenue_usage": "-3000.00"}
    assert lots(tmp_path, "2025-07") == {
        "more": ("0", "0.00"),
        "more-order-3": ("0", "0.00"),
        "order-3": ("0", "0.00"),
    }


def test_of_many_customers_only_the_one_that_agreed_is_repriced(tmp_path: Path) -> None:
    rows = "".join(f"2025-06-01,packs,{name},sale,100,10000,{name}-1\n" for name in PARTIES)
    write_book(
        tmp_path,
        {
            "credits.csv": "date,contract,party,event,credits,paid,lot\n" + rows,
            "usage/all.csv": usage(
                *(f"2025-06-15,40,{name}" for name in PARTIES),
                *(f"2025-07-10,10,{name}" for name in PARTIES),
            ),
            "modifications.yaml": file_of(change("2025-07-01", "added", **MORE, party="birch")),
        },
        REMOTE.replace("    party:", "    each: project\n    party:"),
    )
    # 40 of each at 100 in June; in July 10 of amber still at 100, and 10 of birch at 95
    earned = [write_month(tmp_path, month)["revenue_usage"] for month in MONTHS[:2]]
    assert earned == ["-8000.00", "-1950.00"]
    assert "expiry-missing" not in tokenbooks(tmp_path, "check").err


PARTIES = ("amber", "birch")


def test_a_change_that_comes_late_is_booked_in_the_open_month(tmp_path: Path) -> None:
    write_book(
        tmp_path, {"credits.csv": BASE, "usage/all.csv": usage(JUNE, "2025-07-10,10")}, REMOTE
    )
    first = [write_month(tmp_path, month) for month in ("2025-06", "2025-07")]
    assert first[1]["revenue_usage"] == "-1000.00"
    (tmp_path / "modifications.yaml").write_text(file_of(BLENDED))
    # 10 credits at 95 and not at 100: 50 less
    assert write_month(tmp_path, "2025-08") == {
        "cash": "2550.00",
        "deferred_revenue": "-2600.00",
        "revenue_usage": "50.00",
    }
    assert memo(tmp_path, "2025-08") is not None
    assert write_month(tmp_path, "2025-09") == {}
    assert memo(tmp_path, "2025-09") is None


def test_breakage_that_was_recognised_is_not_taken_back(tmp_path: Path) -> None:
    # 10% of 10,000 stay unused: 40 used are 4,000 x 10/90 = 444.44 of breakage in June, and
    # 10 credits at 95 are 950 x 10/90 = 105.56 more in July, as the price alone changes
    rates = "2025-06-01,packs,{},,{},study.pdf,Ada,Grace\n"
    estimates = ESTIMATES + rates.format("breakage_rate", "10%") + rates.format("escheat_share", 0)
    limited = BASE.replace("base,", "base,2025-09-15")
    added = "{credits: 30, paid: 2550, lot: more, expires: 2025-09-15}"
    own = change("2025-07-01", "added", **MORE | {"added": added})
    found = closed(
        *(tmp_path, file_of(own), [JUNE, "2025-07-10,10"], START),
        credits=limited,
        estimates=estimates,
    )
    broken = [found[month].get("revenue_breakage") for month in MONTHS]
    assert broken[:2] == ["-444.44", "-105.56"]
    # all that was paid is earned when the last of it has expired
    assert total(found) == {"cash": Decimal(12550), "revenue": Decimal(-12550)}


def test_a_change_that_is_withdrawn_leaves_what_was_before(tmp_path: Path) -> None:
    """Written again without it, its month is that of a book that never had it."""
    used = [JUNE, "2025-07-10,10", "2025-08-10,20"]
    plain = closed(tmp_path / "plain", "", used, credits=BASE)
    changed = tmp_path / "changed"
    closed(changed, file_of(BLENDED), used, months=MONTHS[:2], credits=BASE)
    own = file_of(change("2025-07-01", "added", **MORE, approved=""))
    (changed / "modifications.yaml").write_text(own)
    again = {month: write_month(changed, month) for month in MONTHS[1:]}
    assert again == {month: plain[month] for month in MONTHS[1:]}


@pytest.mark.parametrize(("first", "then"), [("2025-09-30", "2025-08-31")])
def test_a_change_and_its_reverse_leave_the_original(tmp_path: Path, first: str, then: str) -> None:
    limited = BASE.replace("base,", f"base,{then}")
    used = [JUNE, "2025-07-20,20"]
    changes = [
        change("2025-07-01", "extension", "longer", distinct="true", expires=first),
        change("2025-07-25", "extension", "shorter", distinct="true", expires=then),
    ]
    plain = closed(tmp_path / "plain", "", used, credits=limited)
    assert closed(tmp_path / "changed", file_of(*changes), used, credits=limited) == plain


def total(found: dict[str, dict[str, str]]) -> dict[str, Decimal]:
    """What all months post to cash and revenue; anything else that is not zero."""
    sums: dict[str, Decimal] = {}
    for month in found.values():
        for role, amount in month.items():
            name = "revenue" if role.startswith("revenue_") else role
            sums[name] = sums.get(name, Decimal(0)) + Decimal(amount)
    return {name: amount for name, amount in sums.items() if amount}


def test_an_extension_lengthens_what_is_left(tmp_path: Path) -> None:
    limited = BASE.replace("base,", "base,2025-07-15")
    own = change("2025-07-01", "extension", distinct="true", expires="2025-08-31")
    used = [JUNE, "2025-07-20,20"]
    found = closed(tmp_path, file_of(own), used, credits=limited)
    assert found["2025-07"] == {"deferred_revenue": "2000.00", "revenue_usage": "-2000.00"}
    assert found["2025-08"] == {"deferred_revenue": "4000.00", "revenue_breakage": "-4000.00"}
    assert "| base | 2025-07-15 | 2025-08-31 |" in (memo(tmp_path, "2025-07") or "")


def test_what_a_termination_does_not_pay_back_is_revenue(tmp_path: Path) -> None:
    # 60 left at 6,000, 20 used until the day: 4,000 = 3,000 paid back + 1,000
    own = change("2025-07-20", "termination", refund="3000")
    found = closed(tmp_path, file_of(own), [JUNE, "2025-07-20,20"], credits=BASE)
    assert found["2025-07"] == {
        "cash": "-3000.00",
        "deferred_revenue": "6000.00",
        "revenue_usage": "-3000.00",
    }
    assert "Paid back 3000.00; the rest, 1000.00, is revenue." in (memo(tmp_path, "2025-07") or "")
    assert memo(tmp_path, "2025-08") is None


def test_a_credit_for_the_past_is_no_part_of_the_new_price(tmp_path: Path) -> None:
    own = change("2025-07-01", "added", **MORE, past_service_credit="900")
    found = closed(tmp_path, file_of(own), [JUNE, "2025-07-10,10"], credits=BASE)
    # 900 less at once, and 10 credits at 95
    assert found["2025-07"]["accounts_receivable"] == "-900.00"
    assert found["2025-07"]["revenue_usage"] == "-50.00"


def test_what_is_not_distinct_catches_up_and_comes_to_the_price(tmp_path: Path) -> None:
    # 500 earned; 60% x 1,200 - 500 = 220 at once; 350 of the other 700 bring half of it back
    own = change("2025-07-10", "price", distinct="false", progress="0.6", price="1200")
    used = ["2025-06-15,500", "2025-07-20,350", "2025-08-03,350"]
    found = closed(tmp_path, file_of(own), used, ARREARS)
    assert found["2025-07"] == {
        "contract_asset": "110.00",
        "revenue_usage": "-460.00",
        "unbilled_receivable": "350.00",
    }
    assert found["2025-08"]["contract_asset"] == "-110.00"
    assert total(found) == {"revenue": Decimal(-1200), "unbilled_receivable": Decimal(1200)}
    text = memo(tmp_path, "2025-07") or ""
    assert "0.6 x 1200.00 - 500.00 earned so far = 220.00 at once." in text


def test_a_catch_up_of_a_fee_in_advance_is_held_against_what_is_deferred(tmp_path: Path) -> None:
    # 1,000 for 100 days, 40 gone: 600 - 400 = 200; when July ends 390 of 600 are left: 130
    invoice = "2025-06-01,packs,I-1,invoice,2025-06-01,2025-09-08,1000,0,cash\n"
    own = change("2025-07-11", "price", distinct="false", progress="0.6", price="1000")
    found = closed(
        *(tmp_path, file_of(own), ["2025-06-15,0"], ARREARS + "    billing: {in: advance}\n"),
        invoices=INVOICES + invoice,
    )
    assert found["2025-07"] == {
        "deferred_revenue": "440.00",
        "revenue_subscription": "-310.00",
        "revenue_usage": "-130.00",
    }
    assert total(found) == {"cash": Decimal(1000), "revenue": Decimal(-1000)}


quantities = st.integers(1, 60)
cents = st.integers(0, 300_000)


@given(
    sold=st.lists(st.tuples(quantities, cents), min_size=1, max_size=3),
    more=st.lists(st.tuples(quantities, cents, st.booleans()), min_size=1, max_size=2),
    uses=st.lists(st.tuples(st.sampled_from(range(4)), st.integers(1, 40)), max_size=4),
)
@settings(max_examples=8, deadline=None)
def test_revenue_over_the_life_of_a_contract_is_what_was_paid(
    tmp_path_factory: pytest.TempPathFactory,
    sold: list[tuple[int, int]],
    more: list[tuple[int, int, bool]],
    uses: list[tuple[int, int]],
) -> None:
    """Whatever is added and repriced; what nobody uses expires in September."""
    rows = "".join(
        f"2025-06-01,packs,sale,{quantity},{Decimal(paid) / 100},lot-{n},2025-09-15\n"
        for n, (quantity, paid) in enumerate(sold)
    )
    changes = [
        change(
            *(f"2025-07-{10 * (n + 1)}", "added", f"order-{n}"),
            distinct="true",
            at_ssp=str(at_ssp).lower(),
            added=f"{{credits: {quantity}, paid: {Decimal(paid) / 100}, expires: 2025-09-15}}",
        )
        for n, (quantity, paid, at_ssp) in enumerate(more)
    ]
    days = ("2025-06-20", "2025-07-15", "2025-07-25", "2025-08-20")
    # usage beyond all credits is billed, and is no part of what was paid
    rest = sum(quantity for quantity, _ in sold)
    used = ["2025-06-02,0"]
    for number, quantity in sorted(uses):
        if quantity <= rest:
            used.append(f"{days[number]},{quantity}")
            rest -= quantity
    folder = tmp_path_factory.mktemp("life")
    found = closed(folder, file_of(*changes), used, credits=SALES + rows)
    paid = Decimal(sum(own[1] for own in [*sold, *more])) / 100
    assert total(found) == ({"cash": paid, "revenue": -paid} if paid else {})
