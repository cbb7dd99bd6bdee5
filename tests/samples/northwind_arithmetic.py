"""The figures of samples/northwind by hand: csv, Decimal and Fraction, nothing of ours.

Prices, lots and rules are written down again here, so that a mistake in the package and
a mistake in this file would have to be the same mistake to go unnoticed.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

SAMPLE = Path(__file__).parents[2] / "samples" / "northwind"
CENT = Decimal("0.01")

# per 1M: uncached input, cached input, output
GPT_5_BEFORE_NOV_15 = ("1.20", "0.12", "9.60")
GPT_5_FROM_NOV_15 = ("1.00", "0.10", "8.00")
GPT_4O = ("2.40", "1.20", "9.60")
GPT_4O_MINI = ("0.16", "0.08", "0.64")
# per 1M: input, 5m write, 1h write, cache read, output
SONNET = ("3.10", "3.875", "6.20", "0.31", "15.50")
HAIKU = ("0.95", "1.1875", "1.90", "0.095", "4.75")
# per 1M: input, cached input, output
GEMINI_PRO = ("1.30", "0.13", "10.40")
GEMINI_FLASH = ("0.30", "0.03", "2.50")

RESEARCH = ("rd", "research")
SUPPORT = ("cogs", "support")
OFFICE = ("opex", "operations")

Split = dict[tuple[str, str], Decimal]


@dataclass(frozen=True)
class Charge:
    """The list value of one row of usage, and where its expense goes (shares of 1)."""

    day: date
    value: Decimal
    goes: dict[tuple[str, str], Decimal]


@dataclass
class Lot:
    """Credits bought together, with what was drawn of them day by day and class."""

    id: str
    credits: Decimal
    cost: Decimal
    first: date
    last: date
    used_before: Decimal = Decimal(0)
    drawn: dict[date, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    weights: dict[tuple[str, tuple[str, str]], Fraction] = field(
        default_factory=lambda: defaultdict(Fraction)
    )

    def left(self, until: date = date.max) -> Decimal:
        """Credits left at the end of a day."""
        return self.credits - self.used_before - self.used(until)

    def used(self, until: date = date.max) -> Decimal:
        """Credits drawn in this book up to the end of a day."""
        return sum((q for day, q in self.drawn.items() if day <= until), Decimal(0))

    def cost_used(self, until: date) -> Decimal:
        """Their cost, rounded once: cumulative from the purchase on, less the opening."""
        return self._cost(self.used_before + self.used(until)) - self._cost(self.used_before)

    def cost_left(self, until: date) -> Decimal:
        """What prepaid still holds of the lot."""
        return self.cost - self._cost(self.used_before + self.used(until))

    def _cost(self, credits: Decimal) -> Decimal:
        return rounded(Fraction(self.cost) * Fraction(credits) / Fraction(self.credits))


def rounded(value: Fraction | Decimal) -> Decimal:
    """Half-up to the cent (the figures here are positive)."""
    exact = Fraction(value)
    return (Decimal(int(exact * 100 + Fraction(1, 2))) / 100).quantize(CENT)


def month_end(month: str) -> date:
    """The last day of 2025-10, 2025-11 or 2025-12."""
    return date(2025, int(month[5:]), {"10": 31, "11": 30, "12": 31}[month[5:]])


def openai_charges(*files: str) -> list[Charge]:
    """Charges of the usage files, a later file replacing whole days of the earlier."""
    days: dict[date, list[Charge]] = {}
    for name in files:
        found: dict[date, list[Charge]] = defaultdict(list)
        for row in _rows(f"usage/openai/completions_usage_{name}.csv"):
            if row["model"]:
                charge = _openai_charge(row)
                found[charge.day].append(charge)
        days.update(found)
    return [charge for day in sorted(days) for charge in days[day]]


def _openai_charge(row: dict[str, str]) -> Charge:
    day = date.fromisoformat(row["start_time_iso"][:10])
    cached = Decimal(row["input_cached_tokens"])
    counts = (Decimal(row["input_tokens"]) - cached, cached, Decimal(row["output_tokens"]))
    prices = {
        "gpt-5-2025-08-07": (
            GPT_5_BEFORE_NOV_15 if day < date(2025, 11, 15) else GPT_5_FROM_NOV_15
        ),
        "gpt-4o-2024-08-06": GPT_4O,
        "gpt-4o-mini-2024-07-18": GPT_4O_MINI,
    }[row["model"]]
    value = _priced(counts, prices)
    if row["batch"] == "True":
        value /= 2
    one = Decimal(1)
    goes = {
        "proj_R7kQ2mVn": {RESEARCH: one},
        "proj_A4xLp9Tz": {SUPPORT: one},
        "proj_B1hYc6Dw": {OFFICE: one},
    }[row["project_id"]]
    if row["api_key_id"] == "key_gateway":
        goes = {SUPPORT: Decimal("0.6"), RESEARCH: Decimal("0.4")}
    return Charge(day, value, goes)


def anthropic_charges(month: str) -> list[Charge]:
    """Charges of one month's tokens file."""
    columns = (
        "usage_input_tokens_no_cache",
        "usage_input_tokens_cache_write_5m",
        "usage_input_tokens_cache_write_1h",
        "usage_input_tokens_cache_read",
        "usage_output_tokens",
    )
    charges = []
    for row in _rows(f"usage/anthropic/claude_api_tokens_{month.replace('-', '_')}.csv"):
        prices = SONNET if row["model_version"].startswith("claude-sonnet") else HAIKU
        value = _priced(tuple(Decimal(row[name]) for name in columns), prices)
        if row["usage_type"] == "batch":
            value /= 2
        value += Decimal(row["web_search_count"]) * 10 / 1000
        goes = {"assistant": SUPPORT, "lab": RESEARCH, "office": OFFICE}
        key = goes[row["api_key"].split("-")[0]]
        charges.append(Charge(date.fromisoformat(row["usage_date_utc"]), value, {key: Decimal(1)}))
    return charges


