"""Credits for the rest of a span, where it has begun already."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from tests.conformance.engine import close_book
from tests.conformance.kinds.kind import Case
from tests.conformance.kinds.run import rounded
from tests.conformance.story import Story
from tokenbooks.amounts import round_half_up
from tokenbooks.credits.recurring import remaining_share

#: Tables of lots show credits to so many decimals.
_SHOWN = 6


def check_grant_proration(case: Case, folder: Path) -> None:
    """The share of the span that is left, to the second; a book where all are whole days."""
    plan = case["plan"]
    begins, ends, at = (
        datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
        for text in (plan["from"], plan["to"], case["usage"]["at"])
    )
    exact = remaining_share(at, (begins, ends), "second") * Fraction(plan["credits"])
    expected = Decimal(case["expected"]["credits"])
    assert rounded(exact, plan) == expected
    if begins <= at < ends and all(moment.time() == time() for moment in (begins, ends, at)):
        grant = {"name": "included", "credits": plan["credits"], "prorate": "second"}
        grant |= {"every": f"{(ends - begins).days} days", "anchor": f"{begins.date()}"}
        grant |= {"from": f"{at.date()}", "until": f"{ends.date()}"}
        story = Story(start=at.date(), terms={"credits": {"recurring": [grant]}})
        acquired = close_book(folder, story).lot_credits("acquired")
        assert acquired == round_half_up(exact, _SHOWN)
