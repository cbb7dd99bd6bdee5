"""A month reconciled, as tables: the bridge of each contract, and the causes behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, exact_text, round_half_up
from tokenbooks.periods import Period
from tokenbooks.reconcile.bridge import Bridge
from tokenbooks.reconcile.causes import BOOKED, INVOICED, RECORDED, STATEMENT, USAGE, Cause, Leg
from tokenbooks.reconcile.ledger.ledger_balances import LedgerBalance
from tokenbooks.reconcile.ledger.proposals import Proposal
from tokenbooks.reconcile.statements.cells import METER
from tokenbooks.reconcile.statements.compare import StatementFacts
from tokenbooks.reports.explained_cells import without
from tokenbooks.reports.narrow import noted
from tokenbooks.reports.table import Cell, Column, Table

#: The views in the order of the bridge.
VIEWS = (INVOICED, STATEMENT, USAGE, BOOKED, RECORDED)

#: Decimals of amounts that have no end, and of all amounts on a screen.
_PLACES, _SHOWN = 18, 6

#: What the table of causes calls what is in the ledger and belongs to no contract.
NO_CONTRACT = "(no contract)"


def bridge_table(bridges: Sequence[Bridge], period: Period, currency: str) -> Table:
    """One line a contract: what each view says, what is unexplained, and how it stands."""
    places = currency_places(currency)
    views = [view for view in VIEWS if any(b.amount(view) is not None for b in bridges)]
    rows = tuple(
        (
            bridge.contract or NO_CONTRACT,
            *(_amount(bridge.amount(view)) for view in views),
            _exact(bridge.unexplained),
            bridge.standing,
        )
        for bridge in bridges
    )
    columns = (
        Column("contract", "Contract"),
        *(
            Column(view, view.capitalize(), number=True, places=places, total=True)
            for view in views
        ),
        Column("unexplained", "Open", number=True, places=places, total=True),
        Column("standing", "Standing"),
    )
    return Table("reconciliation", f"Reconciliation, {period}, {currency}", columns, rows)


def causes_table(bridges: Iterable[Bridge], period: Period, currency: str) -> Table:
    """Every cause: between which views, its amount, how it stands, and why.

    The amounts of a leg sum to its difference, and all of them to statement less ledger.
    """
    rows = [
        (
            bridge.contract or NO_CONTRACT,
            between(leg),
            cause.name,
            cause.day,
            where_text(cause),
            _exact(cause.amount),
            standing,
            words(cause),
        )
        for bridge in bridges
        for leg, cause, standing in bridge.standings()
    ]
    columns = (
        Column("contract", "Contract"),
        Column("leg", "Between"),
        Column("cause", "Cause"),
        Column("day", "Day"),
        Column("where", "Where"),
        Column("amount", f"Amount {currency}", number=True, total=True),
        Column("status", "Standing"),
        Column("words", "Why"),
    )
    return Table("causes", f"Causes of differences, {period}", columns, tuple(rows))


def between(leg: Leg) -> str:
    """A leg by its views: what the first has more than the second."""
    return f"{leg.first} - {leg.second}"


def where_text(cause: Cause) -> str:
    """The values of dimensions to which a cause belongs."""
    return ", ".join(value for _, value in cause.where if value)


def words(cause: Cause) -> str:
    """Why, with the evidence."""
    evidence = ", ".join(cause.evidence)
    return f"{cause.words} ({evidence})" if evidence and cause.words else cause.words or evidence


def amount_text(amount: Fraction) -> str:
    """An exact amount as sentences show it."""
    return exact_text(amount, 6)


def _amount(amount: Fraction | None) -> Cell:
    return None if amount is None else _exact(amount)


def _quantity(quantity: Fraction | None) -> Cell:
    return None if quantity is None else _exact(quantity)


def _exact(amount: Fraction) -> Decimal:
    """An amount in full, so that the rows sum to the last digit."""
    return Decimal(exact_text(amount, _PLACES))


def groups_table(
    statements: Mapping[str, StatementFacts], by: Sequence[str], period: Period
) -> Table:
    """Usage and statement summed by some dimensions, each with its difference.

    Amounts are in the currency of each contract's plan; quantities stand where the groups are
    of one meter and the statement tells them.
    """
    rows = [
        (
            contract,
            *(value or None for value in group.values),
            _quantity(group.used),
            _quantity(group.stated),
            _exact(group.usage),
            _exact(group.statement),
            _exact(group.difference),
            facts.currency,
        )
        for contract, facts in statements.items()
        for group in facts.groups
    ]
    columns = (
        Column("contract", "Contract"),
        *(Column(name, name.replace("_", " ").capitalize()) for name in by),
        Column("used", "Used", number=True),
        Column("stated", "Stated", number=True),
        Column("usage", "Usage", number=True, total=True),
        Column("statement", "Statement", number=True, total=True),
        Column("difference", "Difference", number=True, total=True),
        Column("currency", "In"),
    )
    unused = [key for key in ("used", "stated") if METER not in by]
    table = Table("groups", f"Usage and statement, {period}", columns, tuple(rows))
    return without(table, unused)


def balances_table(balances: Iterable[LedgerBalance], period: Period, currency: str) -> Table:
    """Balances of accounts at the month's end: the subledger's, the ledger's, and the causes."""
    places = currency_places(currency)
    rows: list[tuple[Cell, ...]] = []
    for balance in balances:
        own, theirs = balance.leg.first_amount, balance.leg.second_amount
        rows.append((balance.account, "by the subledger", _exact(own), None))
        for cause in balance.leg.causes:
            rows.append((balance.account, cause.name, _exact(-cause.amount), words(cause)))
        about = "agrees" if own == theirs else f"difference {amount_text(theirs - own)}"
        rows.append((balance.account, "in the ledger", _exact(theirs), about))
    columns = (
        Column("account", "Account"),
        Column("item", "Item"),
        Column("amount", f"Amount {currency}", number=True, places=places),
        Column("why", "Why"),
    )
    return Table("balances", f"Balances in the ledger, {period.last_day}", columns, tuple(rows))


