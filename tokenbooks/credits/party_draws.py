"""Draws of many plain parties, set by set, where their usage is (see decision 0018).

A party's usage in the order of time is one line of list value. What no lot covers waits for
the next lot, oldest first, so the line is covered from its beginning, without a gap. A
party's time is cut where a lot of it begins or ends; in a stretch the same lots are usable,
in one order, and give from the place up to which the line is covered.

Most parties need no cutting: where the first usable lot of each stretch can give all that
the stretch uses, it does. Only the others are gone through, a stretch at a time, all parties
at once.

Tables, in the connection; quantities are whole numbers of the run's unit::

    party_values   account INTEGER, "at" TIMESTAMP, allocation INTEGER, value HUGEINT (> 0)
    party_lots     lot INTEGER, account INTEGER, place INTEGER (in the draw order),
                   starts TIMESTAMP, ends TIMESTAMP (NULL: never), quantity, used_before HUGEINT
    party_billed   account INTEGER: parties whose uncovered usage waits for no lot

Creates::

    party_draws    account, lot (NULL: uncovered), service DATE (first day of the span),
                   allocation, value HUGEINT
    party_settled  account, service DATE, drawn TIMESTAMP: when a later lot settled usage last
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def draw_parties(connection: duckdb.DuckDBPyConnection, service: str, until: datetime) -> None:
    """Draw the lots that begin before an instant for all usage of ``party_values``.

    ``service`` is SQL that gives the first day of the span in which ``"at"`` is posted.
    Raises ``duckdb.OutOfRangeException`` where figures do not fit the integers of SQL.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_usable AS SELECT lot, account, place, starts, ends,"
        ' quantity - used_before AS "left" FROM party_lots'
        f" WHERE quantity > used_before AND starts < TIMESTAMP '{until}'"
    )
    _put_stretches(connection)
    _put_firsts(connection)
    _put_cut(connection)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE party_draws AS {_uncut_sql(service)}")
    if connection.execute("SELECT count(*) FROM party_cut").fetchall() != [(0,)]:
        _draw_cut(connection)
    else:
        connection.execute(_NO_PIECES)
    connection.execute(f"INSERT INTO party_draws {_shared_sql(service)}")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE party_settled AS SELECT account, {service} AS service,"
        ' max(drawn) AS drawn FROM party_parts WHERE lot IS NOT NULL AND drawn > "at"'
        " GROUP BY ALL"
    )


def _put_stretches(connection: duckdb.DuckDBPyConnection) -> None:
    """The usage of each stretch of a party's time; one stretch where no lot begins or ends."""
    connection.execute(
        'CREATE OR REPLACE TEMP TABLE party_reach AS SELECT account, min("at") AS first,'
        ' max("at") AS last, sum(value)::HUGEINT AS value FROM party_values GROUP BY account'
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_cuts AS SELECT DISTINCT account, cut FROM ("
        "SELECT account, starts AS cut FROM party_usable"
        " UNION ALL SELECT account, ends FROM party_usable WHERE ends IS NOT NULL)"
        " JOIN party_reach USING (account) WHERE cut > first AND cut <= last"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_stretches AS"
        " SELECT account, first AS starts, value FROM party_reach"
        " WHERE account NOT IN (SELECT account FROM party_cuts)"
        " UNION ALL SELECT account, coalesce(cut, first), sum(value)::HUGEINT FROM ("
        "SELECT v.account, c.cut, r.first, v.value FROM ("
        "SELECT * FROM party_values WHERE account IN (SELECT account FROM party_cuts)) v"
        " JOIN party_reach r ON v.account = r.account"
        ' ASOF LEFT JOIN party_cuts c ON v.account = c.account AND v."at" >= c.cut) GROUP BY ALL'
    )


def _put_firsts(connection: duckdb.DuckDBPyConnection) -> None:
    """The first usable lot of each stretch, were none ever exhausted."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_firsts AS"
        " SELECT s.account, s.starts, any_value(s.value) AS value, arg_min(l.lot, l.place) AS lot"
        " FROM party_stretches s LEFT JOIN party_usable l ON l.account = s.account"
        " AND l.starts <= s.starts AND (l.ends IS NULL OR l.ends > s.starts) GROUP BY ALL"
    )


def _put_cut(connection: duckdb.DuckDBPyConnection) -> None:
    """The parties with a stretch that its first lot does not cover: they are cut."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_cut AS SELECT DISTINCT account FROM ("
        "SELECT f.account FROM party_firsts f JOIN party_usable l ON f.lot = l.lot"
        ' GROUP BY f.account, f.lot, l."left" HAVING sum(f.value) > l."left"'
        " UNION ALL SELECT f.account FROM party_firsts f WHERE f.lot IS NULL"
        " AND f.account IN (SELECT account FROM party_usable))"
    )


