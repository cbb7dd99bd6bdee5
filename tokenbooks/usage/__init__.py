"""Usage: quantities per contract, party, step of time, kept dimensions and meter."""
