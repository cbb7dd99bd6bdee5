"""The functions that a descriptor may name under `rows:`."""

from __future__ import annotations

from collections.abc import Mapping

from tokenbooks.sources.exports.sheets.unfoldings import (
    buckets,
    ccusage,
    claude_code,
    codex,
    data,
    objects,
    openai_legacy_usage,
    otel_spans,
    stripe_credits,
    xai_prepaid,
)
from tokenbooks.sources.exports.sheets.unfoldings.rows import Unfold

UNFOLDINGS: Mapping[str, Unfold] = {
    "objects": objects.unfold,
    "data": data.unfold,
    "buckets": buckets.unfold,
    "claude-code": claude_code.unfold,
    "codex": codex.unfold,
    "ccusage": ccusage.unfold,
    "otel-spans": otel_spans.unfold,
    "openai-legacy-usage": openai_legacy_usage.unfold,
    "stripe-credits": stripe_credits.unfold,
    "xai-prepaid": xai_prepaid.unfold,
}

#: Columns that the rows of a function have even in a file where no row fills them.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "claude-code": claude_code.COLUMNS,
    "codex": codex.COLUMNS,
    "stripe-credits": stripe_credits.COLUMNS,
    "openai-legacy-usage": openai_legacy_usage.COLUMNS,
    "xai-prepaid": xai_prepaid.COLUMNS,
}
