"""The dimensions of a file's rows, as SQL over its cells."""

from __future__ import annotations

from tokenbooks.names import STANDARD_DIMENSIONS
from tokenbooks.sources.exports.descriptors.descriptor import Descriptor, DimensionColumn
from tokenbooks.sources.exports.normal import sql_values
from tokenbooks.sources.exports.normal.cells import Cells
from tokenbooks.sources.exports.normal.expression import Expression, about, constant
from tokenbooks.sources.exports.sql_text import quoted, quoted_list


def build_dimensions(cells: Cells, descriptor: Descriptor) -> dict[str, Expression]:
    """The SQL of each dimension that the file tells: the descriptor's, and the source's tags."""
    found: dict[str, Expression] = {}
    for spec in _specs(cells, descriptor):
        said = _dimension(cells, spec)
        if said is not None:
            found[spec.name] = said
    tags = descriptor.tags
    column = cells.text(*tags.columns) if tags and cells.file.source.tags else None
    if tags is None or column is None:
        return found
    for name, key in cells.file.source.tags:
        value = (
            sql_values.json_pair(column.sql, key)
            if tags.pairs
            else sql_values.json_value(column.sql, key, tags.bare)
        )
        # not told by its text alone: of tags there can be as many as rows
        found[name] = Expression(f"nullif({value}, '')")
    return found


def own_names(
    cells: Cells, descriptor: Descriptor, standard: tuple[str, ...], named: tuple[str, ...]
) -> list[str]:
    """Columns taken by their own name: standard ones where that is asked for."""
    known = {*named, *(standard if descriptor.standard_names else ())}
    return [name for name in cells.header.columns if name in known]


def _specs(cells: Cells, descriptor: Descriptor) -> list[DimensionColumn]:
    specs = {spec.name: spec for spec in descriptor.dimensions}
    named = cells.file.source.dimensions
    for name in own_names(cells, descriptor, STANDARD_DIMENSIONS, named):
        specs.setdefault(name, DimensionColumn(name, (name,)))
    return list(specs.values())


def _dimension(cells: Cells, spec: DimensionColumn) -> Expression | None:
    said = [(found, one) for one in (spec, *spec.others) if (found := _said(cells, one))]
    if not said:
        return None
    if len(said) == 1:
        return _kept(*said[0])
    branches = "".join(f" WHEN {found} IS NOT NULL THEN {_kept(found, one)}" for found, one in said)
    return about(f"CASE{branches} END", *(found for found, _ in said), costly=True)


def _said(cells: Cells, spec: DimensionColumn) -> Expression | None:
    """What a row says of a dimension; None where the file has no column of it."""
    if spec.constant is not None:
        return constant(f"{quoted(spec.constant)}::VARCHAR")
    cell = cells.text(*spec.columns)
    if cell is None:
        return None
    if spec.key is not None:
        found = f"nullif({sql_values.json_value(cell.sql, spec.key)}, '')"
        cell = about(found, cell, costly=True)
    if spec.pattern is not None:
        found = f"nullif(regexp_extract({cell}, {quoted(spec.pattern)}, 1), '')"
        cell = about(found, cell, costly=True)
    return cell


def _kept(said: Expression, spec: DimensionColumn) -> Expression:
    """What is kept of what a row says."""
    globs = "".join(
        f" WHEN {sql_values.fits(said.sql, glob)} THEN {quoted(kept)}"
        for glob, kept in spec.like.items()
    )
    cell = f"CASE{globs} ELSE {said} END" if globs else said.sql
    mapped = "".join(
        f" WHEN {cell} = {quoted(written)} THEN {quoted(kept)}"
        for written, kept in spec.values.items()
    )
    neutral = f" WHEN {cell} IN {quoted_list(spec.neutral)} THEN NULL" if spec.neutral else ""
    kept = f"CASE{mapped}{neutral} ELSE {cell} END" if mapped or neutral else cell
    return said if kept == said.sql else about(kept, said, costly=True)
