"""Rounding of lines: each line of a month as its invoice rounds it, less the exact line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from tokenbooks.amounts import exact_text, round_half_up
from tokenbooks.periods import Period
from tokenbooks.rating.account_terms import NOTHING, AccountTerms, AppliedTerm
from tokenbooks.rating.term_charges import FEES, ROUNDING


@dataclass(slots=True)
class _Rounded:
    """What rounding the lines of a month adds, and the part of it that is of fees."""

    lines: int = 0
    difference: Fraction = NOTHING
    of_fees: Fraction = NOTHING


def charge_rounding(account: AccountTerms, places: int) -> None:
    """Charge the difference by month, once the month is over; that of fees counts to no term."""
    for month, rounded in sorted(_rounded(account, places).items()):
        if rounded.difference and account.is_over(month):
            text = f"{rounded.lines} lines rounded to {places} places"
            charge = account.new_charge(
                AppliedTerm(ROUNDING, "rounding", text, account.plan), month
            )
            at = account.last_of(month)
            charge.add(at, rounded.difference)
            told = exact_text(rounded.difference)
            charge.lines.append(f"{text}: {told} against the exact sum")
            account.change(at, rounded.difference - rounded.of_fees)


def _rounded(account: AccountTerms, places: int) -> dict[Period, _Rounded]:
    found: dict[Period, _Rounded] = {}
    for values, is_fee in _lines(account):
        months: dict[Period, Fraction] = {}
        for at, value in values.items():
            month = Period.month_of(at.date())
            months[month] = months.get(month, NOTHING) + value
        for month, value in months.items():
            moved = Fraction(round_half_up(value, places)) - value
            own = found.setdefault(month, _Rounded())
            own.lines += 1
            own.difference += moved
            own.of_fees += moved if is_fee else NOTHING
    return found


def _lines(account: AccountTerms) -> Iterator[tuple[Mapping[datetime, Fraction], bool]]:
    """The lines of usage and of terms so far, and whether each is a fee's."""
    for _, values in account.lines.of(account.account):
        yield values, False
    for charge in account.charges:
        yield charge.steps, charge.kind == FEES
