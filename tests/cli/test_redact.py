"""``--redact``: nobody can be found in what a command prints, and one person stays one."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.books import INVOICES, Ran, run, tokenbooks, write_book
from tests.test_documents import commands as documented
from tokenbooks.sources.redaction_key import KEY_VARIABLE

KEY = "an invented key of more than 32 signs"
FORMATS = ("text", "csv", "json", "md")
COLUMNS = ("date", "model", "project", "user", "api_key", "customer", "credits")

#: In every value that must not be seen.
MARK = "Zqx"

BOOK = """\
book: Tests
currency: USD
start: 2025-10
timezone: UTC
journal: ledger
keep: [model, project, user, api_key, customer, seat]
redact: [seat]
contracts:
  llm:
    side: buy
    party: LLM
    plan: llm
    settle: arrears
    usage: [{files: "usage/*.csv", dimensions: [seat]}]
"""
PLAN = """\
plan: llm
currency: USD
rates:
  - for: {model: m}
    prices: {credits: {tiers: graduated, scope: [user], steps: [{up_to: 3, price: 2}, {price: 1}]}}
  - for: {model: n}
    prices: {credits: 1}
"""


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)


def written(columns: Sequence[str], *rows: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([columns, *rows])
    return out.getvalue()


def cells(ran: Ran, table: str, column: str) -> list[str]:
    assert ran.code == 0, ran.err
    return [row[column] for row in json.loads(ran.out)[table]["rows"]]


def small_book(folder: Path, *people: str) -> Path:
    rows = [("2025-10-03", "n", "lab", person, "k", "c", "5") for person in people]
    return write_book(
        folder, {"usage/a.csv": written(COLUMNS, *rows), "plans/llm.yaml": PLAN}, BOOK
    )


# -- one person, one pseudonym ----------------------------------------------------------


def test_people_have_pseudonyms_and_the_figures_stay(tmp_path: Path) -> None:
    book = small_book(tmp_path, "alice", "bob", "bob")
    ran = tokenbooks(book, "usage", "--by", "user", "--redact", "--format", "json")
    rows = json.loads(ran.out)["usage"]["rows"]
    assert sorted(row["quantity"] for row in rows) == ["10", "5"]
    assert len({row["user"] for row in rows}) == 2
    assert all(row["user"].startswith("user-") and len(row["user"]) == 15 for row in rows)


def test_a_pseudonym_is_the_same_in_every_command_and_on_every_machine(tmp_path: Path) -> None:
    book = small_book(tmp_path, "alice")
    (seen,) = set(
        cells(tokenbooks(book, "usage", "--by", "user", "--redact", "-f", "json"), "usage", "user")
    )
    # HMAC-SHA256 of "tokenbooks pseudonym 1", a zero byte and "alice", its last 50 bits in
    # groups of five, the lowest first
    assert seen == "user-fefhw3adm8"
    plan, usage = str(book / "plans/llm.yaml"), str(book / "usage/a.csv")
    rated = run("rate", "--plan", plan, usage, "--by", "user", "--redact", "--format", "json")
    assert cells(rated, "usage", "user") == [seen]
    explained = tokenbooks(book, "explain", "usage/a.csv:2", "--redact")
    assert seen in explained.out
    assert "alice" not in explained.out


def test_the_same_person_is_another_one_under_another_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = small_book(tmp_path, "alice")
    first = tokenbooks(book, "usage", "--by", "user", "--redact").out
    monkeypatch.setenv(KEY_VARIABLE, KEY[::-1])
    assert tokenbooks(book, "usage", "--by", "user", "--redact").out != first


def test_rows_do_not_stand_in_the_order_of_names(tmp_path: Path) -> None:
    people = [f"person-{number:02}" for number in range(20)]
    book = small_book(tmp_path, *people)
    ran = tokenbooks(book, "usage", "--by", "project,user", "--redact", "--format", "json")
    shown = cells(ran, "usage", "user")
    assert shown == sorted(shown)
    assert len(shown) == 20


def test_further_dimensions_of_a_book_are_hidden(tmp_path: Path) -> None:
    rows = written(("date", "model", "seat", "credits"), ("2025-10-03", "n", "left desk", "5"))
    book = write_book(tmp_path, {"usage/a.csv": rows, "plans/llm.yaml": PLAN}, BOOK)
    ran = tokenbooks(book, "usage", "--by", "seat", "--redact", "--format", "json")
    (seat,) = cells(ran, "usage", "seat")
    assert seat.startswith("seat-")


def test_what_a_close_writes_keeps_the_values(tmp_path: Path) -> None:
    book = small_book(tmp_path, "alice")
    ran = tokenbooks(book, "close", "-p", "2025-10", "--write", "--redact")
    assert ran.code == 0, ran.err
    assert "alice" in (book / "close/2025-10/state/usage.csv").read_text()
    # and whoever is in them is known, though the usage file is gone
    shutil.rmtree(book / "usage")
    assert "alice" not in tokenbooks(book, "check", "--redact").err


# -- the key ----------------------------------------------------------------------------


def test_the_key_may_be_a_file_of_the_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = small_book(tmp_path, "alice")
    from_environment = tokenbooks(book, "usage", "--by", "user", "--redact").out
    monkeypatch.delenv(KEY_VARIABLE)
    (book / "redact.key").write_text(f"{KEY}\n")
    assert tokenbooks(book, "usage", "--by", "user", "--redact").out == from_environment


@pytest.mark.parametrize("command", [["usage"], ["check"], ["close"], ["credits"]])
def test_without_a_key_nothing_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    ran = tokenbooks(small_book(tmp_path, "alice"), *command, "--redact")
    assert (ran.code, ran.out) == (1, "")
    assert "error[redact-key-missing]" in ran.err
    assert "secrets.token_hex(32)" in ran.err


def test_without_a_book_the_key_is_the_environments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = small_book(tmp_path, "alice")
    (book / "redact.key").write_text(KEY)
    monkeypatch.delenv(KEY_VARIABLE)
    ran = run("rate", "--plan", str(book / "plans/llm.yaml"), str(book / "usage/a.csv"), "--redact")
    assert (ran.code, ran.out) == (1, "")
    assert "error[redact-key-missing]" in ran.err


def test_a_key_that_could_be_guessed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "secret")
    ran = tokenbooks(small_book(tmp_path, "alice"), "usage", "--redact")
    assert (ran.code, ran.out) == (1, "")
    assert "error[redact-key-short]: the key of --redact has 6 signs" in ran.err


def test_one_run_does_not_redact_the_next(tmp_path: Path) -> None:
    book = small_book(tmp_path, "alice")
    tokenbooks(book, "usage", "--by", "user", "--redact")
    assert "alice" in tokenbooks(book, "usage", "--by", "user").out


# -- secrets, with and without it -------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_secrets_are_masked_in_every_format(tmp_path: Path, format: str) -> None:
    secret = "sk-ant-api03-Invented0123456789_-abcdWXYZ"
    rows = written(COLUMNS, ("2025-10-03", "n", "lab", "alice", secret, "c", "5"))
    book = write_book(tmp_path, {"usage/a.csv": rows, "plans/llm.yaml": PLAN}, BOOK)
    ran = tokenbooks(book, "usage", "--by", "user,api_key", "--format", format)
    assert "Invented0123456789" not in ran.out
    assert "*WXYZ" in ran.out
    assert "alice" in ran.out


def test_rules_still_match_the_secret_itself(tmp_path: Path) -> None:
    secret = "sk-Invented0123456789WXYZ"
    rows = written(COLUMNS, ("2025-10-03", "n", "lab", "alice", secret, "c", "5"))
    rule = 'allocate:\n  - {when: {api_key: "sk-*WXYZ"}, class: rd, cost_center: lab}\n'
    book = write_book(tmp_path, {"usage/a.csv": rows, "plans/llm.yaml": PLAN}, BOOK + rule)
    ran = tokenbooks(book, "usage", "--by", "cost_center", "--format", "csv")
    assert ran.out.splitlines()[1].startswith("lab,5,")


# -- nothing gets through ---------------------------------------------------------------


def commands(book: Path, formats: Sequence[str] = FORMATS) -> list[list[str]]:
    """Every command that prints dimensions, or messages about them."""
    plan, usage = str(book / "plans/llm.yaml"), str(book / "usage/a.csv")
    own = str(book / "own.yaml")
    tables = [
        ["usage", "--by", "project,user,api_key,customer,seat"],
        ["usage", "--files"],
        ["usage", "--by", "model", "-p", "2025-10"],
        ["rate", "--plan", plan, usage, "--by", "user,customer,project"],
        ["explain", "usage/a.csv:2", "--limit", "0"],
        ["explain", "accrual-llm-2025-10"],
        ["explain", "plans/llm.yaml:5"],
        ["explain", "nobody"],
        ["close", "-p", "2025-10", "--allow-unpriced"],
        ["credits"],
        ["plans", "show", "llm"],
        ["plans", "check", "llm", usage],
        ["plans", "compare", "llm", plan, usage, "--by", "user,api_key"],
        ["formats", "check", own, usage],
    ]
    return [[*table, "--format", format] for table in tables for format in formats] + [["check"]]


OWN = """\
format: own
title: Usage of our gateway
kind: usage
recognise: {all: [date, project, user, credits]}
time: {column: date, written: day, rows: events}
dimensions: {model: model, user: user, project: project, customer: customer}
meters: {credits: credits}
"""


def book_of(folder: Path, people: tuple[str, str, str, str, str], *, wrong: bool) -> Path:
    """A book with people wherever they may stand; with much ``wrong`` about them if so asked.

    ``people`` are a user, an API key, a customer, a mail address, and the name of the user.
    """
    user, key, customer, mail, name = people
    quoted = json.dumps
    rows = [
        ("2025-10-03", "m", mail, user, key, customer, "5", user),
        ("2025-10-04", "n", f"{name} <{mail}>", user, key, customer, "7", key),
        ("2025-10-04", "no-price" if wrong else "n", "lab", customer, key, user, "7", key),
    ]
    names = f"names: {{user: {{{quoted(user)}: {quoted(name)}}}}}\n"
    rule = (
        f"{{when: {{user: [{quoted(name)}], api_key: {quoted(key)}}}, class: rd, cost_center: x}}"
    )
    other = "user" if wrong else "model: n, customer: x, user"
    ours = f"""\
  - for: {{model: n, customer: {quoted(customer)}}}
    prices: {{credits: 2}}
  - for: {{{"model: n, " if wrong else ""}{other}: {quoted(user)}}}
    prices: {{credits: 3}}
