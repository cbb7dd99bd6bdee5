"""The bulk reader: export files into ``usage_read`` and ``stated_read``, one scan each.

Rows stay in DuckDB. The clean path pays nothing for line numbers: only when rows are
rejected, or DuckDB refuses a file, is it read a second time to say where and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenbooks.names import INFORMATIONAL_METERS, STANDARD_METERS, nearest
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.exports.aggregation import (
    Insert,
    long_insert,
    long_staging,
    stated_insert,
    usage_insert,
)
from tokenbooks.sources.exports.descriptors.days_of_files import days_of, lacks_days
from tokenbooks.sources.exports.descriptors.descriptor import Descriptor
from tokenbooks.sources.exports.descriptors.detection import detect_format, without_amounts
from tokenbooks.sources.exports.diagnosis import diagnose_refusal
from tokenbooks.sources.exports.digest import Digests
from tokenbooks.sources.exports.duplicates import (
    alone_with_ids,
    find_duplicates,
    has_repeated,
    hashed_id,
)
from tokenbooks.sources.exports.file_accounts import account_files
from tokenbooks.sources.exports.files import ExportFile
from tokenbooks.sources.exports.missing_pages import missing_pages
from tokenbooks.sources.exports.normal.expression import Expression
from tokenbooks.sources.exports.normal.normal_form import NormalForm
from tokenbooks.sources.exports.normal.normalising import build_normal_form
from tokenbooks.sources.exports.same_rows import find_same_rows
from tokenbooks.sources.exports.sheets.offered import OfferedFile, RefusedError
from tokenbooks.sources.exports.told_twice import told_twice
from tokenbooks.usage.accounting import STATEMENT, USAGE, FileAccount
from tokenbooks.usage.layout import USED, Layout, stated_read_sql, usage_read_sql

if TYPE_CHECKING:
    import duckdb


#: Of the rows of a file so large all ids are kept in memory while it is read; in bytes.
LARGEST_WITH_IDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What reading gave: the tables' layout, the accounting of files, what was wrong.

    ``stated_dimensions`` are the ``d_`` columns of ``stated_read``; ``informational``
    are meters that are priced only where a rate names them.
    """

    layout: Layout
    accounts: tuple[FileAccount, ...]
    problems: tuple[Problem, ...]
    stated_dimensions: tuple[str, ...] = ()
    informational: frozenset[str] = INFORMATIONAL_METERS


def open_export(
    file: ExportFile, descriptors: Sequence[Descriptor]
) -> tuple[NormalForm | None, list[Problem]]:
    """How one file is read: its header, its format, its normal form."""
    try:
        offered = OfferedFile(file.path, file.shown)
        descriptor, problems = detect_format(offered, file.kind, file.source, descriptors)
        if descriptor is None:
            return None, _of_this_file(file, problems)
        wanted = descriptor.columns(file.source)
        sheet = offered.sheet(descriptor.shape, wanted, days_of(file))
    except RefusedError as refused:
        return None, refused.problems
    if problems := lacks_days(file, descriptor, sheet.header):
        return None, problems
    form = build_normal_form(file, sheet, descriptor)
    if problem := _without_choice(form):
        return None, [problem]
    if file.each and file.each not in form.dimensions and form.reads_usage:
        message = f"the file does not tell the {file.each}, whose values are the parties"
        help = f"add a column for {file.each}, or take `each:` of contract {file.contract} away"
        return None, [error("party-missing", message, help, Position(file.shown, 1))]
    if file.kind == STATEMENT and form.amount is None and not descriptor.is_empty:
        return None, _of_this_file(file, [without_amounts(descriptor, file.shown)])
    return form, []


def _without_choice(form: NormalForm) -> Problem | None:
    """That a file does not tell a dimension by which ``only:`` chooses its rows.

    None of them would be chosen, which a mistyped name must not come to.
    """
    if form.descriptor.is_empty:
        return None
    for name, _ in form.file.source.only:
        if name not in form.dimensions:
            near = nearest(name, form.dimensions)
            known = ", ".join(sorted(form.dimensions)) or "nothing"
            help = f"did you mean '{near}'?" if near else f"it tells {known}"
            message = f"the file does not tell the {name}, by which `only:` chooses rows"
            return error("only-unknown", message, help, Position(form.file.shown, 1))
    return None


def _of_this_file(file: ExportFile, problems: list[Problem]) -> list[Problem]:
    """The problems, without that of a member of a ZIP which is not what its source is about."""
    elsewhere = {"cost-file-in-usage", "usage-file-in-statement"} if file.member else set()
    return [problem for problem in problems if problem.code not in elsewhere]


def read_exports(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[ExportFile],
    kept: Sequence[str],
    descriptors: Sequence[Descriptor],
) -> ReadResult:
    """Read usage and statement files in bulk; see ``usage.layout`` for the tables.

    ``kept`` are the dimensions that stay below day level. A file's index in the tables
    is its index in ``files``. Files that cannot be read have problems and no account.
    """
    problems: list[Problem] = []
    forms: dict[int, NormalForm] = {}
    for index, file in enumerate(files):
        form, found = open_export(file, descriptors)
        problems.extend(found)
        if form is not None:
            forms[index] = form
    with Digests([form.file.path for form in forms.values()]) as digests:
        reading = _Reading(connection, forms, tuple(dict.fromkeys(kept)))
        problems.extend(reading.read())
        accounts, found = account_files(connection, reading.read_forms, digests)
    problems.extend(found)
    problems.extend(told_twice(connection, reading.read_forms))
    problems.extend(missing_pages(connection, reading.read_forms))
    informational = frozenset(m for form in forms.values() for m in form.informational)
    return ReadResult(
        reading.layout,
        tuple(accounts),
        tuple(problems),
        reading.stated_dimensions,
        INFORMATIONAL_METERS | informational,
    )


