"""Which formats claim a text, and what becomes of several downloads of one export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.sources.exports.reading import SOURCE, Read, export_file, read_files, write
from tokenbooks.problems import Problem
from tokenbooks.sources.exports.descriptors.detection import mismatches
from tokenbooks.sources.exports.descriptors.reading import shipped_descriptors
from tokenbooks.sources.exports.sheets.offered import OfferedFile
from tokenbooks.usage.accounting import FileAccount
from tokenbooks.usage.overlap import resolve_overlaps


def json_text(*values: Any) -> str:
    """Values one after the other, a line each."""
    return "".join(f"{json.dumps(value)}\n" for value in values)


def claims(folder: Path, text: str | bytes, name: str = "offered.csv") -> list[str]:
    """The shipped formats that claim a file."""
    path = write(folder, text, name)
    offered = OfferedFile(path, name)
    return [d.id for d in shipped_descriptors() if not mismatches(offered, d, SOURCE)]


class Downloads:
    """Files of one source in a book, with their overlaps resolved."""

    def __init__(self, folder: Path, files: dict[str, str], kind: str = "usage") -> None:
        paths = [write(folder, text, name) for name, text in files.items()]
        self.read: Read = read_files([export_file(path, kind) for path in paths])
        self.accounts: tuple[FileAccount, ...]
        self.problems: list[Problem]
        self.accounts, found = resolve_overlaps(
            self.read.connection, self.read.result.layout, self.read.result.accounts
        )
        self.problems = [*self.read.problems, *found]

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.problems]

    @property
    def used_and_replaced(self) -> dict[str, tuple[int, int]]:
        return {account.shown: (account.used, account.replaced) for account in self.accounts}
