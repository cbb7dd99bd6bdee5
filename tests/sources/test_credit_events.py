"""The events of credits.csv: what each makes of its row, and which cells it takes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.small_book import BOOK, PLAN, codes
from tests.sources.test_credits import read
from tokenbooks.conditions import Conditions
from tokenbooks.documents import TransferTo
from tokenbooks.sources.credits.events import EVENTS, FORMS
from tokenbooks.sources.credits.reading import COLUMNS

#: Two lots to change, and two contracts more: one with parties, one in euros.
CONTRACTS = (
    BOOK
    + """\
  seats: {side: buy, party: Cursor, plan: api, settle: prepaid, each: user}
  mistral: {side: buy, party: Mistral, plan: api, settle: prepaid, pool: group}
"""
)
HEADER = "date,contract,event,credits,lot,parent,paid,starts,expires,scope,pool,to,party,memo"
MADE = """\
2025-10-02,openai,purchase,100,A,,80,,2026-06-30,,,,,
2025-10-02,seats,purchase,50,S,,,,,,,,jane,
"""


def rows(*lines: str) -> str:
    """The lots of ``MADE``, then rows given as far as their last filled cell."""
    width = HEADER.count(",")
    filled = [line + "," * (width - line.count(",")) for line in lines]
    return "\n".join([HEADER, MADE + "\n".join(filled), ""])


@pytest.mark.parametrize(
    ("row", "lot", "parent"),
    [
        # what only takes away, or lets live longer, names its lot
        ("2025-11-03,openai,refund,10,A", "A", None),
        ("2025-11-03,openai,chargeback,10,A,,9.50", "A", None),
        ("2025-11-03,openai,void,,A", "A", None),
        ("2025-11-03,openai,adjust,-10,A,,,,,,,,,counted twice", "A", None),
        ("2025-11-03,openai,extend,,A,,,,2026-12-31", "A", None),
        ("2025-11-03,openai,transfer,10,A,,,,,,,entity:Sister", "A", None),
        # what makes a lot out of another is called after it
        ("2025-11-03,openai,adjust,10,A,,,,,,,,,forgotten", "A-adjust-2025-11-03", "A"),
        ("2025-11-03,openai,rollover,10,,A", "A-rollover-2025-11-03", "A"),
        ("2025-11-03,openai,rollover,10,next,A", "next", "A"),
        ("2025-11-03,openai,transfer,10,A,,,,,,,mistral", "A-transfer-2025-11-03", "A"),
        ("2025-11-03,openai,transfer,10,A,,,,,,,seats/jane", "A-transfer-2025-11-03", "A"),
        # what comes from elsewhere is called after its contract and party
        ("2025-11-03,openai,transfer,10,,,8.00", "openai-2025-11-03", None),
        ("2025-11-03,openai,transfer,10,gift,,0", "gift", None),
        ("2025-11-03,seats,purchase,10,,,,,,,,,jane", "seats-jane-2025-11-03", None),
        ("2025-11-03,seats,grant,10,,,,,,,,,a b@c.org", "seats-a-b-c.org-2025-11-03", None),
    ],
)
def test_the_lot_that_a_row_makes_or_names(
    tmp_path: Path, row: str, lot: str, parent: str | None
) -> None:
    events, problems = read(tmp_path, rows(row), CONTRACTS)
    assert [str(problem) for problem in problems] == []
    assert (events[-1].lot, events[-1].parent) == (lot, parent)


def test_a_second_lot_of_one_name_gets_a_number(tmp_path: Path) -> None:
    text = rows(
        "2025-11-03,openai,adjust,10,A,,,,,,,,,forgotten",
        "2025-11-03,openai,adjust,5,A,,,,,,,,,and more",
        "2025-11-03,openai,adjust,5,B,,,,,,,,,another lot",
        "2025-10-03,openai,grant,5,B",
    )
    events, problems = read(tmp_path, text, CONTRACTS)
    assert codes(problems) == ["lot-unnamed"]
    assert [event.lot for event in events[2:]] == [
        "A-adjust-2025-11-03",
        "A-adjust-2025-11-03-2",
        "B-adjust-2025-11-03",
        "B",
    ]


def test_cells_of_the_new_columns(tmp_path: Path) -> None:
    text = rows(
        "2025-11-03,mistral,grant,10,,,,,,model: o1* | gpt-4o; batch: True,group",
        "2025-11-03,openai,transfer,10,A,,,2025-11-03T12:00:00Z,,,,seats/jane",
        "2025-11-03,openai,adjust,-2.5,A,,,,,,,,OpenAI,counted twice",
    )
    events, problems = read(tmp_path, text, CONTRACTS)
    assert problems == []
    grant, transfer, adjust = events[2:]
    assert grant.scope == Conditions.of({"model": ("gpt-4o", "o1*"), "batch": ("true",)})
    assert grant.pool == "group"
    assert transfer.to == TransferTo("seats", "jane")
    assert transfer.starts == datetime(2025, 11, 3, 12, tzinfo=UTC)
    # a contract without `each` has one party, which needs no name
    assert (adjust.credits, adjust.party) == (Decimal("-2.5"), "")


def test_credits_of_a_plan_in_credits_are_taken_at_their_worth(tmp_path: Path) -> None:
    plan = PLAN + "credits: {unit: credit, worth: 0.01}\n"
    text = rows("2025-11-03,openai,adjust,-40,A,,,,,,,,,counted twice")
    events, problems = read(tmp_path, text, CONTRACTS, plan)
    assert problems == []
    assert [event.credits for event in events] == [Decimal(1), Decimal("0.5"), Decimal("-0.4")]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("2025-11-03,openai,refund,10", ["cell-missing"]),
        ("2025-11-03,openai,refund,,A", ["cell-missing"]),
        ("2025-11-03,openai,refund,-10,A", ["cell-negative"]),
        ("2025-11-03,openai,refund,0,A", ["credits-zero"]),
        ("2025-11-03,openai,refund,10,A,,,,2026-01-31", ["cell-misplaced"]),
        ("2025-11-03,openai,refund,10,A,A", ["cell-misplaced"]),
        ("2025-11-03,openai,void,0,A", ["credits-zero"]),
        ("2025-11-03,openai,void,,A,,5", ["cell-misplaced"]),
        ("2025-11-03,openai,adjust,0,A,,,,,,,,,nothing", ["credits-zero"]),
        ("2025-11-03,openai,adjust,-10,A", ["cell-missing"]),
        ("2025-11-03,openai,adjust,-10,A,,5,,,,,,,why", ["cell-misplaced"]),
        ("2025-11-03,openai,adjust,10,A,,5,,,,,,,why", []),
        ("2025-11-03,openai,extend,,A", ["cell-missing"]),
        ("2025-11-03,openai,extend,0,A,,,,2026-12-31", []),
        ("2025-11-03,openai,extend,5,A,,,,2026-12-31", ["cell-misplaced"]),
        ("2025-11-03,openai,rollover,5", ["cell-missing"]),
        ("2025-11-03,openai,rollover,5,,A,,,2025-11-02", ["expires-before-start"]),
        ("2025-11-03,openai,rollover,5,,A,3", ["cell-misplaced"]),
        ("2025-11-03,openai,transfer,10,A,,,,,,,openai", ["transfer-nowhere"]),
        ("2025-11-03,openai,transfer,10,A,,,,,,,anthropic", ["credits-arrears"]),
        ("2025-11-03,openai,transfer,10,A,,,,,,,mistrall", ["contract-unknown"]),
        ("2025-11-03,openai,transfer,10,A,,,,,,,seats", ["cell-missing"]),
        ("2025-11-03,openai,transfer,10,A,,,,,,,mistral/jane", ["party-unneeded"]),
        ("2025-11-03,openai,transfer,10,A,,,,,,,entity:", ["cell-invalid"]),
        ("2025-11-03,openai,transfer,10,A,,,,,,,entity:A|B", ["cell-invalid"]),
        ("2025-11-03,openai,transfer,10,A,,8,,,,,mistral", ["cell-misplaced"]),
        ("2025-11-03,openai,transfer,10", ["cell-missing"]),
        ("2025-11-03,openai,refund,10,A,,,2025-11-03", ["starts-misplaced"]),
        ("2025-11-03,openai,refund,10,A,,,2025-11-03T23:59:59Z", []),
        ("2025-11-03,openai,refund,10,A,,,2025-11-03T23:59:59-01:00", ["starts-misplaced"]),
        ("2025-11-03,openai,grant,10,,,,,,model", ["cell-invalid"]),
        ("2025-11-03,openai,grant,10,,,,,,model: a; model: b", ["cell-invalid"]),
        ("2025-11-03,openai,grant,10,,,,,,model: a |", ["cell-invalid"]),
        ("2025-11-03,openai,grant,10,,,,,,modell: a", ["dimension-unknown"]),
        ("2025-11-03,openai,grant,10,,,,,,,group", ["pool-unknown"]),
        ("2025-11-03,openai,grant,10,,,,,,,,,jane", ["party-unneeded"]),
        ("2025-11-03,seats,grant,10", ["cell-missing"]),
        ("2025-11-03,openai,grant,10,,,,,,,,mistral", ["cell-misplaced"]),
        ("2025-09-30,openai,grant,10", ["before-start"]),
        ("2025-09-30,openai,void,,A", ["before-start", "lot-before-start"]),
    ],
)
def test_single_rows(tmp_path: Path, row: str, found: list[str]) -> None:
    assert codes(read(tmp_path, rows(row), CONTRACTS)[1]) == found


def test_service_credits_that_reduce_expense_need_a_rate(tmp_path: Path) -> None:
    """Their list value in the plan's currency is less expense in the book's."""
    book = BOOK.replace("arrears", "prepaid") + "policies: {sla_credit: reduce_expense}\n"
    text = "date,contract,event,credits,kind,currency,fx_rate\n"
    text += "2025-10-29,openai,grant,5,sla,EUR,1.08\n2025-10-30,openai,grant,5,sla,,\n"
    [problem] = read(tmp_path, text, book, PLAN.replace("USD", "EUR"))[1]
    assert (problem.code, problem.position.line) == ("fx-rate-missing", 3)


def test_forms_are_of_events_and_of_columns_that_there_are() -> None:
    assert {name.split()[0] for name in FORMS} == set(EVENTS)
    used = {column for form in FORMS.values() for column in form.columns}
    assert used == set(COLUMNS.known)