def google_charges(zone: str = "UTC") -> list[Charge]:
    """Charges of the gateway's file, by the days of a zone."""
    charges = []
    for row in _rows("usage/google/gateway_2025-12.csv"):
        prices = GEMINI_PRO if row["model"] == "gemini-2.5-pro" else GEMINI_FLASH
        columns = ("input_tokens", "cached_input_tokens", "output_tokens")
        value = _priced(tuple(Decimal(row[name]) for name in columns), prices)
        at = datetime.fromisoformat(row["timestamp"]).astimezone(ZoneInfo(zone))
        charges.append(Charge(at.date(), value, {SUPPORT: Decimal(1)}))
    return charges


def lots() -> list[Lot]:
    """The lots in the order in which they are drawn: priority, then expiry."""
    return [
        # priority 1: free credits, no cost
        Lot("oai-grant", Decimal(25), Decimal(0), date(2025, 10, 1), date(2025, 12, 31)),
        # priority 2 by expiry; 330.00 paid for 330 + 33 credits: 33/363 of it is the bonus
        Lot("oai-2025-11-bonus", Decimal(33), Decimal(30), date(2025, 11, 20), date(2025, 12, 15)),
        Lot("oai-2025-10", Decimal(350), Decimal(350), date(2025, 10, 2), date(2026, 10, 2)),
        Lot("oai-2025-11", Decimal(330), Decimal(300), date(2025, 11, 20), date(2026, 11, 20)),
        # priority 3: 120.00 paid for 150 credits, 60 used before the book starts
        Lot(
            "oai-legacy",
            Decimal(150),
            Decimal(120),
            date(2024, 12, 1),
            date(2025, 11, 30),
            used_before=Decimal(60),
        ),
    ]


def draw(charges: list[Charge]) -> dict[str, Lot]:
    """Draw each day's charges from the lots; a day that several cover is shared by value."""
    drawn = lots()
    by_day: dict[date, list[Charge]] = defaultdict(list)
    for charge in charges:
        by_day[charge.day].append(charge)
    for day in sorted(by_day):
        total = rest = sum((charge.value for charge in by_day[day]), Decimal(0))
        for lot in drawn:
            part = min(rest, lot.left()) if lot.first <= day <= lot.last else Decimal(0)
            if not part:
                continue
            lot.drawn[day] += part
            rest -= part
            for charge in by_day[day]:
                for key, share in charge.goes.items():
                    lot.weights[f"{day:%Y-%m}", key] += (
                        Fraction(part) * Fraction(charge.value * share) / Fraction(total)
                    )
        assert not rest, f"{day}: {rest} not covered"
    return {lot.id: lot for lot in drawn}


def consumption(lot: Lot, month: str) -> Split:
    """A lot's expense of a service period, by class and cost centre."""
    first_day = date(2025, int(month[5:]), 1)
    amount = lot.cost_used(month_end(month)) - lot.cost_used(
        date.fromordinal(first_day.toordinal() - 1)
    )
    weights = {key: weight for (of, key), weight in lot.weights.items() if of == month}
    return largest_remainder(amount, weights) if weights else {}


def accrual(charges: list[Charge], amount: Decimal) -> Split:
    """An amount by class and cost centre in proportion to the charges."""
    weights: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for charge in charges:
        for key, share in charge.goes.items():
            weights[key] += Fraction(charge.value * share)
    return largest_remainder(amount, weights)


def largest_remainder(amount: Decimal, weights: dict[tuple[str, str], Fraction]) -> Split:
    """Cents of an amount in proportion, the largest remainders first."""
    cents = int(amount * 100)
    total = sum(weights.values())
    exact = {key: Fraction(cents) * weight / total for key, weight in weights.items()}
    parts = {key: int(value) for key, value in exact.items()}
    by_remainder = sorted(exact, key=lambda key: (parts[key] - exact[key], key))
    for key in by_remainder[: cents - sum(parts.values())]:
        parts[key] += 1
    return {key: (Decimal(part) / 100).quantize(CENT) for key, part in parts.items()}


def less(after: Split, before: Split) -> Split:
    """What one split has more than another, without zeros."""
    changes = {key: after.get(key, Decimal(0)) - before.get(key, Decimal(0)) for key in after}
    return {key: change for key, change in changes.items() if change}


def plus(*splits: Split) -> Split:
    """Splits added up."""
    total: Split = defaultdict(Decimal)
    for split in splits:
        for key, amount in split.items():
            total[key] += amount
    return dict(total)


def value_of(charges: list[Charge]) -> Decimal:
    """The list value of charges, exact."""
    return sum((charge.value for charge in charges), Decimal(0))


def stated(kind: str, name: str) -> dict[date, Decimal]:
    """What a provider's cost file states, by day."""
    day, amount = {
        "openai/cost": ("start_time_iso", "amount_value"),
        "anthropic/claude_api_cost": ("usage_date_utc", "cost_usd"),
    }[kind]
    totals: dict[date, Decimal] = defaultdict(Decimal)
    for row in _rows(f"statements/{kind}_{name}.csv"):
        totals[date.fromisoformat(row[day][:10])] += Decimal(row[amount] or 0)
    return totals


def _priced(counts: tuple[Decimal, ...], prices: tuple[str, ...]) -> Decimal:
    pairs = zip(counts, prices, strict=True)
    return sum((count * Decimal(price) for count, price in pairs), Decimal(0)) / 1_000_000


def _rows(path: str) -> list[dict[str, str]]:
    with (SAMPLE / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
