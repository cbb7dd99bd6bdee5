"""A statement beside usage, day by day and key by key: only what differs is handed on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.books import close, write_book
from tests.reconcile.statements import (
    BOOK,
    FORMAT,
    PLAN,
    compared,
    costs,
    look,
    seen,
    told,
    usage,
)
from tokenbooks.desk.look_at_statements import look_at_statements
from tokenbooks.desk.open_book import open_book
from tokenbooks.periods import Period
from tokenbooks.reconcile.statements import compare_cells
from tokenbooks.reconcile.statements.cells import ROW, Agreed, Cell, Side
from tokenbooks.reconcile.statements.statement_causes import statement_causes

MILLION = 1_000_000
THIRD, FOURTH, FIFTH = date(2025, 10, 3), date(2025, 10, 4), date(2025, 10, 5)


def side(amount: str, quantity: int | None = None, rows: int = 1) -> Side:
    return Side(Fraction(amount), None if quantity is None else Fraction(quantity), rows)


def sides(cells: tuple[Cell, ...]) -> list[tuple[object, ...]]:
    return [(cell.day.day, cell.key, cell.usage, cell.statement) for cell in cells]


def test_cells_that_agree_are_only_summed(tmp_path: Path) -> None:
    """2M of input at 1 and 1M of output at 2; both sides tell model, meter and project."""
    facts = compared(
        tmp_path,
        usage("2025-10-03,gpt,web,2000000,1000000"),
        costs(
            "2025-10-03,2,gpt-2025; input,2000000,web",
            "2025-10-03,2,gpt-2025; output,1000000,web",
        ),
    )
    assert facts.compared.dimensions == ("model", "meter", "project")
    assert facts.compared.cells == ()
    assert facts.compared.agreed[:4] == (2, 4, 0, 0)
    assert (facts.stated_total, facts.rated_total) == (4, 4)
    assert facts.covers == (THIRD, THIRD)
    assert facts.files == ("statements/a.csv",)


def test_a_cell_that_differs_has_both_sides(tmp_path: Path) -> None:
    """The statement has 3 for what costs 2, on the same quantity; nothing of the output."""
    facts = compared(
        tmp_path,
        usage("2025-10-03,gpt,web,2000000,0", "2025-10-04,gpt,web,1000000,500000"),
        costs(
            "2025-10-03,3,gpt; input,2000000,web",
            "2025-10-04,1,gpt; input,1000000,web",
        ),
    )
    assert sides(facts.compared.cells) == [
        (3, ("gpt", "input_tokens", "web"), side("2", 2 * MILLION), side("3", 2 * MILLION)),
        (4, ("gpt", "output_tokens", "web"), side("1", MILLION // 2), None),
    ]
    assert facts.compared.only_usage == {"output_tokens"}
    assert facts.compared.only_statement == frozenset()


def test_dimensions_that_one_side_tells_are_pieces(tmp_path: Path) -> None:
    """Costs without items are compared by day; models and meters are behind the days."""
    facts = compared(
        tmp_path,
        usage("2025-10-03,gpt,web,1000000,500000", "2025-10-04,gpt,web,1000000,0"),
        costs("2025-10-03,5,,,", "2025-10-04,1,,,"),
    )
    assert facts.compared.dimensions == ()
    assert sides(facts.compared.cells) == [(3, (), side("2"), side("5"))]
    pieces = facts.compared.usage_pieces[THIRD, ()]
    named = ("model", "gpt"), ("project", "web"), (ROW, "usage/a.csv:2")
    assert [(set(piece.values) - set(named), piece.amount, piece.quantity) for piece in pieces] == [
        ({("meter", "input_tokens")}, 1, MILLION),
        ({("meter", "output_tokens")}, 1, MILLION // 2),
    ]


def test_days_near_the_period_are_there_to_find_shifts(tmp_path: Path) -> None:
    """Usage of 1 November that the statement has on 31 October: only October's counts."""
    facts = compared(
        tmp_path,
        usage("2025-10-03,gpt,web,1000000,0", "2025-11-01,gpt,web,3000000,0"),
        costs("2025-10-03,1,,,", "2025-10-31,3,,,"),
    )
    assert [(c.day.isoformat(), c.difference) for c in facts.compared.cells] == [
        ("2025-10-31", 3),
        ("2025-11-01", -3),
    ]
    assert (facts.stated_total, facts.rated_total) == (4, 1)
    assert [(c.name, c.amount) for c in statement_causes(facts.compared)] == [("timing", 3)]


