"""The one place that opens DuckDB, with settings that make results the same everywhere."""

from __future__ import annotations

import os
import secrets
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

#: Ten million rows of usage fit with room to spare; beyond it DuckDB spills to disk.
MEMORY_LIMIT = "1GB"


def connect() -> duckdb.DuckDBPyConnection:
    """A new in-memory database.

    Instants are UTC whatever the machine's zone, no extension is fetched from anywhere,
    and what does not fit in memory goes to the system's folder for temporary files.
    """
    import duckdb

    spill = os.path.join(tempfile.gettempdir(), f"tokenbooks-{secrets.token_hex(8)}")
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": spill,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(":memory:", config=config)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    return connection
