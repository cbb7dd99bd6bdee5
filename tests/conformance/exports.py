"""One row of usage in the shapes in which two providers export it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

OPENAI_2025_10 = (
    "start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,"
    "api_key_id,model,batch,service_tier,input_tokens,output_tokens,input_cached_tokens,"
    "input_uncached_tokens,input_text_tokens,output_text_tokens,input_cached_text_tokens,"
    "input_audio_tokens,input_cached_audio_tokens,output_audio_tokens,input_image_tokens,"
    "input_cached_image_tokens,output_image_tokens"
)
ANTHROPIC_2025_06 = (
    "usage_date_utc,model_version,api_key,workspace,usage_type,usage_input_tokens_no_cache,"
    "usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,"
    "usage_input_tokens_cache_read,usage_output_tokens,web_search_count"
)


def openai_completions(day: date, counts: dict[str, str]) -> str:
    """A completions usage file with one row; its input contains the cached tokens."""
    start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    cached, total = int(counts.get("cached", 0)), int(counts["input"])
    output, fresh = counts.get("output", "0"), total - cached
    times = f"{start},{start + 86400},{day}T00:00:00+00:00,{day + timedelta(days=1)}T00:00:00+00:00"
    row = f"{times},proj_x,1,user-x,key_x,m,False,default,{total},{output},{cached},{fresh}"
    return f"{OPENAI_2025_10}\n{row},{fresh},{output},{cached},0,0,0,0,0,0\n"


def anthropic_tokens(day: date, counts: dict[str, str]) -> str:
    """A tokens file with one row; its input does not contain the cached tokens."""
    write, read = counts.get("cache_write", "0"), counts.get("cached", "0")
    row = f"{day},m,key,Default,standard,{counts['input']},{write},0,{read}"
    return f"{ANTHROPIC_2025_06}\n{row},{counts.get('output', '0')},0\n"
