"""Which format a file is: exactly one descriptor may claim its set of column names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tokenbooks.book import UsageSource
from tokenbooks.names import STANDARD_METERS, nearest
from tokenbooks.problems import Position, Problem, error
from tokenbooks.sources.exports.descriptors.descriptor import Descriptor
from tokenbooks.sources.exports.normal.normal_time import has_time
from tokenbooks.sources.exports.sheets.offered import OfferedFile
from tokenbooks.sources.exports.sheets.records import shortened
from tokenbooks.sources.exports.sheets.sheet import Header
from tokenbooks.usage.accounting import USAGE


def mismatches(file: OfferedFile, descriptor: Descriptor, source: UsageSource) -> list[str]:
    """Why a descriptor does not claim a file, in words; an empty list if it does.

    Raises ``RefusedError`` where the file's header cannot be read.
    """
    header = file.header(descriptor.shape)
    return [header] if isinstance(header, str) else missing_columns(header, descriptor, source)


def missing_columns(header: Header, descriptor: Descriptor, source: UsageSource) -> list[str]:
    """Why a header is none of a descriptor's, in words; an empty list if it is."""
    columns = set(header.columns)
    rule = descriptor.recognise
    reasons = []
    missing = [name for name in rule.all_of if name not in columns]
    if missing:
        reasons.append(f"lacks {_listed(missing)}")
    reasons += [
        f"has none of {_listed(group)}" for group in rule.any_of if not columns & set(group)
    ]
    unwanted = [name for name in rule.none_of if name in columns]
    if unwanted:
        reasons.append(f"has {_listed(unwanted)}")
    if rule.exactly and columns != set(rule.exactly):
        reasons.append(f"its columns are not exactly {_listed(rule.exactly)}")
    if not any(has_time(header, time) for time in descriptor.times):
        wanted = [n for time in descriptor.times for n in (time.column, time.end, time.last) if n]
        reasons.append(f"lacks its time column: {_listed(dict.fromkeys(wanted))}")
    if descriptor.standard_names and descriptor.long is None:
        known = {*STANDARD_METERS, *source.meters}
        if not columns & known:
            reasons.append("no column is a standard meter or one that `meters:` names")
    return reasons


def detect_format(
    file: OfferedFile,
    kind: str,
    source: UsageSource,
    descriptors: Sequence[Descriptor],
) -> tuple[Descriptor | None, list[Problem]]:
    """The descriptor of a file under ``usage`` or ``statement``.

    Problems: ``format-unknown``, ``format-ambiguous``, ``format-name-unknown``,
    ``format-mismatch`` (the source's ``format:`` does not fit the file),
    ``cost-file-in-usage``, ``usage-file-in-statement``. Raises ``RefusedError``.
    """
    if source.format is not None:
        descriptor, problem = _named(file, source, descriptors)
    else:
        descriptor, problem = _recognised(file, source, descriptors)
    if descriptor is None or problem is not None:
        return None, [problem] if problem is not None else []
    misplaced = _misplaced(descriptor, file.shown, kind)
    return (None, [misplaced]) if misplaced else (descriptor, [])


def _named(
    file: OfferedFile, source: UsageSource, descriptors: Iterable[Descriptor]
) -> tuple[Descriptor | None, Problem | None]:
    known = {descriptor.id: descriptor for descriptor in descriptors}
    descriptor = known.get(source.format or "")
    if descriptor is None:
        near = nearest(source.format or "", known)
        help = f"did you mean '{near}'?" if near else f"known formats: {', '.join(known)}"
        message = f"there is no format '{source.format}'"
        return None, error("format-name-unknown", message, help, source.position)
    reasons = mismatches(file, descriptor, source)
    if reasons:
        message = f"the file is not of format {descriptor.id}: it {'; '.join(reasons)}"
        help = "take `format:` away to have the format recognised, or download the file again"
        return None, error("format-mismatch", message, help, Position(file.shown, 1))
    return descriptor, None


def _recognised(
    file: OfferedFile, source: UsageSource, descriptors: Iterable[Descriptor]
) -> tuple[Descriptor | None, Problem | None]:
    claims = [d for d in descriptors if not mismatches(file, d, source)]
    if len(claims) == 1:
        return claims[0], None
    if claims:
        names = _listed(descriptor.id for descriptor in claims)
        message = f"the columns fit more than one format: {names}"
        help = "name the one that is meant with `format:` of the source"
        return None, error("format-ambiguous", message, help, Position(file.shown, 1))
    message = f"no format has these columns: {_listed(file.columns[:8])}"
    message += " ..." if len(file.columns) > 8 else ""
    help = (
        f"`tokenbooks formats detect {file.shown}` says what each format misses;"
        " describe a new one under formats/ in the book"
    )
    return None, error("format-unknown", message, help, Position(file.shown, 1))


def _misplaced(descriptor: Descriptor, shown: str, kind: str) -> Problem | None:
    if kind in descriptor.kinds or descriptor.is_empty:
        return None
    if kind == USAGE:
        message = f"a cost export ({descriptor.id}) stands under usage"
        help = "name it under `statement:` of the contract; usage needs quantities"
        return error("cost-file-in-usage", message, help, Position(shown, 1))
    return without_amounts(descriptor, shown)


def without_amounts(descriptor: Descriptor, shown: str) -> Problem:
    """That a file under ``statement`` tells no amounts."""
    message = f"a usage export ({descriptor.id}) stands under statement"
    help = "name it under `usage:` of the contract; a statement needs amounts"
    return error("usage-file-in-statement", message, help, Position(shown, 1))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(shortened(name) or "(unnamed)" for name in names)
