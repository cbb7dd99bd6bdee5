"""Entries of the buy side, one accounting rule per file."""
