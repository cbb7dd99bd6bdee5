"""Journals: entries as text that ledger programs accept, one dialect per file."""
