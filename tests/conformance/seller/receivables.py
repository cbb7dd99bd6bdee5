"""Credit losses: the allowance by age, and write-offs that use it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from tests.conformance.engine import TODAY, run
from tests.conformance.seller.story import (
    Case,
    Row,
    SellerBook,
    days_of,
    expected_by_day,
    number,
    opening_of,
)
from tokenbooks.close.receivables import BUCKETS
from tokenbooks.periods import Period

_PLAN = "plan"


def check_credit_loss(case: Case, folder: Path) -> None:
    """An allowance by age, or by the invoice; and the write-off of a part of one."""
    blocks = [block for block in case.get("verify", ()) if block["fn"] == "ecl"]
    if blocks:
        _check_ageing(case, blocks[0], folder)
    else:
        _check_written_off(case, folder)


def _check_written_off(case: Case, folder: Path) -> None:
    """An invoice out of pattern: most of it is paid in the month in which the rest is lost."""
    days = days_of(case)
    first, last = days[0], days[-1]
    invoice, lost = number(case, "invoice"), number(case, "written_off")
    before = Period.month_of(first).previous()
    book = SellerBook(before.start, last, post_usage="month").sells(_PLAN, "arrears")
    previous = number(case, "previous")
    book.uses(before.last_day, previous, _PLAN)
    book.uses(first, invoice, _PLAN)
    book.invoices += [
        _bill("I-0", before, previous) | {"pay": "cash"},
        _bill("I-1", Period.month_of(first), invoice),
    ]
    book.estimate("loss_rate", number(case, "rate_pct") / 100, first, _PLAN)
    told = {"contract": _PLAN, "invoice": "I-1"}
    paid = {"kind": "receipt", "date": last.replace(day=1), "amount": invoice - lost}
    book.invoices += [told | paid, told | {"kind": "write_off", "date": last, "amount": lost}]
    posted = book.close(folder)
    # the case tells neither the invoice before nor the payment
    assert posted.pop(before.last_day)["revenue_usage"] == -previous
    assert posted.pop(last.replace(day=1)) == _paid(invoice - lost)
    assert posted == expected_by_day(case)
    ratio = (case.get("expected_values") or {}).get("ratio")
    if ratio:
        asked = {row["document"]: row for row in _report(folder, "dunning", Period.month_of(first))}
        assert Decimal(asked["I-1"]["ratio"]) == Decimal(ratio)
        assert asked["I-1"]["next"].startswith("talk to ")


def _paid(amount: Decimal) -> dict[str, Decimal]:
    return {"cash": amount, "accounts_receivable": -amount}


def _bill(document: str, month: Period, amount: Decimal) -> Row:
    row: Row = {"date": month.last_day, "contract": _PLAN, "invoice": document, "kind": "invoice"}
    return row | {"amount": amount, "period_start": month.start, "period_end": month.last_day}


def _check_ageing(case: Case, block: Case, folder: Path) -> None:
    """Invoices of each age on the day of the case, billed in the months before it."""
    (day,) = days_of(case)
    oldest = Period.month_of(day)
    for _ in block["args"]["buckets"]:
        oldest = oldest.previous()
    book = SellerBook(oldest.start, day, post_usage="month").sells(_PLAN, "arrears")
    kept = opening_of(case, "allowance_credit_losses")
    book.opening = [{"role": "allowance_credit_losses", "contract": _PLAN, "amount": kept}]
    month = oldest
    aged = list(zip(block["args"]["buckets"], BUCKETS, strict=False))
    for bucket, (name, most) in reversed(aged):
        due = day - timedelta(days=100 if most is None else most)
        balance = Decimal(bucket["balance"])
        book.uses(month.start, balance, _PLAN)
        book.invoices.append(_bill(f"I-{name}", month, balance) | {"due": due})
        book.estimate("loss_rate", bucket["rate"], day, _PLAN, cohort=name)
        month = month.next()
    posted = book.close(folder)
    assert {on: nets for on, nets in posted.items() if on == day} == expected_by_day(case)
    rows = _report(folder, "receivables", Period.month_of(day))
    allowance = sum((Decimal(row["allowance"]) for row in rows), Decimal(0))
    assert allowance == Decimal(block["expect"]["allowance"])


def _report(folder: Path, name: str, month: Period) -> list[dict[str, str]]:
    """The first table of a report at the end of a month."""
    options = ("--book", str(folder), "--today", TODAY)
    code, text, problems = run(*options, "report", name, "-p", str(month), "--format", "csv")
    assert code == 0, problems
    return list(csv.DictReader(text.split("\n\n")[0].splitlines()))


TOPICS: dict[str, Callable[[Case, Path], None]] = {"credit_loss": check_credit_loss}
