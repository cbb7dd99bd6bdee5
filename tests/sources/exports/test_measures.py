"""Measures: what prices by request take of each row before rows are summed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.exports.reading import Read, export_file, read_files, read_text, write
from tests.usage.test_overlap import tokens
from tokenbooks.rating.measures import (
    CONTEXT_TOKENS,
    MANY,
    PACKAGES,
    QUANTITY,
    REQUESTS,
    STRETCH,
    Measure,
    Threshold,
)
from tokenbooks.rating.requests import measured
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.exports.descriptors.reading import shipped_descriptors
from tokenbooks.sources.exports.rows import row_at
from tokenbooks.usage.layout import is_whole, meter_column
from tokenbooks.usage.overlap import resolve_overlaps

OUTPUT, SECONDS = ("output_tokens",), ("audio_seconds",)
LONG_CONTEXT = Threshold(CONTEXT_TOKENS, Decimal(200))
MANY_OUTPUT = Measure(OUTPUT, MANY)

AT = "2025-11-03T10:15:00Z"


def read_wide(folder: Path, header: str, rows: Sequence[str], *measures: Measure) -> Read:
    text = "\n".join([header, *rows, ""])
    read = read_text(folder, text, measures=measures)
    assert read.told == ""
    return read


def totals(read: Read, *measures: Measure) -> list[int | Decimal]:
    found = read.totals()
    return [found.get(measure.name, 0) for measure in measures]


@pytest.mark.parametrize(
    ("measure", "total"),
    [
        # requests of 7, 10 and 23 tokens, and one of none
        (Measure(OUTPUT, QUANTITY), 7 + 10 + 23),
        (Measure(OUTPUT, QUANTITY, at_least=Decimal(10)), 10 + 10 + 23),
        (Measure(OUTPUT, QUANTITY, step=Decimal(5)), 10 + 10 + 25),
        (Measure(OUTPUT, QUANTITY, at_least=Decimal(8), step=Decimal(5)), 10 + 10 + 25),
        (Measure(OUTPUT, QUANTITY, at_least=Decimal(11), step=Decimal(5)), 15 + 15 + 25),
        (Measure(OUTPUT, QUANTITY, step=Decimal("2.5")), Decimal("42.5")),  # 7.5 + 10 + 25
        (Measure(OUTPUT, QUANTITY, above=Threshold(*OUTPUT, Decimal(10))), 23),
        (Measure(OUTPUT, QUANTITY, above=Threshold(*OUTPUT, Decimal(10), True)), 10 + 23),
        (Measure(OUTPUT, QUANTITY, up_to=Threshold(*OUTPUT, Decimal(10))), 7 + 10),
        (Measure(OUTPUT, QUANTITY, up_to=Threshold(*OUTPUT, Decimal(10), True)), 7),
        (Measure(OUTPUT, QUANTITY, above=Threshold(*OUTPUT, Decimal("9.5"))), 10 + 23),
        (Measure(OUTPUT, QUANTITY, above=Threshold(*OUTPUT, Decimal("10.5"), True)), 23),
        (Measure(OUTPUT, STRETCH, None, Threshold(*OUTPUT, Decimal(10))), 7 + 10 + 10),
        (Measure(OUTPUT, STRETCH, Threshold(*OUTPUT, Decimal(10))), 13),
        (
            Measure(
                OUTPUT, STRETCH, Threshold(*OUTPUT, Decimal(8)), Threshold(*OUTPUT, Decimal(20))
            ),
            0 + 2 + 12,
        ),
        (Measure(OUTPUT, STRETCH, Threshold(*OUTPUT, Decimal("9.5"))), Decimal(14)),  # 0.5 + 13.5
        (Measure(OUTPUT, REQUESTS), 3),
        (Measure(OUTPUT, REQUESTS, above=Threshold(*OUTPUT, Decimal(7))), 2),
        (Measure(OUTPUT, PACKAGES, step=Decimal(5)), 2 + 2 + 5),
        (Measure(OUTPUT, PACKAGES, step=Decimal(5), rounding="down"), 1 + 2 + 4),
        (Measure(OUTPUT, PACKAGES, step=Decimal(5), rounding="half_up"), 1 + 2 + 5),
        (Measure(OUTPUT, PACKAGES, step=Decimal("2.5"), rounding="half_up"), 3 + 4 + 9),
        (MANY_OUTPUT, 0),
        (Measure(("images",), REQUESTS), 0),  # the file has no images
    ],
    ids=lambda value: value.name if isinstance(value, Measure) else "",
)
def test_each_request_is_measured_by_itself(
    tmp_path: Path, measure: Measure, total: int | Decimal
) -> None:
    rows = [f"{AT},m,{count}" for count in (7, 10, 23, "")]
    read = read_wide(tmp_path, "timestamp,model,output_tokens", rows, measure)
    assert totals(read, measure) == [total]
    assert read.result.layout.meters == ("output_tokens", measure.name)


def test_seconds_are_measured_exactly(tmp_path: Path) -> None:
    rows = [f"{AT},w,{seconds}" for seconds in ("0.5", "12.3", "9.999999999", "0")]
    measures = [
        Measure(SECONDS, QUANTITY, at_least=Decimal(10), step=Decimal(1)),
        Measure(SECONDS, QUANTITY, step=Decimal("0.1")),
        Measure(SECONDS, QUANTITY, up_to=Threshold(*SECONDS, Decimal("9.999999999"))),
        Measure(SECONDS, STRETCH, Threshold(*SECONDS, Decimal("0.25"))),
        Measure(SECONDS, PACKAGES, step=Decimal(6), rounding="half_up"),
        Measure(SECONDS, REQUESTS),
    ]
    read = read_wide(tmp_path, "timestamp,model,audio_seconds", rows, *measures)
    assert totals(read, *measures) == [
        10 + 13 + 10,
        Decimal("0.5") + Decimal("12.3") + Decimal("10.0"),
        Decimal("0.5") + Decimal("9.999999999"),
        Decimal("0.25") + Decimal("12.05") + Decimal("9.749999999"),
        0 + 2 + 2,
        3,
    ]


def test_the_context_is_all_that_a_request_reads(tmp_path: Path) -> None:
    header = "timestamp,model,input_tokens,cached_input_tokens,cache_write_tokens,output_tokens"
    rows = [f"{AT},m,100,60,40,1", f"{AT},m,100,60,41,20", f"{AT},m,1,0,0,300"]
    measures = [
        Measure(OUTPUT, QUANTITY, above=LONG_CONTEXT),  # 201 only; 200 is not above it
        Measure(OUTPUT, QUANTITY, up_to=LONG_CONTEXT),
        Measure(("input_tokens", "cached_input_tokens"), QUANTITY, above=LONG_CONTEXT),
    ]
    read = read_wide(tmp_path, header, rows, *measures)
    assert totals(read, *measures) == [20, 1 + 300, 160]


@pytest.mark.parametrize(
    ("time", "requests", "is_one"),
    [
        (AT, "1", True),
        (AT, "0", True),
        (AT, "", True),
        (AT, "2", False),
        ("2025-11-03", "1", True),
        ("2025-11-03", "0", False),
        ("2025-11-03", "", False),
        ("2025-11-03", "3", False),
    ],
)
def test_rows_that_sum_many_requests_are_told_apart(
    tmp_path: Path, time: str, requests: str, is_one: bool
) -> None:
    named = "timestamp" if time == AT else "date"
    counted = Measure(OUTPUT, REQUESTS)
    row = f"{time},m,5,{requests}"
    header = f"{named},model,output_tokens,requests"
    read = read_wide(tmp_path, header, [row], counted, MANY_OUTPUT)
    assert totals(read, counted, MANY_OUTPUT) == ([1, 0] if is_one else [0, 5])


def test_days_without_a_count_of_requests_are_many(tmp_path: Path) -> None:
    counted = Measure(OUTPUT, REQUESTS)
    header = "date,model,output_tokens"
    read = read_wide(tmp_path, header, ["2025-11-03,m,5"], counted, MANY_OUTPUT)
    assert totals(read, counted, MANY_OUTPUT) == [0, 5]


def test_long_rows_are_many(tmp_path: Path) -> None:
    context = Measure(("input_tokens", "cached_input_tokens"), MANY)
    counted = Measure(OUTPUT, REQUESTS)
    header = "timestamp,model,meter,quantity"
    rows = [f"{AT},m,{meter},{count}" for meter, count in [("input_tokens", 7), (OUTPUT[0], 5)]]
    rows += [f"{AT},m,cached_input_tokens,3"]
    read = read_wide(tmp_path, header, rows, counted, context, MANY_OUTPUT)
    assert totals(read, counted, context, MANY_OUTPUT) == [0, 10, 5]


def test_a_request_that_is_taken_back_takes_its_measures_back(tmp_path: Path) -> None:
    header = "timestamp,model,id,reverses,input_tokens,output_tokens"
    rows = [f"{AT},m,a,,201,7", f"{AT},m,b,a,-201,-7", f"{AT},m,c,,3,4"]
    measures = [
        Measure(OUTPUT, QUANTITY, at_least=Decimal(10)),
        Measure(OUTPUT, QUANTITY, above=LONG_CONTEXT),
        Measure(OUTPUT, STRETCH, Threshold(*OUTPUT, Decimal(5))),
        Measure(OUTPUT, PACKAGES, step=Decimal(5)),
        Measure(OUTPUT, REQUESTS),
    ]
    read = read_wide(tmp_path, header, rows, *measures)
    assert totals(read, *measures) == [10, 0, 0, 1, 1]  # those of c alone


def test_repeated_ids_are_measured_once(tmp_path: Path) -> None:
    counted = Measure(OUTPUT, REQUESTS)
    rows = [f"{AT},m,a,5", f"{AT},m,b,6", f"{AT},m,a,5"]
    read = read_wide(tmp_path, "timestamp,model,id,output_tokens", rows, counted)
    assert totals(read, counted) == [2]


def test_buckets_are_many_and_a_later_download_replaces_them(tmp_path: Path) -> None:
    counted = Measure(OUTPUT, REQUESTS)
    first, second = tokens((1, "k", 10), (2, "k", 20)), tokens((2, "k", 21), (3, "k", 30))
    files = [
        export_file(write(tmp_path, text, name), measures=(counted, MANY_OUTPUT))
        for name, text in (("a.csv", first), ("b.csv", second))
    ]
    read = read_files(files, kept=("api_key",))
    resolve_overlaps(read.connection, read.result.layout, read.result.accounts)
    assert totals(read, counted, MANY_OUTPUT) == [0, 10 + 21 + 30]


def test_only_files_whose_plan_asks_are_measured(tmp_path: Path) -> None:
    text = f"timestamp,model,output_tokens\n{AT},m,5\n"
    counted = Measure(OUTPUT, REQUESTS)
    files = [
        export_file(write(tmp_path, text, "a.csv"), measures=(counted,)),
        export_file(write(tmp_path, text, "b.csv"), contract="other"),
    ]
    read = read_files(files)
    rows = read.connection.execute(
        f"SELECT file, m_output_tokens, {meter_column(counted.name)} FROM usage_read ORDER BY file"
    ).fetchall()
    assert rows == [(0, 5, 1), (1, 5, 0)]


def test_a_row_is_explained_with_its_measures(tmp_path: Path) -> None:
    rounded = Measure(OUTPUT, QUANTITY, at_least=Decimal(10))
    path = write(tmp_path, f"timestamp,model,output_tokens\n{AT},m,5\n")
    (plain,) = [d for d in shipped_descriptors() if d.id == "plain-wide"]
    row = row_at(connect(), export_file(path, measures=(rounded, MANY_OUTPUT)), plain, 2)
    assert row is not None
    assert row.meters == {"output_tokens": 5}
    assert row.measures == {rounded.name: 10}


@pytest.mark.parametrize(
    ("measure", "whole"),
    [
        (Measure(OUTPUT, QUANTITY), True),
        (Measure(("input_tokens", *SECONDS), QUANTITY), False),
        (Measure(OUTPUT, QUANTITY, at_least=Decimal("1.5")), False),
        (Measure(OUTPUT, STRETCH, Threshold(*OUTPUT, Decimal("1.5"))), False),
        (Measure(SECONDS, MANY), False),
        (Measure(SECONDS, REQUESTS), True),
        (Measure(SECONDS, PACKAGES, step=Decimal("0.1")), True),
    ],
)
def test_a_measure_tells_by_its_name_whether_it_is_whole(measure: Measure, whole: bool) -> None:
    assert is_whole(measure.name) is whole


def test_terms_beyond_nine_decimals_are_refused(tmp_path: Path) -> None:
    finer = Measure(OUTPUT, QUANTITY, step=Decimal("0.0000000001"))
    with pytest.raises(ValueError, match="more than 9 decimals"):
        read_wide(tmp_path, "timestamp,model,output_tokens", [f"{AT},m,5"], finer)


# -- the reference -------------------------------------------------------------------

METERS = ("input_tokens", "cached_input_tokens", "audio_seconds")
_SIZES = st.decimals(0, 40, places=1) | st.integers(0, 40).map(Decimal)
_POSITIVE = st.sampled_from([Decimal(text) for text in ("1", "0.1", "2.5", "7", "10")])
_THRESHOLDS = st.none() | st.builds(
    Threshold,
    st.sampled_from([*METERS, CONTEXT_TOKENS, "input_tokens+audio_seconds"]),
    _SIZES,
    st.booleans(),
)
_NAMED = st.sampled_from([("input_tokens",), SECONDS, ("input_tokens", "audio_seconds")])
_MEASURES = st.one_of(
    st.builds(
        Measure,
        _NAMED,
        st.just(QUANTITY),
        _THRESHOLDS,
        _THRESHOLDS,
        st.none() | _POSITIVE,
        st.none() | _POSITIVE,
    ),
    st.builds(Measure, _NAMED, st.just(REQUESTS), _THRESHOLDS, _THRESHOLDS),
    st.builds(
        Measure,
        _NAMED,
        st.just(PACKAGES),
        step=_POSITIVE,
        rounding=st.sampled_from(["up", "down", "half_up"]),
    ),
    st.tuples(_NAMED, _SIZES, _SIZES).map(
        lambda item: Measure(
            item[0],
            STRETCH,
            Threshold("+".join(item[0]), min(item[1:])),
            Threshold("+".join(item[0]), max(item[1:])),
        )
    ),
)
_ROWS = st.lists(
    st.tuples(st.integers(0, 45), st.integers(0, 45), st.decimals(0, 45, places=2)), max_size=5
)


@given(_MEASURES, _ROWS)
def test_sums_are_those_of_the_reference(
    measure: Measure, rows: list[tuple[int, int, Decimal]]
) -> None:
    with TemporaryDirectory() as folder:
        lines = [f"{AT},{first},{second},{third:f}" for first, second, third in rows]
        header = f"timestamp,{','.join(METERS)}"
        read = read_wide(Path(folder), header, lines, measure)
    expected = sum(
        (measured(measure, dict(zip(METERS, row, strict=True))) for row in rows), Fraction(0)
    )
    assert Fraction(read.totals().get(measure.name, 0)) == expected
