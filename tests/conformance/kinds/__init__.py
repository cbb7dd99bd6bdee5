"""The kinds of cases of rating: each with the translator that runs it through the engine."""

from __future__ import annotations

from tests.conformance.kinds import (
    burndowns,
    commitments,
    conversions,
    credit_lines,
    credit_units,
    figures,
    lot_ends,
    orders,
    percentages,
    proration,
    quantities,
    refills,
    refunds,
    reloads,
    revenues,
    rollovers,
    runs,
    seats,
    tokens,
    wallets,
)
from tests.conformance.kinds.kind import Kind
from tests.conformance.kinds.plan_terms import PRICE_KEYS

_SPAN = f"{PRICE_KEYS} places minimum maximum discount_pct"

KINDS = {
    "unit": Kind(quantities.check_unit, "unit places", "qty", "amount"),
    "graduated": Kind(quantities.check_tiers, "tiers flat_on_zero block places", "qty", "amount"),
    "volume": Kind(quantities.check_tiers, "tiers flat_on_zero block places", "qty", "amount"),
    "volume_error": Kind(quantities.check_tiers, "tiers flat_on_zero block", "qty", "error"),
    "graduated_error": Kind(quantities.check_tiers, "tiers flat_on_zero block", "qty", "error"),
    "bucketed": Kind(quantities.check_bucketed, f"{PRICE_KEYS} places", "buckets", "amount"),
    "tiered_blocks": Kind(
        quantities.check_tiered_blocks,
        "mode tiers past_last",
        "qty",
        "amount error",
        steps="size max_blocks price",
    ),
    "package": Kind(
        quantities.check_package, "size price free rounding places", "qty", "packages amount"
    ),
    "package_delta": Kind(
        quantities.check_package_delta, "size price free rounding", "already_billed qty", "delta"
    ),
    "unit_conversion": Kind(
        conversions.check_unit_conversion,
        "divide multiply round free_units unit model tiers flat_on_zero",
        "raw",
        "qty amount",
        listed=conversions.conversion_listed,
    ),
    "unit_conversion_split": Kind(
        conversions.check_unit_conversion_split,
        "divide round unit",
        "parts",
        "independent cumulative",
    ),
    "usage_discount": Kind(
        conversions.check_usage_discount, "free_units", "before qty", "billable billable_before"
    ),
    "rounding": Kind(
        conversions.check_rounding,
        "places mode",
        "value",
        "value",
        listed=conversions.rounding_listed,
    ),
    "credit_conversion": Kind(
        conversions.check_credit_conversion, "rate places", "credits", "money"
    ),
    "percentage": Kind(
        percentages.check_percentage,
        "rate_pct fixed min_per_event max_per_event free_amount free_events places",
        "events",
        "amount",
    ),
    "graduated_percentage": Kind(
        percentages.check_graduated_percentage,
        "tiers flat_on_zero places",
        "base",
        "amount",
        steps="up_to rate_pct flat",
    ),
    "percent_of": Kind(percentages.check_percent_of, "places", "base pct", "amount"),
    "prorated_graduated": Kind(
        seats.check_prorated_graduated,
        "tiers places",
        "full prorated",
        "amount",
        listed=seats.prorated_graduated_listed,
    ),
    "split_period": Kind(
        runs.check_split_period,
        _SPAN,
        "before qty billed_before position",
        "gross discount over_max true_up total",
        listed=runs.split_period_listed,
    ),
    "rerate": Kind(runs.check_rerate, _SPAN, "cumulative", "deltas"),
    "rerate_periods": Kind(
        runs.check_rerate_periods,
        _SPAN,
        "runs final",
        "bookings run_totals",
        listed=runs.rerate_periods_listed,
    ),
    "cap": Kind(runs.check_cap, "maximum places", "billed_before line", "discount"),
    "refund_cap": Kind(
        refunds.check_refund_cap,
        "places",
        "paid credit already_credited",
        "credit",
        listed=refunds.refund_cap_listed,
    ),
    "threshold_billing": Kind(
        runs.check_threshold_billing, "unit thresholds fixed", "cumulative", "invoices final"
    ),
    "commitment": Kind(
        commitments.check_commitment,
        "minimum prorate round_minimum places round_charge_first",
        "charged",
        "true_up",
        listed=commitments.commitment_listed,
    ),
    "commitment_windowed": Kind(
        commitments.check_commitment_windowed,
        "default buckets",
        "windows",
        "total within overage true_up",
    ),
    "prepaid_overage": Kind(
        commitments.check_prepaid_overage, "prepaid surcharge_pct", "charges", "drawn overage"
    ),
    "proration": Kind(
        proration.check_proration,
        "amount places tax_pct day_count",
        "part whole from to period",
        "amount with_tax",
        listed=proration.proration_listed,
    ),
    "proration_change": Kind(
        proration.check_proration_change,
        "places",
        "old new part whole",
        "credit charge net",
        listed=proration.proration_change_listed,
    ),
    "grant_proration": Kind(
        refills.check_grant_proration,
        "credits from to places",
        "at",
        "credits",
    ),
    "credit_note": Kind(
        proration.check_credit_note, "places", "base tax_pct part whole", "net tax total"
    ),
    "token_cost": Kind(
        tokens.check_token_cost,
        "per prices input_includes_cached markup_pct",
        tokens.CLASSES,
        "cost",
        listed=tokens.token_cost_listed,
    ),
    "token_classes": Kind(
        tokens.check_token_classes,
        "input_includes_cached",
        tokens.CLASSES,
        f"fresh_input total {tokens.CLASSES}",
        listed=tokens.token_classes_listed,
    ),
    "missing_price": Kind(
        tokens.check_missing_price,
        "per prices",
        "rows",
        "usage cost unpriced_rows unpriced_usage row_costs",
    ),
    "context_tier": Kind(
        tokens.check_context_tier, "threshold op low high per mode", "input", "cost"
    ),
    "action_credits": Kind(
        credit_units.check_action_credits, "credits_per balance", "actions", "credits balance"
    ),
    "virtual_currency": Kind(
        credit_units.check_virtual_currency,
        "purchased unit_price",
        "draws",
        "purchase_cost draw_costs",
        listed=credit_units.virtual_currency_listed,
    ),
    "credit_burndown": Kind(
        burndowns.check_credit_burndown,
        "lots start start_overage resets preserve_overage",
        "events as_of",
        "balances overage drawn",
        listed=burndowns.credit_burndown_listed,
        items={"plan.lots": burndowns.LOT_KEYS, "usage.events": "at qty"},
    ),
    "credit_lines": Kind(
        credit_lines.check_credit_lines,
        "tiers flat_on_zero mode minimum maximum discount_pct",
        "qty credits",
        "due lines error",
        listed=credit_lines.credit_lines_listed,
    ),
    "credit_order": Kind(
        orders.check_credit_order,
        "order lots",
        "",
        "order",
        listed=orders.credit_order_listed,
        items={"plan.lots": orders.LOT_KEYS},
    ),
    "credit_allocation": Kind(
        orders.check_credit_allocation,
        "order lots",
        "draw",
        "remaining uncovered",
        listed=orders.credit_allocation_listed,
        items={"plan.lots": orders.LOT_KEYS},
    ),
    "wallet_allocation": Kind(
        wallets.check_wallet_allocation,
        "wallets last_absorbs",
        "fees",
        "drawn uncovered",
        listed=wallets.wallet_allocation_listed,
        items={"plan.wallets": wallets.WALLET_KEYS, "usage.fees": "kind amount"},
    ),
    "wallet_balance": Kind(
        wallets.check_wallet_balance,
        "places",
        "opening charge tax_pct",
        "drawn closing",
        listed=wallets.wallet_balance_listed,
    ),
    "deduction": Kind(
        wallets.check_deduction,
        "pools",
        "amount",
        "balances remainder",
        listed=wallets.deduction_listed,
        items={"plan.pools": "id balance floor"},
    ),
    "expiry_instant": Kind(
        lot_ends.check_expiry_instant,
        "tz unit count",
        "start",
        "expires utc_arithmetic_would_give",
        listed=lot_ends.expiry_instant_listed,
    ),
    "expiry_writeoff": Kind(
        lot_ends.check_expiry_writeoff,
        "credits cost_basis places",
        "used",
        "on_use on_expiry",
        listed=lot_ends.expiry_writeoff_listed,
    ),
    "breakage_plan": Kind(
        lot_ends.check_breakage_plan, "lots", "ops", "expires", listed=lot_ends.breakage_plan_listed
    ),
    "auto_reload": Kind(
        reloads.check_auto_reload,
        "rule threshold trigger pack target min_purchase max_purchase",
        "balance pending granted",
        "purchase after",
        listed=reloads.auto_reload_listed,
    ),
    "rollover": Kind(
        rollovers.check_rollover,
        "rule grant cap_pct rolled_in min max credits rollable share_pct",
        "used balance next_grant",
        "rolled next_total",
        listed=rollovers.rollover_listed,
    ),
    "paydown": Kind(
        wallets.check_paydown, "order", "balances credit", "balances", listed=wallets.paydown_listed
    ),
    "coupon": Kind(credit_units.check_coupon, "fixed pct", "base already_used", "discount"),
    "round_lines": Kind(
        figures.check_round_lines,
        "places",
        "lines",
        "total exact",
        listed=figures.round_lines_listed,
    ),
    "distribute": Kind(figures.check_distribute, "places", "discount lines", "shares after"),
    "calendar_months": Kind(figures.check_calendar_months, "anchor_day", "start count", "dates"),
    "calendar_days": Kind(figures.check_calendar_days, "tz", "from to", "days hours"),
    "revenue": Kind(revenues.check_revenue, "sold_credits price", "used", "recognised deferred"),
    "revenue_straight_line": Kind(
        revenues.check_straight_line,
        "amount months places",
        "",
        "recognised deferred_end",
        listed=revenues.straight_line_listed,
    ),
}
