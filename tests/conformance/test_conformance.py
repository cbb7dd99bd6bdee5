"""Worked figures, run through the real pipeline.

Each case becomes a small book or plan with usage in the plain format; the command line
closes or rates it, and what it wrote is compared with the figures. ``--cases DIR`` runs
another folder of tables of the same schema. Kinds that are not known yet are skipped,
each by its name; so are cases of a known kind where peers disagree and plans have no
option for their reading, each with the reason.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance import accounting, prices, rating
from tests.conformance.tables import Listed

CHECKS = {"accounting": accounting.check, "rating": rating.check, "prices": prices.check}


def test_case(listed: Listed, tmp_path: Path) -> None:
    if listed.reason:
        pytest.skip(f"{listed.id}: {listed.reason}")
    CHECKS[listed.table](listed.case, tmp_path)


def test_kind_is_known(unknown_kind: tuple[str, int]) -> None:
    kind, count = unknown_kind
    if count:
        cases = "case" if count == 1 else "cases"
        pytest.skip(f"kind {kind} is not known yet ({count} {cases})")
