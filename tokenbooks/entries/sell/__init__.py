"""Rules that only the seller has, one accounting rule per file."""
