"""Close: the stages in order for one period, and what they give."""
