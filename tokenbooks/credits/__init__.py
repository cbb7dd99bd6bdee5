"""Credits: lots, the order in which they are drawn, and what no lot covered."""
