"""Large files of credits: rows of the usual shape go from the file straight into a table.

A purchase, a grant or an opening with a lot of its own and plain days is checked where it
stands, by patterns on every cell. All other rows, and every row of a party or lot that one of
them is about, are read one by one with all their checks (``sources.credits``): the file is
handed on with blank lines in place of the others, so that each row keeps its line.

The table is a Parquet file of this run (``facts.CreditRows``).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbooks.book import Book, Contract
from tokenbooks.facts import CreditRows
from tokenbooks.rating.plan import Plan
from tokenbooks.sources.csv_text import read_records
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.files import LARGEST_FILE, matching_files, shown
from tokenbooks.usage.layout import sql_text

if TYPE_CHECKING:
    import duckdb

#: Smaller files are read one by one.
LARGE_FILE = 1_000_000

_NUMBER = r"\d{1,15}(\.\d{1,9})?"
_DAY = r"(19[7-9]|20\d|21\d)\d-\d{2}-\d{2}"
#: Plain letters and signs but for commas and quotes, with blanks inside only.
_TEXT = r"[!#-+\--~]([ !#-+\--~]*[!#-+\--~])?"
_IDENTIFIER = "[A-Za-z0-9][A-Za-z0-9._-]*"

#: How the cells of a usual row are written; an empty cell is always allowed but where needed.
_SHAPES = {
    "date": _DAY,
    "event": "purchase|sale|grant|opening",
    "credits": _NUMBER,
    "party": _TEXT,
    "lot": _IDENTIFIER,
    "paid": _NUMBER,
    "used": _NUMBER,
    "starts": _DAY,
    "expires": _DAY,
    "kind": "paid|promo|bonus",
    "priority": r"\d{1,6}",
    "pay": "cash|card|account",
    "memo": _TEXT,
}
_QUANTITY = "DECIMAL(38,9)"
#: How names end that are built from a day.
_BUILT = r"-\d{4}-\d{2}-\d{2}(-\d+)?$"
#: A cell, or one in quotes in which nothing is to be read otherwise.
_QUOTED = '("[^",]*"|[^",]*)'
_NEEDED = ("date", "contract", "event", "credits", "party", "lot")


@dataclass(frozen=True, slots=True)
class LargeFile:
    """A file of credits whose usual rows are in a table: the text of all others."""

    path: Path
    rest: str
    rows: CreditRows

    def owners_of(self, lots: Collection[str]) -> dict[str, tuple[str, str]]:
        """The contract and party of those of some lots that rows of the table make."""
        if not lots:
            return {}
        with connect() as connection:
            found = connection.execute(
                f"SELECT lot, contract, party FROM read_parquet({sql_text(self.rows.table)})"
                " WHERE lot IN (SELECT unnest(?::VARCHAR[]))",
                [sorted(lots)],
            ).fetchall()
        return {lot: (contract, party) for lot, contract, party in found}


def read_large_file(
    book: Book, directory: Path, plans: Mapping[str, Plan], columns: Iterable[str]
) -> LargeFile | None:
    """The usual rows of the largest file of credits; None where it is not large, or odd."""
    files = matching_files(directory, book.credits_files)
    path = max(files, key=lambda file: file.stat().st_size, default=None)
    contracts = [c for c in book.contracts.values() if _is_usual(c, book, plans.get(c.plan))]
    if path is None or not contracts or path.stat().st_size <= LARGE_FILE:
        return None
    header = _header(path)
    if header is None or not {*_NEEDED} <= {*header}:
        return None
    if len(set(header)) < len(header) or not {*header} <= {*columns}:
        return None
    import duckdb

    try:
        with connect() as connection:
            return _LargeFile(connection, path, header, book).read(contracts)
    except duckdb.Error:
        return None


def _is_usual(contract: Contract, book: Book, plan: Plan | None) -> bool:
    """Whether rows of a contract can be usual: lots in the book's money that nothing shares."""
    if plan is None or contract.each is None or contract.settle != "prepaid":
        return False
    orders = {contract.lot_order, *(c.value for c in book.policies.get("lot_order", ()))}
    plain = plan.credit is None and plan.currency == book.currency
    special = plan.credit_terms.bonus or plan.credit_terms.rollover or contract.scope
    return plain and not special and "average" not in orders


