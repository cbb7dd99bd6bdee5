"""Beginning a book: which files a new one has, and writing them without overwriting any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from tokenbooks.desk.book_text import NewBook, NewContract, book_text
from tokenbooks.desk.offered_files import contract_id
from tokenbooks.desk.plan_text import example_plan_text, seen_plan_text
from tokenbooks.desk.seen_usage import SeenUsage
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.book import BOOK_FILE
from tokenbooks.sources.files import shown

#: Headers of the small files: the columns that most rows need.
CREDITS_HEADER = "date,contract,event,credits,lot,paid,starts,expires,parent,document,memo\n"
INVOICES_HEADER = "date,contract,invoice,kind,period_start,period_end,amount,tax,due\n"

#: Text by path below the book's folder.
Files = Mapping[str, str]


def new_contract(party: str, settle: str) -> NewContract:
    """The contract of a book that begins without usage."""
    name = contract_id(party)
    return NewContract(name, party, f"{name}-api", settle, (f"usage/{name}/*",))


def seen_contracts(seen: SeenUsage, settle: str, party: str = "") -> tuple[NewContract, ...]:
    """The contracts of a book that begins with usage; ``party`` renames the only one."""
    return tuple(
        NewContract(
            id=found.id,
            party=party or found.party,
            plan=f"{found.id}-api",
            settle=settle,
            usage=found.usage,
            statement=found.statement,
            allocation=found.allocation,
        )
        for found in seen.contracts
    )


def book_files(book: NewBook, seen: SeenUsage | None = None) -> dict[str, str]:
    """The files of a new book."""
    files = {"tokenbooks.yaml": book_text(book)}
    usage = {found.id: found for found in seen.contracts} if seen else {}
    for contract in book.contracts:
        found = usage.get(contract.id)
        files[f"plans/{contract.plan}.yaml"] = (
            seen_plan_text(contract.plan, found, book.currency, book.start)
            if found
            else example_plan_text(contract.plan, contract.party, book.currency, book.start)
        )
    if any(contract.settle == "prepaid" for contract in book.contracts):
        files["credits.csv"] = CREDITS_HEADER
    files["invoices.csv"] = INVOICES_HEADER
    return files


def empty_folders(book: NewBook, seen: SeenUsage | None = None) -> list[str]:
    """The folders that wait for usage exports."""
    return [] if seen else [f"usage/{contract.id}" for contract in book.contracts]


def begin_book(folder: Path, files: Files, folders: Iterable[str] = ()) -> list[Problem]:
    """Write the files of a new book: all, or none where one is there already.

    Problems: ``init-overwrites`` for each file that is there, ``cannot-write``.
    """
    there = [name for name in files if (folder / name).exists()]
    if there:
        return [_overwrites(folder, name) for name in there]
    written: list[Path] = []
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            written.append(path)
            path.write_text(text, encoding="utf-8", newline="\n")
        for name in folders:
            (folder / name).mkdir(parents=True, exist_ok=True)
    except OSError as reason:
        for path in written:
            path.unlink(missing_ok=True)
        message = f"the book could not be written: {reason.strerror or reason}"
        help = "make the folder writable, or choose another one; nothing was kept"
        return [error("cannot-write", message, help, Position(shown(folder / BOOK_FILE)))]
    return []


def _overwrites(folder: Path, name: str) -> Problem:
    message = f"{name} is there already, and nothing is overwritten"
    help = "begin the book in another folder, or move this file away"
    return error("init-overwrites", message, help, Position(shown(folder / name)))
