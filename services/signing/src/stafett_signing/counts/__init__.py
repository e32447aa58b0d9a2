"""How much waits for whom."""
