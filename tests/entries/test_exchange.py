"""Exchange rates, payables and accruals in foreign currencies: rules, and what always holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.book import Book, Contract
from tokenbooks.documents import ExchangeRate, Invoice, OpeningBalance
from tokenbooks.entries.buy.liabilities import Liabilities, OwedUsage, liabilities
from tokenbooks.entries.buy.owed import Usage, payable_lines, service_lines
from tokenbooks.entries.buy.payable_exchange import Payable
from tokenbooks.entries.buy.payable_movements import Movement
from tokenbooks.entries.buy.pricing import Pricing
from tokenbooks.entries.exchange import Exchange
from tokenbooks.entries.posted import Destination, Posted
from tokenbooks.entries.service import service_spans
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, months_between
from tokenbooks.problems import NOWHERE
from tokenbooks.rating.charges import ALLOCATION, Part

OCTOBER, DECEMBER = Period.month(2025, 10), Period.month(2025, 12)
CONTRACT = Contract("llm", "buy", "LLM", "llm", "arrears")
BOOK = Book("Tests", "EUR", OCTOBER, "UTC", "ledger", {"llm": CONTRACT})
EXPENSE = Destination("ai_expense", "", "")


def rates(*rows: str) -> Exchange:
    """The rates of rows as ``2025-10-31 USD EUR 0.92``."""
    cells = [row.split() for row in rows]
    return Exchange(
        Facts(
            BOOK,
            {},
            rates=tuple(
                ExchangeRate(date.fromisoformat(day), currency, into, Decimal(rate))
                for day, currency, into, rate in cells
            ),
        )
    )


# -- rates ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "day", "rate"),
    [
        # a rate holds from its day until the next of its pair
        (["2025-10-31 USD EUR 0.92"], "2025-10-31", Fraction(92, 100)),
        (["2025-10-31 USD EUR 0.92"], "2026-10-31", Fraction(92, 100)),
        (["2025-10-31 USD EUR 0.92"], "2025-10-30", None),
        (["2025-11-30 USD EUR 0.93", "2025-10-31 USD EUR 0.92"], "2025-11-29", Fraction(92, 100)),
        (["2025-11-30 USD EUR 0.93", "2025-10-31 USD EUR 0.92"], "2025-11-30", Fraction(93, 100)),
        # the other direction is its exact inverse: no decimal has a third of 3
        (["2025-10-31 EUR USD 3"], "2025-10-31", Fraction(1, 3)),
        (["2025-10-31 EUR USD 3", "2025-10-31 USD EUR 0.34"], "2025-10-31", Fraction(34, 100)),
        (["2025-10-31 USD EUR 0.34", "2025-11-30 EUR USD 3"], "2025-11-30", Fraction(1, 3)),
        # rates are not put together: GBP in USD says nothing of USD in EUR
        (["2025-10-31 GBP USD 1.30", "2025-10-31 GBP EUR 1.15"], "2025-10-31", None),
    ],
)
def test_which_rate_holds(rows: list[str], day: str, rate: Fraction | None) -> None:
    assert rates(*rows).known("USD", date.fromisoformat(day)) == rate


def test_the_books_own_currency_needs_no_rate() -> None:
    exchange = rates()
    assert exchange.rate("EUR", date(2025, 10, 31), "anything", NOWHERE) == 1
    assert exchange.problems == []


def test_a_missing_rate_is_told_once_for_its_day() -> None:
    exchange = rates("2025-11-30 USD EUR 0.93")
    for what in ("one", "another"):
        exchange.rate("USD", date(2025, 10, 31), what, NOWHERE)
    [problem] = exchange.problems
    assert problem.code == "exchange-rate-missing"
    assert "2025-10-31,USD,EUR,RATE,SOURCE" in problem.help


# -- payables ---------------------------------------------------------------------------


def payable(*movements: tuple[str, str]) -> tuple[Payable, list[Decimal]]:
    """A payable after movements of (foreign, in the book's currency), and the losses."""
    found = Payable()
    losses = [
        found.settle(Movement(date(2025, 10, 1), Decimal(foreign), Decimal(in_book)), 2)
        for foreign, in_book in movements
    ]
    return found, losses


@pytest.mark.parametrize(
    ("movements", "losses", "left"),
    [
        # 1,000 at 1.08 are paid at 1.10
        ([("1000", "1080"), ("-1000", "-1100")], ["0", "20.00"], ("0", "0")),
        ([("1000", "1080"), ("-1000", "-1050")], ["0", "-30.00"], ("0", "0")),
        # half of it: 550 against 540
        ([("1000", "1080"), ("-500", "-550")], ["0", "10.00"], ("500", "540")),
        # 1,200 paid: 1,000 settle it (1,100 against 1,080), 200 stay as what was paid too much
        ([("1000", "1080"), ("-1200", "-1320")], ["0", "20.00"], ("-200", "-220")),
        # a credit note first, which the next bill uses up: 110 owed against 108 to claim
        ([("-100", "-108"), ("100", "110")], ["0", "-2.00"], ("0", "0")),
        # three parts of a third: the last takes the cent that is left
        (
            [("3", "1.00"), ("-1", "-0.33"), ("-1", "-0.33"), ("-1", "-0.33")],
            ["0", "0.00", "-0.01", "0.00"],
            ("0", "0"),
        ),
    ],
)
def test_what_a_settlement_brings(
    movements: list[tuple[str, str]], losses: list[str], left: tuple[str, str]
) -> None:
    found, brought = payable(*movements)
    assert brought == [Decimal(loss) for loss in losses]
    assert (found.open, found.carried) == (Decimal(left[0]), Decimal(left[1]))


AMOUNTS = st.decimals(min_value="0.01", max_value="5000", places=2)
PRICES = st.decimals(min_value="0.5", max_value="2", places=3)


@given(
    st.lists(st.tuples(AMOUNTS, PRICES), min_size=1, max_size=4),
    st.lists(st.tuples(AMOUNTS, PRICES, PRICES), max_size=5),
    PRICES,
)
def test_all_losses_come_to_what_was_paid_beyond_what_was_billed(
    bills: list[tuple[Decimal, Decimal]],
    payments: list[tuple[Decimal, Decimal, Decimal]],
    last: Decimal,
) -> None:
    """Whatever was remeasured in between, once nothing is owed any more."""
    found, losses, booked = Payable(), Decimal(0), Decimal(0)
    exchange = rates()

    def move(foreign: Decimal, rate: Decimal) -> None:
        nonlocal losses, booked
        in_book = exchange.in_book(foreign, Fraction(rate))
        booked += in_book
        losses += found.settle(Movement(date(2025, 10, 1), foreign, in_book), 2)

    for amount, rate in bills:
        move(amount, rate)
    for amount, rate, month_end in payments:
        move(-amount, rate)
        losses += found.remeasure(Fraction(month_end), exchange)
        assert found.carried == exchange.in_book(found.open, Fraction(month_end))
    move(-found.open, last)
    assert found.carried == 0
    assert losses + booked == 0


# -- accruals ---------------------------------------------------------------------------


class OneExpense:
    """Destinations of usage that all goes to one account."""

    def of(
        self, parts: Mapping[Part, Fraction], service: str, *, beyond: bool = False
    ) -> dict[Destination, Fraction]:
        return {EXPENSE: sum(parts.values(), Fraction(0))}


def owed_at(
    month: Period,
    used: Sequence[tuple[date, Decimal]],
    bills: Sequence[Invoice],
    exchange: Exchange,
    opening: Sequence[OpeningBalance] = (),
) -> tuple[Liabilities, Posted]:
    """What is owed for dollars at a month's end, and all lines of it."""
    usage = [
        Usage(day, {Part(ALLOCATION, 0): Fraction(amount)})
        for day, amount in used
        if day < month.end
    ]
    known = [bill for bill in bills if bill.day < month.end]
    pricing = Pricing(exchange, CONTRACT, "USD", OCTOBER)
    spans = service_spans("week", OCTOBER.start)
    found = liabilities(
        OwedUsage("", usage, known, opening),
        pricing,
        {},
        OneExpense(),
        spans,
        month,
    )
    lines = service_lines(found.spans.values(), EXPENSE, 2)
    return found, lines | payable_lines(known, CONTRACT, exchange) | found.exchanged


def balance(lines: Posted, role: str) -> Decimal:
    return sum((amount for line, amount in lines.items() if line.role == role), Decimal(0))


DAYS = st.dates(OCTOBER.start, DECEMBER.last_day)
USED = st.lists(st.tuples(DAYS, AMOUNTS), min_size=1, max_size=6)


@st.composite
def invoices(draw: st.DrawFn) -> list[Invoice]:
    """Invoices of days that do not overlap, each dated after them, at a rate of its own."""
    ends = sorted(draw(st.lists(DAYS, min_size=2, max_size=4, unique=True)))
    found = []
    for number, (first, end) in enumerate(pairwise(ends)):
        last = date.fromordinal(end.toordinal() - 1)
        found.append(
            Invoice(
                day=draw(st.dates(last, DECEMBER.last_day)),
                contract="llm",
                invoice=f"I-{number}",
                amount=draw(AMOUNTS),
                first_day=first,
                last_day=last,
                currency="USD",
                fx_rate=draw(PRICES),
            )
        )
    return found


@given(USED, invoices(), st.lists(PRICES, min_size=4, max_size=4), AMOUNTS)
def test_accruals_are_carried_at_the_rate_of_the_month_and_all_balances(
    used: list[tuple[date, Decimal]], bills: list[Invoice], prices: list[Decimal], before: Decimal
) -> None:
    """``before`` is what was accrued before the book began, and is never billed."""
    months = months_between(OCTOBER.previous(), DECEMBER)
    at_ends = [f"{m.last_day} USD EUR {p}" for m, p in zip(months, prices, strict=True)]
    exchange = rates(*at_ends)
    opening = OpeningBalance("accrued_expenses", "llm", -before, "", "2025-09", "USD")
    at_start = exchange.in_book(before, Fraction(prices[0]))
    for month, price in zip(months[1:], prices[1:], strict=True):
        _, lines = owed_at(month, used, bills, exchange, [opening])
        assert sum(lines.values()) == 0
        billed = {
            day
            for bill in bills
            if bill.day < month.end and bill.first_day and bill.last_day
            for day in [*Period(bill.first_day, bill.last_day).days(), bill.last_day]
        }
        by_month: dict[Period, Decimal] = {}
        for day, amount in used:
            if day < month.end and day not in billed:
                own = Period.month_of(day)
                by_month[own] = by_month.get(own, Decimal(0)) + amount
        wanted = sum((exchange.in_book(a, Fraction(price)) for a in by_month.values()), Decimal(0))
        wanted += exchange.in_book(before, Fraction(price))
        assert balance(lines, "accrued_expenses") - at_start == -wanted
    assert exchange.problems == []


@given(USED, invoices(), PRICES)
def test_one_rate_for_everything_brings_no_gain_or_loss(
    used: list[tuple[date, Decimal]], bills: list[Invoice], price: Decimal
) -> None:
    exchange = rates(f"2025-09-30 USD EUR {price}")
    same = [replace(bill, fx_rate=price) for bill in bills]
    _, lines = owed_at(DECEMBER, used, same, exchange)
    # but for the cents of an invoice that is rounded span by span
    cents = Decimal("0.01") * len({line.service for line in lines})
    assert abs(balance(lines, "fx_loss")) <= cents
    assert abs(balance(lines, "fx_gain")) <= cents
