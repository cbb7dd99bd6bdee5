"""The yardstick: DuckDB sums a usage file to days and keys, and does nothing else.

Run as ``python bench/bare.py FILE``; prints the exact totals of the three meters.
"""

import sys

import duckdb

COLUMNS = (
    "{'timestamp': 'TIMESTAMP', 'customer': 'VARCHAR', 'project': 'VARCHAR',"
    " 'api_key': 'VARCHAR', 'model': 'VARCHAR', 'input_tokens': 'BIGINT',"
    " 'cached_input_tokens': 'BIGINT', 'output_tokens': 'BIGINT', 'requests': 'BIGINT'}"
)

connection = duckdb.connect()
connection.execute("SET enable_progress_bar = false")
connection.execute(
    "CREATE TABLE days AS SELECT timestamp::DATE AS day, customer, project, model,"
    " sum(input_tokens) AS input_tokens, sum(cached_input_tokens) AS cached_input_tokens,"
    " sum(output_tokens) AS output_tokens, count(*) AS rows"
    f" FROM read_csv(?, columns = {COLUMNS}, header = true, delim = ',', quote = '\"',"
    " escape = '\"', auto_detect = false) GROUP BY ALL",
    [sys.argv[1]],
)
totals = connection.execute(
    "SELECT sum(input_tokens)::VARCHAR, sum(cached_input_tokens)::VARCHAR,"
    " sum(output_tokens)::VARCHAR, count(*)::VARCHAR FROM days"
).fetchall()[0]
sys.stdout.write(" ".join(totals) + "\n")
