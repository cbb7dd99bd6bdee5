"""OpenRouter's activity: a row per generation in three shapes, and the sums by day."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.exports.reading import Read, export_file, read_files, read_text, write
from tokenbooks.sources.exports.descriptors.reading import shipped_descriptors
from tokenbooks.sources.exports.reader import open_export
from tokenbooks.usage.overlap import resolve_overlaps

KEPT = ("model", "provider", "variant", "api_key", "app", "byok")

#: The columns since 2026-08; from 2026-09 on the last three stand in another order.
COLUMNS = (
    "generation_id,created_at,cost_total,cost_web_search,cost_cache,cost_file_processing,"
    "byok_usage_inference,tokens_prompt,tokens_completion,tokens_reasoning,tokens_cached,"
    "model_permaslug,provider_name,variant,cancelled,streamed,user,finish_reason_raw,"
    "finish_reason_normalized,generation_time_ms,time_to_first_token_ms,"
)
AUGUST = COLUMNS + "app_name,api_key_name,api_key_disabled"
SEPTEMBER = COLUMNS + "api_key_disabled,api_key_name,app_name"
JANUARY = (
    "created_at,cost_total,tokens_prompt,tokens_completion,tokens_reasoning,model_permaslug,"
    "provider_name,variant,finish_reason_normalized,generation_time_ms,time_to_first_token_ms"
)
DAYS = "Date,Slug,Usage,BYOK Usage,Requests,Prompt Tokens,Completion Tokens,Reasoning Tokens"

#: What comes after the tokens: model, provider, variant, cancelled ... time to first token.
BIG = "acme/big-20260701,Acme,standard,false,true,,stop,stop,900,120"
FREE = "acme/small-20260601,Other,free,false,true,,stop,stop,400,90"
FAILED = "acme/big-20260701,,standard,false,true,,,,0,"

GENERATIONS = f"""\
gen-5,2026-09-02 00:00:00.000,0.004,,-0.006,,0,3000,40,10,2500,{BIG}
gen-4,2026-09-01 23:59:59.999,0.0021,,0.0005,,0,1000,100,0,0,{BIG}
gen-3,2026-09-01 10:00:00.250,0.0001,,,,0.002,500,50,0,0,{BIG}
gen-2,2026-09-01 09:00:00.000,0,,,,0,800,80,0,0,{FREE}
gen-1,2026-09-01 08:00:00.000,0,,,,0,,,,,{FAILED}
"""


def rows(last: str) -> str:
    """The generations with what a header has in its last three columns."""
    return "".join(f"{line},{last}\n" for line in GENERATIONS.splitlines())


SHAPES = {
    "2026-08": f"{AUGUST}\n{rows('Agent,key-a,false')}",
    "2026-09": f"{SEPTEMBER}\n{rows('false,key-a,Agent')}",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_row_is_a_generation(tmp_path: Path, shape: str) -> None:
    read = read_text(tmp_path, SHAPES[shape], kept=KEPT)
    assert read.told == ""
    account = read.account
    assert (account.format, account.rows_read) == ("openrouter-activity", 5)
    # gen-1 failed and gen-2 is of a free model: nobody owes them
    assert (account.used, account.skipped) == (3, {"not owed": 2})
    assert account.unknown_columns == ()
    assert read.totals() == {
        # the prompts contain what was cached: 3000 - 2500 + 1000 + 500
        "input_tokens": 2000,
        "cached_input_tokens": 2500,
        "output_tokens": 190,
        "reasoning_tokens": 10,
    }
    # cost_total has what the cache saved (-0.006) and cost (0.0005): 0.004 + 0.0021 + 0.0001
    assert (account.stated, account.currency) == (Decimal("0.0062"), "USD")
    assert read.by("api_key", "output_tokens") == {"key-a": 190}
    assert read.by("app", "output_tokens") == {"Agent": 190}
    assert read.by("model", "output_tokens") == {"acme/big-20260701": 190}
    # with one's own key the cost is the fee; the tokens are paid to the provider
    assert read.by("byok", "output_tokens") == {None: 140, "true": 50}


def test_times_are_utc_to_the_millisecond(tmp_path: Path) -> None:
    days = {}
    for zone in ("UTC", "Asia/Shanghai"):
        read = read_text(tmp_path, SHAPES["2026-09"], zone=zone)
        days[zone] = {str(at.date()): n for at, n in read.by("at", "output_tokens").items()}
    # 23:59:59.999 UTC is 07:59 of the next day in Shanghai, and 10:00:00.250 is 18:00
    assert days == {
        "UTC": {"2026-09-01": 150, "2026-09-02": 40},
        "Asia/Shanghai": {"2026-09-01": 50, "2026-09-02": 140},
    }


def test_a_second_download_adds_what_is_new(tmp_path: Path) -> None:
    lines = SHAPES["2026-09"].splitlines(keepends=True)
    first = write(tmp_path, "".join([lines[0], *lines[2:]]), "a.csv")
    whole = write(tmp_path, SHAPES["2026-09"], "b.csv")
    read = read_files([export_file(first), export_file(whole)], KEPT)
    assert read.told == ""
    assert [(a.used, a.replaced) for a in read.result.accounts] == [(2, 0), (1, 4)]
    assert read.totals()["cached_input_tokens"] == 2500


def test_the_same_file_may_be_usage_and_statement(tmp_path: Path) -> None:
    path = write(tmp_path, SHAPES["2026-08"])
    read = read_files([export_file(path), export_file(path, "statement")], KEPT)
    assert read.told == ""
    assert [account.stated for account in read.result.accounts] == [Decimal("0.0062")] * 2
    assert read.stated("provider") == [
        ("Acme", Decimal("0.0062"), None),
        ("Other", Decimal(0), None),
        (None, Decimal(0), None),
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("gen-4,2026-09-01 23:59:59.999", "gen-4,1/9/2026"), "3:7: error[bad-time]"),
        (("0.0021", "2e"), "3:31: error[bad-amount]"),
        ((",1000,100,", ",-1000,100,"), "3:49: error[negative-count]"),
        (("3000,40,10,2500", "3000,40,10,3500"), "2:48: error[part-exceeds-whole]"),
    ],
)
def test_a_bad_row_is_told_with_its_place(
    tmp_path: Path, change: tuple[str, str], problem: str
) -> None:
    read = read_text(tmp_path, SHAPES["2026-09"].replace(*change))
    assert f"usage.csv:{problem}" in read.told
    assert (read.account.used, read.account.rejected) == (2, 1)


def test_more_reasoning_than_output_is_a_warning(tmp_path: Path) -> None:
    read = read_text(tmp_path, SHAPES["2026-09"].replace(",100,0,0,", ",100,450,0,"))
    assert "usage.csv:3: warning[part-exceeds-whole]" in read.told
    assert "error" not in read.told
    # it is informational: nothing is taken from the output for it
    assert read.totals()["output_tokens"] == 190


# -- January 2026 --------------------------------------------------------------------------

ONE = "2026-01-20 06:00:00.001,9.9e-05,300,20,30,acme/small-20260101,Acme,standard,stop,100,50"
TWO = "2026-01-20 05:00:00.000,0.0012,400,90,0,acme/big-20260101,Acme,standard,stop,800,70"


def test_without_ids_rows_are_what_they_say(tmp_path: Path) -> None:
    first = write(tmp_path, f"{JANUARY}\n{TWO}\n{TWO}\n", "a.csv")
    second = write(tmp_path, f"{JANUARY}\n{ONE}\n{TWO}\n{TWO}\n", "b.csv")
    read = read_files([export_file(first), export_file(second)], KEPT)
    assert [account.format for account in read.result.accounts] == [
        "openrouter-activity-without-ids"
    ] * 2
    assert [(a.used, a.replaced) for a in read.result.accounts] == [(2, 0), (1, 2)]
    # 0.0012 twice, and 9.9e-05
    assert [account.stated for account in read.result.accounts] == [
        Decimal("0.0024"),
        Decimal("0.000099"),
    ]
    # more was reasoned (30) than came out (20), in the row that counts and in no other
    assert read.told.count("part-exceeds-whole") == 1
    # 400 x 2 + 300; 90 x 2 + 20
    assert read.totals() == {
        "input_tokens": 1100,
        "output_tokens": 200,
        "reasoning_tokens": 30,
    }


# -- by day --------------------------------------------------------------------------------

BY_DAY = f"""\
{",".join(f'"{name}"' for name in DAYS.split(","))}
"2026-01-15 00:00:00","acme/small","0.25","0","10","2000","300","100"
"2026-01-15 00:00:00","acme/gift","0","0","4","900","100","0"
"2026-01-16 00:00:00","acme/small","1.5","0.75","20","5000","700","0"
"""


def test_sums_by_day(tmp_path: Path) -> None:
    read = read_text(tmp_path, BY_DAY, zone="Asia/Shanghai")
    assert read.told == ""
    account = read.account
    assert (account.format, account.used, account.skipped) == (
        "openrouter-activity-days",
        2,
        {"not owed": 1},
    )
    # 0.25 + 1.5; what is paid with one's own keys is beside it
    assert account.stated == Decimal("1.75")
    assert read.totals() == {
        "input_tokens": 7000,
        "output_tokens": 1000,
        "reasoning_tokens": 100,
        "requests": 30,
    }
    # days stay what they are, whatever the contract's zone is
    assert [str(at.date()) for at in read.by("at", "requests")] == ["2026-01-15", "2026-01-16"]
    assert account.day_zone == "UTC"


def test_a_later_download_by_day_replaces_days(tmp_path: Path) -> None:
    later = BY_DAY.replace('"1.5"', '"2.5"').replace('"5000"', '"6000"')
    later += '"2026-01-17 00:00:00","acme/small","0.5","0","1","10","1","0"\n'
    paths = [write(tmp_path, BY_DAY, "a.csv"), write(tmp_path, later, "b.csv")]
    read = read_files([export_file(path, "statement") for path in paths])
    accounts, problems = resolve_overlaps(read.connection, read.result.layout, read.result.accounts)
    assert problems == []
    # 0.25 + 2.5 + 0.5, all of the later file
    assert [(a.used, a.replaced, a.stated) for a in accounts] == [
        (0, 3, Decimal(0)),
        (4, 0, Decimal("3.25")),
    ]


API = {
    "data": [
        {
            "date": "2026-03-01",
            "model": "acme/small",
            "model_permaslug": "acme/small-20260101",
            "endpoint_id": "e-1",
            "provider_name": "Acme",
            "usage": 1.25,
            "byok_usage_inference": 0.5,
            "requests": 40,
            "prompt_tokens": 12000,
            "completion_tokens": 7000,
            "reasoning_tokens": 1000,
        }
    ]
}


def test_sums_by_day_from_the_api(tmp_path: Path) -> None:
    read = read_text(tmp_path, json.dumps(API), kept=KEPT, name="activity.json")
    assert read.told == ""
    account = read.account
    assert (account.format, account.used) == ("openrouter-activity-api", 1)
    assert (account.stated, account.unknown_columns) == (Decimal("1.25"), ())
    assert read.by("provider", "requests") == {"Acme": 40}
    assert read.totals() == {
        "input_tokens": 12000,
        "output_tokens": 7000,
        "reasoning_tokens": 1000,
        "requests": 40,
    }


# -- which format --------------------------------------------------------------------------

HEADERS = {
    AUGUST: "openrouter-activity",
    SEPTEMBER: "openrouter-activity",
    JANUARY: "openrouter-activity-without-ids",
    DAYS: "openrouter-activity-days",
}


@pytest.mark.parametrize(("header", "format"), HEADERS.items())
@pytest.mark.parametrize("kind", ["usage", "statement"])
@pytest.mark.parametrize(("mark", "end"), [("", "\n"), ("\ufeff", "\r\n")])
def test_one_format_claims_each_header(
    tmp_path: Path, header: str, format: str, kind: str, mark: str, end: str
) -> None:
    path = write(tmp_path, f"{mark}{header}{end}")
    form, problems = open_export(export_file(path, kind), shipped_descriptors())
    assert problems == []
    assert form is not None
    assert (form.descriptor.id, form.unknown_columns) == (format, ())


# -- real files ----------------------------------------------------------------------------


def real(shared: Path, name: str) -> Read:
    path = shared / "data" / "exports" / name
    return read_files([export_file(path)], KEPT)


def test_the_real_rows_of_september_2026(shared: Path) -> None:
    read = real(shared, "openrouter_activity.csv")
    assert read.told == ""
    assert (read.account.rows_read, read.account.used) == (18, 18)
    # tokens_prompt comes to 1,868,847, of which 727,808 were cached: 1,141,039 were not
    assert read.totals()["input_tokens"] == 1141039
    assert read.totals()["cached_input_tokens"] == 727808
    assert read.account.stated == Decimal("0.087235")


def test_the_real_rows_of_august_2026(shared: Path) -> None:
    read = real(shared, "openrouter_activity_2026_08.csv")
    assert read.told == ""
    assert (read.account.rows_read, read.account.used) == (8, 8)
    assert read.account.stated == Decimal("0.075501")
