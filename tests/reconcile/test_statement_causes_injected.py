"""Errors put into two views of the same truth are the causes that are found, and only they."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reconcile.test_statement_causes import assert_complete
from tokenbooks.amounts import round_half_up
from tokenbooks.periods import Period
from tokenbooks.reconcile.causes import (
    DUPLICATED,
    FREE,
    METER,
    MISSING_STATED,
    MISSING_USAGE,
    MODEL,
    PROVISIONAL,
    QUANTITY,
    RATE,
    ROUNDING,
    STATEMENT,
    TIMING,
    USAGE,
)
from tokenbooks.reconcile.statements.cells import (
    Agreed,
    Cell,
    Compared,
    Key,
    KnownPrice,
    Piece,
    Side,
)
from tokenbooks.reconcile.statements.statement_causes import statement_causes

Place = tuple[date, Key]

PERIOD = Period(date(2025, 10, 24), date(2025, 11, 1))
#: Three days before the period to three after it, and one more that no shift can reach.
DAYS = [date(2025, 10, 20) + timedelta(days=number) for number in range(16)]
DIMENSIONS = ("model", "meter", "key")
VALUES = (("a", "b"), ("input", "output"), ("k1", "k2"))
KEYS: list[Key] = [tuple(values) for values in product(*VALUES)]
PRICES = {
    ("a", "input"): Fraction("1.2345671"),
    ("a", "output"): Fraction("9.8765433"),
    ("b", "input"): Fraction("0.3141593"),
    ("b", "output"): Fraction("2.7182819"),
}
#: The plan also knows what each cost before: 0.8 of it.
KNOWN = {
    place: (KnownPrice(each, "now"), KnownPrice(each * Fraction(4, 5), "before"))
    for place, each in PRICES.items()
}


def primes() -> list[int]:
    """Quantities of which no two, nor their sums, make equal amounts at any of the prices."""
    found = [n for n in range(5003, 9000, 2) if all(n % d for d in range(3, 95, 2))]
    return found[:300]


PRIMES = primes()


class Row(NamedTuple):
    """A row of one view: the project is told by pieces alone."""

    project: str
    quantity: Fraction
    each: Fraction

    @property
    def amount(self) -> Fraction:
        return self.quantity * self.each


class Error(NamedTuple):
    """One error, to be put into a view at the cell of that number, where it can be told."""

    kind: str
    view: str
    number: int
    apart: int
    factor: Fraction
    dimension: int


class Told(NamedTuple):
    """What the statement says beside amounts: quantities, finer rows, and how it rounds."""

    quantities: bool
    pieces: bool
    places: int | None


@dataclass
class Views:
    """Two views that begin equal, the cells that errors have touched, and what must be found."""

    told: Told
    rows: dict[str, dict[Place, list[Row]]]
    touched: set[Place] = field(default_factory=set)
    free: set[Place] = field(default_factory=set)
    provisional: set[Place] = field(default_factory=set)
    expected: set[tuple[str, date, Key]] = field(default_factory=set)

    def expect(self, name: str, *places: Place) -> None:
        self.touched.update(places)
        self.expected.update((name, *place) for place in places if place[0] in PERIOD)


def truth(seed: int, density: int) -> dict[Place, list[Row]]:
    """Days, models, meters and keys with one or two rows of distinct quantities each."""
    chance = random.Random(seed)
    quantities = iter(chance.sample(PRIMES, len(PRIMES)))
    rows = {}
    for place in product(DAYS, KEYS):
        if chance.randrange(10) < density:
            each = PRICES[place[1][0], place[1][1]]
            projects = ("p1", "p2")[: 1 + chance.randrange(2)]
            rows[place] = [Row(name, Fraction(next(quantities)), each) for name in projects]
    return rows


# -- the errors -------------------------------------------------------------------------
#
# What is never put in, because nobody could tell it from something else:
# - two errors in one cell, or two that are each other's opposite on near days or under
#   near keys (quantities are distinct, so no two are equal by chance);
# - without quantities: a wrong rate on one day alone, unless the plan knows the price; it
#   may as well be the quantity. Nor one of exactly 2 or 1/2, which is what doubled rows do;
# - without quantities and finer rows: a row of several that is missing, doubled or moved to
#   a key of another price. With quantities it is a quantity effect: which row is not known.


def drop(views: Views, error: Error, place: Place) -> None:
    del views.rows[error.view][place]
    views.expect(MISSING_USAGE if error.view == USAGE else MISSING_STATED, place)


def double(views: Views, error: Error, place: Place) -> None:
    views.rows[error.view][place] *= 2
    views.expect(DUPLICATED, place)


def drop_row(views: Views, error: Error, place: Place) -> None:
    name = MISSING_USAGE if error.view == USAGE else MISSING_STATED
    if change_row(views, place, name):
        views.rows[error.view][place] = views.rows[error.view][place][1:]


def double_row(views: Views, error: Error, place: Place) -> None:
    if change_row(views, place, DUPLICATED):
        rows = views.rows[error.view][place]
        views.rows[error.view][place] = [*rows, rows[0]]


def change_row(views: Views, place: Place, name: str) -> bool:
    """Whether one row of several can be told, with what is to be found."""
    can = len(views.rows[USAGE][place]) > 1 and (views.told.pieces or views.told.quantities)
    if can:
        views.expect(name if views.told.pieces else QUANTITY, place)
    return can


def shift(views: Views, error: Error, place: Place) -> None:
    move(views, error, place, (place[0] + timedelta(days=error.apart), place[1]), TIMING)


def shift_row(views: Views, error: Error, place: Place) -> None:
    target = place[0] + timedelta(days=error.apart), place[1]
    move(views, error, place, target, TIMING, rows=1)


def exchange(views: Views, error: Error, place: Place) -> None:
    """Another meter, model or key: what is moved costs what it costs there."""
    values = list(place[1])
    one, other = VALUES[error.dimension]
    values[error.dimension] = other if values[error.dimension] == one else one
    name = METER if DIMENSIONS[error.dimension] == "meter" else MODEL
    move(views, error, place, (place[0], tuple(values)), name)


def move(
    views: Views, error: Error, place: Place, target: Place, name: str, rows: int | None = None
) -> None:
    if target in views.touched or target[0] not in DAYS:
        return
    view = views.rows[error.view]
    each = PRICES[target[1][0], target[1][1]]
    moved = [row._replace(each=each) for row in view[place][:rows]]
    left = view[place][len(moved) :]
    if left:
        view[place] = left
    else:
        del view[place]
    view[target] = [*view.get(target, []), *moved]
    views.expect(name, place, target)


def wrong_rate(views: Views, error: Error, place: Place) -> None:
    """From a day on, at all keys of a model's meter."""
    priced = place[1][:2]
    later = [one for one in views.rows[USAGE] if one[1][:2] == priced and one[0] >= place[0]]
    is_known = error.factor == Fraction(4, 5) and error.view == STATEMENT
    is_told = views.told.quantities or is_known or len({day for day, _ in later}) > 1
    if views.touched & set(later) or not is_told:
        return
    view = views.rows[error.view]
    for one in later:
        view[one] = [row._replace(each=row.each * error.factor) for row in view[one]]
    views.expect(RATE, *later)


