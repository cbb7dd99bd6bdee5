"""The layout of usage tables in DuckDB.

Two tables carry usage. Rows never become Python objects; only keys and totals do.

``usage_read``: what the files say, summed per file, bucket, step and dimensions::

    file INTEGER        index into the list of files read
    bucket TIMESTAMP    start of the provider's bucket, UTC; NULL where rows are events
    at TIMESTAMP        start of the step (normally the day), local to the contract
    verdict TINYINT     0 used, 1 skipped by rule, 2 rejected, 3 replaced
    party VARCHAR       '' where the contract has only one
    "d_NAME" VARCHAR    one column per kept dimension; NULL where absent
    "m_NAME"            one column per meter: HUGEINT, or DECIMAL(38,9) with decimals
    rows BIGINT         how many rows of the file stand behind it

``usage_days``: what counts, over all files and earlier closes::

    contract VARCHAR, party VARCHAR, at TIMESTAMP, "d_NAME"..., "m_NAME"...
"""

from __future__ import annotations

from dataclasses import dataclass

from tokenbooks.names import WHOLE_METERS

#: Decimal places of quantities that are not whole.
QUANTITY_PLACES = 9

USED, SKIPPED, REJECTED, REPLACED = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Layout:
    """Which dimensions are kept and which meters there are, both in column order."""

    dimensions: tuple[str, ...]
    meters: tuple[str, ...]

    @property
    def dimension_columns(self) -> tuple[str, ...]:
        """Quoted column names of the dimensions."""
        return tuple(dimension_column(name) for name in self.dimensions)

    @property
    def meter_columns(self) -> tuple[str, ...]:
        """Quoted column names of the meters."""
        return tuple(meter_column(name) for name in self.meters)


def dimension_column(name: str) -> str:
    """The quoted column of a dimension."""
    return '"d_' + name.replace('"', '""') + '"'


def meter_column(name: str) -> str:
    """The quoted column of a meter."""
    return '"m_' + name.replace('"', '""') + '"'


def is_whole(meter: str) -> bool:
    """Whether a meter is counted in whole numbers; unknown meters may have decimals."""
    return meter in WHOLE_METERS


def meter_type(meter: str) -> str:
    """The SQL type that holds sums of a meter exactly."""
    return "HUGEINT" if is_whole(meter) else f"DECIMAL(38,{QUANTITY_PLACES})"
