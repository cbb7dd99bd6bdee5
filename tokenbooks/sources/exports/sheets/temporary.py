"""Temporary files of this process: made where they are needed, gone when it ends."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tokenbooks-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def temporary_file(name: str) -> Path:
    """A path for a new file that ends with the name, in a folder of its own."""
    return Path(tempfile.mkdtemp(dir=_folder())) / name
