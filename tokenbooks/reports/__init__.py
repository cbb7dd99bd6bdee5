"""Reports: tables as values, and one renderer per medium.

``table`` is the value; ``text``, ``csv_text``, ``json_text`` and ``markdown`` render
it; ``rendering`` chooses among them by the name of the format.
"""
