"""`rows: ccusage`: the JSON reports of ccusage, which adds up the logs of coding tools.

`{"daily": [...], "totals": {...}}`, and the same with `weekly`, `monthly`, `sessions` or
`blocks`; `{"type": "daily", "data": [...], "summary": {...}}`; `{"projects": {"name":
[...]}}` of `--instances`. An entry is a row for each of its models if it breaks its
counts down (`modelBreakdowns`, `breakdown`, or `models` as an object), else one row.
Where several models have one cost together, it is a row of its own, without counts.
Costs are list prices, so not an invoice.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta

from tokenbooks.sources.exports.sheets.json_items import Item
from tokenbooks.sources.exports.sheets.json_values import JsonObject, JsonValue
from tokenbooks.sources.exports.sheets.unfoldings.rows import (
    UnfoldedRow,
    flat_cells,
    flat_row,
    row_of,
    values_of,
    where_some_fit,
)

_REPORTS = {
    "daily": "daily",
    "weekly": "weekly",
    "monthly": "monthly",
    "session": "session",
    "sessions": "session",
    "blocks": "blocks",
}
_SUMS = ("totals", "summary")
_COSTS = ("cost", "costUSD", "totalCost")
_BREAKDOWNS = ("modelBreakdowns", "breakdown", "models")
#: Where an entry says its day, its week's first day, or the day on which it was last used.
_DAYS = {"date": 1, "week": 7, "lastActivity": 1}


def unfold(items: Iterable[Item], wanted: Collection[str] = ()) -> Iterator[UnfoldedRow]:
    """The rows: `report` says which one, `modelName` and `project` whose, `cost` the list price.

    `first` and `last` are the days of an entry, also of a week or a month; a session counts
    on the day of its last activity. The report's own sum over all entries is a row of its
    own, where `report` is `totals`.
    """
    return where_some_fit(_rows(items, wanted))


def _rows(items: Iterable[Item], wanted: Collection[str]) -> Iterator[tuple[bool, UnfoldedRow]]:
    for line, value in values_of(items):
        found = list(_entries(value))
        if not found or not isinstance(value, dict):
            yield False, flat_row(line, value, wanted)
            continue
        for own, entries in found:
            for entry in entries:
                for row in _rows_of_entry(line, entry, wanted):
                    yield True, row._replace(cells=own | row.cells | _days(row.cells))
        for key in _SUMS:
            if key in value:
                row = flat_row(line, value[key], wanted)
                yield True, row._replace(cells={"report": "totals"} | _with_cost(row.cells))


def _entries(report: JsonValue) -> Iterator[tuple[dict[str, str], list[JsonValue]]]:
    """The lists of entries in a report, each with the cells that its rows have from it."""
    if not isinstance(report, dict):
        return
    for key, name in _REPORTS.items():
        listed = report.get("data" if report.get("type") == key else key)
        if isinstance(listed, list):
            yield {"report": name}, listed
    projects = report.get("projects")
    for project, listed in projects.items() if isinstance(projects, dict) else ():
        if isinstance(listed, list):
            yield {"report": "daily", "project": project}, listed


def _rows_of_entry(line: int, entry: JsonValue, wanted: Collection[str]) -> Iterator[UnfoldedRow]:
    parts = list(_parts(entry))
    if not parts or not isinstance(entry, dict):
        row = flat_row(line, entry, wanted)
        yield row._replace(cells=_with_cost(row.cells))
        return
    own = {key: part for key, part in entry.items() if not _is_count(key)}
    cells = flat_cells(line, own, wanted)
    rows = [(part, name | _with_cost(flat_cells(line, part, wanted))) for name, part in parts]
    cost = _with_cost(flat_cells(line, {key: entry[key] for key in _COSTS if key in entry}))
    if any("cost" in counts for _, counts in rows):
        cost = {}
    if len(rows) == 1:
        cells |= cost
    for part, counts in rows:
        yield row_of(line, part, cells | counts)
    if cost and len(rows) > 1:
        yield row_of(line, entry, cells | cost)


def _parts(entry: JsonValue) -> Iterator[tuple[dict[str, str], JsonObject]]:
    """The counts of each model of an entry, if it has them apart, and a cell with its name."""
    found = [entry.get(key) for key in _BREAKDOWNS] if isinstance(entry, dict) else []
    for parts in found:
        if isinstance(parts, list):
            yield from (({}, part) for part in parts if isinstance(part, dict))
        elif isinstance(parts, dict):
            named = ((name, part) for name, part in parts.items() if isinstance(part, dict))
            yield from (({"modelName": name}, part) for name, part in named)


def _days(cells: dict[str, str]) -> dict[str, str]:
    """The first and the last day of an entry, as far as it says any."""
    for name, days in _DAYS.items():
        if name in cells:
            return _span(cells[name][:10], days)
    if month := re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", cells.get("month", ""), re.ASCII):
        days = calendar.monthrange(int(month[1]), int(month[2]))[1]
        return _span(f"{month[0]}-01", days)
    return {}


def _span(first: str, days: int) -> dict[str, str]:
    try:
        last = date.fromisoformat(first) + timedelta(days=days - 1)
    except (ValueError, OverflowError):
        return {"first": first, "last": first} if first else {}
    return {"first": first, "last": last.isoformat()}


def _is_count(key: str) -> bool:
    return key.endswith("Tokens") or key in (*_COSTS, *_BREAKDOWNS, "modelsUsed")


def _with_cost(cells: dict[str, str]) -> dict[str, str]:
    """The cells with the amount under `cost`, by whichever name the report has it."""
    amount = next((cells[name] for name in _COSTS if name in cells), "")
    others = {name: text for name, text in cells.items() if name not in _COSTS}
    return others | ({"cost": amount} if amount else {})
