"""The events of ``credits.csv``: what each is called, and which cells it takes.

An event takes the cells of its form beside the date, the contract, the event, the credits,
the party, the document and the memo. A cell that its event would not act on is refused, so
that nothing is ignored in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tokenbooks.documents import CreditEvent
from tokenbooks.problems import Problem, error
from tokenbooks.sources.rows import Row

EVENTS = (
    *("purchase", "sale", "grant", "bonus", "opening", "refund", "chargeback", "transfer", "void"),
    *("adjust", "extend", "rollover"),
)
#: Events that cost nothing.
FREE = ("grant", "bonus")
#: Events that a bonus can belong to.
BOUGHT = ("purchase", "opening")
#: Events that take credits away from the lot that they name.
TAKING = ("refund", "chargeback", "void")

_COMMON = ("date", "contract", "event", "credits", "party", "document", "memo")
_LOT = ("lot", "starts", "expires", "kind", "priority", "scope", "pool", "currency", "fx_rate")
_PRICE = ("paid", "tax", "fee")
_PAYMENT = ("tax_kind", "pay")
_MONEY = ("paid", "currency", "fx_rate", "pay", "starts")

_TAKEN_FROM = {"lot": "write the lot that the credits are taken from"}


@dataclass(frozen=True, slots=True)
class EventForm:
    """One way to write an event: its name in words, the cells it takes and those it needs.

    ``needs`` has the remedy for each. ``credits`` are ``positive``, ``signed``, ``optional``
    (empty: all that is left) or ``none``.
    """

    name: str
    takes: tuple[str, ...] = ()
    needs: Mapping[str, str] = field(default_factory=dict)
    credits: str = "positive"

    @property
    def columns(self) -> tuple[str, ...]:
        """All cells that may be filled."""
        return (*_COMMON, *self.takes, *self.needs)


_ADJUSTS = {
    "lot": "write the lot that it adjusts",
    "memo": "write the reason in the column memo",
}

FORMS = {
    "purchase": EventForm("a purchase", (*_LOT, *_PRICE, *_PAYMENT)),
    "sale": EventForm("a sale", (*_LOT, *_PRICE, *_PAYMENT)),
    "opening": EventForm("an opening", (*_LOT, *_PRICE, *_PAYMENT, "used")),
    "grant": EventForm("a grant", (*_LOT, *_PRICE)),
    "bonus": EventForm("a bonus", (*_LOT, *_PRICE, "parent")),
    "refund": EventForm("a refund", (*_MONEY, "tax", "tax_kind"), _TAKEN_FROM),
    "chargeback": EventForm("a chargeback", (*_MONEY, "tax", "tax_kind", "fee"), _TAKEN_FROM),
    "void": EventForm("a void", ("starts",), _TAKEN_FROM, credits="optional"),
    "adjust down": EventForm(
        "an adjustment that takes credits away", ("starts",), _ADJUSTS, credits="signed"
    ),
    "adjust up": EventForm("an adjustment that adds credits", _MONEY, _ADJUSTS, credits="signed"),
    "extend": EventForm(
        "an extension",
        needs={
            "lot": "write the lot that lives longer",
            "expires": "write the new last usable day",
        },
        credits="none",
    ),
    "rollover": EventForm(
        "a rollover",
        ("lot", "expires"),
        {"parent": "write the lot whose credits live on"},
    ),
    "transfer out": EventForm("a transfer", ("to", "starts"), _TAKEN_FROM),
    "transfer in": EventForm(
        "a transfer from another entity",
        _LOT,
        {
            "paid": "fill in what they cost, 0 for nothing; or the column `to`, if they leave here",
        },
    ),
}

_KNOWN = frozenset(column for form in FORMS.values() for column in form.columns)

#: What to do about a cell that an event does not take, where emptying it is not all.
_REMEDIES = {
    "used": "leave the cell empty: what is used comes from the usage; only an opening says it",
    "parent": "leave the cell empty: it names the purchase of a bonus, or the lot that rolls over",
    "expires": "leave the cell empty; to let a lot live longer write event extend",
    "paid": "leave the cell empty; where money came back write event refund",
    "to": "leave the cell empty; where credits move to another contract write event transfer",
}


def form_of(row: Row) -> EventForm | None:
    """The form of a row's event; None for an event that is not known."""
    event = row["event"].lower()
    if event == "adjust":
        return FORMS["adjust down" if row["credits"].startswith("-") else "adjust up"]
    if event == "transfer":
        return FORMS["transfer out" if row["to"] else "transfer in"]
    return FORMS.get(event)


def check_cells(form: EventForm, row: Row) -> Iterator[Problem]:
    """``cell-misplaced`` and ``cell-missing``: cells that a form does not take, or needs."""
    for column, text in row.cells.items():
        if text and column in _KNOWN and column not in form.columns:
            help = _REMEDIES.get(column, "leave the cell empty, or correct the event")
            message = f"{form.name} does not use the column '{column}'"
            yield error("cell-misplaced", message, help, row.at(column))
    for column, help in form.needs.items():
        if not row[column]:
            message = f"{form.name} needs the column '{column}'"
            yield error("cell-missing", message, help, row.at(column))


def of_side(event: str, sells: bool) -> str:
    """What a purchase is called on a side: the seller's sale mirrors it (decision 0023)."""
    return ("sale" if sells else "purchase") if event in {"purchase", "sale"} else event


def makes_lot(event: CreditEvent) -> bool:
    """Whether a row makes a lot in this book."""
    if event.event == "transfer":
        return event.to is None or not event.to.entity
    return event.event in {*FREE, *BOUGHT, "rollover"} or adds(event)


def adds(event: CreditEvent) -> bool:
    """Whether a row adjusts a lot upwards."""
    return event.event == "adjust" and event.credits > 0


def comes_from_lot(event: CreditEvent) -> bool:
    """Whether the lot that a row makes comes from another one."""
    is_moved = event.event == "transfer" and event.to is not None
    return event.event in {"bonus", "rollover", "adjust"} or is_moved


def names_own_lot(event: CreditEvent) -> bool:
    """Whether the cell ``lot`` is the id of the lot that the row makes."""
    if event.event == "bonus":
        return bool(event.parent)
    return event.event in {"purchase", "grant", "opening", "rollover"} or (
        event.event == "transfer" and event.to is None
    )
