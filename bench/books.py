"""Books for the usage of the benchmark: one with prices per unit, one with tiers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bench.usage import MODELS, PERIOD, write_usage

DATA = Path(__file__).resolve().parent / "data"

BOOK = f"""\
book: Benchmark
currency: USD
start: {PERIOD}
contracts:
  gateway: {{side: buy, party: Gateway, plan: prices, settle: arrears, usage: usage/*.csv}}
keep: [model, project, customer]
allocate:
  - {{when: {{project: "project-0*"}}, class: rd, cost_center: research}}
  - {{when: {{project: [project-10, project-11]}}, class: opex, cost_center: office}}
  - when: {{project: project-12}}
    split: [{{share: 60, class: rd, cost_center: research}},
            {{share: 40, class: cogs, cost_center: support}}]
  - {{when: {{project: "project-*"}}, class: cogs, cost_center: support}}
"""


def prepare_book(label: str, rows: int, tiers: bool) -> Path:
    """The folder of a book that has not been closed; its usage is written only once."""
    usage = DATA / f"usage-{label}.csv"
    if not usage.exists():
        write_usage(usage, rows)
    folder = DATA / f"{label}{'-tiers' if tiers else ''}"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("plans", "usage"):
        (folder / name).mkdir(parents=True)
    (folder / "tokenbooks.yaml").write_text(BOOK)
    (folder / "plans/prices.yaml").write_text(plan_text(tiers))
    os.link(usage, folder / "usage" / f"{PERIOD}.csv")
    return folder


def plan_text(tiers: bool) -> str:
    """A plan of all models; with tiers, the input of each has three bands a month."""
    lines = ["plan: prices", "currency: USD", "rates:"]
    for model in range(MODELS):
        unit = 5 + model
        plain = f"{unit}.25 per 1M"
        graduated = (
            "{tiers: graduated, over: month, steps: ["
            f"{{up_to: 100M, price: {unit}.25 per 1M}}, {{up_to: 10G, price: {unit}.05 per 1M}},"
            f" {{price: {unit - 1}.95 per 1M}}]}}"
        )
        lines += [
            f"  - for: {{model: model-{model:02}}}",
            "    prices:",
            f"      input_tokens: {graduated if tiers else plain}",
            f"      cached_input_tokens: 0.{unit:03} per 1M",
            f"      output_tokens: {4 * unit}.75 per 1M",
        ]
    return "\n".join(lines) + "\n"


def reopen_book(folder: Path) -> None:
    """Take away what a close wrote, so that the next one begins as the first did."""
    shutil.rmtree(folder / "close", ignore_errors=True)
    for path in folder.glob("books.*"):
        path.unlink()
