"""Real servers for tests, and the account of which rules are proven."""
