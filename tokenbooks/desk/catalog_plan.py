"""The text of a plan made from a catalog, and what a reviewer must be told of it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from datetime import date

from tokenbooks.desk.book_text import yaml_text
from tokenbooks.desk.rate_text import modifier_line, rate_lines, read_on
from tokenbooks.problems import Problem, warning
from tokenbooks.rating.catalog import (
    BORROWED,
    NOT_EXPRESSED,
    WARNED,
    Catalog,
    CatalogModel,
)

#: So many models are named in one warning.
_NAMED_AT_MOST = 3

_WIDTH = 96

_HELP = {
    NOT_EXPRESSED: "read the price page, and write the rate into the plan by hand",
    BORROWED: "if the price page has a price for it, write it into the rate",
}
_SET_A_DATE = "read since when it holds, and set `from` of the rate; or leave it, if there was none"


def catalog_plan_text(plan: str, catalog: Catalog, day: date) -> str:
    """A plan with all prices of the catalog's models. ``day`` is the one on which it was read."""
    source = read_on(catalog.name, catalog.digest, catalog.provider, day)
    lines = [
        f"# Prices of {catalog.provider} as the catalog {catalog.name} states them: a collection",
        "# kept by volunteers, not the provider's price list. Review them before they count;",
        "# what each comment says is not in the prices.",
        f"plan: {plan}",
        f"currency: {catalog.currency}",
        "timezone: UTC                 # the catalog's days begin at midnight UTC",
        f"source: {yaml_text(source)}",
        "",
        *_meter_lines(catalog),
        *_default_lines(catalog),
        *_alias_lines(catalog.models),
        "rates:",
        *(line for model in catalog.models for line in _model_lines(model)),
        *_modifier_lines(catalog),
    ]
    return "\n".join(lines) + "\n"


def catalog_warnings(catalog: Catalog) -> list[Problem]:
    """What a reviewer must decide, each once for all the models of which it is said.

    Warnings: ``catalog-date-noticed``, ``catalog-not-expressed``, ``catalog-standard-price``.
    """
    said: dict[tuple[str, str], list[str]] = {}
    for model in catalog.models:
        remarks = [*model.remarks, *(remark for rate in model.rates for remark in rate.remarks)]
        for remark in dict.fromkeys(remarks):
            if remark.kind in WARNED:
                said.setdefault((remark.kind, remark.text), []).append(model.id)
    return [_warning(kind, text, models) for (kind, text), models in said.items()]


def _warning(kind: str, text: str, models: list[str]) -> Problem:
    message = f"{_listed(models)}: {text}"
    help = _HELP.get(kind, _SET_A_DATE)
    if kind == NOT_EXPRESSED:
        return warning("catalog-not-expressed", message, help)
    if kind == BORROWED:
        return warning("catalog-standard-price", message, help)
    return warning("catalog-date-noticed", message, help)


def _listed(models: list[str]) -> str:
    named = ", ".join(models[:_NAMED_AT_MOST])
    more = len(models) - _NAMED_AT_MOST
    return f"{named} and {more} more" if more > 0 else named


def _meter_lines(catalog: Catalog) -> list[str]:
    own = {name: f"{{part_of: {whole}}}" for name, whole in catalog.part_of.items()}
    own |= dict.fromkeys(catalog.meters, "{kind: sum}")
    if not own:
        return []
    comment = "# a part takes the price of its whole where it has none"
    lines = [f"  {name}: {terms}" for name, terms in own.items()]
    return [f"meters:                       {comment}", *lines, ""]


def _default_lines(catalog: Catalog) -> list[str]:
    if not catalog.defaults:
        return []
    lines = [f"  {name}: {yaml_text(value)}" for name, value in catalog.defaults.items()]
    return ["defaults:                     # usage with any other value needs a rate", *lines, ""]


def _alias_lines(models: Iterable[CatalogModel]) -> list[str]:
    lines = [
        f"  {yaml_text(model.id)}: [{', '.join(map(yaml_text, model.aliases))}]"
        for model in models
        if model.aliases and model.rates
    ]
    return ["aliases:", *lines, ""] if lines else []


def _model_lines(model: CatalogModel) -> list[str]:
    lines = ["", f"  # {_line(model.title)}"]
    lines += [f"  # {line}" for line in textwrap.wrap(_line(model.comment), _WIDTH)]
    for remark in model.remarks:
        lines.append(f"  # {model.id}: {_line(remark.text)}")
    for item in model.rates:
        lines += rate_lines(item.rate, [_line(remark.text) for remark in item.remarks])
    return lines


def _modifier_lines(catalog: Catalog) -> list[str]:
    lines = [modifier_line(modifier) for modifier in catalog.modifiers]
    return ["", "modifiers:", *(f"  {line}" for line in lines)] if lines else []


def _line(text: str) -> str:
    """A text of the catalog in one line that can do nothing but stand in a comment."""
    words = "".join(sign if sign.isprintable() else " " for sign in text).split()
    return " ".join(words)
