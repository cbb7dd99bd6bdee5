"""Closes of random usage equal a plain recomputation with Decimal, digit for digit."""

from __future__ import annotations

import csv
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.books import ARREARS, close, write_book

PRICES = {
    ("small", "input_tokens"): Decimal("0.0375"),
    ("small", "output_tokens"): Decimal("0.15"),
    ("large", "input_tokens"): Decimal("2.5"),
    ("large", "output_tokens"): Decimal(10),
}
PLAN = """\
plan: llm
currency: USD
rates:
  - for: {model: small}
    prices: {input_tokens: 0.0375 per 1M, output_tokens: 0.15 per 1M}
  - for: {model: large}
    prices: {input_tokens: 2.5 per 1M, output_tokens: 10 per 1M}
"""
HEADER = "timestamp,model,project,input_tokens,output_tokens\n"
ROW = st.tuples(
    st.integers(1, 31),
    st.sampled_from(["small", "large"]),
    st.sampled_from(["a", "b", ""]),
    st.integers(0, 10**9),
    st.integers(0, 10**8),
)
ROWS = st.lists(ROW, min_size=1, max_size=30)
Row = tuple[int, str, str, int, int]


@contextmanager
def closed(rows: list[Row], splits: int = 1) -> Iterator[Path]:
    """A book with these rows in so many files, closed for October."""
    with tempfile.TemporaryDirectory() as name:
        files = {f"usage/{n}.csv": HEADER for n in range(splits)}
        for number, (day, model, project, tokens_in, tokens_out) in enumerate(rows):
            files[f"usage/{number % splits}.csv"] += (
                f"2025-10-{day:02}T12:00:00Z,{model},{project},{tokens_in},{tokens_out}\n"
            )
        book = write_book(Path(name), {**files, "plans/llm.yaml": PLAN}, ARREARS)
        close(book, "2025-10")
        yield book / "close/2025-10"


def recomputed(rows: list[Row]) -> Decimal:
    return sum(
        (
            (
                tokens_in * PRICES[model, "input_tokens"]
                + tokens_out * PRICES[model, "output_tokens"]
            )
            / 10**6
            for _, model, _, tokens_in, tokens_out in rows
        ),
        Decimal(0),
    )


@settings(max_examples=settings.default.max_examples // 3, deadline=None)
@given(ROWS)
def test_list_value_and_accrual_equal_a_plain_recomputation(rows: list[Row]) -> None:
    with closed(rows) as folder:
        with (folder / "charges.csv").open() as stream:
            charges = list(csv.DictReader(stream))
        with (folder / "state/posted.csv").open() as stream:
            posted = list(csv.DictReader(stream))
    exact = recomputed(rows)
    assert sum((Decimal(row["list_value"]) for row in charges), Decimal(0)) == exact
    accrued = [Decimal(row["amount"]) for row in posted if row["role"] == "accrued_expenses"]
    assert -sum(accrued, Decimal(0)) == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


@settings(max_examples=10, deadline=None)
@given(ROWS, st.integers(1, 4), st.randoms(use_true_random=False))
def test_order_and_split_of_the_rows_change_no_figure(
    rows: list[Row], splits: int, shuffler: random.Random
) -> None:
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    with closed(rows) as one, closed(shuffled, splits) as other:
        for name in ("journal.ledger", "charges.csv", "accruals.csv", "state/posted.csv"):
            assert (one / name).read_bytes() == (other / name).read_bytes()
