"""`tokenbooks plans list`, `show` and `check`: price lists as people read and mistrust them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tokenbooks.cli.main import main

BOOK = """\
book: Acme
currency: USD
start: 2025-10
contracts:
  openai: {side: buy, party: OpenAI, plan: api, settle: arrears, usage: usage/*.csv}
  again:  {side: buy, party: OpenAI, plan: api, settle: arrears}
"""
API = """\
plan: api
currency: USD
timezone: UTC
source: price page, read 2025-11-03
meters:
  cached_input_tokens: {part_of: input_tokens}
aliases:
  small: [small-2025-08-07, {name: tiny, until: 2025-09-01}]
rates:
  - for: {model: small}
    from: 2025-01-01
    prices: {input_tokens: 2 per 1M, output_tokens: 8 per 1M}
  - for: {model: small}
    from: 2025-11-15
    prices: {input_tokens: 1 per 1M, output_tokens: 4 per 1M}
  - for: {model: large}
    from: 2025-06-01
    until: 2026-01-01
    prices: {input_tokens: 20 per 1M, output_tokens: 80 per 1M}
modifiers:
  - {name: batch, when: {batch: true}, times: {"*": 0.5}}
  - {name: early, when: {model: large}, until: 2025-07-01, times: {"*": 0.8}}
"""
USAGE = """\
date,model,input_tokens,output_tokens
2025-11-14,small,1000000,500000
2025-11-16,small-2025-08-07,1000000,500000
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a book, with a plan and usage."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOKENBOOKS_BOOK", raising=False)
    (tmp_path / "api.yaml").write_text(API)
    (tmp_path / "usage.csv").write_text(USAGE)
    return tmp_path


@pytest.fixture
def book(here: Path) -> Path:
    """The same folder as a book, whose plan is api."""
    (here / "tokenbooks.yaml").write_text(BOOK)
    (here / "plans").mkdir()
    (here / "api.yaml").rename(here / "plans/api.yaml")
    (here / "usage").mkdir()
    (here / "usage.csv").rename(here / "usage/november.csv")
    return here


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["--today", "2025-11-10", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def tables(capsys, *arguments: str) -> dict[str, list[dict]]:
    """The tables that a command prints, whatever its exit code."""
    _, out, _ = run(capsys, *arguments, "--format", "json")
    return {name: table["rows"] for name, table in json.loads(out).items()}


# -- list -------------------------------------------------------------------------------


def test_the_plans_of_a_book_are_listed_with_their_contracts(book: Path, capsys) -> None:
    assert tables(capsys, "plans", "list")["plans"] == [
        {
            "plan": "api",
            "currency": "USD",
            "models": 2,
            "rates": 3,
            "first_from": "2025-01-01",
            "last_from": "2025-11-15",
            "contracts": "openai, again",
            "source": "price page, read 2025-11-03",
        }
    ]


def test_plans_of_files_are_listed_without_a_book(here: Path, capsys) -> None:
    (row,) = tables(capsys, "plans", "list", "api.yaml")["plans"]
    assert (row["plan"], row["contracts"]) == ("api", None)


def test_without_a_book_or_a_file_there_is_nothing_to_list(here: Path, capsys) -> None:
    code, _, err = run(capsys, "plans", "list")
    assert code == 2
    assert "there is no tokenbooks.yaml here or above" in err


def test_plans_with_mistakes_are_listed_and_exit_1(book: Path, capsys) -> None:
    (book / "plans/bad.yaml").write_text(
        API.replace("plan: api", "plan: bad").replace("8 p", "-8 p")
    )
    code, out, err = run(capsys, "plans", "list")
    assert code == 1
    assert "bad" in out
    assert "plans/bad.yaml:12:" in err


# -- show -------------------------------------------------------------------------------


def shown(capsys, *arguments: str) -> list[tuple]:
    rows = tables(capsys, "plans", "show", *arguments)["prices"]
    return [(r["for"], r["meter"], r["price"], r["from"], r["until"], r["line"]) for r in rows]


SMALL_BEFORE = [
    # in force until the next rate of the same conditions begins
    ("model: small", "input_tokens", "2 per 1M", "2025-01-01", "2025-11-15", 12),
    ("model: small", "output_tokens", "8 per 1M", "2025-01-01", "2025-11-15", 12),
]
SMALL_AFTER = [
    ("model: small", "input_tokens", "1 per 1M", "2025-11-15", None, 15),
    ("model: small", "output_tokens", "4 per 1M", "2025-11-15", None, 15),
]
LARGE = [
    ("model: large", "input_tokens", "20 per 1M", "2025-06-01", "2026-01-01", 19),
    ("model: large", "output_tokens", "80 per 1M", "2025-06-01", "2026-01-01", 19),
]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], SMALL_BEFORE + LARGE),  # today, 2025-11-10
        (["--on", "2025-11-14"], SMALL_BEFORE + LARGE),
        (["--on", "2025-11-15"], SMALL_AFTER + LARGE),
        (["--on", "2025-05-31"], SMALL_BEFORE),
        (["--on", "2026-01-01"], SMALL_AFTER),  # `until` is exclusive
        (["--on", "2024-12-31"], []),
        (["--all"], SMALL_BEFORE + SMALL_AFTER + LARGE),
        (["--model", "small"], SMALL_BEFORE),
        (["--model", "small-2025-08-07", "--all"], SMALL_BEFORE + SMALL_AFTER),  # an alias
    ],
)
def test_the_prices_of_a_day(here: Path, capsys, arguments: list[str], expected: list) -> None:
    assert shown(capsys, "api.yaml", *arguments) == expected


def test_a_plan_of_the_book_is_shown_by_its_id(book: Path, capsys) -> None:
    assert shown(capsys, "api") == SMALL_BEFORE + LARGE
    (first, *_) = tables(capsys, "plans", "show", "api")["prices"]
    assert first["file"] == "plans/api.yaml"


def test_modifiers_and_aliases_are_those_of_the_day(here: Path, capsys) -> None:
    now = tables(capsys, "plans", "show", "api.yaml")
    assert [(row["modifier"], row["times"]) for row in now["modifiers"]] == [("batch", "* x 0.5")]
    assert [row["name"] for row in now["aliases"]] == ["small-2025-08-07"]
    before = tables(capsys, "plans", "show", "api.yaml", "--on", "2025-06-30")
    assert [row["modifier"] for row in before["modifiers"]] == ["batch", "early"]
    assert [row["name"] for row in before["aliases"]] == ["small-2025-08-07", "tiny"]
    small = tables(capsys, "plans", "show", "api.yaml", "--all", "--model", "small")
    assert [row["modifier"] for row in small["modifiers"]] == ["batch"]


TERMS = """\
plan: api
currency: USD
credits: {unit: credit, worth: 0.01, expires: 12 months}
meters:
  seats: {kind: level}
rates:
  - for: {service: search}
    from: 2025-11-10T12:00:00Z
    prices:
      searches: 4 credits
      tokens: {tiers: graduated, of: [input_tokens, output_tokens],
               steps: [{up_to: 1M, price: 60 per 1M}, {price: 40 per 1M}]}
fees:
  - {name: base, price: 200, every: month, prorate: day,
     includes: {input_tokens: 5M}, unused: {rolls: 1 month, at_most: 10M}}
  - {name: seat, price: 30, per: seats, every: month, from: 2025-11-01}
commitment: {amount: 120000, every: year, from: 2025-01-01, shortfall: bill, overage: 1.2}
minimum: {amount: 100, every: month, prorate: day}
caps: [{of: ["*_tokens"], amount: 5000, every: month}]
discounts: [{percent: 10, over: 1000, every: month, applies: all}]
round_lines: 2
"""


BASE = (
    "200 every month, prorated by days, includes 5M input_tokens; what is left rolls on for"
    " 1 month, at most 10M"
)


def test_the_terms_of_the_whole_plan_in_words(here: Path, capsys) -> None:
    (here / "api.yaml").write_text(TERMS)
    terms = tables(capsys, "plans", "show", "api.yaml")["terms"]
    assert [(row["term"], row["name"], row["says"], row["line"]) for row in terms] == [
        (
            "fee",
            "base",
            BASE,
            14,
        ),
        ("fee", "seat", "30 for each of seats every month", 16),
        (
            "commitment",
            None,
            "120000 every year; what lacks is billed; usage beyond it costs 1.2 times its price",
            17,
        ),
        ("minimum", None, "at least 100 every month, prorated by days", 18),
        ("cap", None, "at most 5000 every month for *_tokens", 19),
        ("discount", None, "10% off everything, once it is over 1000 in a month", 20),
        ("rounding", None, "an invoice rounds each line to 2 decimals", 1),
        ("credit", "credit", "worth 0.01 USD", 1),
        ("credits", None, "expire after 12 months", 1),
        ("meter", "seats", "holds until the next row", 1),
    ]


def test_a_price_is_told_with_what_it_counts_and_when_it_begins(here: Path, capsys) -> None:
    (here / "api.yaml").write_text(TERMS)
    assert shown(capsys, "api.yaml") == [
        ("service: search", "searches", "4 credits", "2025-11-10 12:00", None, 10),
        (
            "service: search",
            "tokens = input_tokens + output_tokens",
            "graduated: 60 per 1M up to 1M; then 40 per 1M, counted each month",
            "2025-11-10 12:00",
            None,
            11,
        ),
    ]
    _, out, _ = run(capsys, "plans", "show", "api.yaml")
    assert "Times are those of UTC." in out
    assert "Prices of api on 2025-11-10, in USD (api.yaml)" in out


def test_a_correction_is_shown_in_force_and_both_among_all(here: Path, capsys) -> None:
    (here / "api.yaml").write_text(
        "plan: api\n"
        "currency: USD\n"
        "rates:\n"
        "  - {for: {model: small}, from: 2025-11-01, prices: {input_tokens: 2 per 1M}}\n"
        "  - for: {model: small}\n"
        "    from: 2025-11-01\n"
        "    corrects: read in the wrong row\n"
        "    on: 2025-12-03\n"
        "    prices: {input_tokens: 3 per 1M}\n"
    )
    assert [row[2] for row in shown(capsys, "api.yaml")] == ["3 per 1M"]
    rows = tables(capsys, "plans", "show", "api.yaml", "--all")["prices"]
    assert [(row["price"], row["corrects"]) for row in rows] == [
        ("2 per 1M", "never in force: corrected"),
        ("3 per 1M", "since 2025-12-03: read in the wrong row"),
    ]


def test_a_price_that_is_to_be_filled_in_is_not_shown_as_free(here: Path, capsys) -> None:
    (here / "api.yaml").write_text(API.replace("20 per 1M", "'? per 1M'"))
    code, out, err = run(capsys, "plans", "show", "api.yaml")
    assert (code, out) == (1, "")
    assert "api.yaml:19:28: error[price-missing]" in err


def test_what_cannot_be_shown(book: Path, capsys) -> None:
    code, out, err = run(capsys, "plans", "show", "apy")
    assert (code, out) == (1, "")
    assert "error[plan-unknown]: there is no plan 'apy'\n  help: did you mean 'api'?" in err
    code, _, err = run(capsys, "plans", "show", "nowhere.yaml")
    assert code == 1
    assert "nowhere.yaml: error[file-missing]" in err
    code, _, err = run(capsys, "plans", "show", "api", "--model", "smal")
    assert code == 1
    assert "plan api has no rate for the model 'smal'\n  help: did you mean 'small'?" in err
    code, _, _ = run(capsys, "plans", "show", "api", "--on", "2025-11-10", "--all")
    assert code == 2


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_narrow_terminal_shows_every_word(
    here: Path, capsys, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    from tokenbooks.reports import rendering

    (here / "api.yaml").write_text(TERMS)
    monkeypatch.setattr(rendering, "terminal_width", lambda: width)
    _, out, _ = run(capsys, "plans", "show", "api.yaml")
    assert max(map(len, out.splitlines())) <= width
    assert "…" not in out
    words = " ".join(out.split())
    assert "graduated: 60 per 1M up to 1M; then 40 per 1M, counted each month" in words
    assert "120000 every year; what lacks is billed; usage beyond it costs 1.2 times" in words


# -- check ------------------------------------------------------------------------------


def test_plans_without_a_mistake(book: Path, capsys) -> None:
    assert run(capsys, "plans", "check") == (0, "", "no problems in 1 plan\n")
    assert run(capsys, "-q", "plans", "check", "api") == (0, "", "")


def test_a_warning_exits_1_from_check_only(book: Path, capsys) -> None:
    plan = book / "plans/api.yaml"
    plan.write_text(API.replace("20 per 1M", "20 per 1k"))
    told = "plans/api.yaml:19:28: warning[price-implausible]: input_tokens: 20 per 1k is 20000 per"
    for command in (["plans", "check"], ["plans", "check", "api"], ["check"]):
        code, _, err = run(capsys, *command)
        assert code == 1
        assert err.count("price-implausible") == 1
        assert told in err
    for command in (["usage"], ["close", "-p", "2025-10"], ["plans", "show", "api"]):
        code, _, err = run(capsys, *command)
        assert (code, "price-implausible" in err) == (0, False)


def test_mistakes_of_reading_are_told_with_the_others(here: Path, capsys) -> None:
    bad = API.replace("80 per 1M", "eighty").replace("20 per 1M", "20 per 1k")
    (here / "api.yaml").write_text(bad)
    code, _, err = run(capsys, "plans", "check", "api.yaml")
    assert code == 1
    assert "api.yaml:19:54: error[value-invalid]" in err
    assert "api.yaml:19:28: warning[price-implausible]" in err


def test_rates_that_clash_are_told_once_where_usage_shows_it(book: Path, capsys) -> None:
    (book / "plans/api.yaml").write_text(API.replace("for: {model: large}", "for: {service: chat}"))
    (book / "usage/november.csv").write_text(
        "date,model,service,input_tokens\n2025-11-14,small,chat,5\n"
    )
    code, _, err = run(capsys, "check")
    assert code == 1
    assert err.count("rates-ambiguous") == 1
    assert "error[rates-ambiguous]" in err


def test_rates_that_no_usage_touched(here: Path, capsys) -> None:
    rows = tables(capsys, "plans", "check", "api.yaml", "usage.csv")["untouched"]
    # usage of small on both sides of the change, none of large
    assert [(row["for"], row["meters"], row["line"]) for row in rows] == [
        ("model: large", "input_tokens, output_tokens", 16)
    ]


def test_usage_that_no_rate_prices(here: Path, capsys) -> None:
    (here / "usage.csv").write_text(USAGE + "2025-11-17,huge,1,1\n")
    code, _, err = run(capsys, "plans", "check", "api.yaml", "usage.csv")
    assert code == 1
    assert err.count("error[unpriced-usage]") == 2  # input and output
    rated = run(capsys, "rate", "--plan", "api.yaml", "usage.csv")
    assert (rated[0], rated[2]) == (code, err)


def test_usage_needs_one_plan(book: Path, capsys) -> None:
    (book / "plans/other.yaml").write_text(API.replace("plan: api", "plan: other"))
    code, _, err = run(capsys, "plans", "check", "usage/november.csv")
    assert code == 2
    assert "name the one plan that prices usage/november.csv" in err
    assert run(capsys, "plans", "check", "other", "usage/november.csv")[0] == 0
