"""What the values of a file need below them: expressions that are computed once, in layers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from tokenbooks.sources.exports.normal import sql_values


@dataclass(frozen=True, slots=True)
class _Named:
    """An expression below the values, and in which layer it stands."""

    sql: str
    layer: int


class Layers:
    """Expressions by name. Each stands in the layer above those that it is over."""

    def __init__(self) -> None:
        self._named: dict[str, _Named] = {}
        self._paths: dict[int, list[str]] = {}

    def name(self, what: str, sql: str, *over: str) -> str:
        """The name of an expression, the same for the same SQL.

        ``over`` are the names in it; those of raw cells need not be known.
        """
        known = next((name for name, one in self._named.items() if one.sql == sql), None)
        if known is not None:
            return known
        name = f"{what}_{len(self._named)}"
        below = (self._named[other].layer for other in over if other in self._named)
        self._named[name] = _Named(sql, 1 + max(below, default=0))
        return name

    def taken_out(self, column: int, path: str) -> str:
        """The text at a path of the JSON object in a column; NULL for what is no object."""
        paths = self._paths.setdefault(column, [])
        if path not in paths:
            paths.append(path)
        return f"{self.texts_of(column)}[{paths.index(path) + 1}]"

    @staticmethod
    def texts_of(column: int) -> str:
        """The texts that are taken out of the JSON object in a column; NULL for no object."""
        return f"j{column}"

    @property
    def below(self) -> tuple[dict[str, str], ...]:
        """The layers from the lowest on: texts out of JSON objects, and what is over them."""
        lists = {
            self.texts_of(column): sql_values.json_values(f"c{column}", paths)
            for column, paths in self._paths.items()
        }
        layers: list[dict[str, str]] = [lists] if lists else []
        ordered = sorted(self._named.items(), key=lambda one: one[1].layer)
        for _, found in groupby(ordered, key=lambda one: one[1].layer):
            layers.append({name: one.sql for name, one in found})
        return tuple(layers)
