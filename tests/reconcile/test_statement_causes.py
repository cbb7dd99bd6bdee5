"""What a statement's differences are due to, by examples: a line is a day's figures of a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from tokenbooks.amounts import exact_text
from tokenbooks.periods import Period
from tokenbooks.reconcile.causes import (
    MISSING_STATED,
    MISSING_USAGE,
    Cause,
    total,
)
from tokenbooks.reconcile.statements.cells import Agreed, Cell, Compared, Key, KnownPrice, Side
from tokenbooks.reconcile.statements.compare_cells import DIFFERS
from tokenbooks.reconcile.statements.statement_causes import statement_causes

OCTOBER = Period.month(2025, 10)
NOTHING = Fraction(0)

#: What the plan knows: 2 each until the 14th and 3 from then on, 1 in batches; output is 10.
PRICES = {
    ("a", "input"): (
        KnownPrice(Fraction(2), "until 2025-10-14"),
        KnownPrice(Fraction(3), "from 2025-10-14"),
        KnownPrice(Fraction(1), "batch"),
    ),
    ("a", "output"): (KnownPrice(Fraction(10), "output"),),
    ("b", "input"): (KnownPrice(Fraction(7), "b"),),
}


def day_of(text: str) -> date:
    """A day of October 2025; 32 is the first of November."""
    return OCTOBER.start + timedelta(days=int(text) - 1)


def sides(text: str) -> dict[tuple[date, Key], Side]:
    """Lines of ``DAY MODEL METER QUANTITY AMOUNT``; ``-`` where no quantity is said."""
    found = {}
    for line in filter(None, map(str.strip, text.split(";"))):
        day, model, meter, quantity, amount = line.split()
        units = None if quantity == "-" else Fraction(quantity)
        found[day_of(day), (model, meter)] = Side(Fraction(amount), units)
    return found


def compared(
    usage: str,
    statement: str,
    bound: str = "0",
    free: Sequence[str] = (),
    provisional: Sequence[str] = (),
) -> Compared:
    """Two views by day, model and meter."""
    ours, theirs = sides(usage), sides(statement)
    cells = tuple(
        Cell(
            *place,
            ours.get(place),
            theirs.get(place),
            Fraction(bound),
            free=place[0] in map(day_of, free),
            provisional=place[0] in map(day_of, provisional),
        )
        for place in {**ours, **theirs}
    )
    return Compared("c", OCTOBER, ("model", "meter"), cells, prices=PRICES)


def told(causes: Sequence[Cause]) -> list[str]:
    """Causes as lines of ``DAY VALUES NAME AMOUNT``."""
    return [
        " ".join(
            [
                str((cause.day - OCTOBER.start).days + 1) if cause.day else "all",
                *(value for _, value in cause.where),
                cause.name,
                exact_text(cause.amount),
            ]
        )
        for cause in causes
    ]


def assert_complete(facts: Compared, causes: Sequence[Cause]) -> None:
    """The causes of every day, and all together, are exactly what the views differ by."""
    by_day: dict[date | None, Fraction] = {None: facts.agreed.rounding}
    for cell in facts.cells:
        if cell.day in facts.period:
            by_day[cell.day] = by_day.get(cell.day, NOTHING) + cell.difference
    for day, difference in by_day.items():
        assert total(cause for cause in causes if cause.day == day) == difference
    assert total(causes) == sum(by_day.values())


EXAMPLES = {
    # -- prices and quantities that both sides say
    "price: (3 - 2) x 10": ("5 a input 10 20", "5 a input 10 30", ["5 a input rate 10"]),
    "quantity: 2 x (8 - 10)": ("5 a input 10 20", "5 a input 8 16", ["5 a input quantity -4"]),
    "both: (3 - 2) x 8 and 2 x (8 - 10)": (
        "5 a input 10 20",
        "5 a input 8 24",
        ["5 a input quantity -4", "5 a input rate 8"],
    ),
    "no price of ours: (3 - 0) x 8": ("5 x y 8 0", "5 x y 8 24", ["5 x y rate 24"]),
    "an amount that no unit bears": (
        "5 x y 0 4",
        "5 x y 3 9",
        ["5 x y unexplained 5"],
    ),
    # -- prices where the statement says no quantities
    "known price: 3 x 10, ours is 2 x 10": (
        "5 a input 10 20",
        "5 a input - 30",
        ["5 a input rate 10"],
    ),
    "the price of batches, 1, is half of ours": (
        "5 a input 10 20",
        "5 a input - 10",
        ["5 a input rate -10"],
    ),
    "1.3 times ours on two days": (
        "5 x y 10 20; 9 x y 30 60",
        "5 x y - 26; 9 x y - 78",
        ["5 x y rate 6", "9 x y rate 18"],
    ),
    "1.3 times on one day: no evidence": (
        "5 x y 10 20; 9 x y 30 60",
        "5 x y - 26; 9 x y - 79",
        ["5 x y unexplained 6", "9 x y unexplained 19"],
    ),
    "twice on five days, and on no other": (
        "; ".join(f"{day} x y 1 {day}" for day in range(1, 6)),
        "; ".join(f"{day} x y - {2 * day}" for day in range(1, 6)),
        [f"{day} x y rate {day}" for day in range(1, 6)],
    ),
    # -- rows that are there twice
    "twice in the statement": ("5 x y 10 20", "5 x y - 40", ["5 x y duplicated 20"]),
    "three times in the statement": ("5 x y 10 20", "5 x y 30 60", ["5 x y duplicated 40"]),
    "twice in the usage": ("5 x y 10 20", "5 x y 5 10", ["5 x y duplicated -10"]),
    "twice on two days": (
        "5 x y 10 20; 6 x y 9 18",
        "5 x y - 40; 6 x y - 36",
        ["5 x y duplicated 20", "6 x y duplicated 18"],
    ),
    "twice as much, but three times the quantity: 2 x 20 and (4/3 - 2) x 30": (
        "5 x y 10 20",
        "5 x y 30 40",
        ["5 x y quantity 40", "5 x y rate -20"],
    ),
    # -- rows that are missing
    "only in the usage": ("5 a input 10 20", "", ["5 a input missing in statement -20"]),
    "only in the statement": ("", "5 a input 10 20", ["5 a input missing usage 20"]),
    # -- other days
    "a day later in the usage": (
        "6 a input 10 20",
        "5 a input 10 20",
        ["5 a input timing 20", "6 a input timing -20"],
    ),
    "three days apart, beside other usage": (
        "5 a input 14 28; 8 a input 3 6",
        "5 a input - 8; 8 a input - 26",
        ["5 a input timing -20", "8 a input timing 20"],
    ),
    "four days apart": (
        "5 x y 10 20",
        "9 x y 10 20",
        ["5 x y missing in statement -20", "9 x y missing usage 20"],
    ),
    "the nearest day": (
        "5 x y 10 20; 8 x y 10 20",
        "7 x y 10 20",
        ["5 x y missing in statement -20", "7 x y timing 20", "8 x y timing -20"],
    ),
    "an equal amount of another quantity": (
        "5 x y 10 20",
        "6 x y 9 20",
        ["5 x y missing in statement -20", "6 x y missing usage 20"],
    ),
    "equal quantities on each day are no shift: (3 - 2) x 10 and (1 - 2) x 10": (
        "5 a input 10 20; 6 a input 10 20",
        "5 a input 10 30; 6 a input 10 10",
        ["5 a input rate 10", "6 a input rate -10"],
    ),
    "another quantity is no shift: 7 are not the 7 - 2 that differ": (
        "5 x y 7 14; 6 x y 2 4",
        "6 x y 7 14",
        ["5 x y missing in statement -14", "6 x y quantity 10"],
    ),
    "across the end of the month": ("31 x y 10 20", "32 x y 10 20", ["31 x y timing -20"]),
    "a day later, when it costs 3 and not 2: (2 - 3) x 10 is the price": (
        "14 a input 10 30",
        "13 a input 10 20",
        ["13 a input timing 20", "14 a input rate -10", "14 a input timing -20"],
    ),
    "the same, of an amount without a quantity: 20 / 2 = 10": (
        "14 a input 10 30",
        "13 a input - 20",
        ["13 a input timing 20", "14 a input rate -10", "14 a input timing -20"],
    ),
    "at another price across the start of the month": (
        "1 a input 10 30",
        "0 a input 10 20",
        ["1 a input timing -30"],
    ),
    "at another price across its end": (
        "32 a input 10 30",
        "31 a input 10 20",
        ["31 a input timing 20"],
    ),
    "at a price that nobody knows: another quantity as well as not": (
        "14 a input 10 30",
        "13 a input 10 21",
        ["13 a input missing usage 21", "14 a input missing in statement -30"],
    ),
    "across its start": ("0 x y 10 20", "1 x y 10 20", ["1 x y timing 20"]),
    "both days in the next month": ("32 x y 10 20", "33 x y 10 20", []),
    "every day a day later in the statement": (
        "5 x y 1 2; 6 x y 3 6; 7 x y 7 14",
        "6 x y 1 2; 7 x y 3 6; 8 x y 7 14",
        [
            "5 x y timing -2",
            "6 x y timing -6",
            "6 x y timing 2",
            "7 x y timing -14",
            "7 x y timing 6",
            "8 x y timing 14",
        ],
    ),
    # -- other keys
    "another meter: 10 at 2 under 10 at 10": (
        "5 a input 10 20",
        "5 a output 10 100",
        ["5 a input meter -20", "5 a output meter 100"],
    ),
    "another meter, at the price that the plan knows of it: 100 / 10 = 10": (
        "5 a input 10 20",
        "5 a output - 100",
        ["5 a input meter -20", "5 a output meter 100"],
    ),
    "another meter, beside other usage: (130 - 30) / 10 = 10": (
        "5 a input 10 20; 5 a output 3 30",
        "5 a output - 130",
        ["5 a input meter -20", "5 a output meter 100"],
    ),
    "another model, at equal cost": (
        "5 x y 10 20",
        "5 z y - 20",
        ["5 x y model -20", "5 z y model 20"],
    ),
    "both model and meter differ": (
        "5 x y 10 20",
        "5 z w 10 20",
        ["5 x y missing in statement -20", "5 z w missing usage 20"],
    ),
    # -- nothing to explain
    "equal amounts": ("5 x y 10 20", "5 x y - 20", []),
    "equal cost of another quantity": ("5 x y 10 20", "5 x y 11 20", []),
}


@pytest.mark.parametrize(("usage", "statement", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_what_explains_a_difference(usage: str, statement: str, expected: list[str]) -> None:
    facts = compared(usage, statement)
    causes = statement_causes(facts)
    assert told(causes) == expected
    assert_complete(facts, causes)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(
            compared("5 a input 10 20", "5 a input 10 0", free=["5"]),
            ["5 a input free usage -20"],
            id="free: 10 units of 2 are shown, nothing is owed",
        ),
        pytest.param(
            compared("5 a input 10 20", "5 a input - 0", free=["5"]),
            ["5 a input free usage -20"],
            id="free: the quantity is not said",
        ),
        pytest.param(
            compared("5 a input 10 20", "5 a input 7 0", free=["5"]),
            ["5 a input free usage -14", "5 a input quantity -6"],
            id="free: 2 x 7, and 2 x (7 - 10) that are not there",
        ),
        pytest.param(
            compared("31 a input 10 20", "31 a input 4 8", provisional=["31"]),
            ["31 a input newest days -12"],
            id="newest days: less than the usage",
        ),
        pytest.param(
            compared("31 a input 10 20", "", provisional=["31"]),
            ["31 a input newest days -20"],
            id="newest days: nothing yet",
        ),
        pytest.param(
            compared("31 a input 10 20", "31 a input 11 22", provisional=["31"]),
            ["31 a input quantity 2"],
            id="newest days: more than the usage is no such thing",
        ),
        pytest.param(
            compared("5 a input 10 20", "5 a input - 20.004", "0.005"),
            ["5 a input rounding 0.004"],
            id="rounding alone",
        ),
        pytest.param(
            compared("5 a input 10 20", "5 a input - 30.004", "0.005"),
            ["5 a input rate 10", "5 a input rounding 0.004"],
            id="rounding beside a known price of 3",
        ),
        pytest.param(
            compared("5 a input 10 20", "5 a input 8 16.003", "0.005"),
            ["5 a input quantity -4", "5 a input rounding 0.003"],
            id="rounding beside a quantity",
        ),
        pytest.param(
            compared("5 x y 7 4.666", "6 x y 7 4.67", "0.005"),
            ["5 x y timing -4.666", "6 x y rounding 0.004", "6 x y timing 4.666"],
            id="rounding beside a shift",
        ),
        pytest.param(
            compared("5 x y 1 20", "5 x y - 40.01", "0.005"),
            ["5 x y unexplained 20.01"],
            id="a cent more than twice is not twice",
        ),
        pytest.param(
            compared("5 x y 1 0.006", "5 x y - 0.02", "0.005"),
            ["5 x y unexplained 0.014"],
            id="half a cent of rounding can make three times of anything",
        ),
        pytest.param(
            compared("5 x y 10 20; 6 x y 9 10", "5 x y - 26; 6 x y - 13.004", "0.005"),
            ["5 x y rate 6", "6 x y rate 3.004"],
            id="1.3 times ours, as exactly as the statement tells",
        ),
    ],
)
def test_free_newest_and_rounded(facts: Compared, expected: list[str]) -> None:
    causes = statement_causes(facts)
    assert told(causes) == expected
    assert_complete(facts, causes)


def test_meters_that_only_one_view_has() -> None:
    facts = compared(
        "5 a priority 10 20; 6 a input 1 2",
        "5 a web_search - 5; 5 b web_search - 7; 6 a web_search - 1; 32 a web_search - 9",
    )
    facts = replace(
        facts, only_usage=frozenset({"priority"}), only_statement=frozenset({"web_search"})
    )
    causes = statement_causes(facts)
    assert told(causes) == [
        "5 priority meter missing -20",
        "5 web_search meter missing 12",  # 5 + 7
        "6 web_search meter missing 1",
        "6 a input missing in statement -2",
    ]
    assert [cause.rows for cause in causes] == [1, 2, 1, 1]
    assert_complete(facts, causes)


def test_how_summed_cells_differ_is_no_key_to_exchange() -> None:
    day = day_of("1")
    cells = (
        Cell(day, ("a", "only in the usage"), Side(Fraction(20), Fraction(10))),
        Cell(day, ("a", "only in the statement"), None, Side(Fraction(20), Fraction(10))),
    )
    facts = Compared("c", OCTOBER, ("model", DIFFERS), cells)
    causes = statement_causes(facts)
    assert [(cause.name, cause.amount) for cause in causes] == [
        (MISSING_STATED, -20),
        (MISSING_USAGE, 20),
    ]
    assert_complete(facts, causes)


@pytest.mark.parametrize(
    ("rounded_cells", "words"),
    [
        (3, "3 cells agree within the statement's rounding"),
        (1, "1 cell agrees within the statement's rounding"),
        (0, "values that are no finite decimals"),
    ],
)
def test_what_agrees_within_rounding_is_one_cause(rounded_cells: int, words: str) -> None:
    agreed = Agreed(9, Fraction(50), rounded_cells, Fraction("0.011"))
    facts = replace(compared("", ""), agreed=agreed)
    causes = statement_causes(facts)
    assert told(causes) == ["all rounding 0.011"]
    assert causes[0].words == words
    assert_complete(facts, causes)
