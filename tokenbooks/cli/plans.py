"""tokenbooks plans: price lists shown and checked, made from a catalog, compared.

Each group of commands has a file ``plans_*.py`` with ``register(group)``.
"""

from __future__ import annotations

import typer

from tokenbooks.cli import plans_catalog, plans_check, plans_compare, plans_list, plans_show


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Price lists: show and check them, take them over from a catalog, compare them.",
    )
    for commands in (plans_list, plans_show, plans_check, plans_compare, plans_catalog):
        commands.register(group)
    app.add_typer(group, name="plans")
