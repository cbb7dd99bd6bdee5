"""Draw orders: the same lots under the orders that other systems publish (PEERS b7)."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest

from tests.lots import GPT, GPT_OF_RESEARCH, at, draw, draws, lot, use
from tokenbooks.book import Contract
from tokenbooks.credits.draw import draw_lots
from tokenbooks.credits.drawing import DrawRules
from tokenbooks.credits.lots import Lot
from tokenbooks.credits.order import NAMED_ORDERS, in_draw_order, order_on, pools_cost

#: The lots of which PEERS says that they show where the rules part ways.
PAID = lot("paid", "100", priority=1, last=30, cost="100")
FREE = lot("free", "50", priority=1, last=30, cost="0", starts=5)
OPEN = lot("open", "200", priority=1, cost="0", acquired=2, scope=GPT)
LATER = lot("later", "80", priority=2, last=10, cost="0", acquired=3)

OPENMETER = "priority, expiry, created, id"
STRIPE = "priority, expiry, free_first, start, created"
LAGO = "priority, free_first, created"
FLEXPRICE = "priority, expiry, amount_desc"
ORB = "expiry, cost_basis"
METRONOME = "priority, cost_basis, scope, expiry, start"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        # same priority and end: the paid one was created first; none expires last
        (OPENMETER, ["paid", "free", "open", "later"]),
        # the free one before the paid one that ends with it
        (STRIPE, ["free", "paid", "open", "later"]),
        # free before paid whenever they end, of the free ones the older
        (LAGO, ["open", "free", "paid", "later"]),
        # of those that end together the larger
        (FLEXPRICE, ["paid", "free", "open", "later"]),
        # no priority: what ends first; of those that end together the cheaper
        (ORB, ["later", "free", "paid", "open"]),
        # of those that cost nothing the one that is good for less
        (METRONOME, ["open", "free", "paid", "later"]),
    ],
)
def test_the_same_lots_under_the_published_order_of_another_system(
    order: str, expected: list[str]
) -> None:
    """All four are used up on the 6th, 100 + 50 + 200 + 80, in that order."""
    lots = [LATER, OPEN, FREE, PAID]
    drawing = draw([use(6, "430", scopes=[GPT])], lots, order)
    assert [name for _, name, _ in draws(drawing)] == expected


#: Six lots that only a full chain of keys tells apart.
CHAIN = [
    lot("lower-priority", "1", priority=2, last=10),
    lot("no-expiration", "1", priority=1),
    lot("later-expiration", "1", priority=1, last=20),
    lot("cursor-b", "1", priority=1, last=10, acquired=2),
    lot("cursor-a", "1", priority=1, last=10, acquired=2),
    lot("z-created-first", "1", priority=1, last=10),
]


def test_every_key_breaks_the_ties_of_those_before_it() -> None:
    assert [item.id for item in in_draw_order(CHAIN, tuple(OPENMETER.split(", ")))] == [
        *("z-created-first", "cursor-a", "cursor-b"),
        *("later-expiration", "no-expiration", "lower-priority"),
    ]


def test_an_order_says_nothing_about_the_order_of_the_rows() -> None:
    shuffled = list(CHAIN)
    Random(5).shuffle(shuffled)
    for keys in [*NAMED_ORDERS.values(), ("cost_basis",), ("amount_desc",)]:
        assert in_draw_order(shuffled, keys) == in_draw_order(CHAIN, keys)


#: Lots of Lago's wallets: 10 each, without an end, made in this order.
WALLET = [
    lot("paid-2", "10", priority=2, acquired=1),
    lot("paid-old", "10", priority=1, acquired=1),
    lot("free-2", "10", priority=2, cost="0", acquired=1),
    lot("paid-new", "10", priority=1, acquired=2),
    lot("free-1", "10", priority=1, cost="0", acquired=3),
]


@pytest.mark.parametrize(
    ("order", "used", "lots", "given"),
    [
        # 10 free + 10 + 10 of the first priority, then 5 of the free ones of the second
        (LAGO, "35", WALLET, {"free-1": 10, "paid-old": 10, "paid-new": 10, "free-2": 5}),
        # free before paid, though newer
        (
            LAGO,
            "50",
            [lot("paid", "70", acquired=1), lot("free", "30", cost="0", acquired=2)],
            {"free": 30, "paid": 20},
        ),
        # the lower number first, though newer
        (
            LAGO,
            "60",
            [lot("a", "50", priority=20, acquired=2), lot("b", "50", priority=10, acquired=3)],
            {"b": 50, "a": 10},
        ),
        # the one that ends, then the larger of those with no end; no priority is last
        (
            FLEXPRICE,
            "90",
            [
                lot("none", "50"),
                lot("third", "30", priority=3),
                lot("first", "40", priority=1),
                lot("second", "20", priority=2),
                lot("first-that-ends", "60", priority=1, last=30),
            ],
            {"first-that-ends": 60, "first": 30},
        ),
        # a priority rules over an earlier end
        (
            STRIPE,
            "80",
            [
                lot("paid", "50", priority=1, last=20),
                lot("free", "20", priority=1, last=20, cost="0"),
                lot("soon", "100", priority=2, last=9, cost="0"),
            ],
            {"free": 20, "paid": 50, "soon": 10},
        ),
    ],
)
def test_what_published_orders_take_from_each_lot(
    order: str, used: str, lots: list[Lot], given: dict[str, int]
) -> None:
    drawing = draw([use(6, used)], lots, order)
    assert {name: quantity for name, quantity in drawing.given.items() if quantity} == given


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("scope", ["two", "glob", "all"]),  # the most conditions first, then exact ones
        ("amount_desc", ["all", "glob", "two"]),
        ("cost_basis", ["glob", "two", "all"]),  # 1/20, 2/10, 30/30
        ("id", ["all", "glob", "two"]),
    ],
)
def test_single_keys(keys: str, expected: list[str]) -> None:
    lots = [
        lot("two", "10", cost="2", scope=GPT_OF_RESEARCH),
        lot("glob", "20", cost="1", scope=GPT),
        lot("all", "30"),
    ]
    assert [item.id for item in in_draw_order(lots, (keys,))] == expected


@pytest.mark.parametrize(
    ("own", "policy", "keys", "pools"),
    [
        ("", "", NAMED_ORDERS["expiry"], False),
        ("", "fifo", NAMED_ORDERS["fifo"], False),
        ("provider", "fifo", NAMED_ORDERS["provider"], False),  # the contract's own
        ("average", "fifo", NAMED_ORDERS["average"], True),
        ("", "average", NAMED_ORDERS["average"], True),
        ("scope,expiry", "", ("scope", "expiry"), False),
    ],
)
def test_the_order_of_a_contract_is_its_own_or_the_books(
    own: str, policy: str, keys: tuple[str, ...], pools: bool
) -> None:
    contract = Contract("llm", "buy", "LLM", "llm", "prepaid", lot_order=own)

    def policies(name: str, day: date) -> str:
        return policy if name == "lot_order" else ""

    assert order_on(contract, date(2025, 11, 1), policies) == keys
    assert pools_cost(contract, date(2025, 11, 1), policies) == pools


def test_an_order_that_changes_rules_from_its_day_on() -> None:
    """First in first out until the 5th, then what ends first."""
    lots = [lot("old", "20"), lot("ends", "20", starts=2, last=20)]
    rules = DrawRules(lambda moment: NAMED_ORDERS["fifo" if moment < at(5) else "expiry"])
    drawing = draw_lots([use(3, "5"), use(5, "5")], lots, rules)
    assert draws(drawing) == [(3, "old", "5"), (5, "ends", "5")]
