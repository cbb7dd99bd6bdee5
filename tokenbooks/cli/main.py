"""The entry point. `--version` is answered before anything is imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0 clean, 1 problems, 2 wrong use."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--version"]:
        from tokenbooks import __version__

        sys.stdout.write(f"tokenbooks {__version__}\n")
        return 0
    from tokenbooks.cli.app import run

    return run(given)


if __name__ == "__main__":
    sys.exit(main())