modifiers:
  - {{name: less, when: {{api_key: {quoted(key)}}}, times: {{credits: 0.5}}}}
"""
    files = {
        "usage/a.csv": written((*COLUMNS, "seat"), *rows),
        "plans/llm.yaml": PLAN + ours,
        "own.yaml": OWN,
        "invoices.csv": INVOICES,
    }
    return write_book(folder, files, BOOK + names + f"allocate:\n  - {rule}\n")


def run_on(book: Path, command: Sequence[str], *more: str) -> Ran:
    """Run a command on a book; `rate` has none."""
    return run(*command, *more, *([] if command[0] == "rate" else ["--book", str(book)]))


def assert_hidden(
    book: Path, monkeypatch: pytest.MonkeyPatch, formats: Sequence[str] = FORMATS
) -> dict[str, str]:
    """Nobody is seen in what any command prints; what it prints is returned."""
    monkeypatch.chdir(book)
    printed = {}
    for command in commands(book, formats):
        ran = run_on(book, command, "--redact")
        line = " ".join(command)
        printed[line.replace(f"{book}/", "")] = ran.out + ran.err
        assert MARK.lower() not in (ran.out + ran.err).lower(), line
        assert ran.code in {0, 1}, ran.err
    return printed


@pytest.mark.parametrize("wrong", [False, True])
def test_nobody_is_seen_in_any_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: bool
) -> None:
    people = (
        f"{MARK} Müller",
        f"sk-proj-{MARK}0123456789abcdefgh",
        f"Acme {MARK}, Inc.",
        f"anna.{MARK}@example.com",
        f"Anna {MARK}",
    )
    book = book_of(tmp_path, people, wrong=wrong)
    printed = assert_hidden(book, monkeypatch)
    # and yet the commands print what they are asked for, and what is wrong
    telling = [
        line
        for line, text in printed.items()
        if all(f"{dimension}-" in text for dimension in ("user", "customer"))
    ]
    assert {line.split()[0] for line in telling} >= {"usage", "rate", "explain", "plans"}
    problems = {"unpriced-usage", "rates-ambiguous"}
    told = {code for code in problems if f"[{code}]" in printed["check"]}
    assert told == (problems if wrong else set())


def test_without_redact_everybody_is_seen(tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    people = (f"{MARK} 1", f"{MARK} 2", f"{MARK} 3", f"{MARK}@example.com", f"{MARK} 4")
    book = book_of(tmp_path, people, wrong=True)
    unseen = {
        " ".join(command[:2])
        for command in commands(book, ["text"])
        if MARK not in (ran := run_on(book, command)).out + ran.err
    }
    assert unseen == {"usage --files", "formats check"}


def test_nobody_is_seen_on_a_narrow_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts are cut after they were hidden, not before."""
    monkeypatch.setattr("tokenbooks.reports.rendering.terminal_width", lambda: 40)
    long = f"{MARK} who has a rather long name"
    people = (f"{long}, 1", f"{long}, 2", f"{long}, 3", f"{MARK}@example.com", f"{long}, 4")
    book = book_of(tmp_path, people, wrong=True)
    assert_hidden(book, monkeypatch, ["text"])


