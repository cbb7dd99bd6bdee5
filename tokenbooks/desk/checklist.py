"""Answering the checklist for finance leaders from the book itself, without flattery.

What a book does not tell is a no. Questions about customers and revenue are not applicable
where no contract sells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from tokenbooks.amounts import number_text, round_half_up
from tokenbooks.book import ENTRY_KINDS, Contract
from tokenbooks.desk.checklist_controls import (
    approvals,
    metering,
    modifications,
    price_changes,
    reconciled_balances,
)
from tokenbooks.desk.checklist_customers import breakage, sellers
from tokenbooks.desk.checklist_figures import (
    Attributed,
    UsageFigures,
    numbered,
    usage_figures,
)
from tokenbooks.desk.look import look_at_files, look_at_usage
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.problems import Problem
from tokenbooks.rating.credit_terms import BILL, STOP, TOP_UP
from tokenbooks.reports.checklist import NO, NOT_APPLICABLE, PARTLY, YES, Answer

_ALL = Fraction(1)

#: How accounts begin that make the result of a period.
_RESULT = ("Expenses:", "Income:")

#: Meters of actions rather than of text: priced by what was done.
_ACTIONS = frozenset({"requests", "images", "web_searches", "file_searches", "code_sessions"})


def checklist(book: OpenBook) -> tuple[list[Answer], list[Problem]]:
    """The answers of a book; none where its usage cannot be read."""
    looked, problems = look_at_usage(book)
    files, found = look_at_files(book)
    problems = [problem for problem in [*problems, *found] if problem.is_error]
    if looked is None:
        return [], problems
    figures = usage_figures(looked)
    return [
        _attribution(figures),
        _input_and_output(book, figures),
        reconciled_balances(book),
        breakage(book, looked.computed),
        _overage(book),
        price_changes(book, figures),
        modifications(book, approvals(book)),
        _recognition(book),
        _pricing_forms(book, figures),
        metering(book, files),
    ], problems


def _attribution(figures: UsageFigures) -> Answer:
    dimensions = {
        "models": figures.models,
        "customers": figures.customers,
        "features": figures.features,
    }
    shares = [dimension.share for dimension in dimensions.values()]
    answer = NO
    if figures.customers.values and figures.features.values:
        answer = YES if min(shares) == _ALL else PARTLY
    elif figures.customers.values or figures.features.values:
        answer = PARTLY
    evidence = [_attributed(name, dimension) for name, dimension in dimensions.items()]
    evidence.append(f"{_percent(figures.allocated)} of all cost is allocated to a class")
    return Answer(
        "Can token costs be told by customer, feature and model, not only in total?",
        answer,
        tuple(evidence),
        "tokenbooks usage --by customer,model",
    )


def _attributed(name: str, dimension: Attributed) -> str:
    if not dimension.values:
        return f"no usage says its {name.removesuffix('s')}"
    count = numbered(dimension.values, name.removesuffix("s"))
    return f"{count}, told of {_percent(dimension.share)} of all cost"


def _input_and_output(book: OpenBook, figures: UsageFigures) -> Answer:
    evidence = [
        f"{numbered(figures.both, 'model')} with input and output tokens",
        f"{figures.apart} of them with a price of its own for each",
    ]
    if figures.unpriced:
        evidence.append(f"{figures.unpriced} of them without a price")
    if figures.both == 0:
        answer = NOT_APPLICABLE
    elif figures.apart == figures.both:
        answer = YES
    else:
        answer = PARTLY if figures.apart else NO
    return Answer(
        "Are input and output tokens told apart, each at its own rate?",
        answer,
        tuple(evidence),
        _plans_of(book),
    )


def _overage(book: OpenBook) -> Answer:
    """What happens to usage beyond credits: of customers, and of the book's own ones.

    What customers use beyond theirs is dealt with by the rule of their plan.
    """
    prepaid = [contract for contract in _prepaid(book) if not contract.sells]
    sold = [contract for contract in _prepaid(book) if contract.sells]
    rules = [*_overage_rules(book, sold), *_overage_rules(book, prepaid)]
    none = [] if sellers(book) else ["no contract sells: no customer has an overage"]
    evidence = [*none, *rules]
    reloads = [c for c in prepaid if book.facts.plan_of(c).credit_terms.reload is not None]
    if not prepaid:
        answer = YES if sold else NOT_APPLICABLE
    elif len(reloads) == len(prepaid):
        answer = YES
        evidence.append("every rule of automatic purchases is checked against its receipts")
    else:
        answer = PARTLY
        evidence.append("nobody is told to buy before `tokenbooks check` is run")
    return Answer(
        "Is usage beyond credits dealt with by rule, or does somebody have to notice?",
        answer,
        tuple(evidence),
        "tokenbooks credits",
    )


def _overage_rules(book: OpenBook, prepaid: Sequence[Contract]) -> list[str]:
    sells = any(contract.sells for contract in prepaid)
    words = {
        TOP_UP: f"is accrued and settled by the next {'sale' if sells else 'purchase'}",
        BILL: "is accrued until it is invoiced",
        STOP: "is told as usage that should not have happened",
    }
    told: dict[str, list[str]] = {}
    for contract in prepaid:
        terms = book.facts.plan_of(contract).credit_terms
        told.setdefault(words[terms.overage], []).append(contract.id)
    return [f"usage beyond the credits of {', '.join(own)} {text}" for text, own in told.items()]


def _recognition(book: OpenBook) -> Answer:
    """Expense when credits are used, not when cash leaves."""
    prepaid, arrears = _prepaid(book), len(book.facts.book.contracts) - len(_prepaid(book))
    at_once = [
        contract
        for contract in prepaid
        if book.facts.book.account("prepaid_credits", contract).startswith(_RESULT)
    ]
    missing = sorted({"consumption", "accrual"} & (set(ENTRY_KINDS) - set(book.facts.book.post)))
    evidence = [
        f"{numbered(len(prepaid), 'contract')} prepaid, {arrears} in arrears",
        f"{numbered(len(book.months), 'month')} written",
    ]
    evidence += _held(prepaid, at_once)
    if missing:
        evidence.append(f"`post` leaves out {' and '.join(missing)}")
    answer = YES if book.months and not missing else PARTLY
    return Answer(
        "Is cost recognised as tokens are used, not when cash moves?",
        NO if at_once else answer,
        tuple(evidence),
        "tokenbooks report rollforward",
    )


def _held(prepaid: Sequence[Contract], at_once: Sequence[Contract]) -> list[str]:
    """What is paid before it is used: an asset of who buys, a liability of who sells."""
    told = []
    for sells, row, result, held in (
        (False, "purchases", "expense", "an asset"),
        (True, "sales", "revenue", "a liability"),
    ):
        names = [contract.id for contract in at_once if contract.sells == sells]
        if names:
            told.append(f"{row} of {', '.join(names)} go to {result} at once")
        elif any(contract.sells == sells for contract in prepaid):
            told.append(f"{row} are {held} until they are used")
    return told


def _pricing_forms(book: OpenBook, figures: UsageFigures) -> Answer:
    named = {meter for plan in book.facts.plans.values() for meter in plan.actions}
    actions = [meter for meter in figures.meters if meter in _ACTIONS | named]
    others = [meter for meter in figures.meters if meter not in _ACTIONS | named]
    evidence = [f"priced by volume: {', '.join(others) or 'nothing'}"]
    evidence.append(f"priced by action: {', '.join(actions) or 'nothing'}")
    return Answer(
        "Is pricing per token told apart from pricing per action?",
        YES if figures.meters else NO,
        tuple(evidence),
        "tokenbooks usage --by meter",
    )


def _prepaid(book: OpenBook) -> list[Contract]:
    contracts: Mapping[str, Contract] = book.facts.book.contracts
    return [contract for contract in contracts.values() if contract.settle == "prepaid"]


def _plans_of(book: OpenBook) -> str:
    places = dict.fromkeys(str(plan.position.file) for plan in book.facts.plans.values())
    return ", ".join(places)


def _percent(share: Fraction) -> str:
    """A share in percent, of one decimal; never 100 where anything is missing."""
    percent = round_half_up(share * 100, 1)
    if share < _ALL and percent >= 100:
        return "just under 100%"
    return f"{number_text(percent)}%"
