"""Comparing a statement with rated usage, against reading and rating it; each in turns.

The rows are daily keys: every row of the statement is a day, an API key, a model and a meter,
and has its own rated row. In one book all of them agree; in the other every price differs.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb

from bench.books import DATA
from bench.measure import Run, python, run
from bench.results import Result
from tokenbooks.book import Contract
from tokenbooks.close.compute import compute
from tokenbooks.desk.close import charge_table
from tokenbooks.desk.gather import gather_usage
from tokenbooks.desk.look import look_at_usage
from tokenbooks.desk.look_at_statements import compare_gathered
from tokenbooks.desk.open_book import OpenBook, open_book
from tokenbooks.periods import Period
from tokenbooks.reconcile.statements.statement_causes import statement_causes
from tokenbooks.sources.exports.connection import connect

PERIOD = "2025-10"
DAYS, MODELS = 31, 4
#: Start of the period, in seconds since 1970.
_START = 1_759_276_800

BOOK = """\
book: Benchmark
currency: USD
start: 2025-10
contracts:
  gateway: {side: buy, party: Gateway, plan: prices, settle: arrears, usage: usage/*.csv,
    statement: statements/*.csv}
keep: [model, api_key]
"""
PLAN = """\
plan: prices
currency: USD
rates:
  - prices: {input_tokens: 5 per 1M, cached_input_tokens: 0.5 per 1M, output_tokens: 20 per 1M}
"""
#: What a million tokens cost on the statements of the two books.
PRICES = (5, 6)


def measure_reconciling(sizes: Mapping[str, int], rounds: int) -> list[Result]:
    """Comparing beside rating, for every size: where all agrees, and where nothing does."""
    results = []
    for label, rows in sizes.items():
        for number, what in enumerate(("all agrees", "every price differs")):
            folder = _prepare(label, rows, number)
            runs = [_run(folder) for _ in range(rounds)]
            times = [tuple(map(float, one.out.split())) for one in runs]
            ratio, busy, ratio_alone, busy_alone = (
                statistics.median(one[4 + n % 2] / one[n] for one in times) for n in range(4)
            )
            name = f"comparing {label} rows with a statement, {what}"
            results += [
                Result(f"{name} / reading and rating them", f"{ratio:.2f}x", "1.0x", ratio <= 1),
                Result("processor time of it", f"{busy:.2f}x"),
                Result("the same / rating them alone", f"{ratio_alone:.2f}x"),
                Result("processor time of it", f"{busy_alone:.2f}x"),
                Result("memory of both", f"{max(one.peak for one in runs):,.0f} MB"),
            ]
    return results


def _run(folder: Path) -> Run:
    return run(python("-m", "bench.reconcile", str(folder)))


def _prepare(label: str, rows: int, number: int) -> Path:
    """The folder of a book; ``number`` tells which of the prices its statement has."""
    folder = DATA / f"reconcile-{label}-{number}"
    if folder.exists():
        return folder
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for name in ("plans", "usage", "statements"):
        (unfinished / name).mkdir(parents=True)
    (unfinished / "tokenbooks.yaml").write_text(BOOK)
    (unfinished / "plans/prices.yaml").write_text(PLAN)
    keys = max(1, rows // (DAYS * MODELS))
    used = (
        "SELECT day, 'model-' || model AS model, 'key-' || key AS key,"
        " 20 + (day * 7919 + key * 104729 + model * 31) % 20000 AS tokens"
        f" FROM range({DAYS}) d(day), range({MODELS}) m(model), range({keys}) k(key)"
    )
    usage = (
        f"SELECT strftime(DATE '{PERIOD}-01' + day::INTEGER, '%Y-%m-%d') AS date, model,"
        " key AS api_key, tokens AS input_tokens, 0 AS cached_input_tokens, 0 AS output_tokens"
        f" FROM ({used})"
    )
    stated = (
        f"SELECT {_START} + day * 86400 AS start_time, {_START} + (day + 1) * 86400 AS end_time,"
        f" (tokens::DECIMAL(18,0) * {PRICES[number]}::DECIMAL(9,3) * 0.000001)::DECIMAL(38,18)"
        " AS amount_value, 'usd' AS amount_currency, tokens AS quantity,"
        " 'tokens' AS quantity_unit, model || ', input' AS line_item, key AS api_key_id"
        f" FROM ({used})"
    )
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        for name, query in (("usage", usage), ("statements", stated)):
            file = (unfinished / name / f"{PERIOD}.csv").as_posix()
            connection.execute(f"COPY ({query}) TO '{file}' (HEADER, DELIMITER ',')")
    unfinished.replace(folder)
    return folder


def _compare(folder: Path) -> None:
    """Read usage and a statement, rate the usage, compare them, and tell the causes.

    Prints the seconds and processor seconds of reading and rating the usage, of rating it alone
    to the table of charges, and of all that comparing is. Reading the statement is in none:
    ``bench/reading.py`` measures it.
    """
    book, problems = open_book(folder)
    if book is None:
        raise SystemExit("\n".join(map(str, problems)))
    usage_alone = replace(book.facts.book.contracts["gateway"], statement=())
    began = _clocks()
    rated, _ = look_at_usage(_with(book, usage_alone))
    both = _since(began)
    if rated is None:
        raise SystemExit(f"{folder}: nothing was rated")
    rated.connection.close()
    period = Period.parse(PERIOD)
    gathered, _ = gather_usage(connect(), book, period, [], statements=True)
    if gathered is None:
        raise SystemExit(f"{folder}: nothing was read")
    connection = gathered.connection
    began = _clocks()
    computed, _ = compute(connection, book.facts, gathered.layout, gathered.daily, period, {})
    charge_table(connection, computed)
    rating = _since(began)
    connection.execute("DROP TABLE charges")
    began = _clocks()
    found, _ = compare_gathered(book, connection, computed.rated, gathered, period)
    for facts in (found or {}).values():
        statement_causes(facts.compared)
    comparing = _since(began)
    if not found:
        raise SystemExit(f"{folder}: nothing was compared")
    sys.stdout.write(" ".join(f"{time:.3f}" for time in (*both, *rating, *comparing)) + "\n")


def _with(book: OpenBook, contract: Contract) -> OpenBook:
    own = replace(book.facts.book, contracts={contract.id: contract})
    return replace(book, facts=replace(book.facts, book=own))


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(began: tuple[float, float]) -> tuple[float, float]:
    now = _clocks()
    return now[0] - began[0], now[1] - began[1]


if __name__ == "__main__":
    _compare(Path(sys.argv[1]))
