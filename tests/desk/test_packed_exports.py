"""Packed exports through the whole of a book: closed, changed, explained, replayed."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest
import zstandard

from tests.books import ARREARS, PLAN, close, run, tokenbooks, usage, write_book

BOOK = ARREARS.replace("usage: usage/*.csv", "usage: usage/*")

OCTOBER = usage("2025-10-05,100", "2025-10-06,20", "2025-10-06,5")
NOVEMBER = usage("2025-11-05,50")
EAST, WEST = usage("2025-11-07,3", "2025-11-08,4"), usage("2025-11-09,10")


def gz(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


def zipped(members: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return out.getvalue()


PACKED = {
    "oct.csv.gz": gz(OCTOBER),
    "nov.csv.zst": zstandard.ZstdCompressor().compress(NOVEMBER.encode()),
    "teams.zip": zipped({"teams/east.csv": EAST, "teams/west.csv": WEST}),
}


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A book whose October and November are written from packed files only."""
    monkeypatch.chdir(tmp_path)
    write_book(tmp_path, {}, BOOK)
    (tmp_path / "usage").mkdir()
    for name, data in PACKED.items():
        (tmp_path / "usage" / name).write_bytes(data)
    close(tmp_path, "2025-10")
    close(tmp_path, "2025-11")
    return tmp_path


def debit(rows: list[dict]) -> str:
    return rows[0]["debit"]


def recorded(book: Path, period: str) -> dict[str, tuple[int, str]]:
    manifest = json.loads((book / f"close/{period}/manifest.json").read_text())
    files = manifest["inputs"]["files"] if "inputs" in manifest else manifest["files"]
    return {file["path"]: (file["size"], file["sha256"]) for file in files}


def told(text: str) -> tuple[int, str]:
    return len(text.encode()), sha256(text.encode()).hexdigest()


def test_the_manifest_tells_of_the_plain_bytes(book: Path) -> None:
    assert recorded(book, "2025-10") == {"usage/oct.csv.gz": told(OCTOBER)}
    assert recorded(book, "2025-11") == {
        "usage/nov.csv.zst": told(NOVEMBER),
        "usage/oct.csv.gz": told(OCTOBER),
        "usage/teams.zip/teams/east.csv": told(EAST),
        "usage/teams.zip/teams/west.csv": told(WEST),
    }


def test_the_figures_are_those_of_plain_files(book: Path, tmp_path: Path) -> None:
    files = {"a.csv": OCTOBER, "b.csv": NOVEMBER, "c.csv": EAST, "d.csv": WEST}
    plain = write_book(
        tmp_path / "plain", {f"usage/{name}": text for name, text in files.items()}, BOOK
    )
    # 100 + 20 + 5; 50 + 3 + 4 + 10
    assert debit(close(plain, "2025-10")) == debit(close(book, "2025-10")) == "125.00"
    assert debit(close(plain, "2025-11")) == debit(close(book, "2025-11")) == "67.00"


def test_a_rerun_gives_the_same_bytes_and_the_replay_agrees(book: Path) -> None:
    first = {p: p.read_bytes() for p in sorted((book / "close").rglob("*")) if p.is_file()}
    close(book, "2025-11")
    assert {p: p.read_bytes() for p in first} == first
    replayed = tokenbooks(book, "check", "--replay")
    assert (replayed.code, replayed.err) == (0, "no problems; 2 written months agree\n")


def test_a_file_that_was_packed_anew_is_the_same_file(book: Path) -> None:
    (book / "usage/oct.csv.gz").write_bytes(gzip.compress(OCTOBER.encode(), 1))
    (book / "usage/teams.zip").write_bytes(zipped({"teams/west.csv": WEST, "teams/east.csv": EAST}))
    assert tokenbooks(book, "check", "--replay").code == 0


def test_a_log_that_has_grown_is_one_that_has_grown(book: Path) -> None:
    """Three more rows of October and one of December, packed behind what was there."""
    rows = "2025-10-07,m,,1\n2025-10-08,m,,1\n2025-10-09,m,,1\n2025-12-01,m,,9\n"
    path = book / "usage/oct.csv.gz"
    path.write_bytes(path.read_bytes() + gz(rows))
    posted = close(book, "2025-12")
    assert sorted({(row["entry"], row["debit"]) for row in posted if row["debit"] != "0.00"}) == [
        ("accrual-llm-2025-10-in-2025-12", "3.00"),
        ("accrual-llm-2025-12", "9.00"),
    ]
    assert tokenbooks(book, "check", "--replay").code == 0


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("oct.csv.gz", gz(OCTOBER.replace("100", "99")), "usage/oct.csv.gz has changed since"),
        ("oct.csv.gz", None, "usage/oct.csv.gz is gone since"),
        (
            "teams.zip",
            zipped({"teams/east.csv": EAST, "teams/west.csv": WEST.replace("10", "11")}),
            "usage/teams.zip/teams/west.csv has changed since",
        ),
        (
            "teams.zip",
            zipped({"teams/east.csv": EAST}),
            "usage/teams.zip/teams/west.csv is gone since",
        ),
    ],
)
def test_what_moves_closed_figures_is_refused(
    book: Path, name: str, data: bytes | None, said: str
) -> None:
    (book / "usage" / name).unlink()
    if data:
        (book / "usage" / name).write_bytes(data)
    ran = tokenbooks(book, "close", "-p", "2025-12", "--write")
    assert ran.code == 1
    assert f"error[closed-input-changed]: {said} a close was made" in ran.err