def _uncut_sql(service: str) -> str:
    """The draws of parties that need no cutting: a lot gives all of a stretch."""
    return (
        "WITH whole AS (SELECT account, any_value(lot) AS lot, count(*) AS stretches"
        " FROM party_firsts WHERE account NOT IN (SELECT account FROM party_cut)"
        " GROUP BY account)"
        f" SELECT v.account, w.lot, {service} AS service, v.allocation,"
        " sum(v.value)::HUGEINT AS value FROM party_values v"
        " JOIN whole w ON v.account = w.account WHERE w.stretches = 1 GROUP BY ALL"
        f" UNION ALL SELECT v.account, f.lot, {service}, v.allocation, sum(v.value)::HUGEINT"
        " FROM (SELECT * FROM party_values WHERE account IN"
        " (SELECT account FROM whole WHERE stretches > 1)) v"
        " ASOF JOIN (SELECT * FROM party_firsts WHERE account IN"
        " (SELECT account FROM whole WHERE stretches > 1)) f"
        ' ON v.account = f.account AND v."at" >= f.starts GROUP BY ALL'
    )


#: Pieces of the lines of usage, each from one lot; those that no lot covers have none.
_PIECES = (
    "CREATE OR REPLACE TEMP TABLE party_pieces"
    ' (account INTEGER, lot INTEGER, drawn TIMESTAMP, "from" HUGEINT, "to" HUGEINT)'
)

#: No party was cut: nothing is shared.
_NO_PIECES = (
    "CREATE OR REPLACE TEMP TABLE party_parts (account INTEGER, lot INTEGER,"
    ' "at" TIMESTAMP, drawn TIMESTAMP, "from" HUGEINT, "to" HUGEINT, value HUGEINT)'
)


def _draw_cut(connection: duckdb.DuckDBPyConnection) -> None:
    """Go through the stretches of the parties that are cut, and say which lot gave what."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_steps AS SELECT *, sum(value) OVER ("
        'PARTITION BY account ORDER BY "at")::HUGEINT AS reached FROM ('
        'SELECT account, "at", sum(value)::HUGEINT AS value FROM party_values'
        " WHERE account IN (SELECT account FROM party_cut) GROUP BY ALL)"
    )
    _put_turns(connection)
    connection.execute(_PIECES)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_covered AS"
        " SELECT account, 0::HUGEINT AS covered FROM party_cut"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_rests AS SELECT * FROM party_usable"
        " WHERE account IN (SELECT account FROM party_cut)"
    )
    ((turns,),) = connection.execute("SELECT max(turn) FROM party_turns").fetchall()
    for turn in range(1, turns + 1):
        _take_turn(connection, turn)
    connection.execute(
        "INSERT INTO party_pieces SELECT r.account, NULL, r.last, c.covered, r.value"
        " FROM party_covered c JOIN party_reach r ON c.account = r.account"
        " WHERE c.covered < r.value"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_parts AS"
        ' SELECT s.account, p.lot, s."at", greatest(s."at", p.drawn) AS drawn,'
        ' greatest(s.reached - s.value, p."from") - (s.reached - s.value) AS "from",'
        ' least(s.reached, p."to") - (s.reached - s.value) AS "to", s.value'
        " FROM party_steps s JOIN party_pieces p ON s.account = p.account"
        ' AND p."from" < s.reached AND p."to" > s.reached - s.value'
    )


def _put_turns(connection: duckdb.DuckDBPyConnection) -> None:
    """The stretches of parties that are cut, numbered, each with the usage up to its end.

    Lots that begin after the last usage count too: they settle what waits.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_turns AS WITH cuts AS ("
        "SELECT account, cut FROM party_cuts UNION SELECT account, first FROM party_reach"
        " UNION SELECT u.account, u.starts FROM party_usable u"
        " JOIN party_reach r ON u.account = r.account AND u.starts > r.last"
        "), turns AS (SELECT account, cut AS starts,"
        " lead(cut) OVER (PARTITION BY account ORDER BY cut) AS following,"
        " row_number() OVER (PARTITION BY account ORDER BY cut) AS turn"
        " FROM cuts WHERE account IN (SELECT account FROM party_cut))"
        " SELECT t.account, t.starts, t.turn, coalesce(s.reached, 0)::HUGEINT AS demand"
        " FROM (SELECT account, starts, turn, coalesce(following,"
        " TIMESTAMP '9999-01-01') AS following FROM turns) t"
        ' ASOF LEFT JOIN party_steps s ON t.account = s.account AND t.following > s."at"'
    )


