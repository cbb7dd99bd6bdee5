"""Closing a month of many parties that have credits of their own: how time and memory grow.

Each party has three lots and ten rows of usage. Of a hundred parties eighty have a lot that
covers everything; of the others a lot ends or begins inside of the month, or is used up.
"""

from __future__ import annotations

import csv
import shutil
import statistics
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import duckdb

from bench.books import DATA, reopen_book
from bench.measure import Run, python, run
from bench.results import Result
from bench.usage import PERIOD

ROWS, LOTS = 10, 3
TARGET_PARTIES = 1_000_000

BOOK = f"""\
book: Benchmark of parties
currency: USD
start: {PERIOD}
contracts:
  chat: {{side: buy, party: Gateway, plan: prices, settle: prepaid, each: customer,
         usage: usage/*.csv}}
keep: [customer]
allocate:
  - {{when: {{model: "large*"}}, class: rd, cost_center: research}}
  - {{when: {{model: "*"}}, class: cogs, cost_center: support}}
"""
PLAN = """\
plan: prices
currency: USD
rates:
  - for: {model: large}
    prices: {input_tokens: 5.25 per 1M, output_tokens: 21 per 1M}
  - for: {model: small}
    prices: {input_tokens: 0.15 per 1M, output_tokens: 0.60 per 1M}
"""

#: One day of the month for each row of a party; the file is in the order of days.
_USAGE = f"""
    SELECT '{PERIOD}-' || lpad((1 + row * 3 + party % 3)::VARCHAR, 2, '0') AS date,
        'customer-' || lpad(party::VARCHAR, 7, '0') AS customer,
        CASE WHEN (party + row) % 4 = 0 THEN 'large' ELSE 'small' END AS model,
        20000 + (party * 7919 + row * 104729) % 80000 AS input_tokens,
        1000 + (party * 31 + row * 7) % 4000 AS output_tokens
    FROM range({{parties}}) AS parties(party), range({ROWS}) AS rows(row)
    ORDER BY row, party
"""
#: A grant that the purchase before it leaves untouched, and a purchase that never ends.
_CREDITS = f"""
    SELECT '{PERIOD}-' || CASE WHEN lot = 0 AND party % 20 = 3 THEN '16'
            WHEN lot = 2 AND party % 20 = 3 THEN '12' ELSE '01' END AS date,
        'chat' AS contract, 'customer-' || lpad(party::VARCHAR, 7, '0') AS party,
        CASE WHEN lot = 1 THEN 'grant' ELSE 'purchase' END AS event,
        CASE WHEN lot = 0 AND party % 20 = 1 THEN '0.75'
            WHEN lot = 0 THEN '40.50' ELSE (5 + party % 10)::VARCHAR END AS credits,
        'lot-' || lpad(party::VARCHAR, 7, '0') || '-' || lot AS lot,
        CASE WHEN lot = 0 AND party % 20 = 2 THEN '{PERIOD}-15'
            WHEN lot = 0 THEN '2026-06-30' WHEN lot = 1 THEN '2026-12-31' ELSE NULL END AS expires,
        CASE WHEN lot = 0 THEN '1' ELSE NULL END AS priority
    FROM range({{parties}}) AS parties(party), range({LOTS}) AS lots(lot)
    WHERE lot < 2 OR party % 20 <> 4
    UNION ALL
    SELECT '{PERIOD}-20', 'chat', 'customer-' || lpad(party::VARCHAR, 7, '0'), 'purchase', '25',
        'lot-' || lpad(party::VARCHAR, 7, '0') || '-2', NULL, '2'
    FROM range({{parties}}) AS parties(party) WHERE party % 20 = 4
    ORDER BY 1, 3, 6
"""


def measure_parties(sizes: Mapping[str, int], rounds: int) -> list[Result]:
    """Closes of every size, then how time and memory grow from each size to the next."""
    results: list[Result] = []
    runs: dict[str, list[Run]] = {}
    for label, parties in sizes.items():
        folder = prepare_parties(label, parties)
        runs[label] = [_close(folder, parties) for _ in range(rounds)]
        peak = max(one.peak for one in runs[label])
        seconds = statistics.median(one.seconds for one in runs[label])
        aimed = parties >= TARGET_PARTIES
        results += [
            Result(f"close of {label} parties", f"{seconds:.1f} s"),
            Result(
                "memory of it",
                f"{peak:,.0f} MB",
                "3,000 MB" if aimed else "",
                peak <= 3_000 if aimed else None,
            ),
        ]
    for small, large in pairwise(sorted(sizes, key=lambda label: sizes[label])):
        results += growth(small, large, sizes, runs, "parties")
    return results


def prepare_parties(label: str, parties: int) -> Path:
    """The folder of a book with so many parties; its files are written only once."""
    folder = DATA / f"parties-{label}"
    if not (folder / "tokenbooks.yaml").exists():
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("plans", "usage"):
            (folder / name).mkdir(parents=True)
        with duckdb.connect() as connection:
            connection.execute("SET enable_progress_bar = false")
            for query, path in ((_USAGE, f"usage/{PERIOD}.csv"), (_CREDITS, "credits.csv")):
                target = (folder / path).as_posix()
                rows = query.format(parties=parties)
                connection.execute(f"COPY ({rows}) TO '{target}' (HEADER, DELIMITER ',')")
        (folder / "plans/prices.yaml").write_text(PLAN)
        (folder / "tokenbooks.yaml").write_text(BOOK)
    return folder


def _close(folder: Path, parties: int) -> Run:
    reopen_book(folder)
    command = ["-m", "tokenbooks", "--book", str(folder), "close", "-p", PERIOD, "--write", "-q"]
    one = run(python(*command))
    with (folder / "close" / PERIOD / "accruals.csv").open(newline="") as file:
        if list(csv.DictReader(file)):
            raise SystemExit(f"{folder}: {parties} parties have credits for all of their usage")
    return one


def growth(
    small: str, large: str, sizes: Mapping[str, int], runs: Mapping[str, list[Run]], whom: str
) -> list[Result]:
    """How much more time and memory so many times the parties take."""
    parties = sizes[large] / sizes[small]
    medians = {
        label: statistics.median(one.seconds for one in runs[label]) for label in (small, large)
    }
    peaks = {label: max(one.peak for one in runs[label]) for label in (small, large)}
    times = medians[large] / medians[small]
    what = f"growth from {small} to {large} {whom}"
    busy = {label: statistics.median(one.busy for one in runs[label]) for label in (small, large)}
    return [
        Result(what, f"{times:.1f}x for {parties:.0f}x {whom}", "linear", times <= parties * 1.2),
        Result("processor time", f"{busy[large] / busy[small]:.1f}x"),
        Result("memory", f"{peaks[large] / peaks[small]:.1f}x"),
    ]
