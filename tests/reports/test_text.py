"""Plain text: what people, cron and pipes read."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.reports.example import EMPTY, LOTS
from tokenbooks.reports.columns import aligned, fitted, folded
from tokenbooks.reports.rendering import render
from tokenbooks.reports.table import Column, Table

# the total: 95.475 - 0.5 = 94.975, rounded half-up once to 94.98
PIPED = """\
Lots of OpenAI, 2025-11

lot                memo                                                                     \
credits  cost USD  draws  expires     free
-----------------  -----------------------------------------------------------------------  \
-------  --------  -----  ----------  ----
openai-2025-11-05  Top-up by card, approved by the head of research for the agents project  \
  100.5     95.48     12  2026-11-05  no
grant-7            Trial | free                                                             \
 1250       -0.50      3              yes
-----------------  -----------------------------------------------------------------------  \
-------  --------  -----  ----------  ----
Total                                                                                       \
            94.98     15

Cost is what was paid, credits are list value.
"""

# 134 columns with everything: the memo goes on in the next lines
IN_80_COLUMNS = """\
Lots of OpenAI, 2025-11

lot                memo                  credits   cost  draws  expires     free
                                                    USD
-----------------  --------------------  -------  -----  -----  ----------  ----
openai-2025-11-05  Top-up by card,         100.5  95.48     12  2026-11-05  no
                   approved by the head
                   of research for the
                   agents project
grant-7            Trial | free           1250    -0.50      3              yes
-----------------  --------------------  -------  -----  -----  ----------  ----
Total                                             94.98     15

Cost is what was paid, credits are list value.
"""


def test_nothing_is_cut_in_a_pipe() -> None:
    assert render([LOTS], "text", None) == PIPED


def test_texts_go_on_below_in_80_columns() -> None:
    text = render([LOTS], "text", 80)
    assert text == IN_80_COLUMNS
    assert max(map(len, text.splitlines())) <= 80


def test_texts_that_rows_share_stand_above_them() -> None:
    columns = (Column("a", "Contract"), Column("b", "Model"), Column("n", "Sum", number=True))
    rows = (("openai", "gpt-4o", 10), ("openai", "gpt-4o-mini", 2), ("groq", "llama", 30))
    table = Table("t", "", columns, rows)
    assert (
        render([table], "text", 22)
        == """\
Contract
  Model        Sum
  -----------  ---
openai
  gpt-4o        10
  gpt-4o-mini    2
groq
  llama         30
"""
    )


def test_figures_are_never_cut() -> None:
    text = render([LOTS], "text", 20)
    for figure in ("1250", "95.48", "94.98"):
        assert figure in text


def test_an_empty_table_says_so() -> None:
    assert render([EMPTY], "text") == "Nothing\n\nlot  n\n---  -\n(none)\n"


def test_tables_are_parted_by_a_blank_line() -> None:
    assert "(none)\n\nLots of OpenAI" in render([EMPTY, LOTS], "text")


def test_long_notes_wrap_on_a_terminal_only() -> None:
    noted = replace(EMPTY, notes=("word " * 30 + "end",))
    assert max(map(len, render([noted], "text", 80).splitlines())) <= 80
    assert ("word " * 30 + "end") in render([noted], "text")


def test_a_name_can_neither_break_a_line_nor_speak_to_the_terminal() -> None:
    hostile = Table("t", "t", (Column("a", "a"),), (("red\x1b[31m\nnext\u202e",),))
    assert render([hostile], "text").splitlines()[-1] == r"red\x1b[31m\nnext\u202e"


def test_an_int_in_a_column_of_amounts_has_its_places() -> None:
    table = Table("t", "", (Column("a", "a", True, 2, True),), ((0,), (Decimal("1.5"),)))
    assert render([table], "text").split() == ["a", "----", "0.00", "1.50", "----", "1.50"]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (["1", "2.50", "10.125"], ["1    ", "2.50 ", "10.125"]),
        (["1", "", "20"], ["1", "", "20"]),
        ([], []),
    ],
)
def test_decimal_points_stand_in_one_column(numbers: list[str], expected: list[str]) -> None:
    assert [text.rstrip() for text in aligned(numbers)] == [text.rstrip() for text in expected]
    places = [len(text) - text.index(".") for text in aligned(numbers) if "." in text]
    assert len(set(places)) <= 1


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("research", 8, ["research"]),
        ("research", 7, ["researc", "h"]),
        ("gpt-4o-mini-2024", 8, ["gpt-4o-", "mini-", "2024"]),
        ("Used a day", 6, ["Used a", "day"]),
        ("漢字漢字", 8, ["漢字漢字"]),
        ("漢字漢字", 6, ["漢字漢", "字"]),  # two columns each: 2 + 2 + 2 = 6
        ("漢字", 1, ["漢", "字"]),  # wider than the width, but never lost
        ("e\u0301tude", 5, ["e\u0301tude"]),
    ],
)
def test_texts_go_on_in_the_next_line(text: str, width: int, expected: list[str]) -> None:
    assert folded(text, width) == expected


def test_the_widest_text_gives_way_first() -> None:
    # 30 + 12 + 9 = 51 into 40: the first shrinks by 11, the figures never
    assert fitted([30, 12, 9], [True, True, False], 40, 8) == [19, 12, 9]
    assert fitted([30, 12, 9], [True, True, False], 5, 8) == [8, 8, 9]
