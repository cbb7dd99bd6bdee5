"""Journals through hledger, ledger and beancount: all three say the same of the same books."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests import peers
from tests.sources.recorded.ledgers import BEANCOUNT, JOURNAL, OCTOBER, read, told, write_ledger
from tokenbooks.sources.recorded import journals, programs
from tokenbooks.sources.recorded.journals import journal_balances, read_journal

PROGRAMS = ["hledger", "ledger"]
ALL = [
    ("2025-10-05", "Assets:Prepaid:OpenAI", "1E+3", "USD"),
    ("2025-10-05", "Assets:Bank", "-1E+3", "USD"),
    ("2025-11-30", "Expenses:AI:Research", "12.34", "USD"),
    ("2025-11-30", "Liabilities:Accrued:OpenAI", "-12.34", "USD"),
    ("2025-12-01", "Expenses:Coffee", "3.1", "EUR"),
    # what the elided amount is: 3.10 x 1.10
    ("2025-12-01", "Assets:Bank", "-3.41", "USD"),
]


def only(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let only some programs be installed, those that are not needed being hidden."""
    for name in names:
        peers.program(name)
    found = programs.shutil.which
    monkeypatch.setattr(
        programs.shutil, "which", lambda name: found(name) if name in names else None
    )
    if "beancount" not in names:
        monkeypatch.setattr(journals, "has_beancount", lambda: False)


