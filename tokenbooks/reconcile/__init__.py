"""Reconcile: what others show against the books, and the causes of each difference."""
