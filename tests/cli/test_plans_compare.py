"""`tokenbooks plans compare`: what the same usage costs under several plans, and why."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tokenbooks.cli.main import main

USAGE = """\
date,model,project,input_tokens,output_tokens
2025-11-14,small,lab,1200000,500000
2025-11-16,small,web,1000000,900000
"""
REQUESTS = """\
timestamp,id,model,input_tokens,output_tokens,calls
2025-11-14T10:00:00Z,r1,small,250000,100000,3
2025-11-16T10:00:00Z,r2,small,100000,400000,12
2025-11-17T10:00:00Z,r3,small,330000,0,0
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOKENBOOKS_BOOK", raising=False)
    (tmp_path / "usage.csv").write_text(USAGE)
    (tmp_path / "requests.csv").write_text(REQUESTS)
    write("old.yaml", "{input_tokens: 2 per 1M, output_tokens: 8 per 1M}")
    return tmp_path


def write(file: str, prices: str, more: str = "", currency: str = "USD") -> None:
    """A plan with one rate, for the model small."""
    Path(file).write_text(
        f"plan: {Path(file).stem}\n"
        f"currency: {currency}\n"
        "rates:\n"
        f"  - {{for: {{model: small}}, prices: {prices}}}\n"
        f"{more}"
    )


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["plans", "compare", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def compared(capsys, *arguments: str) -> dict[str, dict[str, dict]]:
    """The tables that the command prints, their rows by what they are of."""
    _, out, _ = run(capsys, *arguments, "--format", "json")
    return {
        name: {row["meter"]: row for row in table["rows"]}
        for name, table in json.loads(out).items()
    }


def why(row: dict) -> tuple:
    """Counted quantities, the effects by price, quantity and terms, and the difference."""
    keys = ("counted_a", "counted", "price_effect", "quantity_effect", "terms_effect")
    return tuple(None if row[key] is None else Decimal(row[key]) for key in (*keys, "difference"))


def decimals(*texts: str | None) -> tuple:
    return tuple(None if text is None else Decimal(text) for text in texts)


def test_two_prices_for_one_quantity(here: Path, capsys) -> None:
    write("new.yaml", "{input_tokens: 1.5 per 1M, output_tokens: 9 per 1M}")
    tables = compared(capsys, "old.yaml", "new.yaml", "usage.csv")
    amounts = tables["comparison"]
    # 2.2M input, 1.4M output
    assert amounts["input_tokens"] == {
        "model": "small",
        "meter": "input_tokens",
        "quantity": "2200000",
        "a": "4.40",
        "b": "3.30",
        "b_less_a": "-1.10",
    }
    effects = tables["effects_b"]
    # (1.5 - 2) x 2.2 and (9 - 8) x 1.4
    assert why(effects["input_tokens"]) == decimals("2200000", "2200000", "-1.1", "0", "0", "-1.1")
    assert why(effects["output_tokens"]) == decimals("1400000", "1400000", "1.4", "0", "0", "1.4")
    assert effects["input_tokens"]["price_a"] == "2 per 1M"
    assert effects["input_tokens"]["price"] == "1.5 per 1M"


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        # of 2.2M input at 2 per 1M, 4.40; counted, by price, by quantity, difference
        # 3 packages of 1M at 1.50: (1.5 - 2) x 3 and 2 x (3 - 2.2)
        ("{package: 1M, price: 1.50}", ("3000000", "-1.5", "1.6", "0.1")),
        # 500k free, then 2 packages: (1.5 - 2) x 2 and 2 x (2 - 2.2)
        ("{package: 1M, price: 1.50, free: 500k}", ("2000000", "-1", "-0.4", "-1.4")),
        # 1M free a month: 2 x (1.2 - 2.2)
        ("{price: 2 per 1M, free: 1M, every: month}", ("1200000", "0", "-2", "-2")),
        # the first 1M at nothing is free too
        (
            "{tiers: graduated, steps: [{up_to: 1M, price: 0}, {price: 2 per 1M}]}",
            ("1200000", "0", "-2", "-2"),
        ),
        # all of it free: nothing is counted
        ("{price: 2 per 1M, free: 5M, every: month}", (None, "0", "-4.4", "-4.4")),
        # written down as free: it is counted, at 0
        ("0", ("2200000", "-4.4", "0", "-4.4")),
        # 1M at 3 and 1.2M at 1: 4.20 on average, all counted
        (
            "{tiers: graduated, steps: [{up_to: 1M, price: 3 per 1M}, {price: 1 per 1M}]}",
            ("2200000", "-0.2", "0", "-0.2"),
        ),
        # volume: all at 1
        (
            "{tiers: volume, steps: [{up_to: 1M, price: 3 per 1M}, {price: 1 per 1M}]}",
            ("2200000", "-2.2", "0", "-2.2"),
        ),
        # units of 1M, rounded up to 3, at 2 each
        ("{price: 2, convert: 1M, round: up}", ("3000000", "0", "1.6", "1.6")),
    ],
)
def test_what_is_counted_otherwise(
    here: Path, capsys, price: str, expected: tuple[str | None, str, str, str]
) -> None:
    write("new.yaml", f"{{input_tokens: {price}, output_tokens: 8 per 1M}}")
    effects = compared(capsys, "old.yaml", "new.yaml", "usage.csv")["effects_b"]
    counted, by_price, by_quantity, difference = expected
    assert effects.keys() == {"input_tokens"}  # what does not differ has no row
    assert why(effects["input_tokens"]) == decimals(
        "2200000", counted, by_price, by_quantity, "0", difference
    )


