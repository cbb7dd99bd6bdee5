"""Explaining what only a seller posts: breakage, promotions, estimates, fees earned by the day.

Such entries come from a rule and an estimate rather than from a document: their explanation is
the rows that say so, and the figures that the rule put together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, money_text, number_text, round_half_up
from tokenbooks.close.explanation import Document, EntryExplanation
from tokenbooks.desk.close import Prepared
from tokenbooks.documents import Estimate
from tokenbooks.entries.buy.owed import document_id
from tokenbooks.entries.posted import Line
from tokenbooks.entries.sell.advance import EARNED
from tokenbooks.entries.sell.advance import KIND as OF_FEES
from tokenbooks.entries.sell.allowance import RULE as ALLOWANCE
from tokenbooks.entries.sell.breakage import NONE, CohortBreakage
from tokenbooks.entries.sell.breakage import RULE as BREAKAGE
from tokenbooks.entries.sell.estimated import BLENDED, REBATE
from tokenbooks.entries.sell.estimated import RULE as ESTIMATE
from tokenbooks.entries.sell.modification import RULE as MODIFIED
from tokenbooks.entries.sell.passing import TIME
from tokenbooks.entries.sell.promotion import GRANTED, LAPSED, USED, Promotion
from tokenbooks.entries.sell.promotion import RULE as PROMOTION


def explain_sold(told: EntryExplanation, prepared: Prepared) -> None:
    """Fill in the rows and figures behind an entry of a rule that only sellers have."""
    if told.entry.kind in _TOLD:
        _TOLD[told.entry.kind](told, prepared, dict(told.entry.tags)["contract"])


def is_earned_by_time(told: EntryExplanation) -> bool:
    """Whether an entry is of credits whose price is earned by the days of their lives."""
    contract = told.facts.book.contracts[dict(told.entry.tags)["contract"]]
    earns = contract.sells and contract.revenue.pattern == TIME
    return earns and told.entry.kind == "consumption"


def explain_by_time(told: EntryExplanation, prepared: Prepared) -> None:
    """Fill in the lots behind revenue that is earned by the day, whatever was used."""
    tags = dict(told.entry.tags)
    lots = prepared.close.computed.lots
    changed = _changed(prepared, tags["contract"], "consumption", tags["service-period"])
    _add_rows(told, [lots[line.unit].event for line in changed if line.unit in lots])
    told.notes.append(
        "The price of such credits is earned by the days of their lives, whatever is used"
        " (revenue.pattern: time)."
    )


def _breakage(told: EntryExplanation, prepared: Prepared, contract: str) -> None:
    """The cohort, its estimate, and how the rule comes to its revenue."""
    own = [item for item in prepared.close.computed.sold.breakage if item.name.contract == contract]
    entry = f"{told.entry.id}-"
    named = [item for item in own if entry.startswith(f"{BREAKAGE}-{contract}-{item.name.id}-")]
    for item in named or own:
        _add_rows(told, [item.rate.estimate] if item.rate.estimate else [])
        told.notes.append(_of_cohort(told, item))
    told.notes.append(
        f"The close's memo memos/{BREAKAGE}-{contract}.md has the estimate, and every cohort."
    )


def _of_cohort(told: EntryExplanation, item: CohortBreakage) -> str:
    """A cohort's figures to date, in a sentence."""
    own = item.cohort
    text = (
        f"{item.name.id}: of {_money(told, own.alive_paid)} sold and alive"
        f" {_money(told, own.alive_used)} is used; at {_percent(item.rate.value)} that stays"
        f" unused ({item.rate.source}) {_money(told, item.revenue)} is recognised to date"
    )
    if own.expired:
        fate = "is kept as a liability after expiry" if item.method == NONE else "expired unused"
        text += f"; {_money(told, own.expired)} {fate}"
    if item.escheated:
        text += f", of which {_money(told, item.escheated)} is owed to the state"
    return f"{text}."


def _promotion(told: EntryExplanation, prepared: Prepared, contract: str) -> None:
    """The grants of the entry, and the estimate of what serving them costs."""
    facts, entry = told.facts, told.entry
    what = entry.id.removeprefix(f"{PROMOTION}-{contract}-").partition("-")[0]
    units = {line.unit for line in _changed(prepared, contract, PROMOTION)}
    given_on = set()
    for item in prepared.close.computed.sold.promotions:
        of = item.of
        on_its_day = {GRANTED: of.given_on, LAPSED: of.last_day, USED: entry.day}.get(what)
        named = (of.contract, on_its_day) == (contract, entry.day)
        if not named or f"{what} {of.kind} {of.given_on}" not in units:
            continue
        names = (of.kind, "")
        row = facts.estimated("cost_to_serve", contract, prepared.close.period.last_day, names)
        _add_rows(told, [row] if row else [])
        told.notes.append(_of_promotion(item))
        given_on.add(of.given_on)
    if what != USED:
        rows = (event for event in facts.credits if event.contract == contract)
        _add_rows(told, [e for e in rows if e.event == "grant" and e.day in given_on])


