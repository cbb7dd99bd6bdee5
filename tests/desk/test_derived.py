"""What plans need of single rows, over several closes: measures, hours and events."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.books import ARREARS, close, lines, run, tokenbooks, write_book

HEADER = "timestamp,model,images\n"
#: Two requests of 4 and 25 tokens in October, one of 2 in November.
OCTOBER = f"{HEADER}2025-10-05T10:00:00Z,m,4\n2025-10-05T22:00:00Z,m,25\n"
NOVEMBER = f"{HEADER}2025-11-05T10:00:00Z,m,2\n"
FILES = {"usage/10.csv": OCTOBER, "usage/11.csv": NOVEMBER}

#: A second contract, whose plan prices each request.
ARREARS_OF_OTHER = (
    "other:",
    "  side: buy",
    "  party: Other",
    "  plan: other",
    "  settle: arrears",
    "  usage: later/*",
)

FLAT = """\
plan: llm
currency: USD
rates:
  - for: {model: m}
    prices: {images: 1 per 1}
"""
LEAST = "    prices: {images: {price: 1 per 1, at_least: 10}}\n"
BY_REQUEST = FLAT.replace("    prices: {images: 1 per 1}\n", LEAST)


def book(folder: Path, plan: str) -> Path:
    return write_book(folder, {**FILES, "plans/llm.yaml": plan}, ARREARS)


def accrued(folder: Path, period: str) -> list[str]:
    """What a close adds to the accrual, entry by entry."""
    return [amount for _, _, role, amount in lines(close(folder, period)) if role != "ai_expense"]


def state(folder: Path, period: str, name: str) -> list[dict[str, str]]:
    path = folder / "close" / period / "state" / name
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_price_by_request_is_booked_and_replayed(tmp_path: Path) -> None:
    book(tmp_path, BY_REQUEST)
    assert accrued(tmp_path, "2025-10") == ["-35.00"]  # 10 + 25
    assert accrued(tmp_path, "2025-11") == ["-10.00"]
    assert tokenbooks(tmp_path, "check", "--replay").code == 0
    rows = state(tmp_path, "2025-11", "derived.csv")
    assert {(row["contract"], row["since"]) for row in rows} == {("llm", "2025-10-01")}
    assert {row["name"] for row in rows} == {
        "images quantity at least 10",
        "images many",
    }


def test_late_rows_bring_their_measures(tmp_path: Path) -> None:
    book(tmp_path, BY_REQUEST)
    close(tmp_path, "2025-10")
    late = f"{HEADER}2025-10-30T10:00:00Z,m,3\n"
    write_book(tmp_path, {**FILES, "usage/late.csv": late, "plans/llm.yaml": BY_REQUEST})
    assert sorted(accrued(tmp_path, "2025-11")) == ["-10.00", "-10.00"]  # 3 and 2, at least 10
    assert tokenbooks(tmp_path, "check", "--replay").code == 0


@pytest.mark.parametrize("other", [{"usage/11.csv": NOVEMBER}, {"usage/10.csv": OCTOBER}])
def test_a_file_of_later_days_leaves_the_bytes_of_a_close(
    tmp_path: Path, other: dict[str, str]
) -> None:
    """A replay reads the files of its close alone: later ones must add no measures to it."""
    second = "".join(f"  {line}\n" for line in ARREARS_OF_OTHER)
    files = {**other, "later/12.csv": f"{HEADER}2025-12-05T10:00:00Z,m,2\n"}
    plans = {"plans/llm.yaml": FLAT, "plans/other.yaml": BY_REQUEST.replace(": llm", ": other")}
    write_book(tmp_path, {**files, **plans}, ARREARS + second)
    close(tmp_path, "2025-10")
    assert tokenbooks(tmp_path, "check", "--replay").code == 0


def test_a_flat_without_any_quantity_is_due_whatever_columns_files_have(tmp_path: Path) -> None:
    tiers = "{tiers: graduated, flat_on_zero: true, steps: [{up_to: 9, price: 1 per 1, flat: 7}, "
    plan = FLAT.replace("1 per 1}", f"{tiers}{{price: 1 per 1}}]}}, requests: 0}}")
    none, zero = "date,model,requests\n2025-10-05,m,1\n", "date,model,images\n2025-10-05,m,0\n"
    for name, text in (("none", none), ("zero", zero)):
        folder = tmp_path / name
        folder.mkdir()
        write_book(folder, {"usage/10.csv": text, "plans/llm.yaml": plan}, ARREARS)
        assert accrued(folder, "2025-10") == ["-7.00"]
        assert tokenbooks(folder, "check", "--replay").code == 0


def test_nothing_is_derived_where_no_plan_needs_it(tmp_path: Path) -> None:
    book(tmp_path, FLAT)
    close(tmp_path, "2025-10")
    assert not (tmp_path / "close/2025-10/state/derived.csv").exists()


def test_a_rate_that_begins_later_leaves_closed_months_as_they_were(tmp_path: Path) -> None:
    book(tmp_path, FLAT)
    assert accrued(tmp_path, "2025-10") == ["-29.00"]
    later = f"{FLAT}  - for: {{model: m}}\n    from: 2025-11-01\n{LEAST}"
    book(tmp_path, later)
    assert accrued(tmp_path, "2025-11") == ["-10.00"]
    rows = state(tmp_path, "2025-11", "derived.csv")
    assert {row["since"] for row in rows} == {"2025-11-01"}
    assert [row["at"] for row in state(tmp_path, "2025-11", "usage.csv")] == ["2025-11-05 00:00:00"]
    assert tokenbooks(tmp_path, "check", "--replay").code == 0


CORRECTED = FLAT + (
    "  - for: {model: m}\n    from: 2025-10-01\n"
    f"    corrects: the least quantity was forgotten\n    on: 2025-11-10\n{LEAST}"
)


def test_a_corrected_price_by_request_reads_the_files_of_closed_days_again(tmp_path: Path) -> None:
    dated = FLAT.replace("    prices", "    from: 2025-10-01\n    prices")
    book(tmp_path, dated)
    assert accrued(tmp_path, "2025-10") == ["-29.00"]
    book(tmp_path, CORRECTED.replace(FLAT, dated))
    # November: 10 for its own request, and 35 - 29 = 6 for October
    assert sorted(accrued(tmp_path, "2025-11")) == ["-10.00", "-6.00"]
    late = state(tmp_path, "2025-11", "usage.csv")[0]
    assert (late["at"], late["m_images"]) == ("2025-10-05 00:00:00", "0")
    assert late["m_images quantity at least 10"] == "35"
    rows = state(tmp_path, "2025-11", "derived.csv")
    assert {row["since"] for row in rows} == {"2025-10-01"}
    assert tokenbooks(tmp_path, "check", "--replay").code == 0
    # it is known from now on: December reads no file of closed months
    assert accrued(tmp_path, "2025-12") == []
    (tmp_path / "usage/10.csv").touch()
    assert tokenbooks(tmp_path, "check", "--replay").code == 0


OFF_PEAK = (
    "  - for: {model: m}\n    from: 2025-10-01\n"
    "    hours: [{from: '20:00', to: '04:00', timezone: UTC}]\n"
    "    prices: {images: 0.2 per 1}\n"
)


def test_hours_are_priced_apart(tmp_path: Path) -> None:
    book(tmp_path, FLAT + OFF_PEAK)
    assert accrued(tmp_path, "2025-10") == ["-9.00"]  # 4 + 25 x 0.2
    assert accrued(tmp_path, "2025-11") == ["-2.00"]
    assert tokenbooks(tmp_path, "check", "--replay").code == 0


def test_corrected_hours_read_the_files_of_closed_days_again(tmp_path: Path) -> None:
    book(tmp_path, FLAT)
    assert accrued(tmp_path, "2025-10") == ["-29.00"]
    dated = OFF_PEAK.replace(
        "    hours", "    corrects: no off-peak\n    on: 2025-11-10\n    hours"
    )
    book(tmp_path, FLAT + dated)
    assert sorted(accrued(tmp_path, "2025-11")) == ["-2.00", "20.00"]  # 9 - 29
    assert tokenbooks(tmp_path, "check", "--replay").code == 0


PERCENT = """\
plan: llm
currency: USD
rates:
  - for: {model: m}
    prices: {images: {percent: 10, fixed: 0.30}}