def test_prices_of_each_request(here: Path, capsys) -> None:
    write(
        "a.yaml",
        "{prompt: {price: 2 per 1M, of: [input_tokens],"
        " when_over: [{context_tokens: 200000, price: 4 per 1M}]},"
        " output_tokens: 8 per 1M, calls: {package: 10, price: 1, over: request}}",
    )
    write(
        "b.yaml",
        "{input_tokens: {price: 3 per 1M, at_least: 300000, step: 100000},"
        " output_tokens: 8 per 1M, calls: 0.08}",
    )
    effects = compared(capsys, "a.yaml", "b.yaml", "requests.csv")["effects_b"]
    # A: 100k at 2 and 580k at 4 = 2.52; B: 300k + 300k + 400k at 3 = 3.00
    # 2.52 / 680k x (1M - 680k) by quantity, the rest by price
    prompt = why(effects["input_tokens"])
    assert prompt[:2] == decimals("680000", "1000000")
    assert prompt[3] == Decimal("1.185882352941")
    assert prompt[2] + prompt[3] == prompt[5] == Decimal("0.48")
    # A: 1 + 2 packages of 10 are 30 calls at 0.1; B: 15 at 0.08
    assert why(effects["calls"]) == decimals("30", "15", "-0.3", "-1.5", "0", "-1.8")


def test_terms_of_the_whole_plan(here: Path, capsys) -> None:
    write(
        "new.yaml",
        "{input_tokens: 2 per 1M, output_tokens: 8 per 1M}",
        "fees:\n"
        "  - {name: base, price: 5, every: month, includes: {output_tokens: 400k}}\n"
        "discounts: [{percent: 10, every: month}]\n",
    )
    tables = compared(capsys, "old.yaml", "new.yaml", "usage.csv")
    effects = tables["effects_b"]
    # 400k of the output come with the fee: 8 x (1.0 - 1.4)
    assert why(effects["output_tokens"]) == decimals("1400000", "1000000", "0", "-3.2", "0", "-3.2")
    assert why(effects["base"]) == decimals(None, None, "0", "0", "5", "5")
    # 10% of 4.40 + 8.00
    assert why(effects["discount"]) == decimals(None, None, "0", "0", "-1.24", "-1.24")
    assert tables["comparison"]["base"]["a"] == "0.00"


def test_what_a_plan_does_not_price_is_not_zero(here: Path, capsys) -> None:
    write("new.yaml", "{input_tokens: 1 per 1M}")
    code, out, err = run(capsys, "old.yaml", "new.yaml", "usage.csv")
    assert code == 1
    assert "error[unpriced-usage]: contract usage: 1400000 output_tokens of small" in err
    assert "1 row has usage that a plan does not price" in out
    tables = compared(capsys, "old.yaml", "new.yaml", "usage.csv")
    row = tables["comparison"]["output_tokens"]
    assert (row["a"], row["b"], row["b_less_a"]) == ("11.20", "unpriced", None)
    assert tables["effects_b"].keys() == {"input_tokens"}


def test_a_group_of_which_a_part_is_unpriced_says_so(here: Path, capsys) -> None:
    write("new.yaml", "{input_tokens: 1 per 1M}")
    _, out, _ = run(capsys, "old.yaml", "new.yaml", "usage.csv", "--by", "model", "--format", "csv")
    assert out.splitlines()[:2] == [
        "model,quantity,a,b,b_less_a",
        "small,3600000,15.60,2.2 + unpriced,",
    ]


