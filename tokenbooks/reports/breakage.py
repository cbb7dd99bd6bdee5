"""Breakage of a close: its table, and the memo that says how it was estimated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import money_text, number_text, round_half_up
from tokenbooks.entries.sell.breakage import ISSUED, PROPORTIONAL, REDEMPTION, CohortBreakage
from tokenbooks.entries.sell.breakage_rates import CONSTRAINED, ESTIMATED, HISTORY
from tokenbooks.periods import Period
from tokenbooks.reports.table import Cell, Column, Table

#: The figures of a cohort in the order in which they lead to what is deferred.
_FIGURES = (
    *("sold", "taken", "used", "alive_paid", "alive_used", "expected_redemption", "issued"),
    *("recognised", "expired", "escheated", "deferred"),
)


_MEMO_COLUMNS = (
    *("cohort", "paid, alive", "used, alive", "rate", "expected redemption", "issued"),
    *("recognised", "expired", "to the state", "deferred"),
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a close expected of a cohort: ``kept`` was paid and not taken back.

    ``unused`` is what was not used until then; ``is_over`` tells that it can be used no more.
    """

    rate_percent: Decimal
    rate_from: str
    kept: Decimal
    unused: Decimal
    is_over: bool


def breakage_table(found: Iterable[CohortBreakage], places: int, period: Period) -> Table:
    """Every cohort with both denominators: what ``breakage.csv`` of a close holds."""
    rows: list[tuple[Cell, ...]] = []
    for item in found:
        own = item.cohort
        rows.append(
            (
                *(item.name.contract, item.name.id, item.method, item.denominator),
                *(percent_of(item.rate.value), item.rate.source),
                *(own.sold, own.taken, own.used, own.alive_paid, own.alive_used),
                *(item.by_denominator[REDEMPTION], item.by_denominator[ISSUED]),
                *(item.revenue, own.expired, item.escheated, item.deferred),
            )
        )
    columns = (
        Column("contract", "Contract"),
        Column("cohort", "Cohort"),
        Column("method", "Method"),
        Column("denominator", "Denominator"),
        Column("rate_percent", "Rate %", True),
        Column("rate_from", "Rate from"),
        *(Column(name, name.replace("_", " ").capitalize(), True, places) for name in _FIGURES),
    )
    return Table("breakage", f"Breakage by cohort to date, {period}", columns, tuple(rows))


def backtest_table(
    months: Sequence[tuple[Period, Mapping[tuple[str, str], Expected]]],
    places: int,
    currency: str,
) -> Table:
    """What was expected of each cohort, month by month, against what happened by the last.

    ``unused`` is what had not been used by the last month; of a cohort that is over it is what
    expired. What is over has nothing to expect any more; a cohort whose lots are of another
    one now, such as after an extension, has moved.
    """
    rows: list[tuple[Cell, ...]] = []
    for key in sorted({key for _, found in months for key in found}):
        happened = _happened(months[-1][1].get(key))
        for period, found in months:
            then = found.get(key)
            if then is None or then.is_over or not then.kept:
                continue
            expected = round_half_up(Fraction(then.rate_percent * then.kept) / 100, places)
            estimated = (*key, str(period), then.rate_percent, then.rate_from, expected)
            rows.append((*estimated, *happened))
    columns = (
        Column("contract", "Contract"),
        Column("cohort", "Cohort"),
        Column("month", "Estimated in"),
        Column("rate_percent", "Rate %", True),
        Column("rate_from", "Rate from"),
        Column("expected", "Expected", True, places),
        Column("unused", "Unused", True, places),
        Column("unused_percent", "Unused %", True, 2),
        Column("state", "State"),
    )
    title = f"Breakage expected against what happened, {currency}"
    return Table("backtest", title, columns, tuple(rows))


def _happened(now: Expected | None) -> tuple[Cell, ...]:
    """What was not used of a cohort by the last month, as a share too, and what it is now."""
    if now is None:
        return None, None, "moved"
    state = "over" if now.is_over else "running"
    return now.unused, _share(now.unused, now.kept), state


