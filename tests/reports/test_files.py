"""CSV, JSON and Markdown: what files and other programs read."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.reports.example import EMPTY, LOTS
from tokenbooks.reports import rendering
from tokenbooks.reports.csv_text import neutralised
from tokenbooks.reports.rendering import FORMATS, render, terminal_width
from tokenbooks.reports.table import Column, Table

CSV = """\
lot,memo,credits,cost,draws,expires,free
openai-2025-11-05,"Top-up by card, approved by the head of research for the agents project",\
100.5,95.475,12,2026-11-05,no
grant-7,Trial | free,1250,-0.50,3,,yes
"""

MARKDOWN = """\
### Lots of OpenAI, 2025-11

| lot | memo | credits | cost USD | draws | expires | free |
| --- | --- | ---: | ---: | ---: | --- | --- |
| openai-2025-11-05 | Top-up by card, approved by the head of research for the agents project \
| 100.5 | 95.48 | 12 | 2026-11-05 | no |
| grant-7 | Trial \\| free | 1250 | -0.50 | 3 |  | yes |
| Total |  |  | 94.98 | 15 |  |  |

Cost is what was paid, credits are list value.
"""


def test_csv_has_every_value_in_full() -> None:
    assert render([LOTS], "csv") == CSV


def test_several_tables_of_csv_are_parted_by_a_blank_line() -> None:
    assert render([EMPTY, LOTS], "csv") == f"lot,n\n\n{CSV}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ('@SUM(A1)|cmd|"', "'@SUM(A1)|cmd|\""),
        ("+49 30 123", "'+49 30 123"),
        ("-cmd", "'-cmd"),
        ("-1-1", "'-1-1"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-12.50", "-12.50"),
        ("+3", "+3"),
        ("gpt-4o", "gpt-4o"),
        ("", ""),
    ],
)
def test_formulas_are_neutralised(text: str, expected: str) -> None:
    assert neutralised(text) == expected


def test_a_formula_in_a_table_is_neutralised_in_csv() -> None:
    table = Table("t", "t", (Column("=a", "a"), Column("b", "b")), (("=1+1", "-2"),))
    assert render([table], "csv") == "'=a,b\n'=1+1,-2\n"


def test_markdown() -> None:
    assert render([LOTS], "md") == MARKDOWN


def test_markup_in_a_name_stays_text_in_markdown() -> None:
    table = Table("t", "", (Column("a", "a"),), (("<b>*x*</b>\n[y](z)",),))
    line = render([table], "md").splitlines()[-1]
    assert line == r"| \<b\>\*x\*\</b\>\\n\[y\](z) |"


def test_json_is_one_document() -> None:
    assert json.loads(render([LOTS, EMPTY], "json")) == {
        "lots": {
            "title": "Lots of OpenAI, 2025-11",
            "notes": ["Cost is what was paid, credits are list value."],
            "rows": [
                {
                    "lot": "openai-2025-11-05",
                    "memo": LOTS.rows[0][1],
                    "credits": "100.5",
                    "cost": "95.475",
                    "draws": 12,
                    "expires": "2026-11-05",
                    "free": False,
                },
                {
                    "lot": "grant-7",
                    "memo": "Trial | free",
                    "credits": "1250",
                    "cost": "-0.50",
                    "draws": 3,
                    "expires": None,
                    "free": True,
                },
            ],
        },
        "empty": {"title": "Nothing", "notes": [], "rows": []},
    }


def test_two_tables_of_one_name_are_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="same name"):
        render([LOTS, LOTS], "json")


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_carries_every_decimal_that_its_reader_may_need(format: str) -> None:
    long = Decimal("0.123456789012345678901234567890123456789")
    table = Table("t", "t", (Column("a", "a", number=True),), ((long,),))
    assert str(long) in render([table], format)


@pytest.mark.parametrize("format", FORMATS)
def test_bytes_that_are_no_text_do_not_stop_a_report(format: str) -> None:
    named = replace(LOTS, rows=(("usage-\udcff.csv", *LOTS.rows[0][1:]),))
    assert rb"usage-\udcff.csv" in render([named], format).replace("\\\\", "\\").encode()


def test_an_unknown_format_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="xml"):
        render([LOTS], "xml")


def test_the_width_is_the_terminals_and_none_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(rendering.sys.stdout, "isatty", lambda: True, raising=False)
    assert terminal_width() == 100
    monkeypatch.setattr(rendering.sys.stdout, "isatty", lambda: False, raising=False)
    assert terminal_width() is None
