"""A table with every kind of cell, from which the renderer tests render."""

from datetime import date
from decimal import Decimal

from tokenbooks.reports.table import Column, Table

LOTS = Table(
    name="lots",
    title="Lots of OpenAI, 2025-11",
    columns=(
        Column("lot", "lot"),
        Column("memo", "memo"),
        Column("credits", "credits", number=True),
        Column("cost", "cost USD", number=True, places=2, total=True),
        Column("draws", "draws", number=True, total=True),
        Column("expires", "expires"),
        Column("free", "free"),
    ),
    rows=(
        (
            "openai-2025-11-05",
            "Top-up by card, approved by the head of research for the agents project",
            Decimal("100.5"),
            Decimal("95.475"),
            12,
            date(2026, 11, 5),
            False,
        ),
        ("grant-7", "Trial | free", Decimal(1250), Decimal("-0.5"), 3, None, True),
    ),
    notes=("Cost is what was paid, credits are list value.",),
)
EMPTY = Table("empty", "Nothing", (Column("lot", "lot"), Column("n", "n", True, total=True)), ())
