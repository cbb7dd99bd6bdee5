"""What the provider invoiced against its own statement, or against the usage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from tokenbooks.documents import Invoice
from tokenbooks.periods import Period
from tokenbooks.rating.charges import Part, Step
from tokenbooks.reconcile.causes import (
    ROUNDING,
    STATEMENT,
    TAX,
    TIMING,
    UNEXPLAINED,
    USAGE,
    Leg,
    leg,
)
from tokenbooks.reconcile.statements.invoiced_leg import bills_of, invoiced_leg, unbilled_usage

NOVEMBER = Period.month(2025, 11)
USED = Part("allocation", 0)


def bill(number: str, amount: str, kind: str = "invoice", last_day: int = 30) -> Invoice:
    return Invoice(
        day=date(2025, 12, 3),
        contract="llm",
        invoice=number,
        amount=Decimal(amount),
        kind=kind,
        first_day=date(2025, 11, 1),
        last_day=date(2025, 11, last_day),
    )


def at(rate: str) -> Callable[[Invoice], Fraction]:
    """Every bill at one rate."""
    return lambda bill: Fraction(rate)


def stated(amount: str, tolerance: str = "0") -> Leg:
    amounts = (Fraction(amount), Fraction(amount))
    return leg(STATEMENT, USAGE, amounts, [], Fraction(tolerance))


@pytest.mark.parametrize(
    ("bills", "statement", "tolerance", "tax", "causes"),
    [
        ([bill("1", "100.00")], "100", "0", "0", []),
        # half a cent below: the invoice has two decimals
        ([bill("1", "100.00")], "100.004", "0", "0", [(ROUNDING, "-0.004")]),
        # 122 rows of half a cent each may be 0.61 off
        ([bill("1", "223.98")], "223.94", "0.61", "0", [(ROUNDING, "0.04")]),
        ([bill("1", "276.92")], "270.77", "0.74", "0", [(UNEXPLAINED, "6.15")]),
        # the statement has 19.00 of tax, the invoice has it beside its net amount
        ([bill("1", "100.00")], "119.00", "0", "19.00", [(TAX, "-19")]),
        # an invoice and the credit note to it: 120 - 20 = 100
        ([bill("1", "120"), bill("2", "20", "credit_note")], "100", "0", "0", []),
    ],
)
def test_an_invoice_is_held_against_the_statement(
    bills: list[Invoice], statement: str, tolerance: str, tax: str, causes: list[tuple[str, str]]
) -> None:
    view = stated(statement, tolerance)
    found = invoiced_leg(bills, STATEMENT, view, Fraction(tax), at("1"), 2)
    assert found is not None
    assert [(c.name, c.amount) for c in found.causes] == [(n, Fraction(a)) for n, a in causes]


def test_only_bills_whose_days_all_lie_in_the_month_tell_of_it() -> None:
    across = Invoice(
        day=date(2025, 12, 3),
        contract="llm",
        invoice="3",
        amount=Decimal(5),
        first_day=date(2025, 11, 15),
        last_day=date(2025, 12, 14),
    )
    inside = bill("1", "100")
    assert bills_of([inside, across], "llm", NOVEMBER) == [inside]
    assert bills_of([inside], "other", NOVEMBER) == []


def test_a_month_without_bills_has_no_such_leg() -> None:
    assert invoiced_leg([], STATEMENT, stated("100"), Fraction(0), at("1"), 2) is None


def test_a_foreign_bill_is_converted_at_the_rate_of_the_month() -> None:
    # 100 EUR at 1.10 = 110 USD
    found = invoiced_leg([bill("1", "100")], STATEMENT, stated("110"), Fraction(0), at("1.1"), 2)
    assert found is not None
    assert not found.difference


def test_each_bill_is_converted_at_its_own_rate() -> None:
    # 100 EUR at 1.10 + 50 EUR at 1.20 = 170 USD
    rates = {"1": Fraction("1.1"), "2": Fraction("1.2")}
    bills = [bill("1", "100"), bill("2", "50")]
    found = invoiced_leg(
        bills, STATEMENT, stated("170"), Fraction(0), lambda row: rates[row.invoice], 2
    )
    assert found is not None
    assert found.first_amount == 170
    assert not found.difference


def test_usage_of_days_that_no_bill_names_is_a_matter_of_time() -> None:
    # billed to November 20; of the usage 70 are until then, 30 later, and 5 in December
    days = {12: "70", 25: "30"}
    own = [Step(datetime(2025, 11, day), {USED: Fraction(value)}) for day, value in days.items()]
    own.append(Step(datetime(2025, 12, 1), {USED: Fraction(5)}))
    bills = [bill("1", "70", last_day=20)]
    unbilled = unbilled_usage(bills, {("llm", ""): own, ("other", ""): own}, "llm", NOVEMBER)
    assert unbilled == 30
    found = invoiced_leg(bills, STATEMENT, stated("100"), Fraction(0), at("1"), 2, unbilled)
    assert found is not None
    assert [(cause.name, cause.amount) for cause in found.causes] == [(TIMING, -30)]