def test_free_quantities_are_cells_of_their_own(tmp_path: Path) -> None:
    """1M of 3M is complimentary; on the 4th all is. The rest is charged as we rate it."""
    facts = compared(
        tmp_path,
        usage("2025-10-03,gpt,web,3000000,0", "2025-10-04,gpt,web,1000000,0"),
        told(
            "2025-10-03,gpt,input,2000000,2,usage",
            "2025-10-03,gpt,input,1000000,1,free",
            "2025-10-04,gpt,input,1000000,0,usage",
        ),
    )
    assert facts.compared.dimensions == ("model", "meter", "charge")
    found = [(c.day.day, c.key[-1], c.free, c.difference) for c in facts.compared.cells]
    assert found == [(3, "free", True, -1), (3, "", False, 0), (4, "", True, -1)]
    assert [(c.name, c.amount) for c in statement_causes(facts.compared)] == [
        ("free usage", -1),
        ("free usage", -1),
    ]
    assert facts.by_meaning == {"granted": {THIRD: 1}}
    assert (facts.stated_total, facts.rated_total) == (2, 4)


def test_complimentary_rows_stand_apart_from_paid_ones_of_their_key(tmp_path: Path) -> None:
    """OpenAI's costs mark them by nothing but an amount of 0: 1M of 3M at 1 is free."""
    facts = compared(
        tmp_path,
        usage("2025-10-03,gpt,web,3000000,0"),
        costs("2025-10-03,2,gpt-2025; input,2000000,", "2025-10-03,0,gpt-2025; input,1000000,"),
    )
    found = [(c.name, c.amount) for c in statement_causes(facts.compared)]
    assert found == [("free usage", -1)]
    assert (facts.stated_total, facts.rated_total) == (2, 3)


def test_what_is_no_usage_is_summed_by_its_meaning(tmp_path: Path) -> None:
    """Usage 1, tax 0.19, a credit of 0.50 are owed: 0.69. A purchase is none of it."""
    facts = compared(
        tmp_path,
        usage("2025-10-03,gpt,web,1000000,0"),
        told(
            "2025-10-03,gpt,input,1000000,1,usage",
            "2025-10-03,,,,0.19,tax",
            "2025-10-04,,,,-0.50,credit",
            "2025-10-04,,,,100,purchase",
            "2025-11-01,,,,0.19,tax",
        ),
    )
    assert facts.by_meaning == {
        "credit": {FOURTH: Fraction(-1, 2)},
        "purchase": {FOURTH: 100},
        "tax": {THIRD: Fraction(19, 100)},
    }
    assert facts.stated_total == Fraction(69, 100)
    assert facts.compared.cells == ()


def test_what_the_source_rounds_is_bounded_by_its_rows(tmp_path: Path) -> None:
    """Two rows of half a cent each may hide 0.01: 1.01 for 1 agrees, 1.02 for 1 does not."""
    facts = compared(
        tmp_path,
        usage("2025-10-03,gpt,web,1000000,0", "2025-10-04,gpt,web,1000000,0"),
        told(
            "2025-10-03,gpt,input,500000,0.50,usage",
            "2025-10-03,gpt,input,500000,0.51,usage",
            "2025-10-04,gpt,input,500000,0.50,usage",
            "2025-10-04,gpt,input,500000,0.52,usage",
        ),
    )
    cent = Fraction(1, 100)
    assert facts.compared.agreed == Agreed(1, Fraction(1), 1, cent, cent)
    (cell,) = facts.compared.cells
    assert (cell.difference, cell.bound) == (2 * cent, cent)
    assert cell.statement == side("1.02", MILLION, 2)
    assert facts.tolerance == 2 * cent


