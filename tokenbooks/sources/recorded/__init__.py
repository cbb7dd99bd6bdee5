"""The company's own general ledger: journals read by their own programs, and CSV extracts."""
