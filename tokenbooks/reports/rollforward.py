"""Roll-forwards of a close: lots and accruals, opening + movements = closing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from tokenbooks.amounts import currency_places
from tokenbooks.close.close_period import Close, LotState
from tokenbooks.entries.buy.accrual_exchange import ACCRUAL
from tokenbooks.entries.buy.owed import Owed
from tokenbooks.entries.posted import Line, Posted
from tokenbooks.facts import Facts
from tokenbooks.reports.movements import (
    RARE,
    cost_columns,
    cost_movements,
    credit_movements,
    has_parties,
    movement_columns,
    without_unused,
)
from tokenbooks.reports.table import Cell, Column, Table


def lots_table(close: Close, facts: Facts) -> Table:
    """Each lot over the period, in credits and in cost.

    opening + acquired - used - expired - refunded + moved + adjusted = closing.
    """
    rows: list[tuple[Cell, ...]] = []
    parties = has_parties(facts)
    for name, lot in sorted(
        close.computed.lots.items(), key=lambda i: (i[1].account, i[1].starts, i[0])
    ):
        before = close.before.lots.get(name, LotState())
        now = close.lots[name]
        if not (before.left or now.left or now != before):
            continue
        whose = (lot.contract, lot.party or None) if parties else (lot.contract,)
        about = (name, lot.kind, lot.last_day)
        rows.append((*whose, *about, *credit_movements(before, now), *cost_movements(before, now)))
    gone = LotState()
    for name in sorted(close.before.lots.keys() - close.computed.lots.keys()):
        before = close.before.lots[name]
        if before.left or before.cost_left:
            contract, party = _owner_of_gone(close, name)
            whose = (contract, party or None) if parties else (contract,)
            moved = (*credit_movements(before, gone), *cost_movements(before, gone))
            rows.append((*whose, name, None, None, *moved))
    columns = (
        Column("contract", "Contract"),
        *([Column("party", "Party")] if parties else []),
        Column("lot", "Lot"),
        Column("kind", "Kind"),
        Column("last_day", "Last day"),
        *movement_columns(),
        *cost_columns(currency_places(facts.book.currency)),
    )
    return Table("lots", f"Lots, {close.period}", columns, tuple(rows))


def _owner_of_gone(close: Close, name: str) -> tuple[str, str]:
    """Whose lot it was that facts known since have undone, such as a bonus of a plan's rule."""
    lines = (line for line in close.before.posted if line.lot == name)
    line = next(lines, None)
    if line is not None:
        return line.contract, line.party
    contracts = {lot.contract for lot in close.computed.lots.values()}
    named = [contract for contract in contracts if name.startswith(f"{contract}-")]
    return max(named, key=len, default=""), ""


def lot_costs_table(close: Close, facts: Facts) -> Table:
    """The roll-forward of the prepaid balance, by lot: what fits on a screen."""
    whole = lots_table(close, facts)
    wanted = ("party", "lot", "last_day")
    picked = [
        i for i, c in enumerate(whole.columns) if c.key in wanted or c.key.startswith("cost_")
    ]
    columns = [whole.columns[i] for i in picked]
    table = Table(
        "prepaid",
        f"Prepaid credits by lot, {close.period}, at cost in {facts.book.currency}",
        tuple(replace(c, heading=c.heading.removeprefix("Cost ").capitalize()) for c in columns),
        tuple(tuple(row[i] for i in picked) for row in whole.rows),
    )
    return without_unused(table, ["party", *(f"cost_{name}" for name in RARE)])


def accruals_table(close: Close, facts: Facts) -> Table:
    """Each accrual: opening + accrued - relieved + exchange = closing, by contract and span.

    Exchange is what a foreign accrual is worth more, or less, at the rate of the month's end.
    """
    places = currency_places(facts.book.currency)
    rows: list[tuple[Cell, ...]] = []
    for owed in _spans(close):
        unit = ("service", owed.contract, owed.party, owed.service, owed.service)
        posted = close.before.posted.get(Line(*unit, "accrued_expenses"), Decimal(0))
        # an opening accrual is there before any close; a closed one has been posted against
        opening = owed.opening - posted
        movement = owed.accrued - opening
        invoiced = sum(owed.invoiced.values(), Decimal(0))
        before = _remeasured(close.before.posted, owed)
        now = _remeasured(close.posted, owed)
        taken_back = now.billed - before.billed
        exchange = now.accrued - before.accrued
        if not (opening or movement or exchange):
            continue
        rows.append(
            (
                owed.contract,
                owed.service,
                opening + before.left,
                max(movement, Decimal(0)),
                max(-movement, Decimal(0)) + taken_back,
                exchange,
                owed.accrued + now.left,
                invoiced,
            )
        )
    amounts = [
        Column(key, heading, number=True, places=places, total=True)
        for key, heading in (
            ("opening", "Opening"),
            ("accrued", "Accrued"),
            ("relieved", "Relieved"),
            ("exchange", "Exchange"),
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


class _Remeasured(NamedTuple):
    """What an accrual was remeasured by at month ends, and what documents took of that."""

    accrued: Decimal
    billed: Decimal

    @property
    def left(self) -> Decimal:
        """What it is carried at beyond the rate of its service month."""
        return self.accrued - self.billed


def _remeasured(posted: Posted, owed: Owed) -> _Remeasured:
    accrued = billed = Decimal(0)
    for line, amount in posted.items():
        if line[1:3] != (owed.contract, owed.party) or line.role != "accrued_expenses":
            continue
        if line.rule == "exchange" and line.unit == f"{ACCRUAL}{owed.service}":
            accrued -= amount
        elif line.rule == "exchange-billed" and line.service == owed.service:
            billed += amount
    return _Remeasured(accrued, billed)


def _spans(close: Close) -> list[Owed]:
    """What is owed by service span, with the spans whose accrual has gone in this close."""
    spans = dict(close.computed.owed)
    for line in close.before.posted:
        if line.rule == "service":
            key = (line.contract, line.party, line.service)
            spans.setdefault(key, Owed(*key))
    return [spans[key] for key in sorted(spans)]
