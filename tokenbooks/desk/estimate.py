"""Estimating what a text costs as a model's input: tokens and prices as a band."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tokenbooks.amounts import exact_text
from tokenbooks.desk.count_tokens import count_tokens
from tokenbooks.names import nearest
from tokenbooks.periods import start_of
from tokenbooks.problems import Position, Problem, error
from tokenbooks.rating.matching import Ambiguous, Match, PlanInForce, Unpriced, ambiguity, match
from tokenbooks.rating.plan import Plan
from tokenbooks.rating.token_estimate import (
    BYTES_A_TOKEN,
    Band,
    EstimateLine,
    bytes_of,
    kind_of,
    tokens_of,
)
from tokenbooks.sources.files import LARGEST_FILE, decode_text, read_text, shown
from tokenbooks.sources.plans import plan_files, read_plan

#: What stands for standard input where a text is asked for.
STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Subject:
    """The text whose tokens are estimated, and what people call it."""

    text: str
    name: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """The lines of an estimate, input first, and the notes that go with the figures."""

    lines: tuple[EstimateLine, ...]
    notes: tuple[str, ...]


def read_subject(given: str) -> tuple[Subject | None, list[Problem]]:
    """The text of a file that exists, of standard input for ``-``, else the text itself.

    Problems: those of ``read_text``, ``file-missing`` among them for what looks like the path
    of a file.
    """
    if given == STANDARD_INPUT:
        name = "standard input"
        text, problems = _read_standard_input(name)
    elif _is_path(given) or (os.path.exists(given) and not os.path.isdir(given)):
        name = shown(Path(given))
        text, problems = read_text(Path(given))
    else:
        name = "the text given"
        text, problems = decode_text(given.encode("utf-8", "surrogateescape"), name)
    return (None if text is None else Subject(text, name)), problems


def _is_path(given: str) -> bool:
    """Whether a text is one word with a folder before it, or the ending of a file of text."""
    one_word = not any(character.isspace() for character in given)
    return one_word and (
        given.startswith(("/", "./", "../", "~/")) or given.endswith((".txt", ".md", ".json"))
    )


def find_plan(name: str, book: Path | None) -> tuple[Plan | None, list[Problem]]:
    """The plan in a file, or the plan of the book's folder that has this id.

    Problems besides those of the plan: ``plan-unknown``.
    """
    files = plan_files(book) if book and not Path(name).is_file() else []
    ids = {path.stem: path for path in files}
    if name in ids:
        return read_plan(ids[name])
    if book is None or name.endswith((".yaml", ".yml")) or Path(name).is_file():
        return read_plan(Path(name))
    near = nearest(name, ids)
    message = f"there is neither a file nor a plan '{name}'"
    help = f"did you mean '{near}'?" if near else "name a plan of the book, or a file"
    return None, [error("plan-unknown", message, help, Position(shown(book)))]


def estimate(
    subject: Subject, plan: Plan, model: str, output: int | None, vocabulary: str | None, day: date
) -> tuple[Estimate | None, list[Problem]]:
    """Tokens and cost of a text, and of ``output`` tokens, at the prices of a day.

    The prices are those at the day's beginning, in the plan's zone. Problems:
    ``unpriced-usage``, ``rates-ambiguous``, and those of ``count_tokens``.
    """
    tokens, basis, problems = _counted(subject, vocabulary)
    counts = [("input", tokens, basis)]
    if output is not None:
        counts.append(("output", Band.exactly(output), "as given"))
    lines, notes = [], []
    for what, band, how in counts:
        meter = f"{what}_tokens"
        found = price_of(plan, model, meter, day)
        if isinstance(found, Problem):
            problems.append(found)
        elif band is not None:
            lines.append(EstimateLine(what, band, found.each, how))
            notes.append(_price_note(meter, found, day))
    if len(lines) < len(counts):
        return None, problems
    return Estimate(tuple(lines), (_count_note(subject, vocabulary), *notes)), problems


def price_of(plan: Plan, model: str, meter: str, day: date) -> Match | Problem:
    """The price of a model's meter at the beginning of a day, or that there is none."""
    ruling = PlanInForce(plan, plan.timezone or "UTC")
    outcome = match(ruling, {"model": model}, meter, start_of(day))
    if isinstance(outcome, Match):
        return outcome
    if isinstance(outcome, Ambiguous):
        return ambiguity(plan, meter, {"model": model}, outcome)
    reason = outcome.reason if isinstance(outcome, Unpriced) else "no rate names it"
    return _unpriced(plan, model, meter, day, reason)


def _unpriced(plan: Plan, model: str, meter: str, day: date, reason: str) -> Problem:
    known = [
        name
        for rate in plan.rates
        for dimension, names in rate.conditions.patterns
        if dimension == "model"
        for name in names
    ]
    alike = nearest(model, [*known, *(alias.name for alias in plan.aliases)])
    hint = f"; did you mean '{alike}'?" if alike and alike != model else ""
    return error(
        "unpriced-usage",
        f"{meter} of {model} have no price on {day}: {reason}",
        f"name a model of plan {plan.id}, or add a rate to it (free is a price of 0){hint}",
        plan.position,
    )


def _counted(subject: Subject, vocabulary: str | None) -> tuple[Band | None, str, list[Problem]]:
    """The tokens of the input, and what the count rests on."""
    if vocabulary is None:
        kind = kind_of(subject.text)
        return tokens_of(subject.text, kind), f"bytes / 4, {kind.name}", []
    count, problems = count_tokens(subject.text, vocabulary, subject.name)
    return (None if count is None else Band.exactly(count)), vocabulary, problems


def _count_note(subject: Subject, vocabulary: str | None) -> str:
    if vocabulary:
        return f"The input is counted with {vocabulary}; what the provider adds to frame it is not."
    kind = kind_of(subject.text)
    low, high = exact_text(kind.low), exact_text(kind.high)
    return (
        f"The input, {bytes_of(subject.text)} bytes, is taken as {kind.name}: a token for every"
        f" {BYTES_A_TOKEN} bytes, times {low} to {high}."
    )


def _price_note(meter: str, found: Match, day: date) -> str:
    """Where a price stands; of one that is more than a price of a unit, what is assumed."""
    place = found.price.position
    text = f"{meter} on {day}: {found.price}"
    if found.modifiers:
        text += f", modified by {' and '.join(found.modifiers)}"
    text += f" ({place})" if place.file else ""
    if str(found.price) != str(found.price.steps[0].price):
        text += "; the first band is assumed, without flats, free units and conditions"
    return f"{text}."


def _read_standard_input(name: str) -> tuple[str | None, list[Problem]]:
    data = sys.stdin.buffer.read(LARGEST_FILE + 1) if sys.stdin else b""
    if len(data) <= LARGEST_FILE:
        return decode_text(data, name)
    message = f"{name} is larger than {LARGEST_FILE // 1_000_000} MB"
    return None, [error("file-too-large", message, "estimate a part of it", Position(name))]
