"""Bad input: each with its exact place, message and remedy; never a wrong number."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.sources.exports.reading import export_file, read_files, read_text, write
from tokenbooks.sources.exports.descriptors.reading import shipped_descriptors
from tokenbooks.sources.exports.digest import Digests
from tokenbooks.sources.exports.file_accounts import account_files
from tokenbooks.sources.exports.reader import open_export

HEAD = b"timestamp,model,input_tokens,output_tokens\n"
GOOD = b"2025-11-03T10:15:00Z,gpt-4o,1200,350\n"


def told(folder: Path, text: bytes) -> str:
    read = read_text(folder, text)
    assert not read.result.accounts or read.account.is_balanced
    return read.told


REFUSED = {
    "truncated": (
        HEAD + GOOD + b"2025-11-03T10:1",
        (
            "usage.csv:3: error[row-truncated]: the row has 1 of 4 cells\n"
            "  help: download the file again; it was cut off or changed on the way\n"
        ),
    ),
    "too wide": (
        HEAD + GOOD + b"2025-11-03T10:15:00Z,gpt-4o,1,200,350\n" + GOOD,
        (
            "usage.csv:3: error[row-too-wide]: the row has 5 cells, the header 4\n"
            "  help: put quotes around cells that hold a separator, or download the file again\n"
        ),
    ),
    "unclosed quote": (
        HEAD + GOOD + b'2025-11-03T10:15:00Z,"gpt-4o,1200,350\n' + GOOD,
        (
            "usage.csv:3: error[quote-unclosed]: a quote is not closed, or a text follows it, from"
            " here on\n"
            "  help: write a quote inside a quoted cell twice, or download the file again\n"
        ),
    ),
    "not UTF-8": (
        HEAD + GOOD + b"2025-11-03T10:15:00Z,mod\xe8le,1200,350\n",
        (
            "usage.csv:3:25: error[file-encoding]: byte 0xe8 is not UTF-8 text\n"
            "  help: save the file as UTF-8 (in Excel: CSV UTF-8)\n"
        ),
    ),
    "UTF-16 that is cut off": (
        "timestamp,model".encode("utf-16") + b"x",
        (
            "usage.csv: error[file-encoding]: the file begins as UTF-16, but is cut off or "
            "damaged\n"
            "  help: download the file again, or save it as UTF-8 (in Excel: CSV UTF-8)\n"
        ),
    ),
    "NUL": (
        HEAD + GOOD + b"2025-11-03T10:15:00Z,gpt\x00-4o,1200,350\n",
        (
            "usage.csv:3:25: error[file-nul]: the line holds a NUL byte\n"
            "  help: download the file again; it was cut off or changed on the way\n"
        ),
    ),
    "NUL in the header": (
        HEAD.replace(b"model", b"mo\x00el") + GOOD,
        (
            "usage.csv:1:13: error[file-nul]: the header holds a NUL byte\n"
            "  help: download the file again; it was cut off or is not a CSV file\n"
        ),
    ),
    "mixed line ends": (
        HEAD + GOOD + GOOD.replace(b"\n", b"\r\n") + GOOD,
        (
            "usage.csv:3: error[mixed-line-ends]: this line ends in another way than the first"
            " one\n  help: give all lines the same ends (LF or CRLF); an editor can convert them\n"
        ),
    ),
    "empty": (
        b"",
        (
            "usage.csv: error[file-empty]: the file has no header\n"
            "  help: download the file again, or take it out of the folder\n"
        ),
    ),
    "column twice": (
        b"timestamp,model,output_tokens,model\n" + GOOD,
        (
            "usage.csv:1:31: error[column-duplicate]: the column 'model' stands in the header a"
            " second time\n"
            "  help: take one of the two away, or download the file again\n"
        ),
    ),
    "decimals in a count": (
        HEAD + GOOD + b"2025-11-03T10:15:00Z,gpt-4o,9.5,350\n",
        (
            "usage.csv:3:29: error[bad-count]: '9.5' in input_tokens is not a whole count\n"
            "  help: write digits only, such as 1200: no decimals, exponents or separators\n"
        ),
    ),
    "negative": (
        HEAD + b"2025-11-03T10:15:00Z,gpt-4o,1,-350.0\n",
        (
            "usage.csv:2:31: error[negative-count]: -350.0 in output_tokens is negative\n"
            "  help: a row that takes another one back names its id in the column `reverses`\n"
        ),
    ),
    "no time": (
        HEAD + b"2025-13-03T10:15:00Z,gpt-4o,1,2\n",
        (
            "usage.csv:2:1: error[bad-time]: '2025-13-03T10:15:00Z' in timestamp is not a time"
            " between 2000 and 2100\n"
            "  help: write an instant with its offset, such as 2025-11-03T10:15:00Z\n"
        ),
    ),
    "unknown meter": (
        b"timestamp,model,meter,quantity\n2025-11-03T10:15:00Z,gpt-4o,input_token,5\n",
        (
            "usage.csv:2:29: error[meter-unknown]: 'input_token' is not a meter\n"
            "  help: did you mean 'input_tokens'?\n"
        ),
    ),
    "half a token": (
        b"timestamp,model,meter,quantity\n2025-11-03T10:15:00Z,gpt-4o,input_tokens,0.5\n",
        (
            "usage.csv:2:42: error[bad-count]: '0.5' in quantity is not a whole count\n"
            "  help: write digits only, such as 1200: no decimals, exponents or separators\n"
        ),
    ),
    "too many decimals": (
        b"timestamp,model,audio_seconds\n2025-11-03T10:15:00Z,whisper,0.0000000001\n",
        (
            "usage.csv:2:30: error[bad-quantity]: '0.0000000001' in audio_seconds is not a quantity"
            " with at most 9 decimals\n"
            "  help: write a plain number such as 12.5: no exponents or separators\n"
        ),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_told_with_place_and_remedy(tmp_path: Path, what: str) -> None:
    text, expected = REFUSED[what]
    assert told(tmp_path, text) == expected


@pytest.mark.parametrize(
    "written",
    ["9.5", "1e3", "0x10", "1_000", "1,000", "+5", " 5", "5 ", "NaN", "inf", "true", "9" * 19 + "0",
     "１２", "5..0", ".", "-", "1/2"],
)  # fmt: skip
def test_only_whole_counts_are_counts(tmp_path: Path, written: str) -> None:
    cells = f'2025-11-03T10:15:00Z,gpt-4o,"{written}",350\n'.encode()
    read = read_text(tmp_path, HEAD + cells)
    assert [problem.code for problem in read.problems] == ["bad-count"]
    assert (read.account.rejected, read.account.used) == (1, 0)
    assert read.totals() == {}


@pytest.mark.parametrize(
    ("written", "count"),
    [("0", 0), ("", 0), ("7", 7), ("007", 7), ("31422.0", 31422), ("5.", 5), ("5.000", 5),
     ("9223372036854775807", 2**63 - 1)],
)  # fmt: skip
def test_counts_as_exports_write_them(tmp_path: Path, written: str, count: int) -> None:
    read = read_text(tmp_path, HEAD + f"2025-11-03T10:15:00Z,gpt-4o,1,{written}\n".encode())
    assert read.told == ""
    assert read.totals().get("output_tokens", 0) == count


@pytest.mark.parametrize(
    "written",
    ["2025-11-03", "2025/11/03T10:15:00+00:00", "03.11.2025", "infinity", "epoch", "1762128000",
     "2025-11-03T25:00:00Z", "2025-11-03T10:15:00 UTC", " 202-11-03T10:15:00Z",
     "1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z", ""],
)  # fmt: skip
def test_only_instants_are_instants(tmp_path: Path, written: str) -> None:
    read = read_text(tmp_path, HEAD + f"{written},gpt-4o,1,2\n".encode())
    assert [problem.code for problem in read.problems] == ["bad-time"]


def test_many_bad_rows_are_few_problems_with_a_count(tmp_path: Path) -> None:
    bad = b"2025-11-03T10:15:00Z,gpt-4o,x,350\n"
    read = read_text(tmp_path, HEAD + bad * 9 + GOOD)
    assert [f"{p.position} {p.count}" for p in read.problems] == [
        "usage.csv:2:29 1",
        "usage.csv:3:29 1",
        "usage.csv:4:29 1",
        "usage.csv:5:29 1",
        "usage.csv:6:29 5",  # this one and four more: 9 in all
    ]
    assert (read.account.rejected, read.account.used) == (9, 1)


def test_every_bad_cell_of_a_row_is_told(tmp_path: Path) -> None:
    read = read_text(tmp_path, HEAD + b"soon,gpt-4o,x,-1\n")
    assert sorted(f"{p.code} {p.position.column}" for p in read.problems) == [
        "bad-count 13",
        "bad-time 1",
        "negative-count 15",
    ]


def test_lines_are_physical_lines_even_after_quoted_line_feeds(tmp_path: Path) -> None:
    text = HEAD + b'2025-11-03T10:15:00Z,"gpt\n4o",1,2\n\n2025-11-03T10:15:00Z,"a,b",x,2\n'
    read = read_text(tmp_path, text)
    assert [f"{problem.position}" for problem in read.problems] == ["usage.csv:5:28"]
    assert read.account.rows_read == 2


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    read = read_text(tmp_path, HEAD + GOOD + b"\n" + GOOD + b"\n\n")
    assert (read.told, read.account.rows_read) == ("", 2)


def test_last_line_needs_no_end(tmp_path: Path) -> None:
    read = read_text(tmp_path, HEAD + GOOD + GOOD[:-1])
    assert (read.told, read.account.rows_read) == ("", 2)


def test_header_alone_is_a_file_without_rows(tmp_path: Path) -> None:
    read = read_text(tmp_path, HEAD)
    assert (read.told, read.account.rows_read, read.account.first_day) == ("", 0, None)


def test_one_bad_file_does_not_hide_the_others(tmp_path: Path) -> None:
    bad = export_file(write(tmp_path, HEAD + b"x", "bad.csv"))
    good = export_file(write(tmp_path, HEAD + GOOD, "good.csv"))
    unknown = export_file(write(tmp_path, "a,b\n", "unknown.csv"))
    read = read_files([bad, good, unknown])
    assert sorted(problem.code for problem in read.problems) == ["format-unknown", "row-truncated"]
    assert [(account.file, account.used) for account in read.result.accounts] == [(1, 1)]


def test_names_with_signs_of_globs_and_quotes_are_names(tmp_path: Path) -> None:
    write(tmp_path, HEAD + GOOD + GOOD, "usage1.csv")
    for name in ("usage[1].csv", "usage*.csv", "usage?.csv", "o'clock (1).csv", "ünïcode.csv"):
        read = read_files([export_file(write(tmp_path, HEAD + GOOD, name))])
        assert read.told == ""
        assert read.account.used == 1, "a name is not a pattern that matches other files"


def test_the_same_plain_file_twice_is_refused(tmp_path: Path) -> None:
    files = [export_file(write(tmp_path, HEAD + GOOD, name)) for name in ("a.csv", "b.csv")]
    assert read_files(files).told == (
        "b.csv: error[file-twice]: the file is the same as a.csv, byte for byte\n"
        "  help: take one of the two away, or every row counts twice\n"
    )


def test_digest_and_size_are_those_of_the_bytes(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbftimestamp,images\r\n2025-11-03T10:15:00Z,1\r\n"
    account = read_text(tmp_path, text).account
    assert (account.size, account.sha256) == (len(text), hashlib.sha256(text).hexdigest())


def test_rows_that_the_reader_did_not_see_are_missed(tmp_path: Path) -> None:
    quoted = GOOD.replace(b"gpt-4o", b'"gpt-4o"')  # only a quote can swallow a row
    read = read_text(tmp_path, HEAD + quoted + quoted)
    read.connection.execute("UPDATE usage_read SET rows = 1")  # as if one row had been swallowed
    path = tmp_path / "usage.csv"
    form, _ = open_export(export_file(path), shipped_descriptors())
    assert form is not None
    with Digests([path]) as digests:
        _, problems = account_files(read.connection, {0: form}, digests)
    assert [f"{problem}" for problem in problems] == [
        (
            "usage.csv: error[rows-lost]: the file has 2 rows, but 1 were read\n"
            "  help: look for a quote that does not close, and download the file again"
        )
    ]


def test_what_nothing_explains_is_told_in_the_readers_words(tmp_path: Path) -> None:
    long = b"x" * 1_200_000
    read = read_text(tmp_path, HEAD + long + b"," + long + b",1,2\n")  # no line is so long
    assert [problem.code for problem in read.problems] == ["file-unreadable"]
    assert "cannot be read as CSV: " in read.told


def test_folder_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "usage.csv").mkdir()
    read = read_files([export_file(tmp_path / "usage.csv")])
    assert read.told == (
        "usage.csv: error[file-unreadable]: cannot be read: Is a directory\n"
        "  help: make it a file that you may read\n"
    )


def test_header_that_never_ends_is_not_shown_in_full(tmp_path: Path) -> None:
    read = read_text(tmp_path, b'"timestamp,model\n' + b"2025-11-03T10:15:00Z,gpt-4o\n" * 500)
    assert [problem.code for problem in read.problems] == ["format-unknown"]
    assert len(read.told) < 400
