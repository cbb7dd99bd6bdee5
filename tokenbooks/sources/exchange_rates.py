"""Reads ``rates.csv``: exchange rates of month ends and settlements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from tokenbooks.amounts import number_text
from tokenbooks.book import Book
from tokenbooks.documents import ExchangeRate
from tokenbooks.problems import Problem, error
from tokenbooks.sources.files import matching_files
from tokenbooks.sources.rows import Cells, Columns, Row, read_rows

COLUMNS = Columns(required=("date", "from", "to", "rate"), optional=("source",))


def read_rates(book: Book, directory: Path) -> tuple[tuple[ExchangeRate, ...], list[Problem]]:
    """The exchange rates, in the order of the files; a row that stands twice counts once.

    Problems, beside those of cells: ``exchange-rate-zero``, ``exchange-rate-same`` (a
    currency in itself), ``exchange-rate-duplicate`` (two rates of a pair on one day).
    """
    rates: list[ExchangeRate] = []
    problems: list[Problem] = []
    for path in matching_files(directory, book.rates_files):
        rows, found = read_rows(path, COLUMNS)
        problems += found
        for row in rows:
            rate = _read_rate(row, problems)
            if rate:
                rates.append(rate)
    problems += _contradictions(rates)
    return tuple(rates), problems


def _read_rate(row: Row, problems: list[Problem]) -> ExchangeRate | None:
    cells = Cells(row, problems)
    filled = cells.need("date", "from", "to", "rate")
    day, rate = cells.day("date"), positive_rate(cells, "rate")
    currency, into = cells.name("from", "currency"), cells.name("to", "currency")
    if currency and currency == into:
        message = f"a rate of {currency} in {into} itself"
        help = "write two currencies: one unit of `from` is worth `rate` units of `to`"
        problems.append(error("exchange-rate-same", message, help, row.at("to")))
        return None
    if not (filled and day and currency and into and rate):
        return None
    return ExchangeRate(day, currency, into, rate, row["source"], row.position, row.digest)


def positive_rate(cells: Cells, column: str) -> Decimal | None:
    """The exchange rate of a cell; None if empty, unreadable or not above zero."""
    rate = cells.number(column)
    if rate is not None and not rate:
        message = f"an exchange rate of {cells.row[column]}"
        help = "write what one unit of the foreign currency is worth, such as 1.08"
        cells.problems.append(error("exchange-rate-zero", message, help, cells.row.at(column)))
    return rate if rate and rate > 0 else None


def _contradictions(rates: Sequence[ExchangeRate]) -> Iterator[Problem]:
    seen: dict[tuple[object, ...], ExchangeRate] = {}
    for rate in rates:
        earlier = seen.setdefault((rate.day, rate.currency, rate.into), rate)
        if earlier.rate != rate.rate:
            message = (
                f"{rate.currency} in {rate.into} on {rate.day} is {number_text(rate.rate)},"
                f" but {number_text(earlier.rate)} in {earlier.position}"
            )
            help = "keep one rate of a pair for a day: the one that your policy names"
            yield error("exchange-rate-duplicate", message, help, rate.position)
