"""The accounting of the files that were read, cross-checked against their lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tokenbooks.names import STANDARD_METERS, nearest
from tokenbooks.problems import Position, Problem, Severity, error, warning
from tokenbooks.sources.exports.bad_rows import exceeding_rows, rejected_rows
from tokenbooks.sources.exports.diagnosis import find_bad_bytes
from tokenbooks.sources.exports.digest import Digest, Digests, count_lines
from tokenbooks.sources.exports.normal.normal_form import NormalForm
from tokenbooks.sources.exports.normal.normal_time import SHORTEST_DAY
from tokenbooks.sources.exports.normal.normalising import looks_like_meter
from tokenbooks.sources.exports.sheets.csv_sheet import CsvSheet
from tokenbooks.sources.exports.stated import account_amounts
from tokenbooks.sources.exports.summing import FIRST_RULE
from tokenbooks.usage.accounting import EMPTY, NOT_OWED_ROWS, STATEMENT, FileAccount
from tokenbooks.usage.layout import NOT_OWED, REJECTED, REPLACED, SKIPPED, USED, meter_column

if TYPE_CHECKING:
    import duckdb


def account_files(
    connection: duckdb.DuckDBPyConnection, forms: Mapping[int, NormalForm], digests: Digests
) -> tuple[list[FileAccount], list[Problem]]:
    """One account per file that was read, and what is wrong with its rows.

    Problems, beside those of rejected rows: ``file-nul``, ``rows-lost`` (the reader saw
    another number of rows than the file has), ``currencies-mixed``, ``file-twice``,
    ``part-exceeds-whole`` and ``unknown-columns`` as warnings.
    """
    tables = ("usage_read", "stated_read")
    rules = {table: _take_reasons(connection, table) for table in tables}
    sums = {table: _sums(connection, table) for table in tables}
    accounts: list[FileAccount] = []
    problems: list[Problem] = []
    for index, form in sorted(forms.items()):
        table = "stated_read" if form.file.kind == STATEMENT else "usage_read"
        digest = digests.of(form.file.path)
        skipped = _skipped(form, rules[table].get(index, {}))
        account = _account(index, form, sums[table].get(index, {}), skipped, digest)
        if form.amount is not None:
            account, found = account_amounts(connection, account, form, table)
            problems.extend(found)
        accounts.append(account)
        problems.extend(_row_problems(connection, form, account, digest))
        problems.extend(_part_warnings(connection, index, form))
        problems.extend(_unknown_column_warnings(form))
    problems.extend(_files_given_twice([a for a in accounts if a.adds_up]))
    return accounts, problems


def _sums(connection: duckdb.DuckDBPyConnection, table: str) -> dict[int, dict[str, Any]]:
    """Rows by verdict, first and last used day and daily buckets, by file."""
    counts = ", ".join(
        f"coalesce(sum(rows) FILTER (verdict = {verdict}), 0)::BIGINT AS {name}"
        for name, verdict in _VERDICTS.items()
    )
    relation = connection.execute(
        f"SELECT file, {counts},"
        f' min("at") FILTER (verdict = {USED})::DATE AS first_day,'
        f' max("at") FILTER (verdict = {USED})::DATE AS last_day,'
        f" bool_or(bucket_end - bucket >= {SHORTEST_DAY}) AS has_days,"
        f" bool_and(bucket_end - bucket >= {SHORTEST_DAY}) AS only_days"
        f" FROM {table} GROUP BY file"
    )
    names = [column[0] for column in relation.description or ()]
    return {row[0]: dict(zip(names, row, strict=True)) for row in relation.fetchall()}


_VERDICTS = {
    "used": USED,
    "skipped": SKIPPED,
    "rejected": REJECTED,
    "replaced": REPLACED,
    "not_owed": NOT_OWED,
}


def _account(
    index: int, form: NormalForm, sums: Mapping[str, Any], skipped: dict[str, int], digest: Digest
) -> FileAccount:
    counts = {name: int(sums.get(name, 0)) for name in _VERDICTS}
    other_zone = form.time.day_zone != form.file.zone
    if counts["not_owed"]:
        skipped = {**skipped, NOT_OWED_ROWS: counts["not_owed"]}
    return FileAccount(
        file=index,
        shown=form.file.shown,
        contract=form.file.contract,
        format=form.descriptor.id,
        kind=EMPTY if form.descriptor.is_empty else form.file.kind,
        rows_read=sum(counts.values()),
        used=counts["used"],
        rejected=counts["rejected"],
        replaced=counts["replaced"],
        skipped=skipped,
        first_day=sums.get("first_day"),
        last_day=sums.get("last_day"),
        size=digest.size,
        sha256=digest.sha256,
        unknown_columns=form.unknown_columns,
        scope=form.file.source.scope,
        day_zone=form.time.day_zone if other_zone and sums.get("has_days") else None,
        daily=form.time.written_as_days or bool(sums.get("only_days", True)),
        replaces=form.descriptor.replaces,
        adds_up=not (form.descriptor.replaces or form.descriptor.is_empty or form.is_identified),
        provisional=form.descriptor.provisional,
    )


def _take_reasons(connection: duckdb.DuckDBPyConnection, table: str) -> _Reasons:
    """Skipped rows by file and rule, whose verdict from here on is that they are."""
    rows = connection.execute(
        f"SELECT file, verdict, sum(rows)::BIGINT FROM {table} WHERE verdict >= {FIRST_RULE}"
        " GROUP BY file, verdict ORDER BY file, verdict"
    ).fetchall()
    if rows:
        connection.execute(f"UPDATE {table} SET verdict = {SKIPPED} WHERE verdict >= {FIRST_RULE}")
    reasons: _Reasons = {}
    for file, verdict, count in rows:
        reasons.setdefault(file, {})[verdict - FIRST_RULE] = count
    return reasons


#: How many rows a file's rules skip, by the number of the rule.
_Reasons = dict[int, dict[int, int]]


def _skipped(form: NormalForm, rules: Mapping[int, int]) -> dict[str, int]:
    """Skipped rows by reason."""
    reasons: dict[str, int] = {}
    for rule, rows in rules.items():
        reason = form.skips[rule][0]
        reasons[reason] = reasons.get(reason, 0) + rows
    return reasons


def _row_problems(
    connection: duckdb.DuckDBPyConnection, form: NormalForm, account: FileAccount, digest: Digest
) -> list[Problem]:
    problems = rejected_rows(connection, form) if account.rejected else []
    if form.file.hold and account.rejected:
        problems = [*_held(account), *(replace(p, severity=Severity.WARNING) for p in problems)]
    if digest.has_nul and isinstance(form.sheet, CsvSheet):
        bad = find_bad_bytes(form.sheet.path, account.shown)
        problems += [problem for problem in bad if problem.code == "file-nul"]
    # without a quote every line is a row of its own; an open quote could swallow many
    doubtful = form.sheet.is_text and digest.has_quote
    if form.sheet.rows is not None or (
        doubtful and account.rows_read != count_lines(form.file.path) - _lines_above(form)
    ):
        # blank lines and quoted line feeds are no rows: count what there is
        rows = form.sheet.rows
        rows = sum(1 for _ in form.sheet.records()) if rows is None else rows
        if account.rows_read != rows:
            message = f"the file has {rows} rows, but {account.rows_read} were read"
            help = "look for a quote that does not close, and download the file again"
            problems.append(error("rows-lost", message, help, Position(account.shown)))
    return problems


def _lines_above(form: NormalForm) -> int:
    """The lines of the header, and of what stands before it."""
    return 1 + (form.sheet.layout.skipped if isinstance(form.sheet, CsvSheet) else 0)


def _held(account: FileAccount) -> list[Problem]:
    """That the bad rows of a file are left out of the books, on demand."""
    message = f"{account.rejected} of {account.rows_read} rows are held back: they are not booked"
    help = (
        "correct them, or download the file again; once the month is closed lay the corrected"
        " rows beside it in a file of their own: they are late usage of the next close"
    )
    return [warning("rows-held", message, help, Position(account.shown))]


def _part_warnings(
    connection: duckdb.DuckDBPyConnection, index: int, form: NormalForm
) -> list[Problem]:
    """Informational meters that exceed the meter which contains them, on some day."""
    problems = []
    for part, whole in form.inside.items():
        if part not in form.meters or whole not in form.meters:
            continue
        (days,) = connection.execute(
            f"SELECT count(*) FROM usage_read WHERE file = ? AND verdict = {USED}"
            f" AND {meter_column(part)} > {meter_column(whole)}",
            [index],
        ).fetchall()[0]
        if days:
            problems += exceeding_rows(connection, form, part, whole)
    return problems


def _unknown_column_warnings(form: NormalForm) -> list[Problem]:
    """Columns that nobody reads but whose name says that they count something."""
    suspects = [name for name in form.unknown_columns if looks_like_meter(name)]
    if not suspects:
        return []
    known = {*form.meters, *(STANDARD_METERS if form.descriptor.standard_names else ())}
    near = [(name, nearest(name, known)) for name in suspects]
    meant = ", ".join(f"'{close}' for '{name}'" for name, close in near if close)
    help = f"did you mean {meant}? " if meant else ""
    help += "if it is billed, name it under `meters:` of the source"
    message = f"unknown columns that look like quantities are ignored: {', '.join(suspects)}"
    return [warning("unknown-columns", message, help, Position(form.file.shown, 1))]


def _files_given_twice(accounts: list[FileAccount]) -> list[Problem]:
    """Files whose rows add up, but which are the same byte for byte; ids would tell."""
    first: dict[tuple[str, str], FileAccount] = {}
    problems = []
    for account in accounts:
        if not account.used + account.replaced:
            continue
        known = first.setdefault((account.contract, account.sha256), account)
        if known is not account:
            message = f"the file is the same as {known.shown}, byte for byte"
            help = "take one of the two away, or every row counts twice"
            problems.append(error("file-twice", message, help, Position(account.shown)))
    return problems
