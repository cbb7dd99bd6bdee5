"""DuckDB's settings: the same results everywhere, and nothing left lying about."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tokenbooks.sources.exports.connection import connect


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("TimeZone", "UTC"),
        ("autoinstall_known_extensions", False),
        ("autoload_known_extensions", False),
        ("enable_progress_bar", False),
    ],
)
def test_settings(setting: str, value: object) -> None:
    rows = connect().execute(f"SELECT current_setting('{setting}')").fetchall()
    assert rows == [(value,)]


def test_what_does_not_fit_goes_to_the_folder_for_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "system"))
    (tmp_path / "system").mkdir()
    connection = connect()
    connection.execute("SET memory_limit = '60MB'; SET threads = 1")
    connection.execute("CREATE TABLE big AS SELECT hash(range)::VARCHAR AS x FROM range(6000000)")
    (folder,) = (tmp_path / "system").iterdir()
    assert any(folder.iterdir()), "the table is larger than the memory allowed"
    assert [path.name for path in tmp_path.iterdir()] == ["system"]
    connection.close()
    assert not folder.exists()


def test_two_runs_do_not_share_their_folder() -> None:
    folders = {
        connect().execute("SELECT current_setting('temp_directory')").fetchall()[0]
        for _ in range(2)
    }
    assert len(folders) == 2
