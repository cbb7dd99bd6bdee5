from __future__ import annotations

import os
from pathlib import Path

import pytest

from tokenbooks.problems import Position
from tokenbooks.sources import files
from tokenbooks.sources.files import is_outside, links_outside, matching_files, read_text, shown


def test_paths_are_shown_as_the_user_can_open_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(Path("book/tokenbooks.yaml")) == "book/tokenbooks.yaml"
    assert shown(tmp_path / "book" / "credits.csv") == "book/credits.csv"
    assert shown(Path("../else/credits.csv")) == "../else/credits.csv"
    assert shown(Path("/elsewhere/credits.csv")) == "/elsewhere/credits.csv"


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfdate")
    assert read_text(tmp_path / "a.csv") == ("date", [])


@pytest.mark.parametrize(
    ("data", "code", "line", "column"),
    [
        (b"a\nb\xff", "file-encoding", 2, 2),
        (b"\xef\xbb\xbfa\xff", "file-encoding", 1, 2),
        ("für\n".encode() + b"\xe4", "file-encoding", 2, 1),
        (b"a\nbc\0", "file-nul", 2, 3),
        ("date".encode("utf-16"), "file-encoding", 1, 1),
    ],
)
def test_what_is_no_text_has_a_place(
    tmp_path: Path, data: bytes, code: str, line: int, column: int
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    text, [problem] = read_text(path)
    assert text is None
    assert (problem.code, problem.position) == (code, Position(str(path), line, column))


def test_missing_unreadable_and_huge_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, [problem] = read_text(tmp_path / "none.csv")
    assert problem.code == "file-missing"
    _, [problem] = read_text(tmp_path)
    assert problem.code == "file-unreadable"
    (tmp_path / "big.csv").write_text("12345")
    monkeypatch.setattr(files, "LARGEST_FILE", 4)
    _, [problem] = read_text(tmp_path / "big.csv")
    assert problem.code == "file-too-large"


@pytest.mark.parametrize(
    ("pattern", "outside"),
    [
        ("usage/*.csv", False),
        ("a..b/x", False),
        ("../x", True),
        ("a/../../x", True),
        ("/etc/passwd", True),
        ("..\\x", True),
        ("C:\\x", True),
    ],
)
def test_paths_that_lead_out_of_the_book(pattern: str, outside: bool) -> None:
    assert is_outside(pattern) is outside


def test_globs_match_files_of_the_book_in_order(tmp_path: Path) -> None:
    book = tmp_path / "book"
    (book / "u" / "deep").mkdir(parents=True)
    for name in ("u/b.csv", "u/a.csv", "u/.hidden", "u/deep/c.csv", "odd[1].csv"):
        (book / name).write_text("")
    (tmp_path / "secret.csv").write_text("")
    os.symlink(tmp_path / "secret.csv", book / "u" / "z.csv")

    def found(pattern: str) -> list[str]:
        return [path.relative_to(book).as_posix() for path in matching_files(book, pattern)]

    assert links_outside(book, "u/*") == [book / "u/z.csv"]
    assert links_outside(book, "odd[1].csv") == links_outside(book, "../*.csv") == []
    assert found("u/*") == ["u/a.csv", "u/b.csv"]
    assert found("u/**/*.csv") == ["u/a.csv", "u/b.csv", "u/deep/c.csv"]
    assert found("odd[1].csv") == ["odd[1].csv"]
    assert found("../secret.csv") == found("") == found("**x") == found("none.csv") == []
