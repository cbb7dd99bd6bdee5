"""The completeness test of reloads: the rule against the receipts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbooks.credits.reload import reload_due
from tokenbooks.credits.reload_receipts import DayBalance, Receipt, compare_reloads
from tokenbooks.rating.credit_terms import ReloadTerms

FIRST = date(2025, 11, 1)
#: At 10 or below, 50 more.
ADD_50 = ReloadTerms(Decimal(10), Decimal(50))
PACKS_OF_50 = replace(ADD_50, packs=True)
UP_TO_100 = ReloadTerms(Decimal(10), up_to=Decimal(100))


def day_of(number: int) -> date:
    return FIRST + timedelta(days=number - 1)


def compare(
    rule: ReloadTerms,
    balances: dict[int, str],
    receipts: Sequence[tuple[int, str]] = (),
    added: dict[int, str] | None = None,
) -> list[str]:
    """Findings as ``kind day credits``; days are those of November, balances at their ends."""
    days = [
        DayBalance(day_of(n), Fraction(balance), Fraction((added or {}).get(n, "0")))
        for n, balance in balances.items()
    ]
    bought = [Receipt(day_of(n), Fraction(paid), f"lot-{n}") for n, paid in receipts]
    findings = compare_reloads(rule, days, bought)
    return [f"{finding.kind} {finding.day.day} {finding.credits}" for finding in findings]


@pytest.mark.parametrize(
    ("rule", "balances", "receipts", "findings"),
    [
        # 60 less 50 is 10: the rule fires, and a receipt shows it
        (ADD_50, {1: "60", 2: "60"}, [(2, "50")], []),
        (ADD_50, {1: "60", 2: "11"}, [], []),
        (ADD_50, {1: "60", 2: "10"}, [], ["missing 2 50"]),
        # two reloads of one day: 60 less 130 needs both
        (ADD_50, {1: "60", 2: "30"}, [(2, "50"), (2, "50")], []),
        (ADD_50, {1: "60", 2: "-20"}, [(2, "50")], ["missing 2 50"]),
        (ADD_50, {1: "60", 2: "-70"}, [], ["missing 2 100"]),
        # a third was not needed
        (ADD_50, {1: "60", 2: "80"}, [(2, "50")] * 3, ["unexpected 2 50"]),
        # the receipt may be dated a day later, not two
        (ADD_50, {1: "60", 2: "5", 3: "50"}, [(3, "50")], []),
        (ADD_50, {1: "60", 2: "5", 4: "50"}, [(4, "50")], ["missing 2 50"]),
        (replace(ADD_50, within=2), {1: "60", 2: "5", 4: "50"}, [(4, "50")], []),
        (replace(ADD_50, within=0), {1: "60", 2: "5", 3: "50"}, [(3, "50")], ["missing 2 50"]),
        # or after the last day that is known
        (ADD_50, {1: "60", 2: "5"}, [(3, "50")], []),
        # what is missing is told once, until the balance rises
        (ADD_50, {1: "60", 2: "5", 3: "-20", 4: "-90", 5: "-90"}, [], ["missing 2 50"]),
        (
            ADD_50,
            {1: "60", 2: "5", 3: "-20", 4: "-5", 5: "-6"},
            [(4, "50")],
            ["missing 2 50", "missing 4 50"],
        ),
        # a purchase hidden by the usage of its day is a rise too
        (
            ADD_50,
            {1: "60", 2: "5", 4: "0", 5: "-1"},
            [(4, "50")],
            ["missing 2 50", "missing 4 50"],
        ),
        # and what is low again after it was not is told again
        (
            ADD_50,
            {1: "60", 2: "5", 4: "50", 5: "10"},
            [(4, "50")],
            ["missing 2 50", "missing 5 50"],
        ),
        # a purchase of the rule's size while the balance is high
        (ADD_50, {1: "60", 2: "105"}, [(2, "50")], ["unexpected 2 50"]),
        # one of another size is the customer's own
        (ADD_50, {1: "60", 2: "155"}, [(2, "100")], []),
        (ADD_50, {1: "60", 2: "105"}, [(2, "100")], []),  # 5 without it, but enough with it
        # the first purchase of an account comes at nothing
        (ADD_50, {1: "45"}, [(1, "50")], []),
        # packs may be one receipt or several
        (PACKS_OF_50, {1: "60", 2: "30"}, [(2, "100")], []),
        (PACKS_OF_50, {1: "60", 2: "30"}, [(2, "50"), (2, "50")], []),
        (PACKS_OF_50, {1: "60", 2: "80"}, [(2, "150")], ["unexpected 2 150"]),
        (PACKS_OF_50, {1: "60", 2: "-70"}, [], ["missing 2 100"]),
        # up to 100: 7 less 20 of usage after the gap of 93
        (UP_TO_100, {1: "60", 2: "80"}, [(2, "93")], []),
        (UP_TO_100, {1: "60", 2: "100"}, [(2, "93")], []),
        (UP_TO_100, {1: "60", 2: "101"}, [(2, "93")], ["unexpected 2 93"]),  # over the target
        (UP_TO_100, {1: "60", 2: "7"}, [], ["missing 2 93"]),
        (UP_TO_100, {1: "60", 2: "70"}, [(2, "20")], []),  # too small to be the rule's
        # the most of a month
        (replace(ADD_50, at_most=Decimal(60)), {1: "45", 9: "5"}, [(1, "50")], []),
        (
            replace(ADD_50, at_most=Decimal(60)),
            {1: "45", 9: "55"},
            [(1, "50"), (9, "50")],
            ["unexpected 9 50"],
        ),
        (
            replace(ADD_50, at_most=Decimal(60)),
            {1: "45", 29: "5", 31: "4"},  # 1 December
            [(1, "50")],
            ["missing 1 50"],
        ),
        (
            replace(ADD_50, at_most=Decimal(110)),
            {1: "45", 19: "55", 20: "55"},
            [(1, "50"), (19, "50"), (20, "50")],
            ["unexpected 20 50"],
        ),
        # a receipt of 1 December counts for December: November may still buy 50
        (
            replace(ADD_50, at_most=Decimal(60)),
            {29: "60", 30: "-60"},
            [(31, "50")],
            ["missing 30 50"],
        ),
        (replace(ADD_50, at_most=Decimal(60)), {29: "60", 30: "-10"}, [(30, "50")], []),
    ],
)
def test_what_the_rule_and_the_receipts_say(
    rule: ReloadTerms,
    balances: dict[int, str],
    receipts: list[tuple[int, str]],
    findings: list[str],
) -> None:
    assert compare(rule, balances, receipts) == findings


@pytest.mark.parametrize(
    ("added", "findings"),
    [
        ({}, ["unexpected 2 50"]),
        # a grant of the same day may have come after the usage: 5 before it and the purchase
        ({2: "100"}, []),
        ({2: "30"}, ["unexpected 2 50"]),
    ],
)
def test_what_came_otherwise_may_have_come_last(added: dict[int, str], findings: list[str]) -> None:
    assert compare(ADD_50, {1: "60", 2: "155"}, [(2, "50")], added) == findings


@pytest.mark.parametrize(
    ("receipts", "findings"),
    [
        # -60 on the 2nd calls for two; a grant of 200 on the 3rd ends the need, but not them
        ([(3, "50"), (4, "50")], []),
        ([(3, "50"), (3, "50")], []),
        ([(4, "50"), (4, "50")], []),
        ([(2, "50"), (4, "50")], []),
        ([(2, "50"), (3, "50"), (4, "50")], ["unexpected 4 50"]),
        ([(3, "50"), (4, "50"), (4, "50")], ["unexpected 4 50"]),
        ([(3, "50"), (3, "50"), (4, "50")], ["unexpected 4 50"]),
        ([(3, "50"), (5, "50")], ["unexpected 5 50"]),  # three days later
    ],
)
def test_a_late_receipt_stands_for_a_need_that_a_grant_has_ended(
    receipts: list[tuple[int, str]], findings: list[str]
) -> None:
    without = {1: 40, 2: -60, 3: 140, 4: 140, 5: 140}
    balances = {
        day: str(left + sum(int(paid) for n, paid in receipts if n <= day))
        for day, left in without.items()
    }
    found = compare(replace(ADD_50, within=2), balances, receipts, {3: "200"})
    assert [finding for finding in found if finding.startswith("unexpected")] == findings


def test_a_finding_names_its_receipt() -> None:
    days = [DayBalance(FIRST, Fraction(110))]
    receipts = [Receipt(FIRST, Fraction(60), "first"), Receipt(FIRST, Fraction(50), "reload")]
    assert compare_reloads(ADD_50, days, receipts) == []
    days = [DayBalance(FIRST, Fraction(60)), DayBalance(day_of(2), Fraction(110))]
    (finding,) = compare_reloads(ADD_50, days, [replace(receipts[1], day=day_of(2))])
    assert (finding.lot, finding.balance) == ("reload", 110)


def test_no_receipt_is_passed_over() -> None:
    days = [DayBalance(day_of(n), Fraction(60)) for n in (1, 3)]
    with pytest.raises(ValueError, match="left out"):
        compare_reloads(ADD_50, days, [Receipt(day_of(2), Fraction(50))])
    for disordered in (days[::-1], [days[0], days[0]]):
        with pytest.raises(ValueError, match="order"):
            compare_reloads(ADD_50, disordered, [])


# -- an account that a provider runs by the rule ------------------------------------


@dataclass
class Provider:
    """Fires after every use, counting what is pending; money arrives ``lag`` days later."""

    rule: ReloadTerms
    lags: Sequence[int]
    balance: Fraction = Fraction(100)
    pending: list[Receipt] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    days: list[DayBalance] = field(default_factory=list)

    def run(self, uses: Sequence[Sequence[int]]) -> None:
        for number, amounts in enumerate(uses, 1):
            day = day_of(number)
            for receipt in [r for r in self.pending if r.day == day]:
                self._receive(receipt)
            for used in amounts:
                self.balance -= used
                self._fire(day)
            self.days.append(DayBalance(day, self.balance))

    def _fire(self, day: date) -> None:
        while due := reload_due(self.rule, self.balance, self._waiting()):
            fired = len(self.receipts) + len(self.pending)
            lag = self.lags[fired % len(self.lags)]
            receipt = Receipt(day + timedelta(days=lag), due, str(fired))
            self.pending.append(receipt)
            if not lag:
                self._receive(receipt)

    def _receive(self, receipt: Receipt) -> None:
        self.pending.remove(receipt)
        self.receipts.append(receipt)
        self.balance += receipt.credits

    def _waiting(self) -> Fraction:
        return sum((receipt.credits for receipt in self.pending), Fraction(0))


USES = st.lists(st.lists(st.integers(0, 150), max_size=4), min_size=1, max_size=15)
TARGETS = st.integers(0, 60).map(Decimal)
RULES = st.one_of(
    st.builds(
        ReloadTerms,
        st.integers(0, 60).map(Decimal),
        st.integers(1, 80).map(Decimal),
        below=st.booleans(),
        packs=st.booleans(),
    ),
    st.builds(
        lambda at, more, least, below: ReloadTerms(
            at, up_to=at + more, at_least=least, below=below
        ),
        TARGETS,
        st.integers(1, 80).map(Decimal),
        st.integers(0, 100).map(Decimal),
        st.booleans(),
    ),
)


@given(RULES, USES, st.lists(st.integers(0, 2), min_size=1, max_size=5))
def test_an_account_that_keeps_the_rule_has_no_findings(
    rule: ReloadTerms, uses: list[list[int]], lags: list[int]
) -> None:
    provider = Provider(replace(rule, within=max(lags)), lags)
    provider.run(uses)
    receipts = [*provider.receipts, *provider.pending]
    assert compare_reloads(provider.rule, provider.days, receipts) == []


@given(RULES, USES, st.data())
def test_a_receipt_that_is_lost_is_found(
    rule: ReloadTerms, uses: list[list[int]], data: st.DataObject
) -> None:
    provider = Provider(replace(rule, within=0), [0])
    provider.run(uses)
    if not provider.receipts or not _tells_the_number(rule):
        return
    lost = data.draw(st.sampled_from(provider.receipts))
    kept = [receipt for receipt in provider.receipts if receipt is not lost]
    days = [
        replace(day, balance=day.balance - lost.credits) if day.day >= lost.day else day
        for day in provider.days
    ]
    first = compare_reloads(provider.rule, days, kept)[0]
    assert (first.kind, first.day) == ("missing", lost.day)
    assert first.credits >= lost.credits or rule.packs


@given(RULES, USES, st.data())
def test_a_receipt_too_many_is_found(
    rule: ReloadTerms, uses: list[list[int]], data: st.DataObject
) -> None:
    provider = Provider(replace(rule, within=0), [0])
    provider.run(uses)
    if not _tells_the_number(rule):
        return
    day = data.draw(st.sampled_from(provider.days)).day
    extra = Receipt(day, Fraction(rule.add or 0), "extra")
    days = [
        replace(each, balance=each.balance + extra.credits) if each.day >= day else each
        for each in provider.days
    ]
    first = compare_reloads(provider.rule, days, [*provider.receipts, extra])[0]
    assert (first.kind, first.day) == ("unexpected", day)


def _tells_the_number(rule: ReloadTerms) -> bool:
    """Whether the usage of a day tells exactly how much the rule bought.

    The gap to a target depends on the hours. Packs that end above the threshold and fire
    below it are content at it with one pack less, or more.
    """
    return rule.up_to is None and not (rule.packs and rule.below)
