"""Whoever a book tells of is known, wherever it tells of him."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.books import tokenbooks, write_book
from tokenbooks.desk.known_people import of_closes
from tokenbooks.desk.redaction import NamedFiles, read_redaction
from tokenbooks.sources.redaction_key import KEY_VARIABLE

BOOK = """\
book: Tests
currency: USD
start: 2025-10
redact: [seat]
names: {user: {u-1: Ada}, project: {p-1: Ask eve@example.com}}
allocate:
  - {when: {api_key: "shop-*"}, class: rd, cost_center: lab}
contracts:
  llm:
    side: buy
    party: LLM
    plan: llm
    settle: arrears
    usage:
      - {files: usage/*.csv, dimensions: [seat, desk], scope: {user: Grace}}
"""
PLAN = """\
plan: llm
currency: USD
rates:
  - {for: {customer: Acme}, prices: {credits: 1}}
  - {for: {model: m}, prices: {credits: 1}}
modifiers:
  - {name: less, when: {user: Barbara}, times: {credits: 0.5}}
"""
USAGE = """\
date,model,user,api_key,seat,desk,credits
2025-10-03,m,Edsger,own key,window,next to bob@example.com,5
"""


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(KEY_VARIABLE, 32 * "k")
    return write_book(tmp_path, {"plans/llm.yaml": PLAN, "usage/a.csv": USAGE}, BOOK)


@pytest.mark.parametrize(
    ("value", "dimension"),
    [
        ("u-1", "user"),  # an id that has a name, and the name
        ("Ada", "user"),
        ("Ask eve@example.com", "project"),
        ("shop-*", "api_key"),  # a rule of the book
        ("Grace", "user"),  # what a download is filtered to
        ("Acme", "customer"),  # a rate and a modifier of a plan
        ("Barbara", "user"),
        ("Edsger", "user"),  # usage
        ("own key", "api_key"),
        ("window", "seat"),
        ("next to bob@example.com", "desk"),
    ],
)
def test_who_is_known(book: Path, value: str, dimension: str) -> None:
    redaction, problems = read_redaction(book, NamedFiles())
    assert redaction is not None
    assert problems == []
    assert (
        redaction.text(f"of {value} today") == f"of {redaction.pseudonym(dimension, value)} today"
    )


def test_a_book_with_errors_tells_who_is_known_too(book: Path) -> None:
    (book / "plans/llm.yaml").write_text("plan: llm\n")
    (book / "tokenbooks.yaml").write_text(BOOK.replace("side: buy", "side: by"))
    redaction, _ = read_redaction(book, NamedFiles())
    assert redaction is not None
    assert redaction.text("Edsger") == redaction.pseudonym("user", "Edsger")


def test_what_closes_keep_is_known_though_the_files_are_gone(book: Path) -> None:
    ran = tokenbooks(book, "close", "-p", "2025-10", "--write")
    assert ran.code == 0, ran.err
    shutil.rmtree(book / "usage")
    people = ("user", "api_key")
    assert of_closes(book, people) == {"Edsger": "user", "own key": "api_key"}


def test_files_without_a_book(book: Path) -> None:
    named = NamedFiles((book / "usage/a.csv",), (book / "plans/llm.yaml",))
    redaction, _ = read_redaction(None, named)
    assert redaction is not None
    assert redaction.text("Edsger, Acme, window") == (
        f"{redaction.pseudonym('user', 'Edsger')},"
        f" {redaction.pseudonym('customer', 'Acme')}, window"
    )
