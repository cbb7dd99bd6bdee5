"""SQL that casts text with a check: what is not written as it should be becomes NULL.

DuckDB alone would take ``9.5`` for a count of 10, ``1e3`` for 1000, ``0x10`` for 16 and
``1_000`` for 1000, would drop decimals that do not fit, and would take an instant
without offset for UTC. Each expression has a fast first branch for what files normally
hold; the patterns in it were chosen by measuring (a glob costs less than a regular expression).
"""

from __future__ import annotations

from decimal import Decimal

from tokenbooks.sources.exports.sql_text import quoted
from tokenbooks.usage.layout import QUANTITY_PLACES

#: Years outside of which an instant is a mistake, such as milliseconds taken for seconds.
FIRST_YEAR, LAST_YEAR = 2000, 2100

_OFFSET = r"(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"
_CLOCK = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
_EXPONENT = r"-?[0-9]*(\.[0-9]*)?[eE][+-]?[0-9]{1,3}"


def count(cell: str) -> str:
    """A whole count, BIGINT: ``31422``, ``31422.0``, empty for 0; negative ones are kept."""
    # a number whose text has as many characters as it has digits is written as digits only,
    # the cheapest test that was measured
    number = f"try_cast({cell} AS INTEGER)"
    return (
        f"CASE WHEN strlen({cell}) = {_digits(cell, number)} THEN {number}::BIGINT"
        f" WHEN {_only_digits(cell)} THEN try_cast({cell} AS BIGINT)"
        f" WHEN {cell} IS NULL THEN 0"
        rf" WHEN regexp_full_match({cell}, '-?[0-9]+(\.0*)?')"
        f" THEN try_cast(split_part({cell}, '.', 1) AS BIGINT) END"
    )


def _digits(cell: str, number: str) -> str:
    """How many digits a number has; 0 for ``1e2``, whose length alone would pass."""
    branches = {2: f"CASE WHEN {cell} GLOB '?[eE]?' THEN 0 ELSE 3 END"}
    counted = "".join(
        f" WHEN {number} < {10 ** (power + 1)} THEN {branches.get(power, power + 1)}"
        for power in range(9)
    )
    return f"CASE{counted} END"


def quantity(cell: str) -> str:
    """A quantity with at most nine decimals that count, exact; empty for 0."""
    places = QUANTITY_PLACES
    return (
        f"CASE WHEN {cell} IS NULL THEN 0::DECIMAL(38,{places})"
        rf" WHEN regexp_full_match({cell}, '-?[0-9]{{0,19}}(\.[0-9]{{0,{places}}}0*)?')"
        f" THEN try_cast({cell} AS DECIMAL(38,{places})) END"
    )


def _only_digits(cell: str) -> str:
    return f"NOT ({cell} GLOB '*[!0-9]*')"


def scaled_count(cell: str, times: int) -> str:
    """A count written in units of ``times``, such as thousands; it must come out whole."""
    amount = f"({quantity(cell)}) * {times}"
    return f"CASE WHEN {amount} = floor({amount}) THEN ({amount})::BIGINT END"


def scaled_quantity(cell: str, times: int) -> str:
    """A quantity written in units of ``times``."""
    return f"({quantity(cell)}) * {times}"


def amount(cell: str, unit: Decimal) -> str:
    """An amount of money, DECIMAL(38,18): up to 39 digits, exponents, ``0E-6176``.

    Digits that count beyond the 18th place are refused, never dropped. ``unit`` is 1,
    or 0.01 where cents are written.
    """
    places = 18 if unit == 1 else 16
    kind = f"DECIMAL({18 + places},{places})" if unit != 1 else "DECIMAL(38,18)"
    fraction = rf"length(rtrim(regexp_extract({cell}, '\.([0-9]*)', 1), '0'))"
    exponent = f"regexp_extract({cell}, '[eE]([+-]?[0-9]+)$', 1)::INTEGER"
    read = (
        rf"CASE WHEN regexp_full_match({cell}, '-?[0-9]*(\.[0-9]{{0,{places}}}0*)?')"
        f" THEN try_cast({cell} AS {kind})"
        rf" WHEN regexp_full_match({cell}, '-?0*(\.0*)?[eE][+-]?[0-9]+') THEN 0::{kind}"
        f" WHEN regexp_full_match({cell}, '{_EXPONENT}') AND {fraction} - {exponent} <= {places}"
        f" THEN try_cast({cell} AS {kind}) END"
    )
    return read if unit == 1 else f"(({read}) * 0.01::DECIMAL(2,2))::DECIMAL(38,18)"


def unix_instant(cell: str) -> str:
    """An instant written as Unix seconds, TIMESTAMP in UTC."""
    first, last = 946_684_800, 4_102_444_800
    return (
        f"CASE WHEN ({count(cell)}) BETWEEN {first} AND {last}"
        f" THEN make_timestamp(({count(cell)}) * 1000000) END"
    )


def instant(cell: str, zone: str) -> str:
    """An instant with its offset, TIMESTAMP in UTC; without one only if a zone is given."""
    aware = f"make_timestamp(epoch_us(try_cast({cell} AS TIMESTAMPTZ)))"
    naive = f"make_timestamp(epoch_us(timezone({quoted(zone)}, try_cast({cell} AS TIMESTAMP))))"
    without = f" WHEN regexp_full_match({cell}, '{_CLOCK}') THEN {naive}" if zone else ""
    return (
        f"CASE WHEN suffix({cell}, 'Z') AND strlen({cell}) = 20 THEN try_cast({cell} AS TIMESTAMP)"
        f" WHEN regexp_full_match({cell}, '{_CLOCK}{_OFFSET}') THEN {aware}{without} END"
    )


def day(cell: str) -> str:
    """A day, as the TIMESTAMP of its start in whatever zone rules it."""
    cast = f"try_cast({cell} AS DATE)"
    return f"CASE WHEN {cast}::VARCHAR = {cell} THEN {cast}::TIMESTAMP END"


def in_years(moment: str) -> str:
    """Whether a TIMESTAMP lies in years that can be meant; NULL where it is NULL."""
    return (
        f"{moment} >= TIMESTAMP '{FIRST_YEAR}-01-01' AND {moment} < TIMESTAMP '{LAST_YEAR}-01-01'"
    )


def has_no_offset(cell: str) -> str:
    """Whether a text is an instant, but one without offset."""
    return f"regexp_full_match({cell}, '{_CLOCK}')"
