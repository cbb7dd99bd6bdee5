"""`rows: xai-prepaid`: the ledger of prepaid credits that xAI's management API gives.

`GET /v1/billing/teams/{team_id}/prepaid/balance`: `{"changes": [{"changeOrigin":
"PURCHASE", "amount": {"val": "-1000"}, "createTime": ..}], "total": {"val": "-1000"}}`.
Amounts are cents in texts, and their sign is turned round: credit is negative. What was
spent is posted after the end of its billing month, which `spendBpKeyYear` and
`spendBpKeyMonth` name.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable, Iterator

from tokenbooks.sources.exports.sheets.json_items import Item
from tokenbooks.sources.exports.sheets.json_values import JsonValue
from tokenbooks.sources.exports.sheets.unfoldings.rows import (
    UnfoldedRow,
    flat_row,
    object_at,
    row_of,
    text_at,
    values_of,
    where_some_fit,
)

#: Columns that a ledger without changes has too.
COLUMNS = ("day", "stated")

#: Changes by which the balance goes down, or by which something of that is given back.
_SPENDING = ("SPEND", "REFUND")

_MONTHS = [str(month) for month in range(1, 13)]


def unfold(items: Iterable[Item], wanted: Collection[str] = ()) -> Iterator[UnfoldedRow]:
    """A row for each change (`record` is `change`), then one for the balance (`total`).

    `credited` is `amount.val` with the sign that people expect: what comes in is positive.
    `stated` is positive for both, what was bought and what was spent. `day` is that of the
    change, and for spending the last day of its month.
    """
    return where_some_fit(_rows(items, wanted))


def _rows(items: Iterable[Item], wanted: Collection[str]) -> Iterator[tuple[bool, UnfoldedRow]]:
    for line, value in values_of(items):
        total = object_at(value, "total")
        if not isinstance(value, dict) or total is None or "val" not in total:
            yield False, flat_row(line, value, wanted)
            continue
        changes = value.get("changes")
        for change in changes if isinstance(changes, list) else ():
            row = flat_row(line, change, wanted)
            added = _credited(text_at(change, "amount", "val")) | _stated(change) | _day(change)
            yield True, row._replace(cells={"record": "change"} | row.cells | added)
        balance = text_at(total, "val")
        known = {"amount.val": balance} if balance else {}
        cells = {"record": "total"} | known | _credited(balance)
        yield True, row_of(line, total, cells)


def _credited(amount: str) -> dict[str, str]:
    if amount.startswith("-"):
        return {"credited": amount[1:]}
    return {"credited": "0" if amount == "0" else f"-{amount}"} if amount else {}


def _stated(change: JsonValue) -> dict[str, str]:
    amount = text_at(change, "amount", "val")
    if text_at(change, "changeOrigin") not in _SPENDING:
        amount = _credited(amount).get("credited", "")
    return {"stated": amount} if amount else {}


def _day(change: JsonValue) -> dict[str, str]:
    created = text_at(change, "createTime") or text_at(change, "createTs")
    year, month = text_at(change, "spendBpKeyYear"), text_at(change, "spendBpKeyMonth")
    if text_at(change, "changeOrigin") in _SPENDING and year.isdecimal() and month in _MONTHS:
        last = calendar.monthrange(int(year), int(month))[1]
        return {"day": f"{year}-{int(month):02}-{last:02}"}
    return {"day": created[:10]} if created else {}
