"""The pages of docs/exports: each format that ships is on one of them, and all are in the index."""

from __future__ import annotations

import re

import pytest

from tests.documents import ROOT
from tokenbooks.sources.exports.descriptors.reading import shipped_descriptors

FOLDER = ROOT / "docs/exports"
INDEX = (FOLDER / "README.md").read_text()
PAGES = {path.name: path.read_text() for path in sorted(FOLDER.glob("*.md"))}
PAGES.pop("README.md")

#: A row of the index: what it is, its format, its file, where it stands in a book, its page.
ROW = re.compile(
    r"^\| (?P<title>[^|]+) \| `(?P<format>[^`|]+)` \| [^|]+ \| (?P<under>[^|]+) \|"
    r" \[[^]]+\]\((?P<page>[^)]+)\) \|$",
    re.MULTILINE,
)
ROWS = [match.groupdict() for match in ROW.finditer(INDEX)]
SHIPPED = {descriptor.id: descriptor for descriptor in shipped_descriptors()}


@pytest.mark.parametrize("format", SHIPPED)
def test_a_format_is_in_the_index_once_and_on_the_page_that_it_leads_to(format: str) -> None:
    rows = [row for row in ROWS if row["format"] == format]
    assert len(rows) == 1
    descriptor, (row,) = SHIPPED[format], rows
    assert row["title"] == descriptor.title
    kinds = tuple(re.findall(r"`([a-z]+)`", row["under"]))
    assert kinds == (() if descriptor.is_empty else descriptor.kinds)
    assert f"`{format}`" in PAGES[row["page"]]


def test_the_index_has_no_other_format_and_leads_to_every_page() -> None:
    assert {row["format"] for row in ROWS} == set(SHIPPED)
    assert {row["page"] for row in ROWS} == set(PAGES)
