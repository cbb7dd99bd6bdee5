"""Reports: tables as values, and one renderer per medium."""
