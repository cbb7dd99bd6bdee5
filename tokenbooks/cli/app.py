"""All commands, and how their ends become exit codes: 0 clean, 1 problems, 2 wrong use."""

from __future__ import annotations

import sys

import typer

from tokenbooks.cli import (
    approve,
    check,
    close,
    credits,
    estimate,
    explain,
    formats,
    init,
    plans,
    rate,
    reconcile,
    reopen,
    report,
    usage,
)
from tokenbooks.cli.options import BookOption, QuietOption, TodayOption
from tokenbooks.cli.output import abandon_output, redact_output, show_problems
from tokenbooks.problems import Position, Problem, error

app = typer.Typer(
    name="tokenbooks",
    help="The subledger for AI tokens: plans and usage exports in, a month-end close out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from tokenbooks import __version__

        sys.stdout.write(f"tokenbooks {__version__}\n")
        raise typer.Exit


@app.callback()
def shared(
    context: typer.Context,
    book: BookOption = None,
    today: TodayOption = None,
    quiet: QuietOption = False,
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """The subledger for AI tokens: plans and usage exports in, a month-end close out."""
    context.obj = {"book": book, "today": today, "quiet": quiet}


COMMANDS = (
    *(init, check, usage, rate, credits),
    *(close, reconcile, approve, reopen),
    *(explain, report, formats, plans, estimate),
)
for command in COMMANDS:
    command.register(app)


def refused(reason: OSError) -> Problem:
    """What the system refused, where no command knows better."""
    file = reason.filename if isinstance(reason.filename, str) else ""
    message = f"the system refused: {reason.strerror or reason}"
    help = "make room, allow it, or choose a shorter name; then run the command again"
    return error("system-refused", message, help, Position(file))


def run(arguments: list[str]) -> int:
    """Run the command line; nothing that a person can do ends in a traceback."""
    redact_output(None)
    try:
        app(arguments, prog_name="tokenbooks")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        return 1
    except OSError as reason:
        show_problems([refused(reason)])
        try:
            sys.stdout.flush()
        except OSError:
            abandon_output()
        return 1
    return 0
