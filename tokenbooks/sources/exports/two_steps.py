"""SQL that sums rows by the texts as they are written first, and then by what they mean."""

from __future__ import annotations

from collections.abc import Sequence

from tokenbooks.sources.exports.normal.expression import Expression
from tokenbooks.sources.exports.normal.normal_form import Choice, NormalForm
from tokenbooks.sources.exports.summing import (
    FIRST_RULE,
    LIST_OF_IDS,
    REPLACED_COLUMN,
    Summing,
    listed,
)
from tokenbooks.usage.layout import NOT_OWED, QUANTITY_TYPE, REJECTED, USED


def spares_work(summing: Summing) -> bool:
    """Whether two steps spare anything: texts that are only read are summed as fast in one."""
    columns = _columns_of_texts(summing)
    return any(said.costly and _decides(columns, said) for said in _asked(summing))


def _asked(summing: Summing) -> list[Expression]:
    """What is asked of rows beside their numbers: keys and verdicts."""
    form = summing.form
    conditions = [*(skip for _, skip in form.skips), *form.sound]
    conditions += [form.not_owed] if form.not_owed else []
    return [*summing.all_keys.values(), *conditions]


def _columns_of_texts(summing: Summing) -> frozenset[int]:
    """The columns by whose texts rows are summed first: those of keys, and of what costs."""
    wanted = [*summing.all_keys.values(), *(said for said in _asked(summing) if said.costly)]
    columns: set[int] = set()
    for said in wanted:
        # of numbers there can be as many as rows
        if said.texts is not None and not said.texts & _numbers(summing.form):
            columns |= said.texts
    return frozenset(columns)


def _numbers(form: NormalForm) -> frozenset[int]:
    """The columns of numbers, without those that tell a day."""
    return form.numbers - (form.time.texts or frozenset())


def _decides(columns: frozenset[int], said: Expression) -> bool:
    """Whether the texts of some columns decide an expression, with flags of rows."""
    return said.texts is not None and said.texts <= columns


class TwoSteps:
    """Rows summed by texts and by what only rows tell, then by what all of it means."""

    def __init__(self, summing: Summing) -> None:
        self.summing = summing
        self.form = summing.form
        self.texts = _columns_of_texts(summing)
        self.of_rows: dict[str, object] = {}
        if summing.replacements:
            self.of_rows[REPLACED_COLUMN] = REPLACED_COLUMN
        self.sums = dict(summing.sums)
        self.parts: dict[str, str] = {}
        self.quantity = ""
        if summing.choices:
            del self.sums["quantity"]
            self.quantity = self._chosen(summing.choices)
        self.keys = {name: self._kept(name, said) for name, said in summing.all_keys.items()}
        self.keys["verdict"] = summing.replaced(self._verdict())

    def _decides(self, said: Expression) -> bool:
        """Whether an expression can be asked of the sums, which then have the flags for it."""
        decided = _decides(self.texts, said)
        if decided:
            self.of_rows |= {flag: flag for flag in sorted(said.flags)}
        return decided

    def _kept(self, name: str, said: Expression) -> str:
        """An expression over the sums by texts: itself, or a column that rows tell."""
        if self._decides(said):
            return said.sql
        self.of_rows[name] = said
        return name

    def _verdict(self) -> str:
        """As ``NormalForm.verdict``, of which a row tells what texts do not."""
        of_row = skipped = ""
        for number, (_, skip) in enumerate(self.form.skips, FIRST_RULE):
            if self._decides(skip):
                skipped += f"WHEN {skip} THEN {number} "
            else:
                of_row += f"WHEN {skip} THEN {number} "
                skipped += f"WHEN said = {number} THEN {number} "
        sound, sound_of_row = [f"said = {USED}"], list[str]()
        for said in self.form.sound:
            (sound if self._decides(said) else sound_of_row).append(said.sql)
        self.of_rows["said"] = (
            f"(CASE {of_row}WHEN {' AND '.join(sound_of_row) or 'true'} THEN {USED}"
            f" ELSE {REJECTED} END)::TINYINT"
        )
        used = str(USED)
        if self.form.not_owed:
            free = self._kept("free", self.form.not_owed)
            used = f"CASE WHEN {free} THEN {NOT_OWED} ELSE {USED} END"
        return (
            f"(CASE {skipped}WHEN {' AND '.join(sound)} THEN {used} ELSE {REJECTED} END)::TINYINT"
        )

    def sql(self, relation: str) -> str:
        """The sums as a ``FROM`` clause."""
        summed = [*(["quantity"] if self.quantity else []), *self.sums]
        totals = "".join(f", sum({name}) AS {name}" for name in summed)
        totals += ", flatten(list(ids)) AS ids" if self.summing.id else ""
        columns = {**self.keys, **{name: name for name in self.sums}, "rows": "rows"}
        columns |= {"quantity": self.quantity} if self.quantity else {}
        columns |= {"ids": "ids"} if self.summing.id else {}
        rows = f"SELECT {listed(columns)} FROM {self._meaning(self._by_texts(relation))}"
        by = self.summing.grouping
        return f"FROM (SELECT {by}{totals}, sum(rows)::BIGINT AS rows FROM ({rows}) GROUP BY {by})"

    def _chosen(self, choices: Sequence[Choice]) -> str:
        """The quantity of which the condition holds, over sums of all of them.

        The texts of a sum say its meter and unit: it is one of the choices that all of it is.
        """
        branches = "".join(f" WHEN {c.condition} THEN {self._total(c)}" for c in choices[:-1])
        last = self._total(choices[-1])
        return f"CASE{branches} ELSE {last} END" if branches else last

    def _total(self, choice: Choice) -> str:
        """What a choice comes to: the sum of short decimals in its unit, and of other rows."""
        if not choice.short:
            return self._part(choice.quantity)
        short = self._part(f"CASE WHEN {choice.is_short} THEN {choice.short} END")
        others = self._part(f"CASE WHEN {choice.is_short} THEN NULL ELSE {choice.quantity} END")
        times = f" * {choice.unit}" if choice.unit else ""
        return f"coalesce(({short}{times})::{QUANTITY_TYPE}, 0) + coalesce({others}, 0)"

    def _part(self, sql: str) -> str:
        """The name of a sum of which a quantity is made."""
        return self.parts.setdefault(sql, f"part_{len(self.parts)}")

    def _by_texts(self, relation: str) -> str:
        """The rows of the file summed by texts and by what only rows tell."""
        texts = {f"c{index}": f"c{index}" for index in sorted(self.texts)}
        parts = {name: sql for sql, name in self.parts.items()}
        columns: dict[str, object] = {**texts, **self.of_rows, **self.sums, **parts}
        columns |= {"id": self.summing.id} if self.summing.id else {}
        values = self.form.values_of(relation, self.summing.carried(self.texts))
        by = ", ".join([*texts, *self.of_rows])
        totals = "".join(f", sum({name}) AS {name}" for name in (*self.sums, *parts))
        totals += LIST_OF_IDS if self.summing.id else ""
        rows = f"SELECT {listed(columns)} FROM {values}"
        return f"(SELECT {by}{totals}, count(*) AS rows FROM ({rows}) GROUP BY {by})"

    def _meaning(self, relation: str) -> str:
        """The values that texts decide, beside the sums."""
        decided = {n: said for n, said in self.form.values.items() if _decides(self.texts, said)}
        return f"(SELECT *, {listed(decided)} FROM {relation})" if decided else relation
