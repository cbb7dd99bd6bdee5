"""The documents tell the truth: their commands are run, their YAML is read, their links lead on.

To write the outputs anew after a change: ``python -m tests.test_documents``. Of an output
that is shortened by ``...`` each piece is sought by its first line.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import (
    DOCUMENTS,
    ROOT,
    Block,
    Command,
    Folder,
    Part,
    agrees,
    parts_of,
)
from tests.peers import missing

LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
FENCED = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")

#: Options that many commands have; they are described once.
SHARED = {"--book", "--today", "--quiet", "-q", "--format", "-f", "--redact"}
HELP = {"--help", "-h"}


def ids(document: Path) -> str:
    return str(document.relative_to(ROOT))


def blocks_of(document: Path, language: str) -> Iterator[tuple[Part, Block]]:
    for part in parts_of(document):
        for block in part.blocks:
            if block.language == language:
                yield part, block


def with_block(language: str) -> list[Path]:
    return [path for path in DOCUMENTS if any(blocks_of(path, language))]


# -- what is run ------------------------------------------------------------------------


@pytest.mark.parametrize("document", with_block("console"), ids=ids)
def test_commands_print_what_the_document_shows(document: Path, tmp_path: Path) -> None:
    left_out: set[str] = set()
    for number, part in enumerate(parts_of(document)):
        shown = [block for block in part.blocks if block.language == "console"]
        folder = Folder(part, tmp_path / str(number)) if shown else None
        for command in (c for block in part.blocks if folder for c in folder.reach(block)):
            assert folder is not None
            printed = folder.run(command.line)
            if command.line.split()[0] in folder.left_out:
                continue
            assert agrees(command.expected, printed), (
                f"{ids(document)} line {command.at}: `{command.line}` prints\n{printed}"
            )
        left_out |= folder.left_out if folder else set()
    if left_out:
        missing(" and ".join(sorted(left_out)))


@pytest.mark.parametrize("document", with_block("ledger"), ids=ids)
def test_entries_are_those_that_the_closes_wrote(document: Path, tmp_path: Path) -> None:
    for number, part in enumerate(parts_of(document)):
        shown = [block for block in part.blocks if block.language == "ledger"]
        if not shown:
            continue
        journals = Folder(part, tmp_path / str(number)).journals()
        entries = [f"{entry}\n" for entry in journals.split("\n\n")]
        for block in shown:
            for entry in block.text.split("\n\n"):
                assert any(agrees(entry, written) for written in entries), (
                    f"{ids(document)} line {block.line}: no close wrote\n{entry}"
                )


@pytest.mark.parametrize(
    ("expected", "actual", "agree"),
    [
        ("a\n", "a\n", True),
        ("a\n", "a", True),
        ("", "", True),
        ("a\n...\n", "a\nb\nc\n", True),
        ("...\nc\n", "a\nb\nc\n", True),
        ("a\n...\nc\n", "a\nc\n", True),
        ("a\n", "a\nb\n", False),
        ("a\n...\nd\n", "a\nb\nc\n", False),
        ("", "a\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_only_dots_on_a_line_of_their_own_stand_for_others(
    expected: str, actual: str, agree: bool
) -> None:
    assert agrees(expected, actual) == agree


# -- what is read -----------------------------------------------------------------------


@pytest.mark.parametrize("document", with_block("yaml"), ids=ids)
def test_yaml_is_read_without_a_problem(document: Path, tmp_path: Path) -> None:
    for _, block in blocks_of(document, "yaml"):
        assert read_yaml(block, tmp_path) == [], f"{ids(document)} line {block.line}"


def read_yaml(block: Block, folder: Path) -> list[str]:
    """The problems of a block: read as a book, a plan or a format where it is a whole one."""
    from tokenbooks.sources.book import read_book
    from tokenbooks.sources.exports.descriptors.reading import read_descriptor
    from tokenbooks.sources.plans import read_plan
    from tokenbooks.sources.yaml_tree import read_tree

    name = re.match(r"(?:#.*\n|\n)*(book|plan|format): *(\S+)", block.text)
    path = folder / ("tokenbooks.yaml" if not name or name[1] == "book" else f"{name[2]}.yaml")
    path.write_text(block.text, encoding="utf-8")
    if not name:
        return [str(problem) for problem in read_tree(path)[1]]
    readers = {"book": lambda _: read_book(folder), "plan": read_plan, "format": read_descriptor}
    return [str(problem) for problem in readers[name[1]](path)[1]]


# -- what is named ----------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_links_lead_to_files_and_headings_that_exist(document: Path) -> None:
    broken = []
    for target in LINK.findall(FENCED.sub("", document.read_text())):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        file = (document.parent / name).resolve() if name else document
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def anchors(document: Path) -> set[str]:
    """The anchors that a page of this document has: its headings as links write them."""
    headings = HEADING.findall(FENCED.sub("", document.read_text()))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def test_every_document_is_named_in_the_index() -> None:
    """That of docs, or that of a folder which has one of its own and is named there."""
    first = ROOT / "docs/README.md"
    for document in DOCUMENTS:
        if not document.is_relative_to(first.parent) or document == first:
            continue
        own = document.parent / "README.md"
        index = own if own.exists() and own != document else first
        assert f"]({document.relative_to(index.parent).as_posix()})" in index.read_text()


def commands() -> dict[str, set[str]]:
    """Every command of the program with its options, groups written out; '' is the program."""
    import typer.main

    from tokenbooks.cli.app import app

    found: dict[str, set[str]] = {}

    def walk(command: object, name: str) -> None:
        parameters = getattr(command, "params", [])
        found[name] = {option for p in parameters for option in p.opts if option.startswith("-")}
        for below, inner in getattr(command, "commands", {}).items():
            walk(inner, f"{name} {below}".strip())

    walk(typer.main.get_command(app), "")
    return found


def sections() -> dict[str, str]:
    """The sections of docs/commands.md, by heading."""
    text = (ROOT / "docs/commands.md").read_text()
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_command_and_option_is_described() -> None:
    described = sections()
    shared = described["All commands"]
    missing_options = []
    for name, options in commands().items():
        section = described.get(name.split(" ")[0], "") if name else shared
        if name and f"tokenbooks {name}" not in section:
            missing_options.append(f"tokenbooks {name}")
        for option in options:
            home = shared if option in SHARED else section
            if f"`{option}`" not in home and f"`{option} " not in home:
                missing_options.append(f"tokenbooks {name} {option}".replace("  ", " "))
    assert missing_options == []


def test_no_command_or_option_is_described_that_there_is_not() -> None:
    known = commands()
    every = {option for options in known.values() for option in options} | HELP
    text = "".join(re.findall(r"`[^`\n]+`", FENCED.sub("", "\n".join(sections().values()))))
    assert sorted(set(OPTION.findall(text)) - every) == []
    heads = {name.split(" ")[0] for name in known if name}
    assert sorted(set(sections()) - {"All commands", "Exit status"} - heads) == []


def test_the_guide_explains_every_cause_and_says_who_corrects_it() -> None:
    from tokenbooks.reconcile import causes

    section = (ROOT / "docs/reconcile.md").read_text().split("## All causes")[1]
    rows = re.findall(r"^\| `([^`]+)` \|.*\| ([^|]+) \|$", section, re.MULTILINE)
    views = {causes.INVOICED, causes.STATEMENT, causes.USAGE, causes.BOOKED, causes.RECORDED}
    values = {value for name, value in vars(causes).items() if name.isupper()} - {causes.TO_CORRECT}
    assert sorted(name for name, _ in rows) == sorted(values - views)
    items = {name for name, who in rows if who.startswith("nobody")}
    assert items == values - views - causes.TO_CORRECT - {causes.UNEXPLAINED}


def test_decisions_are_short_dated_and_numbered_without_a_gap() -> None:
    files = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in files] == list(range(1, len(files) + 1))
    for path in files:
        lines = path.read_text().splitlines()
        assert re.fullmatch(rf"# {path.name[:4]}: .+", lines[0]), path.name
        assert any(re.fullmatch(r"20\d\d-\d\d-\d\d", line) for line in lines[:4]), path.name
        assert len(lines) <= 30, path.name


# -- writing the outputs anew -----------------------------------------------------------


def write_outputs() -> None:
    """Replace the outputs that differ, in every document."""
    for document in with_block("console"):
        rows = document.read_text().splitlines(keepends=True)
        with tempfile.TemporaryDirectory() as place:
            differing = list(outputs_that_differ(document, Path(place)))
        for command, printed in reversed(differing):
            end = command.at + command.expected.count("\n")
            rows[command.at : end] = [printed]
        document.write_text("".join(rows))


def shortened(printed: str, expected: str) -> str:
    """The pieces of an output that the document shows, ``...`` between them."""
    lines = printed.splitlines(keepends=True)
    result: list[str] = []
    for piece in re.split(r"^( *\.\.\.\n)", expected, flags=re.MULTILINE):
        rows = piece.splitlines(keepends=True)
        start = lines.index(rows[0]) if rows and rows[0] in lines else None
        result += rows if start is None else lines[start : start + len(rows)]
    return "".join(result)


def outputs_that_differ(document: Path, place: Path) -> Iterator[tuple[Command, str]]:
    """The commands that print something else, with what they print as the document has it."""
    for number, part in enumerate(parts_of(document)):
        folder = Folder(part, place / str(number))
        for block in part.blocks:
            for command in folder.reach(block):
                printed = folder.run(command.line)
                if not agrees(command.expected, printed):
                    shown = printed
                    if re.search(r"^ *\.\.\.$", command.expected, re.MULTILINE):
                        shown = shortened(printed, command.expected)
                    yield command, re.sub(r"^(?=.)", block.indent, shown, flags=re.MULTILINE)


if __name__ == "__main__":
    write_outputs()
