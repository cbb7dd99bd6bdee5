"""tokenbooks plans import and diff: prices from public catalogs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tokenbooks.cli.options import (
    BookOption,
    FormatOption,
    QuietOption,
    TodayOption,
    chosen_format,
    settings,
)
from tokenbooks.cli.output import show, show_tables, stop_if_wrong, tell
from tokenbooks.names import is_identifier

if TYPE_CHECKING:
    from tokenbooks.desk.import_plan import SeenModels

ProviderOption = Annotated[
    str | None, typer.Option("--provider", help="The provider, as the catalog calls it.")
]


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("import")(import_plan)
    group.command("diff")(diff)


def import_plan(
    context: typer.Context,
    provider: Annotated[
        str, typer.Option("--provider", help="The provider, as the catalog calls it.")
    ],
    usage: Annotated[
        list[Path] | None,
        typer.Option("--models-in", help="Take the models in these usage files.", metavar="USAGE"),
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option("--model", help="Take this model.", metavar="NAME")
    ] = None,
    plan: Annotated[
        str | None, typer.Option("--plan", help="The id of the plan.", metavar="ID")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it into a file.", metavar="FILE")
    ] = None,
    context_column: Annotated[
        bool,
        typer.Option(
            "--context-column", help="The usage says in a column which requests were over 200k."
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
) -> None:
    """Make a plan from the prices of a catalog, to be reviewed."""
    from tokenbooks.desk.import_plan import import_plan, write_plan
    from tokenbooks.sources.files import shown

    if not usage and not model:
        raise typer.BadParameter("say which models: --models-in USAGE, or --model NAME")
    given = settings(context, book, today, quiet)
    id_ = _plan_id(plan, output, provider)
    seen = _seen(usage or [], given.book)
    text, problems = import_plan(id_, provider, seen, model or [], given.today, context_column)
    if text is None:
        stop_if_wrong(problems)
        raise typer.Exit(1)
    if output is None:
        show(text)
    else:
        problems += write_plan(output, text, force=force)
    stop_if_wrong(problems)
    if output is not None:
        tell(f"wrote {shown(output)}", quiet=given.quiet)


def diff(
    context: typer.Context,
    plan: Annotated[Path, typer.Argument(help="The plan.", metavar="PLAN")],
    provider: ProviderOption = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", help="Compare with a litellm price file.", metavar="FILE"),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show what is the same, too.")] = False,
    format: FormatOption = "text",
    today: TodayOption = None,
) -> None:
    """Compare a plan with a catalog: what to append, what to correct."""
    from tokenbooks.desk.compare_plan import against_catalog, against_litellm
    from tokenbooks.reports.price_difference import difference_tables
    from tokenbooks.sources.plans import read_plan

    chosen_format(format)
    day = settings(context, None, today).today
    read, problems = read_plan(plan)
    stop_if_wrong(problems)
    if read is None:
        raise typer.Exit(1)
    if against is None:
        compared, problems = against_catalog(read, provider, day)
    else:
        compared, problems = against_litellm(read, against, provider, day)
    if compared is None:
        stop_if_wrong(problems)
        raise typer.Exit(1)
    show_tables(difference_tables(compared, everything=everything), format, cut=False)
    stop_if_wrong(problems)


def _seen(usage: list[Path], book: Path | None) -> SeenModels:
    from tokenbooks.desk.import_plan import SeenModels, seen_models
    from tokenbooks.sources.book_files import find_book

    if not usage:
        return SeenModels()
    seen, problems = seen_models(usage, book or find_book(Path.cwd()))
    stop_if_wrong(problems)
    if seen is None:
        raise typer.Exit(1)
    return seen


def _plan_id(plan: str | None, output: Path | None, provider: str) -> str:
    """The plan's id: as given, else the file's name, else the provider's."""
    chosen = plan or (output.stem if output else provider)
    if not is_identifier(chosen):
        raise typer.BadParameter(f"'{chosen}' cannot be the id of a plan; choose one with --plan")
    return chosen
