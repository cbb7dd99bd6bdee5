"""What counts: used rows of all files of a contract, by party, step and key."""

from __future__ import annotations

from pathlib import Path

from tests.sources.exports.reading import export_file, read_files, write
from tests.usage.test_overlap import tokens
from tokenbooks.usage.days import build_days
from tokenbooks.usage.overlap import resolve_overlaps


def test_used_rows_are_summed_over_files(tmp_path: Path) -> None:
    plain = "timestamp,customer,output_tokens\n2025-11-01T10:00:00Z,acme,{}\n"
    files = [
        export_file(write(tmp_path, tokens((1, "k", 10), (2, "k", 20)), "a.csv")),
        export_file(write(tmp_path, tokens((2, "k", 21), (3, "k", 30)), "b.csv")),
        export_file(write(tmp_path, plain.format(5), "c.csv"), contract="own", each="customer"),
        export_file(write(tmp_path, plain.format(6), "d.csv"), contract="own", each="customer"),
        export_file(write(tmp_path, plain.format(9), "e.csv"), contract="single"),
    ]
    read = read_files(files, kept=("api_key",))
    accounts, problems = resolve_overlaps(read.connection, read.result.layout, read.result.accounts)
    assert problems == []
    build_days(read.connection, read.result.layout, {a.file: a.contract for a in accounts})
    rows = read.connection.execute(
        'SELECT contract, party, "at"::DATE::VARCHAR, d_api_key, m_output_tokens, rows'
        " FROM usage_days ORDER BY ALL"
    ).fetchall()
    assert rows == [
        ("acme", "", "2025-11-01", "k", 10, 1),
        ("acme", "", "2025-11-02", "k", 21, 1),
        ("acme", "", "2025-11-03", "k", 30, 1),
        ("own", "acme", "2025-11-01", None, 11, 2),
        ("single", "", "2025-11-01", None, 9, 1),
    ]


def test_building_again_starts_anew(tmp_path: Path) -> None:
    read = read_files([export_file(write(tmp_path, "date,images\n2025-11-03,1\n"))])
    for _ in range(2):
        build_days(read.connection, read.result.layout, {0: "acme"})
    assert read.connection.execute("SELECT count(*) FROM usage_days").fetchall() == [(1,)]
