"""What customers owe: by age, document by document, and when to ask for it again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tokenbooks.amounts import money_text, round_half_up
from tokenbooks.close.allowances import Kept
from tokenbooks.close.dunning import ESCALATE_AFTER, RETRY_AFTER, Dunned, due_on
from tokenbooks.close.receivables import BUCKETS, Receivable
from tokenbooks.periods import Period
from tokenbooks.reports.explained_cells import without
from tokenbooks.reports.table import Cell, Column, Table

ZERO = Decimal(0)
_AGES = [name for name, _ in BUCKETS]


def ageing_tables(
    found: Sequence[Receivable], kept: Iterable[Kept], places: int, period: Period, currency: str
) -> list[Table]:
    """What is open by age with the allowance for it, then each document."""
    owing = -sum((item.amount for item in found if item.amount < 0), ZERO)
    notes = ["Days past due; of a document without a due day since its own."]
    if owing:
        owed = money_text(owing, places)
        notes.append(f"Beside it {owed} {currency} is owed to customers, as the documents show.")
    return [
        _ages_table(kept, places, period, currency, tuple(notes)),
        _documents_table(found, places, period, currency),
    ]


def _ages_table(
    kept: Iterable[Kept], places: int, period: Period, currency: str, notes: tuple[str, ...]
) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for own in sorted(kept, key=_age_order):
        percent = None if own.rate is None else round_half_up(own.rate * 100, 2)
        rows.append((own.contract, own.age, own.open, percent, own.allowance))
    columns = (
        Column("contract", "Contract"),
        Column("age", "Days past due"),
        Column("open", "Open", True, places, total=True),
        Column("loss_rate", "Loss rate %", True, 2),
        Column("allowance", "Allowance", True, places, total=True),
    )
    title = f"Receivables by age, end of {period}, {currency}"
    return Table("ageing", title, columns, tuple(rows), notes)


def _age_order(own: Kept) -> tuple[str, int, str]:
    """By contract and age; documents with a rate of their own come last."""
    place = _AGES.index(own.age) if own.age in _AGES else len(_AGES)
    return own.contract, place, own.age


def _documents_table(
    found: Iterable[Receivable], places: int, period: Period, currency: str
) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for item in found:
        known = (item.contract, item.party or None, item.document, item.day, item.due)
        rows.append((*known, item.bucket(period.last_day), item.amount))
    columns = (
        Column("contract", "Contract"),
        Column("party", "Party"),
        Column("document", "Document"),
        Column("date", "Date"),
        Column("due", "Due"),
        Column("age", "Age"),
        Column("open", "Open", True, places, total=True),
    )
    return Table("documents", f"Open documents, end of {period}, {currency}", columns, tuple(rows))


def dunning_tables(
    found: Sequence[Dunned], places: int, period: Period, currency: str
) -> list[Table]:
    """What to do about each open document, and the schedule of retries.

    Nothing of it is done here, or posted.
    """
    rows: list[tuple[Cell, ...]] = []
    for item in found:
        own = item.receivable
        ratio = None if item.ratio is None else round_half_up(item.ratio, 1)
        days = max(own.age(period.last_day), 0)
        known = (own.contract, own.party or None, own.document, days, own.amount)
        rows.append((*known, item.usual, ratio, _advice(item, period)))
    columns = (
        Column("contract", "Contract"),
        Column("party", "Party"),
        Column("document", "Document"),
        Column("days_past_due", "Days", True),
        Column("open", "Open", True, places, total=True),
        Column("usual", "Usual", True, places),
        Column("ratio", "Ratio", True, 1),
        Column("next", "Next"),
    )
    notes = (
        "Nothing is posted, sent or charged; revenue does not change.",
        "Usual is the median of the customer's last invoices, Ratio what is billed over it.",
    )
    title = f"Open documents to ask for, end of {period}, {currency}"
    return [
        Table("dunning", title, columns, tuple(rows), notes),
        _schedule_table(found),
    ]


def _schedule_table(found: Iterable[Dunned]) -> Table:
    rows = [
        (item.receivable.document, due_on(item.receivable), *item.retries, item.escalate_on)
        for item in found
        if not item.review
    ]
    columns = (
        Column("document", "Document"),
        Column("due", "Due"),
        *(Column(f"retry_{days}", f"+{days}") for days in RETRY_AFTER),
        Column(f"escalate_{ESCALATE_AFTER}", "A person"),
    )
    return Table("schedule", "Suggested retries, by days past due", columns, tuple(rows))


def _advice(item: Dunned, period: Period) -> str:
    if item.review:
        return f"talk to {item.name} before retrying"
    if item.next_retry:
        return f"retry {item.next_retry}"
    later = item.escalate_on
    is_later = later is not None and later > period.last_day
    return f"a person takes over on {later}" if is_later else "a person takes over"


def fitted_to_screen(tables: Sequence[Table], format: str, width: int | None) -> Sequence[Table]:
    """Without columns that say the same in every row, where a terminal has no room."""
    if format != "text" or width is None:
        return tables
    return [_without_the_same(table) for table in tables]


def _without_the_same(table: Table) -> Table:
    same = [
        column.key
        for place, column in enumerate(table.columns)
        if column.key in {"contract", "party"} and len({row[place] for row in table.rows}) < 2
    ]
    return without(table, same) if table.rows else table
