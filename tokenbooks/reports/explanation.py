"""The explanation of an entry as tables: postings, sums, charges, lots, documents, files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from tokenbooks.amounts import currency_places, exact_text
from tokenbooks.close.explanation import EntryExplanation
from tokenbooks.close.tier_evidence import ArithmeticLine
from tokenbooks.reports.explained_cells import (
    exact_cell,
    exact_column,
    facts_table,
    place_cells,
    place_text,
    plain_columns,
    without,
)
from tokenbooks.reports.explained_documents import (
    documents_table,
    related_table,
    rolls_table,
)
from tokenbooks.reports.narrow import Legend
from tokenbooks.reports.table import Cell, Column, Table

#: What a narrow terminal may show by its number.
LEGENDS = {
    "charges": (
        Legend("Of", "What the charges are of", but=("meter", "class", "cost_center", "from")),
        Legend("To", "Where the charges go", columns=("class", "cost_center")),
    )
}


def explanation_tables(told: EntryExplanation) -> list[Table]:
    """Everything behind an entry; tables without rows are left out."""
    tables = [
        _entry(told),
        _postings(told),
        _sums(told),
        _draws(told),
        _charges(told),
        _sources(told),
        _arithmetic("tiers", "Tiers", told.tiers),
        _arithmetic("terms", "Terms of the plan", told.terms),
        _reliefs(told),
        documents_table(told.documents, told.facts.book),
        rolls_table(told.rolls),
        _files(told),
        related_table(told.related),
    ]
    return [table for table in tables if table.rows]


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
        zero = abs(posting.amount * 0)
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
        exact_column("from_credits", "From credits"),
        exact_column("accrued", "Accrued"),
        exact_column("rounding", "Rounding"),
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
        exact_column("list_value", "Drawn"),
        exact_column("cost", "Cost"),
        exact_column("rounding", "Rounding"),
        Column("posted", "Posted", number=True, places=places, total=True),
        Column("file", "File"),
        Column("line", "Line", number=True),
    )
    note = "Drawn is list value; a lot that was free or cheaper costs less than it covers."
    return Table("lots", "Lots drawn", columns, rows, (note,))


def _charges(told: EntryExplanation) -> Table:
    used = [
        name
        for index, name in enumerate(told.dimensions)
        if any(charge.key.dimensions[index][1] is not None for charge in told.charges)
    ]
    rows: list[tuple[Cell, ...]] = []
    for number, charge in enumerate(told.charges, 1):
        values = dict(charge.key.dimensions)
        is_usage = charge.term is None
        rows.append(
            (
                number,
                charge.key.meter,
                *(values[name] for name in used),
                exact_cell(charge.quantity) if is_usage else None,
                exact_cell(charge.free) if charge.free else None,
                exact_cell(charge.list_value),
                exact_cell(charge.cost),
                charge.key.destination.class_ or None,
                charge.key.destination.cost_center or None,
                charge.key.source or None,
            )
        )
    if told.left_out:
        more = f"({told.left_out} more)"
        amounts = (exact_cell(told.rest.list_value), exact_cell(told.rest.cost))
        rows.append((None, more, *(None for _ in used), None, None, *amounts, *3 * [None]))
    columns = (
        Column("charge", "#", number=True),
        Column("meter", "Meter"),
        *(Column(name, name.replace("_", " ").capitalize()) for name in used),
        Column("quantity", "Quantity", number=True),
        Column("free", "Free", number=True),
        exact_column("list_value", "List value"),
        exact_column("cost", "Cost"),
        *plain_columns(("class", "Class"), ("cost_center", "Cost center"), ("from", "From")),
    )
    table = Table("charges", "Charges", columns, tuple(rows), tuple(_split_notes(told)))
    single = len({charge.key.destination for charge in told.charges}) == 1
    unused = ["class", "cost_center"] if single else []
    unused += [] if any(charge.free for charge in told.charges) else ["free"]
    unused += [] if any(charge.key.source for charge in told.charges) else ["from"]
    return without(table, unused)


def _split_notes(told: EntryExplanation) -> Iterable[str]:
    rules = {
        (charge.rule.position.line, charge.share, charge.rule.position.file)
        for charge in told.charges
        if charge.rule is not None and charge.share != 100 and charge.term is None
    }
    for line, share, file in sorted(rules):
        yield f"{file}:{line} sends {exact_text(share)}% of the usage that it splits here."
    if any(charge.term is not None for charge in told.charges):
        yield "A term of the plan goes where the usage of its span goes, by list value."


def _sources(told: EntryExplanation) -> Table:
    """The price of each charge and where its rows begin; numbered like the charges."""
    rows: list[tuple[Cell, ...]] = []
    for number, (charge, behind) in enumerate(zip(told.charges, told.behind, strict=True), 1):
        rows.append(
            (
                number,
                charge.key.price,
                " ".join(charge.key.modifiers) or None,
                *place_cells(charge.key.position),
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


def _arithmetic(name: str, title: str, lines: Sequence[ArithmeticLine]) -> Table:
    """How counters or terms came to what they charge, line by line."""
    rows = tuple(
        (line.name, line.scope or None, line.span, line.text, *place_cells(line.position))
        for line in lines
    )
    columns = (
        *plain_columns(
            ("price", "Price"),
            ("scope", "Scope"),
            ("counted_over", "Counted over"),
            ("arithmetic", "Arithmetic"),
            ("plan", "Plan"),
        ),
        Column("plan_line", "Line", number=True),
    )
    unused = [] if any(line.scope for line in lines) else ["scope"]
    return without(Table(name, title, columns, rows), unused)


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
        exact_column("rated", "Rated"),
        *amounts,
        Column("accrued_by", "Accrued by"),
    )
    return Table("reliefs", "What the invoice relieves", columns, rows)


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