def test_another_currency_is_converted_by_the_day(tmp_path: Path) -> None:
    """2 EUR are 2.20 USD on the 3rd and 2.30 on the 4th: our 2 and 2.30."""
    facts = compared(
        tmp_path,
        usage("2025-10-03,gpt,web,2000000,0", "2025-10-04,gpt,web,2300000,0"),
        told("2025-10-03,gpt,input,,2,usage", "2025-10-04,gpt,input,,2,usage", currency="EUR"),
        more={
            "rates.csv": "date,from,to,rate,source\n2025-10-01,EUR,USD,1.10,bank\n"
            "2025-10-04,EUR,USD,1.15,bank\n"
        },
    )
    assert (facts.currency, facts.stated_currency) == ("USD", "EUR")
    assert facts.stated_total == Fraction("4.5")
    assert [(c.day, c.difference) for c in facts.compared.cells] == [(THIRD, Fraction(1, 5))]
    assert [note.code for note in facts.notes] == ["statement-converted"]


def test_a_rate_of_exchange_that_is_missing_is_an_error(tmp_path: Path) -> None:
    files = {
        "formats/our-costs.yaml": FORMAT,
        "usage/a.csv": usage("2025-10-03,gpt,web,1000000,0"),
        "statements/a.csv": told("2025-10-03,gpt,input,1000000,1,usage", currency="EUR"),
    }
    found, problems = look(tmp_path, files)
    assert found is None
    assert [problem.code for problem in problems] == ["exchange-rate-missing"]


def test_too_many_differences_are_summed_by_the_way_they_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two days at 2 for 1 and one that the statement lacks, where no more than 2 cells are told."""
    monkeypatch.setattr(compare_cells, "MOST_CELLS", 2)
    facts = compared(
        tmp_path,
        usage(*(f"2025-10-0{day},gpt,web,1000000,0" for day in (3, 4, 5))),
        told("2025-10-03,gpt,input,1000000,2,usage", "2025-10-04,gpt,input,1000000,2,usage"),
    )
    assert facts.compared.dimensions == ("differs",)
    assert sides(facts.compared.cells) == [
        (1, ("only in the usage",), side("1", MILLION), None),
        (1, ("price",), side("2", 2 * MILLION, 2), side("4", 2 * MILLION, 2)),
    ]
    assert [note.code for note in facts.notes] == ["many-differences"]


def test_rows_of_more_than_a_day_are_compared_as_one_day(tmp_path: Path) -> None:
    """A month's cost in one row: 3 for usage of two days that is worth 3."""
    start, end = (int(datetime(2025, month, 1, tzinfo=UTC).timestamp()) for month in (10, 11))
    head = "start_time,end_time,amount_value,amount_currency,line_item"
    facts = compared(
        tmp_path,
        usage("2025-10-03,gpt,web,1000000,0", "2025-10-20,gpt,web,2000000,0"),
        f"{head}\n{start},{end},3,usd,\n",
    )
    assert facts.compared.cells == ()
    assert facts.compared.agreed.cells == 1


def test_names_that_no_alias_tells_are_left_out_with_a_warning(tmp_path: Path) -> None:
    facts = compared(
        tmp_path,
        usage("2025-10-03,gpt,web,1000000,0"),
        costs("2025-10-03,1,GPT Two; input,1000000,proj_9"),
    )
    assert facts.compared.dimensions == ("meter",)
    assert facts.compared.agreed.cells == 1
    assert [note.code for note in facts.notes] == ["names-differ", "names-differ"]
    assert "share no model: gpt here, GPT Two there" in facts.notes[0].message
    assert "aliases: {gpt: [GPT Two]}" in facts.notes[0].help
    assert "names: {project: {web: proj_9}}" in facts.notes[1].help


def test_names_of_the_book_are_the_same_on_both_sides(tmp_path: Path) -> None:
    facts = compared(
        tmp_path,
        usage("2025-10-03,gpt,web,1000000,0"),
        costs("2025-10-03,1,gpt; input,1000000,proj_9"),
        book=BOOK + "names: {project: {proj_9: web}}\n",
    )
    assert facts.compared.dimensions == ("model", "meter", "project")
    assert facts.compared.cells == ()
    assert facts.notes == ()


