"""SQL that sums the rows of a file, in one step or in two.

Texts are few, however many rows there are, and to tell what a text means (a glob, a pattern,
a key of JSON, a day) costs more than to read it. So rows are summed by the texts as they are
written first; what they mean is asked of the sums. What only a row can tell (its numbers,
its instant, whether it is sound) is asked of every row.
"""

from __future__ import annotations

import itertools

from tokenbooks.sources.exports.summing import FIRST_RULE, LIST_OF_IDS, Summing, listed
from tokenbooks.sources.exports.two_steps import TwoSteps, spares_work
from tokenbooks.usage.layout import last_value

#: The columns of a row's time, and of the time of the last level: ``since_`` and its name.
MOMENT, SINCE = "moment", "since_"


def grouped_sql(summing: Summing, relation: str) -> str:
    """The sums of a relation's rows by step, bucket, verdict and keys, as a ``FROM`` clause."""
    if summing.levels or summing.form.file.events or not spares_work(summing):
        return _in_one_step(summing, relation)
    return TwoSteps(summing).sql(relation)


def _in_one_step(summing: Summing, relation: str) -> str:
    form, levels = summing.form, summing.levels
    verdict = form.verdict_by_rule(itertools.count(FIRST_RULE))
    columns: dict[str, object] = {**summing.all_keys, "verdict": summing.replaced(verdict)}
    columns |= {**summing.sums, **({MOMENT: form.time.start} if levels else {})}
    columns |= {"id": summing.id} if summing.id else {}
    totals = "".join(
        f", {last_value(name, MOMENT) if name in levels else f'sum({name})'} AS {name}"
        for name in summing.sums
    )
    totals += "".join(
        f", max({MOMENT}) FILTER ({name} IS NOT NULL) AS {SINCE}{name}" for name in levels
    )
    totals += LIST_OF_IDS if summing.id else ""
    rows = f"SELECT {listed(columns)} FROM {form.values_of(relation, summing.carried())}"
    by = summing.grouping
    return f"FROM (SELECT {by}{totals}, count(*) AS rows FROM ({rows}) GROUP BY {by})"
