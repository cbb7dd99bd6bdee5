"""Speed, as ratios to what the same machine does at the same time; see README.md."""
