"""Usage as a busy gateway would export it: any number of rows of one month, always the same.

Customers, keys, models and sizes of requests are skewed: few have most of it. A customer
uses a handful of API keys, and a key belongs to one project. Everything is integer
arithmetic on the row's number, so that the same call writes the same file anywhere.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

PERIOD = "2025-10"
CUSTOMERS, PROJECTS, KEYS, MODELS = 500, 30, 200, 12
KEYS_OF_A_CUSTOMER = 6
METERS = ("input_tokens", "cached_input_tokens", "output_tokens")

_SECONDS = 31 * 86_400
_JITTER = 600
_PRIME = 2_147_483_647


def write_usage(path: Path, rows: int, customers: int = CUSTOMERS) -> None:
    """Write a CSV file of the plain format, in order of time to within ten minutes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        query = usage_sql(rows, customers)
        connection.execute(f"COPY ({query}) TO '{unfinished.as_posix()}' (HEADER, DELIMITER ',')")
    unfinished.replace(path)


def usage_sql(rows: int, customers: int) -> str:
    """The rows as a query; each random number is drawn from the row's number and a salt."""
    key = f"(customer * 7 + {below(KEYS_OF_A_CUSTOMER, skewed(3))}) % {KEYS}"
    second = f"least({_SECONDS - 1}, i * {_SECONDS} // {rows} + {below(_JITTER, even(1))})"
    picked = (
        f"SELECT i, {second} AS second, {below(customers, skewed(2))} AS customer,"
        f" {below(MODELS, skewed(4))} AS model FROM range({rows}) AS numbers(i)"
    )
    keyed = f"SELECT *, {key} AS key FROM ({picked})"
    return (
        f"SELECT strftime(TIMESTAMP '{PERIOD}-01' + to_seconds(second), '%Y-%m-%dT%H:%M:%SZ')"
        " AS timestamp,"
        f" 'customer-' || lpad(customer::VARCHAR, {len(str(customers - 1))}, '0') AS customer,"
        f" 'project-' || lpad((key % {PROJECTS})::VARCHAR, 2, '0') AS project,"
        " 'key-' || lpad(key::VARCHAR, 3, '0') AS api_key,"
        " 'model-' || lpad(model::VARCHAR, 2, '0') AS model,"
        f" 20 + {below(20_000, skewed(5))} AS input_tokens,"
        f" CASE WHEN {below(3, even(6))} = 0 THEN {below(30_000, skewed(7))} ELSE 0 END"
        " AS cached_input_tokens,"
        f" 1 + {below(4_000, skewed(8))} AS output_tokens,"
        " 1 AS requests"
        f" FROM ({keyed})"
    )


def even(salt: int) -> str:
    """SQL of a number from 0 to below the prime, every one as likely, for the row ``i``."""
    step = f"((i * {48_271 + 2 * salt} + {salt * 7_919}) % {_PRIME})"
    return f"(({step} * {step}) % {_PRIME} * {16_807 + salt} + {salt}) % {_PRIME}"


def skewed(salt: int) -> str:
    """The cube of an even number, scaled back: a few small ones are by far the likeliest."""
    number = f"({even(salt)})"
    return f"({number} * {number} // {_PRIME}) * {number} // {_PRIME}"


def below(bound: int, number: str) -> str:
    """SQL that scales such a number to one from 0 to below the bound."""
    return f"(({number}) * {bound} // {_PRIME})"
