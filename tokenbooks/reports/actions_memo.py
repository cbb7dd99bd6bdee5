"""The memo of a seller's actions: what counts as one, and what may still be taken back."""

from __future__ import annotations

from collections.abc import Iterable

from tokenbooks.amounts import number_text
from tokenbooks.close.open_actions import OpenActions
from tokenbooks.periods import Period


def actions_memo(contract: str, found: Iterable[OpenActions], period: Period) -> str:
    """The memo of a contract's actions at a close, as Markdown."""
    lines = [f"# Actions of {contract}, {period}", ""]
    for item in found:
        lines += [f"## {item.meter}", "", f"- Definition: {item.definition}"]
        if item.reversal is None:
            lines.append("- None is ever taken back.")
        else:
            open_ = f"{number_text(item.count)} since {item.since}"
            lines += [
                f"- May be taken back for {item.reversal}; what comes later is refused.",
                f"- Revenue at the end of {period} that may still be taken back: {open_}.",
                "- Nothing is estimated of it.",
            ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
