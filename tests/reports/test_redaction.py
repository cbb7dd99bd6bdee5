"""Pseudonyms: in the columns of people always, elsewhere for whole words that are known."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.problems import Position, error
from tokenbooks.reports.redaction import Redaction
from tokenbooks.reports.table import Column, Table

KEY = b"an invented key of more than 32 signs"
PEOPLE = ("user", "api_key")
KNOWN = {
    "alice": "user",
    "alice smith": "user",
    "bob@example.com": "user",
    "gateway": "api_key",
    "gate*": "api_key",
    "requests": "api_key",
    "7": "user",
    "Anna <anna@example.com>": "project",
}
REDACTION = Redaction(KEY, PEOPLE, KNOWN)


def name(value: str) -> str:
    """The pseudonym that a value of ``KNOWN`` has in a text; an unknown one is a mail."""
    return REDACTION.pseudonym(KNOWN.get(value, "mail"), value)


def expected(text: str) -> str:
    """A text in which ``[value]`` stands for the pseudonym of a value."""
    return re.sub(r"\[(.*?)\]", lambda found: name(found[1]), text)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        # whole words, however they are set off
        ("user alice", "user [alice]"),
        ("it lacks 'alice', (alice) and alice.", "it lacks '[alice]', ([alice]) and [alice]."),
        ("usage/alice/a.csv and alice.csv", "usage/[alice]/a.csv and [alice].csv"),
        ("user: gate*, model: m", "user: [gate*], model: m"),
        # the longest one
        ("user alice smith", "user [alice smith]"),
        # never a part of a word
        ("malice alices alice-laptop lady-alice x.alice.y", None),
        # mail addresses, known or not
        ("bob@example.com", "[bob@example.com]"),
        ("<eve.o'hara+x@mail.example.org>", "<[eve.o'hara+x@mail.example.org]>"),
        ("by alice@example.com, alice", "by [alice@example.com], [alice]"),
        ("q=eve%40example.com", "q=[eve%40example.com]"),
        ("Anna <anna@example.com> has", "[Anna <anna@example.com>] has"),
        ("package@1.2.3 at @ home", None),
        # figures and ordinary words only after the name of their dimension
        ("7 requests since day 7", None),
        ("user 7, api key: requests", "user [7], api key: [requests]"),
        ("api_key: gateway | requests", "api_key: [gateway] | [requests]"),
    ],
)
def test_texts(text: str, redacted: str | None) -> None:
    assert REDACTION.text(text) == expected(redacted or text)


def test_a_long_value_that_a_message_has_cut_is_known_too() -> None:
    long = "a name of a person that is longer than messages have room for"
    redaction = Redaction(KEY, PEOPLE, {long: "user"})
    assert redaction.text(f"no price for '{long[:37]}...'") == (
        f"no price for '{redaction.pseudonym('user', long)}'"
    )


def test_columns_of_people_are_hidden_whatever_is_in_them() -> None:
    columns = (
        Column("user", "User"),
        Column("model", "Model"),
        Column("meter", "Meter"),
        Column("cost", "Cost", number=True),
    )
    rows = (("carol", "alice", "requests", Decimal(1)), ("", "m", "requests", Decimal(2)))
    (hidden,) = REDACTION.tables([Table("t", "Usage of alice", columns, rows, ("alice: 1",))])
    assert hidden.rows == (
        (REDACTION.pseudonym("user", "carol"), name("alice"), "requests", Decimal(1)),
        ("", "m", "requests", Decimal(2)),
    )
    assert hidden.title == expected("Usage of [alice]")
    assert hidden.notes == (expected("[alice]: 1"),)


def test_rows_that_name_a_dimension_of_people_are_hidden() -> None:
    columns = (Column("dimension", "Dimension"), Column("value", "Value"), Column("name", "Name"))
    rows = (("model", "carol", None), ("api_key", "carol", "Carol's key"))
    (hidden,) = REDACTION.tables([Table("t", "", columns, rows)])
    assert hidden.rows == (
        ("model", "carol", None),
        ("api_key", *(REDACTION.pseudonym("api_key", value) for value in rows[1][1:])),
    )


def test_rows_go_by_pseudonyms_where_all_before_them_is_the_same() -> None:
    columns = (Column("project", "Project"), Column("user", "User"), Column("n", "N", number=True))
    users = [f"person {number}" for number in range(9)]
    rows = [(project, user, at) for project in ("a", "b") for at, user in enumerate(users)]
    (hidden,) = REDACTION.tables([Table("t", "", columns, tuple(rows))])
    assert [row[0] for row in hidden.rows] == 9 * ["a"] + 9 * ["b"]
    shown = [str(row[1]) for row in hidden.rows]
    assert shown == 2 * sorted(REDACTION.pseudonym("user", user) for user in users)
    # each with its own figure
    assert {row[1]: row[2] for row in hidden.rows} == {
        REDACTION.pseudonym("user", user): at for at, user in enumerate(users)
    }


def test_an_order_that_is_not_by_names_stays() -> None:
    columns = (Column("charge", "#", number=True), Column("user", "User"), Column("for", "For"))
    rows = ((1, "bob", "model: m"), (2, "alice", "user: alice"), (3, "carol", "model: n"))
    (hidden,) = REDACTION.tables([Table("t", "", columns, rows)])
    assert [row[0] for row in hidden.rows] == [1, 2, 3]
    (hidden,) = REDACTION.tables([Table("t", "", columns[2:], tuple(row[2:] for row in rows))])
    assert [row[0] for row in hidden.rows] == ["model: m", expected("user: [alice]"), "model: n"]


def test_problems_are_hidden_with_the_names_of_their_files() -> None:
    told = REDACTION.problem(error("c", "of alice", "tell alice", Position("usage/alice/a.csv", 2)))
    assert str(told) == expected(
        "usage/[alice]/a.csv:2: error[c]: of [alice]\n  help: tell [alice]"
    ).replace(name("c"), "[c]")


@given(st.text(min_size=1), st.text(min_size=1))
def test_pseudonyms_are_the_same_for_one_value_only(one: str, other: str) -> None:
    pseudonyms = [REDACTION.pseudonym("user", value) for value in (one, other)]
    assert (pseudonyms[0] == pseudonyms[1]) == (one == other)
    assert all(re.fullmatch("user-[0-9a-z]{10}", pseudonym) for pseudonym in pseudonyms)
    # the dimension is told apart, the value is not
    assert REDACTION.pseudonym("api_key", one) == pseudonyms[0].replace("user", "api_key")


@given(st.text())
def test_a_text_without_known_values_or_mails_stays(text: str) -> None:
    if "@" not in text and "%40" not in text:
        assert Redaction(KEY, PEOPLE, {}).text(text) == text


@given(st.text(min_size=1).filter(str.strip))
def test_a_value_is_found_right_after_its_dimension(value: str) -> None:
    redaction = Redaction(KEY, PEOPLE, {value: "user"})
    assert redaction.text(f"user {value}") == f"user {redaction.pseudonym('user', value)}"
