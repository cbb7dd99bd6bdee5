"""Pseudonyms instead of people: for reports that leave the company.

Two rules together, so that nothing depends on one of them alone:

- the cells of a dimension of people hold pseudonyms, whatever stands in them;
- in every other text, known values of these dimensions, and mail addresses, known or not,
  give way to pseudonyms; in titles, notes and problems too.

A pseudonym is a keyed digest (HMAC-SHA256) of the value: the same in every report made with
one key, and without the key no guess at a name can be tried.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from tokenbooks.problems import Problem
from tokenbooks.reports.known_words import KnownWords
from tokenbooks.reports.table import Cell, Column, Table

#: The word before the digest of a mail address of which nobody says whose it is.
MAIL = "mail"

#: Digits and letters that cannot be taken for each other.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
#: 50 bits: of a million values two have one pseudonym once in two thousand books.
_SIGNS = 10
_PSEUDONYM = re.compile(rf"\S+-[{_ALPHABET}]{{{_SIGNS}}}")
_LABEL = b"tokenbooks pseudonym 1\0"

#: Columns whose words are a provider's or the program's own, never a person's.
_OWN_WORDS = frozenset(
    [
        *("meter", "currency", "format", "kind", "service_period", "what", "dimension"),
        *("service_tier", "batch", "context", "speed", "region", "size", "quality"),
    ]
)
#: The column that says of whom something is: ``user alice``.
_SCOPE = "scope"
#: The column of a contract's party, and that of its contract.
_PARTY, _CONTRACT = "party", "contract"
#: Columns that name the dimension that the rest of their row is about.
_NAMING = ("dimension", "what")


class Redaction:
    """What is to be hidden, and the key that makes the pseudonyms.

    ``dimensions`` are those of people; ``known`` maps values to the dimension they are of.
    ``stems`` are beginnings of ids, as of lots, each with the dimension and the value in it.
    ``parties`` are the contracts whose parties are people, each with their dimension.
    """

    def __init__(
        self,
        key: bytes,
        dimensions: Iterable[str],
        known: Mapping[str, str],
        stems: Mapping[str, tuple[str, str]] | None = None,
        parties: Mapping[str, str] | None = None,
    ) -> None:
        self._key = key
        self._parties = dict(parties or {})
        self._dimensions = frozenset(dimensions)
        self._words = KnownWords(known, self._dimensions, stems)
        self._texts: dict[tuple[str, bool], str] = {}

    def pseudonym(self, dimension: str, value: str) -> str:
        """The pseudonym of a value, such as ``user-7k3f9q2m4d``: a dimension and a digest.

        The digest is the value's own, so that one value in two dimensions is seen to be one.
        """
        data = _LABEL + value.encode("utf-8", "surrogatepass")
        number = int.from_bytes(hmac.digest(self._key, data, "sha256"))
        signs = [_ALPHABET[number >> 5 * place & 31] for place in range(_SIGNS)]
        return f"{dimension}-{''.join(signs)}"

    def text(self, text: str, *, known: bool = True) -> str:
        """A text with pseudonyms for known values and mail addresses, else for mails only.

        Whole words are replaced: never a part of one.
        """
        if (text, known) not in self._texts:
            pieces = self._words.pieces(text, known)
            self._texts[text, known] = "".join(
                self.pseudonym(of[0] or MAIL, of[1]) if of else piece for piece, of in pieces
            )
        return self._texts[text, known]

    def tables(self, tables: Iterable[Table]) -> list[Table]:
        """Tables with pseudonyms, in an order that does not tell the order of the names."""
        return [self._table(table) for table in tables]

    def problem(self, problem: Problem) -> Problem:
        """A problem with pseudonyms in its message, its help and the name of its file."""
        return replace(
            problem,
            message=self.text(problem.message),
            help=self.text(problem.help),
            position=replace(problem.position, file=self.text(problem.position.file)),
        )

    def _table(self, table: Table) -> Table:
        rows = [self._row(row, table.columns) for row in table.rows]
        for place in _hidden_places(table, rows):
            rows = _in_order_of(rows, place)
        return replace(
            table,
            title=self.text(table.title),
            rows=tuple(rows),
            notes=tuple(map(self.text, table.notes)),
        )

    def _row(self, row: Sequence[Cell], columns: Sequence[Column]) -> tuple[Cell, ...]:
        about, party = self._about(row, columns), self._party_of(row, columns)
        return tuple(
            self.pseudonym(party, cell)
            if column.key == _PARTY and party and cell and isinstance(cell, str)
            else self._cell(cell, column, about)
            for cell, column in zip(row, columns, strict=True)
        )

    def _party_of(self, row: Sequence[Cell], columns: Sequence[Column]) -> str:
        """The dimension of the party that a row names; '' where it is none of people.

        Without a contract beside it, it may be of any.
        """
        for cell, column in zip(row, columns, strict=True):
            if column.key == _CONTRACT:
                return self._parties.get(str(cell), "")
        return next(iter(self._parties.values()), "")

    def _about(self, row: Sequence[Cell], columns: Sequence[Column]) -> str:
        """The dimension of people that a row names in its first cell; '' where it does not."""
        first = row[0] if row and columns[0].key in _NAMING else None
        name = first.replace(" ", "_") if isinstance(first, str) else ""
        return name if name in self._dimensions else ""

    def _cell(self, cell: Cell, column: Column, about: str) -> Cell:
        if not isinstance(cell, str) or not cell:
            return cell
        if column.key in self._dimensions:
            return self.pseudonym(column.key, cell)
        if column.key in _OWN_WORDS:
            return self.text(cell, known=False)
        return self.pseudonym(about, cell) if about else self.text(cell)


def _hidden_places(table: Table, rows: Sequence[tuple[Cell, ...]]) -> list[int]:
    """The columns in which a cell has become a pseudonym, or says of which one it is."""
    hidden = []
    for place, column in enumerate(table.columns):
        pairs = [(row[place], was[place]) for row, was in zip(rows, table.rows, strict=True)]
        new = [str(cell) for cell, before in pairs if cell != before]
        if new and (column.key == _SCOPE or any(map(_PSEUDONYM.fullmatch, new))):
            hidden.append(place)
    return hidden


def _in_order_of(rows: Sequence[tuple[Cell, ...]], place: int) -> list[tuple[Cell, ...]]:
    """Rows in which pseudonyms of a column go up, where all cells before them are the same.

    Reports are sorted by names: in that order, pseudonyms would tell who is who to anybody
    who has a list of the names.
    """
    ordered: list[tuple[Cell, ...]] = []
    # an empty cell is nobody's, and stays where it is
    for _, run in groupby(rows, key=lambda row: (row[:place], row[place] in (None, ""))):
        ordered += sorted(run, key=lambda row: str(row[place] or ""))
    return ordered
