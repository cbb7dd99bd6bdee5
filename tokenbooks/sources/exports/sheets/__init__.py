"""The table in an export file, however the file holds it: contents, containers, rows of text."""
