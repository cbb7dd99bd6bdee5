"""The further figures of a case: lots, tiers, splits, reloads, exact and memo values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.conformance.engine import Closed, close_book, rate_usage
from tests.conformance.kinds.reloads import reload_terms
from tests.conformance.metered import tier_terms
from tests.conformance.shapes import LOSS, PREPAID, is_expense
from tests.conformance.story import Story, Use, plan_text, price, usage_text
from tokenbooks.amounts import round_half_up
from tokenbooks.credits.reload import reload_due

Case = dict[str, Any]

_ANY_DAY = date(2025, 11, 5)


def check_block(block: Case, case: Case, folder: Path) -> None:
    """Run one ``verify`` block through the pipeline."""
    BLOCKS[block["fn"]](block["args"], block["expect"], case, folder)


def lots_of(case: Case) -> list[Case]:
    """The lots of a case's first block of lots; a list of all their ids is their priority."""
    for block in case.get("verify", ()):
        if block["fn"] == "lots":
            return _with_priority(block["args"])
    return []


def _with_priority(args: Case) -> list[Case]:
    ids = [lot["id"] for lot in args["lots"]]
    for value in args.values():
        if isinstance(value, list) and value and all(name in ids for name in map(str, value)):
            return [lot | {"priority": value.index(lot["id"]) + 1} for lot in args["lots"]]
    return list(args["lots"])


def _check_lots(args: Case, expect: Case, case: Case, folder: Path) -> None:
    """Lots bought on their dates and used day by day: cost of each use, losses, what is left."""
    policies = {"lot_order": args.get("order", "expiry"), "bonus_basis": "zero"}
    if "free_first" in args:
        policies["free_first"] = args["free_first"]
    story = Story(policies=policies, post_usage="day")
    for lot in _with_priority(args):
        story.credits.append(_lot_row(lot_of(lot, args.get("order", ""))))
    story.uses = [
        Use(date.fromisoformat(use["date"]), "credits", Decimal(use["qty"])) for use in args["uses"]
    ]
    if args.get("through"):
        story.end = date.fromisoformat(args["through"])
    closed = close_book(folder, story)
    used = [-entry.nets.get(PREPAID, Decimal(0)) for entry in closed.entries if _uses(entry.nets)]
    assert used == [Decimal(use) for use in expect["uses"] if Decimal(use)]
    losses = {
        lot: -entry.nets[PREPAID]
        for entry in closed.entries
        if LOSS in entry.nets
        for lot in entry.lots
    }
    assert losses == {lot: Decimal(loss) for lot, loss in expect.get("expired", {}).items()}
    assert closed.balances().get(PREPAID, Decimal(0)) == Decimal(expect["remaining"])


def lot_of(lot: Case, order: str) -> Case:
    """A lot as a book may have it: where costs are pooled no lot has an end of its own."""
    return lot | {"expires": ""} if order == "average" else lot


def _lot_row(lot: Case) -> dict[str, Any]:
    """A purchase; credits without cost are a grant."""
    free = not Decimal(lot["cost"])
    row = {"date": date.fromisoformat(lot["date"]), "contract": "provider", "lot": lot["id"]}
    row |= {"event": "grant" if free else "purchase", "credits": lot["qty"]}
    row |= {"paid": "" if free else lot["cost"], "expires": lot.get("expires") or ""}
    return row | {"priority": lot.get("priority") or ""}


def _uses(nets: dict[str, Decimal]) -> bool:
    return any(is_expense(role) for role in nets)


def _check_tiers(args: Case, expect: Case, case: Case, folder: Path) -> None:
    plan = plan_text([price("tokens", tier_terms(args["mode"], args["tiers"], args["per"]))])
    usage = usage_text([Use(_ANY_DAY, "tokens", Decimal(args["qty"]))])
    rated = rate_usage(folder, plan, {"usage.csv": usage})
    assert round_half_up(rated.total, 2) == Decimal(expect["cost"])


def _check_alloc(args: Case, expect: Case, case: Case, folder: Path) -> None:
    """A total over weights: a lot of that cost, used up by the weights' projects."""
    weights = {name: Decimal(weight) for name, weight in args["weights"].items()}
    row = {"date": _ANY_DAY, "contract": "provider", "event": "purchase", "lot": "lot"}
    row |= {"credits": sum(weights.values()), "paid": args["total"]}
    story = Story(credits=[row], allocate=[])
    for name, weight in weights.items():
        rule = {"when": {"project": name}, "role": "ai_expense", "cost_center": name}
        story.allocate.append(rule)
        story.uses.append(Use(_ANY_DAY, "credits", weight, name))
    closed = close_book(folder, story)
    split = closed.by_cost_center()
    assert split == {name: Decimal(amount) for name, amount in expect.items() if Decimal(amount)}