def proposals_table(proposals: Iterable[Proposal], currency: str) -> Table:
    """Proposed entries posting by posting: what corrects a cause, and where it is to be entered."""
    places = currency_places(currency)
    rows = [
        (
            proposal.entry.id,
            proposal.where,
            proposal.entry.day,
            posting.account,
            posting.amount,
            proposal.cause,
            proposal.words,
            proposal.row or None,
        )
        for proposal in proposals
        for posting in proposal.entry.postings
    ]
    columns = (
        Column("entry", "Entry"),
        Column("enter_in", "Enter in"),
        Column("date", "Date"),
        Column("account", "Account"),
        Column("amount", f"Amount {currency}", number=True, places=places),
        Column("cause", "Cause"),
        Column("why", "Why"),
        Column("row", "Row"),
    )
    return Table("proposals", "Proposed entries", columns, tuple(rows))


def on_screen(tables: Sequence[Table], format: str, width: int | None) -> list[Table]:
    """The tables as a terminal shows them: long reasons stand below, under numbers.

    Amounts have fewer decimals there; CSV and JSON have them in full.
    """
    if format != "text" or width is None:
        return list(tables)
    narrow = [_causes_on_screen(t) if t.name == "causes" else t for t in tables]
    return [noted(table, width, _reason(table)) for table in narrow]


def _reason(table: Table) -> str:
    return "words" if any(column.key == "words" for column in table.columns) else "why"


def _causes_on_screen(table: Table) -> Table:
    """The causes with what rows share above them, and where a cause belongs beside its reason."""
    rows = tuple(
        (f"{contract}, {views}", cause, day, _short(amount), standing, _told(where, why))
        for contract, views, cause, day, where, amount, standing, why in table.rows
    )
    columns = {column.key: column for column in table.columns}
    kept = ("cause", "day", "amount", "status", "words")
    shared = Column("contract", "Contract, and between what")
    return replace(table, columns=(shared, *(columns[key] for key in kept)), rows=rows)


def _told(where: Cell, why: Cell) -> str:
    return ": ".join(str(text) for text in (where, why) if text)


def _short(amount: Cell) -> Cell:
    return round_half_up(amount, _SHOWN).normalize() if isinstance(amount, Decimal) else amount
