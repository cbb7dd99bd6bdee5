"""Pages of OpenAI's Usage and Costs APIs, and the addresses of the older dashboard."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sources.exports.formats.offering import Downloads, claims, json_text
from tests.sources.exports.reading import Read, csv_text, read_text
from tests.sources.exports.test_openai_usage import HEADER_24

NOV_3, NOV_4, NOV_5 = (1762128000 + 86400 * day for day in range(3))
NULLS = {"project_id": None, "user_id": None, "api_key_id": None, "model": None, "batch": None}


def bucket(start: int, *results: dict[str, Any], **own: Any) -> dict[str, Any]:
    times = {"object": "bucket", "start_time": start, "end_time": start + 86400}
    return times | own | {"results": list(results)}


def page(*buckets: dict[str, Any], more: str | None = None) -> dict[str, Any]:
    ends = {"has_more": more is not None, "next_page": more}
    return {"object": "page", "data": list(buckets), **ends}


def result(what: str, **counts: Any) -> dict[str, Any]:
    return {"object": f"organization.usage.{what}.result"} | NULLS | counts


def read_usage(folder: Path, text: str, **options: Any) -> Read:
    return read_text(folder, text, name="usage.json", **options)


# -- usage -----------------------------------------------------------------------------

IN_AND_OUT = {"input_tokens": 1000, "input_cached_tokens": 800, "output_tokens": 500}
TEXT = result("completions", **IN_AND_OUT, num_model_requests=5)
GROUPED = TEXT | {"model": "gpt-4o", "project_id": "proj_a", "batch": True, "service_tier": "flex"}
GROUPED_ROW = {  # the same in the dashboard's export
    "start_time": f"{NOV_3}",
    "end_time": f"{NOV_4}",
    "model": "gpt-4o",
    "project_id": "proj_a",
    "batch": "True",
    "service_tier": "flex",
    "input_tokens": "1000",
    "input_cached_tokens": "800",
    "output_tokens": "500",
    "num_model_requests": "5",
}
PLAIN = GROUPED | {"project_id": "proj_b", "batch": False, "service_tier": "default"}


def test_a_page_that_is_not_grouped(tmp_path: Path) -> None:
    text = json_text(page(bucket(NOV_3, TEXT), bucket(NOV_4)))
    assert claims(tmp_path, text) == ["openai-completions-usage"]
    read = read_usage(tmp_path, text)
    assert read.told == ""
    account = read.account
    assert (account.rows_read, account.used, account.skipped) == (2, 1, {"empty bucket": 1})
    assert read.totals() == {
        "input_tokens": 200,  # 1000 in, of which 800 cached
        "cached_input_tokens": 800,
        "output_tokens": 500,
        "requests": 5,
    }
    assert read.by("model", "output_tokens") == {None: 500}
    assert f"{account.first_day} {account.provisional_from}" == "2025-11-03 2025-11-03"
    assert account.unknown_columns == ()


def test_neutral_spellings_are_absent(tmp_path: Path) -> None:
    read = read_usage(tmp_path, json_text(page(bucket(NOV_3, GROUPED, PLAIN))))
    assert read.by("batch", "requests") == {"true": 5, None: 5}
    assert read.by("service_tier", "requests") == {"flex": 5, None: 5}
    assert read.by("project", "requests") == {"proj_a": 5, "proj_b": 5}


def test_every_modality_is_counted_once(tmp_path: Path) -> None:
    full = GROUPED | {
        "input_tokens": 2000,
        "input_cached_tokens": 600,  # 400 text, 150 audio, 50 images
        "input_cache_write_tokens": 200,
        "input_uncached_tokens": 1200,
        "input_text_tokens": 750,
        "input_cached_text_tokens": 400,
        "input_audio_tokens": 350,
        "input_cached_audio_tokens": 150,
        "input_image_tokens": 100,
        "input_cached_image_tokens": 50,
        "output_tokens": 900,
        "output_text_tokens": 700,
        "output_audio_tokens": 120,
        "output_image_tokens": 80,
    }
    read = read_usage(tmp_path, json_text(page(bucket(NOV_3, full))))
    assert (read.told, read.account.unknown_columns) == ("", ())
    totals = read.totals()
    assert totals["input_tokens"] == 750  # 2000 - 600 - 200 - 350 - 100, as its own text says
    assert totals["cached_input_tokens"] == 400  # 600 - 150 - 50
    assert totals["output_tokens"] == 700  # 900 - 120 - 80
    assert sum(n for name, n in totals.items() if name != "requests") == 2000 + 900


SPEECH = result("audio_speeches", characters=450, num_model_requests=1)
TRANSCRIPTION = result("audio_transcriptions", seconds=61, num_model_requests=1)
OTHERS: list[tuple[dict[str, Any], str, str | None, dict[str, int]]] = [
    (
        result("embeddings", input_tokens=70, num_model_requests=2),
        *("openai-embeddings-usage", None, {"input_tokens": 70, "requests": 2}),
    ),
    (
        result("moderations", input_tokens=30, num_model_requests=1),
        *("openai-embeddings-usage", "moderation", {"input_tokens": 30, "requests": 1}),
    ),
    (
        result("images", images=3, num_model_requests=2, size="1024x1024", source="image.edit"),
        *("openai-images-usage", "images", {"images": 3, "requests": 2}),
    ),
    (SPEECH, "openai-speech-usage", "speech", {"characters": 450, "requests": 1}),
    (
        TRANSCRIPTION,
        *("openai-transcriptions-usage", "transcription", {"audio_seconds": 61, "requests": 1}),
    ),
    (
        {"object": "organization.usage.vector_stores.result", "usage_bytes": 5 * 10**9},
        *("openai-vector-stores-usage", "vector-store", {"storage_bytes": 5 * 10**9}),
    ),
    (
        {"object": "organization.usage.code_interpreter_sessions.result", "num_sessions": 4},
        *("openai-code-interpreter-usage", "code-interpreter", {"code_sessions": 4}),
    ),
    (
        result("web_searches", num_requests=7, num_model_requests=5, context_level="low"),
        *("openai-web-searches-usage", "web-search", {"web_searches": 7, "requests": 5}),
    ),
    (
        {"object": "organization.usage.file_searches.result", "num_requests": 2},
        *("openai-file-searches-usage", "file-search", {"file_searches": 2}),
    ),
]


@pytest.mark.parametrize(("counts", "format", "service", "totals"), OTHERS)
def test_other_addresses_of_the_usage_api(
    tmp_path: Path,
    counts: dict[str, Any],
    format: str,
    service: str | None,
    totals: dict[str, int],
) -> None:
    text = json_text(page(bucket(NOV_3, counts), bucket(NOV_4)))
    assert claims(tmp_path, text) == [format]
    read = read_usage(tmp_path, text, kept=("model", "service", "size", "operation"))
    assert (read.told, read.account.unknown_columns) == ("", ())
    assert (read.account.used, read.account.skipped) == (1, {"empty bucket": 1})
    assert read.totals() == totals
    assert list(read.by("service", next(iter(totals)))) == [service]


def test_files_of_different_addresses_do_not_replace_each_other(tmp_path: Path) -> None:
    speech, transcription = (page(bucket(NOV_3, one)) for one in (SPEECH, TRANSCRIPTION))
    files = {"completions": page(bucket(NOV_3, TEXT)), "speech": speech, "text": transcription}
    downloads = Downloads(tmp_path, {f"{n}.json": json_text(one) for n, one in files.items()})
    assert downloads.codes == []
    assert [used for used, _ in downloads.used_and_replaced.values()] == [1, 1, 1]


def test_a_table_and_pages_of_the_same_days_count_once(tmp_path: Path) -> None:
    table = csv_text(HEADER_24, [GROUPED_ROW])
    later = json_text(page(bucket(NOV_3, GROUPED), bucket(NOV_4, GROUPED)))
    downloads = Downloads(tmp_path, {"usage.csv": table, "usage.json": later})
    assert downloads.codes == []
    assert downloads.used_and_replaced == {"usage.csv": (0, 1), "usage.json": (2, 0)}
    assert downloads.read.totals()["output_tokens"] == 500 + 500


def test_pages_add_up_in_one_file_or_in_several(tmp_path: Path) -> None:
    first, second = page(bucket(NOV_3, TEXT), more="x"), page(bucket(NOV_4, TEXT))
    for one_file in (json_text(first, second), json.dumps([first, second])):
        assert read_usage(tmp_path, one_file).totals()["output_tokens"] == 1000
    two_files = Downloads(tmp_path, {"1.json": json_text(first), "2.json": json_text(second)})
    assert two_files.codes == []
    assert two_files.read.totals()["output_tokens"] == 1000


def test_the_same_days_asked_for_again_replace_the_earlier(tmp_path: Path) -> None:
    more = TEXT | {"output_tokens": 900}
    early, late = page(bucket(NOV_3, TEXT)), page(bucket(NOV_3, more), bucket(NOV_4, TEXT))
    downloads = Downloads(tmp_path, {"a.json": json_text(early), "b.json": json_text(late)})
    assert downloads.codes == []
    assert downloads.used_and_replaced == {"a.json": (0, 1), "b.json": (2, 0)}
    assert downloads.read.totals()["output_tokens"] == 900 + 500


def test_an_hour_belongs_to_the_day_of_the_contract(tmp_path: Path) -> None:
    hour = bucket(NOV_3, TEXT) | {"end_time": NOV_3 + 3600}
    day = bucket(NOV_3, TEXT)
    for one, written in ((hour, "2025-11-02"), (day, "2025-11-03")):  # a day is not split
        read = read_usage(tmp_path, json_text(page(one)), zone="America/New_York")
        assert [f"{at:%Y-%m-%d}" for at in read.by("at", "requests")] == [written]


def test_a_broken_result_is_rejected_with_its_line(tmp_path: Path) -> None:
    bad = TEXT | {"output_tokens": -5}
    text = json.dumps(page(bucket(NOV_3, TEXT), bucket(NOV_4, bad)), indent=1)
    read = read_usage(tmp_path, text)
    assert read.problems[0].code == "negative-count"
    line = text[: text.index('"results"', text.index('"results"') + 1)].count("\n") + 2
    assert f"{read.problems[0].position}" == f"usage.json:{line}:1"
    assert (read.account.used, read.account.rejected) == (1, 1)


# -- costs -----------------------------------------------------------------------------

COST = {
    "object": "organization.costs.result",
    "amount": {"value": "0.000004500000000000000000000000000000000", "currency": "usd"},
    "quantity": 30.0,
    "line_item": "gpt-4o-mini-2024-07-18, input",
    "project_id": "proj_a",
    "organization_id": "org-1",
    "project_name": "Default project",
    "organization_name": "Personal",
    "user_id": None,
    "api_key_id": None,
    "user_email": None,
}


def cost(value: Any, **other: Any) -> dict[str, Any]:
    return COST | {"amount": {"value": value, "currency": "usd"}} | other


def iso(day: int, offset: str = "") -> dict[str, str]:
    """ISO times: without an offset in days with cost, with one in days without."""
    return {
        "start_time_iso": f"2025-11-{day:02}T00:00:00{offset}",
        "end_time_iso": f"2025-11-{day + 1:02}T00:00:00{offset}",
    }


def read_costs(folder: Path, text: str) -> Read:
    return read_text(folder, text, name="costs.json", kind="statement")


def test_costs_as_texts(tmp_path: Path) -> None:
    first = bucket(NOV_3, COST, cost("0E-6176", line_item="gpt-4o, cached input"), **iso(3))
    text = json_text(page(first, bucket(NOV_4, **iso(4, "+00:00"))))
    assert claims(tmp_path, text) == ["openai-costs-api"]
    read = read_costs(tmp_path, text)
    account = read.account
    assert (read.told, account.unknown_columns) == ("", ())
    assert (account.rows_read, account.used, account.skipped) == (3, 2, {"empty bucket": 1})
    assert (account.stated, account.currency) == (Decimal("0.0000045"), "USD")
    assert read.stated("line_item", "project") == [
        ("gpt-4o, cached input", "proj_a", Decimal(0), None),
        ("gpt-4o-mini-2024-07-18, input", "proj_a", Decimal("0.0000045"), None),
    ]


@pytest.mark.parametrize(
    ("number", "amount"),
    [
        ("0.06", "0.06"),
        ("5", "5"),
        ("1.14e-05", "0.0000114"),
        ("1.1399999999999999e-05", "0.0000114"),  # binary: the 21st decimal says nothing
        ("0.13080438340307526", "0.13080438340307526"),
        ("0E-6176", "0"),
    ],
)
def test_costs_as_numbers(tmp_path: Path, number: str, amount: str) -> None:
    plain = {"object": "organization.costs.result", "line_item": None, "project_id": None}
    text = json_text(page(bucket(NOV_3, plain | {"amount": {"value": 0, "currency": "usd"}})))
    read = read_costs(tmp_path, text.replace('"value": 0', f'"value": {number}'))
    assert (read.told, read.account.stated) == ("", Decimal(amount))


@pytest.mark.parametrize("value", ["12,50", "$1", "none", "1e400"])
def test_costs_that_are_no_amounts_are_rejected(tmp_path: Path, value: str) -> None:
    read = read_costs(tmp_path, json_text(page(bucket(NOV_3, COST, cost(value)))))
    assert [problem.code for problem in read.problems] == ["bad-amount"]
    assert f"{read.problems[0].position}" == "costs.json:1:1"
    assert (read.account.used, read.account.rejected) == (1, 1)


@pytest.mark.parametrize(
    ("times", "format"),
    [({}, "openai-empty-usage-pages"), (iso(3, "+00:00"), "openai-empty-cost-pages")],
)
def test_pages_without_any_result_count_nothing(
    tmp_path: Path, times: dict[str, str], format: str
) -> None:
    text = json_text(page(bucket(NOV_3, **times), bucket(NOV_4, **times)))
    assert claims(tmp_path, text) == [format]
    for read in (read_usage(tmp_path, text), read_costs(tmp_path, text)):
        assert (read.told, read.account.used) == ("", 0)
        assert read.account.skipped == {"empty bucket": 2}


# -- the older dashboard ---------------------------------------------------------------

ACTIVITY = (
    "organization_id,n_requests,operation,n_context_tokens_total,n_generated_tokens_total,"
    "usage_type,model,timestamp,user\n"
)


def test_activity_of_the_older_dashboard(tmp_path: Path) -> None:
    rows = [
        f"org-1,3,completion,1200,300,text,gpt-4-0613,{NOV_3 + 300},ann@example.com",
        f"org-1,1,completion,800,100,text,gpt-4-0613,{NOV_3 + 86399},bob@example.com",
        f"org-1,2,embeddings,5000,0,text,text-embedding-ada-002,{NOV_4},ann@example.com",
    ]
    text = ACTIVITY + "\n".join([*rows, ""])
    assert claims(tmp_path, text) == ["openai-legacy-activity"]
    read = read_text(tmp_path, text, zone="America/New_York")
    assert (read.told, read.account.unknown_columns) == ("", ())
    assert read.totals() == {
        "input_tokens": 1200 + 800 + 5000,
        "output_tokens": 300 + 100,
        "requests": 3 + 1 + 2,
    }
    days = {f"{at:%Y-%m-%d}": count for at, count in read.by("at", "requests").items()}
    assert days == {"2025-11-03": 4, "2025-11-04": 2}  # UTC days, whatever the contract's zone
    assert read.account.day_zone == "UTC"


def test_activity_downloaded_again_replaces_days_that_have_grown(tmp_path: Path) -> None:
    early = f"org-1,3,completion,1200,300,text,gpt-4,{NOV_3 + 300},ann\n"
    grown = f"org-1,4,completion,1500,350,text,gpt-4,{NOV_3 + 300},ann\n"
    grown += f"org-1,1,completion,10,5,text,gpt-4,{NOV_4},ann\n"
    downloads = Downloads(tmp_path, {"a.csv": ACTIVITY + early, "b.csv": ACTIVITY + grown})
    assert downloads.codes == []
    assert downloads.used_and_replaced == {"a.csv": (0, 1), "b.csv": (2, 0)}
    assert downloads.read.totals()["output_tokens"] == 350 + 5


def test_milliseconds_are_no_day(tmp_path: Path) -> None:
    read = read_text(tmp_path, f"{ACTIVITY}org-1,3,c,1,1,text,gpt-4,{NOV_3}000,ann\n")
    assert [problem.code for problem in read.problems] == ["bad-time"]
    assert read.problems[0].help == "write Unix seconds such as 1762128000, not milliseconds"
    assert f"{read.problems[0].position}" == "usage.csv:2:26"


LEGACY: dict[str, Any] = {
    "object": "list",
    "data": [
        {
            "organization_id": "org-1",
            "organization_name": "Personal",
            "aggregation_timestamp": NOV_3 + 600,
            "n_requests": 2,
            "operation": "completion",
            "snapshot_id": "gpt-4o-2024-08-06",
            "n_context": 2,
            "n_context_tokens_total": 900,
            "n_generated": 2,
            "n_generated_tokens_total": 120,
            "n_cached_context_tokens_total": 300,
            "email": "ann@example.com",
            "api_key_id": "key_1",
            "api_key_name": None,
            "api_key_redacted": None,
            "api_key_type": None,
            "project_id": "proj_a",
            "project_name": "A",
            "request_type": "batch",
        }
    ],
    "ft_data": [],
    "dalle_api_data": [
        {
            "timestamp": NOV_3 + 700,
            "num_images": 3,
            "num_requests": 1,
            "image_size": "1024x1024",
            "operation": "generations",
            "user_id": "bob@example.com",
            "model_id": "dall-e-3",
        }
    ],
    "whisper_api_data": [
        {"timestamp": NOV_3 + 800, "model_id": "whisper-1", "num_seconds": 62, "num_requests": 1}
    ],
    "tts_api_data": [
        {"timestamp": NOV_3 + 900, "model_id": "tts-1", "num_characters": 90, "num_requests": 2}
    ],
    "assistant_code_interpreter_data": [],
    "retrieval_storage_data": [],
    "current_usage_usd": 0.0,
}


def test_the_older_address_of_usage_by_day(tmp_path: Path) -> None:
    text = json_text(LEGACY)
    assert claims(tmp_path, text) == ["openai-legacy-usage"]
    read = read_usage(tmp_path, text, kept=("model", "user", "batch", "service", "size"))
    assert (read.told, read.account.unknown_columns) == ("", ())
    assert (read.account.rows_read, read.account.used) == (4, 4)
    assert read.totals() == {
        "input_tokens": 600,  # 900 in, of which 300 cached
        "cached_input_tokens": 300,
        "output_tokens": 120,
        "images": 3,
        "audio_seconds": 62,
        "characters": 90,
        "requests": 2 + 1 + 1 + 2,
    }
    assert read.by("model", "requests") == {
        "dall-e-3": 1,
        "gpt-4o-2024-08-06": 2,
        "tts-1": 2,
        "whisper-1": 1,
    }
    assert read.by("user", "requests") == {"ann@example.com": 2, "bob@example.com": 1, None: 3}
    assert read.by("batch", "requests") == {"true": 2, None: 4}
    assert read.by("service", "requests") == {
        "images": 1,
        "speech": 2,
        "transcription": 1,
        None: 2,
    }
    assert read.by("size", "images") == {"1024x1024": 3}


def test_a_day_without_usage_at_the_older_address(tmp_path: Path) -> None:
    empty = {key: [] if isinstance(part, list) else part for key, part in LEGACY.items()}
    assert claims(tmp_path, json_text(empty)) == ["openai-legacy-usage"]
    read = read_usage(tmp_path, json_text(empty))
    assert (read.told, read.account.used) == ("", 0)
    assert read.account.skipped == {"a day without usage": 1}


def test_costs_in_a_table_and_in_pages_are_told_twice(tmp_path: Path) -> None:
    header = "start_time,end_time,amount_value,currency,line_item,project_id"
    row = {"start_time": f"{NOV_3}", "end_time": f"{NOV_4}", "amount_value": "5", "currency": "usd"}
    files = {"a.csv": csv_text(header, [row]), "b.json": json_text(page(bucket(NOV_3, cost("5"))))}
    assert Downloads(tmp_path, files, "statement").codes == ["overlap-formats"]
