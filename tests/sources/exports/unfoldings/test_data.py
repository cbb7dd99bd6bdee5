"""`data`: the objects of list pages."""

import pytest

from tests.sources.exports.unfoldings.unfolded import cells, lines, unfolded

#: JSON text, and the cells of its rows
TABLE = [
    (
        '{"object": "list", "data": [{"id": "a"}, {"id": "b"}], "has_more": true}',
        [{"id": "a"}, {"id": "b"}],
    ),
    ('{"items": [{"id": "a"}], "totalCount": 1}', [{"id": "a"}]),
    # several pages: JSON lines, or in a list
    ('{"data": [{"n": 1}]}\n{"data": [{"n": 2}]}\n', [{"n": "1"}, {"n": "2"}]),
    ('[{"data": [{"n": 1}]}, {"data": [{"n": 2}]}]', [{"n": "1"}, {"n": "2"}]),
    # an element that has `data` of its own is an element
    ('{"data": [{"n": 1, "data": {"x": 2}}]}', [{"n": "1", "data.x": "2"}]),
    # a page of nothing still is a page
    ('{"object": "list", "data": []}', [{"object": "list"}]),
    # a page that is an error message is not lost beside the others
    (
        '{"data": [{"n": 1}]}\n{"error": {"code": "rate_limit"}}\n',
        [{"n": "1"}, {"error.code": "rate_limit"}],
    ),
    (
        '{"error": {"code": "rate_limit"}}\n{"data": [{"n": 1}, 7]}\n',
        [{"error.code": "rate_limit"}, {"n": "1"}, {"value": "7"}],
    ),
    # nothing has the shape
    ('{"n": 1}', []),
    ('{"data": {"n": 1}}', []),
    ('[{"n": 1}]', []),
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_objects_of_pages_are_rows(text: str, expected: list[dict[str, str]]) -> None:
    assert cells("data", text) == expected


def test_stripe_credit_grants() -> None:
    grant = {
        "id": "credgr_1",
        "object": "billing.credit_grant",
        "amount": {"monetary": {"currency": "usd", "value": 1000}, "type": "monetary"},
        "category": "promotional",
        "effective_at": 1793491200,
        "expires_at": None,
    }
    assert cells("data", lines({"object": "list", "data": [grant], "has_more": False})) == [
        {
            "id": "credgr_1",
            "object": "billing.credit_grant",
            "amount.monetary.currency": "usd",
            "amount.monetary.value": "1000",
            "amount.type": "monetary",
            "category": "promotional",
            "effective_at": "1793491200",
        }
    ]


def test_rows_know_where_they_begin() -> None:
    text = '{"data": [{"n": 1}, {"n": 2}]}'
    assert [row[:2] for row in unfolded("data", text, placed=True)] == [(1, 11), (1, 21)]
