"""Writing a close: the journal, the tables, the state and the manifest, all or none."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

from tokenbooks import __version__
from tokenbooks.amounts import currency_places, money_text
from tokenbooks.archive.commit import needs_recovery, staged
from tokenbooks.archive.credit_rows import write_credit_rows
from tokenbooks.archive.derived import derived_tables
from tokenbooks.archive.manifest import file_digest, manifest_text
from tokenbooks.archive.month import (
    CLOSE_FOLDER,
    MANIFEST,
    STATE,
    FileRecord,
    Manifest,
    close_folder,
)
from tokenbooks.archive.party_tables import write_party_tables
from tokenbooks.archive.state import state_tables
from tokenbooks.archive.usage_tables import write_charges, write_usage
from tokenbooks.close.close_period import Close
from tokenbooks.desk.close import Prepared
from tokenbooks.desk.close_reconciliation import CloseReconciliation, reconcile_close
from tokenbooks.desk.continuity import accounts_in_use
from tokenbooks.desk.input_documents import input_documents, readings
from tokenbooks.desk.locked import locked_problems
from tokenbooks.desk.open_book import OpenBook, unfinished
from tokenbooks.desk.reconciliation_texts import reconciliation_texts
from tokenbooks.desk.seller_texts import seller_texts
from tokenbooks.desk.writing import writing
from tokenbooks.entries.buy.approved_accruals import approved_rows
from tokenbooks.entries.mirror import booked
from tokenbooks.facts import Facts
from tokenbooks.journals.dialects import DIALECTS
from tokenbooks.journals.month import Declarations, JournalMonth, declared
from tokenbooks.names import OWNED_ROLES
from tokenbooks.periods import Period
from tokenbooks.problems import Position, Problem, any_error, error
from tokenbooks.reports.csv_text import render_csv
from tokenbooks.reports.rollforward import accruals_table, lots_table


def journal_text(facts: Facts, close: Close) -> str:
    """The period's entries and assertions in the book's dialect."""
    book = facts.book
    month = JournalMonth(
        close.period,
        book.currency,
        currency_places(book.currency),
        close.entries,
        close.assertions,
        book.name,
    )
    return DIALECTS[book.journal].render_month(month)


def write_close(prepared: Prepared) -> list[Problem]:
    """Write the close of a period under the book's folder, atomically."""
    import duckdb

    book = prepared.book
    dialect = DIALECTS[book.facts.book.journal]
    if (book.folder / dialect.books_file).is_dir():
        return [_in_the_way(book, dialect.books_file)]
    reconciliation, reconciled = reconcile_close(prepared)
    if any_error(reconciled):
        return reconciled
    try:
        with writing(book) as hindered:
            if problems := locked_problems(book, prepared.close.period) or hindered:
                return problems
            with staged(book.folder, prepared.close.period) as (month, top):
                lay_out(prepared, reconciliation, month)
                (top / dialect.books_file).write_text(_books_text(prepared), "utf-8")
    except (OSError, duckdb.Error) as reason:
        if isinstance(reason, OSError) and needs_recovery(book.folder):
            return [unfinished(book.folder, reason)]
        return [
            error(
                "cannot-write",
                f"the close could not be written: {getattr(reason, 'strerror', None) or reason}",
                "make room or the folder writable, and run the command again;"
                " nothing of this close was kept",
                Position(book.place(f"{CLOSE_FOLDER}")),
            )
        ]
    return reconciled


def written_files(prepared: Prepared) -> list[str]:
    """The files of a written close, as the user can open them."""
    book, period = prepared.book, prepared.close.period
    folder = close_folder(book.folder, period)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    files.append(book.folder / DIALECTS[book.facts.book.journal].books_file)
    return [book.place(f"{path.relative_to(book.folder).as_posix()}") for path in files]


def lay_out(prepared: Prepared, reconciliation: CloseReconciliation, month: Path) -> None:
    """Write all files of the month into its staging folder."""
    facts, close = prepared.book.facts, prepared.close
    connection, layout = prepared.gathered.connection, prepared.gathered.layout
    state = month / STATE
    state.mkdir()
    tables = state_tables(close) | derived_tables(prepared.gathered.derived)
    texts = {
        DIALECTS[facts.book.journal].month_file: journal_text(facts, close),
        "lots.csv": render_csv(lots_table(close, facts)),
        "accruals.csv": render_csv(accruals_table(close, facts)),
        **seller_texts(prepared.book, close),
        **reconciliation_texts(reconciliation.bridges, facts.book.currency, close.period),
        **{f"{STATE}/{name}": text for name, text in tables.items()},
    }
    for name, text in texts.items():
        (month / name).parent.mkdir(exist_ok=True)
        (month / name).write_text(text, encoding="utf-8", newline="\n")
    if facts.credit_rows:
        states = [earlier.folder / STATE for earlier in prepared.earlier]
        write_credit_rows(connection, close.period, states, state)
    if close.computed.parties.units:
        write_party_tables(connection, close.computed.parties.units, month, state)
    # the two large tables are written side by side, each from a connection of its own
    with ThreadPoolExecutor(max_workers=1) as beside:
        charges = beside.submit(
            write_charges,
            connection.cursor(),
            layout,
            prepared.scales,
            month / "charges.csv",
            facts.book.keep,
        )
        write_usage(connection, layout, state)
        charges.result()
    outputs = {
        path.relative_to(month).as_posix(): file_digest(path)
        for path in sorted(month.rglob("*"))
        if path.is_file()
    }
    (month / MANIFEST).write_text(
        manifest_text(_manifest(prepared, reconciliation.records, outputs)),
        encoding="utf-8",
        newline="\n",
    )


