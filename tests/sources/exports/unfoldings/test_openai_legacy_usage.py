"""`openai-legacy-usage`: a list for each kind of usage."""

from tests.sources.exports.unfoldings.unfolded import cells, lines

BODY = {
    "object": "list",
    "data": [{"aggregation_timestamp": 1721000000, "n_requests": 2, "snapshot_id": "gpt-4o"}],
    "ft_data": [],
    "dalle_api_data": [{"timestamp": 1721000100, "num_images": 3, "image_size": "1024x1024"}],
    "whisper_api_data": [{"timestamp": 1721000200, "num_seconds": 90}],
    "tts_api_data": [],
    "assistant_code_interpreter_data": [],
    "retrieval_storage_data": [],
    "current_usage_usd": 0.0,
}


def test_a_row_for_each_element_of_each_list() -> None:
    assert cells("openai-legacy-usage", lines(BODY)) == [
        {
            "array": "data",
            "aggregation_timestamp": "1721000000",
            "n_requests": "2",
            "snapshot_id": "gpt-4o",
            "time": "1721000000",
            "model": "gpt-4o",
            "requests": "2",
        },
        {
            "array": "dalle_api_data",
            "timestamp": "1721000100",
            "num_images": "3",
            "image_size": "1024x1024",
            "time": "1721000100",
        },
        {
            "array": "whisper_api_data",
            "timestamp": "1721000200",
            "num_seconds": "90",
            "time": "1721000200",
        },
    ]


def test_a_day_without_usage() -> None:
    empty = {"object": "list", "data": [], "ft_data": [], "dalle_api_data": []}
    assert cells("openai-legacy-usage", lines(empty)) == [{"object": "list"}]
    assert len(cells("openai-legacy-usage", lines(empty, BODY))) == 1 + 3


def test_other_pages_are_none() -> None:
    assert cells("openai-legacy-usage", lines({"data": [{"n": 1}], "has_more": False})) == []
    assert cells("openai-legacy-usage", lines({"dalle_api_data": []})) == []
    # beside a body they are not lost
    assert cells("openai-legacy-usage", lines({"error": "busy"}, BODY))[0] == {"error": "busy"}
