"""What one form writes, its reader reads back, and no other form takes for another amount."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.sources.recorded.written_values import amount_reader, day_reader
from tokenbooks.sources.schema_check import load_schema

KEYS = load_schema("tokenbooks")["$defs"]["recorded_files"]["properties"]
FORMS = KEYS["numbers"]["enum"]
AMOUNTS = st.decimals(-(10**12), 10**12, places=2, allow_nan=False)
DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))
WRITTEN = {
    "year_month_day": ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"),
    "day_month_year": ("%d.%m.%Y", "%d/%m/%Y", "%d-%b-%Y", "%d %B %Y"),
    "month_day_year": ("%m/%d/%Y", "%m-%d-%Y", "%b %d, %Y", "%B %d %Y"),
}


def written(amount: Decimal, form: str) -> str:
    """The amount as an accounting program with that setting writes it."""
    thousands, decimal = (form[1] if not form[1].isdigit() else ""), form[-3]
    return f"{amount:,.2f}".replace(".", "#").replace(",", thousands).replace("#", decimal)


@pytest.mark.parametrize("form", FORMS)
@given(amount=AMOUNTS)
def test_amounts_are_read_back(form: str, amount: Decimal) -> None:
    text = written(amount, form)
    read = amount_reader(form)
    assert read(text) == amount
    # a credit, as accountants write it
    positive = text.removeprefix("-")
    assert read(f"({positive})") == read(f"{positive}-") == -abs(amount)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("other", FORMS)
@given(amount=AMOUNTS)
def test_no_form_reads_another_amount(form: str, other: str, amount: Decimal) -> None:
    """An amount with decimals that is written otherwise is refused, or it is the same."""
    try:
        found = amount_reader(form)(written(amount, other))
    except ValueError:
        return
    assert found == amount


@pytest.mark.parametrize("order", KEYS["dates"]["enum"])
@given(day=DAYS)
def test_days_are_read_back(order: str, day: date) -> None:
    for form in WRITTEN[order]:
        assert day_reader(order)(day.strftime(form)) == day
