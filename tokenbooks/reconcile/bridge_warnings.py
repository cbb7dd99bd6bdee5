"""What a reconciled month leaves to be done, as warnings: thresholds decide, not names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from tokenbooks.amounts import currency_places, exact_text
from tokenbooks.facts import Facts
from tokenbooks.problems import Position, Problem, warning
from tokenbooks.reconcile.bridge import CORRECT, OPEN, Bridge, thresholds_of
from tokenbooks.reconcile.causes import RECORDED, Leg, total
from tokenbooks.reconcile.ledger.ledger_balances import LedgerBalance
from tokenbooks.reconcile.ledger.recorded_matching import Matching

_SEE = "`tokenbooks reconcile -p {period}` shows every cause, `--by day,model,meter` the cells"


def bridge_warnings(facts: Facts, bridges: Iterable[Bridge]) -> Iterator[Problem]:
    """Differences of contracts that are unexplained, or to be corrected, beyond the thresholds."""
    for bridge in bridges:
        see = _SEE.format(period=bridge.period)
        for leg in bridge.legs:
            yield from _unexplained(facts, bridge, leg, see)
            yield from _to_correct(facts, bridge, leg, see)


def _unexplained(facts: Facts, bridge: Bridge, leg: Leg, see: str) -> Iterator[Problem]:
    causes = [c for own, c, standing in bridge.standings() if own is leg and standing == OPEN]
    if causes:
        amount = total(causes)
        yield warning(
            "difference-unexplained",
            f"{_subject(bridge)}: {_amount(amount)} between {leg.first} and {leg.second}"
            " is not explained",
            f"{see}; look for rows that are missing on one side",
            _place(facts, bridge.contract),
        )


def _to_correct(facts: Facts, bridge: Bridge, leg: Leg, see: str) -> Iterator[Problem]:
    # amounts of opposite signs are not summed: two errors that cancel out are two errors
    amounts: dict[tuple[str, bool], Fraction] = {}
    for own, cause, standing in bridge.standings():
        if own is leg and standing == CORRECT:
            key = (cause.name, cause.amount < 0)
            amounts[key] = amounts.get(key, Fraction(0)) + cause.amount
    if not amounts:
        return
    named = ", ".join(f"{name} {_amount(amount)}" for (name, _), amount in sorted(amounts.items()))
    help = f"{see}, and the entries that would correct it" if leg.second == RECORDED else see
    yield warning(
        "difference-to-correct",
        f"{_subject(bridge)}: to be corrected between {leg.first} and {leg.second}: {named}",
        help,
        _place(facts, bridge.contract),
    )


def ledger_balance_warnings(facts: Facts, balances: Iterable[LedgerBalance]) -> Iterator[Problem]:
    """Balances of the ledger that are not those of the subledger, beyond what may be passed."""
    for balance in balances:
        passed = thresholds_of(facts.book, balance.day).posting
        unit = Fraction(1, 10 ** currency_places(facts.book.currency))
        # a posting in another currency is converted without rounding
        if abs(balance.leg.difference) >= unit and abs(balance.leg.difference) > passed:
            ours, theirs = map(_amount, (balance.leg.first_amount, balance.leg.second_amount))
            says = f"the subledger says {ours}, the ledger {theirs}"
            yield warning(
                "ledger-balance-differs",
                f"{balance.account} on {balance.day}: {says}",
                "`tokenbooks reconcile` names the entries that it lacks or has beside ours",
                facts.book.position,
            )


def unconverted_warnings(facts: Facts, matching: Matching) -> Iterator[Problem]:
    """Postings of the ledger in a currency of which no rate is known: no view has them."""
    for posting in matching.unconverted:
        yield warning(
            "recorded-not-converted",
            f"{posting.amount} {posting.currency} on {posting.account} is compared with nothing:"
            f" there is no rate of {posting.currency} in {facts.book.currency} on {posting.day}",
            f"add to rates.csv: {posting.day},{posting.currency},{facts.book.currency},RATE,SOURCE",
            posting.position,
        )


def _subject(bridge: Bridge) -> str:
    return f"{bridge.contract or 'the ledger'}, {bridge.period}"


def _place(facts: Facts, contract: str) -> Position:
    known = facts.book.contracts.get(contract)
    return known.position if known else facts.book.position


def _amount(amount: Fraction) -> str:
    return exact_text(amount, 6)
