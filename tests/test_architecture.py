"""The house rules that a reader relies on, checked on the source itself.

Three rings: the vocabulary, which knows nothing of ours; the core, which computes
and neither opens a file, reads a clock nor prints; the edges, which do. Imports go
with the flow and never in circles.
"""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Callable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "tokenbooks"

#: Modules that any other may import, and that import only each other.
VOCABULARY = (
    "tokenbooks",
    "tokenbooks.amounts",
    "tokenbooks.book",
    "tokenbooks.conditions",
    "tokenbooks.documents",
    "tokenbooks.facts",
    "tokenbooks.names",
    "tokenbooks.periods",
    "tokenbooks.problems",
    "tokenbooks.rating.plan",
    "tokenbooks.rating.credit_terms",
    "tokenbooks.rating.measures",
    "tokenbooks.rating.terms",
    "tokenbooks.rating.windows",
)
#: The core in the order of the flow: a stage imports its own and earlier stages.
STAGES = ("usage", "rating", "credits", "entries", "close", "reconcile")
EDGES = ("sources", "journals", "reports", "archive", "desk", "cli")
#: What an edge must not import; the others are free to use the core and each other.
FORBIDDEN_TO_EDGES = {
    "sources": {"journals", "reports", "archive", "desk", "cli", "close", "reconcile"},
    "journals": {"sources", "reports", "archive", "desk", "cli"},
    "reports": {"sources", "journals", "archive", "desk", "cli"},
    "archive": {"sources", "desk", "cli"},
    "desk": {"cli"},
    "cli": set(),
}

LONGEST_FILE = 400
LONGEST_MEDIAN_FILE = 160
LONGEST_FUNCTION = 60
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "misc", "common", "manager", "managers"}

OPENERS = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "unlink", "mkdir"}
CLOCKS = {"now", "today", "utcnow", "time", "monotonic", "perf_counter", "time_ns"}
CLOCK_OWNERS = {"datetime", "date", "time"}
FILE_SQL = re.compile(
    r"\bread_(csv|parquet|json|text|blob)\w*\s*\(|\bCOPY\s|\bATTACH\s", re.IGNORECASE
)


# -- reading the source -------------------------------------------------------------


@cache
def sources() -> dict[str, ast.Module]:
    """The syntax tree of every module of the package, by its dotted name."""
    return {module_name(path): ast.parse(path.read_text("utf-8")) for path in files()}


@cache
def files() -> tuple[Path, ...]:
    return tuple(sorted(PACKAGE.rglob("*.py")))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part_of(module: str) -> str:
    """The folder of a module, or ``vocabulary``."""
    return "vocabulary" if module in VOCABULARY else module.split(".")[1]


def imports_of(module: str) -> set[str]:
    """The modules of the package that a module imports, wherever in its text."""
    found = set()
    for node in ast.walk(sources()[module]):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} line {node.lineno}: a relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in sources() else str(node.module))
    return {name for name in found if name.split(".")[0] == "tokenbooks"} - {module}


def core_modules() -> list[str]:
    return [name for name in sources() if part_of(name) in STAGES or name in VOCABULARY]


