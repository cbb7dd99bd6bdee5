"""Promotions and bundles of a seller: free credits, vouchers, one price for several promises."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from tests.conformance.engine import TODAY, run, write_files
from tests.conformance.ledger_text import read_entries
from tests.conformance.story import csv_text
from tokenbooks.names import DEFAULT_ACCOUNTS
from tokenbooks.periods import Period, months_between

Case = dict[str, Any]
Nets = dict[str, Decimal]

_PARTY = "Customers"
_ROLES = {name.replace("{party}", _PARTY): role for role, name in DEFAULT_ACCOUNTS.items()}
#: The bill for serving usage is the buyer's side of a book: another contract's entry.
_BILL = ("cost_of_revenue", "accounts_payable")


def check_promo(case: Case, folder: Path) -> None:
    """Free credits: what is given, used and lapses, month by month."""
    given, days = case["inputs"], [date.fromisoformat(e["date"]) for e in case["entries"]]
    share = Decimal(given["cost_pct"]) / 100
    row = {"date": min(days), "contract": "packs", "event": "grant", "credits": given["face"]}
    row |= {"lot": "trial", "expires": max(days), "kind": "promo"}
    used = (Period.month_of(min(days)).last_day, Decimal(given["used_face"]))
    estimates = [_estimate("packs", "cost_to_serve", "", share, min(days))]
    policies = case.get("policy", {})
    files = _files({"packs": [used]}, [row], estimates, policies, min(days))
    assert _closed(folder, files, min(days), max(days)) == _expected(case)


def check_voucher(case: Case, folder: Path) -> None:
    """A voucher that comes with what is bought and used: it takes a part of the price."""
    day = date.fromisoformat(case["entries"][0]["date"])
    alone = _stand_alone(case)
    price, use = case["inputs"]["price"], alone["use"]
    rows = [
        {"date": day, "contract": "packs", "event": "sale", "credits": use}
        | {"paid": price, "lot": "bought"},
        {"date": day, "contract": "packs", "event": "bonus", "credits": alone["voucher"]}
        | {"lot": "voucher", "parent": "bought"},
    ]
    files = _files({"packs": [(day, use)]}, rows, [], {}, day)
    assert _closed(folder, files, day, day) == _expected(case)


def check_bundle(case: Case, folder: Path) -> None:
    """One document over several contracts: each promise gets its part of the price."""
    day = date.fromisoformat(case["entries"][0]["date"])
    alone = _stand_alone(case)
    names = sorted(alone)
    paid = dict.fromkeys(names, Decimal(0)) | {names[0]: Decimal(case["inputs"]["price"])}
    rows = [
        {"date": day, "contract": name, "event": "sale", "credits": alone[name]}
        | {"paid": paid[name], "lot": f"lot-{name}", "document": "O-1"}
        for name in names
    ]
    estimates = [_estimate(name, "ssp", "O-1", alone[name], day) for name in names]
    files = _files({name: [] for name in names}, rows, estimates, {}, day)
    assert _closed(folder, files, day, day) == _expected(case)
    assert _deferred(folder, day) == _parts(case)


def _stand_alone(case: Case) -> dict[str, Decimal]:
    block = next(own for own in case["verify"] if own["fn"] == "ssp")
    return {name: Decimal(value) for name, value in block["args"]["ssp"].items()}


def _parts(case: Case) -> Nets:
    block = next(own for own in case["verify"] if own["fn"] == "ssp")
    return {name: -Decimal(value) for name, value in block["expect"].items()}


def _estimate(contract: str, name: str, cohort: str, value: Decimal, day: date) -> dict[str, Any]:
    said = {"evidence": "case", "prepared": "Ada", "approved": "Grace"}
    return {"date": day, "contract": contract, "name": name, "cohort": cohort, "value": value} | (
        said
    )


def _files(
    used: dict[str, list[tuple[date, Decimal]]],
    rows: list[dict[str, Any]],
    estimates: list[dict[str, Any]],
    policies: dict[str, Any],
    first: date,
) -> dict[str, str]:
    """The files of a book of a seller: contracts by what is used of each."""
    files = {"credits.csv": csv_text(rows)}
    files["plans/own.yaml"] = "plan: own\ncurrency: USD\nrates: [{prices: {credits: 1}}]\n"
    contracts: dict[str, Any] = {}
    for name, uses in used.items():
        own = {"side": "sell", "party": _PARTY, "plan": "own", "settle": "prepaid"}
        contracts[name] = own | {"revenue": {"gross_net": "principal"}}
        if uses:
            contracts[name]["usage"] = f"usage/{name}.csv"
            lines = "".join(f"{day},m,{quantity}\n" for day, quantity in uses)
            files[f"usage/{name}.csv"] = "date,model,credits\n" + lines
    if estimates:
        files["estimates.csv"] = csv_text(estimates)
    book: dict[str, Any] = {"book": "Case", "currency": "USD", "start": f"{first:%Y-%m}"}
    book |= {"contracts": contracts} | ({"policies": policies} if policies else {})
    return files | {"tokenbooks.yaml": yaml.safe_dump(book, sort_keys=False)}


def _closed(folder: Path, files: dict[str, str], first: date, last: date) -> dict[str, Nets]:
    """What each month posts, role by role; months that post nothing are left out."""
    write_files(folder, files)
    months: dict[str, Nets] = {}
    for month in months_between(Period.month_of(first), Period.month_of(last)):
        options = ("--book", str(folder), "--today", TODAY)
        code, _, problems = run(*options, "close", "-p", str(month), "--write")
        assert code == 0, problems
        nets: Nets = defaultdict(Decimal)
        for entry in read_entries(folder / "close" / str(month) / "journal.ledger"):
            for account, amount in entry.amounts.items():
                nets[_ROLES[account]] += amount
        months[str(month)] = {role: amount for role, amount in nets.items() if amount}
    return {month: nets for month, nets in months.items() if nets}


def _deferred(folder: Path, day: date) -> Nets:
    """What is deferred of each lot, by the contract that it is named after."""
    path = folder / "close" / str(Period.month_of(day)) / "lots.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {row["lot"].removeprefix("lot-"): -Decimal(row["cost_closing"]) for row in rows}


def _expected(case: Case) -> dict[str, Nets]:
    """What a case's entries come to by month, without the provider's bill."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in case["entries"]:
        rows[row["entry"]].append(row)
    months: dict[str, Nets] = defaultdict(lambda: defaultdict(Decimal))
    for entry in rows.values():
        if {row["account_role"] for row in entry} == set(_BILL):
            continue
        for row in entry:
            amount = Decimal(row["debit"]) - Decimal(row["credit"])
            months[row["date"][:7]][row["account_role"]] += amount
    found = {month: {r: a for r, a in nets.items() if a} for month, nets in months.items()}
    return {month: nets for month, nets in found.items() if nets}


#: Topic of a provider's case -> what checks it.
TOPICS: dict[str, Callable[[Case, Path], None]] = {
    "promo": check_promo,
    "material_right": check_voucher,
    "bundle": check_bundle,
}
