"""tokenbooks report tax: what the tax return takes instead of what the books have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tokenbooks.cli.month_report import MonthReport, add_month_report

if TYPE_CHECKING:
    from tokenbooks.desk.open_book import OpenBook
    from tokenbooks.periods import Period


def register(group: typer.Typer) -> None:
    """Add the command."""
    add_month_report(group, "tax", tax)


def tax(book: OpenBook, period: Period | None) -> MonthReport:
    """Show when the tax rules count what was paid in advance, on both sides; posts nothing."""
    from tokenbooks.amounts import currency_places
    from tokenbooks.desk.look_at_tax import tax_figures
    from tokenbooks.reports.tax import customer_tables, fitted_to_screen, provider_table

    figures, problems = tax_figures(book, period)
    if figures is None:
        return MonthReport(None, problems)
    own = book.facts.book
    rest = (own.tax, currency_places(own.currency), figures.period, own.currency)
    tables = []
    if any(contract.sells for contract in own.contracts.values()):
        tables.append(provider_table(figures.taxed, *rest))
    if not all(contract.sells for contract in own.contracts.values()):
        tables += customer_tables(figures.lots, *rest, figures.untold)
    return MonthReport(tables, problems, fitted_to_screen)
