"""The key of pseudonyms: the environment's before the book's, and never a weak one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokenbooks.sources.redaction_key import KEY_FILE, KEY_VARIABLE, read_redaction_key

KEY, OTHER = 32 * "a", 40 * "b"


@pytest.mark.parametrize(
    ("in_file", "in_environment", "read"),
    [
        (None, KEY, KEY),
        (f"{KEY}\n", "", KEY),
        (f"\ufeff{KEY}\r\n", "  ", KEY),
        (f"{OTHER}\n", KEY, KEY),
    ],
)
def test_where_the_key_is(
    tmp_path: Path, in_file: str | None, in_environment: str, read: str
) -> None:
    if in_file is not None:
        (tmp_path / KEY_FILE).write_text(in_file, encoding="utf-8", newline="")
    found = read_redaction_key(tmp_path, {KEY_VARIABLE: in_environment})
    assert found == (read.encode(), [])


@pytest.mark.parametrize(
    ("in_file", "in_environment", "code"),
    [
        (None, "", "redact-key-missing"),
        ("\n", "", "redact-key-missing"),
        (KEY[1:], "", "redact-key-short"),
        (KEY, OTHER[:31], "redact-key-short"),
        ("\0" + KEY, "", "file-nul"),
    ],
)
def test_no_key_and_a_weak_one(
    tmp_path: Path, in_file: str | None, in_environment: str, code: str
) -> None:
    if in_file is not None:
        (tmp_path / KEY_FILE).write_text(in_file)
    key, problems = read_redaction_key(tmp_path, {KEY_VARIABLE: in_environment})
    assert key is None
    assert [problem.code for problem in problems] == [code]


def test_without_a_book_no_file_is_read() -> None:
    key, (problem,) = read_redaction_key(None, {})
    assert key is None
    assert KEY_FILE not in str(problem)
    assert f"export {KEY_VARIABLE}=" in problem.help


def test_a_key_outside_the_book_is_not_read(tmp_path: Path) -> None:
    book = tmp_path / "book"
    book.mkdir()
    (tmp_path / "other.key").write_text(KEY)
    (book / KEY_FILE).symlink_to(tmp_path / "other.key")
    assert read_redaction_key(book, {})[0] is None