def _check_reload(args: Case, expect: Case, case: Case, folder: Path) -> None:
    """What the rule of a plan buys; receipts post it, and the books miss none of them."""
    rule = _reload_rule(args)
    terms = reload_terms(folder / "rule", rule)
    balance, bought = Fraction(args["opening"]), []
    for amount in args["usage"]:
        balance -= Fraction(amount)
        while due := reload_due(terms, balance):
            bought.append(due)
            balance += due
    assert bought == [Decimal(amount) for amount in expect["purchases"]]
    assert balance == Decimal(expect["balance"])
    opening = {"date": _ANY_DAY.replace(day=1), "contract": "provider", "event": "opening"}
    opening |= {"credits": args["opening"], "lot": "opening"}
    receipts = [
        {"date": _ANY_DAY, "contract": "provider", "event": "purchase", "lot": f"reload-{number}"}
        | {"credits": amount, "pay": "card"}
        for number, amount in enumerate(expect["purchases"], 1)
    ]
    uses = [Use(_ANY_DAY, "credits", Decimal(amount)) for amount in args["usage"]]
    story = Story(credits=[opening, *receipts], uses=uses, terms={"reload": rule})
    closed = close_book(folder, story)
    posted = [e.nets[PREPAID] for e in closed.entries if "credit_card_payable" in e.nets]
    assert posted == [Decimal(amount) for amount in expect["purchases"]]
    assert closed.balances().get(PREPAID, Decimal(0)) == Decimal(expect["balance"])
    assert "[reload-" not in closed.problems, closed.problems


def _reload_rule(args: Case) -> dict[str, Any]:
    """The rule of a block in the words of plans: an amount to add, or a balance to fill up to."""
    target = args.get("target", args.get("amount"))
    amount = {"add": args["amount"]} if args.get("mode", "add") == "add" else {"up_to": target}
    trigger = args.get("trigger", "at_or_below")
    below = trigger in {"below", "drops_below"}
    return {"at": args["threshold"], "trigger": "below" if below else "at_or_below"} | amount


BLOCKS: dict[str, Callable[[Case, Case, Case, Path], None]] = {
    "lots": _check_lots,
    "tiers": _check_tiers,
    "alloc": _check_alloc,
    "reload": _check_reload,
}


def rated_values(case: Case) -> dict[str, tuple[dict[str, Decimal], dict[str, str], str]]:
    """Expected exact values that a rating gives: name -> (quantities, prices, value).

    ``X_cost`` is input X at ``rate``; ``cost_in``, ``cost_out``, ``exact`` and ``one_...``
    are the tokens of one request at ``rate_in`` and ``rate_out``.
    """
    inputs, values = case["inputs"], case.get("expected_values", {})
    found = {}
    for name, value in values.items():
        source = name.removesuffix("_cost")
        if name.endswith("_cost") and source in inputs and "rate" in inputs:
            prices = {"input_tokens": f"{inputs['rate']} per {inputs.get('per', '1')}"}
            found[name] = ({"input_tokens": Decimal(inputs[source])}, prices, value)
        elif "tokens_in" in inputs and (name in _PARTS or name.startswith("one_")):
            meters = _PARTS.get(name, ("in", "out"))
            quantities = {_METERS[m]: Decimal(inputs[f"tokens_{m}"]) for m in meters}
            prices = {_METERS[m]: f"{inputs[f'rate_{m}']} per {inputs['per']}" for m in meters}
            found[name] = (quantities, prices, value)
    return found


_METERS = {"in": "input_tokens", "out": "output_tokens"}
_PARTS = {"cost_in": ("in",), "cost_out": ("out",), "exact": ("in", "out")}


def check_rated_values(case: Case, folder: Path) -> None:
    """Compare exact values, such as the cost of one request, with what rating gives."""
    for name, (quantities, prices, value) in rated_values(case).items():
        uses = [Use(_ANY_DAY, meter, quantity) for meter, quantity in quantities.items()]
        files = {"usage.csv": usage_text(uses)}
        rated = rate_usage(folder / name, plan_text([{"prices": prices}]), files)
        assert rated.total == Decimal(value), name


def free_use(case: Case) -> list[Use]:
    """Usage of free credits, on the first day after they were granted."""
    inputs = case["inputs"]
    used = Decimal(inputs.get("used_list_value", inputs.get("used", "0")))
    day = date.fromisoformat(inputs.get("granted_on", "2025-11-18"))
    return [Use(day, "credits", used)] if used else []


def check_memo_values(case: Case, closed: Closed) -> None:
    """List value used and expired of lots that have no cost."""
    values = case.get("expected_values", {})
    columns = {"memo_list_value_used": "used", "memo_list_value_expired": "expired"}
    for name, column in columns.items():
        if name in values:
            assert closed.lot_credits(column) == Decimal(values[name]), name
