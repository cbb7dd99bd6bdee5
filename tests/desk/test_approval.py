"""Approving and reopening months: who may, which, and what is kept as evidence."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
import yaml

from tests.books import ARREARS, PLAN, Ran, close, run, tokenbooks, usage, write_book
from tokenbooks.archive.approval import Approval, Signature, approval_text
from tokenbooks.desk.approvals import read_approval
from tokenbooks.desk.approve import approve_month
from tokenbooks.desk.open_book import open_book
from tokenbooks.periods import Period, parse_day

FILES = {"usage/a.csv": usage("2025-10-05,100", "2025-11-05,50", "2025-12-05,20")}
TWO = ("--by", "B. Controller", "--prepared-by", "A. Clerk")
OCTOBER = Period.month(2025, 10)
SINGLE = ARREARS + "policies: {approval: [{value: single, from: 2025-11-01}]}\n"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book whose October and November are written."""
    write_book(tmp_path, FILES)
    close(tmp_path, "2025-10")
    close(tmp_path, "2025-11")
    return tmp_path


def approve(book: Path, period: str, *more: str) -> Ran:
    return tokenbooks(book, "approve", "-p", period, *(more or TWO))


def reopen(book: Path, period: str) -> Ran:
    return tokenbooks(
        book, "reopen", "-p", period, "--by", "C. Chief", "--reason", "rate was wrong"
    )


def written(book: Path) -> dict[str, bytes]:
    """All files below the closes."""
    files = [path for path in sorted((book / "close").rglob("*")) if path.is_file()]
    return {path.relative_to(book / "close").as_posix(): path.read_bytes() for path in files}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# -- approving ---------------------------------------------------------------------------


def test_an_approval_says_who_and_when_and_holds_the_digest_of_the_month(book: Path) -> None:
    before = written(book)
    ran = approve(book, "2025-10", *TWO, "--note", 'looked at "everything"\n  twice')
    assert ran.code == 0
    assert ran.out == ""
    assert ran.err == f"approved 2025-10: wrote {book}/close/2025-10/approval.yaml\n"
    said = yaml.safe_load((book / "close/2025-10/approval.yaml").read_text())
    files = said.pop("files")
    assert {name: digest(book / "close/2025-10" / name) for name in files} == files
    assert said == {
        "prepared": "A. Clerk",
        "approved": "B. Controller",
        True: parse_day("2026-06-30"),  # `on` is a truth in YAML 1.1
        "note": 'looked at "everything" twice',
        "manifest": digest(book / "close/2025-10/manifest.json"),
    }
    after = written(book)
    more = {"2025-10/approval.yaml", *(f"2025-10/{name}" for name in files)}
    assert after.keys() - before.keys() == more
    assert {name: after[name] for name in before} == before


def test_an_approval_holds_the_digest_of_the_one_before(book: Path) -> None:
    approve(book, "2025-10")
    approve(book, "2025-11")
    approval, problems = read_approval(book / "close/2025-11/approval.yaml", "2025-11")
    assert problems == []
    assert approval is not None
    assert approval.previous == digest(book / "close/2025-10/approval.yaml")
    said = tokenbooks(book, "check", "--replay").err
    assert said == "no problems; 2 written months agree, 2 approved\n"


def test_any_text_is_read_back_from_an_approval(tmp_path: Path) -> None:
    names = [
        "yes",
        "12",
        "# x",
        "a: b",
        "'",
        '"\\',
        "Łukasz 😀",
        "- [",
        "\x1b[31mred\n",
        "@a",
        "null",
    ]
    for name in names:
        signed = Signature(name, f"{name} too", parse_day("2025-12-03"), note=name, single=True)
        approval = Approval(signed, "0" * 64, "1" * 64, {"approved-a.md": "2" * 64}, (name, "two"))
        path = tmp_path / "approval.yaml"
        path.write_text(approval_text(approval), encoding="utf-8")
        read, problems = read_approval(path, "2025-10")
        assert problems == []
        assert read is not None
        clean = "[31mred" if "\x1b" in name else name
        assert read.signature.prepared == read.signature.note == read.open_points[0] == clean
        assert read.files == approval.files


