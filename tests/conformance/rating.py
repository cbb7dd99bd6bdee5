"""Rating cases: one list of prices and some usage each, run by the translator of their kind."""

from __future__ import annotations

from pathlib import Path

from tests.conformance.kinds import KINDS
from tests.conformance.kinds.kind import Case


def kind_of(case: Case) -> tuple[str, bool]:
    """The kind of a case, and whether it is run."""
    kind = case["kind"]
    if kind not in KINDS:
        return kind, False
    unknown = KINDS[kind].unknown_keys(case)
    return (f"{kind} ({', '.join(unknown)})", False) if unknown else (kind, True)


def listed_because(case: Case) -> str:
    """Why a case of a known kind is not run; empty where it is."""
    return KINDS[case["kind"]].listed(case)


def check(case: Case, folder: Path) -> None:
    """Run the case and compare."""
    KINDS[case["kind"]].check(case, folder)
