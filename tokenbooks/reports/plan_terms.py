"""The terms of a plan beside its prices, as a table: each in words, with its place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tokenbooks.amounts import number_text, quantity_text
from tokenbooks.problems import Position
from tokenbooks.rating.credit_terms import TOP_UP
from tokenbooks.rating.plan import Plan
from tokenbooks.rating.terms import Allowance, Cap, Commitment, Discount, Fee, Minimum
from tokenbooks.reports.credit_words import (
    bonus_words,
    overage_words,
    recurring_words,
    reload_words,
    rollover_words,
)
from tokenbooks.reports.explained_cells import place_cells, plain_columns
from tokenbooks.reports.table import Column, Table

#: Kind, name, words, from, until, place.
_Term = tuple[str, str, str, date | None, date | None, Position]


def terms_table(plan: Plan) -> Table:
    """Fees, commitment, minimum, caps, discounts, credits, and what the plan says of meters."""
    rows = [
        (kind, name or None, words, starts, until, *place_cells(place))
        for kind, name, words, starts, until, place in _terms(plan)
    ]
    texts = (("term", "Term"), ("name", "Name"), ("says", "Says"))
    columns = (
        *plain_columns(*texts, ("from", "From"), ("until", "Until")),
        Column("file", "File"),
        Column("line", "Line", number=True),
    )
    return Table("terms", "Terms of the whole plan", columns, tuple(rows))


def _terms(plan: Plan) -> Iterator[_Term]:
    terms = plan.terms
    for fee in terms.fees:
        yield "fee", fee.name, _fee(fee), fee.starts, fee.until, fee.position
    if (owed := terms.commitment) is not None:
        yield "commitment", "", _commitment(owed), owed.starts, owed.until, owed.position
    if (least := terms.minimum) is not None:
        yield "minimum", "", _minimum(least), None, None, least.position
    for cap in terms.caps:
        yield "cap", "", _cap(cap), None, None, cap.position
    for discount in terms.discounts:
        yield "discount", "", _discount(discount), None, None, discount.position
    if terms.round_lines is not None:
        words = f"an invoice rounds each line to {terms.round_lines} decimals"
        yield "rounding", "", words, None, None, plan.position
    yield from _credits(plan)
    yield from _meters(plan)


def _credits(plan: Plan) -> Iterator[_Term]:
    if plan.credit is not None:
        words = f"worth {number_text(plan.credit.worth)} {plan.currency}"
        yield "credit", plan.credit.name, words, None, None, plan.position
    terms = plan.credit_terms
    if terms.expires is not None:
        yield "credits", "", f"expire after {terms.expires}", None, None, plan.position
    if (rolls := terms.rollover) is not None:
        yield "rollover", "", rollover_words(rolls, plan.credit), None, None, rolls.position
    for bonus in terms.bonus:
        yield "bonus", "", bonus_words(bonus, plan.credit), None, None, bonus.position
    for grant in terms.recurring:
        words = recurring_words(grant, plan.credit)
        yield "recurring", grant.name, words, grant.starts, grant.until, grant.position
    if terms.overage != TOP_UP:
        yield "overage", "", overage_words(terms.overage), None, None, plan.position
    if (reload := terms.reload) is not None:
        yield "reload", "", reload_words(reload, plan.credit), None, None, reload.position


def _meters(plan: Plan) -> Iterator[_Term]:
    for part, whole in plan.part_of.items():
        words = f"part of {whole}: takes its price where it has none"
        yield "meter", part, words, None, None, plan.position
    for level in sorted(plan.levels):
        yield "meter", level, "holds until the next row", None, None, plan.position
    for dimension, value in plan.defaults.items():
        words = f"'{value}' where usage says nothing; other values need a price"
        yield "default", dimension, words, None, None, plan.position


def _fee(fee: Fee) -> str:
    per = f" for each of {fee.per}" if fee.per else ""
    text = f"{number_text(fee.price)}{per} every {fee.every}"
    text += ", prorated by days" if fee.prorate else ""
    return text + _allowance(fee.allowance, fee.every)


def _allowance(allowance: Allowance, every: str) -> str:
    if not allowance.includes:
        return ""
    text = ", includes " + " and ".join(
        f"{quantity_text(quantity)} {meter}" for meter, quantity in allowance.includes.items()
    )
    if not allowance.rolls:
        return f"{text}; what is left lapses"
    more = f"{every}s" if allowance.rolls > 1 else every
    most = f", at most {quantity_text(allowance.at_most)}" if allowance.at_most is not None else ""
    return f"{text}; what is left rolls on for {allowance.rolls} {more}{most}"


def _commitment(commitment: Commitment) -> str:
    lacking = {"bill": "is billed", "forfeit": "is lost"}[commitment.shortfall]
    text = f"{number_text(commitment.amount)} every {commitment.every}; what lacks {lacking}"
    if commitment.overage == 1:
        return text
    return f"{text}; usage beyond it costs {number_text(commitment.overage)} times its price"


def _minimum(minimum: Minimum) -> str:
    prorated = ", prorated by days" if minimum.prorate else ""
    return f"at least {number_text(minimum.amount)} every {minimum.every}{prorated}"


def _cap(cap: Cap) -> str:
    of = "" if cap.of == ("*",) else f" for {', '.join(cap.of)}"
    return f"at most {number_text(cap.amount)} every {cap.every}{of}"


def _discount(discount: Discount) -> str:
    text = f"{number_text(discount.percent)}% off"
    if not discount.over:
        return f"{text} every {discount.every}"
    what = "everything, once it is" if discount.applies == "all" else "what is"
    return f"{text} {what} over {number_text(discount.over)} in a {discount.every}"
