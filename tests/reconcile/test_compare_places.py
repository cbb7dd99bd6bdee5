"""Quick ways to the cells of both sides: the cells are the same either way."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from tests.reconcile.statements import compared, costs, usage
from tokenbooks.reconcile.statements import compare_places

#: Days that agree, that differ, that one side lacks, and two rows of usage for one of costs.
USED = usage(
    "2025-10-02,gpt,web,1000000,500000",
    "2025-10-03,gpt,web,1000000,0",
    "2025-10-03,gpt,app,1000000,0",
    "2025-10-04,gpt,web,3000000,0",
    "2025-11-02,gpt,web,1000000,0",
)
#: Each cell once; then the first in two rows, of a model and of its other name.
ONCE = ("2025-10-02,1,gpt-2025; input,1000000,web", "2025-10-02,1,gpt-2025; output,500000,web")
TWICE = ("2025-10-02,0.4,gpt; input,400000,web", "2025-10-02,0.6,gpt-2025; input,600000,web")
MORE = (
    "2025-10-03,1.5,gpt-2025; input,1000000,web",
    "2025-10-03,1,gpt-2025; input,1000000,app",
    "2025-10-05,2,gpt-2025; input,2000000,web",
    "2025-11-02,0.5,gpt-2025; input,1000000,web",
)


@pytest.mark.parametrize("without_project", [False, True], ids=["all told", "no project"])
@pytest.mark.parametrize("rows", [ONCE, (*TWICE, ONCE[1])], ids=["each once", "one twice"])
def test_cells_are_the_same_whether_they_are_summed_or_not(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows: tuple[str, ...],
    without_project: bool,
) -> None:
    """2 and 3 October: +0.5 of 1 and 0; 4 October: -3; 5 October: +2; 2 November: -0.5."""
    told = [row.rsplit(",", 1)[0] + "," if without_project else row for row in (*rows, *MORE)]
    once = compared(tmp_path / "once", USED, costs(*told))
    monkeypatch.setattr(compare_places, "MOST_PLACES", 0)
    monkeypatch.setattr(compare_places, "FEW_METERS", 0)
    summed = compared(tmp_path / "summed", USED, costs(*told))
    assert once == summed
    differences = [Fraction("0.5"), Fraction(-3), Fraction(2), Fraction("-0.5")]
    assert [cell.difference for cell in once.compared.cells] == differences
    assert once.compared.agreed.cells == (2 if without_project else 3)


def test_what_stands_there_once_is_not_summed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sides are seen to have each cell once; with a row in two parts only the usage has."""
    seen: list[bool] = []
    is_unique = compare_places.Places.is_unique

    def noted(*arguments: object) -> bool:
        seen.append(is_unique(*arguments))
        return seen[-1]

    monkeypatch.setattr(compare_places.Places, "is_unique", noted)
    compared(tmp_path / "once", USED, costs(*ONCE, *MORE))
    compared(tmp_path / "twice", USED, costs(*TWICE, ONCE[1], *MORE))
    assert seen == [True, True, True, False]
