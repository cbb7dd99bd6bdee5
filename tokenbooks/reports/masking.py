"""Secret keys, shown masked wherever something is printed: the one rule for all of them.

What looks like the secret of an API key has a prefix that providers give to keys, and a long
tail. Of its tail the last four signs are shown, behind a star: ``sk-*9XYZ``. So written it
is also a glob that matches the key, and may stand in a rule of the book. Ids of keys
(``key_...``, ``apikey_...``) are no secrets, and what a provider has masked stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import replace

from tokenbooks.problems import Problem
from tokenbooks.reports.table import Cell, Table

#: Prefixes of secrets, and the tails that may follow them.
_SECRETS = (
    # OpenAI, Anthropic, OpenRouter, DeepSeek, LiteLLM, Langfuse and many others
    (r"sk-(?:ant-(?:\w{3,8}\d\d-)?|proj-|svcacct-|admin-|or-v1-|lf-)?", r"[\w-]{16,}"),
    (r"sk_(?:live|test)_|xai-|gsk_|xox[abprs]-", r"[\w-]{16,}"),
    (r"gh[opsu]_|github_pat_|glpat-", r"[\w-]{16,}"),
    (r"AKIA|ASIA", r"[A-Z0-9]{16}(?!\w)"),
    (r"AIza", r"[\w-]{30,}"),
    (r"hf_|r8_|fw_|fpk_|tgp_v\d_|pplx-|nvapi-|csk-|jina_|pcsk_", r"[\w-]{20,}"),
    (r"eyJ[\w-]{10,}\.", r"[\w.-]{10,}"),
    # keys of no provider that we know: without a word in their tails
    (r"(?:key|api|token|secret)-", r"(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{16,}"),
)
_KINDS = "|".join(f"(?:{prefix})(?>{tail})" for prefix, tail in _SECRETS)
_SECRET = re.compile(rf"(?<![^\W_])(?:{_KINDS})(?!\*)")
_PREFIX = re.compile("|".join(prefix for prefix, _ in _SECRETS))
_SHOWN = 4


def masked(text: str) -> str:
    """A text with every secret key in it masked; any other text as it is."""
    return _SECRET.sub(_mask, text)


def masked_table(table: Table) -> Table:
    """A table with the secrets in its cells, title and notes masked."""
    return replace(
        table,
        title=masked(table.title),
        rows=tuple(tuple(map(_masked_cell, row)) for row in table.rows),
        notes=tuple(map(masked, table.notes)),
    )


def masked_problem(problem: Problem) -> Problem:
    """A problem with the secrets in its texts and its file's name masked."""
    return replace(
        problem,
        message=masked(problem.message),
        help=masked(problem.help),
        position=replace(problem.position, file=masked(problem.position.file)),
    )


def _masked_cell(cell: Cell) -> Cell:
    return masked(cell) if isinstance(cell, str) else cell


def _mask(found: re.Match[str]) -> str:
    secret = found[0]
    prefix = _PREFIX.match(secret)
    return f"{prefix[0] if prefix else ''}*{secret[-_SHOWN:]}"