@pytest.mark.parametrize(
    ("by", "prepared"), [("A. Clerk", "A. Clerk"), ("a. clerk ", "A.  Clerk"), ("ÅSA", "åsa")]
)
def test_one_person_cannot_prepare_and_approve(book: Path, by: str, prepared: str) -> None:
    ran = approve(book, "2025-10", "--by", by, "--prepared-by", prepared)
    assert ran.code == 1
    assert "tokenbooks.yaml: error[approval-single]:" in ran.err
    assert not (book / "close/2025-10/approval.yaml").exists()


def test_one_person_can_from_the_day_of_the_policy_and_that_is_recorded(tmp_path: Path) -> None:
    book = write_book(tmp_path, FILES, SINGLE)
    close(book, "2025-10")
    close(book, "2025-11")
    alone = ("--by", "A. Clerk", "--prepared-by", "A. Clerk")
    assert "error[approval-single]" in approve(book, "2025-10", *alone).err
    assert approve(book, "2025-10").code == 0
    ran = approve(book, "2025-11", *alone)
    assert ran.code == 0
    assert "warning[approval-by-one]: A. Clerk prepared 2025-11 and approves it" in ran.err
    text = (book / "close/2025-11/approval.yaml").read_text()
    assert "\nsingle: true\n" in text
    assert 'open_points:\n  - "A. Clerk prepared 2025-11 and approves it' in text
    assert "single" not in (book / "close/2025-10/approval.yaml").read_text()
    assert tokenbooks(book, "check").code == 0
    write_book(book, {}, ARREARS)
    assert "error[approval-single]: A. Clerk prepared and approved 2025-11" in (
        tokenbooks(book, "check").err
    )


def test_the_environment_says_who_approves(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENBOOKS_USER", "B. Controller")
    assert approve(book, "2025-10", "--prepared-by", "A. Clerk").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-p", "2025-10", "--by", "B"), "--prepared-by is missing or empty"),
        (("-p", "2025-10", "--prepared-by", "B"), "--by is missing or empty"),
        (("-p", "2025-10", "--by", " \x07", "--prepared-by", "B"), "--by is missing or empty"),
        (("--by", "B", "--prepared-by", "A"), "name the month"),
        (("-p", "2025-10", *TWO, "--today", "2025-10-31"), "2025-10 has not ended on 2025-10-31"),
    ],
    ids=["prepared-by", "by", "nothing", "month", "ended"],
)
def test_what_must_be_said(
    book: Path, arguments: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOKENBOOKS_USER", raising=False)
    ran = run("approve", "--book", str(book), *arguments)
    assert ran.code == 2
    assert said in ran.err


def test_months_are_written_before_they_are_approved_and_approved_once_in_order(
    book: Path,
) -> None:
    assert "error[approval-unwritten]: 2025-12 is not written" in approve(book, "2025-12").err
    assert "error[approval-order]: 2025-10 is not approved" in approve(book, "2025-11").err
    approve(book, "2025-10")
    first = written(book)
    ran = approve(book, "2025-10")
    assert ran.code == 1
    assert "error[approval-twice]: 2025-10 is approved already, by B. Controller on" in ran.err
    assert written(book) == first


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("close/2025-10/charges.csv", "x", "output-changed"),
        ("close/2025-10/more.csv", "x", "output-unknown"),
        ("plans/llm.yaml", PLAN.replace("credits: 1", "credits: 2"), "close-stale"),
        ("usage/a.csv", usage("2025-10-05,99", "2025-11-05,50"), "close-stale"),
    ],
)
def test_a_month_is_approved_whole_and_as_its_inputs_have_it(
    book: Path, name: str, text: str, code: str
) -> None:
    (book / name).write_text(text)
    ran = approve(book, "2025-10")
    assert ran.code == 1
    assert f"error[{code}]" in ran.err
    assert not (book / "close/2025-10/approval.yaml").exists()


def test_what_came_late_is_told_and_goes_to_the_next_month(book: Path) -> None:
    write_book(book, {"usage/late.csv": usage("2025-10-20,7")})
    ran = approve(book, "2025-10")
    assert ran.code == 0
    assert "warning[approval-leaves-out]: 2025-10 leaves out what has come since" in ran.err
    assert "2025-10 llm ai_expense by 7.00" in ran.err
    text = (book / "close/2025-10/approval.yaml").read_text()
    assert '- "2025-10 leaves out what has come since it was written: 2025-10 llm' in text
    close(book, "2025-11")
    assert approve(book, "2025-11").err.startswith("approved")


# -- what a locked month does not let happen ----------------------------------------------