"""


def test_events_are_told_apart(tmp_path: Path) -> None:
    book(tmp_path, PERCENT)
    # 0.4 + 0.3, and 2.5 + 0.3
    assert accrued(tmp_path, "2025-10") == ["-3.50"]
    names = [row["d_event"] for row in state(tmp_path, "2025-10", "usage.csv")]
    assert names == [
        "2025-10-05T10:00:00.000000Z usage/10.csv:000000001",
        "2025-10-05T22:00:00.000000Z usage/10.csv:000000002",
    ]
    assert accrued(tmp_path, "2025-11") == ["-0.50"]
    assert tokenbooks(tmp_path, "check", "--replay").code == 0


SEATS = """\
plan: llm
currency: USD
meters: {seats: {kind: level}}
fees:
  - {name: seat, price: 31, per: seats, every: month, prorate: day}
"""


def test_levels_hold_until_the_next_row_and_late_rows_move_them(tmp_path: Path) -> None:
    rows = "date,seats\n2025-10-01,2\n2025-10-30,3\n"
    files = {"usage/seats.csv": rows, "plans/llm.yaml": SEATS}
    write_book(tmp_path, files, ARREARS)
    # 31 a seat and month of 31 days: 29 days of 2 seats, 2 days of 3
    assert accrued(tmp_path, "2025-10") == ["-64.00"]
    # only known in November: one seat less on the last day; then 30 days of 2 seats at 31 / 30
    late = {**files, "usage/late.csv": "date,seats\n2025-10-31,2\n"}
    write_book(tmp_path, late, ARREARS)
    assert sorted(accrued(tmp_path, "2025-11")) == ["-62.00", "1.00"]
    assert tokenbooks(tmp_path, "check", "--replay").code == 0


@pytest.mark.parametrize("plan", [BY_REQUEST, FLAT + OFF_PEAK, PERCENT])
def test_entries_are_explained_down_to_the_rows(tmp_path: Path, plan: str) -> None:
    book(tmp_path, plan)
    close(tmp_path, "2025-10")
    ran = tokenbooks(tmp_path, "explain", "accrual-llm-2025-10", "--format", "json")
    assert ran.code == 0, ran.err
    (files,) = json.loads(ran.out)["files"]["rows"]
    assert files["rows"] == 2


@pytest.mark.parametrize("plan", [BY_REQUEST, FLAT + OFF_PEAK, PERCENT])
def test_usage_shows_meters_only(tmp_path: Path, plan: str) -> None:
    book(tmp_path, plan)
    ran = tokenbooks(tmp_path, "usage", "--by", "meter", "--format", "csv")
    assert ran.code == 0, ran.err
    assert [line.split(",")[0] for line in ran.out.splitlines()] == ["meter", "images"]


def test_files_are_rated_without_a_book(tmp_path: Path) -> None:
    book(tmp_path, FLAT + OFF_PEAK)
    paths = [str(tmp_path / name) for name in FILES]
    plan = str(tmp_path / "plans/llm.yaml")
    ran = run("rate", "--plan", plan, *paths, "--by", "meter", "--format", "csv")
    assert ran.code == 0, ran.err
    assert "images,31,11" in ran.out  # 4 + 25 x 0.2 + 2


def test_a_damaged_table_is_told_plainly(tmp_path: Path) -> None:
    book(tmp_path, BY_REQUEST)
    close(tmp_path, "2025-10")
    (tmp_path / "close/2025-10/state/derived.csv").write_text("x")
    ran = tokenbooks(tmp_path, "close", "-p", "2025-11")
    assert "error[close-unreadable]" in ran.err
