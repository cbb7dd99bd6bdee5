"""Hours of the week: whether the time of a row lies in windows, as SQL says it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.sources.exports.reading import csv_text, read_text
from tests.sources.exports.test_openai_usage import HEADER_24
from tokenbooks.periods import local_time
from tokenbooks.rating.windows import INSIDE, UNKNOWN, Window, hours_dimension
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.exports.normal.normal_time import TimeForm
from tokenbooks.sources.exports.normal.windows import Stretch, hours_form, week_stretches

DAILY = tuple(range(7))
WEEKDAYS, WEEKEND = (0, 1, 2, 3, 4), (5, 6)
#: 01:00 to 04:00 on weekdays; all of Saturday and Sunday; from 22:00 to 06:00 every day.
EARLY = Window(WEEKDAYS, 60, 240, "UTC")
DAYS_OFF = Window(WEEKEND, 0, 0, "UTC")
NIGHTS = Window(DAILY, 22 * 60, 6 * 60, "Europe/Berlin")


def told(folder: Path, column: str, time: str, *windows: Window) -> str | None:
    """What the hours of a row with this time are."""
    name = hours_dimension(windows)
    text = f"{column},characters\n{time},1\n"
    read = read_text(folder, text, kept=(name,), hours=(windows,))
    assert read.told == ""
    (said,) = read.by(name, "characters")
    assert said is None or isinstance(said, str)
    return said


@pytest.mark.parametrize(
    ("time", "windows", "said"),
    [
        ("2025-11-03T00:59:59.999999Z", [EARLY], None),  # a Monday
        ("2025-11-03T01:00:00Z", [EARLY], INSIDE),
        ("2025-11-03T03:59:59.999999Z", [EARLY], INSIDE),
        ("2025-11-03T04:00:00Z", [EARLY], None),
        ("2025-11-02T02:00:00Z", [EARLY], None),  # a Sunday
        ("2025-11-02T02:00:00Z", [EARLY, DAYS_OFF], INSIDE),
        ("2025-11-01T00:00:00Z", [DAYS_OFF], INSIDE),
        ("2025-11-02T23:59:59.999999Z", [DAYS_OFF], INSIDE),
        ("2025-11-03T00:00:00Z", [DAYS_OFF], None),
        ("2025-11-03T20:59:59Z", [NIGHTS], None),  # 21:59:59 in Berlin
        ("2025-11-03T21:00:00Z", [NIGHTS], INSIDE),
        ("2025-11-04T04:59:59Z", [NIGHTS], INSIDE),
        ("2025-11-04T05:00:00Z", [NIGHTS], None),
        ("2025-11-01T05:00:00Z", [Window((4,), 1320, 360, "UTC")], INSIDE),  # begun on Friday
        ("2025-11-02T05:00:00Z", [Window((4,), 1320, 360, "UTC")], None),
        ("2025-11-03T02:00:00Z", [Window((6,), 720, 720, "UTC")], INSIDE),  # Sunday from noon
        ("2025-11-03T12:00:00Z", [Window((6,), 720, 720, "UTC")], None),
    ],
)
def test_an_instant_lies_in_a_window_or_not(
    tmp_path: Path, time: str, windows: list[Window], said: str | None
) -> None:
    assert told(tmp_path, "timestamp", time, *windows) == said
    assert any(window.holds(datetime.fromisoformat(time)) for window in windows) is bool(said)


@pytest.mark.parametrize(
    ("day", "windows", "said"),
    [
        ("2025-11-03", [EARLY], UNKNOWN),
        ("2025-11-02", [EARLY], None),  # no window opens on a Sunday
        ("2025-11-02", [DAYS_OFF], INSIDE),
        ("2025-11-02", [NIGHTS], UNKNOWN),
        ("2025-11-02", [Window(DAILY, 0, 720, "UTC"), Window(DAILY, 720, 0, "UTC")], INSIDE),
    ],
)
def test_a_day_is_told_only_where_all_of_it_is(
    tmp_path: Path, day: str, windows: list[Window], said: str | None
) -> None:
    assert told(tmp_path, "date", day, *windows) == said


@pytest.mark.parametrize(
    ("hours", "said"),
    [((1, 2), INSIDE), ((3, 4), INSIDE), ((4, 5), None), ((0, 1), None), ((0, 2), UNKNOWN)],
)
def test_a_bucket_is_told_only_where_all_of_it_is(
    tmp_path: Path, hours: tuple[int, int], said: str | None
) -> None:
    start, end = (f"{datetime(2025, 11, 3, hour, tzinfo=UTC).timestamp():.0f}" for hour in hours)
    cells = {"start_time": start, "end_time": end, "model": "m", "num_model_requests": "1"}
    name = hours_dimension([EARLY])
    text = csv_text(HEADER_24, [{**cells, "output_tokens": "5"}])
    read = read_text(tmp_path, text, kept=(name,), hours=((EARLY,),))
    assert read.told == ""
    assert list(read.by(name, "output_tokens")) == [said]


def test_windows_of_every_day_are_stretches_of_a_day() -> None:
    assert week_stretches([NIGHTS]) == [Stretch(1320, 480, 1440)]
    assert week_stretches([EARLY])[0] == Stretch(60, 180, 10080)
    assert week_stretches([DAYS_OFF]) == [Stretch(5 * 1440, 2 * 1440, 10080)]
    assert week_stretches([Window((), 60, 240, "UTC")]) == []


# -- the reference -------------------------------------------------------------------

_ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]
)
_WINDOWS = st.lists(
    st.builds(
        Window,
        st.sets(st.integers(0, 6)).map(lambda days: tuple(sorted(days))),
        st.integers(0, 1439),
        st.integers(0, 1439) | st.sampled_from([0, 60, 120, 180]),
        _ZONES,
    ),
    min_size=1,
    max_size=3,
).map(tuple)
#: Clocks change in Berlin, New York and on Lord Howe Island around these instants.
_CHANGES = [
    datetime(2025, 3, 30, 1, tzinfo=UTC),
    datetime(2025, 10, 26, 1, tzinfo=UTC),
    datetime(2025, 3, 9, 7, tzinfo=UTC),
    datetime(2025, 11, 2, 6, tzinfo=UTC),
    datetime(2025, 4, 5, 15, tzinfo=UTC),
    datetime(2025, 10, 4, 15, 30, tzinfo=UTC),
]
_INSTANTS = st.one_of(
    st.datetimes(datetime(2025, 1, 1), datetime(2025, 12, 31)).map(lambda d: d.replace(tzinfo=UTC)),
    st.builds(
        lambda change, seconds: change + timedelta(seconds=seconds),
        st.sampled_from(_CHANGES),
        st.integers(-90_000, 90_000),
    ),
)
INSTANT = TimeForm({}, (0,), "true", "t", None, None, "UTC")
BUCKET = TimeForm({}, (0,), "true", "t", "t", "e", "UTC")
CONNECTION = connect()


def said_by_sql(
    windows: Sequence[Window], time: TimeForm, start: datetime, end: datetime
) -> str | None:
    form = hours_form([windows], time)
    values = "".join(f", {sql} AS {name}" for name, sql in form.values.items())
    row = CONNECTION.execute(
        f"SELECT {form.dimensions[hours_dimension(windows)]}"
        f" FROM (SELECT t, e{values} FROM (SELECT ?::TIMESTAMP AS t, ?::TIMESTAMP AS e))",
        [start.replace(tzinfo=None), end.replace(tzinfo=None)],
    ).fetchone()
    assert row is not None
    said: str | None = row[0]
    return said


@given(_WINDOWS, _INSTANTS)
def test_instants_are_told_as_by_the_reference(
    windows: tuple[Window, ...], instant: datetime
) -> None:
    holds = any(window.holds(instant) for window in windows)
    assert (said_by_sql(windows, INSTANT, instant, instant) == INSIDE) is holds


@given(_WINDOWS, _INSTANTS, st.sampled_from([1, 5, 60, 180, 1440, 2 * 1440, 10080]))
# the clock goes back from 03:00 to 02:00: the window closes and opens again meanwhile
@example((Window((6,), 150, 240, "Europe/Berlin"),), datetime(2025, 10, 26, 0, 40, tzinfo=UTC), 60)
# a whole day of 25 hours
@example((Window((6,), 0, 0, "Europe/Berlin"),), datetime(2025, 10, 25, 22, tzinfo=UTC), 1500)
def test_what_is_told_of_a_bucket_holds_for_every_minute_of_it(
    windows: tuple[Window, ...], start: datetime, minutes: int
) -> None:
    end = start + timedelta(minutes=minutes)
    said = said_by_sql(windows, BUCKET, start, end)
    whole = start.replace(second=0, microsecond=0)
    every = [start, *(whole + timedelta(minutes=n) for n in range(1, minutes + 1))]
    held = {any(w.holds(at) for w in windows) for at in every if start <= at < end}
    if said == INSIDE:
        assert held == {True}
    elif said is None:
        assert held == {False}
    elif len(windows) == 1 and not _clock_changes(windows[0].zone, start, end):
        assert held == {True, False}  # unknown only where both occur


def _clock_changes(zone: str, start: datetime, end: datetime) -> bool:
    return local_time(end, zone) - local_time(start, zone) != end - start


def test_a_whole_day_of_25_hours_is_inside() -> None:
    windows = [Window((6,), 0, 0, "Europe/Berlin")]
    start = datetime(2025, 10, 25, 22, tzinfo=UTC)
    assert said_by_sql(windows, BUCKET, start, start + timedelta(hours=25)) == INSIDE
