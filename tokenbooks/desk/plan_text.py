"""The text of a new plan: an example, or a rate for every model seen, prices to fill in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tokenbooks.desk.book_text import yaml_text
from tokenbooks.desk.seen_usage import SeenContract, SeenItem
from tokenbooks.periods import Period

#: Meters that fall back on another one's price where a rate has none for them.
PART_OF = {
    "cached_input_tokens": "input_tokens",
    "cache_write_tokens": "input_tokens",
    "cache_write_5m_tokens": "input_tokens",
    "cache_write_1h_tokens": "input_tokens",
    "cached_audio_tokens": "input_audio_tokens",
    "cached_image_tokens": "input_image_tokens",
}

#: The quantity that price lists name prices for, by the end of a meter's name.
_USUAL_QUANTITIES = {"_tokens": " per 1M", "characters": " per 1M", "_searches": " per 1k"}

_NO_USAGE = SeenItem("model", "NAME-OF-A-MODEL", ("input_tokens", "output_tokens"))


def example_plan_text(plan: str, party: str, currency: str, start: Period) -> str:
    """A plan that shows how prices are written, for a model that nobody has."""
    return f"""\
# The prices of {party}. Copy them from the price page or the contract, and say when.
plan: {plan}
currency: {currency}
source: invented; replace it by the price list, with the day on which it was read

meters:                       # where a rate has no price of its own for the first of these,
  cached_input_tokens: {{part_of: input_tokens}}      # it takes that of the other

rates:
  - for: {{model: example-model}}       # as the usage exports name it
    from: {start.start}          # a change of price is a further rate, from its first day
    prices:
      input_tokens:        1.00 per 1M
      cached_input_tokens: 0.10 per 1M
      output_tokens:       4.00 per 1M
"""


def seen_plan_text(plan: str, seen: SeenContract, currency: str, start: Period) -> str:
    """A plan with every model and meter seen, each price a ``?`` that is still an error."""
    items = seen.items or (_NO_USAGE,)
    meters = {meter for item in items for meter in item.meters}
    lines = [
        f"# The models and meters in the usage of {seen.party}. Replace each ? by the price, such",
        "# as 2.50 per 1M; write 0 where something is free. Until then no month can be closed.",
        f"plan: {plan}",
        f"currency: {currency}",
        "source: ?                     # where the prices come from, and when they were read",
        "",
        *_part_lines(meters),
        *_alias_lines(items),
        "rates:",
        *(line for item in items for line in _rate_lines(item, start)),
        *_modifier_lines(seen.qualified),
    ]
    return "\n".join(lines) + "\n"


def _part_lines(meters: Iterable[str]) -> list[str]:
    parts = [meter for meter in PART_OF if meter in meters]
    if not parts:
        return []
    return [
        "meters:                       # each takes the other's price where a rate has none for it",
        *(f"  {meter}: {{part_of: {PART_OF[meter]}}}" for meter in parts),
        "",
    ]


def _alias_lines(items: Sequence[SeenItem]) -> list[str]:
    name = next((item.name for item in items if item.dimension == "model"), "")
    if not name:
        return []
    return [
        "# One price for several names of a model: give the rate a name of its own and list the",
        "# names that usage has.",
        "# aliases:",
        f"#   NAME: [{yaml_text(name)}]",
        "",
    ]


def _rate_lines(item: SeenItem, start: Period) -> list[str]:
    """One rate; usage that names nothing is priced by a rate for everything."""
    opening = f"for: {{{item.dimension}: {yaml_text(item.name)}}}" if item.dimension else ""
    starts = f"from: {start.start}"
    head = [f"  - {opening}", f"    {starts}"] if opening else [f"  - {starts}"]
    width = max(map(len, item.meters)) + 1
    prices = [f"      {meter + ':':<{width}} ?{_quantity(meter)}" for meter in item.meters]
    return [*head, "    prices:", *prices]


def _quantity(meter: str) -> str:
    ends = (text for end, text in _USUAL_QUANTITIES.items() if meter.endswith(end))
    return next(ends, "")


def _modifier_lines(qualified: Iterable[tuple[str, str]]) -> list[str]:
    """A factor for every value that is never priced as standard in silence."""
    lines = [
        f"  - {{name: {yaml_text(_modifier_name(dimension, value))},"
        f' when: {{{dimension}: {_condition(value)}}}, times: {{"*": ?}}}}'
        for dimension, value in qualified
    ]
    if not lines:
        return []
    return [
        "",
        "modifiers:                    # factors on the prices above, such as 0.5 for half;",
        "                              # or write a rate of its own, with both conditions",
        *lines,
    ]


def _modifier_name(dimension: str, value: str) -> str:
    return dimension if value == "true" else f"{dimension} {value}"


def _condition(value: str) -> str:
    return value if value == "true" else yaml_text(value)
