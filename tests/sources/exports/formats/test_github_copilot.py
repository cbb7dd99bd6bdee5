"""GitHub: Copilot's requests and credits by day, all metered products, and single requests."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.exports.reading import SOURCE, export_file, read_files, read_text, write
from tokenbooks.book import UsageSource
from tokenbooks.sources.exports.descriptors.reading import shipped_descriptors
from tokenbooks.sources.exports.reader import open_export
from tokenbooks.usage.overlap import resolve_overlaps

KEPT = ("model", "user", "sku", "product", "cost_center")

REQUESTS = (
    "date,username,product,sku,model,quantity,unit_type,applied_cost_per_quantity,gross_amount,"
    "discount_amount,net_amount,exceeds_quota,total_monthly_quota,organization,cost_center_name"
)
CREDITS = (
    "date,username,product,sku,model,quantity,unit_type,applied_cost_per_quantity,gross_amount,"
    "discount_amount,net_amount,total_monthly_quota,organization,repository,cost_center_name,"
    "aic_quantity,aic_gross_amount,input,output,cache_read,cache_write"
)
DETAILED = (
    "date,product,sku,quantity,unit_type,applied_cost_per_quantity,gross_amount,discount_amount,"
    "net_amount,username,organization,repository,workflow_path,cost_center_name"
)
SUMMED = (
    "date,product,sku,quantity,unit_type,applied_cost_per_quantity,gross_amount,discount_amount,"
    "net_amount,organization,repository,cost_center_name"
)
SINGLE = "Timestamp,User,Model,Requests Used,Exceeds Monthly Quota,Total Monthly Quota"

REQUEST, CREDIT = "copilot,copilot_premium_request", "copilot,copilot_ai_credit"
AGENT = "copilot,coding_agent_premium_request"
EACH, CENT = "requests,0.04", "ai-credits,0.01"

#: By day, user and model: inside the quota, beyond it, in part, by an agent, taken back.
PREMIUM = f"""\
{REQUESTS}
2025-11-03,ann,{REQUEST},Alpha 4,6,{EACH},0.24,0.24,0,False,300,acme,
2025-11-03,ben,{REQUEST},Auto: Alpha 4,2.5,{EACH},0.1,0,0.1,True,300,acme,CC-1
2025-11-04,ben,{REQUEST},Beta,10,{EACH},0.4,0.3,0.1,True,300,acme,CC-1
2025-11-04,,{AGENT},Coding Agent,3,{EACH},0.12,0,0.12,True,0,acme,
2025-11-05,ben,{REQUEST},Beta,-1,{EACH},-0.04,0,-0.04,True,300,acme,CC-1
"""


def test_premium_requests(tmp_path: Path) -> None:
    read = read_text(tmp_path, PREMIUM, kept=KEPT)
    assert read.told == ""
    account = read.account
    assert (account.format, account.rows_read) == ("github-copilot-usage", 5)
    assert account.unknown_columns == ()
    # Ann's 6 are inside the quota: discounted by all that they cost
    assert (account.used, account.skipped) == (4, {"not owed": 1})
    # 2.5 + 10 + 3 - 1
    assert read.totals() == {"premium_requests": Decimal("14.5")}
    # 0.1 + 0.1 + 0.12 - 0.04
    assert (account.stated, account.currency) == (Decimal("0.28"), "USD")
    # what Ann's are worth is kept
    assert account.amounts == {"owed": Decimal("0.28"), "included": Decimal("0.24")}
    assert read.by("model", "premium_requests") == {
        "Alpha 4": Decimal("2.5"),
        "Beta": Decimal(9),
        "Coding Agent": Decimal(3),
    }
    assert read.by("user", "premium_requests") == {None: Decimal(3), "ben": Decimal("11.5")}
    assert read.by("cost_center", "premium_requests") == {
        None: Decimal(3),
        "CC-1": Decimal("11.5"),
    }


def test_a_statement_has_the_amounts_before_discount_too(tmp_path: Path) -> None:
    read = read_text(tmp_path, PREMIUM, kind="statement")
    assert read.told == ""
    # gross: 0.24 + 0.1 + 0.4 - 0.04, and 0.12 of the agent
    assert read.stated("sku") == [
        ("coding_agent_premium_request", Decimal("0.12"), Decimal("0.12")),
        ("copilot_premium_request", Decimal("0.16"), Decimal("0.7")),
    ]
    assert read.account.stated == Decimal("0.28")


@pytest.mark.parametrize("written", ["11/3/25", "11/03/2025"])
def test_dates_may_be_those_of_a_spreadsheet(tmp_path: Path, written: str) -> None:
    text = "\ufeff" + PREMIUM.replace("2025-11-03", written).replace("\n", "\r\n")
    read = read_text(tmp_path, text, kept=KEPT, zone="America/New_York")
    assert read.told == ""
    days = [str(at.date()) for at in read.by("at", "premium_requests")]
    # days of UTC stay what they are
    assert days == ["2025-11-03", "2025-11-04", "2025-11-05"]
    assert read.account.day_zone == "UTC"


AI_CREDITS = f"""\
{CREDITS}
2026-08-01,ann,{CREDIT},Auto: Alpha 4,12.5,{CENT},0.125,0.125,0,1900,acme,,,0,0,198,820,22325,3012
2026-08-02,ann,{CREDIT},Beta,40.123456789,{CENT},0.40123456789,0.1,0.30123456789,1900,acme,,,0,0,1,2,3,4
2026-08-02,,copilot,coding_agent_ai_credit,Beta,5,{CENT},0.05,0,0.05,0,acme,lab,,0,0,9,9,9,9
2026-08-02,ben,{REQUEST},Beta,2,{EACH},0.08,0,0.08,300,acme,,,8,0.08,0,0,0,0
"""


def test_ai_credits_and_requests_in_one_report(tmp_path: Path) -> None:
    read = read_text(tmp_path, AI_CREDITS, kept=KEPT)
    assert read.told == ""
    assert (read.account.format, read.account.unknown_columns) == ("github-copilot-usage", ())
    assert (read.account.used, read.account.skipped) == (3, {"not owed": 1})
    # the tokens behind the credits are no quantity of their own
    assert read.totals() == {
        "credits": Decimal("45.123456789"),
        "premium_requests": Decimal(2),
    }
    assert read.account.stated == Decimal("0.43123456789")


def test_rows_that_were_quoted_whole(tmp_path: Path) -> None:
    def whole(line: str) -> str:
        first, *others = line.split(",")
        return '"' + ",".join([first, *(f'""{cell}""' for cell in others)]) + '"'

    text = "".join(f"{whole(line)}\n" for line in AI_CREDITS.splitlines())
    assert text.startswith('"date,""username"",""product""')
    plain = read_text(tmp_path, AI_CREDITS, kept=KEPT)
    read = read_text(tmp_path, text, kept=KEPT, name="quoted.csv")
    assert read.told == ""
    assert read.totals() == plain.totals()
    assert read.account.stated == plain.account.stated


ALL_PRODUCTS = f"""\
{DETAILED}
2026-01-02,copilot,copilot_premium_request,37,requests,0.04,1.48,1.48,0.0,ann,acme,,,
2026-01-02,copilot,copilot_premium_request,4,requests,0.04,0.16,0,0.16,ben,acme,,,
2026-01-02,actions,actions_linux,120,Minutes,0.006,0.72,0.6,0.12,ann,acme,lab,.github/ci.yml,
2026-01-03,actions,actions_storage,0.00497531234567,GigabyteHours,0.00034,0.0000016916,0,0.0000016916,,acme,lab,,
"""


def test_all_metered_products(tmp_path: Path) -> None:
    read = read_text(tmp_path, ALL_PRODUCTS, kept=KEPT)
    assert read.told == ""
    assert (read.account.format, read.account.used) == ("github-metered-usage", 3)
    assert read.account.unknown_columns == ()
    # 0.16 + 0.12 + 0.0000016916
    assert read.account.stated == Decimal("0.2800016916")
    # storage has more decimals than a quantity keeps: it is rounded to the nearest
    assert read.by("sku", "units") == {
        "actions_linux": Decimal(120),
        "actions_storage": Decimal("0.004975312"),
    }
    assert read.by("sku", "premium_requests") == {"copilot_premium_request": Decimal(4)}


def test_of_all_products_the_book_may_ask_for_copilot_only(tmp_path: Path) -> None:
    source = UsageSource("*", only=(("product", "copilot"),), position=SOURCE.position)
    read = read_text(tmp_path, ALL_PRODUCTS, kept=KEPT, source=source)
    assert (read.account.used, read.account.skipped) == (
        1,
        {"not owed": 1, "not asked for (only:)": 2},
    )
    assert read.account.stated == Decimal("0.16")


BY_REQUEST = f"""\
{SINGLE}
2025-06-20T10:00:00Z,ann,Alpha 4,1,False,300
2025-06-20T11:00:00Z,ann,Alpha 4,1,True,300
2025-06-20T11:00:00Z,ann,Alpha 4,1,True,300
2025-06-21T11:00:00Z,ben,Beta,0.33,true,1500
"""


def test_single_requests_tell_only_whether_the_quota_was_exceeded(tmp_path: Path) -> None:
    read = read_text(tmp_path, BY_REQUEST, kept=KEPT)
    assert read.told == ""
    assert read.account.format == "github-copilot-requests"
    assert (read.account.used, read.account.skipped) == (3, {"not owed": 1})
    assert read.totals() == {"premium_requests": Decimal("2.33")}
    assert read.account.stated is None
    refused = read_text(tmp_path, BY_REQUEST, kind="statement")
    assert "error[usage-file-in-statement]" in refused.told


def test_a_later_report_replaces_days(tmp_path: Path) -> None:
    later = PREMIUM.replace(",6,requests,0.04,0.24,0.24,0,", ",8,requests,0.04,0.32,0.24,0.08,")
    later += PREMIUM.splitlines()[-1].replace("2025-11-05", "2025-11-06") + "\n"
    paths = [write(tmp_path, PREMIUM, "a.csv"), write(tmp_path, later, "b.csv")]
    read = read_files([export_file(path) for path in paths], KEPT)
    accounts, problems = resolve_overlaps(read.connection, read.result.layout, read.result.accounts)
    assert problems == []
    # 0.28, and 0.08 of Ann's beyond the quota, and -0.04 once more
    assert [(a.used, a.replaced, a.stated) for a in accounts] == [
        (0, 5, Decimal(0)),
        (6, 0, Decimal("0.32")),
    ]


def test_two_reports_of_the_same_requests_are_refused(tmp_path: Path) -> None:
    metered = ALL_PRODUCTS.replace("2026-01-02", "2025-11-03").replace("2026-01-03", "2025-11-02")
    paths = [write(tmp_path, PREMIUM, "a.csv"), write(tmp_path, metered, "b.csv")]
    read = read_files([export_file(path) for path in paths], KEPT)
    assert "b.csv: error[overlap-formats]: it tells the usage of 2025-11-03" in read.told


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("2025-11-04,ben", "2025-31-04,ben"), "4:1: error[bad-time]"),
        ((",10,requests", ",ten,requests"), "4:53: error[bad-quantity]"),
        ((",0.3,0.1,", ",0.3,free,"), "4:78: error[bad-amount]"),
    ],
)
def test_a_bad_row_is_told_with_its_place(
    tmp_path: Path, change: tuple[str, str], problem: str
) -> None:
    read = read_text(tmp_path, PREMIUM.replace(*change), kept=KEPT)
    assert f"usage.csv:{problem}" in read.told
    assert read.account.rejected == 1


HEADERS = {
    REQUESTS: "github-copilot-usage",
    CREDITS: "github-copilot-usage",
    ",".join(sorted(CREDITS.split(","))): "github-copilot-usage",
    DETAILED: "github-metered-usage",
    SUMMED: "github-metered-usage",
    SINGLE: "github-copilot-requests",
}


@pytest.mark.parametrize(("header", "format"), HEADERS.items())
def test_one_format_claims_each_header(tmp_path: Path, header: str, format: str) -> None:
    form, problems = open_export(export_file(write(tmp_path, f"{header}\n")), shipped_descriptors())
    assert problems == []
    assert form is not None
    assert (form.descriptor.id, form.unknown_columns) == (format, ())


@pytest.mark.parametrize(
    ("name", "format", "rows", "gross"),
    [
        # 37 x 0.04 and 3 x 0.04, discounted by all of it
        ("github_copilot_metered_usage.csv", "github-metered-usage", 2, "1.60"),
        # 9.109908 credits of 0.01
        ("github_copilot_ai_usage_double_quoted.csv", "github-copilot-usage", 1, "0.09109908"),
    ],
)
def test_the_samples_are_inside_the_quota(
    shared: Path, name: str, format: str, rows: int, gross: str
) -> None:
    path = shared / "data" / "exports" / name
    read = read_files([export_file(path), export_file(path, "statement")], KEPT)
    assert read.told == ""
    usage, statement = read.result.accounts
    assert (usage.format, usage.used, usage.skipped) == (format, 0, {"not owed": rows})
    assert (statement.used, statement.stated) == (rows, Decimal(0))
    assert read.stated() == [(Decimal(0), Decimal(gross))]
