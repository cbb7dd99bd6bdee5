"""What was used and at which prices, by topic: from a case's inputs to usage and rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.conformance.shapes import Debit, Expected
from tests.conformance.story import Use, price
from tokenbooks.periods import Period

Case = dict[str, Any]

#: Brief A's table, for cases of tiers that do not repeat it.
BRIEF_TIERS = [
    {"upto": "1000000", "rate": "60"},
    {"upto": "5000000", "rate": "50"},
    {"upto": None, "rate": "40"},
]


#: Inputs without which a topic's usage is not known.
_NEEDED = {
    "metering": {"tokens_in", "tokens_out", "rate_in", "rate_out", "per"},
    "images": {"images", "price"},
    "embeddings": {"tokens_m", "rate", "gb", "gb_day", "days"},
}


@dataclass(frozen=True)
class Metering:
    """The rates of a case, and the usage behind each entry that expenses usage."""

    rates: list[dict[str, Any]]
    uses: Callable[[int, Expected], list[Use]]


def metering_of(case: Case) -> Metering:
    """The metering of a case's topic; most use credits at a price of 1."""
    topic = case["topic"]
    inputs = numbers(case)
    if topic.startswith("metering") and set(inputs) >= _NEEDED["metering"]:
        return _tokens(inputs)
    if topic == "tiers":
        return _tiers(case, inputs)
    if topic == "images":
        rates = [price("images", str(inputs["price"]))]
        return Metering(rates, lambda _, e: [_use(e, "images", inputs["images"])])
    if topic == "embeddings":
        return _embeddings(inputs)
    if topic == "rate_change":
        return _rate_change(inputs)
    return Metering([price("credits", "1")], lambda _, e: _credits(case, inputs, e))


def understood(case: Case, used: list[Expected]) -> bool:
    """Whether the inputs say what was used, in a form known here."""
    topic, inputs = case["topic"], numbers(case)
    if topic == "rate_change":
        names = [name.removesuffix("_m") for name in inputs if name.endswith("_m")]
        complete = bool(names) and all(f"{name}_rate" in inputs for name in names)
    elif topic == "tiers":
        complete = _tier_args(case, used) is not None or len(inputs) == len(used)
    else:
        complete = set(inputs) >= _NEEDED.get(topic, set())
    lines = {"embeddings": 2, "tiers": 1, "images": 1, "rate_change": 1}.get(topic)
    return not used or (complete and all(lines in (None, len(entry.expenses)) for entry in used))


def numbers(case: Case) -> dict[str, Decimal]:
    """The inputs of a case that are numbers."""
    return {name: Decimal(v) for name, v in case["inputs"].items() if _is_number(v)}


def step_price(step: dict[str, Any], per: str) -> dict[str, Any]:
    """One band of a plan from a band of a case."""
    bound = {} if step["upto"] is None else {"up_to": step["upto"]}
    return bound | {"price": f"{step['rate']} per {per}"}


def tier_terms(mode: str, steps: list[dict[str, Any]], per: str) -> dict[str, Any]:
    """A tiered price from the arguments of a case."""
    return {"tiers": mode, "steps": [step_price(step, per) for step in steps]}


def _credits(case: Case, inputs: dict[str, Decimal], entry: Expected) -> list[Use]:
    """Usage of plain credits: what lots were used, else the amounts of the lines."""
    for check in case.get("verify", ()):
        uses = check["args"].get("uses", ()) if check["fn"] == "lots" else ()
        drawn = [Decimal(use["qty"]) for use in uses if use["date"] == f"{entry.day}"]
        if drawn:
            return [_use(entry, "credits", sum(drawn, Decimal(0)))]
    if split_weights(case):
        return [Use(entry.day, "credits", entry.expense, "shared")]
    return [
        Use(entry.day, "credits", _exact(line, inputs), line.project) for line in entry.expenses
    ]


def split_weights(case: Case) -> dict[str, str] | None:
    """Percentages by class, where a case splits one cost by fixed shares."""
    if case["topic"] != "classification":
        return None
    for check in case.get("verify", ()):
        weights = check["args"].get("weights", {})
        if sum(Decimal(weight) for weight in weights.values()) == 100:
            return dict(weights)
    return None


