"""The entry point. `--version` is answered before anything is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0 clean, 1 problems, 2 wrong use."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    make_streams_usable()
    if given == ["--version"]:
        from tokenbooks import __version__

        sys.stdout.write(f"tokenbooks {__version__}\n")
        return 0
    from tokenbooks.cli.app import run

    return run(given)


def make_streams_usable() -> None:
    """Write UTF-8 whatever the locale, as all files of a book are; a closed stream takes all."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - the stream lives as long as the run
        elif getattr(stream, "encoding", None) not in (None, "utf-8"):
            stream.reconfigure(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
