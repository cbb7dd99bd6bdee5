"""A small book that sells: what the tests of the seller's own files begin with."""

from __future__ import annotations

BOOK = """\
book: Acme
currency: USD
start: 2025-10
contracts:
  packs: {side: sell, party: Customers, plan: api, settle: prepaid, revenue: {gross_net: principal}}
  work: {side: sell, party: Customers, plan: api, settle: arrears, revenue: {gross_net: principal}}
  openai: {side: buy, party: OpenAI, plan: api, settle: prepaid}
"""

#: The same, but every customer is a party of its own.
EACH = BOOK.replace("settle: prepaid, revenue", "settle: prepaid, each: customer, revenue")
