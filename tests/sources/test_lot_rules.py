"""What rows may do to the lots that they name: which there are, how much, and how long."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.small_book import BOOK, PLAN, codes
from tests.sources.test_credits import read
from tokenbooks.documents import CreditEvent, TransferTo
from tokenbooks.sources.credits.naming import name_lots

CONTRACTS = (
    BOOK
    + """\
  seats: {side: buy, party: Cursor, plan: api, settle: prepaid, each: user}
"""
)
GIVING = (
    PLAN
    + """\
credits:
  bonus: [{from: 100, percent: 10, expires: 1 month}]
  recurring:
    - {name: free, credits: 20, every: 1 month, from: 2025-10-15}
"""
)
HEADER = "date,contract,event,credits,lot,parent,paid,expires,party,to,used,memo"


def rows(*lines: str) -> str:
    width = HEADER.count(",")
    return "\n".join([HEADER, *(line + "," * (width - line.count(",")) for line in lines), ""])


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("2025-11-20,openai,void,,A", []),
        ("2025-11-20,openai,void,,B", ["lot-unknown"]),
        ("2025-11-20,openai,void,,S", ["lot-unknown"]),
        ("2025-11-20,seats,void,,S,,,,jane", []),
        ("2025-11-20,seats,void,,S,,,,john", ["lot-unknown"]),
        # of the plan: 20 on the 15th of every month, 10 percent on top of the purchase
        ("2025-11-20,openai,void,,openai-free-2025-11-15", []),
        ("2025-11-20,openai,void,,openai-free-2025-11-14", ["lot-unknown"]),
        ("2025-11-14,openai,void,,openai-free-2025-11-15", ["lot-before-start"]),
        ("2025-11-20,openai,void,20,openai-free-2025-11-15", []),
        ("2025-11-20,openai,void,21,openai-free-2025-11-15", ["removed-above-lot"]),
        ("2025-11-20,openai,extend,,openai-free-2025-11-15,,,2025-12-14", ["extend-not-later"]),
        ("2025-11-20,openai,extend,,openai-free-2025-11-15,,,2025-12-15", []),
        ("2025-11-20,seats,void,,seats-jane-free-2025-11-15,,,,jane", []),
        ("2025-11-20,seats,void,,seats-jane-free-2025-11-15,,,,john", ["lot-unknown"]),
        ("2025-10-20,openai,void,10,A-bonus-2025-10-02", []),
        ("2025-10-20,openai,void,11,A-bonus-2025-10-02", ["removed-above-lot"]),
        ("2025-11-20,openai,void,1,A-bonus-2025-10-02", ["lot-ended"]),
        ("2025-10-20,seats,void,,S-bonus-2025-10-02,,,,jane", ["lot-unknown"]),
        # what a rule rolls over without a row cannot be named
        ("2026-01-01,openai,void,,A-rollover-2026-01-01", ["lot-unknown"]),
    ],
)
def test_lots_that_rows_name(tmp_path: Path, row: str, found: list[str]) -> None:
    text = rows(
        "2025-10-02,openai,purchase,100,A,,,2026-12-31",
        "2025-10-02,seats,purchase,50,S,,,,jane",
        row,
    )
    assert codes(read(tmp_path, text, CONTRACTS, GIVING)[1]) == found


def test_the_nearest_lot_is_proposed(tmp_path: Path) -> None:
    text = rows("2025-10-02,openai,purchase,100,october", "2025-10-03,openai,refund,5,octber")
    [problem] = read(tmp_path, text)[1]
    assert problem.help == "did you mean 'october'? lots of openai: october"


def test_a_built_lot_can_be_named(tmp_path: Path) -> None:
    text = rows(
        "2025-10-02,openai,purchase,100,A",
        "2025-11-01,openai,rollover,50,,A",
        "2025-11-02,openai,transfer,30,A-rollover-2025-11-01,,,,,seats/jane",
        "2025-11-03,seats,refund,30,A-rollover-2025-11-01-transfer-2025-11-02,,,,jane",
        "2025-11-04,seats,void,1,A-rollover-2025-11-01-transfer-2025-11-02,,,,jane",
    )
    problems = read(tmp_path, text, CONTRACTS)[1]
    assert [(problem.code, problem.position.line) for problem in problems] == [
        ("removed-above-lot", 6)
    ]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        # 100 credits bought, 30 used before the start: 70 can be taken away
        (["refund,70"], []),
        (["refund,71"], ["removed-above-lot"]),
        (["refund,40", "void,30"], []),
        (["refund,40", "void,31"], ["removed-above-lot"]),
        (["refund,40", "void,"], []),
        # a row counts on its day, wherever it stands in the file
        (["refund,40", "adjust,-20,,,x", "chargeback,20"], ["removed-above-lot"]),
    ],
)
def test_no_more_is_taken_away_than_there_was(
    tmp_path: Path, lines: list[str], found: list[str]
) -> None:
    text = "date,contract,event,credits,lot,used,paid,memo\n2025-10-01,openai,opening,100,A,30,,\n"
    for day, line in enumerate(lines, 10):
        event, quantity, *rest = line.split(",")
        text += f"2025-10-{day},openai,{event},{quantity},A,,,{rest[-1] if rest else ''}\n"
    assert codes(read(tmp_path, text)[1]) == found


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        # 100 credits for 80: half of them cost 40
        (["50,", "50,"], []),
        (["50,40", "50,40"], []),
        (["50,", "50,41"], ["refund-above-paid"]),
        (["50,0", "50,80"], []),
        (["10,81"], ["refund-above-paid"]),
    ],
)
def test_no_more_money_comes_back_than_was_paid(
    tmp_path: Path, rest: list[str], found: list[str]
) -> None:
    lines = [f"2025-10-1{n},openai,refund,{r.replace(',', ',A,,', 1)}" for n, r in enumerate(rest)]
    text = rows("2025-10-02,openai,purchase,100,A,,80", *lines)
    assert codes(read(tmp_path, text)[1]) == found


def test_tax_that_does_not_come_back_is_part_of_the_price(tmp_path: Path) -> None:
    text = "date,contract,event,credits,lot,paid,tax,tax_kind\n2025-10-02,openai,purchase,100,A,"
    refund = "\n2025-10-12,openai,refund,100,A,119,,\n"
    assert codes(read(tmp_path, text + "100,19,cost" + refund)[1]) == []
    assert codes(read(tmp_path, text + "100,19,recoverable" + refund)[1]) == ["refund-above-paid"]


def test_another_currency_is_not_compared(tmp_path: Path) -> None:
    text = "date,contract,event,credits,lot,paid,currency,fx_rate\n"
    text += "2025-10-02,openai,purchase,100,A,90,EUR,1.10\n2025-10-12,openai,refund,100,A,99,,\n"
    assert codes(read(tmp_path, text)[1]) == []


EXPIRING = PLAN + "credits: {expires: 90 days}\n"


@pytest.mark.parametrize(
    ("row", "found"),
    [
        # 90 days after 2 October is 31 December, the last usable day
        ("2025-12-31,openai,void,,A", []),
        ("2026-01-01,openai,void,,A", ["lot-ended"]),
        ("2026-01-01,openai,adjust,-5,A,,,,,,,late", ["lot-ended"]),
        ("2026-01-01,openai,adjust,5,A,,,,,,,late", []),
        ("2026-01-02,openai,adjust,5,A,,,,,,,late", ["lot-ended"]),
        ("2026-01-01,openai,transfer,5,A,,,,,entity:Sister", ["lot-ended"]),
        # money may come back for what has ended
        ("2026-01-01,openai,refund,5,A", []),
        ("2025-12-01,openai,extend,,A,,,2025-12-31", ["extend-not-later"]),
        ("2025-12-01,openai,extend,,A,,,2026-01-01", []),
        ("2026-02-01,openai,extend,,A,,,2026-03-31", []),
        ("2025-12-01,openai,extend,,L,,,2026-03-31", []),
        ("2025-12-01,openai,extend,,L,,,2026-01-15", ["extend-not-later"]),
        ("2025-12-01,openai,extend,,A-adjust-2025-10-05,,,2025-12-31", ["extend-not-later"]),
    ],
)
def test_ends_of_lots(tmp_path: Path, row: str, found: list[str]) -> None:
    text = rows(
        "2025-10-02,openai,purchase,100,A",
        "2025-10-02,openai,purchase,100,L,,,2026-01-31",
        "2025-10-05,openai,adjust,5,A,,,,,,,forgotten",
        row,
    )
    assert codes(read(tmp_path, text, plan=EXPIRING)[1]) == found


def test_an_instant_lives_to_the_same_instant(tmp_path: Path) -> None:
    """From 1 March 00:00 in New York one month is 1 April 00:00 there."""
    book = BOOK.replace("pay: card", "pay: card, timezone: America/New_York")
    text = "date,contract,event,credits,lot,starts,expires\n"
    text += "2026-03-01,openai,purchase,5,A,2026-03-01T00:00:00-05:00,\n"
    late = text + "2026-03-15,openai,extend,,A,,2026-04-01T00:00:00-04:00\n"
    later = text + "2026-03-15,openai,extend,,A,,2026-04-01T00:00:01-04:00\n"
    plan = PLAN + "credits: {expires: 1 month}\n"
    assert codes(read(tmp_path, late, book, plan)[1]) == ["extend-not-later"]
    assert codes(read(tmp_path, later, book, plan)[1]) == []


@pytest.mark.parametrize(
    ("contract", "plan", "row", "found"),
    [
        ("lot_order: average", "", "5,", []),
        ("lot_order: average", "", "5,2026-01-31", ["average-expires"]),
        ("lot_order: fifo", "", "5,2026-01-31", []),
        ("lot_order: average", "credits: {expires: 1 month}\n", "5,", ["average-expires"]),
    ],
)
def test_pooled_cost_and_ends(
    tmp_path: Path, contract: str, plan: str, row: str, found: list[str]
) -> None:
    book = BOOK.replace("pay: card", f"pay: card, {contract}")
    text = f"date,contract,event,credits,expires\n2025-10-02,openai,purchase,{row}\n"
    assert codes(read(tmp_path, text, book, PLAN + plan)[1]) == found


EVENTS_OF_A_DAY = st.lists(
    st.tuples(
        st.sampled_from(["purchase", "grant", "bonus", "adjust", "rollover", "transfer"]),
        st.sampled_from([None, "A", "openai-2025-11-03", "A-bonus-2025-11-03"]),
    ),
    max_size=12,
)


@given(EVENTS_OF_A_DAY)
def test_no_built_id_meets_another(rows_of_a_day: list[tuple[str, str | None]]) -> None:
    """Ids that rows state may be taken twice, which is told; those that are built never are."""
    events = [
        CreditEvent(
            day=date(2025, 11, 3),
            contract="openai",
            event=event,
            credits=Decimal(1),
            lot=lot,
            parent="A" if event == "rollover" else None,
            to=TransferTo("seats", "jane") if event == "transfer" else None,
        )
        for event, lot in rows_of_a_day
    ]
    named, problems = name_lots(events)
    made = Counter(event.lot for event in named if event.lot)
    twice = sum(count - 1 for count in made.values())
    assert twice == codes(problems).count("lot-duplicate")
