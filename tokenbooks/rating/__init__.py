"""Rating: usage x rate = charges, exact, each with the lines that explain it."""
