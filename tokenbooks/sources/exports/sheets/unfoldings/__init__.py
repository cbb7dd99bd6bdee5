"""Named functions that make flat rows of text out of the JSON of an export."""
