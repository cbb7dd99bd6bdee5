"""Plans at the desk: finding them by id or file, and all that is wrong with them by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenbooks.desk.rate_files import rate_files
from tokenbooks.names import nearest
from tokenbooks.problems import Position, Problem, any_error, error, merged
from tokenbooks.rating.ambiguity import open_questions
from tokenbooks.rating.plan import Plan
from tokenbooks.rating.plausibility import implausible
from tokenbooks.reports.plans import takes_model
from tokenbooks.sources.book import read_book
from tokenbooks.sources.files import shown
from tokenbooks.sources.plans import read_plan, read_plans

PLAN_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class NamedPlan:
    """A plan as it was asked for, with the problems of its own file."""

    plan: Plan
    problems: tuple[Problem, ...]


def is_plan_file(name: str) -> bool:
    """Whether an argument names a file that holds a plan."""
    return name.endswith(PLAN_SUFFIXES)


def sort_arguments(arguments: Sequence[str], book: Path | None) -> tuple[list[str], list[Path]]:
    """The plans and the usage files among arguments.

    Plans are ids of the book, files that end in ``.yaml`` or ``.yml``, and names that
    look like an id and are no file; all else is usage.
    """
    ids = set(read_plans(book)[0]) if book is not None else set()
    plans = [
        name
        for name in arguments
        if is_plan_file(name) or name in ids or (not Path(name).exists() and not Path(name).suffix)
    ]
    return plans, [Path(name) for name in arguments if name not in plans]


def book_plans(book: Path) -> tuple[list[NamedPlan], list[Problem]]:
    """The plans of a book, each with its problems, and the problems of none of them.

    The latter are those of files that hold no plan or the plan of another file.
    """
    plans, problems = read_plans(book)
    named = [_named(plan, problems) for plan in plans.values()]
    told = {id(problem) for item in named for problem in item.problems}
    return named, [problem for problem in problems if id(problem) not in told]


def named_plans(names: Sequence[str], book: Path | None) -> tuple[list[NamedPlan], list[Problem]]:
    """Plans by their ids in the book or by their files; every problem of what is no plan.

    Problems: ``plan-unknown``, and those of a file that cannot be read.
    """
    known, problems = read_plans(book) if book is not None else ({}, [])
    found: list[NamedPlan] = []
    unread: list[Problem] = []
    for name in dict.fromkeys(names):
        if name in known and not is_plan_file(name):
            found.append(_named(known[name], problems))
        elif is_plan_file(name) or Path(name).is_file():
            plan, own = read_plan(Path(name))
            if plan is None:
                unread += own
            else:
                found.append(NamedPlan(plan, tuple(own)))
        else:
            unread.append(_unknown(name, known, book))
    return found, unread


def contracts_by_plan(book: Path) -> dict[str, list[str]]:
    """The contracts of a book that use each plan, as far as the book can be read."""
    read, _ = read_book(book)
    using: dict[str, list[str]] = {}
    for contract in read.contracts.values() if read is not None else ():
        using.setdefault(contract.plan, []).append(contract.id)
    return using


def own_problems(plan: Plan, reading: Iterable[Problem] = (), zone: str = "UTC") -> list[Problem]:
    """Warnings of what is open or hardly meant in a plan; ``zone`` is for plans without one.

    ``reading`` are the problems of its file: where values could not be read, what is open
    cannot be told. Warnings of one kind at one place are one.
    """
    ruling = plan.timezone or zone
    found = implausible(plan, ruling)
    if not any_error(reading):
        found += open_questions(plan, ruling)
    places: dict[tuple[str, Position], list[Problem]] = {}
    for problem in found:
        places.setdefault((problem.code, problem.position), []).append(problem)
    return [problem for same in places.values() for problem in merged(same, 1)]


def each_once(problems: Sequence[Problem]) -> list[Problem]:
    """Problems without warnings of what another one tells of the same place.

    A price without its quantity is not also too high; rates that usage has shown to clash
    are not also said to clash some day.
    """
    told = {(problem.code, problem.position) for problem in problems if problem.is_error}
    bare = {problem.position for problem in problems if problem.code == "per-missing"}
    told |= {("price-implausible", place) for place in bare}
    return [p for p in problems if p.is_error or (p.code, p.position) not in told]


def unknown_model(plan: Plan, model: str) -> Problem | None:
    """The problem that no rate of a plan names a model or takes every model."""
    if any(takes_model(plan, rate.conditions, model) for rate in plan.rates):
        return None
    patterns = (dict(rate.conditions.patterns).get("model", ()) for rate in plan.rates)
    known = {name for names in patterns for name in names} | {a.name for a in plan.aliases}
    near = nearest(model, known)
    message = f"plan {plan.id} has no rate for the model '{model}'"
    help = f"did you mean '{near}'?" if near else "add a rate, or an alias of a model that has one"
    return error("model-unknown", message, help, plan.position)


def touched_lines(
    plan: Plan, usage: Sequence[Path], format: str | None
) -> tuple[frozenset[int] | None, list[Problem]]:
    """The lines of the prices that usage files touch, and what no rate prices; see ``rate``."""
    looked, problems = rate_files(plan, usage, format, ())
    if looked is None:
        return None, problems
    lines = looked.connection.execute("SELECT DISTINCT plan_line FROM charges").fetchall()
    return frozenset(line for (line,) in lines), problems


def _named(plan: Plan, problems: Iterable[Problem]) -> NamedPlan:
    file = plan.position.file
    return NamedPlan(plan, tuple(p for p in problems if p.position.file == file))


def _unknown(name: str, known: Iterable[str], book: Path | None) -> Problem:
    near = nearest(name, known)
    if near:
        help = f"did you mean '{near}'?"
    elif book is not None:
        help = f"the book's plans: {', '.join(known) or 'none'}; or name a file that ends in .yaml"
    else:
        help = "name a file that ends in .yaml, or the book with --book DIR"
    place = Position(shown(book / "plans")) if book is not None else Position()
    return error("plan-unknown", f"there is no plan '{name}'", help, place)