def free(views: Views, error: Error, place: Place) -> None:
    view = views.rows[STATEMENT]
    view[place] = [row._replace(each=Fraction(0)) for row in view[place]]
    views.free.add(place)
    views.expect(FREE, place)


def newest(views: Views, _: Error, place: Place) -> None:
    """The statement lacks the last rows of a day that may still change."""
    left = views.rows[STATEMENT].pop(place)[:-1]
    if left:
        views.rows[STATEMENT][place] = left
    views.provisional.add(place)
    views.expect(PROVISIONAL, place)


ERRORS = {
    "drop": drop,
    "double": double,
    "drop row": drop_row,
    "double row": double_row,
    "shift": shift,
    "shift row": shift_row,
    "exchange": exchange,
    "rate": wrong_rate,
    "free": free,
    "newest": newest,
}


def inject(views: Views, errors: list[Error]) -> None:
    for error in errors:
        places = [place for place in sorted(views.rows[USAGE]) if place not in views.touched]
        if places:
            ERRORS[error.kind](views, error, places[error.number % len(places)])


# -- what the comparison is given --------------------------------------------------------


def compared(views: Views) -> Compared:
    """The cells that differ by more than the statement's rounding, as the comparison has them."""
    cells, rounded = [], []
    for place in sorted({*views.rows[USAGE], *views.rows[STATEMENT]}):
        cell = cell_of(views, place)
        is_apart = abs(cell.difference) > cell.bound or cell.free
        if is_apart:
            cells.append(cell)
        elif cell.day in PERIOD and cell.difference:
            rounded.append(cell.difference)
    places = [(cell.day, cell.key) for cell in cells] if views.told.pieces else []
    return Compared(
        "c",
        PERIOD,
        DIMENSIONS,
        tuple(cells),
        Agreed(rounded_cells=len(rounded), rounding=sum(rounded, Fraction(0))),
        {place: tuple(pieces(views, USAGE, place)) for place in places},
        {place: tuple(pieces(views, STATEMENT, place)) for place in places},
        KNOWN,
    )


