"""Credits: lots and balances at a date, what expires when, and how long they last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, round_half_up
from tokenbooks.close.close_period import LotState
from tokenbooks.close.compute import Computed
from tokenbooks.facts import Facts
from tokenbooks.reports.rollforward import credits_cell
from tokenbooks.reports.table import Cell, Column, Table

#: Days over which the recent rate of use is taken for the runway.
RECENT_DAYS = 30


def lots_at(facts: Facts, computed: Computed, states: Mapping[str, LotState], day: date) -> Table:
    """Every lot at the end of a day, with what is left in credits and in cost."""
    places = currency_places(facts.book.currency)
    rows: list[tuple[Cell, ...]] = []
    for name, lot in sorted(
        computed.lots.items(), key=lambda i: (i[1].contract, i[1].starts, i[0])
    ):
        state = states[name]
        rows.append(
            (
                lot.contract,
                name,
                lot.kind,
                lot.acquired,
                lot.last_day,
                credits_cell(state.acquired),
                credits_cell(state.used),
                credits_cell(state.expired),
                credits_cell(state.left),
                state.cost_left,
                (lot.last_day - day).days if lot.last_day and state.left else None,
            )
        )
    columns = (
        Column("contract", "Contract"),
        Column("lot", "Lot"),
        Column("kind", "Kind"),
        Column("acquired_on", "Acquired"),
        Column("last_day", "Last day"),
        Column("credits", "Credits", number=True, places=2),
        Column("used", "Used", number=True, places=2),
        Column("expired", "Expired", number=True, places=2),
        Column("left", "Left", number=True, places=2),
        Column("cost_left", "Cost left", number=True, places=places, total=True),
        Column("days_left", "Days", number=True),
    )
    return Table("lots", f"Lots at the end of {day}", columns, tuple(rows))


def balances_at(
    facts: Facts, computed: Computed, states: Mapping[str, LotState], day: date
) -> Table:
    """Each prepaid contract: credits left, cost left, what is owed, and the runway."""
    places = currency_places(facts.book.currency)
    rows: list[tuple[Cell, ...]] = []
    for contract in facts.book.contracts.values():
        if contract.settle != "prepaid":
            continue
        own = [states[name] for name, lot in computed.lots.items() if lot.contract == contract.id]
        left = sum((state.left for state in own), Fraction(0))
        drawn = computed.drawn[contract.id, ""]
        owed = sum((item.quantity for item in drawn.uncovered), Fraction(0))
        rate = recent_rate(computed, contract.id, day)
        runs_out = day + timedelta(days=int(left / rate)) if rate and left > 0 else None
        rows.append(
            (
                contract.id,
                credits_cell(left),
                sum((state.cost_left for state in own), Decimal(0)),
                round_half_up(owed, places),
                round_half_up(rate, places),
                int(left / rate) if rate else None,
                runs_out,
            )
        )
    columns = (
        Column("contract", "Contract"),
        Column("left", "Credits left", number=True, places=2),
        Column("cost_left", "Cost left", number=True, places=places, total=True),
        Column("uncovered", "Uncovered", number=True, places=places, total=True),
        Column("per_day", "Used a day", number=True, places=places),
        Column("runway_days", "Runway, days", number=True),
        Column("runs_out", "Runs out"),
    )
    note = f"Used a day is the average of the last {RECENT_DAYS} days, at list value."
    return Table("balances", f"Credit balances at the end of {day}", columns, tuple(rows), (note,))


def recent_rate(computed: Computed, contract: str, day: date) -> Fraction:
    """List value used a day, averaged over the recent days up to a day."""
    first = day - timedelta(days=RECENT_DAYS - 1)
    steps = computed.rated.charges.steps.get((contract, ""), [])
    used = sum((s.value for s in steps if first <= s.at.date() <= day), Fraction(0))
    return used / RECENT_DAYS
