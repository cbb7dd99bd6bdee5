"""The allowance for credit losses: what of the receivables will probably not be paid.

Rule: lifetime expected losses, by age of what is open, at rates that are estimated (ASC
326-20-30-1 to 30-9; ACCOUNTING 6.6; P055, P056). The allowance is a figure to date, made right at
every month's end. What a write-off needs beyond it is added on its day.

10,000 not due at 1%, 4,000 at 5% and 2,000 at 50%: 1,300; from 900 a loss of 400.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from tokenbooks.entries.booking import Booking
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, add, by_unit
from tokenbooks.entries.sell.write_off import WrittenOff
from tokenbooks.periods import Period

#: The rule of its lines, and the kind of its entries.
RULE = "allowance"

#: The unit of what month ends change; what a write-off adds has the write-off's.
_WHOLE = "allowance"


def allowance_to_date(raised: Mapping[str, Decimal], written: Iterable[WrittenOff]) -> Posted:
    """The lines of the allowances, in the seller's roles.

    ``raised`` is what all month ends so far have added, by contract.
    """
    posted: Posted = {}
    for contract, amount in raised.items():
        _add(posted, (RULE, contract, "", _WHOLE, ""), amount)
    for item in written:
        row, month = item.row, str(Period.month_of(item.row.day))
        _add(posted, (RULE, row.contract, item.party, item.unit, month), item.added or Decimal(0))
    return posted


def _add(posted: Posted, unit: tuple[str, str, str, str, str], loss: Decimal) -> None:
    add(posted, Line(*unit, "credit_loss_expense"), loss)
    add(posted, Line(*unit, "allowance_credit_losses"), -loss)


def allowance_entries(
    booking: Booking, changes: Mapping[Line, Decimal], written: Iterable[WrittenOff]
) -> Iterator[Entry]:
    """One entry a contract at the end of the period, and one for what a write-off adds."""
    known = {(item.row.contract, item.unit): item.row for item in written}
    for unit, amounts in by_unit(changes, RULE).items():
        row = known.get((unit.contract, unit.unit))
        is_whole = unit.unit == _WHOLE and not unit.service
        day = booking.period.last_day if is_whole else booking.period.start
        yield booking.entry(
            RULE,
            unit.contract,
            str(booking.period) if is_whole else unit.unit,
            row.day if row else day,
            f"Loss of {row.invoice} beyond the allowance" if row else "Allowance for credit losses",
            amounts,
            rule="expected-credit-losses",
            late=booking.period.start,
            code=row.invoice if row else "",
        )