def _header(path: Path) -> list[str] | None:
    """The names of the columns; None for a file that lines alone do not tell apart."""
    with path.open("rb") as file:
        first = file.readline(10_000)
        block = first
        while block:
            if any(odd in block for odd in (b"\r", b"\0", b"\x01")):
                return None
            block = file.read(1 << 20)
    try:
        return [name.strip().lower() for name in first.decode("utf-8").strip("\n").split(",")]
    except UnicodeDecodeError:
        return None


class _LargeFile:
    def __init__(
        self, connection: duckdb.DuckDBPyConnection, path: Path, header: list[str], book: Book
    ) -> None:
        self.connection = connection
        self.path = path
        self.header = header
        self.book = book

    def read(self, contracts: list[Contract]) -> LargeFile | None:
        """Split the rows; None where what is left is too much to be read one by one."""
        self._put_lines(contracts)
        if self._has_open_quotes():
            return None
        self.connection.execute(
            f"CREATE TABLE credit_rows AS SELECT {self._typed()} FROM credit_cells"
        )
        self._take_out("lot IN (SELECT lot FROM credit_rows GROUP BY lot HAVING count(*) > 1)")
        rest = self._rest()
        names = _named(rest)
        self._take_out(
            "lot IN (SELECT unnest(?::VARCHAR[]))"
            " OR contract || '/' || party IN (SELECT unnest(?::VARCHAR[]))",
            names,
            names,
        )
        rest = self._rest()
        if len(rest) > LARGEST_FILE + rest.count("\n\n"):
            return None
        return LargeFile(self.path, rest, self._rows())

    def _cell(self, column: str) -> str:
        return f"c[{self.header.index(column) + 1}]" if column in self.header else "''"

    def _put_lines(self, contracts: list[Contract]) -> None:
        """The table of the lines, with whether they are usual."""
        cells = ", ".join(f'{self._cell(name)} AS "{name}"' for name in (*_SHAPES, "contract"))
        path = str(self.path).replace("'", "''")
        options = "header=false, auto_detect=false, columns={'line': 'VARCHAR'}, delim='\\x01'"
        options += ", quote='', escape='', strict_mode=false, null_padding=true"
        split = "string_split(replace(line, '\"', ''), ',')"
        self.connection.execute(
            "CREATE TABLE credit_lines AS SELECT number, line,"
            f" CASE WHEN {self._matches(contracts)} THEN (SELECT"
            f" coalesce({' AND '.join(self._conditions())}, false) FROM"
            f" (SELECT {cells} FROM (SELECT {split} AS c))) ELSE false END AS usual"
            " FROM (SELECT row_number() OVER () AS number, coalesce(line, '') AS line"
            f" FROM read_csv('{path}', {options})) WHERE number > 1"
        )
        self.connection.execute(
            f"CREATE VIEW credit_cells AS SELECT number, {cells}, c FROM"
            f" (SELECT number, {split} AS c FROM credit_lines WHERE usual)"
        )
        self.connection.execute("CREATE TABLE taken_out (number BIGINT)")

    def _matches(self, contracts: list[Contract]) -> str:
        """Whether every cell of a line is written as in a usual row."""
        shapes = _SHAPES | {
            "contract": "|".join(re.escape(contract.id) for contract in contracts),
            "currency": re.escape(self.book.currency),
        }
        cells = [
            (f"({shapes[name]})" + ("" if name in _NEEDED else "?")) if name in shapes else ""
            for name in self.header
        ]
        whole = f"regexp_full_match(replace(line, '\"', ''), {sql_text(','.join(cells))})"
        quoted = f"regexp_full_match(line, '{_QUOTED}(,{_QUOTED})*')"
        return f"{whole} AND (NOT contains(line, '\"') OR {quoted})"

    def _conditions(self) -> Iterator[str]:
        """What must hold of the cells of a line beside how they are written."""
        start = self.book.start.start
        sold = ", ".join(sql_text(c.id) for c in self.book.contracts.values() if c.sells)
        yield (
            "(event NOT IN ('purchase', 'sale')"
            f" OR (event = 'sale') = (contract IN ({sold or 'NULL'})))"
            if sold
            else "event <> 'sale'"
        )
        yield "regexp_matches(credits, '[1-9]')"
        for name in ("date", "starts", "expires"):
            yield f'("{name}" = \'\' OR TRY_CAST("{name}" AS DATE) IS NOT NULL)'
        # days as texts are in the order of time
        yield f"CASE WHEN event = 'opening' THEN date <= '{start}' ELSE date >= '{start}' END"
        yield "(starts = '' OR event = 'opening' OR starts >= date)"
        yield "(expires = '' OR expires >= CASE WHEN starts = '' THEN date ELSE starts END)"
        yield "(event <> 'grant' OR (paid = '' AND pay = ''))"
        spent = f"TRY_CAST(used AS {_QUANTITY}) <= TRY_CAST(credits AS {_QUANTITY})"
        yield f"(used = '' OR (event = 'opening' AND {spent}))"
        # built names of other rows must not meet these
        yield f"NOT (starts_with(lot, contract || '-') AND regexp_matches(lot, '{_BUILT}'))"
        yield f"NOT regexp_matches(lot, '-(bonus|adjust|rollover|transfer){_BUILT}')"

    def _has_open_quotes(self) -> bool:
        """Whether a quoted text goes on over lines: then lines are no rows."""
        quotes = "length(line) - length(replace(line, '\"', ''))"
        found = self.connection.execute(
            f"SELECT 1 FROM credit_lines WHERE contains(line, '\"') AND ({quotes}) % 2 = 1 LIMIT 1"
        ).fetchall()
        return bool(found)

    def _typed(self) -> str:
        filled = [
            f"CASE WHEN {self._cell(name)} <> '' THEN '{name}=' || {self._cell(name)} END"
            for name in sorted(self.header)
        ]
        digest = f"left(sha256(concat_ws(chr(0), {', '.join(filled)})), 16)"
        return (
            "number, contract, party, replace(event, 'sale', 'purchase') AS event,"
            " date::DATE AS day,"
            f" credits::{_QUANTITY} AS credits, nullif(used, '')::{_QUANTITY} AS used, lot,"
            f" nullif(paid, '')::{_QUANTITY} AS paid, nullif(starts, '')::DATE AS starts,"
            " nullif(expires, '')::DATE AS expires, nullif(kind, '') AS kind,"
            " nullif(priority, '')::INTEGER AS priority, nullif(pay, '') AS pay,"
            f" nullif({self._cell('currency')}, '') AS currency, memo,"
            f" ('0x' || {digest})::UBIGINT AS digest"
        )

    def _take_out(self, which: str, *values: list[str]) -> None:
        """Leave some rows to be read one by one."""
        self.connection.execute(
            f"INSERT INTO taken_out SELECT number FROM credit_rows WHERE {which}", [*values]
        )
        self.connection.execute(
            "DELETE FROM credit_rows WHERE number IN (SELECT number FROM taken_out)"
        )

    def _rest(self) -> str:
        """The header and the rows that are not usual, each on its own line."""
        rows = self.connection.execute(
            "SELECT number, line FROM credit_lines WHERE trim(line) <> '' AND (NOT usual"
            " OR number IN (SELECT number FROM taken_out)) ORDER BY number"
        ).fetchall()
        with self.path.open(encoding="utf-8") as file:
            parts, at = [file.readline().rstrip("\n")], 1
        for number, line in rows:
            parts += ["\n" * (number - at), line]
            at = number
        return "".join(parts) + "\n"

    def _rows(self) -> CreditRows:
        folder = tempfile.TemporaryDirectory(prefix="tokenbooks-")
        table = str(Path(folder.name) / "credits.parquet")
        quoted = table.replace("'", "''")
        self.connection.execute(f"COPY credit_rows TO '{quoted}' (FORMAT PARQUET)")
        scaled = "length(rtrim(split_part(credits::VARCHAR, '.', 2), '0'))"
        spent = "length(rtrim(split_part(coalesce(used, 0)::VARCHAR, '.', 2), '0'))"
        ((places,),) = self.connection.execute(
            f"SELECT coalesce(max(greatest({scaled}, {spent})), 0) FROM credit_rows"
        ).fetchall()
        return CreditRows(table, shown(self.path), int(places), folder)


def _named(text: str) -> list[str]:
    """The lots and accounts that rows are about: ``lot``, ``contract/party``."""
    records, _ = read_records(text, "")
    header = [cell.text.strip().lower() for cell in records[0]] if records else []
    names: set[str] = set()
    for record in records[1:]:
        cells = dict(zip(header, (cell.text.strip() for cell in record), strict=False))
        names |= {cells.get(name, "") for name in ("lot", "parent", "to")}
        names.add(f"{cells.get('contract', '')}/{cells.get('party', '')}")
    return sorted(names - {""})
