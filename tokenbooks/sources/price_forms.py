"""The forms of a price that is written with keys: which keys go together in each."""

from __future__ import annotations

from dataclasses import dataclass

from tokenbooks.sources.plan_reading import PlanReading
from tokenbooks.sources.yaml_tree import Node


@dataclass(frozen=True, slots=True)
class PriceForm:
    """A form of a price: its keys, and how it is called in messages and written in remedies.

    Without one of the ``span_for`` keys a span says nothing, because nothing counts over it.
    """

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    shape: str
    span_for: tuple[str, ...]


_SPAN = ("every", "over", "of", "scope")

PLAIN = PriceForm(
    name="a plain price",
    required=("price",),
    optional=("free", "every", "of", "scope"),
    shape="{price, free, every}, or {tiers, over, of, steps}",
    span_for=("free",),
)
TIERS = PriceForm(
    name="tiers",
    required=("tiers", "steps"),
    optional=("over", "of", "scope", "flat_on_zero", "convert", "round"),
    shape="{price, free, every}, or {tiers, over, of, steps}",
    span_for=("steps",),
)
PACKAGE = PriceForm(
    name="a package",
    required=("package", "price"),
    optional=("free", "round", *_SPAN),
    shape="{package, price, free, every, round}",
    span_for=("package",),
)
PERCENT = PriceForm(
    name="a percentage",
    required=("percent",),
    optional=("fixed", "at_least", "at_most", "free", "free_events", *_SPAN),
    shape="{percent, of, fixed, at_least, at_most, free, free_events, every}",
    span_for=("free", "free_events"),
)
CONVERT = PriceForm(
    name="a price with convert",
    required=("convert", "price"),
    optional=("round", "free", *_SPAN),
    shape="{price, convert, round, free, every}",
    span_for=("free", "round"),
)
REQUEST = PriceForm(
    name="a price for each request",
    required=("price",),
    optional=("at_least", "step", "when_over", "when_at_least", "over", "of"),
    shape="{price, at_least, step}, or {price, when_over}",
    span_for=("price",),
)

#: The keys that tell a form, the first that is there.
_TOLD_BY = (
    (TIERS, ("tiers", "steps")),
    (PACKAGE, ("package",)),
    (PERCENT, ("percent",)),
    (CONVERT, ("convert",)),
    (REQUEST, ("at_least", "step", "when_over", "when_at_least")),
)

_ALL_KEYS = [(*form.required, *form.optional) for form in (PLAIN, *(form for form, _ in _TOLD_BY))]


def form_of(node: Node) -> PriceForm:
    """The form in which a price is written, by its keys."""
    return next((form for form, keys in _TOLD_BY if any(key in node for key in keys)), PLAIN)


def read_span(node: Node) -> str:
    """The span over which a price counts: ``over`` and ``every`` are one; default month."""
    return node["over"].word() or node["every"].word("month")


def check_keys(node: Node, form: PriceForm, reading: PlanReading) -> None:
    """Keys that lack, or do not go with each other.

    Problems: ``key-missing``, ``key-alone`` and ``price-mixed``.
    """
    known = {key for keys in _ALL_KEYS for key in keys}
    own = {*form.required, *form.optional}
    strangers = [key for key in node.entries if key in known - own]
    for key in strangers:
        message = f"'{key}' does not go with {form.name}"
        _mixed(node, key, message, f"write {form.shape}", reading)
    missing = [key for key in form.required if key not in node]
    if missing and not strangers:
        message = f"the key '{missing[0]}' is missing in the price"
        reading.error("key-missing", message, f"write {form.shape}", node.position)
    _check_span(node, form, reading)
    if form is TIERS and "round" in node and "convert" not in node:
        reading.key_alone(node, "round", "convert")
    if "when_over" in node and "when_at_least" in node:
        message = "'when_over' and 'when_at_least' exclude each other"
        _mixed(node, "when_at_least", message, "keep one of them", reading)


def _check_span(node: Node, form: PriceForm, reading: PlanReading) -> None:
    """What counts over a span, and what is priced within each request."""
    spans = [key for key in ("every", "over") if key in node and key in form.optional]
    if len(spans) > 1:
        message = "'every' and 'over' both say over which span quantities count"
        _mixed(node, "over", message, "keep one of them", reading)
    for key in [*spans, "scope"]:
        if key in node and key in form.optional and not any(k in node for k in form.span_for):
            needed = form.span_for[0]
            message = f"'{key}' says how free units are counted, but there is no '{needed}'"
            _mixed(node, key, message, f"add {needed}, or take {key} away", reading)
    by_request = read_span(node) == "request"
    if by_request and form is TIERS:
        _check_tiers_of_a_request(node, reading)
    if form is REQUEST and "over" in node and not by_request:
        message = "such a price looks at each request, not at a span of time"
        _mixed(node, "over", message, "take over away, or write over: request", reading)
    for key in ("free", "free_events", "scope"):
        if by_request and key in node and key in form.optional:
            message = f"'{key}' counts over a span of time, not within each request"
            help = f"write a span such as month, or take {key} away"
            _mixed(node, key, message, help, reading)


def _check_tiers_of_a_request(node: Node, reading: PlanReading) -> None:
    """Tiers within one request are sums over requests: not all that tiers can say is one."""
    if "flat_on_zero" in node:
        help = "take flat_on_zero away: a request without any quantity is none"
        _mixed(node, "flat_on_zero", "'flat_on_zero' says nothing of requests", help, reading)
    if "round" in node:
        message = "'round' of tiers counts over a span of time, not within each request"
        _mixed(node, "round", message, "write a span such as month, or take round away", reading)
    steps = list(node["steps"])
    for step in steps:
        if "package" in step:
            message = "packages in the steps of one request are not counted"
            help = "write {package, price, over: request} without tiers, or a span such as month"
            _mixed(step, "package", message, help, reading)
    if steps and "up_to" in steps[-1]:
        message = "the last step of tiers within a request must be open"
        help = "leave up_to out, or add a step without it"
        _mixed(steps[-1], "up_to", message, help, reading)


def _mixed(node: Node, key: str, message: str, help: str, reading: PlanReading) -> None:
    reading.error("price-mixed", message, help, node.key_position(key))
