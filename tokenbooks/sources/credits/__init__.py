"""Reads what a book says of credits: the rows of its credits files, and what must hold of them."""
