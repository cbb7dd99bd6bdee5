"""OpenAI's completions usage, both header generations, with its quirks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.exports.reading import csv_text, read_text

HEADER_24 = (
    "start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,"
    "api_key_id,model,batch,service_tier,input_tokens,output_tokens,input_cached_tokens,"
    "input_uncached_tokens,input_text_tokens,output_text_tokens,input_cached_text_tokens,"
    "input_audio_tokens,input_cached_audio_tokens,output_audio_tokens,input_image_tokens,"
    "input_cached_image_tokens,output_image_tokens"
)
HEADER_26 = HEADER_24.replace("service_tier,", "service_tier,compute_units,").replace(
    "input_cached_tokens,", "input_cached_tokens,input_cache_write_tokens,", 1
)
DAY = {  # 2025-11-03 and its end, in Unix seconds: 20395 days x 86400
    "start_time": "1762128000",
    "end_time": "1762214400",
    "start_time_iso": "2025-11-03T00:00:00+00:00",
    "end_time_iso": "2025-11-04T00:00:00+00:00",
}
TEXT_ROW = {
    **DAY,
    "project_id": "proj_a",
    "num_model_requests": "4",
    "user_id": "user-1",
    "api_key_id": "key_1",
    "model": "gpt-4o-2024-08-06",
    "batch": "False",
    "service_tier": "default",
    "input_tokens": "1000",
    "output_tokens": "250",
    "input_cached_tokens": "300",
    "input_uncached_tokens": "700",
    "input_text_tokens": "700",
    "output_text_tokens": "250",
    "input_cached_text_tokens": "300",
}


def test_headers_have_the_documented_widths() -> None:
    assert (HEADER_24.count(",") + 1, HEADER_26.count(",") + 1) == (24, 26)


@pytest.mark.parametrize("header", [HEADER_24, HEADER_26], ids=["2025-10", "2026-08"])
def test_cached_tokens_are_taken_out_of_input(tmp_path: Path, header: str) -> None:
    read = read_text(tmp_path, csv_text(header, [TEXT_ROW]))
    assert read.told == ""
    assert read.totals() == {
        "input_tokens": 700,  # 1000 in, of which 300 cached
        "cached_input_tokens": 300,
        "output_tokens": 250,
        "requests": 4,
    }


def test_every_part_gets_its_own_meter(tmp_path: Path) -> None:
    row = {
        **TEXT_ROW,
        "input_tokens": "2000",
        "input_cached_tokens": "600",  # 400 text, 150 audio, 50 images
        "input_cache_write_tokens": "200",
        "input_audio_tokens": "350",
        "input_cached_audio_tokens": "150",
        "input_image_tokens": "100",
        "input_cached_image_tokens": "50",
        "output_tokens": "900",
        "output_audio_tokens": "120",
        "output_image_tokens": "80",
    }
    totals = read_text(tmp_path, csv_text(HEADER_26, [row])).totals()
    assert totals == {
        "input_tokens": 750,  # 2000 - 600 - 200 - 350 - 100
        "cached_input_tokens": 400,  # 600 - 150 - 50
        "cache_write_tokens": 200,
        "input_audio_tokens": 350,
        "cached_audio_tokens": 150,
        "input_image_tokens": 100,
        "cached_image_tokens": 50,
        "output_tokens": 700,  # 900 - 120 - 80
        "output_audio_tokens": 120,
        "output_image_tokens": 80,
        "requests": 4,
    }
    tokens = sum(quantity for name, quantity in totals.items() if name != "requests")
    assert tokens == 2000 + 900, "the meters are disjoint: together they are what went in and out"


def test_empty_buckets_are_skipped_and_their_neighbours_written_as_floats(tmp_path: Path) -> None:
    floats = {
        name: f"{cell}.0" if cell.isdigit() and name not in DAY else cell
        for name, cell in TEXT_ROW.items()
    }
    empty = {**DAY, "start_time": "1762214400", "end_time": "1762300800"}
    read = read_text(tmp_path, csv_text(HEADER_26, [floats, empty, empty]))
    account = read.account
    assert (account.rows_read, account.used, account.skipped) == (3, 1, {"empty bucket": 2})
    assert account.is_balanced
    assert read.totals() == {
        "input_tokens": 700,
        "cached_input_tokens": 300,
        "output_tokens": 250,
        "requests": 4,
    }


@pytest.mark.parametrize(
    ("written", "kept"),
    [("False", None), ("FALSE", None), ("True", "true"), ("TRUE", "true"), ("", None)],
)
def test_batch_is_true_or_absent(tmp_path: Path, written: str, kept: str | None) -> None:
    read = read_text(tmp_path, csv_text(HEADER_24, [{**TEXT_ROW, "batch": written}]))
    assert read.by("batch", "output_tokens") == {kept: 250}


@pytest.mark.parametrize(
    ("written", "kept"), [("default", None), ("flex", "flex"), ("priority", "priority")]
)
def test_only_the_usual_tier_is_dropped(tmp_path: Path, written: str, kept: str | None) -> None:
    read = read_text(tmp_path, csv_text(HEADER_24, [{**TEXT_ROW, "service_tier": written}]))
    assert read.by("service_tier", "output_tokens") == {kept: 250}


def test_rows_that_share_every_key_add_up(tmp_path: Path) -> None:
    read = read_text(tmp_path, csv_text(HEADER_24, [TEXT_ROW, TEXT_ROW]))
    assert read.totals()["output_tokens"] == 500
    assert read.account.used == 2


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte-order-mark"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("separator", [",", "\t", ";"], ids=["comma", "tab", "semicolon"])
def test_what_a_spreadsheet_makes_of_it_is_read_alike(
    tmp_path: Path, separator: str, ends: str, mark: str
) -> None:
    text = csv_text(HEADER_24, [TEXT_ROW]).replace(",", separator).replace("\n", ends)
    read = read_text(tmp_path, mark + text)
    assert read.told == ""
    assert read.totals()["input_tokens"] == 700


def test_order_of_columns_does_not_matter(tmp_path: Path) -> None:
    backwards = ",".join(reversed(HEADER_26.split(",")))
    assert read_text(tmp_path, csv_text(backwards, [TEXT_ROW])).totals()["input_tokens"] == 700


def test_daily_bucket_keeps_its_own_date_in_any_zone(tmp_path: Path) -> None:
    read = read_text(tmp_path, csv_text(HEADER_24, [TEXT_ROW]), zone="America/New_York")
    assert [f"{at}" for at in read.by("at", "requests")] == ["2025-11-03 00:00:00"]
    assert (read.account.day_zone, read.account.daily) == ("UTC", True)


def test_hourly_bucket_belongs_to_the_local_day(tmp_path: Path) -> None:
    hour = {**TEXT_ROW, "end_time": "1762131600"}  # 00:00 to 01:00 UTC: still the 2nd in New York
    read = read_text(tmp_path, csv_text(HEADER_24, [hour]), zone="America/New_York")
    assert [f"{at}" for at in read.by("at", "requests")] == ["2025-11-02 00:00:00"]
    assert (read.account.day_zone, read.account.daily) == (None, False)


def test_part_larger_than_its_whole_is_refused_with_its_row(tmp_path: Path) -> None:
    good, bad = TEXT_ROW, {**TEXT_ROW, "input_cached_tokens": "1300"}
    read = read_text(tmp_path, csv_text(HEADER_24, [good, bad]))
    assert read.account.rejected == 1
    assert read.told == (
        "usage.csv:3:129: error[part-exceeds-whole]: input_cached_tokens 1300 is more than"
        " input_tokens 1000, which contains it\n"
        "  help: a part cannot be larger than its whole: correct the row, or download the"
        " file again\n"
    )


def test_parts_that_are_too_much_together_are_added_up(tmp_path: Path) -> None:
    bad = {**TEXT_ROW, "input_audio_tokens": "500", "input_image_tokens": "201"}
    told = read_text(tmp_path, csv_text(HEADER_24, [bad])).told
    assert (
        "input_cached_tokens 300 + input_audio_tokens 500 + input_image_tokens 201 = 1001"
        " are more than input_tokens 1000, which contains them" in told
    )


def test_bucket_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    read = read_text(tmp_path, csv_text(HEADER_24, [{**TEXT_ROW, "end_time": "1762128000"}]))
    assert "error[bad-time]: '1762128000' in start_time" in read.told


def test_milliseconds_are_not_taken_for_seconds(tmp_path: Path) -> None:
    read = read_text(tmp_path, csv_text(HEADER_24, [{**TEXT_ROW, "start_time": "1762128000000"}]))
    assert "write Unix seconds such as 1762128000, not milliseconds" in read.told
