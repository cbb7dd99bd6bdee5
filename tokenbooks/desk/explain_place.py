"""Explaining what a person points at: the id of an entry, or a line of one of the book's files."""

from __future__ import annotations

from tokenbooks.desk.explain_entry import Narrowing, explain_entry
from tokenbooks.desk.open_book import OpenBook
from tokenbooks.problems import Problem
from tokenbooks.reports.explanation import explanation_tables
from tokenbooks.reports.table import Table

Explained = tuple[list[Table], list[Problem]]


def explain_id(book: OpenBook, name: str, narrowing: Narrowing, limit: int) -> Explained:
    """The tables that explain an entry."""
    told, problems = explain_entry(book, name, narrowing, limit)
    return (explanation_tables(told) if told else []), problems


def explain_place(book: OpenBook, file: str, line: int, narrowing: Narrowing, limit: int) -> Explained:
    return [], []
