"""Draws of many parties in SQL are those of ``credits.draw``, lot by lot and cent by cent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenbooks.credits.draw import draw_lots
from tokenbooks.credits.drawing import DrawRules, Use
from tokenbooks.credits.lots import Lot
from tokenbooks.credits.order import NAMED_ORDERS, in_draw_order
from tokenbooks.credits.party_draws import draw_parties
from tokenbooks.documents import CreditEvent
from tokenbooks.rating.charges import ALLOCATION, Part

FIRST, END = datetime(2025, 11, 1), datetime(2025, 12, 1)
MONTH = "date_trunc('month', \"at\")::DATE"
EXPIRY = NAMED_ORDERS["expiry"]

#: What a lot gave by the month of the usage and its allocation; None is what none covered.
Given = dict[tuple[int, str | None, date, int], Fraction]


class Credits(NamedTuple):
    """A lot of a party: usable from one day (counted from 1 November) up to another."""

    party: int
    quantity: int
    starts: int = 0
    ends: int | None = None
    used_before: int = 0
    priority: int | None = None
    cost: int = 1


class Used(NamedTuple):
    """Usage of a party on a day."""

    party: int
    day: int
    value: int
    allocation: int = 0


def at(day: int) -> datetime:
    return FIRST + timedelta(days=day)


def lots_of(granted: Sequence[Credits]) -> list[Lot]:
    return [
        Lot(
            id=f"lot-{number:03}",
            contract="chat",
            party=f"{item.party}",
            kind="paid",
            quantity=Fraction(item.quantity),
            cost=Decimal(item.cost),
            acquired=at(item.starts).date(),
            starts=at(item.starts),
            ends=None if item.ends is None else at(item.ends),
            last_day=None if item.ends is None else at(item.ends - 1).date(),
            priority=item.priority,
            parent=None,
            event=CreditEvent(FIRST.date(), "chat", "purchase", Decimal(item.quantity)),
            used_before=Fraction(item.used_before),
        )
        for number, item in enumerate(granted)
    ]


class Outcome(NamedTuple):
    """What was given, and when a later lot settled usage of a month last."""

    given: Given
    settled: dict[tuple[int, date], datetime]


def in_python(granted: Sequence[Credits], used: Sequence[Used], billed: bool = False) -> Outcome:
    """One party after the other, as ``credits.draw`` has it."""
    outcome = Outcome({}, {})
    for party in sorted({item.party for item in used}):
        steps: dict[datetime, dict[Part, Fraction]] = {}
        for item in used:
            if item.party == party:
                parts = steps.setdefault(at(item.day), {})
                part = Part(ALLOCATION, item.allocation)
                parts[part] = parts.get(part, Fraction(0)) + item.value
        account = ("chat", str(party))
        uses = [Use(account, when, sum(p.values(), Fraction(0)), p) for when, p in steps.items()]
        rules = DrawRules(
            lambda _: EXPIRY,
            (lambda _, day: day) if billed else (lambda _, day: None),
            until=END,
        )
        own = [lot for lot in lots_of(granted) if lot.party == str(party)]
        drawn = draw_lots(uses, own, rules).accounts[account]
        for draw in drawn.draws:
            _count(outcome.given, party, draw.lot, draw.used_at, draw.parts)
            if draw.drawn_at > draw.used_at:
                key = (party, draw.used_at.date().replace(day=1))
                outcome.settled[key] = max(draw.drawn_at, outcome.settled.get(key, draw.drawn_at))
        for use in drawn.owed:
            _count(outcome.given, party, None, use.used_at, use.parts)
    return outcome


def _count(
    given: Given, party: int, lot: str | None, when: datetime, parts: Mapping[Part, Fraction]
) -> None:
    for part, value in parts.items():
        key = (party, lot, when.date().replace(day=1), part.id)
        given[key] = given.get(key, Fraction(0)) + value


def in_sql(granted: Sequence[Credits], used: Sequence[Used], billed: bool = False) -> Outcome:
    lots = lots_of(granted)
    places = {lot.id: place for place, lot in enumerate(in_draw_order(lots, EXPIRY))}
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE party_values"
            ' (account INTEGER, "at" TIMESTAMP, allocation INTEGER, value HUGEINT)'
        )
        connection.execute(
            "CREATE TABLE party_lots (lot INTEGER, account INTEGER, place INTEGER,"
            " starts TIMESTAMP, ends TIMESTAMP, quantity HUGEINT, used_before HUGEINT)"
        )
        connection.execute("CREATE TABLE party_billed (account INTEGER)")
        for item in used:
            row = [item.party, at(item.day), item.allocation, item.value]
            connection.execute("INSERT INTO party_values VALUES (?, ?, ?, ?)", row)
        for number, lot in enumerate(lots):
            own = [number, int(lot.party), places[lot.id], lot.starts, lot.ends]
            row = [*own, int(lot.quantity), int(lot.used_before)]
            connection.execute("INSERT INTO party_lots VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        if billed:
            connection.execute("INSERT INTO party_billed SELECT DISTINCT account FROM party_values")
        draw_parties(connection, MONTH, END)
        rows = connection.execute("SELECT * FROM party_draws WHERE value <> 0").fetchall()
        settled = connection.execute("SELECT * FROM party_settled").fetchall()
    given = {
        (party, None if lot is None else lots[lot].id, service, allocation): Fraction(value)
        for party, lot, service, allocation, value in rows
    }
    assert len(given) == len(rows)
    return Outcome(given, {(party, service): drawn for party, service, drawn in settled})


OCTOBER, NOVEMBER = date(2025, 10, 1), date(2025, 11, 1)


@pytest.mark.parametrize(
    ("granted", "used", "given"),
    [
        # one lot covers all
        ([Credits(1, 10)], [Used(1, 2, 4), Used(1, 3, 5)], {"lot-000": 9}),
        # it ends after day 2: the next one gives the rest
        (
            [Credits(1, 10, ends=3), Credits(1, 10)],
            [Used(1, 2, 4), Used(1, 3, 5)],
            {"lot-000": 4, "lot-001": 5},
        ),
        # day 3 is shared: 2 are left of the first lot
        (
            [Credits(1, 6, ends=9), Credits(1, 10)],
            [Used(1, 2, 4), Used(1, 3, 5)],
            {"lot-000": 6, "lot-001": 3},
        ),
        # 3 wait from day 2 for the lot of day 5, 1 waits for ever
        (
            [Credits(1, 3, starts=5)],
            [Used(1, 2, 4)],
            {"lot-000": 3, None: 1},
        ),
        # of the first lot 8 were used before the book
        ([Credits(1, 10, used_before=8)], [Used(1, 2, 4)], {"lot-000": 2, None: 2}),
        # a lot that begins when all is over settles nothing
        ([Credits(1, 10, starts=30)], [Used(1, 2, 4)], {None: 4}),
        # of lots that never end the free one is first, though it began later
        (
            [Credits(1, 10), Credits(1, 10, starts=1, cost=0)],
            [Used(1, 2, 4)],
            {"lot-001": 4},
        ),
        # no lot at all
        ([], [Used(1, 2, 4)], {None: 4}),
    ],
)
def test_draws_of_a_party(
    granted: list[Credits], used: list[Used], given: dict[str | None, int]
) -> None:
    expected = {(1, lot, NOVEMBER, 0): value for lot, value in given.items()}
    assert in_sql(granted, used).given == in_python(granted, used).given == expected


def test_what_is_billed_waits_for_no_lot() -> None:
    granted, used = [Credits(1, 3), Credits(1, 9, starts=5)], [Used(1, 2, 5), Used(1, 6, 1)]
    # 2 of day 2 are billed; day 6 draws the new lot
    expected = {
        (1, "lot-000", NOVEMBER, 0): 3,
        (1, "lot-001", NOVEMBER, 0): 1,
        (1, None, NOVEMBER, 0): 2,
    }
    assert in_sql(granted, used, True).given == in_python(granted, used, True).given == expected


def test_a_shared_day_is_split_by_list_value() -> None:
    granted = [Credits(1, 4, ends=9), Credits(1, 9)]
    # 8 of day 2 are 6 and 2: half from each lot
    used = [Used(1, 2, 6, allocation=0), Used(1, 2, 2, allocation=1)]
    assert in_sql(granted, used).given == {
        (1, "lot-000", NOVEMBER, 0): 3,
        (1, "lot-000", NOVEMBER, 1): 1,
        (1, "lot-001", NOVEMBER, 0): 3,
        (1, "lot-001", NOVEMBER, 1): 1,
    }


def test_when_a_later_lot_settled_usage_is_told_by_month() -> None:
    granted = [Credits(1, 3, starts=2), Credits(1, 3, starts=7)]
    used = [Used(1, -3, 5), Used(1, 4, 1)]  # 29 October; 2 of it wait until 8 November
    outcome = in_sql(granted, used)
    assert outcome == in_python(granted, used)
    assert outcome.settled == {(1, OCTOBER): at(7), (1, NOVEMBER): at(7)}


days = st.integers(-4, 30)
credits_of_two = st.lists(
    st.builds(
        Credits,
        st.integers(1, 2),
        st.integers(1, 12),
        days,
        st.none(),
        st.integers(0, 1),
        st.sampled_from([None, 1, 2]),
        st.integers(0, 3),
    ).flatmap(
        lambda c: st.one_of(st.none(), st.integers(c.starts + 1, 34)).map(
            lambda ends: c._replace(ends=ends)
        )
    ),
    max_size=6,
)
usage_of_two = st.lists(
    st.builds(Used, st.integers(1, 2), days, st.integers(1, 9), st.just(0)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=settings.default.max_examples * 3 // 2, deadline=None)
@given(credits_of_two, usage_of_two, st.booleans())
def test_any_draws_are_those_of_python(
    granted: list[Credits], used: list[Used], billed: bool
) -> None:
    used = [item for item in used if item.day < 30]
    if used:
        assert in_sql(granted, used, billed) == in_python(granted, used, billed)


@settings(max_examples=settings.default.max_examples * 3 // 4, deadline=None)
@given(
    credits_of_two,
    st.lists(
        st.builds(Used, st.integers(1, 2), st.integers(0, 8), st.integers(1, 9), st.integers(0, 2)),
        min_size=1,
        max_size=20,
    ),
)
def test_shares_of_allocations_sum_to_the_draws(granted: list[Credits], used: list[Used]) -> None:
    """Each share is its exact fraction to within two units; the sums are exact both ways."""
    fine = 10**9
    found = in_sql(
        [c._replace(quantity=c.quantity * fine, used_before=c.used_before * fine) for c in granted],
        [use._replace(value=use.value * fine) for use in used],
    ).given
    exact = in_python(granted, used).given
    for by in (lambda key: key[:3], lambda key: (key[0], key[3])):
        sums: dict[object, Fraction] = {}
        for key, value in found.items():
            sums[by(key)] = sums.get(by(key), Fraction(0)) + value
        for key, value in exact.items():
            sums[by(key)] = sums.get(by(key), Fraction(0)) - value * fine
        assert not any(sums.values())
    for key, value in exact.items():
        assert abs(found.get(key, Fraction(0)) - value * fine) <= 2 * len(used)
