"""Contracts whose parties are people, and the lots that somebody has named for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from tokenbooks.book import Book
from tokenbooks.sources.credits.reading import COLUMNS
from tokenbooks.sources.files import matching_files
from tokenbooks.sources.rows import read_rows

#: The word before the pseudonym of a lot.
LOT = "lot"


def people_of_contracts(book: Book, dimensions: Collection[str]) -> dict[str, str]:
    """The contracts whose parties are people, each with the dimension that they are of."""
    return {
        contract.id: contract.each
        for contract in book.contracts.values()
        if contract.each and contract.each in dimensions
    }


def of_lots(folder: Path, book: Book, parties: Mapping[str, str]) -> dict[str, str]:
    """The lots that the credits file names, of contracts whose parties are people.

    Whoever names a lot of a customer may well put the customer into the name.
    """
    paths = matching_files(folder, book.credits_files) if parties else []
    rows = [row for path in paths for row in read_rows(path, COLUMNS)[0]]
    own = [row for row in rows if row["contract"] in parties]
    return {name: LOT for row in own for name in (row["lot"], row["parent"]) if name}
