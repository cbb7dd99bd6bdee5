"""Exports: provider formats described as data, and the one reader that obeys them."""
