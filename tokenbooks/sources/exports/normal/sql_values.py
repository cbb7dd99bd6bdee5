"""SQL that casts text with a check: what is not written as it should be becomes NULL.

DuckDB alone would take ``9.5`` for a count of 10, ``1e3`` for 1000, ``0x10`` for 16 and
``1_000`` for 1000, would drop decimals that do not fit, and would take an instant
without offset for UTC. Each expression has a fast first branch for what files normally
hold; the patterns in it were chosen by measuring (a glob costs less than a regular expression).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tokenbooks.sources.exports.sql_text import quoted
from tokenbooks.usage.layout import QUANTITY_PLACES

#: Years outside of which an instant is a mistake, such as milliseconds taken for seconds.
FIRST_YEAR, LAST_YEAR = 2000, 2100

_OFFSET = r"(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"
_CLOCK = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
_UTC_CLOCK = r"[0-9-]{10} [0-9:]{8}(\.[0-9]{1,9})? UTC"
_COMMAS = r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?"
_EXPONENT = r"-?[0-9]*(\.[0-9]*)?[eE][+-]?[0-9]{1,3}"


def whole_number(cell: str) -> str:
    """What DuckDB takes for a whole number in a cell, BIGINT, however it is written."""
    return f"try_cast({cell} AS BIGINT)"


def written(number: str) -> str:
    """The text of a ``whole_number``: a cell that is the same is written with digits only.

    The cheapest such test that was measured: a glob costs three times as much.
    """
    return f"{number}::VARCHAR"


def short_decimal(cell: str) -> str:
    """What DuckDB takes for a number in a cell, of nine digits and nine decimals: a cheap cast."""
    return f"try_cast({cell} AS DECIMAL(18,9))"


def is_short_decimal(cell: str, number: str) -> str:
    """Whether a cell is its ``short_decimal``, written with digits and a point only.

    The number's own text, with nine decimals, begins with the cell. Costs less than a pattern.
    """
    return f"starts_with({number}::VARCHAR, {cell})"


def count(cell: str) -> str:
    """A whole count, BIGINT: ``31422``, ``31422.0``, empty for 0; negative ones are kept."""
    number = whole_number(cell)
    return count_of(cell, number, written(number))


def count_of(cell: str, number: str, text: str) -> str:
    """The count, given ``whole_number`` and how that is ``written``."""
    return (
        f"CASE WHEN {cell} = {text} THEN {number}"
        f" WHEN {cell} IS NULL THEN 0"
        f" WHEN strlen({cell}) = strlen({text}) + 2 AND suffix({cell}, '.0')"
        f" AND starts_with({cell}, {text}) THEN {number}"
        rf" WHEN regexp_full_match({cell}, '-?[0-9]+(\.0*)?')"
        f" THEN try_cast(split_part({cell}, '.', 1) AS BIGINT) END"
    )


def quantity_of(cell: str, number: str, text: str) -> str:
    """A quantity with at most nine decimals that count, exact; empty for 0.

    Given ``whole_number`` and how that is ``written``.
    """
    kind = f"DECIMAL(38,{QUANTITY_PLACES})"
    return (
        f"CASE WHEN {cell} = {text} THEN {number}::{kind}"
        f" WHEN {cell} IS NULL THEN 0::{kind}"
        f" WHEN {is_short_decimal(cell, short_decimal(cell))} THEN try_cast({cell} AS {kind})"
        rf" WHEN regexp_full_match({cell}, '-?[0-9]{{0,19}}(\.[0-9]{{0,{QUANTITY_PLACES}}}0*)?')"
        f" THEN try_cast({cell} AS {kind})"
        f" WHEN regexp_full_match({cell}, '{_EXPONENT}')"
        f" AND {_places_needed(cell)} <= {QUANTITY_PLACES} THEN try_cast({cell} AS {kind}) END"
    )


def near_quantity_of(cell: str, number: str, is_short: str) -> str:
    """A quantity that is to be rounded later, DECIMAL(38,18) below 10^13; empty for 0.

    Given its ``short_decimal``, and whether it is that.
    """
    pattern = r"-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?"
    return (
        f"(CASE WHEN {is_short} THEN {number}::DECIMAL(31,18)"
        f" WHEN {cell} IS NULL THEN 0::DECIMAL(31,18)"
        f" WHEN regexp_full_match({cell}, '{pattern}')"
        f" THEN try_cast({cell} AS DECIMAL(31,18)) END)::DECIMAL(38,18)"
    )


#: The units in which a ``short_decimal`` is rounded by its places, and stays one.
SHORT_UNITS = tuple(10**places for places in range(9))


def rounded_short(number: str, unit: str) -> str:
    """A ``short_decimal`` rounded so that in units of ``unit`` it is the nearest whole number.

    DECIMAL(18,8), NULL where the unit is none of ``SHORT_UNITS``. To round at a place costs
    nothing; to multiply first and round then, a multiple of the rest.
    """
    branches = "".join(
        f" WHEN {times} THEN round({number}, {places})::DECIMAL(18,8)"
        for places, times in enumerate(SHORT_UNITS)
    )
    return f"CASE {unit}{branches} END"


def without_commas(cell: str) -> str:
    """The text of a number without the commas between its thousands; others as they are."""
    return (
        f"CASE WHEN contains({cell}, ',') AND regexp_full_match({cell}, '{_COMMAS}')"
        f" THEN replace({cell}, ',', '') ELSE {cell} END"
    )


def grouped(cell: str) -> str:
    """The text of a number without a currency sign, commas between thousands and blanks.

    Other texts stay as they are, so that the cast refuses them; ``(5.00)`` is negative.
    """
    text = f"trim({cell})"
    digits = r"([0-9]+|[0-9]{1,3}(,[0-9]{3})+)?(\.[0-9]*)?([eE][+-]?[0-9]+)?"
    signs = "[$€£¥]?"
    bare = f"regexp_replace({text}, '[$€£¥,()]', '', 'g')"
    return (
        f"CASE WHEN NOT ({cell} GLOB '*[!0-9.-]*') THEN {cell}"
        f" WHEN regexp_full_match({cell}, '{_COMMAS}') THEN replace({cell}, ',', '')"
        f" WHEN regexp_full_match({text}, '-?{signs}-?{digits}') THEN {bare}"
        rf" WHEN regexp_full_match({text}, '\({signs}{digits}\)') THEN '-' || {bare}"
        f" ELSE {cell} END"
    )


def json_value(cell: str, key: str, bare: bool = False) -> str:
    """The text under a key of the JSON object in a cell; ``bare`` ones lack their braces.

    Where no key is so written, dots in it lead into objects inside.
    """
    text = f"('{{' || {cell} || '}}')" if bare else cell
    found = [f"json_extract_string({text}, {quoted(path)})" for path in json_paths([key])]
    value = found[0] if len(found) == 1 else f"coalesce({', '.join(found)})"
    return f"CASE WHEN json_valid({text}) THEN {value} END"


def json_values(cell: str, paths: Sequence[str]) -> str:
    """The list of the texts at some paths of the JSON object in a cell; NULL for no object."""
    # what begins with a brace is an object, or no JSON: cheaper than to ask for its type
    is_object = f"({cell} LIKE '{{%' OR json_type({cell}) IN ('OBJECT', 'NULL'))"
    listed = ", ".join(quoted(path) for path in paths)
    return (
        f"CASE WHEN json_valid({cell}) AND {is_object}"
        f" THEN json_extract_string({cell}, [{listed}]) END"
    )


def json_paths(keys: Sequence[str]) -> list[str]:
    """Where keys of a JSON object may stand: so written, or with dots into objects inside."""
    names = (key.replace('"', "") for key in keys)
    ways = (way for name in names for way in dict.fromkeys([name, name.replace(".", '"."')]))
    return [f'$."{way}"' for way in ways]


def json_pair(cell: str, key: str) -> str:
    """The text of ``value`` beside a ``key`` in the JSON list of such objects in a cell."""
    keys, values = (_json_list(cell, name) for name in ("key", "value"))
    return f"CASE WHEN json_valid({cell}) THEN {values}[list_position({keys}, {quoted(key)})] END"


def json_sum(cell: str, key: str) -> str:
    """The sum of the amounts under a key in the JSON list of objects in a cell.

    DECIMAL(38,18), rounded beyond; 0 where the cell is empty, NULL where one is no number.
    """
    texts = _json_list(cell, key)
    numbers = f"list_transform({texts}, lambda x: try_cast(x AS DECIMAL(38,18)))"
    return (
        f"CASE WHEN {cell} IS NULL THEN 0::DECIMAL(38,18) WHEN json_valid({cell})"
        f" AND NOT list_contains(list_transform({numbers}, lambda x: x IS NULL), true)"
        f" THEN coalesce(list_sum({numbers}), 0)::DECIMAL(38,18) END"
    )


def _json_list(cell: str, key: str) -> str:
    return f"json_extract_string({cell}, {quoted('$[*].' + key)})"


def fits(cell: str, glob: str) -> str:
    """Whether a text fits a glob with ``*``, without regard to case."""
    text, glob = f"lower({cell})", glob.lower()
    parts = glob.split("*")
    if len(parts) == 1:
        return f"{text} = {quoted(glob)}"
    first, *middle, last = parts
    if not any(middle) and not (first and last):
        if first:
            return f"starts_with({text}, {quoted(first)})"
        return f"suffix({text}, {quoted(last)})" if last else f"{cell} IS NOT NULL"
    if len(middle) == 1 and not first and not last:
        return f"contains({text}, {quoted(middle[0])})"
    escaped = glob.replace("~", "~~").replace("%", "~%").replace("_", "~_").replace("*", "%")
    return f"{text} LIKE {quoted(escaped)} ESCAPE '~'"


def product(price: str, number: str, is_short: str, quantity: str) -> str:
    """Price x quantity, DECIMAL(38,18), exact: prices of 15 places, whole quantities.

    The price is a cell, with ``short_decimal`` and whether it is that, the quantity a count.
    """
    pattern = r"-?[0-9]{0,8}(\.[0-9]{0,15}0*)?"
    unit = (
        f"CASE WHEN {is_short} THEN {number}::DECIMAL(23,15)"
        f" WHEN regexp_full_match({price}, '{pattern}')"
        f" THEN try_cast({price} AS DECIMAL(23,15)) END"
    )
    return (
        f"CASE WHEN {price} IS NULL THEN 0::DECIMAL(38,18)"
        f" ELSE ({unit} * (({quantity})::DECIMAL(15,0)))::DECIMAL(38,18) END"
    )


def _places_needed(cell: str) -> str:
    """How many decimals a number with an exponent has."""
    fraction = rf"length(rtrim(regexp_extract({cell}, '\.([0-9]*)', 1), '0'))"
    exponent = f"regexp_extract({cell}, '[eE]([+-]?[0-9]+)$', 1)"
    return f"{fraction} - try_cast({exponent} AS INTEGER)"


def scaled_count(quantity: str, times: int) -> str:
    """A quantity in units of ``times``, such as thousands, as a count: it must come out whole."""
    amount = f"({quantity}) * {times}"
    return f"CASE WHEN {amount} = floor({amount}) THEN try_cast({amount} AS BIGINT) END"


def scaled_quantity(quantity: str, times: int) -> str:
    """A quantity in units of ``times``."""
    return f"({quantity}) * {times}"


def amount(cell: str, unit: Decimal, rounds: bool = False) -> str:
    """An amount of money, as ``amount_of``, of a text without signs."""
    number = short_decimal(cell)
    return amount_of(number, is_short_decimal(cell, number), cell, unit, rounds)


def amount_of(number: str, is_short: str, cell: str, unit: Decimal, rounds: bool = False) -> str:
    """An amount of money, DECIMAL(38,18): up to 39 digits, exponents, ``0E-6176``.

    Digits that count beyond the 18th place are refused, never dropped, unless the source
    writes binary floats and ``rounds`` says so. ``unit`` is 1, 0.01 for cents, or -1 where
    what is spent is negative. Given ``short_decimal``, and whether it is that.
    """
    cents = abs(unit) != 1
    places = 16 if cents else 18
    kind = f"DECIMAL({18 + places},{places})" if cents else "DECIMAL(38,18)"
    # only the decimals that count: the cast of a long row of zeros is slow beyond measure
    cut = f"substr({cell}, 1, strpos({cell}, '.') + {places})"
    read = (
        f"CASE WHEN {is_short} THEN {number}::{kind}"
        rf" WHEN regexp_full_match({cell}, '-?[0-9]*\.[0-9]{{0,{places}}}0*')"
        f" THEN try_cast({cut} AS {kind})"
        f" WHEN regexp_full_match({cell}, '-?[0-9]*') THEN try_cast({cell} AS {kind})"
        rf" WHEN regexp_full_match({cell}, '-?(0+(\.0*)?|\.0+)[eE][+-]?[0-9]+') THEN 0::{kind}"
        f" WHEN regexp_full_match({cell}, '{_EXPONENT}') AND {_places_needed(cell)} <= {places}"
        f" THEN try_cast({cell} AS {kind})"
    )
    if rounds:
        number = r"-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?"
        read += f" WHEN regexp_full_match({cell}, '{number}') THEN try_cast({cell} AS {kind})"
    read += " END"
    read = f"(({read}) * 0.01::DECIMAL(2,2))::DECIMAL(38,18)" if cents else read
    return f"-({read})" if unit < 0 else read


def unix_instant(cell: str, per_second: int = 1) -> str:
    """An instant written as Unix time in seconds or parts of them, TIMESTAMP in UTC."""
    first, last = 946_684_800 * per_second, 4_102_444_800 * per_second
    micros = f"* {1_000_000 // per_second}" if per_second <= 1_000_000 else "// 1000"
    return (
        f"CASE WHEN ({count(cell)}) BETWEEN {first} AND {last}"
        f" THEN make_timestamp(({count(cell)}) {micros}) END"
    )


def instant(cell: str, zone: str) -> str:
    """An instant with its offset, TIMESTAMP in UTC; without one only if a zone is given."""
    aware = f"make_timestamp(epoch_us(try_cast({cell} AS TIMESTAMPTZ)))"
    naive = f"make_timestamp(epoch_us(timezone({quoted(zone)}, try_cast({cell} AS TIMESTAMP))))"
    without = f" WHEN regexp_full_match({cell}, '{_CLOCK}') THEN {naive}" if zone else ""
    without += f" WHEN regexp_full_match({cell}, '{_UTC_CLOCK}') THEN {aware}"
    usual = "".join(
        f" WHEN strlen({cell}) = {length} THEN {_in_full(cell, form)}"
        for length, form in (_IN_UTC | _WITHOUT_OFFSET if zone == "UTC" else _IN_UTC).items()
    )
    return (
        f"coalesce(CASE{usual} END, CASE WHEN regexp_full_match({cell}, '{_CLOCK}{_OFFSET}')"
        f" THEN {aware}{without} END)"
    )


#: The usual ways to write an instant in UTC, by their length.
_IN_UTC = {
    20: "%Y-%m-%dT%H:%M:%SZ",
    24: "%Y-%m-%dT%H:%M:%S.%gZ",
    25: "%Y-%m-%dT%H:%M:%S+00:00",
}
_WITHOUT_OFFSET = {
    19: "%Y-%m-%d %H:%M:%S",
    23: "%Y-%m-%d %H:%M:%S.%g",
    26: "%Y-%m-%d %H:%M:%S.%f",
}


def _in_full(cell: str, form: str) -> str:
    """An instant that fills the form: it has the length of it, and no blanks but the form's."""
    alone = f" AND NOT contains({cell}, '  ')" if " " in form else ""
    # to try a form that does not fit takes ten times as long as one that does
    ends = f" AND suffix({cell}, '+00:00')" if form.endswith("+00:00") else ""
    parsed = f"try_strptime({cell}, {quoted(form)})"
    return f"CASE WHEN {cell} > '2' AND {cell} < '3'{alone}{ends} THEN {parsed} END"


