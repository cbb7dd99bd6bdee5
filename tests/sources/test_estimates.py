"""Rows of estimates.csv: what is written, who stands for it, and what shows it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from tests.sources.seller_book import BOOK
from tests.sources.small_book import codes, write_book
from tokenbooks.documents import Estimate
from tokenbooks.problems import Problem
from tokenbooks.sources.book import read_book
from tokenbooks.sources.estimates import read_estimates

HEADER = "date,contract,name,cohort,value,evidence,prepared,approved,memo\n"


def read(folder: Path, *lines: str, book: str = BOOK) -> tuple[tuple[Estimate, ...], list[Problem]]:
    write_book(folder, book, estimates=HEADER + "\n".join(lines) + "\n")
    found, problems = read_book(folder)
    assert found is not None
    assert problems == []
    return read_estimates(found, folder)


def test_every_column_is_read(tmp_path: Path) -> None:
    """An estimate may be older than the book: the study that it rests on is."""
    line = "2024-06-30,packs,breakage_rate,12m,8%,study.pdf,Ada,Grace,third year"
    [found], problems = read(tmp_path, line)
    assert problems == []
    assert found == Estimate(
        day=date(2024, 6, 30),
        contract="packs",
        name="breakage_rate",
        value=Fraction(8, 100),
        cohort="12m",
        evidence="study.pdf",
        prepared="Ada",
        approved="Grace",
        memo="third year",
        position=found.position,
        digest=found.digest,
    )
    assert (found.position.line, len(found.digest)) == (2, 16)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.08", Fraction(2, 25)),
        ("8%", Fraction(2, 25)),
        ("12.5 %", Fraction(1, 8)),
        # 50/60 is 5/6, which no number of decimals writes
        ("50/60", Fraction(5, 6)),
        ("1 / 3", Fraction(1, 3)),
        ("0", Fraction(0)),
        ("100%", Fraction(1)),
    ],
)
def test_a_value_is_exact_however_it_is_written(tmp_path: Path, text: str, value: Fraction) -> None:
    [found], problems = read(tmp_path, f"2025-10-01,packs,loss_rate,,{text},,Ada,Grace,")
    assert (found.value, problems) == (value, [])


@pytest.mark.parametrize("text", ["8 percent", "50/0", "50/", "/60", "%", "1/2/3", "1,5", "8%%"])
def test_what_is_no_value(tmp_path: Path, text: str) -> None:
    cell = f'"{text}"'
    found, problems = read(tmp_path, f"2025-10-01,packs,loss_rate,,{cell},,Ada,Grace,")
    assert (found, codes(problems)) == ((), ["cell-invalid"])


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("2025-10-01,packs,breakage_rate,,8%,,Ada,Grace,", ["estimate-evidence"]),
        ("2025-10-01,packs,expected_volume,,8,,Ada,Grace,", ["estimate-evidence"]),
        ("2025-10-01,packs,escheat_share,,8%,,Ada,Grace,", []),
        ("2025-10-01,packs,breakage_rate,,101%,a.pdf,Ada,Grace,", ["estimate-range"]),
        ("2025-10-01,packs,breakage_rate,,-1%,a.pdf,Ada,Grace,", ["estimate-range"]),
        ("2025-10-01,packs,expected_volume,,-1,a.pdf,Ada,Grace,", ["estimate-range"]),
        # a quantity is no share, and may be above 1
        ("2025-10-01,packs,expected_volume,,36000,a.pdf,Ada,Grace,", []),
        ("2025-10-01,packs,breakage,,8%,a.pdf,Ada,Grace,", ["cell-invalid"]),
        ("2025-10-01,pack,breakage_rate,,8%,a.pdf,Ada,Grace,", ["contract-unknown"]),
        ("2025-10-32,packs,breakage_rate,,8%,a.pdf,Ada,Grace,", ["cell-invalid"]),
        ("2025-10-01,packs,breakage_rate,,,a.pdf,Ada,Grace,", ["cell-missing"]),
        ("2025-10-01,packs,breakage_rate,,8%,a.pdf,,,", ["cell-missing"]),
        # nobody has approved it yet: it is read, and counts for nothing
        ("2025-10-01,packs,breakage_rate,,8%,a.pdf,Ada,,", []),
        ("2025-10-01,packs,breakage_rate,,8%,a.pdf,Ada, ada ,", ["estimate-single"]),
        ("2025-10-01,packs,BREAKAGE_RATE,,8%,a.pdf,Ada,Grace,", []),
    ],
)
def test_single_rows(tmp_path: Path, line: str, found: list[str]) -> None:
    assert codes(read(tmp_path, line)[1]) == found


def test_an_unknown_name_is_told_with_the_nearest(tmp_path: Path) -> None:
    _, [problem] = read(tmp_path, "2025-10-01,packs,breakage,,8%,a.pdf,Ada,Grace,")
    assert problem.help == "did you mean 'breakage_rate'?"


def test_one_person_is_enough_where_the_policy_says_so(tmp_path: Path) -> None:
    line = "2025-10-01,packs,breakage_rate,,8%,a.pdf,Ada,Ada,"
    alone = BOOK + "policies: {approval: [{value: single, from: 2025-10}]}\n"
    assert codes(read(tmp_path, line, book=alone)[1]) == []
    early = line.replace("2025-10-01", "2025-09-30")
    assert codes(read(tmp_path, early, book=alone)[1]) == ["estimate-single"]


RATE = "2025-10-01,packs,breakage_rate,,8%,a.pdf,Ada,Grace,"


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (RATE, ["estimate-twice"]),
        (RATE.replace("8%", "9%"), ["estimate-twice"]),
        (RATE.replace(",,8%", ",12m,8%"), []),
        (RATE.replace("10-01", "10-02"), []),
        # a proposal stands beside what rules until it is approved
        (RATE.replace("Grace", ""), []),
    ],
)
def test_two_rows_of_one_day(tmp_path: Path, other: str, found: list[str]) -> None:
    assert codes(read(tmp_path, RATE, other)[1]) == found


def test_the_file_may_have_another_name(tmp_path: Path) -> None:
    book, _ = read_book(write_book(tmp_path, BOOK + "estimates: studies/*.csv\n"))
    assert book is not None
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies/1.csv").write_text(HEADER + RATE + "\n")
    assert [row.name for row in read_estimates(book, tmp_path)[0]] == ["breakage_rate"]
