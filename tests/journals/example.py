"""One month of a small company, from which the journal tests render."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

from tokenbooks.entries.entry import Assertion, Entry, Posting
from tokenbooks.journals.dialects import DIALECTS
from tokenbooks.journals.month import Declarations, JournalMonth, declared
from tokenbooks.periods import Period

NOVEMBER = Period.month(2025, 11)
PREPAID = "Assets:Prepaid:OpenAI"
ACCRUED = "Liabilities:Accrued:Anthropic"


def posting(account: str, amount: str, *tags: tuple[str, str]) -> Posting:
    return Posting("role", account, Decimal(amount), tags)


def two_sided(kind: str, name: str, day: int, debit: str, credit: str, amount: str) -> Entry:
    """A plain entry of two lines."""
    lines = (posting(debit, amount), posting(credit, f"{-Decimal(amount)}"))
    return Entry(name, kind, date(2025, 11, day), "OpenAI", "", lines)


TOP_UP = Entry(
    id="purchase-openai-2025-11-05",
    kind="purchase",
    day=date(2025, 11, 5),
    payee="OpenAI",
    narration="Credit top-up",
    code="INV-1001",
    tags=(("source", "credits.csv:4"),),
    postings=(
        posting(PREPAID, "100.00", ("lot", "openai-2025-11-05"), ("expires", "2026-11-05")),
        posting("Assets:Cash", "-100.00"),
    ),
)
USAGE = Entry(
    id="consumption-openai-2025-11",
    kind="consumption",
    day=date(2025, 11, 30),
    payee="OpenAI",
    narration="Credits used",
    tags=(("period", "2025-11"),),
    postings=(
        posting("Expenses:AI:Research", "30.25", ("cost-center", "research")),
        posting("Expenses:AI:Operations", "12.12"),
        posting(PREPAID, "-42.37", ("lot", "openai-2025-11-05")),
    ),
)
ACCRUAL = Entry(
    id="accrual-anthropic-2025-11",
    kind="accrual",
    day=date(2025, 11, 30),
    payee="Anthropic",
    narration="Accrued usage",
    pending=True,
    postings=(
        posting("Expenses:AI:Research", "8.10"),
        posting(ACCRUED, "-8.10"),
    ),
)
FREE_GRANT = Entry("grant-openai-2025-11-01", "purchase", date(2025, 11, 1), "OpenAI", "", ())

ENTRIES = (ACCRUAL, USAGE, FREE_GRANT, TOP_UP)
ASSERTIONS = (
    Assertion(date(2025, 11, 30), ACCRUED, Decimal("-8.10")),
    Assertion(date(2025, 11, 30), PREPAID, Decimal("57.63")),
)


def month_of(
    entries: Iterable[Entry],
    assertions: Iterable[Assertion] = (),
    currency: str = "USD",
    places: int = 2,
) -> JournalMonth:
    return JournalMonth(
        NOVEMBER, currency, places, tuple(entries), tuple(assertions), "Northwind Labs"
    )


def write_books(folder: Path, *months: JournalMonth) -> tuple[Path, Path]:
    """Write the months and their top file in both dialects; the two top files."""
    entries = [entry for month in months for entry in month.entries]
    assertions = [assertion for month in months for assertion in month.assertions]
    accounts, payees, tags = declared(entries, assertions)
    tops = []
    for dialect in DIALECTS.values():
        paths = []
        for month in months:
            path = folder / "close" / str(month.period) / dialect.month_file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dialect.render_month(month), "utf-8")
            paths.append(path.relative_to(folder).as_posix())
        first = months[0]
        declarations = Declarations(
            first.title,
            first.currency,
            first.places,
            first.period.start,
            accounts,
            payees,
            tags,
            tuple(paths),
        )
        top = folder / dialect.books_file
        top.write_text(dialect.render_books(declarations), "utf-8")
        tops.append(top)
    return tops[0], tops[1]


def balances(entries: Iterable[Entry]) -> dict[str, Decimal]:
    """The sum of the postings of every account that is not zero."""
    totals: dict[str, Decimal] = {}
    for entry in entries:
        for line in entry.postings:
            totals[line.account] = totals.get(line.account, Decimal(0)) + line.amount
    return {account: total for account, total in totals.items() if total}
