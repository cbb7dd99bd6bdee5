"""The table that the benchmark prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One line: what was measured, what came out, the target, and whether it is met."""

    what: str
    value: str
    target: str = ""
    met: bool | None = None


def table_text(results: Sequence[Result]) -> str:
    """The results under each other, in columns."""
    rows = [("measure", "result", "target", "")]
    verdicts = {None: "", True: "met", False: "MISSED"}
    rows += [(item.what, item.value, item.target, verdicts[item.met]) for item in results]
    widths = [max(len(row[n]) for row in rows) for n in range(4)]
    lines = [
        f"{what:<{widths[0]}}  {value:>{widths[1]}}  {target:<{widths[2]}}  {verdict}".rstrip()
        for what, value, target, verdict in rows
    ]
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines) + "\n"
