"""A small book to vary: what the tests of the book's own files begin with."""

from __future__ import annotations

from pathlib import Path

BOOK = """\
book: Acme
currency: USD
start: 2025-10
contracts:
  openai: {side: buy, party: OpenAI, plan: api, settle: prepaid, pay: card}
  anthropic: {side: buy, party: Anthropic, plan: api, settle: arrears}
"""

PLAN = """\
plan: api
currency: USD
rates:
  - for: {model: small}
    prices: {input_tokens: 1 per 1M}
"""


def write_book(folder: Path, book: str = BOOK, plan: str = PLAN, **files: str) -> Path:
    """Write a book; ``credits="..."`` writes credits.csv, and so on."""
    (folder / "plans").mkdir(exist_ok=True)
    (folder / "tokenbooks.yaml").write_text(book)
    (folder / "plans/api.yaml").write_text(plan)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def codes(problems: list) -> list[str]:
    return [problem.code for problem in problems]
