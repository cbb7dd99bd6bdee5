"""Whatever a book holds, the causes between its usage and its entries leave nothing over."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.books import ARREARS, PLAN, PREPAID, write_book
from tests.reconcile.booked_books import closed_books
from tokenbooks.close import plain_parties
from tokenbooks.periods import Period

AMOUNT = st.decimals("0.001", "900", places=3).map(str)
MONEY = st.decimals("0.01", "900", places=2).map(str)
DAY = st.dates(Period.parse("2025-10").start, Period.parse("2025-11").last_day)
Drawn = dict[str, object]
PARTY = st.sampled_from(["a", "b"])

TERMS = """\
fees: [{name: seat, price: 20, every: month}]
discounts: [{percent: 10}]
"""
ALLOCATE = """\
allocate:
  - when: {project: a}
    split: [{share: 60, class: rd}, {share: 40, class: cogs, cost_center: support}]
"""
RATES = """\
date,from,to,rate
2025-09-30,USD,EUR,0.91
2025-10-31,USD,EUR,0.925
2025-11-30,USD,EUR,0.93
2025-12-31,USD,EUR,0.9111
"""

USAGE = st.lists(st.tuples(DAY, AMOUNT, PARTY), min_size=1, max_size=8)
CREDIT = st.tuples(
    DAY,
    st.sampled_from(["purchase", "grant", "bonus"]),
    AMOUNT,
    MONEY,
    st.sampled_from(["", "0.9", "1.1"]),
    st.sampled_from(["", "1.23"]),
)
BILL = st.tuples(
    st.sampled_from(["invoice", "invoice", "credit_note"]),
    DAY,
    st.integers(0, 40),
    MONEY,
    st.sampled_from(["0", "1.9"]),
)
BOOK = st.fixed_dictionaries(
    {
        "text": st.sampled_from([ARREARS, PREPAID]),
        "foreign": st.booleans(),
        "each": st.booleans(),
        "tables": st.booleans(),
        "allocate": st.booleans(),
        "every": st.sampled_from(["month", "week"]),
        "tax": st.sampled_from(["cost", "recoverable"]),
        "terms": st.booleans(),
        "opening": st.booleans(),
        "approved": st.booleans(),
        "usage": USAGE,
        "credits": st.lists(CREDIT, max_size=4),
        "bills": st.lists(BILL, max_size=3),
    }
)


def book_of(folder: Path, drawn: Drawn) -> Path:
    text = str(drawn["text"]) + f"post_usage: {drawn['every']}\n"
    text = text.replace("plan: llm\n", f"plan: llm\n    tax: {{kind: {drawn['tax']}}}\n")
    plan, files = PLAN, dict[str, str]()
    if drawn["terms"]:
        plan += TERMS
    if drawn["each"]:
        text = text.replace("plan: llm\n", "plan: llm\n    each: project\n")
    if drawn["allocate"]:
        text += ALLOCATE
    if drawn["foreign"]:
        text = text.replace("currency: USD", "currency: EUR")
        files["rates.csv"] = RATES
    party = "a" if drawn["each"] else ""
    if drawn["opening"]:
        files["opening.csv"] = (
            "role,contract,party,service_period,amount\n"
            f"accrued_expenses,llm,{party},2025-09,-33.33\n"
        )
    if drawn["approved"]:
        files["adjustments.csv"] = (
            "date,contract,party,service_period,amount,memo,prepared,approved\n"
            f"2025-10-31,llm,{party},2025-10,12.34,hours not reported,A,B\n"
            f"2025-11-30,llm,{party},2025-10,-2.34,less than thought,A,B\n"
        )
    files["plans/llm.yaml"] = plan
    files["usage/a.csv"] = _usage(drawn["usage"])
    if drawn["text"] == PREPAID:
        files["credits.csv"] = _credits(drawn)
    files["invoices.csv"] = _bills(drawn)
    return write_book(folder, files, text)


def _usage(rows: object) -> str:
    assert isinstance(rows, list)
    lines = [f"{day},m,{party},{amount}\n" for day, amount, party in rows]
    return "date,model,project,credits\n" + "".join(lines)


def _credits(drawn: Drawn) -> str:
    rows = drawn["credits"]
    assert isinstance(rows, list)
    currency = "USD" if drawn["foreign"] else ""
    lines = ["date,contract,party,event,credits,lot,paid,currency,fx_rate,tax,parent\n"]
    bought = ""
    for number, (day, event, amount, paid, rate, tax) in enumerate(rows):
        party, lot, parent = "a" if drawn["each"] else "", f"L{number}", ""
        if event == "bonus" and not bought:
            event = "grant"
        if event == "bonus":
            day, parent = bought.split(" ")[0], bought.split(" ")[1]
        own = event == "purchase"
        cells = (
            *(day, "llm", party, event, amount, lot, paid if own else ""),
            *(currency if own else "", rate or "1" if own and currency else ""),
            *(tax if own else "", parent),
        )
        bought = f"{day} {lot}" if own else bought
        lines.append(",".join(map(str, cells)) + "\n")
    return "".join(lines)


def _bills(drawn: Drawn) -> str:
    rows = drawn["bills"]
    assert isinstance(rows, list)
    lines = ["date,contract,party,invoice,kind,period_start,period_end,amount,tax,currency\n"]
    months: set[int] = set()
    for number, (kind, first, length, amount, tax) in enumerate(rows):
        end = day = Period.month_of(first).last_day
        if length > 20 and end.month < 11:
            # an invoice that straddles months, dated after both
            end = day = Period.month_of(first).next().last_day
        billed = {first.month, end.month}
        if months & billed:
            # no two invoices bill the same days
            kind = "credit_note"
        months |= billed if kind == "invoice" else set()
        party = "a" if drawn["each"] else ""
        currency = "USD" if drawn["foreign"] and length % 2 else ""
        cells = (day, "llm", party, f"I{number}", kind, first, end, amount, tax, currency)
        lines.append(",".join(map(str, cells)) + "\n")
    return "".join(lines)


@settings(max_examples=settings.default.max_examples // 10)
@given(BOOK)
def test_usage_less_entries_is_the_sum_of_the_causes(drawn: Drawn) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        if drawn["tables"]:
            patch.setattr(plain_parties, "MANY_PARTIES", 0)
        books = closed_books(book_of(Path(name), drawn), "2025-10", "2025-11")
        for month in ("2025-10", "2025-11"):
            leg = books.leg(month)
            assert not leg.unexplained, (month, leg)
