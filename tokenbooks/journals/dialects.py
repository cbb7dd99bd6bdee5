"""The dialects in which a journal is written, by the name that the book gives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tokenbooks.journals import beancount, ledger
from tokenbooks.journals.month import Declarations, JournalMonth


@dataclass(frozen=True, slots=True)
class Dialect:
    """A dialect: its name, which is also the extension of its files, and its renderers."""

    name: str
    render_month: Callable[[JournalMonth], str]
    render_books: Callable[[Declarations], str]

    @property
    def month_file(self) -> str:
        """The name of a month's file: ``journal.ledger``."""
        return f"journal.{self.name}"

    @property
    def books_file(self) -> str:
        """The name of the top file: ``books.ledger``."""
        return f"books.{self.name}"


DIALECTS = {
    dialect.name: dialect
    for dialect in (
        Dialect("ledger", ledger.render_month, ledger.render_books),
        Dialect("beancount", beancount.render_month, beancount.render_books),
    )
}