def found_in(
    modules: list[str], nodes: Callable[[ast.AST], Iterator[tuple[int, str]]]
) -> list[str]:
    """Where a search of nodes finds something: ``module line N: what``."""
    return [
        f"{module} line {line}: {what}"
        for module in modules
        for line, what in nodes(sources()[module])
    ]


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str, str]]:
    """Every call with the name it calls and the name before its dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node, node.func.id, ""
            elif isinstance(node.func, ast.Attribute):
                yield node, node.func.attr, last_name(node.func.value)


def last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


# -- rings and the flow -------------------------------------------------------------


def test_every_module_has_its_place() -> None:
    known = {"vocabulary", *STAGES, *EDGES, "__main__"}
    strangers = [name for name in sources() if part_of(name) not in known]
    assert not strangers, "say in this file where they belong"


@pytest.mark.parametrize("module", VOCABULARY)
def test_the_vocabulary_imports_only_itself(module: str) -> None:
    assert imports_of(module) <= set(VOCABULARY)


def test_the_core_goes_with_the_flow_and_imports_no_edge() -> None:
    wrong = []
    for module in sources():
        if part_of(module) in STAGES:
            allowed = {"vocabulary", *STAGES[: STAGES.index(part_of(module)) + 1]}
            wrong += [
                f"{module} imports {other}"
                for other in imports_of(module)
                if part_of(other) not in allowed
            ]
    assert not wrong


def test_edges_keep_apart() -> None:
    wrong = [
        f"{module} imports {other}"
        for module in sources()
        if part_of(module) in EDGES
        for other in imports_of(module)
        if part_of(other) in FORBIDDEN_TO_EDGES[part_of(module)]
    ]
    assert not wrong


def test_nothing_imports_in_circles() -> None:
    graph = {module: imports_of(module) for module in sources()}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


# -- what the core must not do ------------------------------------------------------


def test_the_core_opens_no_file() -> None:
    def openings(tree: ast.AST) -> Iterator[tuple[int, str]]:
        for node, name, _ in calls(tree):
            if name in OPENERS:
                yield node.lineno, f"{name}()"

    assert not found_in(core_modules(), openings)


def test_the_core_lets_duckdb_open_no_file() -> None:
    def statements(tree: ast.AST) -> Iterator[tuple[int, str]]:
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found = FILE_SQL.search(node.value)
                if found and id(node) not in prose:
                    yield node.lineno, found[0]
        for node, name, _ in calls(tree):
            if name in {"read_csv", "read_parquet", "read_json", "from_csv_auto", "write_csv"}:
                yield node.lineno, f"{name}()"

    assert not found_in(core_modules(), statements)


def test_the_core_reads_no_clock() -> None:
    def readings(tree: ast.AST) -> Iterator[tuple[int, str]]:
        for node, name, owner in calls(tree):
            if name in CLOCKS and owner in CLOCK_OWNERS:
                yield node.lineno, f"{owner}.{name}()"

    assert not found_in(core_modules(), readings)


def test_the_core_prints_nothing() -> None:
    def prints(tree: ast.AST) -> Iterator[tuple[int, str]]:
        for node, name, owner in calls(tree):
            if name == "print" or owner in {"stdout", "stderr"}:
                yield node.lineno, f"{name}()"

    assert not found_in(core_modules(), prints)


# -- exactness ----------------------------------------------------------------------


def test_no_float_is_made_anywhere() -> None:
    def floats(tree: ast.AST) -> Iterator[tuple[int, str]]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                yield node.lineno, f"{node.value}"
            elif isinstance(node, ast.Name) and node.id == "float":
                yield node.lineno, "float"

    assert not found_in(list(sources()), floats)


def test_only_amounts_rounds() -> None:
    def roundings(tree: ast.AST) -> Iterator[tuple[int, str]]:
        for node, name, _ in calls(tree):
            if name in {"round", "quantize"}:
                yield node.lineno, f"{name}()"

    modules = [name for name in sources() if name != "tokenbooks.amounts"]
    assert not found_in(modules, roundings)


# -- size and names -----------------------------------------------------------------


def test_files_are_short() -> None:
    lengths = {module_name(path): len(path.read_text("utf-8").splitlines()) for path in files()}
    assert not {name: length for name, length in lengths.items() if length > LONGEST_FILE}
    assert statistics.median(lengths.values()) <= LONGEST_MEDIAN_FILE


def test_functions_are_short() -> None:
    def long_functions(tree: ast.AST) -> Iterator[tuple[int, str]]:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    yield node.lineno, f"{node.name} has {length} lines"

    assert not found_in(list(sources()), long_functions)


def test_names_say_what_is_inside() -> None:
    assert not [name for name in sources() if VAGUE_NAMES & set(name.split("."))]


def test_every_module_says_what_it_is() -> None:
    assert not [name for name, tree in sources().items() if not ast.get_docstring(tree)]


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in files()}
    assert not [folder for folder in folders if not (folder / "__init__.py").exists()]


# -- the checks themselves ----------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "x = con.sql('SELECT * FROM read_csv(?)')",
        "x = f'copy {table} TO y'",
        "x = 'READ_JSON_AUTO (1)'",
    ],
)
def test_sql_that_opens_files_is_seen(text: str) -> None:
    strings = [n.value for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant)]
    assert any(FILE_SQL.search(string) for string in strings if isinstance(string, str))


def test_calls_are_seen_with_their_owner() -> None:
    tree = ast.parse("print(1)\ndatetime.now()\nsys.stdout.write('')\npath.open()")
    assert {(name, owner) for _, name, owner in calls(tree)} == {
        ("print", ""),
        ("now", "datetime"),
        ("write", "stdout"),
        ("open", "path"),
    }
