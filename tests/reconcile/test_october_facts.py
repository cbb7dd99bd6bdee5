"""Usage and costs of an OpenAI account in October 2025, as their downloads told them.

Costs stand ungrouped, one row a day. Two rows of usage share every key, and one of them
stands in the costs of the day before.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.books import tokenbooks, write_book

BOOK = """\
book: Tests
currency: USD
start: 2025-10
contracts:
  llm: {side: buy, party: LLM, plan: llm, settle: arrears, usage: usage/*.csv,
    statement: statements/*.csv}
"""
#: Prices of a million tokens: input, cached input, output.
PLAN = """\
plan: llm
currency: USD
rates:
  - for: {model: gpt-4o-2024-08-06}
    prices: {input_tokens: 2.50 per 1M, cached_input_tokens: 1.25 per 1M,
      output_tokens: 10 per 1M}
  - for: {model: gpt-5-2025-08-07}
    prices: {input_tokens: 1.25 per 1M, cached_input_tokens: 0.125 per 1M,
      output_tokens: 10 per 1M}
  - for: {model: gpt-5-mini-2025-08-07}
    prices: {input_tokens: 0.25 per 1M, cached_input_tokens: 0.025 per 1M,
      output_tokens: 2 per 1M}
"""
USED_COLUMNS = (
    "start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,"
    "api_key_id,model,batch,service_tier,input_tokens,output_tokens,input_cached_tokens,"
    "input_uncached_tokens,input_text_tokens,output_text_tokens,input_cached_text_tokens,"
    "input_audio_tokens,input_cached_audio_tokens,output_audio_tokens,input_image_tokens,"
    "input_cached_image_tokens,output_image_tokens"
)
COST_COLUMNS = (
    "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,"
    "project_id,organization_id,organization_name"
)
#: Day, model, uncached input, cached input, output; a day alone has no usage.
USED = (
    (5, "gpt-4o-2024-08-06", 53440, 5760, 10646),  # .1336 + .0072 + .10646 = .24726
    (6, "gpt-5-2025-08-07", 38072, 8192, 60000),  # .04759 + .001024 + .6 = .648614
    (6, "gpt-5-2025-08-07", 5783, 0, 16000),  # .00722875 + .16 = .16722875
    (7, "gpt-5-mini-2025-08-07", 80992, 0, 274770),  # .020248 + .54954 = .569788
    (8,),
    (9,),
    (10, "gpt-5-mini-2025-08-07", 124784, 0, 154852),  # .031196 + .309704 = .3409
    (11, "gpt-5-mini-2025-08-07", 22688, 0, 33191),  # .005672 + .066382 = .072054
)
#: The 5th has .24726 + .648614: its own usage, and the first row of the 6th.
COSTS = (
    (5, "0.8958740000000000"),
    (6, ""),
    (7, "0.569788"),
    (8, "0.5455665000000000"),
    (9, ""),
    (10, "0.34090000000000000"),
    (11, "0.072054"),
)

Row = dict[str, Any]


def times(day: int) -> str:
    start = datetime(2025, 10, day, tzinfo=UTC)
    end = start + timedelta(days=1)
    return f"{start.timestamp():.0f},{end.timestamp():.0f},{start.isoformat()},{end.isoformat()}"


def used(rows: tuple[tuple[Any, ...], ...] = USED) -> str:
    lines = [USED_COLUMNS]
    for day, *figures in rows:
        if not figures:
            lines.append(times(day) + "," * 20)
            continue
        model, new, cached, out = figures
        lines.append(
            f"{times(day)},proj_demoA,1.0,user-demo1,key_demo1,{model},FALSE,default,"
            f"{new + cached}.0,{out}.0,{cached}.0,{new}.0,{new}.0,{out}.0,{cached}.0" + ",0.0" * 6
        )
    return "\n".join([*lines, ""])


def costs(rows: tuple[tuple[int, str], ...] = COSTS) -> str:
    lines = [COST_COLUMNS]
    for day, amount in rows:
        cells = f",{amount},usd,,,org-demo,Personal" if amount else "," * 6
        lines.append(times(day) + cells)
    return "\n".join([*lines, ""])


def reconciled(folder: Path, usage: str, statement: str) -> dict[str, list[Row]]:
    """Statement and usage, day by day; the proposals are another matter."""
    files = {"plans/llm.yaml": PLAN, "usage/used.csv": usage, "statements/cost.csv": statement}
    book = str(write_book(folder, files, BOOK))
    ran = tokenbooks(Path(book), "reconcile", "-p", "2025-10", "--by", "day", "--format", "json")
    tables = {name: table["rows"] for name, table in json.loads(ran.out).items()}
    tables["causes"] = [r for r in tables["causes"] if r["leg"] == "statement - usage"]
    return tables


def causes(tables: dict[str, list[Row]]) -> list[tuple[str, str, str]]:
    return [(row["day"][-2:], row["cause"], row["amount"]) for row in tables["causes"]]


def test_a_row_that_stands_on_another_day_is_timing_and_nothing_else(tmp_path: Path) -> None:
    tables = reconciled(tmp_path, used(), costs())
    assert causes(tables) == [
        ("05", "timing", "0.648614"),
        ("06", "missing in statement", "-0.16722875"),
        ("06", "timing", "-0.648614"),
        ("08", "missing usage", "0.5455665"),
    ]
    later, _, earlier, _ = (row["words"] for row in tables["causes"])
    named = "gpt-5-2025-08-07, proj_demoA, key_demo1"
    assert later == f"{named}: the usage has it 1 day later (usage/used.csv:3)"
    assert earlier == f"{named}: the statement has it 1 day earlier (usage/used.csv:3)"


def test_the_other_days_agree_to_the_last_digit(tmp_path: Path) -> None:
    days = {row["day"][-2:]: row for row in reconciled(tmp_path, used(), costs())["groups"]}
    agree = {day: row["statement"] for day, row in days.items() if row["difference"] == "0"}
    assert agree == {"07": "0.569788", "10": "0.3409", "11": "0.072054"}
    assert days["06"]["usage"] == "0.81584275"  # .648614 + .16722875


#: Costs as the usage has them; the days without usage are left out.
AGREEING = ((5, "0.24726"), (6, "0.81584275"), (7, "0.569788"), (10, "0.3409"), (11, "0.072054"))


@pytest.mark.parametrize(
    ("again", "amount", "words"),
    [
        (1, "-0.16722875", "twice (usage/used.csv:4, usage/used.csv:5)"),
        (2, "-0.3344575", "3 times (usage/used.csv:4, usage/used.csv:5, usage/used.csv:6)"),
    ],
)
def test_a_row_that_the_usage_has_again_is_named(
    tmp_path: Path, again: int, amount: str, words: str
) -> None:
    """The second row of the 6th again: .16722875 more each time, beside one of the same keys."""
    rows = (*USED[:3], *[USED[2]] * again, *USED[3:])
    tables = reconciled(tmp_path, used(rows), costs(AGREEING))
    assert causes(tables) == [("06", "duplicated", amount)]
    named = "gpt-5-2025-08-07, proj_demoA, key_demo1"
    assert tables["causes"][0]["words"] == f"the usage has {named} {words}"


def test_a_row_that_the_statement_has_twice_is_named(tmp_path: Path) -> None:
    """The 7th in two rows, .5 + .069788, of which the second stands there twice."""
    rows = (*AGREEING[:2], (7, "0.5"), (7, "0.069788"), (7, "0.069788"), *AGREEING[3:])
    tables = reconciled(tmp_path, used(), costs(rows))
    assert causes(tables) == [("07", "duplicated", "0.069788")]
    places = "statements/cost.csv:5, statements/cost.csv:6"
    assert tables["causes"][0]["words"] == f"the statement has one row twice ({places})"


def test_rows_that_only_the_usage_has_are_named_together(tmp_path: Path) -> None:
    """Two rows of another key on the 10th, .01 + .03, which no row of the costs has."""
    mine = [(10, "gpt-4o-2024-08-06", 0, 0, 1000), (10, "gpt-4o-2024-08-06", 0, 0, 3000)]
    tables = reconciled(tmp_path, used((*USED, *mine)), costs(AGREEING))
    assert causes(tables) == [("10", "missing in statement", "-0.04")]
    assert "gpt-4o-2024-08-06" in tables["causes"][0]["words"]
