"""Roll-forwards of a close: lots and accruals, opening + movements = closing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, exact_text
from tokenbooks.close.close_period import Close, LotState
from tokenbooks.entries.buy.owed import Owed
from tokenbooks.entries.posted import Line
from tokenbooks.facts import Facts
from tokenbooks.reports.table import Cell, Column, Table

#: Credits are shown to this many decimals at most.
CREDIT_PLACES = 6


def credits_cell(quantity: Fraction) -> Decimal:
    """Credits as a plain decimal."""
    return Decimal(exact_text(quantity, CREDIT_PLACES))


def lots_table(close: Close, facts: Facts) -> Table:
    """Each lot: opening + acquired - used - expired = closing, in credits and in cost."""
    places = currency_places(facts.book.currency)
    rows: list[tuple[Cell, ...]] = []
    for name, lot in sorted(
        close.computed.lots.items(), key=lambda i: (i[1].contract, i[1].starts)
    ):
        before = close.before.lots.get(name, LotState())
        now = close.lots[name]
        if not (before.left or now.left or now != before):
            continue
        rows.append(
            (
                lot.contract,
                name,
                lot.kind,
                lot.last_day,
                credits_cell(before.left),
                credits_cell(now.acquired - before.acquired),
                credits_cell(now.used - before.used),
                credits_cell(now.expired - before.expired),
                credits_cell(now.left),
                before.cost_left,
                now.cost_acquired - before.cost_acquired,
                now.cost_used - before.cost_used,
                now.cost_expired - before.cost_expired,
                now.cost_left,
            )
        )
    amounts = [
        Column(key, heading, number=True, places=places, total=True)
        for key, heading in (
            ("cost_opening", "Cost opening"),
            ("cost_acquired", "Cost acquired"),
            ("cost_used", "Cost used"),
            ("cost_expired", "Cost expired"),
            ("cost_closing", "Cost closing"),
        )
    ]
    quantities = [
        Column(key, heading, number=True)
        for key, heading in (
            ("opening", "Opening"),
            ("acquired", "Acquired"),
            ("used", "Used"),
            ("expired", "Expired"),
            ("closing", "Closing"),
        )
    ]
    columns = (
        Column("contract", "Contract"),
        Column("lot", "Lot"),
        Column("kind", "Kind"),
        Column("last_day", "Last day"),
        *quantities,
        *amounts,
    )
    return Table("lots", f"Lots, {close.period}", columns, tuple(rows))


def lot_costs_table(close: Close, facts: Facts) -> Table:
    """The roll-forward of the prepaid balance, by lot: what fits on a screen."""
    whole = lots_table(close, facts)
    wanted = ("lot", "last_day", "cost_opening", "cost_acquired", "cost_used", "cost_expired")
    picked = [i for i, c in enumerate(whole.columns) if c.key in (*wanted, "cost_closing")]
    columns = [whole.columns[i] for i in picked]
    return Table(
        "prepaid",
        f"Prepaid credits by lot, {close.period}, at cost in {facts.book.currency}",
        tuple(replace(c, heading=c.heading.removeprefix("Cost ").capitalize()) for c in columns),
        tuple(tuple(row[i] for i in picked) for row in whole.rows),
    )


def accruals_table(close: Close, facts: Facts) -> Table:
    """Each accrual: opening + accrued - relieved = closing, by contract and service period."""
    places = currency_places(facts.book.currency)
    rows: list[tuple[Cell, ...]] = []
    for owed in _spans(close):
        unit = ("service", owed.contract, owed.party, owed.service, owed.service)
        posted = close.before.posted.get(Line(*unit, "accrued_expenses"), Decimal(0))
        # an opening accrual is there before any close; a closed one has been posted against
        opening = owed.opening - posted
        movement = owed.accrued - opening
        invoiced = sum(owed.invoiced.values(), Decimal(0))
        if not (opening or movement):
            continue
        rows.append(
            (
                owed.contract,
                owed.service,
                opening,
                max(movement, Decimal(0)),
                max(-movement, Decimal(0)),
                owed.accrued,
                invoiced,
            )
        )
    amounts = [
        Column(key, heading, number=True, places=places, total=True)
        for key, heading in (
            ("opening", "Opening"),
            ("accrued", "Accrued"),
            ("relieved", "Relieved"),
            ("closing", "Closing"),
            ("invoiced", "Invoiced"),
        )
    ]
    columns = (
        Column("contract", "Contract"),
        Column("service_period", "Service"),
        *amounts,
    )
    return Table("accruals", f"Accruals, {close.period}", columns, tuple(rows))


def _spans(close: Close) -> list[Owed]:
    """What is owed by service span, with the spans whose accrual has gone in this close."""
    spans = dict(close.computed.owed)
    for line in close.before.posted:
        if line.rule == "service":
            key = (line.contract, line.party, line.service)
            spans.setdefault(key, Owed(*key))
    return [spans[key] for key in sorted(spans)]
