"""The plain format: instants and days, standard and own names, wide and long."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.exports.reading import export_file, read_files, read_text, write
from tokenbooks.book import UsageSource

WIDE = "timestamp,customer,model,input_tokens,cached_input_tokens,output_tokens\n"
LONG = "timestamp,customer,model,meter,quantity\n"


def test_wide_rows_are_summed_by_day_and_key(tmp_path: Path) -> None:
    text = (
        WIDE + "2025-11-03T10:15:00Z,acme,gpt-4o,1200,0,350\n"
        "2025-11-03T23:59:59Z,acme,gpt-4o,300,100,\n"  # an empty cell is 0
        "2025-11-04T00:00:00Z,beta,gpt-4o,7,0,1\n"
    )
    read = read_text(tmp_path, text)
    assert read.told == ""
    assert read.totals() == {
        "input_tokens": 1507,
        "cached_input_tokens": 100,
        "output_tokens": 351,
    }
    assert read.by("customer", "input_tokens") == {"acme": 1500, "beta": 7}
    account = read.account
    assert f"{account.first_day} {account.last_day}" == "2025-11-03 2025-11-04"
    assert (account.daily, account.replaces) == (False, False)


def test_long_rows_name_their_meter(tmp_path: Path) -> None:
    text = (
        LONG + "2025-11-03T10:15:00Z,acme,gpt-4o,input_tokens,1200\n"
        "2025-11-03T10:15:00Z,acme,gpt-4o,output_tokens,350.0\n"
        "2025-11-03T11:00:00Z,acme,gpt-4o,input_tokens,5\n"
        "2025-11-03T11:00:00Z,acme,whisper,audio_seconds,12.75\n"
    )
    read = read_text(tmp_path, text)
    assert read.told == ""
    assert read.result.layout.meters == ("input_tokens", "output_tokens", "audio_seconds")
    assert read.totals() == {
        "input_tokens": 1205,
        "output_tokens": 350,
        "audio_seconds": Decimal("12.75"),
    }
    assert (read.account.used, read.account.is_balanced) == (4, True)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2025-11-03T10:15:00Z", 3),
        ("2025-11-03T10:15Z", 3),
        ("2025-11-03 10:15:00+00:00", 3),
        ("2025-11-03T23:30:00-02:00", 4),  # 01:30 UTC on the 4th
        ("2025-11-03T00:30:00+0200", 2),  # 22:30 UTC on the 2nd
        ("2025-11-03T23:59:59.999999Z", 3),
    ],
)
def test_instants_are_taken_with_their_offset(tmp_path: Path, written: str, day: int) -> None:
    read = read_text(tmp_path, f"{WIDE}{written},acme,gpt-4o,1,0,0\n")
    assert list(read.by("at", "input_tokens")) == [datetime(2025, 11, day)]


@pytest.mark.parametrize(("zone", "day"), [("UTC", 3), ("America/New_York", 2), ("Asia/Tokyo", 3)])
def test_instants_belong_to_the_day_of_the_contract(tmp_path: Path, zone: str, day: int) -> None:
    read = read_text(tmp_path, f"{WIDE}2025-11-03T03:00:00Z,acme,gpt-4o,1,0,0\n", zone=zone)
    assert list(read.by("at", "input_tokens")) == [datetime(2025, 11, day)]


def test_days_are_local_days_of_the_contract(tmp_path: Path) -> None:
    text = "date,model,output_tokens\n2025-11-03,gpt-4o,5\n"
    read = read_text(tmp_path, text, zone="America/New_York")
    assert list(read.by("at", "output_tokens")) == [datetime(2025, 11, 3)]
    assert (read.account.daily, read.account.day_zone) == (True, None)


def test_instant_without_offset_is_refused_with_a_remedy(tmp_path: Path) -> None:
    read = read_text(tmp_path, f"{WIDE}2025-11-03T10:15:00,acme,gpt-4o,1,0,0\n")
    assert read.told == (
        "usage.csv:2:1: error[time-without-zone]: '2025-11-03T10:15:00' in timestamp does not"
        " say in which time zone it is\n"
        "  help: write the offset, as in 2025-11-03T10:15:00Z, or use a column `date` with days\n"
    )


def test_steps_are_cut_inside_a_day_where_asked(tmp_path: Path) -> None:
    noon, evening = datetime(2025, 11, 3, 12), datetime(2025, 11, 3, 18)
    text = WIDE + "".join(
        f"2025-11-{stamp}:00Z,acme,gpt-4o,{count},0,0\n"
        for stamp, count in [
            ("03T11:59", 1),
            ("03T12:00", 20),
            ("03T17:59", 300),
            ("03T18:00", 4000),
            ("04T01:00", 50000),
        ]
    )
    read = read_text(tmp_path, text, cuts=(evening, noon))
    assert read.by("at", "input_tokens") == {
        datetime(2025, 11, 3): 1,
        noon: 320,
        evening: 4000,
        datetime(2025, 11, 4): 50000,
    }


def test_cuts_are_local_to_the_contract(tmp_path: Path) -> None:
    text = f"{WIDE}2025-11-03T17:00:00Z,acme,gpt-4o,1,0,0\n"  # noon in New York
    read = read_text(tmp_path, text, zone="America/New_York", cuts=(datetime(2025, 11, 3, 12),))
    assert list(read.by("at", "input_tokens")) == [datetime(2025, 11, 3, 12)]


def test_own_meters_and_dimensions_are_taken_by_name(tmp_path: Path) -> None:
    source = UsageSource("usage/*", meters=("tickets_resolved",), dimensions=("tenant",))
    text = (
        "timestamp,tenant,tickets_resolved,note,output_tokens\n"
        "2025-11-03T10:15:00Z,t1,2.5,hello,1\n"
    )
    read = read_text(tmp_path, text, source=source, kept=("tenant",))
    assert read.told == ""
    assert read.by("tenant", "tickets_resolved") == {"t1": Decimal("2.5")}
    assert read.account.unknown_columns == ("note",)


def test_unknown_column_that_looks_like_a_quantity_is_a_warning(tmp_path: Path) -> None:
    text = "timestamp,model,output_tokens,cached_tokens\n2025-11-03T10:15:00Z,gpt-4o,1,5\n"
    read = read_text(tmp_path, text)
    assert read.told == (
        "usage.csv:1: warning[unknown-columns]: unknown columns that look like quantities are"
        " ignored: cached_tokens\n"
        "  help: did you mean 'cached_input_tokens' for 'cached_tokens'? if it is billed, name"
        " it under `meters:` of the source\n"
    )


def test_parties_are_the_values_of_each(tmp_path: Path) -> None:
    text = WIDE + "2025-11-03T10:15:00Z,acme,gpt-4o,1,0,0\n2025-11-03T10:15:00Z,,gpt-4o,2,0,0\n"
    for kept in (("customer", "model"), ("model",)):
        read = read_text(tmp_path, text, each="customer", kept=kept)
        assert read.by("party", "input_tokens") == {"": 2, "acme": 1}


def test_a_file_that_does_not_tell_the_party_is_refused(tmp_path: Path) -> None:
    text = "timestamp,model,output_tokens\n2025-11-03T10:15:00Z,gpt-4o,1\n"
    assert "error[party-missing]: the file does not tell the customer" in (
        read_text(tmp_path, text, each="customer").told
    )


@pytest.mark.parametrize(
    ("dimension", "written", "kept"),
    [
        ("batch", "TRUE", "true"),
        ("batch", "False", None),
        ("service_tier", "standard", None),
        ("context", "≤ 200k", None),
        ("context", "> 200k", ">200k"),
        ("region", "global", None),
        ("region", "eu", "eu"),
    ],
)
@pytest.mark.parametrize("form", ["wide", "long"])
def test_neutral_spellings_are_absent(
    tmp_path: Path, dimension: str, written: str, kept: str | None, form: str
) -> None:
    columns = "images" if form == "wide" else "meter,quantity"
    cells = "3" if form == "wide" else "images,3"
    text = f"timestamp,{dimension},{columns}\n2025-11-03T10:15:00Z,{written},{cells}\n"
    assert read_text(tmp_path, text).by(dimension, "images") == {kept: 3}


# -- rows with an id ----------------------------------------------------------------

WITH_ID = "timestamp,id,customer,output_tokens,note\n"
ROW_1 = "2025-11-03T10:15:00Z,r1,acme,10,first\n"
ROW_1_LATER = "2025-11-03T10:15:00Z,r1,acme,10,delivered again\n"  # `note` is nobody's business
ROW_2 = "2025-11-03T10:16:00Z,r2,acme,20,\n"
ROW_NAMELESS = "2025-11-03T10:17:00Z,,acme,400,\n"


def test_the_same_row_twice_counts_once(tmp_path: Path) -> None:
    text = WITH_ID + ROW_1 + ROW_2 + ROW_1_LATER + ROW_NAMELESS + ROW_NAMELESS
    read = read_text(tmp_path, text)
    assert read.told == ""
    assert read.totals() == {"output_tokens": 830}  # 10 + 20 + 2 x 400
    account = read.account
    assert (account.rows_read, account.used, account.replaced) == (5, 4, 1)


def test_a_row_that_stands_in_two_files_counts_once(tmp_path: Path) -> None:
    first = export_file(write(tmp_path, WITH_ID + ROW_1 + ROW_2, "october.csv"))
    columns_moved = "id,timestamp,output_tokens,customer\nr1,2025-11-03T10:15:00Z,10,acme\n"
    second = export_file(write(tmp_path, columns_moved, "november.csv"))
    read = read_files([first, second])
    assert read.totals() == {"output_tokens": 30}
    assert [(a.used, a.replaced) for a in read.result.accounts] == [(2, 0), (0, 1)]


def test_one_id_with_two_meanings_is_refused(tmp_path: Path) -> None:
    text = WITH_ID + ROW_1 + ROW_2 + "2025-11-03T10:15:00Z,r1,acme,11,first\n"
    assert read_text(tmp_path, text).told == (
        "usage.csv:4:22: error[id-differs]: two rows have the id 'r1' and say different things"
        " (see usage.csv:2:22)\n"
        "  help: keep the row that is right; ids must name one row each\n"
    )


def test_ids_of_other_contracts_are_other_ids(tmp_path: Path) -> None:
    one = export_file(write(tmp_path, WITH_ID + ROW_1, "a.csv"), contract="a")
    other = export_file(write(tmp_path, WITH_ID + ROW_1, "b.csv"), contract="b")
    assert read_files([one, other]).totals() == {"output_tokens": 20}


def test_repeated_ids_of_long_rows_count_once(tmp_path: Path) -> None:
    row = "2025-11-03T10:15:00Z,r1,output_tokens,10\n"
    read = read_text(tmp_path, "timestamp,id,meter,quantity\n" + row + row)
    assert (read.totals(), read.account.replaced) == ({"output_tokens": 10}, 1)


def test_only_a_reversal_may_be_negative(tmp_path: Path) -> None:
    header = "timestamp,id,reverses,output_tokens\n"
    kept = header + "2025-11-03T10:15:00Z,r1,,10\n2025-11-04T10:15:00Z,r2,r1,-10\n"
    read = read_text(tmp_path, kept)
    assert (read.told, read.totals()) == ("", {})
    assert read.by("at", "output_tokens") == {datetime(2025, 11, 3): 10, datetime(2025, 11, 4): -10}
    refused = read_text(tmp_path, header + "2025-11-03T10:15:00Z,r1,,-10\n")
    assert refused.told == (
        "usage.csv:2:26: error[negative-count]: -10 in output_tokens is negative\n"
        "  help: a row that takes another one back names its id in the column `reverses`\n"
    )


# -- reasoning ----------------------------------------------------------------------


def test_more_reasoning_than_output_is_a_warning_with_its_row(tmp_path: Path) -> None:
    text = (
        "timestamp,model,output_tokens,reasoning_tokens\n"
        "2025-11-03T10:15:00Z,o3,100,60\n"
        "2025-11-04T10:15:00Z,o3,100,160\n"
    )
    read = read_text(tmp_path, text)
    assert read.told == (
        "usage.csv:3: warning[part-exceeds-whole]: reasoning_tokens is more than output_tokens,"
        " which contains it\n"
        "  help: correct the row, or see whether the two columns are meant to add up\n"
    )
    assert read.totals() == {"output_tokens": 200, "reasoning_tokens": 220}