@pytest.fixture
def books(tmp_path: Path) -> Path:
    return write_ledger(
        tmp_path,
        '  {files: ledger/main.journal, accounts: ["*"]}',
        main_journal=JOURNAL,
        october_journal=OCTOBER,
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_reads_all_that_the_journal_includes(
    books: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    """Elided amounts are filled in; virtual postings are no part of the books."""
    only(monkeypatch, program)
    postings, problems = read(books)
    assert [told(posting) for posting in postings] == ALL
    assert [posting.transaction for posting in postings] == [0, 0, 1, 1, 2, 2]
    assert [str(problem.code) for problem in problems] == ["recorded-currency"]
    assert "the posting is in EUR, the book in USD" in problems[0].message


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_entry_of_ours_is_known_by_its_tag(
    books: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    only(monkeypatch, program)
    posting = read(books)[0][2]
    assert posting.entry == "usage-openai-2025-11"
    assert (posting.payee, posting.narration) == ("OpenAI", "November usage")
    assert posting.document == "INV-7"
    assert posting.tags == (
        ("class", "rd"),
        ("entry", "usage-openai-2025-11"),
        ("service-period", "2025-11"),
    )
    # ledger tells the line of the posting, hledger that of its entry
    line = {"hledger": 3, "ledger": 7}[program]
    assert (posting.position.file, posting.position.line) == (
        str(books / "ledger/main.journal"),
        line,
    )


def test_beancount_says_the_same(tmp_path: Path) -> None:
    pytest.importorskip("beancount")
    folder = write_ledger(
        tmp_path,
        '  {files: "ledger/*.beancount", accounts: ["Expenses:AI:*"]}',
        main_beancount=BEANCOUNT,
    )
    [posting], problems = read(folder)
    assert problems == []
    assert told(posting) == ("2025-11-30", "Expenses:AI:Research", "12.34", "USD")
    assert (posting.payee, posting.narration) == ("OpenAI", "November usage")
    assert (posting.entry, posting.document) == ("usage-openai-2025-11", "INV-7")
    assert posting.tags == (
        ("class", "rd"),
        ("code", "INV-7"),
        ("entry", "usage-openai-2025-11"),
        ("service-period", "2025-11"),
    )
    assert posting.position.line == 10


def test_reading_beancount_leaves_no_file_behind(tmp_path: Path) -> None:
    """Its loader would keep a pickle beside the journal, and would trust one that is there."""
    pytest.importorskip("beancount")
    journal = tmp_path / "main.beancount"
    journal.write_text(BEANCOUNT)
    (tmp_path / ".main.beancount.picklecache").write_bytes(b"not to be opened")
    postings, problems = read_journal(journal, "beancount")
    assert problems == []
    assert postings is not None
    assert len(postings) == 2
    assert (tmp_path / ".main.beancount.picklecache").read_bytes() == b"not to be opened"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("program", PROGRAMS)
def test_dates_of_postings_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    """A posting with a date of its own counts in that month; secondary dates do not rule."""
    only(monkeypatch, program)
    journal = tmp_path / "dates.journal"
    journal.write_text("2025-11-30=2025-12-31 x\n    A:B   1 USD  ; [2025-12-02]\n    C:D\n")
    postings, _ = read_journal(journal, "ledger")
    assert postings is not None
    assert [posting.day for posting in postings] == [date(2025, 12, 2), date(2025, 11, 30)]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("amount", ["0.1", "12345678901234567890.1234567891", "-0.00"])
def test_amounts_are_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, amount: str
) -> None:
    only(monkeypatch, program)
    journal = tmp_path / "exact.journal"
    journal.write_text(f"2025-11-30 x\n    A:B   {amount} USD\n    C:D\n")
    postings, problems = read_journal(journal, "ledger")
    assert problems == []
    assert postings is not None
    assert postings[0].amount == Decimal(amount)


@pytest.mark.parametrize("program", PROGRAMS)
def test_accounts_of_any_name_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    """Signs that a program's own patterns give a meaning to are only signs."""
    only(monkeypatch, program)
    journal = "2025-11-30 x\n    Costs:R&D (AI) + [ops]'s   2 USD\n    Assets:Bank\n"
    recorded = """\
  files: ledger/main.journal
  accounts: ["Expenses:AI:*"]
  names: {"Costs:R&D (AI) + [ops]'s": "Expenses:AI:Research"}"""
    postings, problems = read(write_ledger(tmp_path, recorded, main_journal=journal))
    assert problems == []
    assert [told(p) for p in postings] == [("2025-11-30", "Expenses:AI:Research", "2", "USD")]


def test_the_sign_of_a_currency_is_named(tmp_path: Path) -> None:
    peers.program("hledger")
    recorded = "  {files: ledger/main.journal, accounts: [A:B], currencies: {$: USD}}"
    journal = "2025-11-30 x\n    A:B   $1,234.50\n    C:D\n"
    postings, problems = read(write_ledger(tmp_path, recorded, main_journal=journal))
    assert problems == []
    assert [told(posting) for posting in postings] == [("2025-11-30", "A:B", "1234.5", "USD")]


# -- what a program refuses ----------------------------------------------------------

UNBALANCED = "2025-11-30 x\n    A:B   5.00 USD\n    C:D   4.00 USD\n"
ASSERTED = "2025-11-30 x\n    A:B   5 USD\n    C:D\n\n2025-12-01 y\n    A:B   0 USD = 4 USD\n"


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("text", "lines", "said"),
    [
        (UNBALANCED, (1, 3), "balance"),
        (ASSERTED, (5, 6), "assert"),
        ("include missing.journal\n", (1,), "includ|match"),
    ],
    ids=["unbalanced", "assertion", "include"],
)
def test_a_program_refuses_in_its_own_words_with_the_place(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    program: str,
    text: str,
    lines: tuple[int, ...],
    said: str,
) -> None:
    only(monkeypatch, program)
    folder = write_ledger(tmp_path, "  ledger/bad.journal", bad_journal=text)
    postings, [problem] = read(folder)
    assert postings == []
    assert problem.code == "journal-refused"
    assert problem.message.startswith(f"{program} refuses the journal: ")
    assert any(word in problem.message.lower() for word in said.split("|"))
    assert "\n" not in problem.message
    assert problem.position.file == str(folder / "ledger/bad.journal")
    assert problem.position.line in lines


def test_beancount_refuses_what_bean_check_does(tmp_path: Path) -> None:
    pytest.importorskip("beancount")
    text = BEANCOUNT.replace("-12.34", "-12.30")
    folder = write_ledger(tmp_path, "  ledger/bad.beancount", bad_beancount=text)
    postings, [problem] = read(folder)
    assert postings == []
    assert problem.code == "journal-refused"
    assert "does not balance" in problem.message
    assert problem.position.line == 6


def test_a_plugin_that_is_missing_is_told_at_the_journal(tmp_path: Path) -> None:
    pytest.importorskip("beancount")
    folder = write_ledger(tmp_path, "  ledger/a.beancount", a_beancount='plugin "no.such"\n')
    [problem] = read(folder)[1]
    assert problem.message == 'beancount refuses the journal: Error importing "no.such":'
    assert problem.position.file == str(folder / "ledger/a.beancount")


@pytest.mark.parametrize("program", PROGRAMS)
def test_bytes_that_are_no_journal_end_in_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    only(monkeypatch, program)
    folder = write_ledger(tmp_path, "  ledger/bad.journal")
    (folder / "ledger/bad.journal").write_bytes(b"\x00\x1b[31m\xff\n")
    postings, [problem] = read(folder)
    assert postings == []
    assert problem.code == "journal-refused"
    assert problem.message.isprintable()


@pytest.mark.parametrize(
    ("recorded", "file", "code", "help"),
    [
        ("ledger/main.journal", "main_journal", "recorded-program-missing", "install hledger"),
        (
            "{files: ledger/main.journal, format: ledger}",
            "main_journal",
            "recorded-program-missing",
            "install ledger",
        ),
        (
            "ledger/main.beancount",
            "main_beancount",
            "beancount-missing",
            "pip install 'tokenbooks[beancount]'",
        ),
        ("ledger/main.data", "main_data", "recorded-format", "add `format:`"),
    ],
    ids=["either", "ledger", "beancount", "unknown"],
)
def test_what_to_install_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    recorded: str,
    file: str,
    code: str,
    help: str,
) -> None:
    only(monkeypatch)
    postings, [problem] = read(write_ledger(tmp_path, f"  {recorded}", **{file: ""}))
    assert postings == []
    assert problem.code == code
    assert help in problem.help