def _exact(line: Debit, inputs: dict[str, Decimal]) -> Decimal:
    """The exact usage behind a line: the input of that name, else the posted amount."""
    for _, value in line.dims:
        exact = inputs.get(value, line.amount)
        if abs(exact - line.amount) < Decimal("0.01"):
            return exact
    return line.amount


def _tokens(inputs: dict[str, Decimal]) -> Metering:
    per = str(inputs["per"])
    prices = {
        "input_tokens": f"{inputs['rate_in']} per {per}",
        "output_tokens": f"{inputs['rate_out']} per {per}",
    }
    calls = int(inputs.get("calls", 1))

    def uses(_: int, entry: Expected) -> list[Use]:
        counts = (("input_tokens", "tokens_in"), ("output_tokens", "tokens_out"))
        return [_use(entry, meter, inputs[name], calls) for meter, name in counts]

    return Metering([{"prices": prices}], uses)


def _tiers(case: Case, inputs: dict[str, Decimal]) -> Metering:
    args = next((v["args"] for v in case.get("verify", ()) if v["fn"] == "tiers"), {})
    mode = args.get("mode") or case.get("policy", {}).get("tier_mode", "graduated")
    terms = tier_terms(mode, args.get("tiers", BRIEF_TIERS), args.get("per", "1000000"))
    parts = [Decimal(args["qty"])] if args else list(inputs.values())
    return Metering([price("tokens", terms)], lambda n, e: [_use(e, "tokens", parts[n])])


def _tier_args(case: Case, used: list[Expected]) -> Case | None:
    """The arguments of the only block of tiers, where there is one entry of usage."""
    blocks = [v["args"] for v in case.get("verify", ()) if v["fn"] == "tiers"]
    return blocks[0] if len(blocks) == 1 and len(used) == 1 else None


def _embeddings(inputs: dict[str, Decimal]) -> Metering:
    prices = {
        "input_tokens": f"{inputs['rate']} per 1M",
        "storage_gb_days": str(inputs["gb_day"]),
    }

    def uses(_: int, entry: Expected) -> list[Use]:
        tokens, storage = entry.expenses
        first = entry.day - timedelta(days=int(inputs["days"]) - 1)
        days = [first + timedelta(days=n) for n in range(int(inputs["days"]))]
        stored = [Use(day, "storage_gb_days", inputs["gb"], storage.project) for day in days]
        count = inputs["tokens_m"] * 1_000_000
        return [Use(entry.day, "input_tokens", count, tokens.project), *stored]

    return Metering([{"prices": prices}], uses)


def _rate_change(inputs: dict[str, Decimal]) -> Metering:
    """Pairs ``a_m, a_rate``: so many millions at so much, one price after the other."""
    names = sorted(name.removesuffix("_m") for name in inputs if name.endswith("_m"))
    month_days = [1 + 28 * n // len(names) for n in range(len(names))]
    rates = []
    for day, name in zip(month_days, names, strict=True):
        start = {"from": f"{{month}}-{day:02}"} if day > 1 else {}
        rates.append(start | price("input_tokens", f"{inputs[name + '_rate']} per 1M"))

    def uses(_: int, entry: Expected) -> list[Use]:
        first = Period.month_of(entry.day).start
        for rate in rates:
            if "from" in rate:
                rate["from"] = rate["from"].replace("{month}", f"{entry.day:%Y-%m}")
        project = entry.expenses[0].project
        return [
            Use(
                first + timedelta(days=day - 1),
                "input_tokens",
                inputs[name + "_m"] * 1_000_000,
                project,
            )
            for day, name in zip(month_days, names, strict=True)
        ]

    return Metering(rates, uses)


def _use(entry: Expected, meter: str, quantity: Decimal, times: int = 1) -> Use:
    return Use(entry.day, meter, quantity, entry.expenses[0].project, times)


def _is_number(text: Any) -> bool:
    try:
        Decimal(str(text))
    except ArithmeticError:
        return False
    return True
