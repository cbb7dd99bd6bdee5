"""Parametrizes the tests with the tables of ``--cases DIR``, else with the project's own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

for name in ("accounting", "engine", "kinds", "matching", "prices", "rating", "seller", "verify"):
    pytest.register_assert_rewrite(f"tests.conformance.{name}")

from tests.conformance import accounting, prices, rating  # noqa: E402 - the rewriting must be registered before
from tests.conformance.tables import Case, Listed, read_tables  # noqa: E402 - the rewriting must be registered before

OWN_CASES = Path(__file__).parent / "cases"
_KINDS = {"accounting": accounting.kind_of, "rating": rating.kind_of, "prices": prices.kind_of}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per case of a known kind, and one skipped test per kind that is not."""
    if not {"listed", "unknown_kind"} & set(metafunc.fixturenames):
        return
    folder = Path(metafunc.config.getoption("--cases", None) or OWN_CASES)
    if not folder.is_dir():
        raise pytest.UsageError(f"--cases: there is no folder {folder}")
    cases = [_listed(table, case) for table, case in read_tables(folder)]
    if "listed" in metafunc.fixturenames:
        known = [case for case in cases if case.known]
        metafunc.parametrize("listed", known, ids=[case.id for case in known])
    else:
        kinds = Counter(f"{case.table}/{case.kind}" for case in cases if not case.known)
        # where every kind is known, one test says so
        metafunc.parametrize(
            "unknown_kind", sorted(kinds.items()) or [("", 0)], ids=sorted(kinds) or ["none"]
        )


def _listed(table: str, case: Case) -> Listed:
    kind, known = _KINDS[table](case)
    reason = rating.listed_because(case) if known and table == "rating" else ""
    return Listed(table, case, kind, known, reason)