@pytest.mark.parametrize("period", ["2025-10", "2025-11"])
def test_an_approved_month_and_those_before_it_are_not_written_again(
    book: Path, period: str
) -> None:
    approve(book, "2025-10")
    approve(book, "2025-11")
    before = written(book)
    ran = tokenbooks(book, "close", "-p", period, "--write")
    assert ran.code == 1
    assert ran.out == ""
    assert f"error[period-locked]: {period} is not written again" in ran.err
    assert "tokenbooks reopen -p 2025-11" in ran.err
    assert written(book) == before
    printed = tokenbooks(book, "close", "-p", period)
    assert printed.code == 0
    assert f"tokenbooks {period}" in printed.out


def break_gap(book: Path) -> None:
    (book / "close/2025-10/approval.yaml").unlink()


def break_chain(book: Path) -> None:
    path = book / "close/2025-10/approval.yaml"
    path.write_text(path.read_text().replace("A. Clerk", "D. Other"))


def break_manifest(book: Path) -> None:
    path = book / "close/2025-11/manifest.json"
    path.write_text(path.read_text().replace('"debits": "50.00"', '"debits": "50.01"'))


def break_approver(book: Path) -> None:
    path = book / "close/2025-11/approval.yaml"
    path.write_text(path.read_text().replace("A. Clerk", "B. Controller"))


BROKEN = {
    "approval-gap": (break_gap, "2025-11 is approved, but 2025-10 before it is not"),
    "approval-chain": (break_chain, "the approval of 2025-11 follows another one than that of"),
    "approval-broken": (break_manifest, "the approval of 2025-11 is not of the close that is"),
    "approval-single": (break_approver, "B. Controller prepared and approved 2025-11"),
}


@pytest.mark.parametrize("code", BROKEN)
def test_check_finds_what_was_done_to_an_approval(book: Path, code: str) -> None:
    approve(book, "2025-10")
    approve(book, "2025-11")
    damage, said = BROKEN[code]
    damage(book)
    ran = tokenbooks(book, "check")
    assert ran.code == 1
    assert f"error[{code}]: {said}" in ran.err


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("prepared:", "prepraed:", ":1:1"),
        ("manifest: ", "manifest: x", ":4:11"),
        ("on: 2026-06-30", "on: soon", ":3:5"),
        ("on: 2026-06-30", "on: [", ""),
        ('"A. Clerk"', '""', ""),
        ('prepared: "A. Clerk"', "- a", ""),
    ],
    ids=["key", "digest", "day", "syntax", "nobody", "list"],
)
def test_a_damaged_approval_is_told_with_its_place(
    book: Path, old: str, new: str, place: str
) -> None:
    approve(book, "2025-10")
    path = book / "close/2025-10/approval.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    for command in (("check",), ("close", "-p", "2025-10", "--write")):
        ran = tokenbooks(book, *command)
        assert ran.code == 1
        assert f"approval.yaml{place}" in ran.err
        assert "error[approval-unreadable]: the approval of 2025-10 cannot be read: " in ran.err


def test_changed_files_of_an_approved_month_are_not_to_be_written_again(book: Path) -> None:
    approve(book, "2025-10")
    (book / "close/2025-10/charges.csv").write_text("x")
    said = tokenbooks(book, "check").err
    assert "error[output-changed]: charges.csv of 2025-10" in said
    assert "restore it; 2025-10 is approved, and is not written again unless it is reopened" in said


# -- the files that approving writes -------------------------------------------------------


def signed_with(book: Path, files: dict[str, str]) -> None:
    opened, _ = open_book(book)
    assert opened is not None
    signature = Signature("A. Clerk", "B. Controller", parse_day("2025-12-03"))
    assert approve_month(opened, OCTOBER, signature, files, ["one point"]) == []


def test_files_of_an_approval_belong_to_it(book: Path) -> None:
    stranger = book / "close/2025-10/approved-old.md"
    stranger.write_text("of nobody")
    assert "error[output-unknown]: approved-old.md" in tokenbooks(book, "check").err
    assert "error[output-unknown]: approved-old.md" in approve(book, "2025-10").err
    stranger.unlink()
    signed_with(book, {"approved-reconciliation.md": "agreed\n"})
    assert (book / "close/2025-10/approved-reconciliation.md").read_text() == "agreed\n"
    assert '  - "one point"' in (book / "close/2025-10/approval.yaml").read_text()
    assert tokenbooks(book, "check").code == 0
    (book / "close/2025-10/approved-reconciliation.md").write_text("agreed!\n")
    assert "error[output-changed]: approved-reconciliation.md of 2025-10" in (
        tokenbooks(book, "check").err
    )


