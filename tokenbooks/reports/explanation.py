"""The explanation of an entry as tables: postings, sums, charges, lots, documents, files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from tokenbooks.amounts import currency_places, exact_text
from tokenbooks.close.explanation import Document, EntryExplanation, LotRoll, RelatedEntry
from tokenbooks.documents import CreditEvent, Invoice, OpeningBalance
from tokenbooks.problems import Position
from tokenbooks.reports.rollforward import credits_cell
from tokenbooks.reports.table import Cell, Column, Table

#: Decimals of exact amounts on screen; files carry up to twelve.
EXACT_PLACES = 6


def explanation_tables(told: EntryExplanation) -> list[Table]:
    """Everything behind an entry; tables without rows are left out."""
    tables = [
        _entry(told),
        _postings(told),
        _sums(told),
        _draws(told),
        _charges(told),
        _sources(told),
        _tiers(told),
        _reliefs(told),
        documents_table(told.documents),
        rolls_table(told.rolls),
        _files(told),
        related_table(told.related),
    ]
    return [table for table in tables if table.rows]


def exact_cell(value: Fraction) -> Decimal:
    """An exact amount as a decimal, to twelve places where it has no end."""
    return Decimal(exact_text(value))


def plain_columns(*pairs: tuple[str, str]) -> tuple[Column, ...]:
    """Columns of texts."""
    return tuple(Column(key, heading) for key, heading in pairs)


def place_cells(place: Position | None) -> tuple[Cell, Cell]:
    """A file and a line."""
    return (place.file, place.line) if place and place.file else (None, None)


def place_text(place: Position | None) -> str | None:
    """A place as ``FILE:LINE``."""
    return f"{place.file}:{place.line}" if place and place.file else None


def facts_table(
    name: str, title: str, facts: Sequence[tuple[str, Cell]], notes: tuple[str, ...] = ()
) -> Table:
    """Facts one below the other; what is empty is left out."""
    rows = tuple((key, value) for key, value in facts if value not in (None, ""))
    return Table(name, title, plain_columns(("what", "What"), ("value", "Value")), rows, notes)


def _entry(told: EntryExplanation) -> Table:
    entry, tags = told.entry, dict(told.entry.tags)
    facts: list[tuple[str, Cell]] = [
        ("entry", entry.id),
        ("date", entry.day),
        ("payee", entry.payee),
        ("contract", tags.get("contract")),
        ("service period", tags.get("service-period")),
        ("rule", tags.get("rule")),
        ("corrects", tags.get("corrects")),
        ("journal", place_text(told.place) or f"{told.close.period} is not written yet"),
    ]
    return facts_table("entry", entry.narration, facts, tuple(told.notes))


def _postings(told: EntryExplanation) -> Table:
    places = currency_places(told.facts.book.currency)
    rows: list[tuple[Cell, ...]] = []
    for posting in told.postings:
        tags = dict(posting.tags)
        zero = posting.amount * 0
        rows.append(
            (
                posting.account,
                tags.get("class"),
                tags.get("cost-center"),
                tags.get("lot"),
                max(posting.amount, zero),
                max(-posting.amount, zero),
            )
        )
    columns = (
        *plain_columns(
            ("account", "Account"),
            ("class", "Class"),
            ("cost_center", "Cost center"),
            ("lot", "Lot"),
        ),
        Column("debit", "Debit", number=True, places=places, total=True),
        Column("credit", "Credit", number=True, places=places, total=True),
    )
    hidden = len(told.entry.postings) - len(told.postings)
    notes = (f"{hidden} more postings of the entry are not asked for.",) if hidden else ()
    return Table("postings", "Postings", columns, tuple(rows), notes)


def _sums(told: EntryExplanation) -> Table:
    places = currency_places(told.facts.book.currency)
    rows = [
        (
            line.account,
            line.destination.class_ or None,
            line.destination.cost_center or None,
            exact_cell(line.from_credits),
            exact_cell(line.accrued),
            exact_cell(line.rounding),
            line.posted,
        )
        for line in told.sums
    ]
    columns = (
        *plain_columns(("account", "Account"), ("class", "Class"), ("cost_center", "Cost center")),
        _exact("from_credits", "From credits"),
        _exact("accrued", "Accrued"),
        _exact("rounding", "Rounding"),
        Column("posted", "Posted", number=True, places=places, total=True),
    )
    unused = [
        key
        for key, index in (("from_credits", 3), ("accrued", 4))
        if not any(row[index] for row in rows)
    ]
    return without(Table("sum", "From the charges to the postings", columns, tuple(rows)), unused)


def _draws(told: EntryExplanation) -> Table:
    places = currency_places(told.facts.book.currency)
    rows = tuple(
        (
            draw.lot.id,
            draw.lot.kind,
            exact_cell(draw.list_value),
            exact_cell(draw.cost),
            exact_cell(Fraction(draw.posted) - draw.cost),
            draw.posted,
            *place_cells(draw.lot.event.position),
        )
        for draw in told.draws
    )
    columns = (
        *plain_columns(("lot", "Lot"), ("kind", "Kind")),
        _exact("list_value", "Drawn"),
        _exact("cost", "Cost"),
        _exact("rounding", "Rounding"),
        Column("posted", "Posted", number=True, places=places, total=True),
        Column("file", "File"),
        Column("line", "Line", number=True),
    )
    note = "Drawn is list value; a lot that was free or cheaper costs less than it covers."
    return Table("lots", "Lots drawn", columns, rows, (note,))


def _charges(told: EntryExplanation) -> Table:
    places = EXACT_PLACES
    used = [
        name
        for index, name in enumerate(told.dimensions)
        if any(charge.dimensions[index][1] is not None for charge in told.charges)
    ]
    rows: list[tuple[Cell, ...]] = []
    for number, charge in enumerate(told.charges, 1):
        values = dict(charge.dimensions)
        rows.append(
            (
                number,
                charge.meter,
                *(values[name] for name in used),
                exact_cell(charge.quantity),
                exact_cell(charge.list_value),
                exact_cell(charge.cost),
                charge.destination.class_ or None,
                charge.destination.cost_center or None,
            )
        )
    if told.left_out:
        more = f"({told.left_out} more)"
        amounts = (None, exact_cell(told.rest.list_value), exact_cell(told.rest.cost), None, None)
        rows.append((None, more, *(None for _ in used), *amounts))
    columns = (
        Column("charge", "#", number=True),
        Column("meter", "Meter"),
        *(Column(name, name.replace("_", " ").capitalize()) for name in used),
        Column("quantity", "Quantity", number=True),
        Column("list_value", "List value", number=True, places=places, total=True),
        Column("cost", "Cost", number=True, places=places, total=True),
        *plain_columns(("class", "Class"), ("cost_center", "Cost center")),
    )
    table = Table("charges", "Charges", columns, tuple(rows), tuple(_split_notes(told)))
    single = len({charge.destination for charge in told.charges}) == 1
    return without(table, ["class", "cost_center"] if single else [])


def _split_notes(told: EntryExplanation) -> Iterable[str]:
    rules = {
        (charge.rule.position.line, charge.share, charge.rule.position.file)
        for charge in told.charges
        if charge.rule is not None and charge.share != 100
    }
    for line, share, file in sorted(rules):
        yield f"{file}:{line} sends {exact_text(share)}% of the usage that it splits here."


def _sources(told: EntryExplanation) -> Table:
    """The price of each charge and where its rows begin; numbered like the charges."""
    rows: list[tuple[Cell, ...]] = []
    for number, (charge, behind) in enumerate(zip(told.charges, told.behind, strict=True), 1):
        rows.append(
            (
                number,
                str(charge.match.price),
                " ".join(charge.match.modifiers) or None,
                *place_cells(charge.match.price.position),
                behind.rows or None,
                *place_cells(behind.first),
            )
        )
    columns = (
        Column("charge", "#", number=True),
        *plain_columns(("price", "Price"), ("modifiers", "Modifiers"), ("plan", "Plan")),
        Column("plan_line", "Line", number=True),
        Column("rows", "Rows", number=True),
        Column("file", "First in"),
        Column("line", "Line", number=True),
    )
    unused = [] if any(row[2] for row in rows) else ["modifiers"]
    title = "Prices and rows of the charges"
    return without(Table("sources", title, columns, tuple(rows)), unused)


def _tiers(told: EntryExplanation) -> Table:
    rows = tuple(
        (line.pool.name, line.pool.span, line.text, *place_cells(line.price.position))
        for line in told.tiers
    )
    columns = (
        *plain_columns(
            ("price", "Price"),
            ("counted_over", "Counted over"),
            ("arithmetic", "Arithmetic"),
            ("plan", "Plan"),
        ),
        Column("plan_line", "Line", number=True),
    )
    return Table("tiers", "Tiers", columns, rows)


def _reliefs(told: EntryExplanation) -> Table:
    places = currency_places(told.facts.book.currency)
    rows = tuple(
        (
            line.service,
            exact_cell(line.rated),
            line.relieved,
            line.invoiced,
            line.invoiced - line.relieved,
            ", ".join(line.accruals) or None,
        )
        for line in told.reliefs
    )
    amounts = [
        Column(key, heading, number=True, places=places, total=True)
        for key, heading in (
            ("relieved", "Accrued"),
            ("invoiced", "Invoiced"),
            ("true_up", "True-up"),
        )
    ]
    columns = (
        Column("service_period", "Service"),
        _exact("rated", "Rated"),
        *amounts,
        Column("accrued_by", "Accrued by"),
    )
    return Table("reliefs", "What the invoice relieves", columns, rows)


def documents_table(documents: Sequence[Document], notes: tuple[str, ...] = ()) -> Table:
    """Rows of credits, invoices and opening balances, with their places."""
    rows: list[tuple[Cell, ...]] = []
    for row in documents:
        place = place_cells(row.position)
        if isinstance(row, CreditEvent):
            rows.append((*place, row.day, row.event, row.lot, *_amounts(row), row.document or None))
        elif isinstance(row, Invoice):
            rows.append((*place, row.day, row.kind, row.invoice, None, row.amount, _covers(row)))
        elif isinstance(row, OpeningBalance):
            name = row.service_period or None
            rows.append((*place, None, row.role, name, None, row.amount, row.document or None))
    columns = (
        Column("file", "File"),
        Column("line", "Line", number=True),
        *plain_columns(("date", "Date"), ("event", "Event"), ("name", "Name")),
        Column("credits", "Credits", number=True),
        Column("amount", "Amount", number=True),
        Column("about", "Document or days"),
    )
    return Table("documents", "Rows of the book's files", columns, tuple(rows), notes)


def _amounts(row: CreditEvent) -> tuple[Decimal, Decimal | None]:
    bought = row.event in {"purchase", "opening"}
    return row.credits, row.paid if row.paid is not None else (row.credits if bought else None)


def _covers(row: Invoice) -> str | None:
    return f"{row.first_day} to {row.last_day}" if row.first_day and row.last_day else None


def rolls_table(rolls: Sequence[LotRoll]) -> Table:
    """Lots over their periods, in credits and in cost."""
    rows: list[tuple[Cell, ...]] = []
    for roll in rolls:
        before, now = roll.before, roll.now
        quantities = (
            before.left,
            now.acquired - before.acquired,
            now.used - before.used,
            now.expired - before.expired,
            now.left,
        )
        costs = (
            before.cost_left,
            now.cost_acquired - before.cost_acquired,
            now.cost_used - before.cost_used,
            now.cost_expired - before.cost_expired,
            now.cost_left,
        )
        head = (roll.lot.id, str(roll.period))
        rows.append((*head, "credits", *(credits_cell(value) for value in quantities)))
        rows.append((*head, "cost", *costs))
    columns = (
        *plain_columns(("lot", "Lot"), ("period", "Period"), ("measure", "In")),
        *(
            Column(key, key.capitalize(), number=True)
            for key in ("opening", "acquired", "used", "expired", "closing")
        ),
    )
    return Table("rollforward", "Roll-forward of the lot", columns, tuple(rows))


def _files(told: EntryExplanation) -> Table:
    rows = tuple(
        (item.file, item.rows, item.rows_read, " ".join(map(str, item.first_lines)), item.format)
        for item in told.files
    )
    columns = (
        Column("file", "File"),
        Column("rows", "Rows", number=True),
        Column("rows_read", "Of", number=True),
        Column("first_lines", "At lines"),
        Column("format", "Format"),
    )
    return Table("files", "Files whose rows stand behind", columns, rows)


def related_table(related: Sequence[RelatedEntry], title: str = "Related entries") -> Table:
    """Other entries with their places."""
    rows = tuple(
        (item.id, item.period, item.file or None, item.line or None, item.why or None)
        for item in related
    )
    columns = (
        *plain_columns(("entry", "Entry"), ("period", "Period"), ("file", "Journal")),
        Column("line", "Line", number=True),
        Column("why", "Remark"),
    )
    unused = [] if any(item.why for item in related) else ["why"]
    return without(Table("entries", title, columns, rows), unused)


def _exact(key: str, heading: str) -> Column:
    return Column(key, heading, number=True, places=EXACT_PLACES, total=True)


def without(table: Table, keys: Sequence[str]) -> Table:
    """A table without some columns, which have nothing to say."""
    kept = [index for index, column in enumerate(table.columns) if column.key not in keys]
    return Table(
        table.name,
        table.title,
        tuple(table.columns[index] for index in kept),
        tuple(tuple(row[index] for index in kept) for row in table.rows),
        table.notes,
    )
