"""The documents as the tests see them: fenced blocks, and the folder in which they run.

A comment says in which folder the blocks after it run; it begins a new one::

    <!-- run
    sample: northwind            a copy of this sample; without it an empty folder
    closed: 2025-10 2025-11      months that are written before the first command
    staged: yes                  each export is there only from its own month on
    only: usage                  of the sample, only these files and folders
    today: 2026-01-15            the date that commands take as today
    written: in order            files after the first command are written where they stand
    -->

Blocks ``yaml NAME``, ``csv NAME`` and ``json NAME`` are files of that folder. A ``console``
block holds commands, each after ``$``, and what they print; a line ``...`` stands for any lines,
and ``echo $?`` prints the exit status. A ``ledger`` block holds entries that the closes have
written.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))

#: Ledger programs that a console block may call; they are run where they are installed.
LEDGER_PROGRAMS = ("hledger", "ledger", "bean-check")
WIDTH = 100
PATIENCE = 60

_PART = re.compile(
    r"^<!-- run\n(?P<settings>.*?)^-->\n"
    r"|^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_MONTH = re.compile(r"20\d\d[-_]\d\d")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the file name after it, its text and where it stands."""

    language: str
    name: str
    text: str
    line: int
    indent: str = ""


@dataclass(slots=True)
class Part:
    """The blocks of a document that share a folder, and what its comment says of it."""

    settings: dict[str, str] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a console block and the text that it must print."""

    line: str
    expected: str
    at: int


def parts_of(document: Path) -> list[Part]:
    """The parts of a document, in order."""
    text = document.read_text(encoding="utf-8")
    parts = [Part()]
    for found in _PART.finditer(text):
        if found["settings"] is not None:
            pairs = (row.split(":", 1) for row in found["settings"].splitlines())
            parts.append(Part({key.strip(): value.strip() for key, value in pairs}))
            continue
        language, _, name = found["info"].partition(" ")
        at = text.count("\n", 0, found.start()) + 2
        text_inside = re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE)
        parts[-1].blocks.append(Block(language, name.strip(), text_inside, at, found["indent"]))
    return parts


def commands_of(block: Block) -> list[Command]:
    """The commands of a console block; one ends where the next begins."""
    commands: list[Command] = []
    for number, row in enumerate(block.text.splitlines(keepends=True)):
        if row.startswith("$ "):
            commands.append(Command(row[2:].strip(), "", block.line + number))
        else:
            assert commands, f"line {block.line}: a console block begins with a command"
            last = commands[-1]
            commands[-1] = Command(last.line, last.expected + row, last.at)
    return commands


def agrees(expected: str, actual: str) -> bool:
    """Whether a text is as expected, where a line ``...`` stands for any lines.

    Spaces at the ends of lines do not count: hledger prints some.
    """
    rows = [
        "(?:.*\n)*?" if row.strip() == "..." else re.escape(f"{row.rstrip()}\n")
        for row in expected.splitlines()
    ]
    whole = "".join(f"{row.rstrip()}\n" for row in actual.splitlines())
    return re.fullmatch("".join(rows), whole) is not None


def before_commands(part: Part) -> list[Block]:
    """The blocks that are written before the first command: all, unless a part is in order."""
    if "written" not in part.settings:
        return part.blocks
    return list(takewhile(lambda block: block.language != "console", part.blocks))


class Folder:
    """The folder in which the blocks of a part run."""

    def __init__(self, part: Part, place: Path) -> None:
        self.today = part.settings.get("today", "2026-01-15")
        self.is_in_order = "written" in part.settings
        self.left_out: set[str] = set()
        self.code = 0
        sample = part.settings.get("sample")
        self.path = place / (sample or "book")
        self.path.mkdir(parents=True)
        if sample:
            self._copy(ROOT / "samples" / sample, part.settings.get("only", "").split())
        for block in before_commands(part):
            self._write(block)
        self._close(part.settings.get("closed", "").split(), "staged" in part.settings)

    def reach(self, block: Block) -> list[Command]:
        """Come to a block: its commands; a file is written, where files are written in order."""
        if self.is_in_order:
            self._write(block)
        return commands_of(block) if block.language == "console" else []

    def _write(self, block: Block) -> None:
        """Write a block that is a file, over what is there."""
        if block.name and block.language in {"yaml", "csv", "json"}:
            file = self.path / block.name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")

    def run(self, line: str) -> str:
        """What a command prints, standard output and error together."""
        if line == "echo $?":
            return f"{self.code}\n"
        program, *arguments = shlex.split(line)
        if program == "tokenbooks":
            return self._tokenbooks(arguments)
        assert program in LEDGER_PROGRAMS, f"a document calls {program}"
        path = shutil.which(program)
        if path is None:
            self.left_out.add(program)
            return ""
        done = subprocess.run(
            [path, *arguments],
            cwd=self.path,
            env={**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": str(WIDTH)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        self.code = done.returncode
        return done.stdout

    def journals(self) -> str:
        """All that the closes have written, one month after the other."""
        return "".join(path.read_text() for path in sorted(self.path.glob("close/*/journal.*")))

    def _copy(self, sample: Path, only: list[str]) -> None:
        shutil.copytree(sample, self.path, dirs_exist_ok=True)
        for path in sorted(self.path.iterdir()):
            if path.name in {"close"} or path.name.startswith("books.") or only:
                if path.name in only:
                    continue
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _close(self, periods: list[str], staged: bool) -> None:
        waiting: dict[Path, tuple[str, bytes]] = {}
        exports = sorted(self.path.rglob("*/**/*.csv")) if staged else []
        # the first of a folder stays: a source of which there is no file is an error
        for path in [b for a, b in pairwise(exports) if a.parent == b.parent]:
            waiting[path] = (_MONTH.findall(path.name)[-1].replace("_", "-"), path.read_bytes())
            path.unlink()
        for period in periods:
            for path in [path for path, (month, _) in waiting.items() if month <= period]:
                path.write_bytes(waiting.pop(path)[1])
            said = self._tokenbooks(["-q", "close", "-p", period, "--write"])
            assert self.code == 0, said

    def _tokenbooks(self, arguments: list[str]) -> str:
        from tokenbooks.cli.main import main

        said = io.StringIO()
        given = arguments if arguments == ["--version"] else ["--today", self.today, *arguments]
        with _inside(self.path), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            self.code = main(given)
        return said.getvalue()


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Work in a folder, with a terminal of a known width and no book named from outside."""
    here, before = Path.cwd(), dict(os.environ)
    os.environ.pop("TOKENBOOKS_BOOK", None)
    os.environ.update(COLUMNS=str(WIDTH), NO_COLOR="1")
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(before)