def cell_of(views: Views, place: Place) -> Cell:
    usage, stated = views.rows[USAGE].get(place), views.rows[STATEMENT].get(place)
    statement = side(stated) if stated else None
    bound = Fraction(0)
    if statement and views.told.places is not None:
        amount = Fraction(round_half_up(statement.amount, views.told.places))
        statement = statement._replace(amount=amount)
        bound = Fraction(1, 2 * 10**views.told.places)
    if statement and not views.told.quantities:
        statement = statement._replace(quantity=None)
    ours = side(usage) if usage else None
    is_free, is_new = place in views.free, place in views.provisional
    return Cell(*place, ours, statement, bound, free=is_free, provisional=is_new)


def side(rows: list[Row]) -> Side:
    amount = sum((row.amount for row in rows), Fraction(0))
    return Side(amount, sum((row.quantity for row in rows), Fraction(0)), len(rows))


def pieces(views: Views, view: str, place: Place) -> Iterator[Piece]:
    for row in views.rows[view].get(place, ()):
        says_quantity = view == USAGE or views.told.quantities
        quantity = row.quantity if says_quantity else None
        yield Piece((("project", row.project),), row.amount, quantity)


# -- the properties ----------------------------------------------------------------------

errors = st.builds(
    Error,
    st.sampled_from(sorted(ERRORS)),
    st.sampled_from([USAGE, STATEMENT]),
    st.integers(0, 200),
    st.sampled_from([-3, -2, -1, 1, 2, 3]),
    st.sampled_from([Fraction(13, 10), Fraction(4, 5), Fraction(101, 100), Fraction(17, 7)]),
    st.integers(0, 2),
)
tellings = st.builds(Told, st.booleans(), st.booleans(), st.sampled_from([None, None, 6, 2]))


@settings(max_examples=settings.default.max_examples * 4)
@given(
    st.integers(0, 10**6), st.integers(1, 10), st.lists(errors, min_size=1, max_size=6), tellings
)
def test_the_causes_found_are_the_errors(
    seed: int, density: int, injected: list[Error], told: Told
) -> None:
    views = Views(told, {USAGE: truth(seed, density), STATEMENT: truth(seed, density)})
    inject(views, injected)
    facts = compared(views)
    causes = statement_causes(facts)
    assert_complete(facts, causes)
    found = {
        (cause.name, cause.day, tuple(value for _, value in cause.where))
        for cause in causes
        if cause.name != ROUNDING
    }
    assert found == views.expected
    bounds = {(cell.day, cell.key): cell.bound for cell in facts.cells}
    for cause in causes:
        if cause.name == ROUNDING and cause.day:
            key = tuple(value for _, value in cause.where)
            assert abs(cause.amount) <= bounds[cause.day, key]


amounts = st.fractions(-50, 50, max_denominator=4)
some_sides = st.none() | st.builds(
    Side, amounts, st.none() | st.fractions(-9, 9, max_denominator=2)
)
some_pieces = st.lists(
    st.builds(
        Piece,
        st.sampled_from([(), (("meter", "m"),), (("meter", "n"), ("model", "b"))]),
        st.integers(-6, 6).map(Fraction),
        st.none() | st.integers(0, 4).map(Fraction),
    ),
    max_size=4,
).map(tuple)
some_dimensions = st.sampled_from([("meter",), ("model", "meter"), ("model", "key"), ()])


@st.composite
def any_comparison(draw: st.DrawFn) -> Compared:
    """Cells as they come: equal amounts, signs, quantities and pieces that fit nothing."""
    dimensions = draw(some_dimensions)
    keys = st.tuples(*[st.sampled_from(["m", "n", ""]) for _ in dimensions])
    places = draw(st.lists(st.tuples(st.sampled_from(DAYS), keys), unique=True, max_size=16))
    bounds = st.sampled_from([Fraction(0), Fraction(1, 200), Fraction(5)])
    cells = [
        Cell(
            *place,
            draw(some_sides),
            draw(some_sides),
            draw(bounds),
            free=draw(st.booleans()),
            provisional=draw(st.booleans()),
        )
        for place in places
    ]
    with_pieces = draw(st.booleans())
    known = st.lists(st.builds(KnownPrice, amounts, st.just("known")), max_size=3).map(tuple)
    meters = st.frozensets(st.sampled_from(["m", "n", "other"]), max_size=1)
    return Compared(
        "c",
        PERIOD,
        dimensions,
        tuple(cells),
        Agreed(rounding=draw(amounts)),
        {place: draw(some_pieces) for place in places if with_pieces},
        {place: draw(some_pieces) for place in places if with_pieces},
        {("", "m"): draw(known), ("m", "n"): draw(known), ("m", "m"): draw(known)},
        draw(meters),
        draw(meters),
    )


@settings(max_examples=settings.default.max_examples)
@given(any_comparison())
def test_causes_always_sum_to_the_difference(facts: Compared) -> None:
    causes = statement_causes(facts)
    assert_complete(facts, causes)
    assert all(cause.amount and cause.words for cause in causes if cause.rows == 1)
    assert causes == statement_causes(facts)