def _take_turn(connection: duckdb.DuckDBPyConnection, turn: int) -> None:
    """One stretch of every party: its lots give in their order, up to what it has used."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE party_given AS"
        ' SELECT account, lot, starts AS drawn, covered + reached - "left" AS "from",'
        ' least(covered + reached, demand) AS "to" FROM ('
        'SELECT t.account, t.starts, t.demand, c.covered, r.lot, r."left",'
        ' sum(r."left") OVER (PARTITION BY t.account ORDER BY r.place)::HUGEINT AS reached'
        " FROM party_turns t JOIN party_covered c ON t.account = c.account"
        ' JOIN party_rests r ON t.account = r.account AND r."left" > 0'
        " AND r.starts <= t.starts AND (r.ends IS NULL OR r.ends > t.starts)"
        f" WHERE t.turn = {turn} AND c.covered < t.demand)"
        ' WHERE covered + reached - "left" < demand'
    )
    connection.execute("INSERT INTO party_pieces SELECT * FROM party_given")
    connection.execute(
        'UPDATE party_rests SET "left" = "left" - (g."to" - g."from")'
        " FROM party_given g WHERE party_rests.lot = g.lot"
    )
    connection.execute(
        'UPDATE party_covered SET covered = g."to" FROM ('
        'SELECT account, max("to") AS "to" FROM party_given GROUP BY account) g'
        " WHERE party_covered.account = g.account"
    )
    billed = (
        f" FROM party_turns t WHERE t.turn = {turn} AND t.account = party_covered.account"
        " AND covered < t.demand AND t.account IN (SELECT account FROM party_billed)"
    )
    connection.execute(
        "INSERT INTO party_pieces SELECT t.account, NULL, t.starts, party_covered.covered,"
        f" t.demand FROM party_covered, party_turns t{billed.removeprefix(' FROM party_turns t')}"
    )
    connection.execute(f"UPDATE party_covered SET covered = t.demand{billed}")


def _shared_sql(service: str) -> str:
    """The parts of steps, each over the allocations of its step in proportion.

    A step that one lot covers is its allocations. One that several share is split by what
    the line of its value has reached, in both directions, so that the parts of an allocation
    and those of a lot both sum to it.
    """
    share = (
        'p."to" * reached // p.value - p."to" * (reached - own) // p.value'
        ' - p."from" * reached // p.value + p."from" * (reached - own) // p.value'
    )
    return (
        f"SELECT account, lot, {service} AS service, allocation, sum(part)::HUGEINT FROM ("
        'SELECT p.account, p.lot, p."at", v.allocation,'
        ' CASE WHEN p."to" - p."from" = p.value THEN v.own'
        f' WHEN v.own = p.value THEN p."to" - p."from" ELSE {share} END AS part'
        " FROM party_parts p JOIN ("
        'SELECT account, "at", allocation, own, sum(own) OVER ('
        'PARTITION BY account, "at" ORDER BY allocation)::HUGEINT AS reached FROM ('
        'SELECT account, "at", allocation, sum(value)::HUGEINT AS own FROM party_values'
        " WHERE account IN (SELECT account FROM party_cut) GROUP BY ALL)) v"
        ' ON p.account = v.account AND p."at" = v."at") GROUP BY ALL'
    )
