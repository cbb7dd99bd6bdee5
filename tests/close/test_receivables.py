"""What customers owe: by document and age; losses that come and go; whom to talk to first."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.books import close, tokenbooks, usage, write_book
from tokenbooks.book import Book, Contract
from tokenbooks.close import plain_parties
from tokenbooks.close.allowances import find_allowances, kept_for
from tokenbooks.close.dunning import dunned
from tokenbooks.close.receivables import Receivable, ReceivableLedger
from tokenbooks.close.written_off import find_write_offs
from tokenbooks.documents import Estimate, Invoice
from tokenbooks.entries.exchange import Exchange
from tokenbooks.entries.sell.allowance import allowance_to_date
from tokenbooks.entries.sell.write_off import write_offs_to_date
from tokenbooks.facts import Facts
from tokenbooks.periods import Period

START = Period.parse("2025-10")
CONTRACT = Contract("api", "sell", "Customers", "plan", "arrears")
BOOK = Book("Lumen", "USD", START, "UTC", "ledger", {"api": CONTRACT})

#: Days past due -> the name of the age, at both ends of each.
AGES = {
    -20: "not due",
    0: "not due",
    1: "1-30",
    30: "1-30",
    31: "31-60",
    60: "31-60",
    61: "61-90",
    90: "61-90",
    91: "over 90",
    400: "over 90",
}


@pytest.mark.parametrize(("days", "name"), AGES.items())
def test_ages_count_from_the_day_that_is_due(days: int, name: str) -> None:
    end = date(2025, 12, 31)
    due = end - timedelta(days=days)
    assert Receivable("api", "", "A-1", date(2025, 1, 1), due, Decimal(1)).bucket(end) == name
    assert Receivable("api", "", "A-1", due, None, Decimal(1)).bucket(end) == name


# -- losses as time goes by ------------------------------------------------------------

#: What happens to one of three documents on a day: billed, paid or written off.
events = st.lists(
    st.tuples(
        st.integers(0, 120),
        st.sampled_from(["A", "B", "C"]),
        st.sampled_from(["bill", "pay", "write off"]),
        st.decimals("0.01", "999.99", places=2),
    ),
    max_size=25,
)
rates = st.lists(st.tuples(st.integers(0, 120), st.sampled_from(["0", "1/40", "1/3"])), max_size=3)


def _told(rows: list[tuple[int, str, str, Decimal]], days: list[tuple[int, str]]) -> Facts:
    written = [
        Invoice(START.start + timedelta(days=day), "api", name, amount, "write_off")
        for day, name, kind, amount in rows
        if kind == "write off"
    ]
    estimates = [
        Estimate(
            START.start + timedelta(days=day),
            *("api", "loss_rate", Fraction(rate)),
            prepared="Ada",
            approved="Grace",
        )
        for day, rate in days
    ]
    return Facts(BOOK, {}, invoices=tuple(written), estimates=tuple(estimates))


def _ledger(rows: list[tuple[int, str, str, Decimal]]) -> ReceivableLedger:
    ledger = ReceivableLedger()
    for day, name, kind, amount in rows:
        if kind != "write off":
            signed = amount if kind == "bill" else -amount
            ledger.add(("api", "", name), START.start + timedelta(days=day), signed)
    return ledger


@given(events, rates)
def test_losses_add_up_and_leave_nothing(
    rows: list[tuple[int, str, str, Decimal]], days: list[tuple[int, str]]
) -> None:
    """At every month end: the allowance is what its rates say, and never below zero.

    Expense = what is kept + written off - paid after all; and receivables are billed - paid -
    written off + brought back.
    """
    facts = _told(rows, days)
    for month in (START, START.next(), START.next().next(), Period.parse("2026-01")):
        ledger = _ledger(rows)
        written, recovered, _ = find_write_offs(facts, ledger, Exchange(facts), month)
        raised, written = find_allowances(facts, ledger, written, month)
        lines = {**write_offs_to_date(written, recovered), **allowance_to_date(raised, written)}
        sums = dict.fromkeys(
            ("credit_loss_expense", "allowance_credit_losses", "accounts_receivable"), Decimal(0)
        )
        for line, amount in lines.items():
            sums[line.role] += amount
        open_ = ledger.open_at(month.last_day)
        kept = sum((own.allowance for own in kept_for(facts, open_, month.last_day)), Decimal(0))
        lost = sum((item.amount for item in written), Decimal(0))
        back = sum((item.amount for item in recovered), Decimal(0))
        assert sum(sums.values()) == 0
        assert -sums["allowance_credit_losses"] == kept >= 0
        assert sums["credit_loss_expense"] == kept + lost - back
        assert 0 <= back <= lost
        moved = sum(
            (
                own.amount
                for item in ledger.movements.values()
                for own in item
                if own.day <= month.last_day
            ),
            Decimal(0),
        )
        assert sum((item.amount for item in open_), Decimal(0)) == moved


# -- dunning -----------------------------------------------------------------------------


def _bill(day: str, number: str, amount: int, party: str = "acme") -> Invoice:
    return Invoice(date.fromisoformat(day), "api", number, Decimal(amount), party=party)


def _open(number: str, amount: int, day: str, due: str = "", party: str = "acme") -> Receivable:
    on = date.fromisoformat(due) if due else None
    return Receivable("api", party, number, date.fromisoformat(day), on, Decimal(amount))


def test_an_invoice_out_of_pattern_is_for_a_person_first() -> None:
    """After 2,000 an invoice of 18,000 is 9 times the usual (P055); one of 5,999 is in pattern."""
    month = Period.parse("2025-11")
    for amount, ratio, review in ((18_000, 9, True), (6_000, 3, True), (5_999, None, False)):
        bills = (_bill("2025-10-31", "A-10", 2_000), _bill("2025-11-15", "A-11", amount))
        found = dunned(
            Facts(BOOK, {}, invoices=bills), [_open("A-11", amount, "2025-11-15")], month
        )
        assert found[0].review is review
        assert found[0].usual == 2_000
        if ratio:
            assert found[0].ratio == ratio
            assert found[0].retries == ()
            assert found[0].next_retry is None


def test_the_pattern_is_the_median_of_the_last_six_of_the_same_customer() -> None:
    """Of 10, 100, 200, 300, 400, 500 and 600 the last six have the median 350."""
    amounts = (10, 100, 200, 300, 400, 500, 600)
    bills = [_bill(f"2025-0{n}-28", f"A-{n}", amount) for n, amount in enumerate(amounts, 1)]
    bills += [_bill("2025-08-28", "B-1", 9_999, "bolt"), _bill("2025-09-30", "A-9", 1_000)]
    facts = Facts(BOOK, {}, invoices=tuple(bills))
    (found,) = dunned(facts, [_open("A-9", 1_000, "2025-09-30")], Period.parse("2025-09"))
    assert found.usual == 350


def test_retries_are_1_3_7_and_14_days_past_due_then_a_person_takes_over() -> None:
    item = _open("A-10", 100, "2025-10-31", due="2025-11-25")
    facts = Facts(BOOK, {}, invoices=(_bill("2025-10-31", "A-10", 100),))
    (found,) = dunned(facts, [item], Period.parse("2025-11"))
    assert [f"{day:%m-%d}" for day in found.retries] == ["11-26", "11-28", "12-02", "12-09"]
    # on 30 November two of them are over
    assert (found.next_retry, found.escalate_on) == (date(2025, 12, 2), date(2025, 12, 25))
    (later,) = dunned(facts, [item], Period.parse("2025-12"))
    assert later.next_retry is None


def test_what_is_owed_to_a_customer_is_not_asked_for() -> None:
    assert dunned(Facts(BOOK, {}), [_open("N-1", -50, "2025-10-31")], START) == []


# -- reports of a book -------------------------------------------------------------------

SELLER = """\
book: Lumen
currency: USD
start: 2025-10
journal: ledger
contracts:
  api:
    side: sell
    party: Customers
    plan: llm
    settle: arrears
    each: project
    parties: customers.csv
    usage: usage/*.csv
    revenue: {gross_net: principal}
"""
DOCUMENTS = "date,contract,party,invoice,kind,period_start,period_end,amount,due\n"


def seller(folder: Path, *rows: str, more: str = "") -> Path:
    files = {
        "usage/all.csv": usage("2025-10-20,2000,acme", "2025-11-20,18000,acme"),
        "customers.csv": "project,name\nacme,Acme Corporation\n",
        "invoices.csv": DOCUMENTS + "".join(f"{row}\n" for row in rows),
    }
    return write_book(folder, files, SELLER + more)


BILLS = (
    "2025-10-31,api,acme,A-10,invoice,2025-10-01,2025-10-31,2000,2025-11-10",
    "2025-11-30,api,acme,A-11,invoice,2025-11-01,2025-11-30,18000,2025-12-15",
)


def table(folder: Path, *arguments: str, number: int = 0) -> list[dict[str, str]]:
    ran = tokenbooks(folder, "report", *arguments, "--format", "csv")
    assert ran.code == 0, ran.err
    return list(csv.DictReader(ran.out.split("\n\n")[number].splitlines()))


def test_a_credit_note_of_its_own_number_reduces_the_invoice_of_its_days(tmp_path: Path) -> None:
    note = "2025-11-12,api,acme,N-1,credit_note,2025-10-01,2025-10-31,150,"
    folder = seller(tmp_path, BILLS[0], note)
    close(folder, "2025-10")
    close(folder, "2025-11")
    (row,) = table(folder, "receivables", "-p", "2025-11", number=1)
    assert (row["document"], row["open"], row["age"]) == ("A-10", "1850.00", "1-30")


def test_the_dunning_report_names_the_customer_and_hides_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = seller(tmp_path, *BILLS, more="redact: [project]\n")
    close(folder, "2025-10")
    close(folder, "2025-11")
    found = {row["document"]: row for row in table(folder, "dunning")}
    assert found["A-11"]["next"] == "talk to Acme Corporation before retrying"
    assert found["A-11"]["ratio"] == "9.0"
    assert found["A-10"]["next"] == "a person takes over on 2025-12-10"
    monkeypatch.setenv("TOKENBOOKS_REDACT_KEY", "ab" * 32)
    hidden = tokenbooks(folder, "report", "dunning", "--redact").out
    assert "A-11" in hidden
    assert "acme" not in hidden.lower()


def test_the_ratio_is_a_policy(tmp_path: Path) -> None:
    folder = seller(tmp_path, *BILLS, more="policies: {review_ratio: 10}\n")
    close(folder, "2025-10")
    close(folder, "2025-11")
    assert all("talk" not in row["next"] for row in table(folder, "dunning"))


def test_customers_in_tables_owe_what_they_owe_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sales on account of 100, 200 and 300; those of customers in tables are one line a month."""
    rows = "".join(f"2025-10-0{n},api,p{n},sale,{n}00,{n}00,account,S-{n}\n" for n in (1, 2, 3))
    files = {
        "usage/all.csv": usage("2025-10-20,50,p1", "2025-10-20,50,p2", "2025-10-20,50,p3"),
        "customers.csv": "project,name\np1,P\n",
        "credits.csv": "date,contract,party,event,credits,paid,pay,document\n" + rows,
        "invoices.csv": DOCUMENTS + "2025-10-25,api,p3,S-3,receipt,,,120,\n",
    }
    book = SELLER.replace("settle: arrears", "settle: prepaid")
    one_by_one = write_book(tmp_path / "one", files, book)
    close(one_by_one, "2025-10")
    found = {row["document"]: row["open"] for row in table(one_by_one, "receivables", number=1)}
    assert found == {"S-1": "100.00", "S-2": "200.00", "S-3": "180.00"}
    monkeypatch.setattr(plain_parties, "MANY_PARTIES", 0)
    in_tables = write_book(tmp_path / "many", files, book)
    close(in_tables, "2025-10")
    found = {row["document"]: row["open"] for row in table(in_tables, "receivables", number=1)}
    assert found == {"S-3": "180.00", "sales 2025-10": "300.00"}
