"""tokenbooks report: what an accountant is asked for, one report a name."""

from __future__ import annotations

import typer

from tokenbooks.cli import (
    report_checklist,
    report_passed,
    report_rollforward,
    report_service_periods,
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
    ):
        report.register(group)
    app.add_typer(group, name="report")