#: Values as providers and people write them: with spaces, quotes, signs and other scripts.
SIGNS = "ab 0-_.@'\"|*<>(),:=\\\n\tß研é"
VALUE = st.builds(
    lambda before, after: f"{before}{MARK}{after}".strip(),
    st.text(st.sampled_from(SIGNS), max_size=6),
    st.text(st.sampled_from(SIGNS), max_size=45),
).filter(lambda value: not value.startswith("*"))


@given(user=VALUE, key=VALUE, customer=VALUE, name=VALUE)
@hypothesis_settings(max_examples=4)
def test_whatever_people_are_called_nobody_is_seen(
    tmp_path_factory: pytest.TempPathFactory, user: str, key: str, customer: str, name: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, KEY)
        people = (user, key, customer, f"{MARK}@example.com", name)
        book = book_of(tmp_path_factory.mktemp("book"), people, wrong=True)
        assert_hidden(book, patch, ["json"])


def test_a_download_that_lacks_somebody_does_not_say_whom(tmp_path: Path) -> None:
    """``overlap-shrinks`` names what the later download lacks."""
    times = ("start_time", "end_time", "start_time_iso", "end_time_iso")
    keys = ("project_id", "num_model_requests", "user_id", "api_key_id", "model", "batch")
    counts = ("input_tokens", "output_tokens", "input_cached_tokens")
    header = (*times, *keys, "service_tier", *counts)
    day = "2025-10-03T00:00:00Z", "2025-10-04T00:00:00Z"

    def row(user: str) -> tuple[str, ...]:
        return ("1759449600", "1759536000", *day, "p", "1", user, "k", "m", "", "", "5", "5", "0")

    later = ("1759536000", "1759622400", *day, "p", "1", "u", "k", "m", "", "", "5", "5", "0")
    files = {
        "usage/completions_usage_2025-10-03_2025-10-03.csv": written(header, row(MARK), row("u")),
        "usage/completions_usage_2025-10-03_2025-10-04.csv": written(header, row("u"), later),
        "plans/llm.yaml": PLAN,
    }
    book = write_book(tmp_path, files, BOOK)
    assert f"user {MARK}" in tokenbooks(book, "usage").err
    ran = tokenbooks(book, "usage", "--redact")
    assert "error[overlap-shrinks]" in ran.err
    assert MARK not in ran.err


# -- no command is left out -------------------------------------------------------------

#: Commands that print neither dimensions nor messages about them.
WITHOUT = {
    "reopen",
    *("init", "estimate"),
    *("plans list", "plans import", "plans diff"),
    *("formats list", "formats show", "formats detect"),
}


def test_every_command_that_prints_dimensions_has_the_option() -> None:
    options = documented()
    groups = {name.rpartition(" ")[0] for name in options}
    without = {name for name, own in options.items() if "--redact" not in own}
    assert without - groups == WITHOUT


def test_whatever_is_printed_goes_through_one_place(root: Path) -> None:
    """Which masks secrets, and hides people where that is asked for."""
    for path in (root / "tokenbooks/cli").glob("*.py"):
        if path.name != "output.py":
            assert "reports.rendering" not in path.read_text(), path.name
