"""Pages after which there are more: the next one must follow, in the same file or beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.exports.formats.offering import Downloads, json_text
from tests.sources.exports.formats.test_openai_api import NOV_3, NOV_4, NOV_5, TEXT, bucket, page

FIRST = page(bucket(NOV_3, TEXT), more="page_2")
SECOND = page(bucket(NOV_4, TEXT))
EMPTY = page(bucket(NOV_4))
LATER = page(bucket(NOV_5, TEXT))


@pytest.mark.parametrize(
    ("files", "codes"),
    [
        ([[FIRST]], ["pages-missing"]),
        ([[FIRST, SECOND]], []),  # in one file
        ([[SECOND, FIRST]], ["pages-missing"]),  # it is the last page that tells
        ([[FIRST], [SECOND]], []),  # beside it
        ([[FIRST], [EMPTY]], []),  # a period without data goes on there, too
        ([[FIRST], [LATER]], ["pages-missing"]),  # a day lacks
        ([[SECOND]], []),
    ],
)
def test_what_follows_the_last_page(
    tmp_path: Path, files: list[list[object]], codes: list[str]
) -> None:
    texts = {f"{n}.json": json_text(*pages) for n, pages in enumerate(files)}
    assert Downloads(tmp_path, texts).codes == codes


def test_it_is_told_where_the_pages_end(tmp_path: Path) -> None:
    (problem,) = Downloads(tmp_path, {"usage.json": json_text(FIRST)}).problems
    assert f"{problem}" == (
        "usage.json: warning[pages-missing]: its last page ends 2025-11-04 00:00 UTC and says that"
        " there are more\n"
        "  help: save the further pages too (`page=` the `next_page` of each), or ask for more a"
        " page"
    )


def test_a_list_of_pages_is_as_good_as_the_pages(tmp_path: Path) -> None:
    for pages, codes in (([FIRST], ["pages-missing"]), ([FIRST, SECOND], [])):
        assert Downloads(tmp_path, {"usage.json": json_text(pages)}).codes == codes
