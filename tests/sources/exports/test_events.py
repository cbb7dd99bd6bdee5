"""Events: every row of a file told apart from all others, in the order of the file."""

from __future__ import annotations

from pathlib import Path

from tests.sources.exports.reading import Read, export_file, read_files, read_text, write
from tokenbooks.sources.exports.connection import connect
from tokenbooks.sources.exports.descriptors.reading import shipped_descriptors
from tokenbooks.sources.exports.rows import row_at
from tokenbooks.sources.exports.used_rows import form_of, used_rows_sql
from tokenbooks.usage.layout import EVENT, Layout

AT = "2025-11-03T10:15:00"
READ = {"kept": (EVENT, "customer"), "events": True}


def events(read: Read) -> dict[str, int]:
    assert read.told == ""
    return {str(name): int(total) for name, total in read.by(EVENT, "credits").items()}


def test_every_row_is_an_event(tmp_path: Path) -> None:
    text = "timestamp,customer,credits\n" + "".join(
        f"{time}Z,acme,{n}\n" for time, n in [(AT, 1), (f"{AT}.5", 2), (AT, 3)]
    )
    assert events(read_text(tmp_path, text, **READ)) == {
        f"{AT}.000000Z usage.csv:000000001": 1,
        f"{AT}.000000Z usage.csv:000000003": 3,
        f"{AT}.500000Z usage.csv:000000002": 2,
    }


def test_a_file_goes_by_its_name_in_the_book(tmp_path: Path) -> None:
    path = write(tmp_path, f"timestamp,credits\n{AT}+02:00,1\n")
    files = [export_file(path, events=True, name=f"usage/{number}/usage.csv") for number in (1, 2)]
    read = read_files(files[:1], kept=(EVENT,))
    assert list(events(read)) == ["2025-11-03T08:15:00.000000Z usage/1/usage.csv:000000001"]
    read = read_files(files[1:], kept=(EVENT,))
    assert list(events(read)) == ["2025-11-03T08:15:00.000000Z usage/2/usage.csv:000000001"]


def test_days_and_long_rows_are_events_too(tmp_path: Path) -> None:
    text = "date,meter,quantity\n2025-11-03,credits,5\n2025-11-03,credits,6\n"
    read = read_text(tmp_path, text, zone="Europe/Berlin", **READ)
    assert events(read) == {
        "2025-11-02T23:00:00.000000Z usage.csv:000000001": 5,
        "2025-11-02T23:00:00.000000Z usage.csv:000000002": 6,
    }


def test_an_id_names_the_event_wherever_its_row_stands(tmp_path: Path) -> None:
    rows = [("a", 5), ("b", 6), ("a", 5), ("", 7)]
    text = "timestamp,id,credits\n" + "".join(f"{AT}Z,{name},{n}\n" for name, n in rows)
    names = [name.split(" ", 1)[1] for name in events(read_text(tmp_path, text, **READ))]
    assert sorted(names) == ["a", "b", "usage.csv:000000004"]


def test_numbers_are_those_of_the_rows_however_many_there_are(tmp_path: Path) -> None:
    """Enough rows for DuckDB to read the file by several threads."""
    count = 400_000
    text = "timestamp,customer,credits\n" + "".join(
        f"{AT}Z,customer-{number % 7},{number}\n" for number in range(1, count + 1)
    )
    read = read_text(tmp_path, text, **READ)
    ((rows, right),) = read.connection.execute(
        "SELECT count(*), count(*) FILTER (m_credits = right(d_event, 9)::BIGINT) FROM usage_read"
    ).fetchall()
    assert (rows, right) == (count, count)


def test_only_files_whose_plan_asks_have_events(tmp_path: Path) -> None:
    read = read_text(tmp_path, f"timestamp,credits\n{AT}Z,1\n", kept=(EVENT,))
    assert read.by(EVENT, "credits") == {None: 1}


def test_a_row_is_explained_with_its_event(tmp_path: Path) -> None:
    file = export_file(write(tmp_path, f"timestamp,credits\n\n{AT}Z,1\n"), events=True)
    (plain,) = [d for d in shipped_descriptors() if d.id == "plain-wide"]
    row = row_at(connect(), file, plain, 3)
    event = f"{AT}.000000Z usage.csv:000000001"
    assert row is not None
    assert row.dimensions[EVENT] == event
    form = form_of(file, plain)
    assert form is not None
    layout = Layout((EVENT,), ("credits",))
    found = connect().execute(f"SELECT n, d_event FROM {used_rows_sql(form, layout)}").fetchall()
    assert found == [(1, event)]
