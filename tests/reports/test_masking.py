"""Secrets are masked wherever they stand; what is none stays."""

from __future__ import annotations

import pytest

from tokenbooks.conditions import Conditions
from tokenbooks.problems import Position, error
from tokenbooks.reports.masking import masked, masked_problem, masked_table
from tokenbooks.reports.table import Column, Table

SECRETS = {
    "sk-Invented0123456789WXYZ": "sk-*WXYZ",
    "sk-inventedinventedinventedWXYZ": "sk-*WXYZ",
    "sk-proj-Invented_0123-456789WXYZ": "sk-proj-*WXYZ",
    "sk-ant-api03-Invented0123456789-_WXYZ": "sk-ant-api03-*WXYZ",
    "sk-or-v1-0123456789abcdef0123456789abcdef": "sk-or-v1-*cdef",
    "xai-Invented0123456789WXYZ": "xai-*WXYZ",
    "gsk_Invented0123456789WXYZ": "gsk_*WXYZ",
    "AKIAINVENTED01234567": "AKIA*4567",
    "AIzaInvented0123456789-Invented0123456": "AIza*3456",
    "key-Invented0123456789": "key-*6789",
}


@pytest.mark.parametrize(("secret", "shown"), SECRETS.items())
def test_of_a_secret_its_beginning_and_four_signs_are_shown(secret: str, shown: str) -> None:
    assert masked(secret) == shown
    assert masked(f"no price for '{secret}', since") == f"no price for '{shown}', since"


@pytest.mark.parametrize(("secret", "shown"), SECRETS.items())
def test_what_is_shown_is_a_glob_that_matches_the_secret(secret: str, shown: str) -> None:
    assert Conditions.of({"api_key": (shown,)}).hold({"api_key": (secret,)})


@pytest.mark.parametrize(
    "name",
    [
        "key_gateway",
        "api-support",
        "api-support-for-our-customers",
        "sk-short",
        "apikey_01InventedInventedInvented",
        "key_Invented0123456789WXYZ",
        "proj_Invented0123456789WXYZ",
        "task-Invented0123456789WXYZ",
        "gpt-4o-mini-2024-07-18",
        "AKIAINVENTED012345678",
        "sk-*WXYZ",
        # masked by the provider
        "sk-demo1***********************0001",
        "sk-proj-Invented0123456789****WXYZ",
    ],
)
def test_what_only_looks_like_a_secret_stays(name: str) -> None:
    assert masked(name) == name


def test_cells_titles_notes_and_problems_are_masked() -> None:
    secret, shown = next(iter(SECRETS.items()))
    table = Table("t", secret, (Column("a", "A"),), ((secret,), (5,), (None,)), (f"{secret}.",))
    hidden = masked_table(table)
    assert (hidden.title, hidden.rows, hidden.notes) == (
        shown,
        ((shown,), (5,), (None,)),
        (f"{shown}.",),
    )
    told = masked_problem(error("code", f"is {secret}", f"not {secret}", Position(secret, 3)))
    assert str(told) == f"{shown}:3: error[code]: is {shown}\n  help: not {shown}"
