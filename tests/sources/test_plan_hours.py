"""Hours of the week and corrections, of rates and of modifiers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.sources.small_book import PLAN, codes
from tokenbooks.conditions import Conditions
from tokenbooks.problems import Problem
from tokenbooks.rating.plan import Plan
from tokenbooks.rating.windows import Window
from tokenbooks.sources.plans import read_plan

WEEK = (0, 1, 2, 3, 4, 5, 6)


def read(folder: Path, lines: str, zone: str = "America/New_York") -> tuple[Plan, list[Problem]]:
    path = folder / "api.yaml"
    path.write_text(PLAN.replace("rates:", f"timezone: {zone}\nrates:") + lines)
    found, problems = read_plan(path)
    assert found is not None
    return found, problems


def rate(hours: str = "", more: str = "", model: str = "small") -> str:
    named = f"    hours: {hours}\n" if hours else ""
    return f"  - for: {{model: {model}}}\n{named}{more}    prices: {{input_tokens: 2 per 1M}}\n"


@pytest.mark.parametrize(
    ("hours", "windows"),
    [
        ('[{from: "01:00", to: "04:30"}]', [(WEEK, 60, 270, "America/New_York")]),
        ("[{days: [sat, sun]}]", [((5, 6), 0, 0, "America/New_York")]),
        ("[{days: mon..fri, timezone: UTC}]", [((0, 1, 2, 3, 4), 0, 0, "UTC")]),
        ("[{days: [fri..mon, wed], timezone: UTC}]", [((0, 2, 4, 5, 6), 0, 0, "UTC")]),
        ('[{days: mon, from: "22:00"}]', [((0,), 1320, 0, "America/New_York")]),
        ('[{days: mon, from: "22:00", to: "24:00"}]', [((0,), 1320, 0, "America/New_York")]),
        (
            '[{days: tue, to: "02:00"}, {days: mon, from: "22:00", timezone: UTC}]',
            [((0,), 1320, 0, "UTC"), ((1,), 0, 120, "America/New_York")],
        ),
    ],
)
def test_hours_of_a_rate(
    tmp_path: Path, hours: str, windows: list[tuple[tuple[int, ...], int, int, str]]
) -> None:
    plan, problems = read(tmp_path, rate(hours))
    assert problems == []
    assert plan.rates[1].hours == tuple(Window(*window) for window in windows)


def test_hours_are_one_more_condition(tmp_path: Path) -> None:
    plan, _ = read(tmp_path, rate("[{days: [sat, sun], timezone: UTC}]"))
    always, weekend = plan.rates
    assert weekend.conditions == Conditions.of(
        {"model": ("small",), "hours sat,sun 00:00-00:00 UTC": ("in",)}
    )
    assert weekend.conditions.rank() > always.conditions.rank()


def test_a_modifier_may_hold_by_hours_alone(tmp_path: Path) -> None:
    keys = 'name: night, hours: [{from: "00:30", to: "08:30", timezone: UTC}]'
    plan, problems = read(tmp_path, f"modifiers: [{{{keys}, times: {{'*': 0.5}}}}]\n")
    assert problems == []
    assert plan.modifiers[0].when == Conditions.of({"hours daily 00:30-08:30 UTC": ("in",)})
    assert plan.modifiers[0].hours == (Window(WEEK, 30, 510, "UTC"),)


FIX = "    from: 2025-10-01\n    corrects: a slip\n    on: 2025-11-05\n"


def test_a_correction_ties_with_nothing(tmp_path: Path) -> None:
    wrong = rate(more="    from: 2025-10-01\n")
    again = FIX.replace("11-05", "11-09")
    plan, problems = read(tmp_path, wrong + rate(more=FIX) + rate(more=again))
    assert problems == []
    assert [(r.corrects, r.corrected_on) for r in plan.rates[1:]] == [
        ("", None),
        ("a slip", date(2025, 11, 5)),
        ("a slip", date(2025, 11, 9)),
    ]
    assert codes(read(tmp_path, rate(more=FIX) + rate(more=FIX))[1]) == ["rates-tie"]


def test_a_modifier_is_corrected_like_a_rate(tmp_path: Path) -> None:
    batch = "{name: batch, when: {batch: true}, times: {'*': 0.5}"
    right = f"{batch}, corrects: a slip, on: 2025-11-05}}"
    plan, problems = read(tmp_path, f"modifiers: [{batch}}}, {right}]\n")
    assert problems == []
    assert plan.modifiers[1].corrected_on == date(2025, 11, 5)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (rate('[{from: "25:00"}]'), ["value-invalid"]),
        (rate('[{from: "24:00"}]'), ["value-invalid"]),
        (rate('[{to: "9:00"}]'), ["value-invalid"]),
        (rate("[{days: monday}]"), ["value-invalid"]),
        (rate("[{days: mon..funday}]"), ["value-invalid"]),
        (rate("[{days: []}]"), ["value-missing"]),
        (rate("[{timezone: Mars/Olympus}]"), ["value-invalid"]),
        (rate("[{until: 3}]"), ["unknown-key"]),
        (rate("[]"), ["value-missing"]),
        (rate("[{}]"), ["value-missing"]),
        (rate("{days: mon}"), ["value-invalid"]),
        (rate('[{to: "10:00"}, {from: "10:00", to: "12:00"}]'), []),
        (rate('[{to: "10:01"}, {from: "10:00", to: "12:00"}]'), ["hours-overlap"]),
        (rate('[{days: sun, from: "23:00", to: "02:00"}, {days: mon}]'), ["hours-overlap"]),
        (rate('[{days: sun, from: "23:00", to: "02:00"}, {days: tue}]'), []),
        (
            rate('[{to: "04:00"}, {from: "08:00", to: "10:00", timezone: UTC}]'),
            ["hours-overlap"],  # 08:00 UTC is 03:00 or 04:00 in New York
        ),
        (rate(more="    corrects: a slip\n"), ["key-alone"]),
        (rate(more="    on: 2025-11-05\n"), ["key-alone"]),
        (rate(more=FIX.replace("2025-11-05", "2025-11")), ["value-invalid"]),
        (rate(more=FIX.replace("2025-11-05", "2025-09-30")), ["dates-order"]),
        (rate(more=FIX.replace("2025-11-05", "2025-10-01")), []),
        ("modifiers: [{name: b, times: {'*': 1}}]\n", ["key-missing"]),
    ],
)
def test_mistakes(tmp_path: Path, lines: str, found: list[str]) -> None:
    assert codes(read(tmp_path, lines)[1]) == found
