"""Usage as tables: quantities and list value by dimension, and the accounting of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.amounts import currency_places, number_text, round_half_up
from tokenbooks.rating.charge_prices import VALUE_PLACES
from tokenbooks.rating.charge_table import ChargeScales
from tokenbooks.rating.plan import Credit
from tokenbooks.rating.term_charges import (
    CAP,
    DISCOUNT,
    FEES,
    MINIMUM,
    OVERAGE,
    ROUNDING,
    SHORTFALL,
)
from tokenbooks.reports.table import Cell, Column, Table
from tokenbooks.usage.layout import dimension_column

if TYPE_CHECKING:
    import duckdb

#: Columns of the table of charges that can be grouped by besides the kept dimensions.
CHARGE_COLUMNS = ("contract", "party", "service_period", "meter", "price", "class", "cost_center")


#: No plan prices in credits.
NO_CREDITS: Mapping[str, Credit] = {}

#: The terms of plans, in the order in which they are charged and adjust each other.
TERM_ORDER = (FEES, DISCOUNT, CAP, OVERAGE, ROUNDING, SHORTFALL, MINIMUM)

#: Units of which prices are told by the million.
_MILLION = 1_000_000
_MANY_UNITS = ("tokens", "characters")
#: Columns that the terms of plans have too, and not only usage.
_COLUMNS_OF_ALL = ("contract", "party", "service_period", "class", "cost_center")


class _Sums(NamedTuple):
    """The sums of one group of charges, as SQL gives them."""

    quantity: str | None
    list_value: str | None
    cost: str | None
    priced: str | None
    units: list[str] | None
    unpriced: bool
    contracts: list[str]


def charges_table(
    connection: duckdb.DuckDBPyConnection,
    scales: ChargeScales,
    by: Sequence[str],
    currency: str,
    service_period: str | None = None,
    credits: Mapping[str, Credit] = NO_CREDITS,
) -> Table:
    """Quantities, list value and cost of the table of charges, grouped.

    The effective unit cost is the list value over the quantity that has a price; it is
    empty where a group mixes units, or has usage without a price. ``credits`` are the units
    of plans that price in credits, by contract.
    """
    asked = [service_period] if service_period else []
    found = connection.execute(_grouped_sql(by, bool(asked)), asked).fetchall()
    rows = [_cells(row[: len(by)], _Sums(*row[len(by) :]), scales, credits) for row in found]
    places = currency_places(currency)
    money = [
        Column(key, f"{heading} {currency}", number=True, places=places, total=True)
        for key, heading in (("list_value", "List value"), ("cost", "Cost"))
    ]
    columns = (
        *(Column(name, name.replace("_", " ").capitalize()) for name in by),
        Column("quantity", "Quantity", number=True),
        *money,
        Column("unit_cost", f"Unit cost {currency}", number=True),
        Column("per", "Per", number=True, short=True),
        *_credit_columns(credits),
    )
    title = f"Usage, {service_period}" if service_period else "Usage"
    return Table("usage", title, columns, tuple(rows))


def _grouped_sql(by: Sequence[str], of_one_period: bool) -> str:
    groups = [name if name in CHARGE_COLUMNS else dimension_column(name) for name in by]
    kinds = ", ".join(f"'{kind}'" for kind in TERM_ORDER)
    rank = f"CASE WHEN quantity = 0 THEN coalesce(list_position([{kinds}], rate), 0) ELSE 0 END"
    # terms come after the usage of what they belong to, in the order of adjustments
    shared = [c for c in groups if c in _COLUMNS_OF_ALL]
    ahead = groups.index(next(c for c in groups if c not in shared)) if shared != groups else None
    order = groups if ahead is None else [*groups[:ahead], "min(rank)", *groups[ahead:]]
    keys = "".join(f"{column}, " for column in groups)
    where = "WHERE service_period = ?" if of_one_period else ""
    unit = "CASE WHEN regexp_matches(meter, '_tokens$') THEN 'tokens' ELSE meter END"
    return (
        f"SELECT {keys}sum(quantity)::VARCHAR, sum(list_value)::VARCHAR, sum(cost)::VARCHAR,"
        " sum(quantity) FILTER (rate <> '')::VARCHAR,"
        f" list(DISTINCT {unit}) FILTER (quantity <> 0 AND rate <> ''),"
        " bool_or(price = 'unpriced'), list(DISTINCT contract)"
        f" FROM (SELECT *, {rank} AS rank FROM charges {where})"
        f" GROUP BY {', '.join(groups) or '()'}"
        + (f" ORDER BY {', '.join(order)}" if groups else "")
    )


def _cells(
    keys: Sequence[str | None],
    sums: _Sums,
    scales: ChargeScales,
    credits: Mapping[str, Credit],
) -> tuple[Cell, ...]:
    list_value = scaled_cell(sums.list_value, scales.list_value)
    return (
        *(value or "" for value in keys),
        scaled_cell(sums.quantity, scales.quantity),
        list_value,
        scaled_cell(sums.cost, scales.cost),
        *_unit_cost(list_value, sums, scales),
        *(_credits(list_value, sums, credits) if credits else ()),
    )


def _unit_cost(
    list_value: Decimal, sums: _Sums, scales: ChargeScales
) -> tuple[Decimal | None, int | None]:
    """The effective unit cost, and of how many units it is."""
    quantity = scaled_cell(sums.priced, scales.quantity)
    units = sums.units or []
    if sums.unpriced or not quantity or len(units) != 1:
        return None, None
    per = _MILLION if units[0] in _MANY_UNITS else 1
    return _times(list_value, per / Fraction(quantity)), per


def _credits(
    list_value: Decimal, sums: _Sums, credits: Mapping[str, Credit]
) -> tuple[Decimal | None]:
    """The list value in the plan's credits; None where a group mixes several units."""
    units = {credits.get(contract) for contract in sums.contracts}
    unit = units.pop() if len(units) == 1 else None
    if unit is None:
        return (None,)
    return (_times(list_value, 1 / Fraction(unit.worth)),)


def _times(list_value: Decimal, factor: Fraction) -> Decimal:
    """A multiple of a list value, with no more places than the value bears."""
    places = VALUE_PLACES
    if -int(list_value.as_tuple().exponent) >= VALUE_PLACES:
        # it was rounded there, and so is that much of the result no more than noise
        places = max(0, places - len(str(int(abs(factor)))))
    return Decimal(number_text(round_half_up(Fraction(list_value) * factor, places)))


def _credit_columns(credits: Mapping[str, Credit]) -> list[Column]:
    if not credits:
        return []
    names = {credit.name for credit in credits.values()}
    name = names.pop() if len(names) == 1 else "credit"
    return [Column("credits", f"In {name}s", number=True, total=True)]


def scaled_cell(digits: str | None, places: int) -> Decimal:
    """A scaled integer of the table of charges as a decimal."""
    return Decimal(number_text(Decimal(digits or "0").scaleb(-places)))