def test_a_program_without_an_answer_is_stopped(
    books: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "ledger")
    monkeypatch.setattr(programs, "PATIENCE", 0)
    [problem] = read(books)[1]
    assert problem.code == "recorded-program-slow"


def test_settings_of_the_user_do_not_rule(
    books: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A user's settings may limit ledger to what is pending: not for us."""
    only(monkeypatch, "ledger")
    home = tmp_path / "home"
    home.mkdir()
    (home / ".ledgerrc").write_text("--pending\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("LEDGER_FILE", "/nowhere")
    assert [told(posting) for posting in read(books)[0]] == ALL


# -- books of ours -------------------------------------------------------------------


@pytest.mark.parametrize("program", PROGRAMS)
def test_balances_are_those_before_a_day(
    books: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    only(monkeypatch, program)
    balances, problems = journal_balances(
        books / "ledger/main.journal", "ledger", date(2025, 12, 1)
    )
    assert problems == []
    assert balances == {
        "Assets:Bank": Decimal(-1000),
        "Assets:Prepaid:OpenAI": Decimal(1000),
        "Expenses:AI:Research": Decimal("12.34"),
        "Liabilities:Accrued:OpenAI": Decimal("-12.34"),
    }


def test_balances_of_beancount(tmp_path: Path) -> None:
    pytest.importorskip("beancount")
    journal = tmp_path / "books.beancount"
    journal.write_text(BEANCOUNT)
    balances, problems = journal_balances(journal, "beancount", date(2025, 12, 1))
    assert problems == []
    assert balances == {
        "Expenses:AI:Research": Decimal("12.34"),
        "Liabilities:Accrued:OpenAI": Decimal("-12.34"),
    }
    assert journal_balances(journal, "beancount", date(2025, 11, 30)) == ({}, [])


def test_an_account_in_two_currencies_is_not_taken_for_one(tmp_path: Path) -> None:
    peers.program("hledger")
    journal = tmp_path / "two.journal"
    journal.write_text("2025-11-30 x\n    A:B  5 USD\n    A:B  4 EUR\n    C:D  -5 USD\n    C:E\n")
    balances, _ = journal_balances(journal, "ledger", date(2025, 12, 1))
    assert balances == {
        "A:B EUR": Decimal(4),
        "A:B USD": Decimal(5),
        "C:D": Decimal(-5),
        "C:E": Decimal(-4),
    }


@pytest.mark.parametrize("format", ["ledger", "beancount"])
def test_without_a_program_nothing_is_said(
    books: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    only(monkeypatch)
    path = books / "ledger/main.journal"
    assert read_journal(path, format) == (None, [])
    assert journal_balances(path, format, date(2025, 12, 1)) == (None, [])


@pytest.mark.parametrize("program", PROGRAMS)
def test_books_that_are_refused_have_no_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    only(monkeypatch, program)
    journal = tmp_path / "bad.journal"
    journal.write_text(UNBALANCED)
    postings, problems = read_journal(journal, "ledger")
    balances, again = journal_balances(journal, "ledger", date(2026, 1, 1))
    assert (postings, balances) == (None, None)
    assert [problem.code for problem in [*problems, *again]] == ["journal-refused"] * 2
