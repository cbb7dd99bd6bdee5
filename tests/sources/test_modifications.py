"""modifications.yaml: what it records, whose it is, and the answers that must be there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from tests.sources.seller_book import BOOK, EACH
from tests.sources.small_book import PLAN, codes, write_book
from tokenbooks.documents import AddedCredits, Modification
from tokenbooks.problems import Problem
from tokenbooks.sources.book_files import read_facts
from tokenbooks.sources.credits import in_bulk

CREDITS = "date,contract,party,event,credits,lot\n2025-10-02,packs,{},sale,100,lot-1\n"

ADDED = {
    "id": "change-1",
    "date": "2025-11-15",
    "contract": "packs",
    "kind": "added",
    "added": {"credits": 100, "paid": 85},
    "distinct": True,
    "at_ssp": False,
    "evidence": "order.pdf",
    "prepared": "Ada",
    "approved": "Grace",
}
PRICE = {key: value for key, value in ADDED.items() if key not in {"added", "at_ssp"}} | {
    "kind": "price"
}
#: A project, whose parts are no use without each other.
ONE = PRICE | {"contract": "work", "distinct": False, "progress": 0.5, "price": 9000}
ENDED = {key: value for key, value in PRICE.items() if key != "distinct"} | {
    "kind": "termination",
    "refund": 20,
}
LONGER = PRICE | {"kind": "extension", "expires": "2026-06-30"}


def read(
    folder: Path, *changes: dict, book: str = BOOK, party: str = "", plan: str = PLAN
) -> tuple[tuple[Modification, ...], list[Problem]]:
    """The changes and the errors; warnings of lots and breakage are not of these files."""
    write_book(folder, book, plan, credits=CREDITS.format(party))
    text = yaml.safe_dump({"modifications": list(changes)}, sort_keys=False)
    (folder / "modifications.yaml").write_text(text)
    facts, problems = read_facts(folder)
    return facts.modifications if facts else (), [one for one in problems if one.is_error]


def test_every_key_is_read(tmp_path: Path) -> None:
    change = ADDED | {
        "before": {"credits": "24,000 at 1.00"},
        "after": {"credits": "6,000 more at 0.85"},
        "added": {"credits": 6000, "paid": 5100.5, "expires": "2026-03-31", "lot": "more"},
        "ssp": 1,
        "lots": ["lot-1"],
        "expires": "2026-12-31",
        "refund": 0.1,
        "past_service_credit": 12.34,
        "progress": 0.25,
        "price": 9000,
        "approved_on": "2025-11-16",
    }
    [found], problems = read(tmp_path, change)
    assert problems == []
    assert found == Modification(
        id="change-1",
        day=date(2025, 11, 15),
        contract="packs",
        kind="added",
        before={"credits": "24,000 at 1.00"},
        after={"credits": "6,000 more at 0.85"},
        added=AddedCredits(Decimal(6000), Decimal("5100.5"), date(2026, 3, 31), "more"),
        distinct=True,
        at_ssp=False,
        ssp=Decimal(1),
        lots=("lot-1",),
        expires=date(2026, 12, 31),
        refund=Decimal("0.1"),
        past_service_credit=Decimal("12.34"),
        progress=Decimal("0.25"),
        price=Decimal(9000),
        evidence="order.pdf",
        prepared="Ada",
        approved="Grace",
        approved_on=date(2025, 11, 16),
        position=found.position,
        digest=found.digest,
    )


def test_the_digest_is_of_the_content_not_of_the_order_of_keys(tmp_path: Path) -> None:
    again = dict(reversed(ADDED.items()))
    [one], [two] = read(tmp_path, ADDED)[0], read(tmp_path, again)[0]
    [other] = read(tmp_path, ADDED | {"at_ssp": True})[0]
    assert one.digest == two.digest != other.digest


@pytest.mark.parametrize(
    ("change", "left_out", "missing"),
    [
        (ADDED, "distinct", ["distinct"]),
        (ADDED, "at_ssp", ["at_ssp"]),
        (ADDED, "added", ["added"]),
        (PRICE, "distinct", ["distinct"]),
        (ONE, "progress", ["progress"]),
        (ONE, "price", ["price"]),
        (ENDED, "refund", ["refund"]),
        (LONGER, "expires", ["expires"]),
        # whether something is distinct is not asked where nothing is left
        (ENDED, "approved", []),
        (PRICE, "approved", []),
        (ONE, "approved", []),
    ],
)
def test_an_answer_that_decides_has_no_default(
    tmp_path: Path, change: dict, left_out: str, missing: list[str]
) -> None:
    found = read(tmp_path, {key: value for key, value in change.items() if key != left_out})[1]
    assert codes(found) == ["modification-unanswered"] * len(missing)
    assert [problem.message.split("'")[1] for problem in found] == missing


@pytest.mark.parametrize(
    ("own", "found"),
    [
        ({"contract": "pack"}, ["contract-unknown"]),
        ({"contract": "openai"}, ["modification-side"]),
        ({"date": "2025-09-30"}, ["before-start"]),
        ({"date": "15 Nov"}, ["value-invalid"]),
        ({"kind": "upsell"}, ["value-invalid"]),
        ({"distinct": "perhaps"}, ["value-invalid"]),
        ({"distnct": True}, ["unknown-key"]),
        ({"added": {"credits": 100}}, ["key-missing"]),
        ({"added": {"credits": -100, "paid": 85}}, ["value-invalid"]),
        ({"refund": -1}, ["value-invalid"]),
        ({"approved": "ADA"}, ["modification-single"]),
        ({"distinct": False, "progress": 0.5, "price": 9000}, ["modification-unfit"]),
        ({"contract": "work"}, ["modification-unfit"]),
        ({"lots": ["lot-1"]}, []),
        ({"lots": ["lot-2"]}, ["lot-unknown"]),
        ({"added": {"credits": 1, "paid": 1, "lot": "lot-1"}}, ["lot-duplicate"]),
        ({"party": "acme"}, ["party-unneeded"]),
        ({"party": "Customers"}, []),
    ],
)
def test_single_changes(tmp_path: Path, own: dict, found: list[str]) -> None:
    assert codes(read(tmp_path, ADDED | own)[1]) == found


def test_the_counterpartys_name_is_no_party(tmp_path: Path) -> None:
    [found], _ = read(tmp_path, ADDED | {"party": "Customers"})
    assert found.party == ""


def test_an_unknown_key_is_told_with_the_nearest(tmp_path: Path) -> None:
    _, [problem] = read(tmp_path, ADDED | {"distnct": True})
    assert "distinct" in problem.help


def test_one_id_is_one_change(tmp_path: Path) -> None:
    other = ADDED | {"added": {"credits": 1, "paid": 1, "lot": "other"}}
    assert codes(read(tmp_path, ADDED, other)[1]) == ["modification-twice"]


@pytest.mark.parametrize(
    ("party", "lot", "found"),
    [
        ("acme", "lot-1", []),
        ("bolt", "lot-1", ["lot-unknown"]),
        ("acme", "lot-2", ["lot-unknown"]),
        (None, "lot-1", ["modification-unanswered", "lot-unknown"]),
    ],
)
@pytest.mark.parametrize("large", [False, True], ids=["read", "table"])
def test_a_change_is_of_one_customer_and_of_its_lots(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    party: str | None,
    lot: str,
    found: list[str],
    large: bool,
) -> None:
    """Also where the lots are too many to be read one by one."""
    monkeypatch.setattr(in_bulk, "LARGE_FILE", 0 if large else 10**9)
    own = {"lots": [lot]} | ({"party": party} if party else {})
    problems = read(tmp_path, ADDED | own, book=EACH, party="acme")[1]
    assert sorted(codes(problems)) == sorted(found)


def test_a_lot_that_a_change_made_can_be_changed_again(tmp_path: Path) -> None:
    first = ADDED | {"lots": ["lot-1"]}
    second = ADDED | {"id": "change-2", "date": "2025-12-01", "lots": ["change-1"]}
    third = ADDED | {"id": "change-3", "date": "2025-12-02", "lots": ["lot-1-change-1"]}
    assert codes(read(tmp_path, first, second, third)[1]) == []
    assert codes(read(tmp_path, second)[1]) == ["lot-unknown"]


def test_credits_of_a_plan_in_credits_are_taken_at_their_list_value(tmp_path: Path) -> None:
    """As those of credits.csv: 6,000 credits that are worth 0.01 each draw 60.00 of usage."""
    plan = PLAN + "credits: {unit: credit, worth: 0.01}\n"
    change = ADDED | {"added": {"credits": 6000, "paid": 51}}
    [found], problems = read(tmp_path, change, plan=plan)
    assert problems == []
    assert found.added == AddedCredits(Decimal(60), Decimal(51))
