"""Promotional credits: what giving them away costs, at what it costs to serve them.

Free credits are no revenue and no contract liability (ACCOUNTING 6.4). Their cost is that of
serving them, never their face value: granted x ``cost_to_serve``. Three methods (policy
``promo_method``, of the day of the grant):

- ``as_used``: the cost of serving moves to marketing as the credits are used (P042);
- ``immediate``: marketing and a liability at the grant; use absorbs the cost of serving, what
  lapses comes back (P040);
- ``deferred``: a deferred cost beside the liability, both released as the credits are used (P041).

Credits that come with a purchase are none of these: they share its price.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from tokenbooks.amounts import round_half_up
from tokenbooks.credits.lots import Lot
from tokenbooks.entries.booking import Booking
from tokenbooks.entries.entry import Entry
from tokenbooks.entries.posted import Line, Posted, add
from tokenbooks.facts import Facts
from tokenbooks.periods import Period
from tokenbooks.rating.party_values import PartyUnits
from tokenbooks.usage.layout import sql_text

if TYPE_CHECKING:
    import duckdb

#: The rule of their lines, and the kind of their entries.
RULE = "promotion"

AS_USED, IMMEDIATE, DEFERRED = "as_used", "immediate", "deferred"
GRANTED, USED, LAPSED = "granted", "used", "lapsed"

_NARRATIONS = {
    GRANTED: "Free credits given, at what they will cost to serve",
    USED: "Free credits used, their cost is that of marketing",
    LAPSED: "Free credits lapsed unused",
}


class Grants(NamedTuple):
    """Free credits of one contract that were given on one day and end on one day."""

    contract: str
    kind: str
    given_on: date
    last_day: date | None
    ended: bool


@dataclass(slots=True)
class Promotion:
    """What became of such grants, at list value; ``share`` of it is what serving costs.

    ``granted`` is less what was taken back.
    """

    of: Grants
    method: str
    granted: Fraction = Fraction(0)
    used: Fraction = Fraction(0)
    share: Fraction | None = None

    @property
    def open(self) -> Fraction:
        """What may still be used."""
        return Fraction(0) if self.of.ended else self.granted - self.used


def promotions_of_lots(
    facts: Facts,
    lots: Iterable[Lot],
    given: Mapping[str, Fraction],
    tops: Mapping[str, Fraction],
    before: datetime,
) -> dict[Grants, Promotion]:
    """The promotions of single lots."""
    found: dict[Grants, Promotion] = {}
    for lot in lots:
        if not is_promotion(facts, lot):
            continue
        ended = lot.ends is not None and lot.ends <= before
        of = Grants(lot.contract, lot.kind, lot.acquired, lot.last_day, ended)
        own = found.setdefault(of, Promotion(of, _method(facts, lot.acquired)))
        own.granted += tops[lot.id] - lot.used_before
        own.used += given[lot.id] - lot.used_before
    return found


def is_promotion(facts: Facts, lot: Lot) -> bool:
    """Whether a seller gives a lot away: not for an outage, and not as a part of a fee."""
    contract = facts.book.contracts[lot.contract]
    if not contract.sells or lot.cost or lot.kind == "sla":
        return False
    comes_again = lot.event.event == "grant" and not lot.event.digest
    return not (comes_again and facts.plan_of(contract).terms.fees)


def promotions_of_parties(
    connection: duckdb.DuckDBPyConnection,
    facts: Facts,
    contracts: Sequence[str],
    units: PartyUnits,
    before: datetime,
    found: dict[Grants, Promotion],
) -> None:
    """Add the lots of plain parties, which tables hold."""
    sellers = sorted(name for name in contracts if facts.book.contracts[name].sells)
    if not sellers:
        return
    rows = connection.execute(
        "SELECT contract, kind, l.acquired, l.last_day,"
        f" coalesce(ends <= TIMESTAMP '{before}', false) AS ended,"
        " sum(l.quantity - used_before)::HUGEINT, sum(s.used)::HUGEINT"
        " FROM party_lots l JOIN party_states s ON l.lot = s.lot"
        " JOIN party_accounts a ON l.account = a.account"
        f" WHERE cost = 0 AND contract IN ({', '.join(map(sql_text, sellers))})"
        " GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for contract, kind, acquired, last_day, ended, granted, used in rows:
        of = Grants(contract, kind, acquired, last_day, ended)
        own = found.setdefault(of, Promotion(of, _method(facts, acquired)))
        own.granted += units.quantity(granted)
        own.used += units.quantity(used)


def measured(facts: Facts, found: Iterable[Promotion], period: Period) -> list[Promotion]:
    """With what serving them costs, as far as it is estimated at the end of a period."""
    measured = []
    for item in found:
        names = (item.of.kind, "")
        row = facts.estimated("cost_to_serve", item.of.contract, period.last_day, names)
        item.share = row.value if row else None
        measured.append(item)
    return measured


def _method(facts: Facts, day: date) -> str:
    return facts.book.policy("promo_method", day) or AS_USED


def promotions_to_date(
    found: Iterable[Promotion], rates: Mapping[str, Fraction], places: int
) -> Posted:
    """The lines of all promotions, in the seller's roles; ``rates`` of the plans' currencies."""
    posted: Posted = {}
    for item in found:
        if item.share is None:
            continue
        factor = item.share * rates.get(item.of.contract, Fraction(1))
        granted = round_half_up(item.granted * factor, places)
        used = round_half_up(item.used * factor, places)
        lapsed = granted - used if item.of.ended else Decimal(0)
        _add(posted, item, GRANTED, granted)
        _add(posted, item, USED, used)
        _add(posted, item, LAPSED, lapsed)
    return posted


#: By method and what happens: the roles that are debited and credited.
_ROLES = {
    (AS_USED, USED): (("marketing_expense", "cost_of_revenue"),),
    (IMMEDIATE, GRANTED): (("marketing_expense", "promo_credit_liability"),),
    (IMMEDIATE, USED): (("promo_credit_liability", "cost_of_revenue"),),
    (IMMEDIATE, LAPSED): (("promo_credit_liability", "marketing_expense"),),
    (DEFERRED, GRANTED): (("deferred_promo_cost", "promo_credit_liability"),),
    (DEFERRED, USED): (
        ("marketing_expense", "deferred_promo_cost"),
        ("promo_credit_liability", "cost_of_revenue"),
    ),
    (DEFERRED, LAPSED): (("promo_credit_liability", "deferred_promo_cost"),),
}


def _add(posted: Posted, item: Promotion, what: str, amount: Decimal) -> None:
    of = item.of
    unit = (RULE, of.contract, "", f"{what} {of.kind} {of.given_on}")
    day = {GRANTED: of.given_on, LAPSED: of.last_day}.get(what)
    for debit, credit in _ROLES.get((item.method, what), ()):
        add(posted, Line(*unit, str(day or ""), debit), amount)
        add(posted, Line(*unit, str(day or ""), credit), -amount)


def promotion_entries(booking: Booking, changes: Mapping[Line, Decimal]) -> Iterator[Entry]:
    """What was given and what lapsed on its day; what was used at the end of the period."""
    groups: dict[tuple[str, str, str], Posted] = {}
    for line, amount in changes.items():
        if line.rule == RULE:
            what = line.unit.partition(" ")[0]
            groups.setdefault((line.contract, what, line.service), {})[line] = amount
    for (contract, what, day), amounts in sorted(groups.items()):
        wanted = date.fromisoformat(day) if day else booking.period.last_day
        yield booking.entry(
            RULE,
            contract,
            f"{what}-{wanted}",
            wanted,
            _NARRATIONS[what],
            amounts,
            rule=f"promotion-{what}",
        )
