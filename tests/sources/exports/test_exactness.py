"""Totals equal a plain recomputation over the rows, digit for digit."""

from __future__ import annotations

import csv
import io
import tempfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tests.sources.exports.reading import export_file, read_files, write
from tests.sources.exports.test_openai_usage import HEADER_26
from tests.sources.exports.test_statements import COSTS_10
from tokenbooks.usage.layout import meter_column

ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
COUNTS = st.one_of(
    st.just(""),
    st.integers(0, 10**15).map(str),
    st.integers(0, 10**6).map(lambda n: f"{n}.0"),
)
QUANTITIES = st.one_of(
    COUNTS,
    st.decimals(0, 10**9, places=9, allow_nan=False).map(lambda d: f"{d:f}"),
)
NAMES = st.sampled_from(["", "acme", "Beta, Inc.", 'the "best"', "naïve", "a\nb"])
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
OFFSETS = st.sampled_from([0, 60, -300, 330])


def csv_of(header: list[str], rows: list[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def offset_text(instant: datetime, minutes: int) -> str:
    shifted = instant + timedelta(minutes=minutes)
    sign, size = ("-" if minutes < 0 else "+"), abs(minutes)
    return f"{shifted:%Y-%m-%dT%H:%M:%S}{sign}{size // 60:02}:{size % 60:02}"


plain_rows = st.lists(
    st.tuples(INSTANTS, OFFSETS, NAMES, COUNTS, QUANTITIES), min_size=1, max_size=25
)


@given(plain_rows, st.sampled_from(ZONES), st.randoms(use_true_random=False))
def test_plain_totals(rows: list[tuple[datetime, int, str, str, str]], zone: str, random) -> None:
    header = ["timestamp", "customer", "output_tokens", "audio_seconds"]
    expected: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    cells = []
    for instant, offset, name, count, quantity in rows:
        whole = instant.replace(microsecond=0)
        cells.append([offset_text(whole, offset), name, count, quantity])
        day = whole.astimezone(ZoneInfo(zone)).date().isoformat()
        expected[day, name][0] += Decimal(count or 0)
        expected[day, name][1] += Decimal(quantity or 0)
    for attempt in range(2):
        read = read_plain(csv_of(header, cells), zone)
        assert read == dict(expected), f"in order {attempt}"
        random.shuffle(cells)


def read_plain(text: str, zone: str) -> dict[tuple[str, str], list[Decimal]]:
    with tempfile.TemporaryDirectory() as folder:
        read = read_files([export_file(write(Path(folder), text), zone=zone)], ("customer",))
        assert read.told == ""
        assert read.account.is_balanced
        found = read.connection.execute(
            "SELECT \"at\"::DATE::VARCHAR, coalesce(d_customer, ''), m_output_tokens,"
            " m_audio_seconds FROM usage_read"
        ).fetchall()
    assert len({(day, name) for day, name, _, _ in found}) == len(found), "one row per key"
    return {(day, name): [Decimal(a), Decimal(b)] for day, name, a, b in found}


parts = st.tuples(*[st.integers(0, 10**12)] * 6, st.booleans())


@given(st.lists(parts, min_size=1, max_size=12))
def test_disjoint_meters_of_openai_add_up_to_the_whole(rows: list[tuple[int, ...]]) -> None:
    header = HEADER_26.split(",")
    total = 0
    cells = []
    for text, cached, written, audio, image, output, as_floats in rows:
        whole = text + cached + written + audio + image
        total += whole + output
        row = {
            "start_time": "1762128000",
            "end_time": "1762214400",
            "model": "gpt-4o",
            "num_model_requests": 1,
            "input_tokens": whole,
            "input_cached_tokens": cached,
            "input_cache_write_tokens": written,
            "input_audio_tokens": audio,
            "input_image_tokens": image,
            "output_tokens": output,
        }
        cells.append(
            [
                f"{row.get(n, '')}{'.0' if as_floats and isinstance(row.get(n), int) else ''}"
                for n in header
            ]
        )
    with tempfile.TemporaryDirectory() as folder:
        read = read_files([export_file(write(Path(folder), csv_of(header, cells)))])
        totals = read.totals()
    assert read.told == ""
    assert totals.get("input_tokens", 0) == sum(row[0] for row in rows)
    assert sum(q for name, q in totals.items() if name != "requests") == total


amounts = st.one_of(
    st.decimals(-(10**6), 10**6, places=18, allow_nan=False).map(lambda d: f"{d:f}"),
    st.integers(0, 10**12).map(lambda n: f"{n}E-12"),
    st.decimals(0, 10**4, places=4, allow_nan=False).map(lambda d: f"{d:f}{'0' * 20}"),
    st.integers(-9999, -18).map(lambda exponent: f"0E{exponent}"),
)


@given(st.lists(amounts, min_size=1, max_size=20))
def test_stated_totals(written: list[str]) -> None:
    cells = [["1762128000", "1762214400", "", "", text, "usd", "", "", "", ""] for text in written]
    with tempfile.TemporaryDirectory() as folder:
        file = export_file(
            write(Path(folder), csv_of(COSTS_10.split(","), cells)), kind="statement"
        )
        read = read_files([file])
        (row,) = read.stated()
    assert read.told == ""
    assert row[0] == read.account.stated == sum(map(Decimal, written))


def test_no_column_of_the_tables_is_a_binary_float(tmp_path: Path) -> None:
    text = "timestamp,customer,output_tokens,audio_seconds\n2025-11-03T10:15:00Z,a,1,0.1\n"
    read = read_files([export_file(write(tmp_path, text))])
    for table in ("usage_read", "stated_read"):
        types = read.connection.execute(f"DESCRIBE {table}").fetchall()
        assert not [name for name, kind, *_ in types if kind in {"DOUBLE", "FLOAT"}]
    assert meter_column("audio_seconds") in read.result.layout.meter_columns