def _manifest(
    prepared: Prepared, statements: tuple[FileRecord, ...], outputs: dict[str, str]
) -> Manifest:
    facts, close = prepared.book.facts, prepared.close
    accounts, payees, tags = declared(close.entries, close.assertions)
    end = close.period.end
    return Manifest(
        version=__version__,
        book=facts.book.name,
        period=close.period,
        journal=facts.book.journal,
        currency=facts.book.currency,
        files=(*prepared.gathered.records, *statements),
        rows={
            "credits": _digests(row.digest for row in facts.credits if row.day < end),
            "invoices": _digests(row.digest for row in facts.invoices if row.day < end),
            "opening": _digests(row.digest for row in facts.opening),
            "adjustments": _digests(row.digest for row in approved_rows(facts, end)),
            "estimates": _digests(r.digest for r in facts.estimates if r.approved and r.day < end),
            "modifications": _digests(
                row.digest for row in facts.modifications if row.approved and row.day < end
            ),
        },
        daily=dict(sorted(prepared.gathered.daily.items())),
        documents=input_documents(prepared.book),
        readings=readings(prepared.book),
        totals=_totals(facts, close),
        declares={"accounts": accounts, "payees": payees, "tags": tags},
        accounts=accounts_in_use(facts.book, close.posted),
        unpriced=prepared.unpriced,
        outputs=outputs,
        previous=prepared.earlier[-1].digest if prepared.earlier else "",
    )


def _digests(rows: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(rows))


def _totals(facts: Facts, close: Close) -> dict[str, str]:
    """Control totals: debits of the period, and what the balance sheet holds at its end."""
    places = currency_places(facts.book.currency)
    debits = sum(
        (p.amount for entry in close.entries for p in entry.postings if p.amount > 0), Decimal(0)
    )
    totals = {"entries": str(len(close.entries)), "debits": money_text(debits, places)}
    held = dict.fromkeys(_held_roles(facts), Decimal(0))
    for line, amount in close.posted.items():
        if line.role in OWNED_ROLES:
            own = booked(facts.book, line, amount)
            held[own.role] += own.amount
    return totals | {role: money_text(balance, places) for role, balance in held.items()}


def _held_roles(facts: Facts) -> list[str]:
    """The roles of balances that the subledger keeps, as the sides of the contracts have them."""
    contracts = facts.book.contracts.values()
    return list(dict.fromkeys(c.own_role(role) for role in OWNED_ROLES for c in contracts))


def _books_text(prepared: Prepared) -> str:
    """The top file: declarations of all months, and an include for each."""
    facts, close = prepared.book.facts, prepared.close
    dialect = DIALECTS[facts.book.journal]
    accounts, payees, tags = (set(names) for names in declared(close.entries, close.assertions))
    periods: list[Period] = [close.period]
    for other in prepared.book.months:
        if other.period != close.period and other.manifest.journal == facts.book.journal:
            accounts |= set(other.manifest.declares["accounts"])
            payees |= set(other.manifest.declares["payees"])
            tags |= set(other.manifest.declares["tags"])
            periods.append(other.period)
    return dialect.render_books(
        Declarations(
            title=facts.book.name,
            currency=facts.book.currency,
            places=currency_places(facts.book.currency),
            first_day=facts.book.start.start,
            accounts=tuple(sorted(accounts)),
            payees=tuple(sorted(payees)),
            tags=tuple(sorted(tags)),
            months=tuple(
                f"{CLOSE_FOLDER}/{period}/{dialect.month_file}" for period in sorted(periods)
            ),
        )
    )


def _in_the_way(book: OpenBook, name: str) -> Problem:
    return error(
        "cannot-write",
        f"the close could not be written: {name} is a folder",
        f"move the folder away: {name} is the journal that includes all months;"
        " nothing of this close was kept",
        Position(book.place(name)),
    )
