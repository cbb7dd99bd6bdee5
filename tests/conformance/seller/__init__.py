"""Cases of the seller: each topic with the check that runs it through the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conformance.seller import (
    breakage,
    by_entries,
    estimates,
    metrics,
    profitability,
    promotions,
    receivables,
    sales,
    tax,
    timing,
)

Check = Callable[[dict[str, Any], Path], None]

#: Sides of cases that are run here.
SIDES = frozenset({"provider", "both", "tax"})

TOPICS: dict[str, Check] = {
    **sales.TOPICS,
    **breakage.TOPICS,
    **estimates.TOPICS,
    **metrics.TOPICS,
    **profitability.TOPICS,
    **promotions.TOPICS,
    **receivables.TOPICS,
    **tax.TOPICS,
    **timing.TOPICS,
}


#: Topics whose checks need inputs of these names; of any of several forms.
_FORMS: dict[str, tuple[set[str], ...]] = {
    "fx": ({"eur", "rate", "used"},),
    "tax.indirect": ({"vat_pct", "gross"},),
    "overdraft": ({"used", "purchase"},),
    "late_usage": ({"late"},),
    "overage": ({"over", "topup"},),
    "refund": ({"fee", "used", "unused"}, {"sold", "used"}),
    "gross_net": ({"sale", "cost"},),
    "cogs": ({"revenue", "compute"},),
    "outcome": ({"done", "reversed", "price"},),
    "subscription": ({"fee", "over_m", "rate"},),
    "commitment": ({"minimum", "usage"}, {"commit", "used_m", "rate"}),
    "disclosure": ({"lot_a", "lot_b", "lot_c_new"},),
    "mirror": ({"bought", "used"},),
    "modification": (
        {"old_rate", "new_rate", "old_left_m", "new_m"},
        {"credit_each", "units_m"},
        {"old", "new"},
        {"deferred", "refund"},
    ),
    "promo": ({"face", "cost_pct", "used_face"},),
    "tiers": ({"q1_m", "expected_m"}, {"q1_m", "list", "net"}),
    "credit_loss": ({"invoice", "previous", "rate_pct", "written_off"}, {"opening_allowance"}),
}
#: Topics that are run by their entries where they are of no form that is known.
_BY_ENTRIES = frozenset({*sales.TOPICS, "credit_loss", "postpaid", "sla", "concession"})


def check_of(case: dict[str, Any]) -> tuple[Check | None, str]:
    """The check of a case; None for a topic or a form that is not run, with the reason."""
    topic = case["topic"]
    if topic in tax.TOPICS:
        reason = tax.unknown_because(case)
        return (None, reason) if reason else (tax.TOPICS[topic], "")
    if topic in TOPICS and _is_known_form(case):
        return TOPICS[topic], ""
    if topic in _BY_ENTRIES:
        reason = by_entries.understood(case)
        return (None, reason) if reason else (by_entries.check_by_entries, "")
    return None, "inputs of another form" if topic in TOPICS else ""


def _is_known_form(case: dict[str, Any]) -> bool:
    """Whether the check of a case's topic knows its inputs."""
    given, topic = set(case["inputs"]), case["topic"]
    if topic in {"deferred.sale", "deferred.use"}:
        return bool(by_entries.understood(case))
    estimated = any(block["fn"] == "breakage" for block in case.get("verify", ()))
    if topic == "refund" and "fee" not in given and not estimated:
        return False
    return any(form <= given for form in _FORMS.get(topic, (set(),)))