def _of_promotion(item: Promotion) -> str:
    """What became of free credits that were given on one day."""
    granted, used = (number_text(round_half_up(v, 6)) for v in (item.granted, item.used))
    return (
        f"Given on {item.of.given_on}: {granted} at list value, of which {used} is used to date;"
        f" serving costs {_percent(item.share or Fraction(0))} of it."
    )


def _estimate(told: EntryExplanation, prepared: Prepared, contract: str) -> None:
    """The estimates of volumes and prices behind an entry, with their figures."""
    found = prepared.close.computed.sold.estimated
    kind = told.entry.id.removeprefix(f"{ESTIMATE}-{contract}-").partition("-")[0]
    if kind == BLENDED:
        for blended in (item for item in found.blended if item.contract == contract):
            _add_rows(told, [blended.estimate])
            told.notes.append(
                f"{_who(blended.party)}{blended.meter} of {blended.span}: charged"
                f" {_exact(told, blended.charged)}, earned {_exact(told, blended.earned)} at the"
                " rate expected for the whole span."
            )
        return
    if kind == REBATE:
        for rebate in (item for item in found.rebates if item.contract == contract):
            _add_rows(told, [rebate.estimate])
            told.notes.append(
                f"{_who(rebate.party)}of {_exact(told, rebate.charged)} charged"
                f" {_exact(told, rebate.expected)} is expected to go back, of which"
                f" {_exact(told, rebate.given)} has."
            )
        return
    for item in (item for item in found.shortfalls if item.contract == contract):
        _add_rows(told, [item.estimate])
        told.notes.append(
            f"{_who(item.party)}{item.span}: committed {_exact(told, item.committed)}, expected"
            f" {_exact(told, item.expected)}, used {_exact(told, item.used)}; of the shortfall"
            f" {_exact(told, item.earned)} is earned."
        )


def _allowance(told: EntryExplanation, prepared: Prepared, contract: str) -> None:
    """What is open at the end of the period by age, and the rates of its loss."""
    period = prepared.close.period
    ages: dict[str, Decimal] = {}
    rows: list[Estimate | None] = []
    for item in prepared.close.computed.sold.losses.open:
        if item.contract == contract:
            age = item.bucket(period.last_day)
            ages[age] = ages.get(age, Decimal(0)) + item.amount
            names = (item.document, age, "")
            rows.append(told.facts.estimated("loss_rate", contract, period.last_day, names))
    _add_rows(told, [row for row in rows if row is not None])
    told.notes += [f"Open at {period.last_day}, {age}: {_money(told, ages[age])}." for age in ages]
    told.notes.append(f"`tokenbooks report receivables -p {period}` lists what is open.")


def _modified(told: EntryExplanation, prepared: Prepared, contract: str) -> None:
    """The modification, and the memo that says how it is treated and why."""
    for item in told.facts.modifications:
        if (item.contract, item.id) == (contract, told.entry.code):
            _add_rows(told, [item])
            told.notes.append(f"Its treatment and why: memos/modification-{item.id}.md.")


def _earned(told: EntryExplanation, prepared: Prepared, contract: str) -> None:
    """The documents whose days are in the month, and what of each is earned."""
    places = currency_places(told.facts.book.currency)
    service = dict(told.entry.tags)["service-period"]
    changed = {(o.party, o.unit) for o in _changed(prepared, contract, EARNED, service)}
    for item in prepared.close.computed.sold.advances:
        row = item.row
        if row.contract == contract and (row.party, document_id(row)) in changed:
            _add_rows(told, [row])
            to_date = item.earned_by(prepared.close.period.end, places)
            told.notes.append(
                f"{row.invoice}: of {_money(told, item.amount)} for {item.days} days"
                f" {_money(told, to_date)} is earned by the end of {prepared.close.period}."
            )


#: Kind of an entry -> what tells the rest of it.
_TOLD: dict[str, Callable[[EntryExplanation, Prepared, str], None]] = {
    BREAKAGE: _breakage,
    PROMOTION: _promotion,
    ESTIMATE: _estimate,
    ALLOWANCE: _allowance,
    MODIFIED: _modified,
    OF_FEES: _earned,
}


def _changed(
    prepared: Prepared, contract: str, rule: str, service: str | None = None
) -> list[Line]:
    """The lines of a rule that a close changes for a contract, of a service span or of all."""
    return [
        line
        for line in prepared.close.changes
        if (line.contract, line.rule) == (contract, rule) and service in {None, line.service}
    ]


def _add_rows(told: EntryExplanation, rows: Iterable[Document]) -> None:
    for row in rows:
        if row not in told.documents:
            told.documents += (row,)


def _who(party: str) -> str:
    return f"{party}, " if party else ""


def _money(told: EntryExplanation, amount: Decimal) -> str:
    return money_text(amount, currency_places(told.facts.book.currency))


def _exact(told: EntryExplanation, value: Fraction) -> str:
    return _money(told, round_half_up(value, currency_places(told.facts.book.currency)))


def _percent(share: Fraction) -> str:
    return f"{number_text(round_half_up(share * 100, 4))}%"