def percent_of(share: Fraction) -> Decimal:
    """A share in percent, to four places."""
    return Decimal(number_text(round_half_up(share * 100, 4)))


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    return round_half_up(Fraction(part) / Fraction(whole) * 100, 2) if whole else None


def breakage_memo(
    contract: str, found: Sequence[CohortBreakage], places: int, period: Period, currency: str
) -> str:
    """The memo of a contract's breakage at a close, as Markdown."""
    first = found[0]
    lines = [
        f"# Breakage of {contract}, {period}",
        "",
        f"Method: {first.method}. Denominator: {first.denominator.replace('_', ' ')}.",
        _rule(first),
        "",
        "## Estimates",
        "",
        *_sources(found),
        "",
        f"## Cohorts, {currency}",
        "",
        f"| {' | '.join(_MEMO_COLUMNS)} |",
        f"|---|{'---:|' * (len(_MEMO_COLUMNS) - 1)}",
    ]
    for item in found:
        own = item.cohort
        amounts = (
            item.by_denominator[REDEMPTION],
            item.by_denominator[ISSUED],
            item.revenue,
            own.expired,
            item.escheated,
            item.deferred,
        )
        told = " | ".join(money_text(amount, places) for amount in amounts)
        alive = f"{money_text(own.alive_paid, places)} | {money_text(own.alive_used, places)}"
        rate = f"{number_text(percent_of(item.rate.value))}%"
        lines.append(f"| {item.name.id} | {alive} | {rate} | {told} |")
    lines += ["", *_matured(found, places)]
    return "\n".join(lines).rstrip() + "\n"


def _rule(item: CohortBreakage) -> str:
    if item.method != PROPORTIONAL:
        return "Nothing is recognised before credits expire (ASC 606-10-55-48)."
    return (
        "In proportion to what customers use: with P paid, U used and the rate b,"
        " B = min(bP, P - U) and B x U / (P - B), or min(b x U, P - U) as issued"
        " (ASC 606-10-55-48, IFRS 15.B46)."
    )


def _sources(found: Iterable[CohortBreakage]) -> list[str]:
    """Where the rates come from, each once."""
    told: dict[str, None] = {}
    for item in found:
        row, rate = item.rate.estimate, f"{number_text(percent_of(item.rate.value))}%"
        if item.rate.source == ESTIMATED and row is not None:
            scope = f" for {row.cohort}" if row.cohort else ""
            text = (
                f"- {rate}{scope} from {row.day}: {row.evidence}; prepared by {row.prepared},"
                f" approved by {row.approved}. {row.memo}"
            )
        elif item.rate.source == HISTORY:
            text = (
                f"- {rate} of {item.name.term}: the book's own history of {item.rate.months}"
                f" months, {len(item.rate.history)} cohorts that are over."
            )
        elif item.rate.source == CONSTRAINED:
            text = (
                f"- none for {item.name.term}: no estimate, and {item.rate.months} months of"
                " history: constrained to nothing until credits expire (606-10-32-11)."
            )
        else:
            text = "- none: unused credits are paid back on demand (606-10-32-10)."
        told[text.rstrip()] = None
    return list(told)


def _matured(found: Iterable[CohortBreakage], places: int) -> list[str]:
    """Cohorts that are over: what was never used of them."""
    over = [item for item in found if item.cohort.is_over]
    if not over:
        return []
    lines = [
        "## Cohorts that are over",
        "",
        "| cohort | paid | used | expired | never used |",
        "|---|---:|---:|---:|---:|",
    ]
    for item in over:
        own = item.cohort
        kept = own.sold - own.taken
        share = _share(own.expired, kept)
        amounts = " | ".join(money_text(a, places) for a in (kept, own.used, own.expired))
        lines.append(f"| {item.name.id} | {amounts} | {share}% |")
    return lines
