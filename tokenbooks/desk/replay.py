"""Replay: compute every written close again from its own inputs, and compare all bytes."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from tokenbooks.archive.credit_rows import ROWS
from tokenbooks.archive.month import STATE, ClosedMonth
from tokenbooks.archive.read import read_month
from tokenbooks.desk.close import prepare_close
from tokenbooks.desk.close_reconciliation import reconcile_close
from tokenbooks.desk.locked import write_again
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.desk.stale import facts_seen, states_up_to
from tokenbooks.desk.write_close import lay_out
from tokenbooks.problems import Position, Problem, any_error, error


def replay(book: OpenBook) -> list[Problem]:
    """Whether every written close, computed from the start, gives the same bytes.

    Each close gets the files and rows of its own manifest; earlier closes are the
    replayed ones, so that nothing is taken from what was written.
    """
    problems: list[Problem] = []
    with tempfile.TemporaryDirectory(prefix="tokenbooks-replay-") as name:
        replayed: list[ClosedMonth] = []
        for month in book.months:
            again, found = _replay_month(book, month, replayed, Path(name))
            problems += found
            if again is None:
                break
            replayed.append(again)
    return problems


def _replay_month(
    book: OpenBook, month: ClosedMonth, replayed: list[ClosedMonth], root: Path
) -> tuple[ClosedMonth | None, list[Problem]]:
    manifest = month.manifest
    seen = replace(
        book,
        facts=facts_seen(book.facts, manifest, states_up_to(book, month)),
        months=tuple(replayed),
        # the close says of each file how many rows it held: the others have no bad ones
        hold_bad_rows=any(record.held for record in manifest.files),
    )
    only = {record.path: record.size for record in manifest.files}
    prepared, problems = prepare_close(
        seen, month.period, allow_unpriced=bool(manifest.unpriced), only=only
    )
    if prepared is None:
        return None, problems
    reconciliation, found = reconcile_close(prepared)
    if any_error(found):
        return None, found
    folder = root / str(month.period)
    folder.mkdir()
    lay_out(prepared, reconciliation, folder)
    again = read_month(folder)
    different = [
        output
        for output, digest in sorted(again.manifest.outputs.items())
        # which rows stand in a table depends on those beside them; their figures do not
        if manifest.outputs.get(output) != digest and not output.startswith(f"{STATE}/{ROWS}.")
    ]
    if not different:
        return again, []
    return again, [
        error(
            "replay-differs",
            f"{month.period} computed again gives other figures in {', '.join(different)}",
            f"if a plan, rule or row was corrected on purpose: {write_again(book, month)}",
            Position(book.place(f"close/{month.period}/{different[0]}")),
        )
    ]
