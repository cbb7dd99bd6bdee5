"""Profit by customer, feature or model, and the figures that managers ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from tokenbooks.amounts import money_text, round_half_up, share_out
from tokenbooks.close.metrics import Ratio
from tokenbooks.close.profitability import Profit, Profits, concentration, grouped
from tokenbooks.periods import Period
from tokenbooks.reports.table import Cell, Column, Table

#: What belongs to no group: revenue that is in no charge, and cost that nothing sold explains.
_OTHER, _REST = "(other)", "(not traced)"
_NOTE = (
    "Cost is what the providers' tokens of the same model and meter cost in the month; free is"
    " what free credits and allowances took of it."
)
_OTHER_NOTE = (
    "(other) is revenue that no usage or fee of the month explains: corrections and rounding."
)
_REST_NOTE = "(not traced) is what was bought that nothing sold of that model and meter explains."
#: How many groups a screen shows of each end; files have all.
SHOWN = 20


def profit_tables(
    found: Profits, by: Sequence[str], percent: int, places: int, period: Period, currency: str
) -> list[Table]:
    """Every group with its margin, the best first, and who causes the cost."""
    shown = _rounded(found, places)
    groups = sorted(found.groups, key=lambda group: (-shown[group].margin, group))
    rows = [(*(name or None for name in group), *_cells(shown[group], places)) for group in groups]
    blank, notes = (None,) * (len(by) - 1), [_NOTE]
    for own, note in ((_OTHER, _OTHER_NOTE), (_REST, _REST_NOTE)):
        if shown[own].revenue or shown[own].cost:
            rows.append((own, *blank, *_cells(shown[own], places)))
            notes.append(note)
    columns = (
        *(Column(name, name.replace("_", " ").capitalize()) for name in by),
        *(
            Column(key, heading, True, places, total=True)
            for key, heading in (
                ("revenue", "Revenue"),
                ("cost", "Cost"),
                ("margin", "Margin"),
            )
        ),
        Column("margin_percent", "Margin %", True, 1),
        Column("free_cost", "Of it free", True, places, total=True),
    )
    title = f"Revenue and cost, {period}, {currency}"
    table = Table("profitability", title, columns, tuple(rows), tuple(notes))
    return [table, _concentration_table(found, by, percent, places, currency)]


def profit_on_screen(tables: Sequence[Table], format: str, width: int | None) -> Sequence[Table]:
    """On a screen the best and the worst groups of many; other formats have all."""
    if format != "text":
        return tables
    table, *others = tables
    if len(table.rows) <= 2 * SHOWN + 1:
        return tables
    left_out = len(table.rows) - 2 * SHOWN
    kept = (*table.rows[:SHOWN], *table.rows[-SHOWN:])
    columns = tuple(
        Column(c.key, c.heading, c.number, c.places, short=c.short) for c in table.columns
    )
    note = f"{left_out} groups between the {SHOWN} best and the {SHOWN} worst are left out here."
    return [Table(table.name, table.title, columns, kept, (*table.notes, note)), *others]


def _rounded(found: Profits, places: int) -> dict[tuple[str, ...] | str, Profit]:
    """Revenue and cost of all groups in whole cents, which come to the cents of their totals."""
    total = found.total
    exact: dict[tuple[str, ...] | str, Profit] = dict(found.groups.items())
    exact |= {_OTHER: Profit(found.other), _REST: Profit(cost=found.not_traced)}
    revenue = share_out(
        round_half_up(total.revenue, places),
        {group: own.revenue for group, own in exact.items()},
        places,
    )
    cost = share_out(
        round_half_up(total.cost, places), {group: own.cost for group, own in exact.items()}, places
    )
    return {
        group: Profit(Fraction(revenue[group]), Fraction(cost[group]), own.free)
        for group, own in exact.items()
    }


def _cells(own: Profit, places: int) -> tuple[Cell, ...]:
    percent = round_half_up(own.margin / own.revenue * 100, 1) if own.revenue else None
    amounts = (own.revenue, own.cost, own.margin)
    free = round_half_up(own.free, places)
    return (*(round_half_up(amount, places) for amount in amounts), percent, free)


def _concentration_table(
    found: Profits, by: Sequence[str], percent: int, places: int, currency: str
) -> Table:
    """The groups that cost most against all others, and those below zero."""
    own = concentration(found, percent)
    losing = found.below_zero()
    loss = Profit()
    for _, profit in losing:
        loss.add(profit)
    rows: list[tuple[Cell, ...]] = [
        (f"the {percent}% that cost most", own.size, *_cells(own.top, places)[:3]),
        ("all others", len(found.groups) - own.size, *_cells(own.rest, places)[:3]),
        ("of all: below zero", len(losing), *_cells(loss, places)[:3]),
    ]
    notes = []
    if own.share is not None:
        share = money_text(round_half_up(own.share * 100, 1), 1)
        notes.append(f"The {percent}% that cost most cause {share}% of the traced cost.")
    if losing:
        names = [grouped(name) for name, _ in losing[:5]]
        more = f" and {len(losing) - 5} more" if len(losing) > 5 else ""
        notes.append(f"Below zero: {'; '.join(names)}{more}.")
    columns = (
        Column("groups", "Groups"),
        Column("count", "Count", True),
        Column("revenue", "Revenue", True, places),
        Column("cost", "Cost", True, places),
        Column("margin", "Margin", True, places),
    )
    title = f"Concentration by {', '.join(by)}, {currency}"
    return Table("concentration", title, columns, tuple(rows), tuple(notes))


def metrics_table(
    side: str,
    months: Sequence[Period],
    ratios: Sequence[Sequence[Ratio]],
    currency: str,
    notes: Sequence[str] = (),
) -> Table:
    """The ratios of one side, a column a month; n/a where a ratio is divided by nothing."""
    rows: list[tuple[Cell, ...]] = []
    for index, first in enumerate(ratios[-1] if ratios else ()):
        cells = [_figure(own[index]) for own in ratios]
        rows.append((first.name, *cells))
    columns = (
        Column("metric", "Metric"),
        *(Column(str(month), str(month), number=True) for month in months),
    )
    return Table(
        f"metrics_{side}", f"Metrics, {side}, {currency}", columns, tuple(rows), tuple(notes)
    )


def _figure(ratio: Ratio) -> Cell:
    value = ratio.value
    if value is None:
        return "n/a"
    places = 6 if 0 < abs(value) < Fraction(1, 100) else ratio.places
    return money_text(round_half_up(value, places), places)


def spend_table(
    spent: Sequence[Mapping[str, Fraction]],
    months: Sequence[Period],
    by: str,
    places: int,
    currency: str,
) -> Table:
    """What was spent, by a column of the charges, a column a month."""
    names = sorted({name for month in spent for name in month})
    rows: list[tuple[Cell, ...]] = [
        (name or None, *(round_half_up(own.get(name, Fraction(0)), places) for own in spent))
        for name in names
    ]
    columns = (
        Column(by, by.replace("_", " ").capitalize()),
        *(Column(str(m), str(m), True, places, total=True) for m in months),
    )
    return Table("spend", f"Spend by {by}, {currency}", columns, tuple(rows))