def test_prices_are_all_that_the_plan_knows(tmp_path: Path) -> None:
    """1 until 10 October and 3 from then on, half of it in a batch."""
    first, later = PLAN.split("    from: 2025-10-10")
    plan = f"{first}    from: 2025-10-10{later.replace('input_tokens: 1', 'input_tokens: 3')}"
    plan += "modifiers: [{name: batch, when: {batch: true}, times: {input_tokens: 0.5}}]\n"
    facts = compared(
        tmp_path,
        usage("2025-10-03,gpt,web,1000000,0"),
        costs("2025-10-03,3,gpt; input,1000000,web"),
        plan,
    )
    prices = facts.compared.prices["gpt", "input_tokens"]
    assert [(price.each * MILLION, price.words) for price in prices] == [
        (1, "until 2025-10-10"),
        (Fraction(1, 2), "batch, until 2025-10-10"),
        (3, "from 2025-10-10"),
        (Fraction(3, 2), "batch, from 2025-10-10"),
    ]


def test_terms_of_the_plan_have_no_day(tmp_path: Path) -> None:
    plan = PLAN + "fees: [{name: base, price: 20, every: month}]\n"
    facts = compared(
        tmp_path, usage("2025-10-03,gpt,web,1000000,0"), costs("2025-10-03,1,,,"), plan
    )
    assert facts.terms == {"fee": 20}
    assert (facts.stated_total, facts.rated_total) == (1, 21)


def test_a_price_without_a_finite_decimal_still_sums_up(tmp_path: Path) -> None:
    """1 for 3 tokens, 2 of them a day: what the tables round is in the rounding."""
    plan = (
        "plan: llm\ncurrency: USD\nrates: [{prices: {input_tokens: 1 per 3, output_tokens: 0}}]\n"
    )
    facts = compared(
        tmp_path,
        usage("2025-10-03,gpt,web,2,0", "2025-10-04,gpt,web,2,0"),
        costs("2025-10-03,0.7,,,", "2025-10-04,0.7,,,"),
        plan,
    )
    assert facts.rated_total == Fraction(4, 3)
    assert abs(facts.compared.agreed.rounding) < Fraction(1, 10**11)


def test_days_of_another_zone_are_one_cut_off(tmp_path: Path) -> None:
    """Two events on 30 November in New York; in UTC the second is of December: 10 less 30."""
    book = BOOK.replace("arrears,", "arrears, timezone: America/New_York,")
    files = {
        "plans/llm.yaml": "plan: llm\ncurrency: USD\nrates: [{prices: {credits: 1}}]\n",
        "usage/a.csv": "timestamp,credits\n2025-11-30T23:30:00Z,10\n2025-12-01T02:00:00Z,20\n",
        "statements/a.csv": costs("2025-11-30,10,,,", "2025-12-01,20,,,"),
    }
    facts = seen(tmp_path, files, book, Period.month(2025, 11))["llm"]
    assert (facts.stated_total, facts.rated_total, facts.cut_off) == (10, 30, -20)
    assert facts.zone == "UTC"
    assert facts.compared.cells == ()


def test_usage_of_days_cannot_be_cut_by_another_zone(tmp_path: Path) -> None:
    book = BOOK.replace("arrears,", "arrears, timezone: America/New_York,")
    facts = compared(
        tmp_path, usage("2025-10-03,gpt,web,1000000,0"), costs("2025-10-04,1,,,"), book=book
    )
    assert (facts.cut_off, facts.zone) == (0, "")
    assert [cell.day for cell in facts.compared.cells] == [THIRD, FOURTH]


def test_a_statement_of_other_months_says_nothing_of_this_one(tmp_path: Path) -> None:
    files = {
        "usage/a.csv": usage("2025-10-03,gpt,web,1000000,0"),
        "statements/a.csv": costs("2025-11-03,1,,,"),
    }
    assert seen(tmp_path, files) == {}