def test_rows_that_a_price_of_requests_cannot_rate_are_unpriced(here: Path, capsys) -> None:
    write("new.yaml", "{input_tokens: {price: 3 per 1M, at_least: 1000}, output_tokens: 8 per 1M}")
    code, _, err = run(capsys, "old.yaml", "new.yaml", "usage.csv")
    assert code == 1
    assert "error[unpriced-usage]" in err
    row = compared(capsys, "old.yaml", "new.yaml", "usage.csv")["comparison"]["input_tokens"]
    assert (row["a"], row["b"]) == ("4.40", "unpriced")


def test_several_plans_are_each_compared_with_the_first(here: Path, capsys) -> None:
    write("b.yaml", "{input_tokens: 3 per 1M, output_tokens: 8 per 1M}")
    write("c.yaml", "{input_tokens: 2 per 1M, output_tokens: 7 per 1M}")
    tables = compared(capsys, "old.yaml", "b.yaml", "c.yaml", "usage.csv")
    row = tables["comparison"]["input_tokens"]
    assert [row[key] for key in ("a", "b", "c", "b_less_a", "c_less_a")] == [
        "4.40",
        "6.60",
        "4.40",
        "2.20",
        "0.00",
    ]
    assert tables["effects_b"].keys() == {"input_tokens"}
    assert tables["effects_c"].keys() == {"output_tokens"}


def test_groups_by_any_dimension(here: Path, capsys) -> None:
    write("new.yaml", "{input_tokens: 1 per 1M, output_tokens: 8 per 1M}")
    by = ("--by", "project,service_period", "--format", "csv")
    _, out, _ = run(capsys, "old.yaml", "new.yaml", "usage.csv", *by)
    # lab: 1.2M x 2 + 0.5M x 8; web: 1M x 2 + 0.9M x 8
    assert out.splitlines()[:3] == [
        "project,service_period,quantity,a,b,b_less_a",
        "lab,2025-11,1700000,6.40,5.20,-1.20",
        "web,2025-11,1900000,9.20,8.20,-1.00",
    ]
    code, _, err = run(capsys, "old.yaml", "new.yaml", "usage.csv", "--by", "model,price")
    assert code == 2
    assert "usage has no price of its own" in err


def test_text_ends_with_totals(here: Path, capsys) -> None:
    write("new.yaml", "{input_tokens: 1.5 per 1M, output_tokens: 9 per 1M}")
    code, out, err = run(capsys, "old.yaml", "new.yaml", "usage.csv")
    assert (code, err) == (0, "")
    totals = [line.split() for line in out.splitlines() if line.startswith("Total")]
    # 4.40 + 11.20 and 3.30 + 12.60; no terms, so no column of them
    assert totals == [
        ["Total", "15.60", "15.90", "0.30"],
        ["Total", "0.30", "0.00", "0.30"],
    ]
    assert "A: old (old.yaml)\nB: new (new.yaml)" in out
    assert "By terms" not in out


def test_two_versions_of_one_plan(here: Path, capsys) -> None:
    for year, price in (("2025", "2"), ("2026", "3")):
        (here / year).mkdir()
        write(f"{year}/api.yaml", f"{{input_tokens: {price} per 1M, output_tokens: 8 per 1M}}")
    row = compared(capsys, "2025/api.yaml", "2026/api.yaml", "usage.csv")["comparison"]
    assert row["input_tokens"]["b_less_a"] == "2.20"


def test_wrong_use(here: Path, capsys) -> None:
    write("euro.yaml", "{input_tokens: 1 per 1M}", currency="EUR")
    assert run(capsys, "old.yaml", "usage.csv")[0] == 2  # one plan
    assert run(capsys, "old.yaml", "euro.yaml")[0] == 2  # no usage
    code, out, err = run(capsys, "old.yaml", "euro.yaml", "usage.csv")
    assert (code, out) == (1, "")
    assert "error[currencies-differ]: plan euro is in EUR, and plan old in USD" in err
    code, out, err = run(capsys, "old.yaml", "euro", "usage.csv")
    assert (code, out) == (1, "")
    assert "error[plan-unknown]: there is no plan 'euro'" in err


@pytest.mark.parametrize("width", [80, 120])
def test_a_narrow_terminal_shows_every_figure(
    here: Path, capsys, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    from tokenbooks.reports import rendering

    write("new.yaml", "{input_tokens: 1.512345 per 1M, output_tokens: 9.512345 per 1M}")
    monkeypatch.setattr(rendering, "terminal_width", lambda: width)
    _, out, _ = run(capsys, "old.yaml", "new.yaml", "usage.csv")
    assert max(map(len, out.splitlines())) <= width
    assert "…" not in out
    assert "1.512345 per 1M" in out
