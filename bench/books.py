"""Books for the usage of the benchmark: one with prices per unit, one with tiers."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from bench.usage import CUSTOMERS, MODELS, PERIOD, write_usage

DATA = Path(__file__).resolve().parent / "data"

BOOK = f"""\
book: Benchmark
currency: USD
start: {PERIOD}
contracts:
  gateway: {{side: buy, party: Gateway, plan: prices, settle: arrears, usage: usage/*.csv}}
keep: [model, project, customer]
"""
RULES = """\
allocate:
  - {when: {project: "project-0*"}, class: rd, cost_center: research}
  - {when: {project: [project-10, project-11]}, class: opex, cost_center: office}
  - when: {project: project-12}
    split: [{share: 60, class: rd, cost_center: research},
            {share: 40, class: cogs, cost_center: support}]
  - {when: {project: "project-*"}, class: cogs, cost_center: support}
"""


#: Prices for all models alike, whose bands each customer has for itself.
ALIKE = """\
plan: prices
currency: USD
rates:
  - prices:
      input_tokens: {tiers: graduated, over: month, scope: [customer], steps: [
        {up_to: 1M, price: 5.25 per 1M}, {up_to: 20M, price: 5.05 per 1M}, {price: 4.95 per 1M}]}
      cached_input_tokens: 0.5 per 1M
      output_tokens: 20.75 per 1M
"""


@dataclass(frozen=True, slots=True)
class Variant:
    """A kind of prices, and how many customers the usage has.

    ``alike``: one price list for all models, in a book that keeps customers only.
    """

    name: str
    customers: int = CUSTOMERS
    over: str = ""
    alike: bool = False

    @property
    def what(self) -> str:
        """What a measure of it is called."""
        return f", {self.name.replace('-', ' ')}" if self.name else ""

    @property
    def tiered(self) -> bool:
        """Whether the input of each model has bands."""
        return bool(self.over)


PLAIN = Variant("")
#: One counter for each model, and one for each model and customer.
TIERS = Variant("tiers", over="over: month")
CUSTOMER_TIERS = Variant("customer-tiers", over="over: month, scope: [customer]")
MANY_CUSTOMER_TIERS = Variant("100k-customer-tiers", 100_000, CUSTOMER_TIERS.over, alike=True)
VARIANTS = (PLAIN, TIERS, CUSTOMER_TIERS, MANY_CUSTOMER_TIERS)


def prepare_book(label: str, rows: int, variant: Variant) -> Path:
    """The folder of a book that has not been closed; its usage is written only once."""
    many = f"-{variant.customers}-customers" if variant.customers != CUSTOMERS else ""
    usage = DATA / f"usage-{label}{many}.csv"
    if not usage.exists():
        write_usage(usage, rows, variant.customers)
    folder = DATA / "-".join(filter(None, [label, variant.name]))
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("plans", "usage"):
        (folder / name).mkdir(parents=True)
    book = BOOK.replace("model, project, ", "") if variant.alike else BOOK + RULES
    (folder / "tokenbooks.yaml").write_text(book)
    (folder / "plans/prices.yaml").write_text(plan_text(variant))
    os.link(usage, folder / "usage" / f"{PERIOD}.csv")
    return folder


def plan_text(variant: Variant) -> str:
    """A plan of all models; with tiers, the input of each has three bands a month."""
    if variant.alike:
        return ALIKE
    bounds = ("1M", "20M") if "scope" in variant.over else ("100M", "10G")
    lines = ["plan: prices", "currency: USD", "rates:"]
    for model in range(MODELS):
        unit = 5 + model
        plain = f"{unit}.25 per 1M"
        graduated = (
            f"{{tiers: graduated, {variant.over}, steps: ["
            f"{{up_to: {bounds[0]}, price: {unit}.25 per 1M}},"
            f" {{up_to: {bounds[1]}, price: {unit}.05 per 1M}}, {{price: {unit - 1}.95 per 1M}}]}}"
        )
        lines += [
            f"  - for: {{model: model-{model:02}}}",
            "    prices:",
            f"      input_tokens: {graduated if variant.tiered else plain}",
            f"      cached_input_tokens: 0.{unit:03} per 1M",
            f"      output_tokens: {4 * unit}.75 per 1M",
        ]
    return "\n".join(lines) + "\n"


def reopen_book(folder: Path) -> None:
    """Take away what a close wrote, so that the next one begins as the first did."""
    shutil.rmtree(folder / "close", ignore_errors=True)
    for path in folder.glob("books.*"):
        path.unlink()
