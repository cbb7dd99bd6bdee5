"""The exports of OpenAI's usage dashboard, beside what test_openai_usage.py says of completions."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.exports.formats.offering import Downloads, claims
from tests.sources.exports.reading import Read, csv_text, export_file, read_files, read_text
from tests.sources.exports.test_openai_usage import HEADER_24, HEADER_26
from tests.sources.exports.test_statements import COSTS_10, COSTS_16, COSTS_17
from tokenbooks.sources.exports.sheets.contents import read_contents

NOV_3, NOV_4, NOV_5, NOV_6 = (1762128000 + 86400 * day for day in range(4))
NOTEBOOK = "start_time,end_time,amount_value,currency,line_item,project_id"


def day(start: int) -> dict[str, str]:
    """The times of a bucket of a day, as the export writes them where there is no data."""
    number = (start - NOV_3) // 86400 + 3
    return {
        "start_time": f"{start}",
        "end_time": f"{start + 86400}",
        "start_time_iso": f"2025-11-{number:02}T00:00:00+00:00",
        "end_time_iso": f"2025-11-{number + 1:02}T00:00:00+00:00",
    }


def read_costs(folder: Path, text: str | bytes) -> Read:
    return read_text(folder, text, kind="statement", name="cost.csv")


# -- completions after a spreadsheet ---------------------------------------------------

#: Two models on one day, then a row that shares every key with another, then an empty day.
ROWS_24 = """
{d3} proj_a 6.0 user-1 key_1 gpt-4o-2024-08-06 FALSE default 40000.0 7000.0 4000.0 36000.0 36000.0 \
7000.0 4000.0 0.0 0.0 0.0 0.0 0.0 0.0
{d4} proj_a 8.0 user-1 key_1 gpt-5-2025-08-07 FALSE default 30000.0 50000.0 6000.0 24000.0 24000.0 \
50000.0 6000.0 0.0 0.0 0.0 0.0 0.0 0.0
{d4} proj_a 1.0 user-1 key_1 gpt-5-2025-08-07 FALSE default 5000.0 9000.0 0.0 5000.0 5000.0 \
9000.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0
"""


def spreadsheet_tsv() -> str:
    """A download of 2025-10 that passed through a spreadsheet: tabs, FALSE, floats."""
    lines = [HEADER_24.replace(",", "\t")]
    days = {f"d{n}": " ".join(day(NOV_3 + 86400 * (n - 3)).values()) for n in (3, 4)}
    lines += [row.format(**days).replace(" ", "\t") for row in ROWS_24.split("\n")[1:-1]]
    lines.append("\t".join([*day(NOV_5).values(), *[""] * 20]))
    return "\n".join([*lines, ""])


def test_a_download_that_passed_through_a_spreadsheet(tmp_path: Path) -> None:
    read = read_text(tmp_path, spreadsheet_tsv(), name="completions_usage.csv")
    assert read.told == ""
    account = read.account
    assert (account.rows_read, account.used, account.skipped) == (4, 3, {"empty bucket": 1})
    assert f"{account.first_day} {account.last_day}" == "2025-11-03 2025-11-04"
    assert account.unknown_columns == ()
    assert read.totals() == {
        "input_tokens": 36000 + 24000 + 5000,  # what was not cached
        "cached_input_tokens": 4000 + 6000,
        "output_tokens": 7000 + 50000 + 9000,
        "requests": 6 + 8 + 1,
    }
    assert read.by("batch", "requests") == {None: 15}
    assert read.by("model", "output_tokens") == {
        "gpt-4o-2024-08-06": 7000,
        "gpt-5-2025-08-07": 59000,  # two rows that share every key
    }


def test_saved_as_unicode_text_or_packed_it_is_the_same(tmp_path: Path) -> None:
    plain = read_text(tmp_path, spreadsheet_tsv()).totals()
    unicode_text = spreadsheet_tsv().replace("\n", "\r\n").encode("utf-16")
    assert read_text(tmp_path, unicode_text).totals() == plain
    path = tmp_path / "usage.csv.gz"
    path.write_bytes(gzip.compress(spreadsheet_tsv().encode()))
    contents, problems = read_contents(path)
    assert problems == []
    assert read_files([export_file(contents[0].path)]).totals() == plain


def test_newest_day_is_provisional(tmp_path: Path) -> None:
    account = read_text(tmp_path, spreadsheet_tsv()).account
    assert f"{account.provisional_from}" == "2025-11-04"


def test_second_download_in_another_order_counts_once(tmp_path: Path) -> None:
    first = spreadsheet_tsv()
    head, *rows = first.splitlines()
    again = "\n".join([head, *reversed(rows), ""])
    name = "completions_usage_2025-11-01_2025-11-05"
    downloads = Downloads(tmp_path, {f"{name}.csv": first, f"{name}-2.csv": again})
    assert downloads.codes == []
    assert downloads.used_and_replaced == {f"{name}.csv": (0, 3), f"{name}-2.csv": (3, 0)}
    assert downloads.read.totals()["output_tokens"] == 66000


@pytest.mark.parametrize(
    ("column", "written", "code"),
    [
        ("num_model_requests", "-5", "negative-count"),
        ("output_tokens", "12.5", "bad-count"),
        ("num_model_requests", "many", "bad-count"),
        ("start_time", "2025-11-03", "bad-time"),
    ],
)
def test_malformed_cells_are_rejected_with_their_place(
    tmp_path: Path, column: str, written: str, code: str
) -> None:
    good = day(NOV_3) | {"model": "gpt-4o", "input_tokens": "1", "output_tokens": "2"}
    read = read_text(tmp_path, csv_text(HEADER_26, [good, good | {column: written}]))
    assert [problem.code for problem in read.problems] == [code]
    assert f"{read.problems[0].position}".startswith("usage.csv:3:")
    assert (read.account.used, read.account.rejected) == (1, 1)


# -- the files beside completions ------------------------------------------------------

TIMES = "start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests"
OTHERS = {
    "embeddings": (
        "openai-embeddings-usage",
        f"{TIMES},user_id,api_key_id,model,input_tokens",
        {"model": "text-embedding-3-small", "input_tokens": "7000", "num_model_requests": "12"},
        {"input_tokens": 7000, "requests": 12},
    ),
    "images": (
        "openai-images-usage",
        f"{TIMES},user_id,api_key_id,model,size,source,images",
        {"model": "dall-e-3", "images": "4", "size": "1024x1024", "source": "image.generation"},
        {"images": 4},
    ),
    "audio_speeches": (
        "openai-speech-usage",
        f"{TIMES},user_id,api_key_id,model,characters",
        {"model": "tts-1", "characters": "900", "num_model_requests": "2"},
        {"characters": 900, "requests": 2},
    ),
    "audio_transcriptions": (
        "openai-transcriptions-usage",
        f"{TIMES},user_id,api_key_id,model,seconds",
        {"model": "whisper-1", "seconds": "61.0", "num_model_requests": "1"},
        {"audio_seconds": 61, "requests": 1},
    ),
    "vector_stores": (
        "openai-vector-stores-usage",
        "start_time,end_time,start_time_iso,end_time_iso,project_id,usage_bytes",
        {"usage_bytes": "2000000000"},
        {"storage_bytes": 2000000000},
    ),
    "code_interpreter_sessions": (
        "openai-code-interpreter-usage",
        "start_time,end_time,start_time_iso,end_time_iso,project_id,num_sessions",
        {"num_sessions": "3"},
        {"code_sessions": 3},
    ),
}


@pytest.mark.parametrize("what", OTHERS)
def test_files_beside_completions(tmp_path: Path, what: str) -> None:
    format, header, row, totals = OTHERS[what]
    text = csv_text(header, [day(NOV_3) | row, day(NOV_4)])
    assert claims(tmp_path, text) == [format]
    read = read_text(tmp_path, text, name=f"{what}_usage_2025-11-03_2025-11-04.csv")
    assert read.told == ""
    assert (read.account.used, read.account.skipped) == (1, {"empty bucket": 1})
    assert read.account.unknown_columns == ()
    assert read.totals() == totals


def test_size_and_kind_of_images_are_dimensions(tmp_path: Path) -> None:
    _, header, row, _ = OTHERS["images"]
    text = csv_text(header, [day(NOV_3) | row])
    read = read_text(tmp_path, text, kept=("model", "size", "operation"))
    assert read.by("size", "images") == {"1024x1024": 4}
    assert read.by("operation", "images") == {"image.generation": 4}


# -- costs -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "currency"),
    [
        (COSTS_10, "amount_currency"),
        (COSTS_16, "amount_currency"),
        (COSTS_17, "amount_currency"),
        (NOTEBOOK, "currency"),
    ],
    ids=["2025-10", "2026-08", "2026-09", "notebook"],
)
def test_costs_of_every_header(tmp_path: Path, header: str, currency: str) -> None:
    columns = header.split(",")
    first = day(NOV_3) | {"amount_value": "0.8958740000000000", currency: "usd"}
    first |= {"start_time_iso": "2025-11-03T00:00:00", "end_time_iso": "2025-11-04T00:00:00"}
    second = day(NOV_4) | {"amount_value": "0.003400000000000000000000000000000000"}
    second |= {currency: "usd", "line_item": '"gpt-4o-mini-2024-07-18, cached input"'}
    zero = day(NOV_5) | {"amount_value": "0E-6176", currency: "usd"}
    rows = [first, second, zero, day(NOV_6)]
    known = [{name: row[name] for name in columns if name in row} for row in rows]
    text = csv_text(header, known)
    assert claims(tmp_path, text) == ["openai-costs"]
    read = read_costs(tmp_path, text)
    assert read.told == ""
    account = read.account
    assert (account.rows_read, account.used, account.skipped) == (4, 3, {"empty bucket": 1})
    assert account.stated == Decimal("0.899274")  # 0.895874 + 0.0034 + 0
    assert (account.currency, account.unknown_columns) == ("USD", ())
    assert f"{account.first_day} {account.provisional_from}" == "2025-11-03 2025-11-05"
    assert (account.day_zone, account.replaces) == (None, True)


def test_complimentary_tokens_cost_nothing_and_are_used(tmp_path: Path) -> None:
    spent = {"amount_currency": "usd", "quantity_unit": "tokens"}
    rows = [
        spent | {"line_item": '"gpt-mini, output"', "quantity": "15000", "amount_value": "0"},
        spent | {"line_item": '"gpt-mini, output"', "quantity": "8000", "amount_value": "0.0096"},
        spent | {"line_item": '"gpt-mini, cached input"', "quantity": "0", "amount_value": "0"},
        spent | {"line_item": "assistants api | file search", "amount_value": "0.025"},
    ]
    read = read_costs(tmp_path, csv_text(COSTS_17, [day(NOV_3) | row for row in rows]))
    assert (read.told, read.account.used, read.account.skipped) == ("", 4, {})
    assert read.stated("line_item") == [
        ("assistants api | file search", Decimal("0.025"), None),
        ("gpt-mini, cached input", Decimal(0), None),
        ("gpt-mini, output", Decimal("0.0096"), None),
    ]
    assert read.account.amounts == {"owed": Decimal("0.0346")}


def test_costs_of_a_later_download_replace_whole_days(tmp_path: Path) -> None:
    def costs(*amounts: tuple[int, str]) -> str:
        rows = [day(start) | {"amount_value": text} for start, text in amounts]
        return csv_text(COSTS_16, [row | {"amount_currency": "usd"} for row in rows])

    early = costs((NOV_3, "1"), (NOV_4, "0.2"))  # of the newest day not all was known
    late = costs((NOV_4, "2"), (NOV_5, "3"))
    downloads = Downloads(tmp_path, {"cost_a.csv": early, "cost_b.csv": late}, "statement")
    assert downloads.codes == []
    assert downloads.used_and_replaced == {"cost_a.csv": (1, 1), "cost_b.csv": (2, 0)}
    assert [amount for amount, _ in downloads.read.stated()] == [Decimal(6)]  # 1 + 2 + 3


def test_a_spreadsheets_costs_with_tabs(tmp_path: Path) -> None:
    header = COSTS_10.replace(",", "\t")
    times = "\t".join(day(NOV_3).values())
    row = f"{times}\t0.569788\tusd\t\t\torg-1\tPersonal"
    empty = "\t".join([*day(NOV_4).values(), *[""] * 6])
    read = read_costs(tmp_path, f"{header}\n{row}\n{empty}\n")
    assert (read.told, read.account.stated) == ("", Decimal("0.569788"))


def test_an_empty_period_counts_nothing_wherever_it_stands(tmp_path: Path) -> None:
    text = csv_text("start_time,end_time,start_time_iso,end_time_iso", [day(NOV_3), day(NOV_4)])
    assert claims(tmp_path, text) == ["openai-empty-period"]
    files = {"completions_usage_2025-11-03_2025-11-04.csv": text}
    assert Downloads(tmp_path, files).used_and_replaced == {next(iter(files)): (0, 0)}


def test_the_published_empty_period_is_read(shared: Path) -> None:
    path = shared / "data" / "exports" / "openai_empty_period.csv"
    for kind in ("usage", "statement"):
        read = read_files([export_file(path, kind=kind)])
        assert (read.told, read.account.used) == ("", 0)
        assert read.account.rows_read == read.account.skipped["empty bucket"] > 0