def test_purchases_alone_are_no_statement_of_usage(tmp_path: Path) -> None:
    files = {
        "formats/our-costs.yaml": FORMAT,
        "usage/a.csv": usage("2025-10-03,gpt,web,1000000,0"),
        "statements/a.csv": told("2025-10-03,,,,100,purchase", "2025-10-04,,,,5,free"),
    }
    assert seen(tmp_path, files) == {}


def test_the_newest_day_may_still_change(tmp_path: Path) -> None:
    """A cost file may lag: its last day is provisional."""
    facts = compared(
        tmp_path,
        usage("2025-10-04,gpt,web,1000000,0", "2025-10-05,gpt,web,1000000,0"),
        costs("2025-10-04,0.5,,,", "2025-10-05,0.5,,,"),
    )
    assert [(cell.day, cell.provisional) for cell in facts.compared.cells] == [
        (FOURTH, False),
        (FIFTH, True),
    ]


def test_usage_files_that_state_their_cost_are_a_statement(tmp_path: Path) -> None:
    """OpenRouter tells what each generation cost: 1.5 for 1M that we rate at 1."""
    book = BOOK.replace("    statement: statements/*.csv}", "    }")
    head = "generation_id,created_at,cost_total,model_permaslug,tokens_prompt"
    head += ",tokens_completion,tokens_reasoning"
    row = "gen-1,2025-10-03 10:00:00,1.5,gpt,1000000,0,0"
    facts = seen(tmp_path, {"usage/a.csv": f"{head}\n{row}\n"}, book)["llm"]
    assert (facts.stated_total, facts.rated_total) == (Fraction(3, 2), 1)
    assert [cell.difference for cell in facts.compared.cells] == [Fraction(1, 2)]


def test_months_that_are_closed_are_taken_from_their_states(tmp_path: Path) -> None:
    """October is closed: its file is not read for December, nor is what it says needed."""
    files = {
        "plans/llm.yaml": PLAN,
        "usage/10.csv": usage("2025-10-30,gpt,web,1000000,0"),
        "usage/11.csv": usage("2025-11-30,gpt,web,2000000,0"),
        "usage/12.csv": usage("2025-12-01,gpt,web,3000000,0"),
        "statements/a.csv": costs("2025-11-30,2,,,", "2025-12-01,3,,,"),
    }
    write_book(tmp_path, files, BOOK)
    close(tmp_path, "2025-10")
    opened, _ = open_book(tmp_path)
    assert opened is not None
    found, problems = look_at_statements(opened, Period.month(2025, 12))
    assert found is not None, problems
    assert [file.name for file in found.gathered.files] == [
        "usage/11.csv",
        "usage/12.csv",
        "statements/a.csv",
    ]
    assert found.statements["llm"].compared.agreed[:2] == (1, 3)
    assert found.statements["llm"].compared.cells == ()


DAYS = st.integers(28, 33).map(lambda n: (date(2025, 9, 30) + timedelta(days=n)).isoformat())
AMOUNTS = st.sampled_from(["0", "1", "2.5", "0.000001", "-1"])
ITEMS = st.sampled_from(["", "gpt; input", "gpt-2025; output", "web search tool calls"])


@settings(max_examples=12, deadline=None)
@given(
    used=st.lists(st.tuples(DAYS, st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=6),
    stated=st.lists(st.tuples(DAYS, AMOUNTS, ITEMS), min_size=1, max_size=6),
)
def test_whatever_the_rows_are_the_parts_sum_to_the_difference(
    used: list[tuple[str, int, int]],
    stated: list[tuple[str, str, str]],
) -> None:
    """Checked in ``seen``, of usage and statements around the end of October."""
    rows = [f"{day},gpt,web,{tokens * MILLION},{out}" for day, tokens, out in used]
    costed = [f"{day},{amount},{item},7," for day, amount, item in stated]
    files = {"usage/a.csv": usage(*rows), "statements/a.csv": costs(*costed)}
    with TemporaryDirectory() as folder:
        found = seen(Path(folder), files)
    inside = [Fraction(amount) for day, amount, _ in stated if day < "2025-11"]
    assert sum(inside) == sum(facts.stated_total for facts in found.values())