def test_files_of_an_approval_have_its_prefix(book: Path) -> None:
    with pytest.raises(ValueError, match="does not begin with approved-"):
        signed_with(book, {"journal.ledger": "x"})


# -- reopening -------------------------------------------------------------------------------


def test_months_are_reopened_from_the_latest_backwards(book: Path) -> None:
    assert (
        "error[reopen-order]: 2025-10 is not approved, and neither" in reopen(book, "2025-10").err
    )
    approve(book, "2025-10")
    approve(book, "2025-11")
    said = reopen(book, "2025-10").err
    assert "error[reopen-order]: 2025-10 is approved, but 2025-11 is the latest" in said
    assert "error[reopen-order]: 2025-12 is not approved: 2025-11 is" in reopen(book, "2025-12").err
    assert reopen(book, "2025-11").code == 0
    assert reopen(book, "2025-10").code == 0
    assert "2 written months agree\n" in tokenbooks(book, "check", "--replay").err


def test_a_reopened_month_is_kept_as_it_was_and_is_written_again(book: Path) -> None:
    unapproved = written(book)
    signed_with(book, {"approved-reconciliation.md": "agreed\n"})
    approved = {
        name.removeprefix("2025-10/"): data
        for name, data in written(book).items()
        if name.startswith("2025-10/")
    }
    ran = reopen(book, "2025-10")
    assert ran.code == 0
    assert "reopened 2025-10: what was approved is kept in" in ran.err
    after = written(book)
    kept = {
        name.removeprefix("superseded/2025-10-1/"): after.pop(name)
        for name in list(after)
        if name.startswith("superseded/")
    }
    assert after == unapproved
    reopened = yaml.safe_load(kept.pop("reopened.yaml"))
    assert (reopened["by"], reopened["reason"]) == ("C. Chief", "rate was wrong")
    assert reopened["approval"] == hashlib.sha256(approved["approval.yaml"]).hexdigest()
    assert kept == approved
    write_book(book, {"plans/llm.yaml": PLAN.replace("credits: 1", "credits: 2")})
    assert close(book, "2025-10")[0]["debit"] == "200.00"
    close(book, "2025-11")
    assert approve(book, "2025-10").code == 0
    assert "2 written months agree, 1 approved\n" in tokenbooks(book, "check", "--replay").err
    reopen(book, "2025-10")
    assert (book / "close/superseded/2025-10-2/approval.yaml").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("charges.csv", "charges.csv of the superseded close 2025-10-1 was changed"),
        ("state/posted.csv", "state/posted.csv of the superseded close 2025-10-1 was changed"),
        ("manifest.json", "manifest.json of the superseded close 2025-10-1 was changed"),
        ("approval.yaml", "approval.yaml of the superseded close 2025-10-1 was changed"),
        ("reopened.yaml", "reopened.yaml of the superseded close 2025-10-1 cannot be read"),
        ("more.csv", "more.csv of the superseded close 2025-10-1 does not belong to it"),
    ],
)
def test_check_finds_a_superseded_close_that_was_changed(book: Path, name: str, said: str) -> None:
    approve(book, "2025-10")
    reopen(book, "2025-10")
    path = book / "close/superseded/2025-10-1" / name
    path.write_text((path.read_text() if path.exists() else "") + "x")
    ran = tokenbooks(book, "check")
    assert ran.code == 1
    assert f"error[superseded-changed]: {said}" in ran.err


def test_a_close_in_place_of_the_reopened_one_leaves_what_is_kept_alone(book: Path) -> None:
    """The kept files have bytes of their own: writing into the month does not reach them."""
    approve(book, "2025-10")
    reopen(book, "2025-10")
    with (book / "close/2025-10/charges.csv").open("a") as file:
        file.write("x")
    said = tokenbooks(book, "check").err
    assert "error[output-changed]" in said
    assert "superseded-changed" not in said


def test_a_month_whose_folder_is_lost_after_its_approval_leaves_a_gap(book: Path) -> None:
    approve(book, "2025-10")
    approve(book, "2025-11")
    shutil.rmtree(book / "close/2025-10")
    assert tokenbooks(book, "check").code == 1
