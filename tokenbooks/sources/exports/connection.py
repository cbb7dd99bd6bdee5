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
    connection = duckdb.connect(":memory:")
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute("SET autoload_known_extensions = false")
    connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
    connection.execute("SET temp_directory = $1", [spill])
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    return connection