def test_a_renamed_archive_is_known_by_what_is_in_it(book: Path) -> None:
    (book / "usage/teams.zip").rename(book / "usage/renamed.zip")
    said = tokenbooks(book, "check").err
    lost = "usage/teams.zip/teams/east.csv: warning[closed-file-missing]: 2025-11 was made from"
    assert lost in said
    assert "usage/renamed.zip/teams/east.csv has the same bytes" in said


def test_a_packed_file_and_its_plain_copy_are_one_file_twice(book: Path) -> None:
    (book / "usage/oct.csv").write_text(OCTOBER)
    said = tokenbooks(book, "check").err
    assert "error[file-twice]: the file is the same as usage/oct.csv, byte for byte" in said


def test_a_damaged_archive_stops_and_is_told_once(book: Path) -> None:
    path = book / "usage/oct.csv.gz"
    path.write_bytes(path.read_bytes()[:-9])
    for command in (["check"], ["close", "-p", "2025-12"], ["explain", "usage/oct.csv.gz:3"]):
        ran = tokenbooks(book, *command)
        assert ran.code == 1
        assert ran.err.count("usage/oct.csv.gz: error[packed-broken]: it cannot be unpacked") == 1
        assert "closed-file-missing" not in ran.err


# -- explained -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "day", "quantity", "entry"),
    [
        ("usage/oct.csv.gz:3", "2025-10-06", "20", "accrual-llm-2025-10"),
        ("usage/nov.csv.zst:2", "2025-11-05", "50", "accrual-llm-2025-11"),
        ("usage/teams.zip/teams/east.csv:3", "2025-11-08", "4", "accrual-llm-2025-11"),
    ],
)
def test_a_row_is_explained(book: Path, place: str, day: str, quantity: str, entry: str) -> None:
    ran = tokenbooks(book, "explain", place)
    assert (ran.code, ran.err) == (0, "")
    assert place in ran.out
    for word in (day, quantity, entry, "used"):
        assert word in ran.out


def test_an_entry_is_explained_down_to_the_rows_of_members(book: Path) -> None:
    ran = tokenbooks(book, "explain", "accrual-llm-2025-11")
    assert ran.code == 0, ran.err
    assert "usage/teams.zip/teams/west.csv" in ran.out
    assert "usage/nov.csv.zst" in ran.out


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("usage/teams.zip:2", "usage/teams.zip holds several files"),
        ("usage/teams.zip/teams/north.csv:2", "there is no file usage/teams.zip/teams/north.csv"),
        ("usage/oct.csv.gz:1", "line 1 is the header"),
        ("usage/oct.csv.gz:9", "there is no line 9: the file has 4"),
    ],
)
def test_a_place_that_is_none(book: Path, place: str, said: str) -> None:
    ran = tokenbooks(book, "explain", place)
    assert ran.code == 1
    assert f"error[line-unknown]: {said}" in ran.err


def test_a_zip_with_one_member_needs_no_name_of_it(book: Path) -> None:
    (book / "usage/one.zip").write_bytes(zipped({"deep/in/usage.csv": usage("2025-12-03,7")}))
    ran = tokenbooks(book, "explain", "usage/one.zip:2")
    assert ran.code == 0, ran.err
    assert "usage/one.zip/deep/in/usage.csv" in ran.out


# -- without a book ------------------------------------------------------------------


def give(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Put bytes on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("plan.yaml").write_text(PLAN)
    return "plan.yaml"


@pytest.mark.parametrize(
    "data", [EAST.encode(), gz(EAST), zipped({"a.csv": EAST}), PACKED["teams.zip"]]
)
def test_standard_input_is_rated(plan: str, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, data)
    ran = run("rate", "--plan", plan, "-", "--format", "json")
    assert ran.code == 0, ran.err
    total = sum(int(row["quantity"]) for row in json.loads(ran.out)["usage"]["rows"])
    assert total == (17 if data == PACKED["teams.zip"] else 7)  # 3 + 4, and 10 in the west


def test_packed_files_are_rated_together(plan: str) -> None:
    for name, data in PACKED.items():
        Path(name).write_bytes(data)
    ran = run("rate", "--plan", plan, *PACKED, "--format", "json")
    assert ran.code == 0, ran.err
    assert sum(int(r["quantity"]) for r in json.loads(ran.out)["usage"]["rows"]) == 125 + 67


def test_what_is_wrong_on_standard_input_is_told(
    plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, EAST.replace(",4", ",four").encode())
    ran = run("rate", "--plan", plan, "-")
    assert ran.code == 1
    assert ran.err.startswith("-:3:15: error[bad-quantity]")
    give(monkeypatch, gz(EAST)[:-9])
    ran = run("rate", "--plan", plan, "-")
    assert ran.code == 1
    assert ran.err.startswith("-: error[packed-broken]: it cannot be unpacked")


def test_formats_are_detected_in_what_is_packed(plan: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("teams.zip").write_bytes(PACKED["teams.zip"])
    give(monkeypatch, gz(OCTOBER))
    ran = run("formats", "detect", "teams.zip", "-", "--format", "json")
    assert ran.code == 0, ran.err
    rows = json.loads(ran.out)["claims"]["rows"]
    assert [(row["file"], row["format"]) for row in rows if row["fits"]] == [
        ("teams.zip/teams/east.csv", "plain-wide"),
        ("teams.zip/teams/west.csv", "plain-wide"),
        ("-", "plain-wide"),
    ]


def test_a_book_begins_with_packed_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("usage/acme").mkdir(parents=True)
    for name, data in PACKED.items():
        (Path("usage/acme") / name).write_bytes(data)
    ran = run("init", ".", "--from", "usage", "--currency", "USD", "--name", "Tests")
    assert ran.code == 0, ran.err
    assert "usage: usage/acme/*" in Path("tokenbooks.yaml").read_text()