class _Reading:
    """One run of the reader: creates the tables and fills them file by file."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        forms: dict[int, NormalForm],
        kept: tuple[str, ...],
    ) -> None:
        self.connection = connection
        self.forms = forms
        self.kept = kept
        usage = [form.file for form in forms.values() if form.file.kind == USAGE]
        self.levels = frozenset(name for file in usage for name in file.levels)
        self.measures = tuple(dict.fromkeys(m.name for file in usage for m in file.measures))
        self.layout = Layout(kept, ())
        stated = [f for f in forms.values() if f.file.kind == STATEMENT]
        own = (name for form in stated for name in form.dimensions)
        self.stated_dimensions = tuple(dict.fromkeys([*kept, *own]))
        self.read_forms: dict[int, NormalForm] = {}
        self.problems: list[Problem] = []

    def read(self) -> list[Problem]:
        """Fill the tables from every file; what DuckDB refuses is among the problems."""
        alone = {index for index in alone_with_ids(self.forms) if self._is_small(index)}
        others = {index: form for index, form in self.forms.items() if index not in alone}
        duplicates, found = find_duplicates(self.connection, others)
        self.problems.extend(found)
        duplicates |= find_same_rows(self.connection, self.forms)
        relations = {
            index: (duplicates.get(index, form.scan), index in duplicates)
            for index, form in self.forms.items()
        }
        staged = self._stage_long(relations)
        self.layout = Layout(self.kept, self._meters(staged), self.levels)
        self.connection.execute(usage_read_sql(self.layout))
        self.connection.execute(stated_read_sql(self.stated_dimensions))
        for index, form in self.forms.items():
            relation, replacements = relations[index]
            if form.long is not None:
                if index in staged:
                    self._run(index, form, long_insert(form, index, self.layout, staged[index]))
            elif index not in alone or not self._insert_unless_repeated(index, form):
                if index in alone:
                    found_in, found = find_duplicates(self.connection, {index: form})
                    self.problems.extend(found)
                    relation, replacements = found_in.get(index, form.scan), index in found_in
                self._run(index, form, self._insert(index, form, relation, replacements).sql)
        return self.problems

    def _insert(
        self,
        index: int,
        form: NormalForm,
        relation: str,
        replacements: bool,
        id: Expression | None = None,
    ) -> Insert:
        if form.file.kind == STATEMENT:
            dimensions = self.stated_dimensions
            return stated_insert(form, index, dimensions, relation, replacements, id)
        return usage_insert(form, index, self.layout, relation, replacements, id)

    def _is_small(self, index: int) -> bool:
        """Whether the ids of a file fit into memory, whatever it holds."""
        return self.forms[index].file.path.stat().st_size <= LARGEST_WITH_IDS

    def _insert_unless_repeated(self, index: int, form: NormalForm) -> bool:
        """Add a file whose rows have ids, in one scan; False if an id stands there twice."""
        import duckdb

        table = f"identified_{index}"
        insert = self._insert(index, form, form.scan, False, hashed_id(form))
        try:
            self.connection.execute(insert.staging(table))
        except duckdb.Error:
            return False  # the same scan without ids says why
        repeated = has_repeated(self.connection, table)
        if not repeated:
            self._run(index, form, insert.from_staged(table))
        self.connection.execute(f"DROP TABLE {table}")
        return not repeated

    def _stage_long(self, relations: dict[int, tuple[str, bool]]) -> dict[int, str]:
        """Sum the files whose rows name their meter; the tables, by file."""
        staged = {}
        for index, form in self.forms.items():
            if form.long is not None:
                table = f"long_rows_{index}"
                relation, replacements = relations[index]
                sql = long_staging(form, form.long, table, self.kept, relation, replacements)
                if self._run(index, form, sql, counts=False):
                    staged[index] = table
        return staged

    def _meters(self, staged: dict[int, str]) -> tuple[str, ...]:
        """The meters of all files: standard ones in their order, then others by name.

        After them stand the measures, as the plans need them.
        """
        usage = (form for form in self.forms.values() if form.file.kind == USAGE)
        found = {name for form in usage for name in form.meters}
        for table in staged.values():
            rows = self.connection.execute(
                f"SELECT DISTINCT meter FROM {table} WHERE verdict = {USED}"
            ).fetchall()
            found.update(meter for (meter,) in rows)
        standard = [name for name in STANDARD_METERS if name in found]
        return (*standard, *sorted(found.difference(standard)), *self.measures)

    def _run(self, index: int, form: NormalForm, sql: str, counts: bool = True) -> bool:
        """Run a statement that scans a file; what DuckDB refuses becomes problems."""
        import duckdb

        try:
            self.connection.execute(sql)
        except duckdb.Error as refusal:
            self.problems.extend(diagnose_refusal(form, str(refusal)))
            return False
        if counts:
            self.read_forms[index] = form
        return True
