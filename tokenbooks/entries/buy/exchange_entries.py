"""Exchange differences: what payables and accruals are worth more or less at a new rate.

Dr exchange loss, Cr the liability, or the other way for a gain: on the day of a settlement,
and on the last day of each month for what is still owed (ACCOUNTING 2.7).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tokenbooks.entries.booking import Booking
from tokenbooks.entries.buy.accrual_exchange import ACCRUAL
from tokenbooks.entries.buy.payable_exchange import PAYABLE
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, by_unit
from tokenbooks.periods import Period, parse_day


def exchange_entries(booking: Booking, changes: Mapping[Line, Decimal]) -> list[Entry]:
    """One entry for each liability of a contract and day, all its parties together."""
    together: dict[tuple[str, str, str], Posted] = {}
    for unit, amounts in by_unit(changes, "exchange").items():
        key = (unit.contract, unit.unit, unit.service)
        together.setdefault(key, {}).update(amounts)
    entries = []
    for (contract, liability, on), amounts in together.items():
        day = parse_day(on)
        is_accrual = liability.startswith(ACCRUAL)
        owed = liability.removeprefix(ACCRUAL).removeprefix(PAYABLE)
        what = f"usage accrued for {owed}" if is_accrual else f"the payable {owed}"
        when = "month-end rate" if day == Period.month_of(day).last_day else "rate of settlement"
        entries.append(
            booking.entry(
                "exchange",
                contract,
                f"{liability}-{on}",
                day,
                f"Exchange difference on {what}, {when}",
                amounts,
                rule="exchange-difference",
                service=owed if is_accrual else "",
            )
        )
    return entries
