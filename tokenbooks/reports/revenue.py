"""Reports of a seller's disclosures: revenue, contract balances, remaining obligations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from tokenbooks.close.contract_balances import ContractBalance
from tokenbooks.close.obligations import Obligation
from tokenbooks.close.revenue import RevenueKey, revenue_by
from tokenbooks.periods import Period
from tokenbooks.reports.table import Cell, Column, Table

ZERO = Decimal(0)

#: What revenue can be told apart by -> its heading.
PARTS = {
    "kind": "Kind",
    "contract": "Contract",
    "cost_center": "Cost center",
    "jurisdiction": "Jurisdiction",
    "late": "Earlier service",
}


def revenue_table(
    months: Sequence[tuple[Period, Mapping[RevenueKey, Decimal]]],
    by: tuple[str, ...],
    places: int,
    currency: str,
) -> Table:
    """Revenue by what it is of, a column a month."""
    found = revenue_by(months, by)
    rows = []
    for name in sorted(found):
        amounts = [found[name].get(period, ZERO) for period, _ in months]
        told = [_word(part, text) for part, text in zip(by, name, strict=True)]
        rows.append((*told, *amounts, sum(amounts, ZERO)))
    columns = (
        *(Column(part, PARTS[part]) for part in by),
        *(Column(str(p), str(p), True, places, total=True) for p, _ in months),
        Column("revenue", "Revenue", True, places, total=True),
    )
    return Table("revenue", f"Revenue, {currency}", columns, tuple(rows))


def _word(part: str, text: str) -> Cell:
    if part == "late":
        return text == "True"
    return text.replace("_", " ") if part == "kind" else text or None


def balances_table(
    before: Mapping[tuple[str, str], ContractBalance],
    now: Mapping[tuple[str, str], ContractBalance],
    places: int,
    period: Period,
    currency: str,
) -> Table:
    """Receivables, contract assets and liabilities, netted by contract, and how they changed."""
    nothing = ContractBalance()
    rows: list[tuple[Cell, ...]] = []
    for key in sorted({*before, *now}):
        then, own = before.get(key, nothing), now.get(key, nothing)
        rows.append(
            (
                *(key[0], key[1] or None, own.receivable, own.net_asset, own.net_liability),
                own.receivable - then.receivable,
                own.net_asset - own.net_liability - then.net_asset + then.net_liability,
            )
        )
    columns = [
        Column("contract", "Contract"),
        Column("party", "Party"),
        Column("receivable", "Receivable", True, places, total=True),
        Column("contract_asset", "Asset", True, places, total=True),
        Column("contract_liability", "Liability", True, places, total=True),
        Column("receivable_change", "Receivable change", True, places, total=True),
        Column("net_change", "Net change", True, places, total=True),
    ]
    if not any(row[1] for row in rows):
        rows = [(row[0], *row[2:]) for row in rows]
        del columns[1]
    title = f"Contract balances at the end of {period}, {currency}"
    return Table("contract_balances", title, tuple(columns), tuple(rows))


def obligations_table(
    found: Iterable[Obligation], places: int, period: Period, currency: str
) -> Table:
    """What is still to be recognised, by contract and month where that is known."""
    sums: dict[tuple[str, str, str], Decimal] = {}
    for item in found:
        key = (item.contract, item.how, str(item.month) if item.month else "")
        sums[key] = sums.get(key, ZERO) + item.amount
    rows = [
        (contract, how, month or None, amount)
        for (contract, how, month), amount in sorted(sums.items())
    ]
    columns = (
        Column("contract", "Contract"),
        Column("how", "Recognised"),
        Column("month", "In"),
        Column("amount", "Amount", True, places, total=True),
    )
    note = (
        "Usage that is billed as it happens is not in it (ASC 606-10-50-14(b)); contracts of a"
        " year or less may be left out (50-14(a))."
    )
    title = f"Remaining performance obligations at the end of {period}, {currency}"
    return Table("obligations", title, columns, tuple(rows), (note,))
