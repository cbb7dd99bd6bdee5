"""The reconciliation of a month as the files that a close, or an approval, keeps."""

from __future__ import annotations

from collections.abc import Sequence

from tokenbooks.periods import Period
from tokenbooks.reconcile.bridge import Bridge, joined
from tokenbooks.reports.csv_text import render_csv
from tokenbooks.reports.markdown import render_markdown
from tokenbooks.reports.reconciliation import bridge_table, causes_table

#: The name of both files, without extension.
RECONCILIATION = "reconciliation"


def reconciliation_texts(
    bridges: Sequence[Bridge], currency: str, period: Period, prefix: str = ""
) -> dict[str, str]:
    """The causes as CSV, and bridge and causes as Markdown, by name; nothing without bridges."""
    if not bridges:
        return {}
    summed = joined(bridges)
    causes = causes_table(summed, period, currency)
    whole = [bridge_table(summed, period, currency), causes]
    return {
        f"{prefix}{RECONCILIATION}.csv": render_csv(causes),
        f"{prefix}{RECONCILIATION}.md": "\n".join(map(render_markdown, whole)),
    }
