"""Export files that somebody offers for a new book: which provider each is from.

The provider is the first word of the format's id (``openai-costs``); files of the plain
format are told apart by the folder that they lie in. Every provider becomes a contract.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from tokenbooks.book import UsageSource
from tokenbooks.names import is_payee
from tokenbooks.problems import Position, Problem, any_error, error
from tokenbooks.sources.exports.descriptors.descriptor import Descriptor
from tokenbooks.sources.exports.descriptors.detection import detect_format, mismatches
from tokenbooks.sources.exports.descriptors.reading import read_descriptors
from tokenbooks.sources.exports.sheets.contents import Content, all_contents
from tokenbooks.sources.exports.sheets.offered import OfferedFile, RefusedError
from tokenbooks.sources.files import shown
from tokenbooks.usage.accounting import STATEMENT, USAGE

#: First word of the ids of formats that are nobody's own.
PLAIN = "plain"

#: The contract of plain files that lie in no folder of their own.
_NAMELESS = "provider"

_SHORTEST_STEM = 3


@dataclass(frozen=True, slots=True)
class Offered:
    """The files of one provider, and globs from the book's folder on that match them.

    Of a ZIP with usage and costs each member stands where it belongs, and the ZIP is
    matched by the globs of both.
    """

    id: str
    party: str
    usage: tuple[Content, ...]
    statement: tuple[Content, ...]
    usage_globs: tuple[str, ...]
    statement_globs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfferedFiles:
    """All files offered, by provider, and the formats by which they were recognised."""

    groups: tuple[Offered, ...] = ()
    descriptors: tuple[Descriptor, ...] = ()


def offered_files(folder: Path, paths: Sequence[Path]) -> tuple[OfferedFiles, list[Problem]]:
    """The export files at these paths, which may be folders, and whose they are.

    Paths count from the book's folder on, or else from the current one. Problems:
    ``file-missing``, ``path-outside`` (not inside the book's folder), those of unpacking,
    and those of a header that no format claims.
    """
    starts, problems = _starts(folder, paths)
    found = [file for start in starts for file in _files_below(start)]
    formats = folder / "formats"
    descriptors, wrong = read_descriptors(formats if formats.is_dir() else None)
    problems += wrong
    contents, wrong = all_contents(found)
    problems += wrong
    claimed: dict[Content, Descriptor] = {}
    for content in contents:
        descriptor, wrong = _claim(content, descriptors)
        problems += wrong
        if descriptor is not None:
            claimed[content] = descriptor
    if any_error(problems):
        return OfferedFiles(), problems
    return OfferedFiles(_grouped(folder, starts, claimed), descriptors), problems


def _starts(folder: Path, paths: Iterable[Path]) -> tuple[list[Path], list[Problem]]:
    """The files and folders at the paths, as paths below the book's folder."""
    starts: dict[Path, None] = {}
    problems: list[Problem] = []
    root = folder.resolve()
    for path in paths:
        start = folder / path if (folder / path).exists() else path
        if not start.exists() or (start.is_dir() and not _files_below(start)):
            message = f"there is no {path}" if not start.exists() else f"no file is in {path}"
            help = "name the folder or the files with the usage exports, as downloaded"
            problems.append(error("file-missing", message, help, Position(str(path))))
        elif not start.resolve().is_relative_to(root):
            message = f"{path} lies outside {shown(folder)}, the folder of the book"
            help = f"move the exports into the book's folder, such as {shown(folder)}/usage/"
            problems.append(error("path-outside", message, help, Position(str(path))))
        else:
            starts[folder / start.resolve().relative_to(root)] = None
    return list(starts), problems


def _files_below(start: Path) -> list[Path]:
    """The file itself, or the files in a folder and its folders, hidden ones left out."""
    if start.is_file():
        return [start]
    return [
        file for file in sorted(start.rglob("*")) if file.is_file() and not _is_hidden(file, start)
    ]


def _is_hidden(file: Path, start: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(start).parts)


def _claim(
    content: Content, descriptors: Sequence[Descriptor]
) -> tuple[Descriptor | None, list[Problem]]:
    """The one format that claims a file, of usage or of a statement."""
    source = UsageSource("")
    try:
        offered = OfferedFile(content.path, content.shown)
        claims = [item for item in descriptors if not mismatches(offered, item, source)]
        if len(claims) == 1:
            return claims[0], []
        return detect_format(offered, USAGE, source, descriptors)
    except RefusedError as refused:
        return None, refused.problems


def _grouped(
    folder: Path, starts: Sequence[Path], claimed: dict[Content, Descriptor]
) -> tuple[Offered, ...]:
    shared = {folder, *starts}
    members: dict[str, list[Content]] = {}
    for content, descriptor in claimed.items():
        members.setdefault(_contract_id(content.file, descriptor, shared), []).append(content)
    groups = []
    for name, contents in sorted(members.items()):
        statement = tuple(c for c in contents if claimed[c].kinds == (STATEMENT,))
        usage = tuple(content for content in contents if content not in statement)
        groups.append(
            Offered(
                name,
                _party(name, claimed[contents[0]]),
                usage,
                statement,
                _globs(folder, usage),
                _globs(folder, statement),
            )
        )
    return tuple(groups)


def _contract_id(path: Path, descriptor: Descriptor, shared: set[Path]) -> str:
    provider = descriptor.id.split("-")[0]
    if provider != PLAIN:
        return provider
    return _NAMELESS if path.parent in shared else contract_id(path.parent.name)


def contract_id(name: str) -> str:
    """A contract's id, made from a name."""
    return "-".join(re.findall(r"[a-z0-9]+", name.lower())) or _NAMELESS


def _party(name: str, descriptor: Descriptor) -> str:
    """The provider's name as the format's title writes it."""
    words = re.findall(r"\w+", descriptor.title)
    party = next((word for word in words if word.casefold() == name), name.capitalize())
    return party if is_payee(party) else name


def _globs(folder: Path, contents: Sequence[Content]) -> tuple[str, ...]:
    """Globs that match these files and no others: now, and most likely next month."""
    globs = []
    files = {content.file for content in contents}
    for parent in sorted({path.parent for path in files}):
        names = sorted(path.name for path in files if path.parent == parent)
        others = {path.name for path in parent.iterdir() if path.is_file()}
        others = {name for name in others if not name.startswith(".")} - set(names)
        below = parent.relative_to(folder).as_posix()
        prefix = "" if below == "." else f"{below}/"
        globs += [f"{prefix}{pattern}" for pattern in _patterns(names, others, bool(prefix))]
    return tuple(globs)


def _patterns(names: Sequence[str], others: set[str], own_folder: bool) -> list[str]:
    if own_folder and not others:
        return ["*"]
    shapes = {(re.split(r"\d", Path(name).stem)[0], Path(name).suffix) for name in names}
    stem, ending = min(shapes)
    pattern = f"{stem}*{ending}"
    numbered = len(shapes) == 1 and all(re.search(r"\d", name) for name in names)
    told_apart = numbered and not any(fnmatchcase(name, pattern) for name in others)
    return [pattern] if told_apart and len(stem) >= _SHORTEST_STEM else list(names)
