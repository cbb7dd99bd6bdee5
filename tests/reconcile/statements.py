"""Books with a statement for tests: usage as rows of the plain format, costs as OpenAI has them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from tests.books import write_book
from tokenbooks.desk.look_at_statements import StatementsSeen, look_at_statements
from tokenbooks.desk.open_book import open_book
from tokenbooks.periods import Period
from tokenbooks.problems import Problem
from tokenbooks.reconcile.statements.compare import ALSO_OWED, StatementFacts

OCTOBER = Period.month(2025, 10)

BOOK = """\
book: Tests
currency: USD
start: 2025-10
contracts:
  llm: {side: buy, party: LLM, plan: llm, settle: arrears, usage: usage/*.csv,
    statement: statements/*.csv}
"""
#: Tokens at 1 and 2 a million, so that 1M read as money.
PLAN = """\
plan: llm
currency: USD
aliases: {gpt: [gpt-2025]}
rates:
  - for: {model: gpt}
    until: 2025-10-10
    prices: {input_tokens: 1 per 1M, output_tokens: 2 per 1M}
  - for: {model: gpt}
    from: 2025-10-10
    prices: {input_tokens: 1 per 1M, output_tokens: 2 per 1M}
"""
#: A format of a statement that tells what its amounts mean, rounded to cents.
FORMAT = """format: our-costs
title: our costs
kind: statement
recognise: {all: [day, model, item, tokens, cost, currency, kind]}
time: {column: day, written: day, zone: contract, rows: buckets}
dimensions: {model: model}
long: {meter: item, meters: {input: input_tokens, output: output_tokens}, quantity: tokens}
amount:
  column: cost
  currency_column: currency
  tolerance: 0.005
  meanings:
    - {is: granted, column: kind, values: [free]}
    - {is: tax, column: kind, values: [tax]}
    - {is: credit, column: kind, values: [credit]}
    - {is: purchase, column: kind, values: [purchase]}
replace: none
"""


def usage(*rows: str) -> str:
    """Plain usage; rows as ``2025-10-03,gpt,web,1000000,0``: input and output tokens."""
    return "\n".join(["date,model,project,input_tokens,output_tokens", *rows, ""])


def costs(*rows: str) -> str:
    """A statement of days in UTC; rows as ``2025-10-03,AMOUNT,ITEM,QUANTITY,PROJECT``."""
    lines = ["start_time,end_time,amount_value,amount_currency,line_item,quantity,project_id"]
    for row in rows:
        day, amount, item, quantity, project = row.split(",")
        start = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
        end = start + timedelta(days=1)
        named = f'"{item.replace(";", ",")}"' if item else ""
        lines.append(
            f"{start.timestamp():.0f},{end.timestamp():.0f},{amount},usd,{named},{quantity},{project}"
        )
    return "\n".join([*lines, ""])


def told(*rows: str, currency: str = "USD") -> str:
    """A statement of ``FORMAT``; rows as ``2025-10-03,gpt,input,1000000,1.00,usage``."""
    lines = ["day,model,item,tokens,cost,currency,kind"]
    for row in rows:
        day, model, item, tokens, cost, kind = row.split(",")
        lines.append(f"{day},{model},{item},{tokens},{cost},{currency},{kind}")
    return "\n".join([*lines, ""])


def look(
    folder: Path, files: Mapping[str, str], book: str = BOOK, period: Period = OCTOBER
) -> tuple[StatementsSeen | None, list[Problem]]:
    """Look at the statements of a book that is written first."""
    write_book(folder, {"plans/llm.yaml": PLAN, **files}, book)
    opened, problems = open_book(folder)
    assert opened is not None, problems
    return look_at_statements(opened, period)


def seen(
    folder: Path, files: Mapping[str, str], book: str = BOOK, period: Period = OCTOBER
) -> Mapping[str, StatementFacts]:
    """The statements of a book without errors, whose parts are checked."""
    found, problems = look(folder, files, book, period)
    assert found is not None, problems
    return {name: checked(facts) for name, facts in found.statements.items()}


def compared(
    folder: Path,
    used: str,
    stated: str,
    plan: str = PLAN,
    book: str = BOOK,
    more: Mapping[str, str] | None = None,
) -> StatementFacts:
    """The statement of October beside the usage."""
    files = {"usage/a.csv": used, "statements/a.csv": stated, "plans/llm.yaml": plan}
    files |= {"formats/our-costs.yaml": FORMAT, **(more or {})}
    return seen(folder, files, book)["llm"]


def checked(facts: StatementFacts) -> StatementFacts:
    """The facts, whose parts must sum to the difference exactly."""
    cells = [cell for cell in facts.compared.cells if cell.day in facts.compared.period]
    parts = sum((cell.difference for cell in cells), Fraction(0))
    parts += facts.compared.agreed.rounding - sum(facts.terms.values(), Fraction(0))
    also = [facts.by_meaning.get(name, {}).values() for name in ALSO_OWED]
    parts += sum((sum(own, Fraction(0)) for own in also), Fraction(0)) + facts.cut_off
    assert facts.stated_total - facts.rated_total == parts
    return facts
