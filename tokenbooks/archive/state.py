"""The state that a close hands to the next one, as small CSV tables.

``posted.csv``: what is posted to date, by rule, unit, service span and destination.
``lots.csv``: each lot at the end of the period, in credits and in cost.
``owed.csv``: what is known of each service span that was invoiced.
``counters.csv``: running totals of tiered prices.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from tokenbooks.amounts import exact_text, number_text
from tokenbooks.close.close_period import Before, Close
from tokenbooks.close.lot_states import LotState
from tokenbooks.entries.buy.owed import Known
from tokenbooks.entries.posted import Line, Posted

_MOVEMENTS = ("acquired", "used", "expired", "refunded", "moved", "adjusted")
LOT_FIELDS = (*_MOVEMENTS, *(f"cost_{name}" for name in _MOVEMENTS))


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A CSV document with LF line ends."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()


def state_tables(close: Close) -> dict[str, str]:
    """The state tables of a close, by file name."""
    return {
        "posted.csv": _posted_text(close.posted),
        "lots.csv": _lots_text(close.lots),
        "owed.csv": _owed_text(close),
        "counters.csv": _counters_text(close),
    }


def read_before(folder: Path) -> Before:
    """What a written close posted and knew; raises OSError, ValueError or KeyError."""
    posted: Posted = {}
    for row in _rows(folder / "posted.csv"):
        fields = {
            "class_" if name == "class" else name: row[name] for name in row if name != "amount"
        }
        posted[Line(**fields)] = Decimal(row["amount"])
    lots = {row["lot"]: _lot_state(row) for row in _rows(folder / "lots.csv")}
    known: dict[tuple[str, str], dict[str, Known]] = {}
    for row in _rows(folder / "owed.csv"):
        spans = known.setdefault((row["contract"], row["party"]), {})
        spans[row["service"]] = Known(Decimal(row["rated"]), int(row["documents"]))
    return Before(posted, known, lots)


def _lot_state(row: Mapping[str, str]) -> LotState:
    acquired, used, expired, refunded, moved, adjusted = (
        Fraction(row[name]) for name in _MOVEMENTS
    )
    costs = {f"cost_{name}": Decimal(row[f"cost_{name}"]) for name in _MOVEMENTS}
    return LotState(acquired, used, expired, refunded, moved, adjusted, **costs)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _posted_text(posted: Posted) -> str:
    header = ["class" if name == "class_" else name for name in Line._fields]
    rows = [(*line, posted[line]) for line in sorted(posted)]
    return csv_text([*header, "amount"], rows)


def _lots_text(lots: Mapping[str, LotState]) -> str:
    rows = [
        (
            lot,
            *(_fraction_text(getattr(state, name)) for name in _MOVEMENTS),
            *(number_text(getattr(state, f"cost_{name}")) for name in _MOVEMENTS),
        )
        for lot, state in sorted(lots.items())
    ]
    return csv_text(["lot", *LOT_FIELDS], rows)


def _owed_text(close: Close) -> str:
    rows = [
        (owed.contract, owed.party, owed.service, owed.known.rated, owed.known.documents)
        for _, owed in sorted(close.computed.owed.items())
        if owed.known is not None and owed.known.documents
    ]
    return csv_text(["contract", "party", "service", "rated", "documents"], rows)


def _counters_text(close: Close) -> str:
    rows = [
        (
            pool.contract,
            pool.party,
            str(pool.conditions),
            pool.name,
            pool.span,
            exact_text(pool.quantity),
            exact_text(pool.value),
        )
        for pool in close.computed.rated.charges.pools.values()
    ]
    header = ["contract", "party", "rate", "price", "span", "quantity", "value"]
    return csv_text(header, rows)


def _fraction_text(value: Fraction) -> str:
    """An exact fraction: as a decimal where it has one, else as numerator/denominator."""
    text = exact_text(value)
    return text if Fraction(text) == value else f"{value.numerator}/{value.denominator}"
