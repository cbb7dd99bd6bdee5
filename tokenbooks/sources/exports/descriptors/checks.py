"""What a schema cannot say of a descriptor: keys that need or exclude each other."""

from __future__ import annotations

from tokenbooks.problems import Problem, error
from tokenbooks.sources.exports.descriptors.descriptor import (
    CONTRACT_CURRENCY,
    CONTRACT_ZONE,
    DAY_FORMS,
    WRITTEN_ZONE,
)
from tokenbooks.sources.formats import read_value
from tokenbooks.sources.yaml_tree import LIST, Node
from tokenbooks.usage.accounting import EMPTY, STATEMENT, USAGE


def check_descriptor(tree: Node) -> list[Problem]:
    """The problems ``format-incomplete`` of a tree that fits the schema."""
    checks = _Checks()
    checks.check_kinds(tree)
    checks.check_amount(tree["amount"])
    times = tree["time"]
    for time in times.items if times.kind == LIST else (times,):
        checks.check_time(time)
    for name, node in tree["dimensions"].entries.items():
        for one in node.items or (node,):
            checks.check_dimension(name, one)
    return checks.problems


class _Checks:
    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self, message: str, help: str, node: Node) -> None:
        """Note what is wrong with a node."""
        self.problems.append(error("format-incomplete", message, help, node.position))

    def check_kinds(self, tree: Node) -> None:
        """Each kind needs what it is about."""
        kinds = tree["kind"].words()
        measured = tree["meters"] or tree["long"] or tree["standard_names"].word() == "true"
        if USAGE in kinds and not measured:
            help = "add `meters:`, with a column for each"
            self.refuse("a usage format has no meters", help, tree)
        if USAGE in kinds and tree["long"] and not tree["long"]["quantity"]:
            help = "add `quantity:` with its column"
            self.refuse("usage has no quantity", help, tree["long"])
        if STATEMENT in kinds and not tree["amount"]:
            help = "add `amount:` with its column and currency"
            self.refuse("a statement has no amount", help, tree)
        if EMPTY in kinds and not tree["recognise"]["exactly"]:
            help = "list all its columns under `exactly:`, so that no file with data fits it"
            self.refuse("an empty format must name all of its columns", help, tree["recognise"])

    def check_amount(self, amount: Node) -> None:
        """An amount stands in a column or is a product, and its currency is known."""
        if not amount:
            return
        product = bool(amount["price"]) and bool(amount["quantity"])
        if bool(amount["column"]) == product or bool(amount["price"]) != bool(amount["quantity"]):
            help = "name its `column:`, or a `price:` and a `quantity:` whose product it is"
            self.refuse("where the amount stands is not clear", help, amount)
        currency = amount["currency"].word()
        if bool(currency) == bool(amount["currency_column"]):
            help = "name the `currency:`, or the column that holds it, one of the two"
            self.refuse("the amount's currency is not clear", help, amount)
        elif currency and currency != CONTRACT_CURRENCY and not read_value("currency", currency):
            help = "write three capital letters such as USD, or contract"
            self.refuse(f"'{currency}' is not a currency", help, amount["currency"])
        for meaning in amount["meanings"].items:
            if bool(meaning["column"]) == bool(meaning["zero"]):
                help = "add `column:` with `values:` or `like:`, or `zero: true`"
                self.refuse("which amounts have the meaning is not clear", help, meaning)

    def check_time(self, time: Node) -> None:
        """Days have a zone, buckets an end."""
        zone = time["zone"].word()
        known = ("", CONTRACT_ZONE, WRITTEN_ZONE)
        if zone not in known and read_value("timezone", zone) is None:
            help = "write UTC, a zone's name, contract, or written"
            self.refuse(f"'{zone}' is not a time zone", help, time)
        days = [form for form in time["written"].words() if form in DAY_FORMS]
        if days and zone in ("", WRITTEN_ZONE):
            help = "add `zone:`, with UTC, a zone's name, or contract"
            self.refuse("the days have no zone", help, time)
        only_days = len(days) == len(time["written"].words())
        if time["last"] and not only_days:
            help = "use `end:`, which is exclusive"
            self.refuse("only buckets of days have a last day", help, time["last"])
        if time["rows"].word() == "buckets" and not (only_days or time["end"]):
            help = "add `end:` with the column of the end"
            self.refuse("the buckets have no end", help, time)

    def check_dimension(self, name: str, node: Node) -> None:
        """A dimension has a column, or is the same in every row."""
        if node.entries and bool(node["column"]) == bool(node["constant"]):
            help = "name its `column:`, or the `constant:` that it is in every row"
            self.refuse(f"where the dimension '{name}' stands is not clear", help, node)
