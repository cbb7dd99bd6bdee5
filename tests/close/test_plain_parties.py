"""Plain parties in SQL come to what they come to one by one: lines, lots, accruals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rating.plans import per_unit, plan, rate, tiered
from tokenbooks.book import AllocationRule, Book, Contract, Share
from tokenbooks.close import compute as module
from tokenbooks.close import plain_parties
from tokenbooks.close.compute import compute
from tokenbooks.close.computed import Computed
from tokenbooks.close.lot_states import LotState, lot_states
from tokenbooks.close.plain_parties import name_many_parties
from tokenbooks.conditions import Conditions
from tokenbooks.documents import CreditEvent, Invoice
from tokenbooks.entries.buy.settlement import settlement_days
from tokenbooks.entries.posted import Line
from tokenbooks.entries.service import service_spans
from tokenbooks.facts import Facts
from tokenbooks.periods import Period, start_of
from tokenbooks.rating.credit_terms import CreditTerms, Length
from tokenbooks.sources.exports.connection import connect
from tokenbooks.usage.layout import Layout

OCTOBER, NOVEMBER = Period.month(2025, 10), Period.month(2025, 11)
LAYOUT = Layout(("user", "project"), ("input_tokens", "credits"))


class Used(NamedTuple):
    """What a user used on a day, counted from 1 October; ``amount`` are credits."""

    user: int
    day: int
    tokens: int = 0
    amount: str = "0"
    project: str = "web"


def october(day: int) -> date:
    return OCTOBER.start + timedelta(days=day)


def bought(
    user: int,
    day: int,
    quantity: str,
    *,
    paid: str | None = None,
    days: int | None = None,
    event: str = "purchase",
    lot: str = "",
    priority: int | None = None,
) -> CreditEvent:
    """Credits of a user, usable for some days."""
    return CreditEvent(
        october(day),
        "chat",
        event,
        Decimal(quantity),
        party=f"u{user}",
        lot=lot or f"lot-{user}-{day}-{quantity}",
        paid=None if paid is None else Decimal(paid),
        expires=None if days is None else october(day + days),
        priority=priority,
    )


RULES = (
    AllocationRule(
        Conditions((("project", ("split",)),)),
        (
            Share(Decimal("33.3"), "ai_expense_rd", "rd", "one"),
            Share(Decimal("66.7"), "ai_expense_cogs", "cogs", "two"),
        ),
    ),
    AllocationRule(
        Conditions((("project", ("web",)),)), (Share(Decimal(100), "ai_expense_rd", "rd", "one"),)
    ),
)
PRICES = plan(
    rate([per_unit("input_tokens", "2.5", "1000"), per_unit("credits", "1")]),
)


def facts_of(
    events: Sequence[CreditEvent],
    *,
    settle: str = "prepaid",
    post: str = "month",
    overage: str = "top_up",
    invoices: Sequence[Invoice] = (),
) -> Facts:
    prices = replace(PRICES, credit_terms=CreditTerms(expires=Length(days=30), overage=overage))
    contract = Contract("chat", "buy", "Chat", PRICES.id, settle, each="user")
    book = Book(
        *("Test", "USD", OCTOBER, "UTC", "ledger", {"chat": contract}),
        post_usage=post,
        allocate=RULES,
    )
    return Facts(book, {PRICES.id: prices}, tuple(events), tuple(invoices))


def put_usage(connection: duckdb.DuckDBPyConnection, used: Sequence[Used]) -> None:
    connection.execute(
        'CREATE TABLE usage_days (contract VARCHAR, party VARCHAR, "at" TIMESTAMP,'
        " d_user VARCHAR, d_project VARCHAR, m_input_tokens HUGEINT, m_credits DECIMAL(38,9),"
        " rows BIGINT)"
    )
    for item in used:
        user, at = f"u{item.user}", start_of(october(item.day))
        row = ["chat", user, at, user, item.project, item.tokens, Decimal(item.amount), 1]
        connection.execute("INSERT INTO usage_days VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


class Ways(NamedTuple):
    """The same book, with its parties in tables and gone through one by one."""

    in_sql: Computed
    one_by_one: Computed
    states: dict[str, LotState]

    def lines(self) -> tuple[dict[Line, Decimal], dict[Line, Decimal]]:
        return self.in_sql.posted, self.one_by_one.posted


def both_ways(facts: Facts, used: Sequence[Used], period: Period = NOVEMBER) -> Ways:
    with pytest.MonkeyPatch.context() as patch, connect() as connection:
        patch.setattr(plain_parties, "MANY_PARTIES", 0)
        put_usage(connection, used)
        in_sql, _ = compute(connection, facts, LAYOUT, {}, period, {})
        states = lot_states(in_sql, period) | _states_in_sql(connection, in_sql)
        patch.setattr(module, "put_plain_parties", name_many_parties)
        one_by_one, _ = compute(connection, facts, LAYOUT, {}, period, {})
    assert not one_by_one.parties.posted
    return Ways(in_sql, one_by_one, states)


def _states_in_sql(
    connection: duckdb.DuckDBPyConnection, computed: Computed
) -> dict[str, LotState]:
    units = computed.parties.units
    if units is None:
        return {}
    rows = connection.execute(
        "SELECT id, s.acquired, s.used, s.expired, s.cost_acquired, s.cost_used, s.cost_expired"
        " FROM party_states s JOIN party_lots l ON s.lot = l.lot"
    ).fetchall()
    return {
        name: LotState(
            units.quantity(acquired),
            units.quantity(used),
            units.quantity(expired),
            cost_acquired=units.amount(cost_acquired),
            cost_used=units.amount(cost_used),
            cost_expired=units.amount(cost_expired),
        )
        for name, acquired, used, expired, cost_acquired, cost_used, cost_expired in rows
    }


def check_equal(ways: Ways, period: Period = NOVEMBER) -> None:
    in_sql, one_by_one = ways.lines()
    assert in_sql == one_by_one
    assert ways.states == lot_states(ways.one_by_one, period)
    spans = service_spans("month", OCTOBER.start)
    days = settlement_days(ways.one_by_one.drawn, spans, period)
    assert {key: ways.in_sql.parties.settled[key] for key in days} == days
    owed = {key: (item.open_value, item.accrued) for key, item in ways.in_sql.owed.items()}
    assert owed == {k: (o.open_value, o.accrued) for k, o in ways.one_by_one.owed.items()}


def test_lines_of_all_parties_stand_together() -> None:
    events = [bought(1, 0, "10", paid="8"), bought(2, 0, "4"), bought(2, 31, "6")]
    # user 1 uses 5 in October: 5 x 0.80; user 2 uses 7: 4 of them paid, 3 accrued
    used = [Used(1, 3, amount="5"), Used(2, 4, tokens=2800)]
    ways = both_ways(facts_of(events), used, OCTOBER)
    amounts = {(line.rule, line.role): amount for line, amount in ways.in_sql.posted.items()}
    assert amounts == {
        ("purchases", "prepaid_credits"): Decimal("12.00"),
        ("purchases", "cash"): Decimal("-12.00"),
        ("consumption", "ai_expense_rd"): Decimal("8.00"),
        ("consumption", "prepaid_credits"): Decimal("-8.00"),
        ("service", "ai_expense_rd"): Decimal("3.00"),
        ("service", "accrued_expenses"): Decimal("-3.00"),
        # credits live for 30 days: the other 5 of user 1 end with October
        ("expiries", "expired_credits_loss"): Decimal("4.00"),
        ("expiries", "prepaid_credits"): Decimal("-4.00"),
    }
    assert all(line.party == line.lot == "" for line in ways.in_sql.posted)
    assert ways.states["lot-1-0-10"].cost_expired == Decimal("4.00")
    check_equal(ways, OCTOBER)


@pytest.mark.parametrize(
    ("events", "used"),
    [
        # what is refunded, billed or negative is not plain
        (
            [
                bought(1, 0, "10"),
                CreditEvent(october(9), "chat", "refund", Decimal(2), "u1", lot="lot-1-0-10"),
                bought(2, 0, "10", event="grant"),
            ],
            [Used(1, 3, amount="5"), Used(2, 3, amount="11")],
        ),
        (
            [bought(1, 0, "10"), bought(2, 0, "10")],
            [Used(1, 3, amount="5"), Used(1, 4, amount="-2"), Used(2, 3, amount="5")],
        ),
        # an opening of which some was used, and what expires unused
        (
            [
                replace(bought(1, -20, "10", event="opening", days=35), used=Decimal("3.5")),
                bought(2, 0, "10", days=3),
            ],
            [Used(1, 3, amount="1.005"), Used(2, 3, tokens=1)],
        ),
        # a bonus shares the cost of its purchase
        (
            [
                bought(1, 0, "10", lot="one"),
                replace(bought(1, 0, "5", event="bonus", lot="two"), parent="one"),
            ],
            [Used(1, 3, amount="12")],
        ),
        # no party has usage, none has credits
        ([bought(1, 0, "10", days=3)], []),
        ([], [Used(1, 3, amount="12")]),
    ],
)
def test_both_ways_give_the_same(events: list[CreditEvent], used: list[Used]) -> None:
    facts = facts_of(events)
    check_equal(both_ways(facts, used, OCTOBER), OCTOBER)
    check_equal(both_ways(facts, used))


def test_parties_with_an_invoice_are_gone_through_one_by_one() -> None:
    days = Period(october(0), october(30))
    bill = Invoice(
        *(october(33), "chat", "I-1", Decimal(9)),
        party="u1",
        first_day=days.start,
        last_day=days.end,
    )
    facts = facts_of([], invoices=[bill], settle="arrears")
    ways = both_ways(facts, [Used(1, 3, amount="5"), Used(2, 3, amount="4")])
    assert ("chat", "u1", "2025-10") in ways.in_sql.owed
    assert ("chat", "", "2025-10") in ways.in_sql.owed
    check_equal(ways)


def test_figures_beyond_the_integers_of_sql_are_gone_through_one_by_one() -> None:
    events = [bought(1, 0, "0.00000000000000001"), bought(2, 0, "7")]
    ways = both_ways(facts_of(events), [Used(1, 3, amount="5"), Used(2, 3, tokens=10**30)])
    assert ways.in_sql.parties.units is None
    check_equal(ways)


def test_usage_without_a_price_is_told_for_all_parties_together() -> None:
    prices = plan(rate([per_unit("credits", "1")]))
    facts = replace(facts_of([bought(1, 0, "40")]), plans={PRICES.id: prices})
    used = [Used(1, 3, 7, "5"), Used(2, 4, 2), Used(2, 5, 4, "1", "split")]
    ways = both_ways(facts, used)
    assert ways.in_sql.parties.units is not None
    told, ones = (way.rated.charges.unpriced for way in (ways.in_sql, ways.one_by_one))
    assert told == ones
    assert [(item.meter, item.quantity) for item in told] == [("input_tokens", Fraction(13))]
    check_equal(ways)


def test_all_usage_of_a_contract_whose_prices_have_tiers_is_counted_one_by_one() -> None:
    prices = plan(rate([tiered("graduated", ("10", "1", "0"), (None, "2", "0"))]))
    price = replace(prices.rates[0].prices[0], name="credits", meters=("credits",))
    tiers = replace(prices, rates=(replace(prices.rates[0], prices=(price,)),))
    facts = replace(facts_of([bought(1, 0, "40")]), plans={PRICES.id: tiers})
    ways = both_ways(facts, [Used(1, 3, amount="15")])
    assert ways.in_sql.parties.units is None
    assert ways.in_sql.rated.parties is not None  # its lines stand together all the same
    assert {line.rule for line in ways.in_sql.posted} == {"purchases", "consumption"}
    check_equal(ways)


quantities = st.integers(1, 4000).map(lambda n: f"{Decimal(n).scaleb(-2)}")
events_of_three = st.lists(
    st.builds(
        bought,
        st.integers(1, 3),
        st.integers(0, 60),
        quantities,
        paid=st.one_of(st.none(), quantities),
        days=st.one_of(st.none(), st.integers(0, 40)),
        event=st.just("purchase"),
        lot=st.just(""),
        priority=st.sampled_from([None, 1, 2]),
    ),
    max_size=7,
    unique_by=lambda event: event.lot,
)


def usage_of_three(projects: Sequence[str]) -> st.SearchStrategy[list[Used]]:
    return st.lists(
        st.builds(
            Used,
            st.integers(1, 3),
            st.integers(0, 60),
            st.integers(0, 3000),
            quantities,
            st.sampled_from(projects),
        ),
        max_size=14,
    )


@settings(max_examples=settings.default.max_examples // 2, deadline=None)
@given(
    events_of_three,
    usage_of_three(["split"]),
    st.sampled_from(["month", "week", "day"]),
    st.sampled_from(["top_up", "bill"]),
)
def test_any_book_is_the_same_both_ways(
    events: list[CreditEvent], used: list[Used], post: str, overage: str
) -> None:
    ways = both_ways(facts_of(events, post=post, overage=overage), used)
    in_sql, one_by_one = ways.lines()
    assert in_sql == one_by_one
    assert ways.states == lot_states(ways.one_by_one, NOVEMBER)


@settings(max_examples=settings.default.max_examples // 2, deadline=None)
@given(events_of_three, usage_of_three(["web", "split", "none"]))
def test_classes_differ_by_a_cent_a_lot_at_most(
    events: list[CreditEvent], used: list[Used]
) -> None:
    """Where several lots share a day of several allocations, its parts are whole units."""
    ways = both_ways(facts_of(events), used)
    assert ways.states == lot_states(ways.one_by_one, NOVEMBER)
    in_sql, one_by_one = ways.lines()
    totals: dict[tuple[str, str], Decimal] = {}
    for line in {*in_sql, *one_by_one}:
        gap = in_sql.get(line, Decimal(0)) - one_by_one.get(line, Decimal(0))
        assert abs(gap) <= Decimal("0.01") * (len(events) + 3)
        key = (line.rule, line.service)
        totals[key] = totals.get(key, Decimal(0)) + gap
    assert not any(totals.values())
