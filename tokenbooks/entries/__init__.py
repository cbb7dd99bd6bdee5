"""Entries: what must be posted to date, and the journal entries that post it."""
