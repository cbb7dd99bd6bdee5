"""Columns that a format knows however they are spelt (``spelled: loosely``)."""

from __future__ import annotations

import pytest

from tokenbooks.amounts import CURRENCIES
from tokenbooks.sources.exports.sheets.offered import known_names

KNOWN = ("line_item_usage_type", "MeterName", "Cost")


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (["lineItem/UsageType"], ["line_item_usage_type"]),
        (["Line Item Usage Type", "meterName"], ["line_item_usage_type", "MeterName"]),
        (["meter_name", "cost"], ["MeterName", "Cost"]),
        # what is known by its own name stays, and no name is given twice
        (["meterName", "MeterName"], ["meterName", "MeterName"]),
        (["meterName", "meter_name"], ["MeterName", "meter_name"]),
        (["MeterNames", "CostCenter", ""], ["MeterNames", "CostCenter", ""]),
    ],
)
def test_columns_as_a_format_knows_them(columns: list[str], names: list[str]) -> None:
    assert known_names(columns, KNOWN) == names


def test_a_format_that_knows_no_such_names_takes_them_as_they_are() -> None:
    assert known_names(["meterName"], ()) == ["meterName"]


def test_currencies_are_those_of_states_not_of_vendors() -> None:
    assert {"USD", "EUR", "CNY", "JPY", "XAU"} <= CURRENCIES
    assert not {"TOKEN", "DBU", "ACU", ""} & CURRENCIES
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)
