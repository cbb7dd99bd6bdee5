"""Our entries against the company's own ledger, and the entries that would correct it."""
