"""Rows without an id: equal rows of two files are one, equal rows of one file are several."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.books import ARREARS, tokenbooks, write_book
from tests.sources.exports.reading import SOURCE, Read, export_file, read_files, write
from tokenbooks.book import UsageSource
from tokenbooks.sources.exports.descriptors.reading import shipped_descriptors
from tokenbooks.sources.exports.reader import open_export
from tokenbooks.sources.exports.same_rows import shared_columns

HEADER = "Date,Kind,Model,Input (w/o Cache Write),Output Tokens,Total Tokens,Cost"


def row(minute: int, tokens: int = 100, kind: str = "On-Demand", cost: str = "0.01") -> str:
    """An event of 1 May 2026: input tokens, one token of output."""
    return f"2026-05-01T10:{minute:02}:00.000Z,{kind},fast,{tokens},1,{tokens + 1},{cost}"


def text(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows, ""])


def read(folder: Path, *texts: str, kind: str = "usage", **options) -> Read:
    files = [
        export_file(write(folder, content, f"usage-{number}.csv"), kind, **options)
        for number, content in enumerate(texts, 1)
    ]
    return read_files(files)


def counted(found: Read) -> list[tuple[int, int]]:
    """Used and replaced rows of each file."""
    assert found.told == ""
    assert all(account.is_balanced for account in found.result.accounts)
    return [(account.used, account.replaced) for account in found.result.accounts]


A, B, C = row(1), row(2), row(3)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([[A, B], [C]], [(2, 0), (1, 0)]),
        # a later download has what was there, and more, in any order
        ([[A, B], [C, B, A]], [(2, 0), (1, 2)]),
        ([[A, B], [A, B]], [(2, 0), (0, 2)]),
        # equal rows of one file are two requests
        ([[A, A], [C]], [(2, 0), (1, 0)]),
        # the k-th there is the k-th here; what is more counts
        ([[A, A], [A]], [(2, 0), (0, 1)]),
        ([[A], [A, A, A]], [(1, 0), (2, 1)]),
        # over three files the most that any of them had
        ([[A], [A, A], [A, A, A]], [(1, 0), (1, 1), (1, 2)]),
        ([[A, A], [A], [A, A, A]], [(2, 0), (0, 1), (1, 2)]),
    ],
)
def test_rows_of_two_files_count_once(
    tmp_path: Path, files: list[list[str]], expected: list[tuple[int, int]]
) -> None:
    found = read(tmp_path, *(text(*rows) for rows in files))
    assert counted(found) == expected
    # every row is of 100 tokens, so that the total says how many count
    assert found.totals()["input_tokens"] == 100 * sum(used for used, _ in expected)


@given(st.lists(st.lists(st.sampled_from([A, B, C]), max_size=6), min_size=1, max_size=4))
def test_each_row_counts_as_often_as_the_file_that_has_it_most(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[str]]
) -> None:
    found = read(tmp_path_factory.mktemp("files"), *(text(*rows) for rows in files))
    most: Counter[str] = Counter()
    for rows in files:
        most |= Counter(rows)
    assert sum(used for used, _ in counted(found)) == most.total()


def test_columns_are_compared_by_name_and_only_those_of_all_files(tmp_path: Path) -> None:
    newer = "Date,Cloud Agent ID,User,Kind,Model,Output Tokens,Total Tokens,Input (w/o Cache Write)"
    newer += ",Cost"
    again = "2026-05-01T10:01:00.000Z,bc-1,a@example.org,On-Demand,fast,1,101,100,0.01"
    found = read(tmp_path, text(A, B), text(again, header=newer))
    assert counted(found) == [(2, 0), (0, 1)]


def test_what_nothing_reads_does_not_make_a_row_another_one(tmp_path: Path) -> None:
    # Total Tokens is ignored; a cell that is empty is no other than one that is missing
    assert counted(read(tmp_path, text(A), text(A.replace(",101,", ",,")))) == [(1, 0), (0, 1)]
    assert counted(read(tmp_path, text(A), text(A.replace(",1,101", ",2,101")))) == [(1, 0), (1, 0)]


def test_usage_that_is_not_owed_is_kept_once_too(tmp_path: Path) -> None:
    included = row(4, kind="Included", cost="0.25")
    found = read(tmp_path, text(A, included), text(included, B))
    first, second = found.result.accounts
    assert (first.used, first.skipped, first.replaced) == (1, {"not owed": 1}, 0)
    assert (second.used, second.skipped, second.replaced) == (1, {}, 1)
    assert first.amounts == {"owed": Decimal("0.01"), "included": Decimal("0.25")}
    assert second.amounts == {"owed": Decimal("0.01")}


def test_amounts_of_statements_count_once(tmp_path: Path) -> None:
    found = read(tmp_path, text(A, B), text(B, C), kind="statement")
    assert counted(found) == [(2, 0), (1, 1)]
    assert [account.stated for account in found.result.accounts] == [
        Decimal("0.02"),
        Decimal("0.01"),
    ]


def test_a_bad_row_is_told_in_each_file(tmp_path: Path) -> None:
    bad = row(5, tokens=-1)
    found = read(tmp_path, text(A, bad), text(A, bad))
    assert [(a.used, a.replaced, a.rejected) for a in found.result.accounts] == [
        (1, 0, 1),
        (0, 1, 1),
    ]
    assert [str(p).split(":")[:2] for p in found.problems] == [
        ["usage-1.csv", "3"],
        ["usage-2.csv", "3"],
    ]


def test_files_of_another_scope_contract_or_key_are_about_other_rows(tmp_path: Path) -> None:
    path = write(tmp_path, text(A))
    team = UsageSource("usage/*", scope=(("team", "blue"),), position=SOURCE.position)
    files = [
        export_file(path),
        export_file(path, contract="other"),
        export_file(path, kind="statement"),
        export_file(path, source=team),
    ]
    assert counted(read_files(files)) == [(1, 0)] * 4


def test_single_rows_are_numbered_as_in_their_file(tmp_path: Path) -> None:
    first = export_file(write(tmp_path, text(A, B), "a.csv"), events=True)
    second = export_file(write(tmp_path, text(C, B, B), "b.csv"), events=True)
    found = read_files([first, second], kept=("event",))
    names = found.connection.execute(
        'SELECT "d_event" FROM usage_read WHERE verdict = 0 AND file = 1 ORDER BY 1'
    ).fetchall()
    # the second B of b.csv, its third row, is the one that a.csv does not have
    assert [name.split(":")[-1] for (name,) in names] == ["000000003", "000000001"]


def test_shared_columns_are_those_that_every_file_has(tmp_path: Path) -> None:
    forms = []
    for number, header in enumerate([HEADER, HEADER.replace("Kind,", ""), HEADER + ",User"]):
        path = write(tmp_path, f"{header}\n", f"{number}.csv")
        form, _ = open_export(export_file(path), shipped_descriptors())
        assert form is not None
        forms.append(form)
    assert shared_columns(forms) == (
        "Cost",
        "Date",
        "Input (w/o Cache Write)",
        "Model",
        "Output Tokens",
    )


def test_a_number_is_the_same_in_another_spelling(tmp_path: Path) -> None:
    # 100 + 1 of input, once: `$0.50` is `0.5`
    found = read(tmp_path, text(row(1, cost="$0.50"), row(2, 1)), text(row(1, cost="0.5")))
    assert [(a.used, a.replaced) for a in found.result.accounts] == [(2, 0), (0, 1)]
    assert found.totals()["input_tokens"] == 101


# -- explained ----------------------------------------------------------------------------

PLAN = """\
plan: llm
currency: USD
rates:
  - for: {model: "*"}
    prices: {input_tokens: 1 per 1M, output_tokens: 1 per 1M, cached_input_tokens: 0}
"""


def test_explain_says_which_row_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    book = ARREARS.replace("2025-10", "2026-05")
    usage = {"usage/a.csv": text(A, B, B), "usage/b.csv": text(B, C, B, B)}
    write_book(tmp_path, {**usage, "plans/llm.yaml": PLAN}, book)
    verdicts = []
    for place in ("usage/a.csv:2", *(f"usage/b.csv:{line}" for line in (2, 3, 4, 5))):
        ran = tokenbooks(tmp_path, "explain", place, "--format", "json")
        told = {row["what"]: row["value"] for row in json.loads(ran.out)["row"]["rows"]}
        verdicts.append(told["verdict"])
    assert verdicts == [
        "used",
        "replaced, usage/a.csv:3 says the same and counts",
        "used",
        "replaced, usage/a.csv:4 says the same and counts",
        "used",
    ]
