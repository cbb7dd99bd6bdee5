"""Closing a month of a seller: how time and memory grow with its customers.

Each customer has a hundred rows of usage, a pack of credits that it bought, and one in four
free credits; one pack in five ends within the month. Breakage is estimated by cohort, and
promotions are measured at their cost to serve. The yardstick is the bare aggregation of the
same usage.
"""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import duckdb

from bench.books import DATA, reopen_book
from bench.close import BARE
from bench.measure import Run, python, run
from bench.parties import growth
from bench.results import Result
from bench.usage import PERIOD, write_usage

#: Rows of usage of each customer, on average.
ROWS = 100
TARGET_CUSTOMERS = 100_000

BOOK = f"""\
book: Benchmark of a seller
currency: USD
start: {PERIOD}
contracts:
  packs: {{side: sell, party: Customers, plan: prices, settle: prepaid, each: customer,
          usage: usage/*.csv, revenue: {{gross_net: principal}}}}
keep: [customer]
policies: {{promo_method: immediate}}
"""
PLAN = """\
plan: prices
currency: USD
rates:
  - prices:
      input_tokens: 5.25 per 1M
      cached_input_tokens: 0.5 per 1M
      output_tokens: 20.75 per 1M
"""
ESTIMATES = f"""\
date,contract,name,cohort,value,evidence,prepared,approved
{PERIOD}-01,packs,breakage_rate,,8%,study.pdf,Ada,Grace
{PERIOD}-01,packs,cost_to_serve,,40%,study.pdf,Ada,Grace
"""
#: The largest customers buy enough for all of their usage; the others now and then do not.
_CREDITS = """
    SELECT '{period}-01' AS date, 'packs' AS contract, customer AS party,
        CASE WHEN pack = 1 THEN 'grant' ELSE 'sale' END AS event,
        CASE WHEN pack = 1 THEN '5' ELSE (20 + number % 50 + rows // 20)::VARCHAR END AS credits,
        'pack-' || number || '-' || pack AS lot,
        CASE WHEN pack = 0 AND number % 5 = 0 THEN '{period}-20' ELSE '2026-09-30' END AS expires
    FROM (SELECT customer, row_number() OVER (ORDER BY customer) AS number, count(*) AS rows
        FROM read_csv('{usage}') GROUP BY customer), range(2) AS packs(pack)
    WHERE pack = 0 OR number % 4 = 0
    ORDER BY customer, pack
"""


def measure_customers(sizes: Mapping[str, int], rounds: int) -> list[Result]:
    """Closes of every size beside the bare aggregation, then how they grow."""
    results: list[Result] = []
    runs: dict[str, list[Run]] = {}
    for label, customers in sizes.items():
        folder = prepare_customers(label, customers)
        file = str(folder / "usage" / f"{PERIOD}.csv")
        run(python(BARE, file))  # the file is in the system's cache from here on
        pairs = [(_close(folder), run(python(BARE, file))) for _ in range(rounds)]
        runs[label] = [close for close, _ in pairs]
        results += _results(label, customers, pairs)
    for small, large in pairwise(sorted(sizes, key=lambda label: sizes[label])):
        results += growth(small, large, sizes, runs, "customers")
    return results


def prepare_customers(label: str, customers: int) -> Path:
    """The folder of a seller's book with so many customers; its files are written only once."""
    folder = DATA / f"customers-{label}"
    if (folder / "tokenbooks.yaml").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("plans", "usage"):
        (folder / name).mkdir(parents=True)
    usage = folder / "usage" / f"{PERIOD}.csv"
    write_usage(usage, customers * ROWS, customers)
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        rows = _CREDITS.format(period=PERIOD, usage=usage.as_posix())
        target = (folder / "credits.csv").as_posix()
        connection.execute(f"COPY ({rows}) TO '{target}' (HEADER, DELIMITER ',')")
    (folder / "plans/prices.yaml").write_text(PLAN)
    (folder / "estimates.csv").write_text(ESTIMATES)
    (folder / "tokenbooks.yaml").write_text(BOOK)
    return folder


def _close(folder: Path) -> Run:
    reopen_book(folder)
    command = ["-m", "tokenbooks", "--book", str(folder), "close", "-p", PERIOD, "--write", "-q"]
    one = run(python(*command))
    manifest = json.loads((folder / "close" / PERIOD / "manifest.json").read_text())
    if Decimal(manifest["totals"]["deferred_revenue"]) >= 0:
        raise SystemExit(f"{folder}: nothing is deferred, so nothing was measured")
    return one


def _results(label: str, customers: int, pairs: list[tuple[Run, Run]]) -> list[Result]:
    ratio = statistics.median(close.seconds / bare.seconds for close, bare in pairs)
    busy = statistics.median(close.busy / bare.busy for close, bare in pairs)
    peak = max(close.peak for close, _ in pairs)
    bare_peak = max(bare.peak for _, bare in pairs)
    aimed = customers >= TARGET_CUSTOMERS
    return [
        Result(f"close of {label} customers / bare aggregation", f"{ratio:.2f}x"),
        Result("processor time of it", f"{busy:.2f}x"),
        Result(
            f"memory of it (bare: {bare_peak:,.0f} MB)",
            f"{peak:,.0f} MB",
            "3,000 MB" if aimed else "",
            peak <= 3_000 if aimed else None,
        ),
    ]
