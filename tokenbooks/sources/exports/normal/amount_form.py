"""What a file says its rows cost, as SQL over its cells, and what the amounts mean."""

from __future__ import annotations

from tokenbooks.sources.exports.descriptors.descriptor import (
    CONTRACT_CURRENCY,
    NOT_OWED_MEANINGS,
    StatedAmount,
)
from tokenbooks.sources.exports.normal import sql_values
from tokenbooks.sources.exports.normal.cells import Cells
from tokenbooks.sources.exports.normal.expression import Expression, about, constant
from tokenbooks.sources.exports.normal.normal_form import AmountForm
from tokenbooks.sources.exports.sql_text import quoted, quoted_list
from tokenbooks.usage.accounting import USAGE


def build_amount(cells: Cells, spec: StatedAmount) -> AmountForm | None:
    """The stated amounts of a file's rows; None where it has no column of them."""
    index = _amount(cells, spec)
    if index is None:
        return None
    # where the file has no column of its own for it, the descriptor's list may be the amount
    apart = cells.index(spec.list_column) != index
    listed = _another(cells, spec, "l", spec.list_column) if apart else None
    billed = _another(cells, spec, "b", spec.billed)
    in_total = _another(cells, spec, "w", spec.in_total) or "a"
    currency = _currency(cells, spec, index)
    meaning = _meaning(cells, spec, listed, billed)
    amount = "a"
    if cells.file.kind == USAGE and listed and any(meaning.zero for meaning in spec.meanings):
        # usage whose price a discount takes away is kept at its value; a statement has both
        amount = f"(CASE WHEN a = 0 AND {listed} > 0 THEN {listed} ELSE a END)"
    return AmountForm(amount, listed, currency, billed, meaning, in_total)


def not_owed(cells: Cells, spec: StatedAmount, form: AmountForm | None) -> Expression | None:
    """Whether a row is nobody's expense: usage inside a subscription, or paid by free credits.

    None where no row is. A file that has no column of amounts may tell so nevertheless.
    """
    meaning = form.meaning if form else _meaning(cells, spec, None, None)
    if not any(quoted(name) in meaning.sql for name in NOT_OWED_MEANINGS):
        return None
    return about(f"{meaning} IN {quoted_list(NOT_OWED_MEANINGS)}", meaning)


def _amount(cells: Cells, spec: StatedAmount) -> int | None:
    """Casts the amount, and requires it; its column."""
    if spec.price is None or spec.quantity is None:
        index = cells.index(*spec.columns)
        if index is None:
            return None
        amount = cells.amount(_first_text(cells, spec), spec.unit, spec.binary)
        if spec.nothing:
            said = f"coalesce(c{index}, '') IN {quoted_list(spec.nothing)}"
            amount = f"CASE WHEN {said} THEN 0::DECIMAL(38,18) ELSE {amount} END"
        if spec.plus and (added := cells.index(spec.plus[0])) is not None:
            amount += f" + {sql_values.json_sum(f'c{added}', spec.plus[1])}"
        cells.values["a"] = Expression(f"({amount})::DECIMAL(38,18)" if spec.plus else amount)
    else:
        index, quantity = cells.index(spec.price), cells.index(spec.quantity)
        if index is None or quantity is None:
            return None
        price, counted = (cells.number_text(n, spec.nothing) for n in (index, quantity))
        cells.values["a"] = Expression(cells.product(price, counted))
    cells.require("bad-amount", index, Expression("a IS NOT NULL"))
    return index


def _first_text(cells: Cells, spec: StatedAmount) -> str:
    """The first of the columns that is not empty, as a number's text."""
    found = [index for name in spec.columns if (index := cells.index(name)) is not None]
    texts = [cells.number_text(index, spec.nothing) for index in found]
    return (
        texts[0] if len(texts) == 1 else cells.named_text(f"coalesce({', '.join(texts)})", *texts)
    )


def _another(cells: Cells, spec: StatedAmount, name: str, column: str | None) -> str | None:
    """A further amount of the row, which may be empty; None where the file has none."""
    index = cells.index(column)
    if index is None:
        return None
    text = cells.number_text(index, spec.nothing)
    amount = cells.amount(text, spec.unit, spec.binary)
    cells.values[name] = Expression(f"CASE WHEN {text} IS NOT NULL THEN {amount} END")
    cells.values[f"{name}_said"] = Expression(f"{text} IS NOT NULL")
    cells.require("bad-amount", index, Expression(f"({name} IS NOT NULL OR NOT {name}_said)"))
    return name


def _currency(cells: Cells, spec: StatedAmount, amount: int) -> Expression:
    if spec.currency == CONTRACT_CURRENCY:
        return constant(quoted(cells.file.currency) if cells.file.currency else "NULL::VARCHAR")
    if spec.currency is not None:
        return constant(quoted(spec.currency))
    index = cells.index(*spec.currency_columns)
    cell = constant("NULL") if index is None else cells.written(index)
    sound = about(f"regexp_full_match({cell}, '[A-Za-z]{{3}}')", cell, costly=True)
    cells.require("bad-currency", amount if index is None else index, sound)
    return about(f"upper({cell})", cell, costly=True)


def _meaning(
    cells: Cells, spec: StatedAmount, listed: str | None, billed: str | None
) -> Expression:
    branches, conditions = "", []
    for meaning in spec.meanings:
        condition = cells.condition(meaning.condition)
        if meaning.zero and listed:
            condition = cells.flag(f"a = 0 AND {listed} > 0")
        elif condition and meaning.condition and not meaning.condition.like:
            condition = cells.flag(condition.sql)
        if meaning.unbilled and billed and condition:
            unbilled = cells.flag(f"coalesce({billed}, 0) = 0")
            condition = about(f"{condition} AND {unbilled}", condition, unbilled)
        if condition:
            branches += f" WHEN {condition} THEN {quoted(meaning.means)}"
            conditions.append(condition)
    usual = quoted(spec.means)
    if not branches:
        return constant(usual)
    return about(f"(CASE{branches} ELSE {usual} END)", *conditions, costly=True)
