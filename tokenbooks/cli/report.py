"""tokenbooks report: what an accountant is asked for, one report a name."""

from __future__ import annotations

import typer

from tokenbooks.cli import (
    report_breakage,
    report_checklist,
    report_contracts,
    report_deferred,
    report_dunning,
    report_metrics,
    report_obligations,
    report_passed,
    report_profitability,
    report_receivables,
    report_revenue,
    report_rollforward,
    report_service_periods,
    report_tax,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="Reports: one a name, from the book."
    )
    for report in (
        report_rollforward,
        report_service_periods,
        report_passed,
        report_checklist,
        report_deferred,
        report_breakage,
        report_revenue,
        report_obligations,
        report_contracts,
        report_receivables,
        report_dunning,
        report_tax,
        report_profitability,
        report_metrics,
    ):
        report.register(group)
    app.add_typer(group, name="report")