def day(cell: str) -> str:
    """A day, as the TIMESTAMP of its start in whatever zone rules it.

    Some write its midnight too, without an offset: ``2026-01-15 00:00:00``.
    """
    cast = f"try_cast({cell} AS DATE)"
    midnight = f"{cast}::VARCHAR || ' 00:00:00' = replace({cell}, 'T', ' ')"
    return (
        f"CASE WHEN {cast}::VARCHAR = {cell} THEN {cast}::TIMESTAMP"
        f" WHEN {midnight} THEN {cast}::TIMESTAMP END"
    )


def compact_day(cell: str) -> str:
    """A day written as ``20260828``, as the TIMESTAMP of its start."""
    text = f"substr({cell}, 1, 4) || '-' || substr({cell}, 5, 2) || '-' || substr({cell}, 7)"
    return f"CASE WHEN regexp_full_match({cell}, '[0-9]{{8}}') THEN {day(f'({text})')} END"


def month_day_year(cell: str) -> str:
    """A day written as ``9/4/23`` or ``09/04/2023``, as the TIMESTAMP of its start."""
    part = "split_part({cell}, '/', {n})"
    month, date, year = (part.format(cell=cell, n=n) for n in (1, 2, 3))
    text = (
        f"CASE WHEN length({year}) = 2 THEN '20' ELSE '' END || {year}"
        f" || '-' || lpad({month}, 2, '0') || '-' || lpad({date}, 2, '0')"
    )
    pattern = "[0-9]{1,2}/[0-9]{1,2}/([0-9]{2}|[0-9]{4})"
    return f"CASE WHEN regexp_full_match({cell}, '{pattern}') THEN {day(f'({text})')} END"


def unix_day(cell: str) -> str:
    """The UTC day of an instant written as Unix seconds, as the TIMESTAMP of its start."""
    return f"date_trunc('day', {unix_instant(cell)})"


def in_years(moment: str) -> str:
    """Whether a TIMESTAMP lies in years that can be meant; NULL where it is NULL."""
    return (
        f"{moment} >= TIMESTAMP '{FIRST_YEAR}-01-01' AND {moment} < TIMESTAMP '{LAST_YEAR}-01-01'"
    )


def has_no_offset(cell: str) -> str:
    """Whether a text is an instant, but one without offset."""
    return f"regexp_full_match({cell}, '{_CLOCK}')"
