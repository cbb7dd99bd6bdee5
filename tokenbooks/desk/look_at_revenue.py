"""Looking at revenue: what each month posted, as it is written or as it would be."""

from __future__ import annotations

from tokenbooks.close.revenue import PostedMonth
from tokenbooks.desk.look_at_sold import computed_close, shown_period
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.entries.posted import Posted
from tokenbooks.periods import Period
from tokenbooks.problems import Problem


def posted_months(
    book: OpenBook, period: Period | None = None
) -> tuple[list[PostedMonth], list[Problem]]:
    """What was posted by each month up to one: by default the latest written.

    A month that is not written is computed, if those before it are.
    """
    wanted = shown_period(book, period)
    months: list[PostedMonth] = []
    before: Posted = {}
    for month in book.months:
        if month.period <= wanted:
            months.append(PostedMonth(month.period, before, month.before.posted))
            before = month.before.posted
    if months and months[-1].period == wanted:
        return months, []
    close, problems = computed_close(book, wanted)
    if close is None:
        return [], problems
    return [*months, PostedMonth(wanted, close.before.posted, close.posted)], problems
